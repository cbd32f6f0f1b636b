package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.LedgerNews;

/** What the keeper of the electorate is told. */
public sealed interface VoterInput {

    record Arrived(Incarnation from, VoterMessage message) implements VoterInput {}

    record Heard(HeartbeatNews news) implements VoterInput {}

    record Agreed(LedgerNews news) implements VoterInput {}

    /** A person wants the electorate changed. */
    record ChangeWanted(VoterChange change, String reason) implements VoterInput {}

    /** A disk that may vote can be read, and this is the id of its record. */
    record DiskShown(NodeId disk, long recordId) implements VoterInput {}
}
