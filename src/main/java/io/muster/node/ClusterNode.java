package io.muster.node;

import io.muster.base.Hash64;
import io.muster.base.Prng;
import io.muster.ledger.AcceptorRecord;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import io.muster.recovery.Participant;
import java.util.List;

/** All layers of one node, bottom to top, as one machine. Draft: being written. */
public final class ClusterNode implements Machine<NodeInput, NodeNews> {

    /**
     * @param record       the own acceptor record, as found on disk at start
     * @param recordCopies opaque position of the record file's copies; see {@code ledger.RecordFile}
     * @param participants services that take part in every group's recovery
     */
    public ClusterNode(
            NodeConfig config, AcceptorRecord record, long recordCopies, List<Participant> participants, Prng chance,
            long now) {
        throw new IllegalStateException("being written");
    }

    @Override
    public void step(NodeInput input, long now, Outbox<NodeNews> out) {
        throw new IllegalStateException("being written");
    }

    @Override
    public void due(long now, Outbox<NodeNews> out) {
        throw new IllegalStateException("being written");
    }

    @Override
    public long deadline() {
        return NEVER;
    }

    /** A picture for the faces. */
    public NodeStatus status(long now) {
        throw new IllegalStateException("being written");
    }

    /** Mixes all that this node knows into a trace hash. */
    public void digest(Hash64 into) {
        throw new IllegalStateException("being written");
    }
}
