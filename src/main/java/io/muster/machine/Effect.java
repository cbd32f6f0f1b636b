package io.muster.machine;

import io.muster.base.Bytes;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;

/** What a machine asks its driver to do. Each ends in one {@link Completion} with the same ticket. */
public sealed interface Effect {

    /** Chosen by the asking machine; unique among its outstanding effects of that kind. */
    long ticket();

    /**
     * Writes bytes into a small local file of this node and flushes them. Writes to one file are carried out in
     * order. Ends in {@link Completion.Written} or {@link Completion.WriteFailed}.
     *
     * @param file   plain name in the node's data folder, as {@code "ledger"}
     * @param offset in bytes
     */
    record Write(long ticket, String file, long offset, Bytes bytes) implements Effect {}

    /**
     * Runs a fence method against one life of a node. Ends in {@link Completion.FenceEnded}.
     *
     * @param intent      the agreed intent this act is for
     * @param method      name of a configured device
     * @param process     where that life runs
     * @param timeLimitNs after which the try counts as failed, whatever it does later
     * @param operation   what is to be done; most often {@link FenceOperation#OFF}
     */
    record Fence(long ticket, long intent, String method, Incarnation victim, HostProcess process, long timeLimitNs,
            FenceOperation operation) implements Effect {

        /** Switches off. */
        public Fence(
                long ticket, long intent, String method, Incarnation victim, HostProcess process, long timeLimitNs) {
            this(ticket, intent, method, victim, process, timeLimitNs, FenceOperation.OFF);
        }
    }
}
