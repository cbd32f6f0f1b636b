package io.muster.membership;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.Recorded;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.membership.MembershipInput.Agreed;
import io.muster.membership.MembershipInput.Arrived;
import io.muster.membership.MembershipInput.Heard;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** One membership machine on the bench: the layers below it are played by the test. */
final class Bench {

    static final long MS = TimeBudget.MS;
    static final TimeBudget LAN = TimeBudget.lan();

    final Recorded<MembershipNews> out = new Recorded<>();
    final Incarnation self;
    final Membership membership;
    ClusterState state;
    Ballot ballot;
    long now = 1_000 * MS;
    private long sequence;

    Bench(Incarnation self, int nodes) {
        this.self = self;
        NodeSet all = nodes(nodes);
        this.membership = new Membership(self, HostProcess.UNKNOWN, all, LAN, now);
        this.state = founded(nodes);
        this.ballot = new Ballot(1, self);
    }

    static NodeSet nodes(int count) {
        return new NodeSet((1L << count + 1) - 2);
    }

    static Incarnation life(int node, long life) {
        return Incarnation.of(node, life);
    }

    static ClusterState founded(int nodes) {
        TreeMap<NodeId, Long> records = new TreeMap<>();
        nodes(nodes).forEach(node -> records.put(node, 100L + node.number()));
        return ClusterState.founded(new ClusterId(1, 2), Electorate.majorityOf(nodes(nodes)), records);
    }

    /** A version with these events after {@code from}; each must fit. */
    static ClusterState next(ClusterState from, List<LedgerEvent> events) {
        Draft draft = from.draft(new Ballot(1, Incarnation.of(1, 1)));
        for (LedgerEvent event : events) {
            draft.add(event).ifPresent(refusal -> {
                throw new AssertionError(event + ": " + refusal);
            });
        }
        return draft.whole(Digest.NONE);
    }

    /** These lives become members in one version, and it is applied. */
    void members(Incarnation... lives) {
        List<LedgerEvent> events = new ArrayList<>();
        for (Incarnation who : lives) {
            events.add(joined(who));
        }
        applied(events);
    }

    void applied(LedgerEvent... events) {
        applied(List.of(events));
    }

    void applied(List<LedgerEvent> events) {
        ClusterState before = state;
        state = next(state, events);
        tell(new Agreed(new LedgerNews.Applied(before, state, events, false)));
    }

    /** Everything at once to {@code target}, as a laggard learns it. */
    void caughtUp(ClusterState target, LedgerEvent... difference) {
        ClusterState before = state;
        state = target;
        tell(new Agreed(new LedgerNews.Applied(before, state, List.of(difference), true)));
    }

    void leads() {
        tell(new Agreed(new LedgerNews.Leading(ballot)));
    }

    void proven(long sentAt) {
        tell(new Agreed(new LedgerNews.Proven(ballot, sentAt)));
    }

    void follows(Incarnation leader) {
        tell(new Agreed(new LedgerNews.Following(new Ballot(1, leader))));
    }

    /** Heard, both ways, and its row says that it hears these lives. */
    void hears(Incarnation who, Incarnation... itsRow) {
        tell(new Heard(new HeartbeatNews.PeerHeard(who)));
        tell(new Heard(new HeartbeatNews.LinksChanged(
                membership.localView().twoWay().with(who.node()), membership.localView().twoWay().with(who.node()))));
        row(who, itsRow);
    }

    void row(Incarnation from, Incarnation... heard) {
        tell(new Arrived(from, new MembershipMessage.Row(++sequence, List.of(heard))));
    }

    /** Two pulses ago, so that the others have had the time to say what they have lost themselves. */
    void loses(Incarnation who) {
        membership.step(new Heard(new HeartbeatNews.PeerLost(
                who, "not heard by " + self.node() + " on any link for 612 ms", 612 * MS)),
                now - 2 * LAN.pulseNs(), out);
        NodeSet left = membership.localView().twoWay().without(who.node());
        tell(new Heard(new HeartbeatNews.LinksChanged(left, left)));
    }

    void tell(MembershipInput input) {
        membership.step(input, now, out);
    }

    /** All members hear each other and say so. */
    void allWell(Incarnation... lives) {
        for (Incarnation who : lives) {
            if (!who.equals(self)) {
                hears(who, others(who, lives));
            }
        }
    }

    /** Fresh rows of all these. */
    void rows(Incarnation... lives) {
        for (Incarnation who : lives) {
            if (!who.equals(self)) {
                row(who, others(who, lives));
            }
        }
    }

    static Incarnation[] others(Incarnation who, Incarnation... lives) {
        return java.util.Arrays.stream(lives).filter(life -> !life.equals(who)).toArray(Incarnation[]::new);
    }

    /** What the machine wants agreed now; nothing is proposed of it. */
    List<LedgerEvent> wants() {
        return draft().events();
    }

    Draft draft() {
        Draft draft = state.draft(ballot);
        membership.wants(draft, now);
        return draft;
    }

    /** What the machine sends when it is run at all that is due until then. */
    List<Recorded.Sent> runFor(long spanNs) {
        long end = now + spanNs;
        while (membership.deadline() <= end) {
            now = Math.max(now, membership.deadline());
            membership.due(now, out);
        }
        now = end;
        return out.takeSent();
    }

    /** What was announced, without the rows that go to shared disks: they are told in each ask period. */
    List<MembershipNews> news() {
        return out.takeNews().stream().filter(news -> !(news instanceof MembershipNews.RowTold)).toList();
    }

    static LedgerEvent joined(Incarnation who) {
        return new LedgerEvent.MemberJoined(who, HostProcess.UNKNOWN);
    }

    static LedgerEvent left(Incarnation who) {
        return new LedgerEvent.MemberLeft(who);
    }

    static LedgerEvent evicted(Incarnation who) {
        return new LedgerEvent.MemberEvicted(who, "not heard");
    }

    static LedgerEvent intended(long id, Incarnation who) {
        return new LedgerEvent.FenceIntended(id, who, "not heard", new Ballot(1, Incarnation.of(1, 1)));
    }

    static LedgerEvent evidenced(long id, Incarnation who) {
        return new LedgerEvent.FenceEvidenced(id, who, EvidenceClass.PROCESS_ENDED, "gone", NodeId.of(1));
    }
}
