package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import java.util.Optional;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeSet;

/**
 * A view that is about to be proposed, as the leader that proposes it sees it (001-6).
 *
 * @param members who will be in
 * @param lacking pairs of them without a two-way link, as {@code n1-n2}; there is never one
 * @param matrix  the snapshot it was made from ({@link MatrixSnapshot#id})
 */
public record ViewProposal(NodeSet members, String lacking, String matrix) {

    /** Looked at apart from what decided: here the pairs are counted, there sets were chosen and wishes granted. */
    static Optional<ViewProposal> of(
            Incarnation self, Draft draft, SortedSet<Incarnation> putOut, MatrixSnapshot snapshot, LinkMatrix matrix,
            LocalView local) {
        TreeSet<NodeId> joined = new TreeSet<>();
        for (LedgerEvent event : draft.events()) {
            if (event instanceof LedgerEvent.MemberJoined(Incarnation who, var _)) {
                joined.add(who.node());
            }
        }
        if (joined.isEmpty() && putOut.isEmpty()) {
            return Optional.empty();
        }
        var members = draft.state().members();
        StringJoiner lacking = new StringJoiner(" ");
        members.forEach((one, first) -> members.tailMap(one).forEach((other, second) -> {
            boolean comes = joined.contains(one) || joined.contains(other);
            boolean linked = one.equals(other) || (comes
                    ? hears(self, first.who(), second.who(), matrix, local)
                            && hears(self, second.who(), first.who(), matrix, local)
                    : snapshot.linked(one, other));
            if (!linked) {
                lacking.add(one + "-" + other);
            }
        }));
        return Optional.of(new ViewProposal(NodeSet.of(members.keySet()), lacking.toString(), snapshot.id()));
    }

    private static boolean hears(
            Incarnation self, Incarnation from, Incarnation to, LinkMatrix matrix, LocalView local) {
        return from.equals(self) ? local.hears(to) : matrix.hears(from, to);
    }
}
