package io.muster.ledger;

/** What {@link DiskVoter} announces. */
public sealed interface DiskVoterNews {

    /** The disk's answer to this node's ledger. */
    record Answered(LedgerMessage message) implements DiskVoterNews {}

    /** The disk can be read, and is this acceptor. */
    record Opened(long recordId) implements DiskVoterNews {}

    /** The disk did not do what it was asked for; it is tried again. */
    record Failed(String why) implements DiskVoterNews {}
}
