package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Member;
import io.muster.machine.Outbox;
import io.muster.membership.MembershipMessage.RelayedRow;
import io.muster.membership.MembershipMessage.Row;
import java.util.Optional;

/**
 * Publishes the own row of the link matrix to everybody, and hands on the rows of members between which nothing passes
 * (rule V6): where a stream needs both directions, a member that is heard one way could tell the leader nothing.
 *
 * <p>A row is handed on as it was published, under the life and the sequence of its author, by members to members only,
 * and only to whom the author has no two-way link with. So a whole mesh hands on nothing, rows come over any chain of
 * members, and none goes in circles: a row that is not newer is dropped by {@link LinkMatrix}.
 */
final class RowTeller {

    /** A change of the row is told at most so often in one ask period. */
    private static final int ROWS_PER_ASK = 8;
    /** A row is handed on while it is not older than so many ask periods. */
    private static final int RELAYED_ASKS = 4;
    /** Own links that are up are published once they have been so for this many silences (rule V3: H). */
    static final int EVIDENCE_HOLD_SILENCES = 3;

    private final Incarnation self;
    private NodeSet nodes;
    private final TimeBudget times;
    private final ViewSettings settings;
    private final LinkMatrix matrix;
    private final LocalView local;
    private final HeldDown linksUp;
    /** Bad news at once, good news held down. */
    private final HeldDown carriersHeld;
    private int carriers;
    private long sequence;
    private long toldAt = Long.MIN_VALUE;
    private long nextAt;

    RowTeller(
            Incarnation self, NodeSet nodes, TimeBudget times, ViewSettings settings, LinkMatrix matrix,
            LocalView local, long now) {
        this.self = self;
        this.nodes = nodes;
        this.times = times;
        this.settings = settings;
        this.matrix = matrix;
        this.local = local;
        this.linksUp = new HeldDown(0, EVIDENCE_HOLD_SILENCES * times.silenceNs(), now);
        this.carriersHeld = new HeldDown(0, EVIDENCE_HOLD_SILENCES * times.silenceNs(), now);
        this.nextAt = now;
    }

    /** @param all configured nodes from now on, this one included */
    void configured(NodeSet all) {
        nodes = all;
    }

    /** H of rule V3: what a node publishes of itself changes at most once in this time. */
    static long holdNs(TimeBudget times) {
        return EVIDENCE_HOLD_SILENCES * times.silenceNs();
    }

    /** How many of the own links are up now. */
    void linksUp(int up, long now) {
        linksUp.see(up, now);
    }

    /** How many of the own links have a carrier. */
    void carriers(int count, long now) {
        carriersHeld.see(count, now);
        carriers = count;
        changed(now);
    }

    void disks(DiskReach reach, long now) {
        if (local.note(reach, now)) {
            changed(now);
        }
    }

    /** The own row has changed. */
    void changed(long now) {
        nextAt = Math.min(nextAt, Math.max(now, toldAt + times.askNs() / ROWS_PER_ASK));
    }

    /** What is published of this node now. */
    Row own(long now) {
        int evidence = linksUp.published(now) + Math.min(carriers, carriersHeld.published(now));
        return new Row(sequence, local.linked(), evidence, settings.weight());
    }

    void due(Optional<ClusterState> agreed, long now, Outbox<MembershipNews> out) {
        if (now < nextAt) {
            return;
        }
        sequence++;
        Row row = own(now);
        matrix.put(self, row, now);
        nodes.without(self.node()).forEach(node -> out.send(node, row));
        out.announce(new MembershipNews.RowTold(row));
        agreed.filter(state -> state.isMember(self)).ifPresent(state -> relay(state, now, out));
        toldAt = now;
        nextAt = now + times.askNs();
    }

    long deadline() {
        return nextAt;
    }

    /** Somebody hands on a row: only members do so, and only about members. */
    void relayed(Incarnation from, RelayedRow message, Optional<ClusterState> agreed, long now) {
        boolean counts = agreed.isPresent() && agreed.get().isMember(from) && agreed.get().isMember(message.of());
        if (counts && !message.of().node().equals(self.node())) {
            matrix.put(message.of(), message.row(), now);
        }
    }

    void digest(Hash64 into) {
        linksUp.digest(into);
        if (carriers > 0) {
            carriersHeld.digest(into);
        }
        into.add(sequence).add(nextAt);
    }

    private void relay(ClusterState state, long now, Outbox<MembershipNews> out) {
        for (Member target : state.members().values()) {
            NodeId to = target.who().node();
            if (to.equals(self.node()) || !local.twoWay().contains(to)) {
                continue;
            }
            for (Member author : state.members().values()) {
                Incarnation of = author.who();
                boolean another = !of.node().equals(to) && !of.node().equals(self.node());
                if (another && !(matrix.hears(of, target.who()) && matrix.hears(target.who(), of))
                        && matrix.fresh(of, RELAYED_ASKS * times.askNs(), now)) {
                    out.send(to, new RelayedRow(of, matrix.row(of).orElseThrow()));
                }
            }
        }
    }
}
