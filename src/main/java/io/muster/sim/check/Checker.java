package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.node.NodeEvent;
import io.muster.node.Wait;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.List;
import java.util.Optional;

/**
 * One promise of the whole cluster. It is told of everything that happens, at the moment it happens, and throws a
 * {@link Violation} when the promise is broken. A checker takes what it needs and lets the rest pass.
 */
public interface Checker {

    /** The promise's name, as mutations and failed runs cite it. */
    default String name() {
        return getClass().getSimpleName();
    }

    default void started(Incarnation life) {}

    default void ended(Incarnation life) {}

    /** A message leaves a node over a stream; datagrams promise nothing. */
    default void sent(Incarnation from, NodeId to, Message message) {}

    /** A message that came over a stream is given to a node. */
    default void received(Incarnation to, Incarnation from, Message message) {}

    /** The bytes of a node's ledger file changed, and this is what a start would load from them now. */
    default void durable(NodeId node, AcceptorRecord record) {}

    /** A quorum of acceptors holds this state durably, in one ballot, for the first time. */
    default void chosen(Ballot ballot, ClusterState state) {}

    /** A node applied a state, and says what led to it. */
    default void applied(Incarnation life, LedgerNews.Applied news) {}

    default void happened(Incarnation life, NodeEvent event) {}

    /** @param until true time; not after now when the life may not act any more */
    default void mayAct(Incarnation life, long until) {}

    /** A fence method starts. */
    default void fencing(Incarnation actor, Effect.Fence act) {}

    /** A device that acts against a victim cuts the power of the host on which this life runs. */
    default void struck(Incarnation victim, Incarnation life) {}

    /** A participant begins a phase. */
    default void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {}

    /** A participant is told to stop what it does for a generation. */
    default void toldToAbandon(Incarnation life, String participant, GroupName group, long generation) {}

    /** A participant answers. */
    default void answered(Incarnation life, String participant, Participant.Answer answer) {}

    /**
     * A running node was looked at.
     *
     * @param blocked it is no member, or may not act, or one of its groups does not run
     * @param waits   what it says that it waits for
     */
    default void looked(Incarnation life, boolean blocked, List<Wait> waits) {}

    /** After the cluster was healed and says that it has recovered. */
    default void end() {}

    /** A life looks at the ledger slots of a voting disk at this moment. @param highest ballot promised there */
    default void diskLooked(Incarnation who, NodeId disk, Optional<Ballot> highest) {}
}
