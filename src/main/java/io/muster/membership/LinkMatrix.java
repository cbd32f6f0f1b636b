package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who hears whom, by life, as each node has published it last: one row a node (rule V1). Pure: no verdict.
 *
 * <p>A row of an older life, or with a sequence not above the last, changes nothing. A row of a newer life starts from
 * nothing. How old a row is, and for how long it has left somebody out, is counted from its arrival here, on one clock.
 */
final class LinkMatrix {

    private static final class Row {
        private final Incarnation from;
        private final long[] heardLife = new long[NodeId.LIMIT];
        /** By node, where none or another life is heard: when that came in. */
        private final long[] leftOutSince = new long[NodeId.LIMIT];
        private long sequence = -1;
        private long toldAt;
        private MembershipMessage.Row told = new MembershipMessage.Row(0, List.of());

        Row(Incarnation from, long now) {
            this.from = from;
            Arrays.fill(leftOutSince, now);
        }
    }

    private final Optional<Row>[] rows;

    @SuppressWarnings({"unchecked", "rawtypes"})
    LinkMatrix() {
        rows = (Optional<Row>[]) new Optional[NodeId.LIMIT];
        Arrays.fill(rows, Optional.empty());
    }

    void put(Incarnation from, MembershipMessage.Row message, long now) {
        long sequence = message.sequence();
        List<Incarnation> heard = message.heard();
        int node = from.node().number();
        Optional<Row> known = rows[node];
        if (known.isPresent() && known.get().from.life() > from.life()) {
            return;
        }
        if (known.isEmpty() || known.get().from.life() < from.life()) {
            known = Optional.of(new Row(from, now));
            rows[node] = known;
        }
        Row row = known.get();
        if (sequence <= row.sequence) {
            return;
        }
        row.sequence = sequence;
        row.toldAt = now;
        row.told = message;
        long[] lives = new long[NodeId.LIMIT];
        heard.forEach(who -> lives[who.node().number()] = who.life());
        for (int other = 1; other < NodeId.LIMIT; other++) {
            // Another life counts as new: what was said of the former one says nothing of it.
            if (lives[other] != row.heardLife[other]) {
                row.leftOutSince[other] = now;
                row.heardLife[other] = lives[other];
            }
        }
    }

    /** The newest row of this life, as it was published. */
    Optional<MembershipMessage.Row> row(Incarnation from) {
        return rowOf(from).map(row -> row.told);
    }

    /** The newest life of this node that has told a row. */
    Optional<Incarnation> life(NodeId node) {
        return rows[node.number()].map(row -> row.from);
    }

    /** True when the newest row of this very life names {@code to}; its age is another question. */
    boolean hears(Incarnation from, Incarnation to) {
        Optional<Row> row = rowOf(from);
        return row.isPresent() && row.get().heardLife[to.node().number()] == to.life();
    }

    /** When the rows of this life have left {@code to} out for this long now; 0 when it is named or no row is known. */
    long leftOutForNs(Incarnation from, Incarnation to, long now) {
        Optional<Row> row = rowOf(from);
        if (row.isEmpty() || row.get().heardLife[to.node().number()] == to.life()) {
            return 0;
        }
        return now - row.get().leftOutSince[to.node().number()];
    }

    /** When the newest row of this life came in; {@link Long#MIN_VALUE} when none did. */
    long toldAt(Incarnation from) {
        Optional<Row> row = rowOf(from);
        return row.isPresent() ? row.get().toldAt : Long.MIN_VALUE;
    }

    /** True when the newest row of this life came in not longer than this ago. */
    boolean fresh(Incarnation from, long limitNs, long now) {
        Optional<Row> row = rowOf(from);
        return row.isPresent() && now - row.get().toldAt <= limitNs;
    }

    /** Both directions are published, by these lives, in rows not older than {@code limitNs} (rule V1, for joining). */
    boolean bothWays(Incarnation one, Incarnation other, long limitNs, long now) {
        return fresh(one, limitNs, now) && fresh(other, limitNs, now) && hears(one, other) && hears(other, one);
    }

    /** Those of {@code others} with which this life has links both ways, by rows of both that are not too old. */
    NodeSet reached(Incarnation from, List<Incarnation> others, long limitNs, long now) {
        NodeSet reached = NodeSet.NONE;
        for (Incarnation other : others) {
            reached = bothWays(from, other, limitNs, now) ? reached.with(other.node()) : reached;
        }
        return reached;
    }

    void digest(Hash64 into) {
        for (Optional<Row> known : rows) {
            if (known.isPresent()) {
                Row row = known.get();
                into.add(row.from.node().number()).add(row.from.life()).add(row.sequence).add(row.toldAt)
                        .add(row.told.linksUp()).add(row.told.weight());
                for (long life : row.heardLife) {
                    into.add(life);
                }
            }
        }
    }

    private Optional<Row> rowOf(Incarnation from) {
        Optional<Row> row = rows[from.node().number()];
        return row.isPresent() && row.get().from.life() == from.life() ? row : Optional.empty();
    }
}
