package io.muster.membership;

import io.muster.machine.Message;

/** What nodes tell the leader about voting. */
public sealed interface VoterMessage extends Message {

    /** The sender's own record has this id, and no vote as the sender knows it; told until it has one (rule L8). */
    record RecordShown(long recordId) implements VoterMessage {}

    /** A person wants the electorate changed; told until the state shows it, or for a while. */
    record ChangeAsk(VoterChange change, String reason) implements VoterMessage {}
}
