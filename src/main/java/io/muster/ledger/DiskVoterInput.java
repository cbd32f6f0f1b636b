package io.muster.ledger;

import io.muster.machine.Completion;

/** What {@link DiskVoter} can be told. */
public sealed interface DiskVoterInput {

    /** This node's ledger asks the disk, as it asks any other acceptor. */
    record Asked(LedgerMessage message) implements DiskVoterInput {}

    /** What the disk answered to an effect of this machine. */
    record Completed(Completion.OfDisk completion) implements DiskVoterInput {}

    /** The newest state that this node knows: whose voters are known by which records (rule L8). */
    record Known(ClusterState state) implements DiskVoterInput {}
}
