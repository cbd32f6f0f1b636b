package io.muster.node;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.machine.Message;

/** What carries {@code send(node, port, bytes)} between nodes. Names lives: what is meant for a former one is dropped. */
public sealed interface PortMessage extends Message {

    /**
     * Bytes for a port; told again until they are taken.
     *
     * @param to       the life they are meant for
     * @param sequence counts from 1 for each pair of sending and receiving life, over all ports
     */
    record Data(Incarnation to, long sequence, int port, Bytes content) implements PortMessage {}

    /**
     * Everything up to a number has been handed on.
     *
     * @param to       whose messages
     * @param sequence the last one
     */
    record Taken(Incarnation to, long sequence) implements PortMessage {}
}
