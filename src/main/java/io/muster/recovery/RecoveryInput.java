package io.muster.recovery;

import io.muster.base.Incarnation;
import io.muster.group.GroupNews;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;

/** What the recovery coordinator is told. */
public sealed interface RecoveryInput {

    record Arrived(Incarnation from, RecoveryMessage message) implements RecoveryInput {}

    record Agreed(LedgerNews news) implements RecoveryInput {}

    record Changed(GroupNews news) implements RecoveryInput {}

    /** A participant of this node is through a phase; of an older generation it means nothing. */
    record Done(String participant, GroupName group, long generation, Phase phase) implements RecoveryInput {}

    /** A participant of this node cannot get through; it is told to begin again, then the node withdraws. */
    record Failed(String participant, GroupName group, long generation, Phase phase, String why)
            implements RecoveryInput {}

    /** Nothing of this generation is running in this participant any more: the answer to {@code Abandon} (rule R3). */
    record Abandoned(String participant, GroupName group, long generation) implements RecoveryInput {}

    /** This node wants out of a group: its participants stop and drain. */
    record CloseWanted(GroupName group) implements RecoveryInput {}
}
