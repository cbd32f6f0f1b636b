package io.muster.ledger;

import io.muster.machine.Message;

/** What leaders, acceptors and learners say to each other. */
public sealed interface LedgerMessage extends Message {

    /** I want to lead: promise me this ballot. */
    record Prepare(Ballot ballot) implements LedgerMessage {}

    /** Promised, durably; here is my whole record (rule L2). */
    record Promise(Ballot ballot, AcceptorRecord record) implements LedgerMessage {}

    /** Accept this version in my ballot. */
    record Accept(Ballot ballot, ClusterState state) implements LedgerMessage {}

    /** Accepted, durably. */
    record Accepted(Ballot ballot, long version) implements LedgerMessage {}

    /** I have promised a higher ballot, durably. */
    record Refused(Ballot ballot, Ballot promised) implements LedgerMessage {}

    /** This state was chosen in this ballot: a quorum accepted it (rule L9). */
    record Chosen(Ballot ballot, ClusterState state) implements LedgerMessage {}

    /** I lead, and this version is chosen; told again and again. */
    record Beat(Ballot ballot, long sequence, long version) implements LedgerMessage {}

    /**
     * I have applied this version; and my durable promise was still this ballot when I heard that beat (rule A1).
     *
     * @param sequence of the beat; 0 proves nothing: the promise is not this ballot yet, or this node has no vote
     * @param applied  -1 when nothing was applied in this life
     */
    record BeatHeard(Ballot ballot, long sequence, long applied) implements LedgerMessage {}
}
