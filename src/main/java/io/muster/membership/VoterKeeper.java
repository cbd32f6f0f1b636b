package io.muster.membership;

import io.muster.base.Clip;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Proposer;
import io.muster.ledger.Standing;
import io.muster.ledger.VotePolicy;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Says on the leader how the electorate is to change: as a person wants ({@link VoterChange}), or as the policy does by
 * itself ({@link DynamicVotes}). On every node it tells the leader the id of the own record while that has no vote, and
 * what a person asked for here, again and again.
 *
 * <p>Whatever it proposes is chosen by a quorum of the old and of the new voters; that is the ledger's part (rule Q3).
 */
public final class VoterKeeper implements Machine<VoterInput, Void>, Proposer {

    /** A person's wish is given up after so many asks: whoever asked has long read why it does not come true. */
    private static final int ASKS_LIMIT = 150;
    /** After a change that was proposed and not chosen the next try waits so many leader silences. */
    private static final int RETRY_SILENCES = 5;

    private record Shown(Incarnation who, long recordId) {}

    private record Wish(VoterChange change, String reason, long toldAt) {}

    private final Incarnation self;
    private final long recordId;
    private final TimeBudget times;
    private final SortedMap<NodeId, Shown> shown = new TreeMap<>();
    private final SortedMap<NodeId, Incarnation> heard = new TreeMap<>();
    private final SortedMap<NodeId, Wish> asked = new TreeMap<>();
    private Optional<Wish> own = Optional.empty();
    private int ownAsks;
    private NodeSet twoWay = NodeSet.NONE;
    private Standing standing = Standing.NONE;
    private Optional<String> obstacle = Optional.empty();
    private long askAt;
    private long notBefore;

    /** @param recordId of the own record */
    public VoterKeeper(Incarnation self, long recordId, TimeBudget times, long now) {
        this.self = self;
        this.recordId = recordId;
        this.times = times;
        this.askAt = now;
        this.notBefore = now;
    }

    @Override
    public void step(VoterInput input, long now, Outbox<Void> out) {
        switch (input) {
            case VoterInput.Arrived(Incarnation from, VoterMessage.RecordShown(long id)) -> shown(from, id);
            case VoterInput.Arrived(Incarnation from, VoterMessage.ChangeAsk(VoterChange change, String reason)) -> {
                if (standing.state().filter(state -> state.isMember(from)).isPresent()) {
                    asked.put(from.node(), new Wish(change, Clip.text(reason), now));
                }
            }
            case VoterInput.Heard(HeartbeatNews news) -> heard(news);
            // Not a life of its own: another record under the same number is another disk.
            case VoterInput.DiskShown(NodeId disk, long id) -> shown(new Incarnation(disk, 1), id);
            case VoterInput.Agreed(LedgerNews news) -> agreed(news, now);
            case VoterInput.ChangeWanted(VoterChange change, String reason) -> {
                own = Optional.of(new Wish(change, Clip.text(reason), now));
                ownAsks = 0;
                askAt = now;
            }
        }
    }

    @Override
    public void due(long now, Outbox<Void> out) {
        if (now < askAt) {
            return;
        }
        askAt = now + times.askNs();
        if (own.isPresent() && ++ownAsks > ASKS_LIMIT) {
            own = Optional.empty();
        }
        standing.leader().filter(leader -> !leader.equals(self)).ifPresent(leader -> {
            if (standing.state().filter(state -> !state.acceptors().knows(self.node(), recordId)).isPresent()) {
                out.send(leader.node(), new VoterMessage.RecordShown(recordId));
            }
            own.ifPresent(wish -> out.send(leader.node(), new VoterMessage.ChangeAsk(wish.change(), wish.reason())));
        });
    }

    @Override
    public long deadline() {
        return askAt;
    }

    /** Asked last of all layers: a change that is chosen is settled by any next version, and by one of its own if need be. */
    @Override
    public void wants(Draft draft, long now) {
        if (standing.leading().filter(draft.ballot()::equals).isEmpty() || standing.state().isEmpty()) {
            return;
        }
        ClusterState state = standing.state().get();
        obstacle = Optional.empty();
        if (state.voting().previous().isPresent()) {
            if (draft.isEmpty()) {
                draft.add(new LedgerEvent.ElectorateSettled());
            }
            return;
        }
        wanted(state, now).filter(_ -> now >= notBefore).ifPresent(change -> {
            Optional<String> refusal = draft.add(change);
            if (refusal.isEmpty()) {
                notBefore = now + RETRY_SILENCES * times.leaderSilenceNs();
            } else {
                obstacle = refusal;
            }
        });
    }

    /** What stands against the change that a person asked for, as of the last {@link #wants}; on the leader. */
    public Optional<String> obstacle() {
        return obstacle;
    }

