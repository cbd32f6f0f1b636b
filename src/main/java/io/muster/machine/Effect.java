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

    /** What is done on a shared disk. Ends in a {@link Completion.OfDisk}. */
    sealed interface OnDisk extends Effect {

        /** Name of a configured disk. */
        String disk();

        /** After which it counts as failed, whatever comes later (rule D9). */
        long timeLimitNs();
    }

    /**
     * Reads from a shared disk, past every cache. Ends in {@link Completion.DiskRead} or {@link Completion.DiskFailed}.
     *
     * @param disk        name of a configured disk
     * @param offset      in bytes, a multiple of the disk's block
     * @param length      in bytes, a multiple of the disk's block
     * @param timeLimitNs after which it counts as failed, whatever comes later (rule D9)
     */
    record ReadDisk(long ticket, String disk, long offset, int length, long timeLimitNs) implements OnDisk {}

    /**
     * Writes to a shared disk and flushes it. Writes and reads of one disk that overlap are carried out in the order in which
     * they were asked for. Ends in {@link Completion.DiskWritten} or {@link Completion.DiskFailed}.
     *
     * @param disk        name of a configured disk
     * @param offset      in bytes, a multiple of the disk's block
     * @param bytes       whole blocks
     * @param timeLimitNs after which it counts as failed, whatever comes later (rule D9)
     */
    record WriteDisk(long ticket, String disk, long offset, Bytes bytes, long timeLimitNs) implements OnDisk {}
}
