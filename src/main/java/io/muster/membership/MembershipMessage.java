package io.muster.membership;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.VersionRange;
import io.muster.ledger.FeatureLevels;
import io.muster.machine.Message;
import java.util.List;

/** What members and those who want to be say to each other. */
public sealed interface MembershipMessage extends Message {

    /** Whom the sender hears, one way, by life; told to everybody, again and again (rule V1). */
    record Row(long sequence, List<Incarnation> heard) implements MembershipMessage {}

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
}
