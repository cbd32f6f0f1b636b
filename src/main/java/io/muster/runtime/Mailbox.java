package io.muster.runtime;

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
    private boolean closed;

    /** For what may be lost. @return false when it was, because the box is full or closed */
    boolean offer(NodeInput input) {
        lock.lock();
        try {
            if (closed || letters.size() >= LIMIT) {
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
            while (!closed && letters.size() >= LIMIT) {
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
                emptied.signal();
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

    private void add(Letter letter) {
        letters.add(letter);
        filled.signal();
    }
}
