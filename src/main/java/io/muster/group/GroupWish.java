package io.muster.group;

import io.muster.ledger.GroupName;

/**
 * A wish of this node that the agreed state does not show yet.
 *
 * @param join whether it wants in, or out
 * @param why  what it waits for, as one sentence
 */
public record GroupWish(GroupName group, boolean join, String why) {}
