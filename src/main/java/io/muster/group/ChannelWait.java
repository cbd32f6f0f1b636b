package io.muster.group;

import io.muster.base.NodeSet;
import io.muster.ledger.GroupName;

/**
 * Why messages of a group do not get on.
 *
 * @param recovering whether they wait for the group to run
 * @param on         nodes that hold them up; may be empty
 * @param fact       one sentence
 */
public record ChannelWait(GroupName group, boolean recovering, NodeSet on, String fact) {}
