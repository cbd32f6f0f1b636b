package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;

/** What the channels of this node are told. */
public sealed interface ChannelInput {

    record Arrived(Incarnation from, ChannelMessage message) implements ChannelInput {}

    record Agreed(LedgerNews news) implements ChannelInput {}

    /**
     * A message for all members; ask {@link GroupChannels#refusal} first, what would be refused is dropped.
     *
     * @param ticket the caller's word for it, told again with the outcome
     */
    record SendWanted(GroupName group, long ticket, Bytes content) implements ChannelInput {}
}
