package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.machine.Completion;
import io.muster.node.NodeInput;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What waits for the node's thread, in order of arrival. Filled by many threads, emptied by one. */
public final class Mailbox {

    /** Letters from outside that may wait. */
    public static final int LIMIT = 1024;
    /** Room kept for glances when a flood from outside fills the box: then people want to see why. */
    public static final int GLANCE_RESERVE = 64;
    /** Letters of one peer that may wait: one that floods fills its own share and nobody else's. */
    public static final int PEER_LIMIT = 128;

    /** No node has this number. */
    private static final int NOBODY = 0;

    /** What is in a letter. */
    sealed interface Letter {}

    /** The machine has to be told. */
    record Told(NodeInput input) implements Letter {}

    /** Somebody wants to look at the machine between two steps. */
    record Look(Runnable glance) implements Letter {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final Condition emptied = lock.newCondition();
    private final ArrayDeque<Letter> letters = new ArrayDeque<>();
    /** Letters in the box, by the number of the peer that sent them. */
    private final int[] shares = new int[NodeId.LIMIT];
    private boolean closed;

    /** For what may be lost. @return false when it was, because the box is full or closed */
    boolean offer(NodeInput input) {
        lock.lock();
        try {
            if (closed || isFullFor(input)) {
                return false;
            }
            add(new Told(input));
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for room: so a stream whose frames come too fast is slowed down. @return false when the box is closed */
    boolean put(NodeInput input) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && isFullFor(input)) {
                emptied.await();
            }
            if (closed) {
                return false;
            }
            add(new Told(input));
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** True when as many letters of this peer wait as may. */
    boolean isShareFull(NodeId peer) {
        lock.lock();
        try {
            return shares[peer.number()] >= PEER_LIMIT;
        } finally {
            lock.unlock();
        }
    }

    /** Never lost and never waiting: there are at most as many of these as effects that are out. */
    void complete(Completion completion) {
        lock.lock();
        try {
            if (!closed) {
                add(new Told(new NodeInput.Completed(completion)));
            }
        } finally {
            lock.unlock();
        }
    }

    /** @return false when the box is overfull or closed */
    boolean look(Runnable glance) {
        lock.lock();
        try {
            if (closed || letters.size() >= LIMIT + GLANCE_RESERVE) {
                return false;
            }
            add(new Look(glance));
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a letter. @param timeoutNs 0 not to wait */
    Optional<Letter> poll(long timeoutNs) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = timeoutNs;
            while (letters.isEmpty() && !closed && left > 0) {
                left = filled.awaitNanos(left);
            }
            Optional<Letter> letter = Optional.ofNullable(letters.poll());
            if (letter.isPresent()) {
                shares[shareOf(letter.get())]--;
                // Who waits for his own share need not be the one who waited longest.
                emptied.signalAll();
            }
            return letter;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of all who wait; what is in it can still be taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            filled.signalAll();
            emptied.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isFullFor(NodeInput input) {
        int share = shareOf(new Told(input));
        return letters.size() >= LIMIT || share != NOBODY && shares[share] >= PEER_LIMIT;
    }

    /** The number of the peer whose words are in a letter. */
    private static int shareOf(Letter letter) {
        return switch (letter) {
            case Told(NodeInput.Arrived(var from, _)) -> from.node().number();
            case Told(NodeInput.CastArrived(var from, _, _)) -> from.node().number();
            case Told _, Look _ -> NOBODY;
        };
    }

    private void add(Letter letter) {
        shares[shareOf(letter)]++;
        letters.add(letter);
        filled.signal();
    }
}
