package io.muster.membership;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.VersionRange;
import io.muster.ledger.FeatureLevels;
import io.muster.machine.Message;
import java.util.List;

/** What members and those who want to be say to each other. */
public sealed interface MembershipMessage extends Message {

    /**
     * Whom the sender hears, one way, by life; told to everybody, again and again (rule V1).
     *
     * @param linksUp on how many of its links it hears anybody, and on how many there is a carrier where that is known; held
     *                down (rule V3)
     * @param weight  what it is worth where views are chosen by weight
     */
    record Row(long sequence, List<Incarnation> heard, int linksUp, int weight) implements MembershipMessage {

        /** Links and weights, at most. */
        public static final int VALUE_LIMIT = 255;

        public Row {
            heard = List.copyOf(heard);
            if (linksUp < 0 || linksUp > VALUE_LIMIT || weight < 0 || weight > VALUE_LIMIT) {
                throw new IllegalArgumentException("a row with %d links and weight %d".formatted(linksUp, weight));
            }
        }

        /** Of a node that says nothing of its links and is worth as much as most. */
        public Row(long sequence, List<Incarnation> heard) {
            this(sequence, heard, 0, 1);
        }
    }

    /**
     * The sender wants to be a member; told to the leader until it is.
     *
     * @param features the feature levels that its program speaks
     */
    record JoinAsk(HostProcess process, VersionRange features) implements MembershipMessage {

        public JoinAsk(HostProcess process) {
            this(process, FeatureLevels.SPOKEN);
        }
    }

    /** The sender has left its groups, shut its gate and wants to leave; told to the leader until it has. */
    record LeaveAsk() implements MembershipMessage {}

    /** An operator wants this life out; told to the leader until it is. */
    record EvictAsk(Incarnation who, String reason) implements MembershipMessage {}

    /** @param stamp the sender's own clock at sending */
    record LeaseAsk(long stamp) implements MembershipMessage {}

    /**
     * @param stamp   echo of the ask
     * @param ageNs   how old the leader's newest proof was at sending (rule A2)
     * @param version the leader's version: the lease is good for a node that is in at this version or a later one
     */
    record LeaseAnswer(long stamp, long ageNs, long version) implements MembershipMessage {}

    /** A row of another member, handed on to one that has no two-way link with its author (rule V6). */
    record RelayedRow(Incarnation of, Row row) implements MembershipMessage {}
}
