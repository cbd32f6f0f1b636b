package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.base.VersionRange;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.FeatureLevels;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Member;
import io.muster.ledger.Proposer;
import io.muster.ledger.View;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import io.muster.membership.MembershipInput.Agreed;
import io.muster.membership.MembershipInput.Arrived;
import io.muster.membership.MembershipInput.EvictWanted;
import io.muster.membership.MembershipInput.Heard;
import io.muster.membership.MembershipInput.LeaveWanted;
import io.muster.membership.MembershipMessage.EvictAsk;
import io.muster.membership.MembershipMessage.JoinAsk;
import io.muster.membership.MembershipMessage.LeaseAnswer;
import io.muster.membership.MembershipMessage.LeaseAsk;
import io.muster.membership.MembershipMessage.LeaveAsk;
import io.muster.membership.MembershipMessage.RelayedRow;
import io.muster.membership.MembershipMessage.Row;
import io.muster.membership.MembershipNews.ActUntil;
import io.muster.membership.MembershipNews.SelfOut;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who is in, and until when this node may act.
 *
 * <p>Everybody tells everybody whom it hears, and tells the leader what it wants, again and again. The leader says as a
 * {@link Proposer} who has to go ({@link ViewJudge}) and who may come; what is agreed comes back from the ledger and is
 * told upward ({@link ViewNews}). The acting lease ({@link ActingLease}) is asked of the leader, which answers out of
 * its own proof only.
 *
 * <p>Relies on: {@link #wants} is asked only when no version is in flight, and {@link #drafted} is told of what is
 * about to be proposed. That is what "stop answering before proposing" (rule A3) hangs on.
 */
public final class Membership implements Machine<MembershipInput, MembershipNews>, Proposer {

    /** The longest reason that is agreed on, in characters. */
    public static final int REASON_LIMIT = 256;

    /** The lease is asked for so often while it runs. */
    private static final int ASKS_PER_LEASE = 8;

    /** @param lostAt by the own clock; absent when it was never heard in this life */
    public record Missing(Incarnation who, Optional<String> reason, Optional<Long> lostAt) {}

    /**
     * This node is not a member yet.
     *
     * @param since when it began to ask, by the own clock
     * @param asked whom it asks: the leader it knows; empty when it knows none
     */
    public record Joining(long since, Optional<Incarnation> asked) {}

    private final Incarnation self;
    private final HostProcess process;
    private NodeSet nodes;
    private final TimeBudget times;
    private final long startedAt;

    private final LinkMatrix matrix = new LinkMatrix();
    private final LocalView local = new LocalView();
    private final Wishes wishes;
    private final RowTeller rows;
    private final ViewJudge judge;
    private final Admission admission;
    private final ActingLease lease;
    private final ViewNews viewNews;

    private Optional<ClusterState> agreed = Optional.empty();
    private Optional<Incarnation> followed = Optional.empty();
    private Optional<Ballot> leading = Optional.empty();
    /** When the newest own beat was sent that a quorum answered in this ballot (rule A1). */
    private long provenAt = NEVER;
    /** Lives that the draft before us puts out or lets go: no lease is answered to them from here on (rule A3). */
    private final SortedSet<Incarnation> doomed = new TreeSet<>();
    private final SortedMap<NodeId, EvictWanted> ownEvicts = new TreeMap<>();
    private SortedMap<NodeId, String> joinObstacles = Collections.emptySortedMap();
    private Optional<String> blocked = Optional.empty();
    /** What the verdict in the draft before us puts out. */
    private final SortedSet<Incarnation> putOut = new TreeSet<>();
    private Optional<ViewProposal> proposal = Optional.empty();

    private boolean leaving;
    private boolean selfOut;
    private long toldUntil;
    private long askAt;
    private long leaseAt;

    /** @param nodes all configured nodes, this one included */
    public Membership(Incarnation self, HostProcess process, NodeSet nodes, TimeBudget times, long now) {
        this(self, process, nodes, times, ViewSettings.DEFAULT, now);
    }

    /** @param nodes all configured nodes, this one included */
    public Membership(
            Incarnation self, HostProcess process, NodeSet nodes, TimeBudget times, ViewSettings settings, long now) {
        this.self = self;
        this.process = process;
        this.nodes = nodes;
        this.times = times;
        this.startedAt = now;
        this.wishes = new Wishes(times.silenceNs() + 4 * times.askNs());
        this.rows = new RowTeller(self, nodes, times, settings, matrix, local, now);
        this.judge = new ViewJudge(self, times, settings, matrix, local, wishes, now);
        this.admission = new Admission(self, times, matrix, local);
        this.lease = new ActingLease(times, now);
        this.viewNews = new ViewNews(self);
        this.toldUntil = now;
        this.askAt = now;
        this.leaseAt = now;
    }

    @Override
    public void step(MembershipInput input, long now, Outbox<MembershipNews> out) {
        if (selfOut) {
            return;
        }
        switch (input) {
            case Arrived(Incarnation from, MembershipMessage message) -> {
                if (nodes.contains(from.node()) && !from.node().equals(self.node())) {
                    arrived(from, message, now, out);
                }
            }
            case Heard(HeartbeatNews news) -> heard(news, now);
            case Agreed(LedgerNews news) -> agreed(news, now, out);
            case LeaveWanted _ -> leaveWanted(now, out);
            case MembershipInput.LinksUp(int count) -> rows.linksUp(count, now);
            case MembershipInput.Carriers(int count) -> rows.carriers(count, now);
            case MembershipInput.Disks(DiskReach reach) -> rows.disks(reach, now);
            case EvictWanted(Incarnation who, String reason) -> {
                if (agreed.isEmpty() || agreed.get().isMember(who)) {
                    ownEvicts.put(who.node(), new EvictWanted(who, clip(reason)));
                    askAt = now;
                }
            }
            case MembershipInput.Configured(NodeSet all) -> {
                nodes = all;
                rows.configured(all);
            }
        }
        tellLease(out);
    }

    @Override
    public void due(long now, Outbox<MembershipNews> out) {
        if (selfOut) {
            return;
        }
        rows.due(agreed, now, out);
        if (now >= askAt) {
            agreed.ifPresent(state -> wishes.settle(state, now));
            followed.ifPresent(leader -> tellWishes(leader.node(), out));
            askAt = now + times.askNs();
        }
        if (asksForLease() && now >= leaseAt) {
            out.send(followed.orElseThrow().node(), new LeaseAsk(lease.ask(now)));
            leaseAt = now + Math.max(1, times.leaseNs() / ASKS_PER_LEASE);
        }
    }

    @Override
    public long deadline() {
        if (selfOut) {
            return NEVER;
        }
        return Math.min(Math.min(rows.deadline(), askAt), asksForLease() ? leaseAt : NEVER);
    }

    /**
     * Adds who has to go, who may leave and who may come. Asked on the leader, only when nothing is in flight: a member
     * of this draft's state then has no eviction under way, so leases are refused anew from here on only to those whom
     * this draft, or what is added to it later ({@link #drafted}), puts out.
     */
    @Override
    public void wants(Draft draft, long now) {
        proposal = Optional.empty();
        if (selfOut || leading.isEmpty() || !leading.get().equals(draft.ballot())) {
            return;
        }
        doomed.clear();
        putOut.clear();
        joinObstacles = Collections.emptySortedMap();
        wishes.settle(draft.state(), now);
        addOwnWishes(now);
        boolean whole = evict(draft, now);
        if (!doomed.contains(self)) {
            letLeave(draft);
            joinObstacles = admission.admit(draft, wishes.joins(), doomed, whole, now);
            FeatureLevels.rise(draft.state()).ifPresent(level -> draft.add(new LedgerEvent.FeatureRaised(level)));
        }
        proposal = ViewProposal.of(self, draft, putOut, judge.snapshot(), matrix, local);
    }

    /**
     * This draft is about to be proposed, with the events of all layers in it: whoever it puts out or lets go gets no
     * lease from here on (rule A3).
     */
    public void drafted(Draft draft) {
        for (LedgerEvent event : draft.events()) {
            if (event instanceof LedgerEvent.MemberEvicted(Incarnation who, String _)) {
                doomed.add(who);
            } else if (event instanceof LedgerEvent.MemberDropped(Incarnation who, String _)) {
                doomed.add(who);
            } else if (event instanceof LedgerEvent.MemberLeft(Incarnation who)) {
                doomed.add(who);
            }
        }
    }

    /** The view that the last {@link #wants} made; empty when it changed nobody but those who leave. */
    public Optional<ViewProposal> proposal() {
        return proposal;
    }

    // What status and why are made of

    /** The agreed view that this node has applied last; empty before the first in this life. */
    public Optional<View> agreedView() {
        return agreed.map(ClusterState::view);
    }

    /** What this node sees itself, whatever is agreed (001-4). */
    public LocalView localView() {
        return local;
    }

    public boolean isMember() {
        return agreed.isPresent() && agreed.get().isMember(self);
    }

    /** Whom this node follows; itself when it leads; empty when it knows no leader. */
    public Optional<Incarnation> leader() {
        return leading.isPresent() ? Optional.of(self) : followed;
    }

    /** Members that this node does not hear. */
    public List<Missing> missing() {
        List<Missing> missing = new ArrayList<>();
        for (Member member : agreed.map(ClusterState::members).orElse(Collections.emptySortedMap()).values()) {
            Incarnation who = member.who();
            if (!who.equals(self) && !local.hears(who)) {
                Optional<LocalView.Loss> loss = local.loss(who);
                missing.add(new Missing(who, loss.map(LocalView.Loss::reason), loss.map(LocalView.Loss::lostAt)));
            }
        }
        return List.copyOf(missing);
    }

    /** Empty when this node is a member, leaves or is out. */
    public Optional<Joining> joining() {
        return isMember() || leaving || selfOut ? Optional.empty() : Optional.of(new Joining(startedAt, leader()));
    }

    public boolean leaving() {
        return leaving;
    }

    /** This node is out and says nothing any more. */
    public boolean out() {
        return selfOut;
    }

    /** Until when this node may act, by its own clock. */
    public long actUntil() {
        return lease.until();
    }

    /** Leader: why members that should go are still in; as of the last {@link #wants}. */
    public Optional<String> blocked() {
        return blocked;
    }

    /** Leader: who wants in and what stands against it; as of the last {@link #wants}. */
    public SortedMap<NodeId, String> joinObstacles() {
        return joinObstacles;
    }

    /** Leader: true when a lease of this life is not answered, whatever the age of the own proof. */
    public boolean refusesLease(Incarnation who) {
        return leading.isEmpty() || agreed.isEmpty() || !agreed.get().isMember(who) || doomed.contains(who);
    }

    /** Mixes all that decides what this machine does next. */
    public void digest(Hash64 into) {
        into.add(agreed.isPresent() ? agreed.get().version() : -1);
        into.add(followed.isPresent() ? followed.get().life() * NodeId.LIMIT + followed.get().node().number() : 0);
        into.add(leading.isPresent() ? leading.get().round() : 0).add(provenAt);
        into.add((leaving ? 2 : 0) + (selfOut ? 1 : 0)).add(askAt).add(leaseAt);
        doomed.forEach(who -> into.add(who.node().number()).add(who.life()));
        ownEvicts.values().forEach(wish -> into.add(wish.who().node().number()).add(wish.reason()));
        matrix.digest(into);
        rows.digest(into);
        local.digest(into);
        wishes.digest(into);
        judge.digest(into);
        lease.digest(into);
    }

    // Told by others

    private void arrived(Incarnation from, MembershipMessage message, long now, Outbox<MembershipNews> out) {
        switch (message) {
            case Row row -> matrix.put(from, row, now);
            case RelayedRow row -> rows.relayed(from, row, agreed, now);
            case JoinAsk(HostProcess where, VersionRange speaks) -> wishes.join(from, where, speaks, now);
            case LeaveAsk _ -> wishes.leave(from, now);
            case EvictAsk(Incarnation who, String reason) -> {
                // Whoever was put out may not put out others.
                if (agreed.isPresent() && agreed.get().isMember(from)) {
                    wishes.evict(who, from.node(), clip(reason), now);
                }
            }
            case LeaseAsk(long stamp) -> answerLease(from, stamp, now, out);
            case LeaseAnswer(long stamp, long ageNs, long version) -> ownMembership().ifPresent(
                    member -> lease.answered(stamp, ageNs, version, member.joinedAt(), now));
        }
    }

    private void answerLease(Incarnation from, long stamp, long now, Outbox<MembershipNews> out) {
        if (refusesLease(from) || provenAt == NEVER || now - provenAt > times.leaseNs()) {
            return;
        }
        out.send(from.node(), new LeaseAnswer(stamp, now - provenAt, agreed.orElseThrow().version()));
    }

    private void heard(HeartbeatNews news, long now) {
        local.note(news, now);
        switch (news) {
            case HeartbeatNews.PeerHeard _, HeartbeatNews.PeerLost _ -> rows.changed(now);
            case HeartbeatNews.LinksChanged _, HeartbeatNews.LinkChanged _ -> { /* rows tell one way, by life */ }
            case HeartbeatNews.SelfPaused _ -> {
                lease.paused(now);
                judge.startAnew(now);
                leaseAt = now;
            }
        }
    }

    private void agreed(LedgerNews news, long now, Outbox<MembershipNews> out) {
        switch (news) {
            case LedgerNews.Applied applied -> applied(applied, now, out);
            case LedgerNews.Leading(Ballot ballot) -> {
                leading = Optional.of(ballot);
                followed = Optional.empty();
                provenAt = NEVER;
                judge.startAnew(now);
            }
            case LedgerNews.NotLeading _ -> standBack();
            case LedgerNews.Following(Ballot ballot) -> {
                followed = Optional.of(ballot.leader());
                askAt = now;
                leaseAt = now;
            }
            case LedgerNews.Proven(Ballot ballot, long sentAt) -> {
                if (leading.isPresent() && leading.get().equals(ballot)) {
                    provenAt = provenAt == NEVER ? sentAt : Math.max(provenAt, sentAt);
                    if (!refusesLease(self)) {
                        lease.proven(sentAt, now);
                    }
                }
            }
            case LedgerNews.RecordFailed _ -> {
                standBack();
                lease.end(now);
            }
            case LedgerNews.LoneNoted _ -> { /* of the fence of two nodes */ }
        }
    }

    private void applied(LedgerNews.Applied news, long now, Outbox<MembershipNews> out) {
        boolean wasMember = isMember();
        ClusterState state = news.state();
        agreed = Optional.of(state);
        wishes.settle(state, now);
        ownEvicts.values().removeIf(wish -> !state.isMember(wish.who()));
        if (state.isPast(self)) {
            goOut(news, now, out);
            return;
        }
        if (!wasMember && isMember()) {
            leaseAt = now;
        }
        viewNews.tell(news, out);
    }

    private void goOut(LedgerNews.Applied news, long now, Outbox<MembershipNews> out) {
        // First of all: nothing may be written any more (rule A2).
        lease.end(now);
        tellLease(out);
        standBack();
        selfOut = true;
        Optional<String> putOutFor = viewNews.whyPutOut(news);
        boolean planned = leaving && putOutFor.isEmpty();
        out.announce(new SelfOut(planned, planned ? "left as asked" : putOutFor.orElse("put out by the others")));
    }

    private void leaveWanted(long now, Outbox<MembershipNews> out) {
        lease.end(now);
        leaving = true;
        askAt = now;
        if (!isMember()) {
            // Nobody waits for it. Should an ask to join still be under way, it is put out like any that fell silent.
            tellLease(out);
            selfOut = true;
            out.announce(new SelfOut(true, "was not a member"));
        }
    }

    private void standBack() {
        leading = Optional.empty();
        provenAt = NEVER;
        blocked = Optional.empty();
        joinObstacles = Collections.emptySortedMap();
    }

    // Told to others

    private void tellWishes(NodeId leader, Outbox<MembershipNews> out) {
        if (leaving) {
            out.send(leader, new LeaveAsk());
        } else if (!isMember()) {
            out.send(leader, new JoinAsk(process));
        }
        ownEvicts.values().forEach(wish -> out.send(leader, new EvictAsk(wish.who(), wish.reason())));
    }

    private void tellLease(Outbox<MembershipNews> out) {
        if (lease.until() != toldUntil) {
            toldUntil = lease.until();
            out.announce(new ActUntil(toldUntil));
        }
    }

    private boolean asksForLease() {
        return followed.isPresent() && leading.isEmpty() && !leaving && isMember();
    }

    // Wanted of the ledger

    private void addOwnWishes(long now) {
        ownEvicts.values().forEach(wish -> wishes.evict(wish.who(), self.node(), wish.reason(), now));
        if (leaving) {
            wishes.leave(self, now);
        } else {
            wishes.join(self, process, FeatureLevels.SPOKEN, now);
        }
    }

    /** @return whether all that stay hear each other */
    private boolean evict(Draft draft, long now) {
        ViewJudge.Verdict verdict = judge.judge(draft.state(), now);
        blocked = verdict.blocked();
        for (ViewJudge.Eviction eviction : verdict.evictions()) {
            Incarnation who = eviction.who();
            if (draft.add(WayOut.of(who, clip(eviction.reason()), self, draft.state())).isEmpty()) {
                doomed.add(who);
                putOut.add(who);
            }
        }
        return verdict.whole();
    }

    private void letLeave(Draft draft) {
        for (Wishes.Leave leave : wishes.leaves()) {
            if (draft.add(new LedgerEvent.MemberLeft(leave.who())).isEmpty()) {
                doomed.add(leave.who());
            }
        }
    }

    private Optional<Member> ownMembership() {
        return isMember() ? Optional.of(agreed.orElseThrow().members().get(self.node())) : Optional.empty();
    }

    private static String clip(String reason) {
        return reason.length() <= REASON_LIMIT ? reason : reason.substring(0, REASON_LIMIT);
    }
}
