package io.muster.recovery;

import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Message;

/** What members of a recovering group tell the leader. */
public sealed interface RecoveryMessage extends Message {

    /**
     * The sender is through this phase of this generation; told until the ledger shows the next.
     *
     * @param informed whether the sender has applied that all departed of this generation are harmless: LOCKS begins
     *                 nowhere before everybody who takes part knows it (000-22 before 000-23)
     */
    record Through(GroupName group, long generation, Phase phase, boolean informed) implements RecoveryMessage {}

    /** The sender's participants cannot get through, its gate for the group is shut and drained (rule R4). */
    record Withdrawn(GroupName group, long generation, Phase phase, String reason) implements RecoveryMessage {}
}
