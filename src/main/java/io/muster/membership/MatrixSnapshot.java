package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.membership.MembershipMessage.Row;
import java.util.Arrays;
import java.util.List;

/**
 * What one verdict was made of: who of the candidates has two-way links with whom, what each is worth and what speaks
 * for it. A proposal names it by {@link #id} (rule V3), so that it can be told afterwards whether two verdicts were made
 * of the same.
 *
 * <p>Evidence, most telling first: on how many of its links a node hears anybody, as it publishes it, held down; then
 * in how many groups it is, up to {@value #GROUPS_COUNTED}, which is agreed and stands in the state itself.
 */
final class MatrixSnapshot {

    static final MatrixSnapshot NONE = new MatrixSnapshot(NodeSet.NONE, new long[NodeId.LIMIT]);

    /** Groups of one node that count as evidence. */
    static final int GROUPS_COUNTED = 3;

    private final NodeSet candidates;
    private final long[] links;
    private final int[] weights = new int[NodeId.LIMIT];
    private final int[] evidence = new int[NodeId.LIMIT];

    private MatrixSnapshot(NodeSet candidates, long[] links) {
        this.candidates = candidates;
        this.links = links.clone();
    }

    static MatrixSnapshot of(
            ClusterState state, NodeSet candidates, long[] links, LinkMatrix matrix, ViewSettings settings) {
        MatrixSnapshot snapshot = new MatrixSnapshot(candidates, links);
        for (NodeId node : candidates) {
            Incarnation who = state.members().get(node).who();
            Row row = matrix.row(who).orElse(new Row(0, List.of()));
            int groups = 0;
            for (Group group : state.groups().values()) {
                groups += group.has(who) ? 1 : 0;
            }
            snapshot.weights[node.number()] = settings.policy() == ViewSettings.Policy.WEIGHT ? row.weight() : 0;
            snapshot.evidence[node.number()] =
                    row.linksUp() * (GROUPS_COUNTED + 1) + Math.min(GROUPS_COUNTED, groups);
        }
        return snapshot;
    }

    long[] links() {
        return links.clone();
    }

    /** 0 for all unless weights count. */
    int weight(NodeId node) {
        return weights[node.number()];
    }

    int evidence(NodeId node) {
        return evidence[node.number()];
    }

    boolean linked(NodeId one, NodeId other) {
        return (links[one.number()] & 1L << other.number()) != 0;
    }

    boolean isClique(NodeSet nodes) {
        for (NodeId node : nodes) {
            if ((nodes.bits() & ~links[node.number()] & ~(1L << node.number())) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Equal for equal matrices with equal evidence, on whichever node; in eight hexadecimal digits. */
    String id() {
        Hash64 hash = new Hash64().add(candidates.bits());
        Arrays.stream(links).forEach(hash::add);
        Arrays.stream(weights).forEach(hash::add);
        Arrays.stream(evidence).forEach(hash::add);
        return "%08x".formatted((int) hash.value());
    }
}