    /** Voters that have told a record which is not theirs by the state (rule L8); as far as this node was told. */
    public NodeSet strangers() {
        NodeSet strangers = NodeSet.NONE;
        for (Shown each : shown.values()) {
            NodeId node = each.who().node();
            boolean stranger = standing.state().filter(state -> state.electorate().votesOf(node) > 0
                    && !state.acceptors().knows(node, each.recordId())).isPresent();
            strangers = stranger ? strangers.with(node) : strangers;
        }
        return strangers;
    }

    /** Why a change cannot be had, as this node knows the state; what only has to wait is no reason. */
    public Optional<String> refusal(VoterChange change) {
        if (standing.state().isEmpty()) {
            return Optional.of("no agreed state is known on this node yet: ask another one");
        }
        ClusterState state = standing.state().get();
        TreeMap<NodeId, Long> records = new TreeMap<>(records());
        // Only the leader has been told the others' records.
        change.added(state).forEach(node -> records.putIfAbsent(node, 0L));
        return change.applied(state, records, "").refusal();
    }

    /**
     * Whether a life that has left as planned is still needed for its vote: under a policy that takes it out the leaver
     * votes last, or the version that does so could not be chosen any more (rule Q5).
     */
    public static boolean votesLast(NodeId self, ClusterState state) {
        boolean othersGoOn = state.members().size() > 0
                && state.electorate().acceptors().without(self).count() >= state.voting().floor();
        return state.voting().policy() != VotePolicy.FIXED && state.voters().contains(self) && othersGoOn;
    }

    public void digest(Hash64 into) {
        into.add(askAt).add(notBefore).add(twoWay.bits()).add(own.isPresent() ? 1 : 0).add(asked.size());
        shown.values().forEach(each -> into.add(each.who().node().number()).add(each.recordId()));
    }

    private void shown(Incarnation from, long id) {
        Shown known = shown.get(from.node());
        if (known == null || known.who().life() <= from.life()) {
            shown.put(from.node(), new Shown(from, id));
        }
    }

    private void heard(HeartbeatNews news) {
        switch (news) {
            case HeartbeatNews.PeerHeard(Incarnation who) -> heard.put(who.node(), who);
            case HeartbeatNews.PeerLost(Incarnation who, _, _) -> heard.remove(who.node(), who);
            case HeartbeatNews.LinksChanged(_, NodeSet bothWays) -> twoWay = bothWays;
            case HeartbeatNews.LinkChanged _, HeartbeatNews.SelfPaused _ -> { /* no matter of time or of single links */ }
        }
    }

    private void agreed(LedgerNews news, long now) {
        Standing before = standing;
        standing = standing.after(news);
        if (!standing.leading().equals(before.leading())) {
            asked.clear();
            obstacle = Optional.empty();
        }
        if (!standing.ballot().equals(before.ballot())) {
            askAt = now;
        }
        if (news instanceof LedgerNews.Applied(_, ClusterState state, var events, _)) {
            own = own.filter(wish -> !wish.change().isShownBy(state));
            asked.values().removeIf(wish -> wish.change().isShownBy(state));
            if (events.stream().anyMatch(LedgerEvent.ElectorateChanged.class::isInstance)) {
                notBefore = now;
            }
        }
    }

    private Optional<LedgerEvent.ElectorateChanged> wanted(ClusterState state, long now) {
        asked.values().removeIf(wish -> now - wish.toldAt() > times.silenceNs() + 4 * times.askNs());
        Optional<Wish> wish = own.filter(each -> !each.change().isShownBy(state)).or(() -> asked.values().stream().findFirst());
        if (wish.isEmpty()) {
            return new DynamicVotes(state, twoWay.with(self.node())).next(heard, records());
        }
        VoterChange change = wish.get().change();
        VoterChange.Applied applied = change.applied(state, records(), wish.get().reason());
        obstacle = applied.refusal().or(() -> outOfReach(state, change, applied.event().orElseThrow()));
        return obstacle.isPresent() ? Optional.empty() : applied.event();
    }

    /** A change that could not be chosen now is not begun: it would stop what goes on without it. */
    private Optional<String> outOfReach(ClusterState state, VoterChange change, LedgerEvent.ElectorateChanged event) {
        NodeSet reachable = twoWay.with(self.node());
        NodeSet away = change.added(state).minus(reachable);
        if (!away.isEmpty()) {
            return Optional.of("%s is to vote and is not within reach: it has to accept that itself".formatted(away));
        }
        if (!state.electorate().isQuorum(reachable) || !event.acceptors().electorate().isQuorum(reachable)) {
            return Optional.of("only %s are within reach: a quorum of the voters before and after has to be".formatted(
                    reachable));
        }
        return Optional.empty();
    }

    private SortedMap<NodeId, Long> records() {
        TreeMap<NodeId, Long> records = new TreeMap<>();
        shown.forEach((node, each) -> records.put(node, each.recordId()));
        records.put(self.node(), recordId);
        return records;
    }
}
