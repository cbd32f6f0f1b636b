package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.LedgerNews;

/** What the membership is told. */
public sealed interface MembershipInput {

    record Arrived(Incarnation from, MembershipMessage message) implements MembershipInput {}

    record Heard(HeartbeatNews news) implements MembershipInput {}

    record Agreed(LedgerNews news) implements MembershipInput {}

    /** This node wants to leave; its groups are left and its gate for them is shut. */
    record LeaveWanted() implements MembershipInput {}

    /** An operator wants a member out. */
    record EvictWanted(Incarnation who, String reason) implements MembershipInput {}

    /** On how many of its links this node hears anybody. */
    record LinksUp(int count) implements MembershipInput {}

    /** The configuration has changed. @param nodes all configured nodes from now on, this one included */
    record Configured(NodeSet nodes) implements MembershipInput {}

    /** What shared disks show of the others is new. */
    record Disks(DiskReach reach) implements MembershipInput {}

    /** How many of its links have a carrier, as far as the driver can tell: evidence beside what is heard (rule V3). */
    record Carriers(int count) implements MembershipInput {}
}
