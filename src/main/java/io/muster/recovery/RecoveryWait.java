package io.muster.recovery;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a group that is not running waits for, as {@code why} tells it.
 *
 * @param since        on this node's clock, when it saw the phase begin
 * @param members      who is not through the phase; known on the leader only
 * @param unharmed     departed lives that are not harmless: LOCKS waits for these
 * @param participants of this node that have not answered yet
 * @param leaving      this node's participants stop for good: it leaves the group or was put out of it
 * @param fact         one sentence
 */
public record RecoveryWait(
        GroupName group,
        long generation,
        Phase phase,
        long since,
        Optional<NodeSet> members,
        SortedSet<Incarnation> unharmed,
        List<String> participants,
        boolean leaving,
        String fact) {

    public RecoveryWait {
        unharmed = Collections.unmodifiableSortedSet(new TreeSet<>(unharmed));
        participants = List.copyOf(participants);
    }
}
