package io.muster.wire;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.machine.Message;

/** A message with the cluster and the life of its sender. */
public record Envelope(ClusterId cluster, Incarnation from, Message message) {}
