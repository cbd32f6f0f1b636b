package io.muster.nbd;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * A request that waits for its answer. Its caller's buffer is touched in state {@link State#FILLING} only, and a caller never
 * goes away in that state: what comes late finds the request given up and is read past.
 */
final class Pending {

    enum State { WAITING, FILLING, ANSWERED, LOST }

    private final ByteBuffer into;
    private final int wantedBytes;
    private State state = State.WAITING;
    private boolean givenUp;
    private int error;

    /** @param into what the answer's data is read into; with nothing left where there is none */
    Pending(ByteBuffer into) {
        this.into = into;
        this.wantedBytes = into.remaining();
    }

    ByteBuffer into() {
        return into;
    }

    int wantedBytes() {
        return wantedBytes;
    }

    synchronized int error() {
        return error;
    }

    synchronized boolean givenUp() {
        return givenUp;
    }

    /** The buffer is the reader's now. False when the caller has gone. */
    synchronized boolean beginFilling() {
        if (givenUp || state != State.WAITING) {
            return false;
        }
        state = State.FILLING;
        return true;
    }

    synchronized void answered(int with) {
        error = with;
        state = State.ANSWERED;
        notifyAll();
    }

    synchronized void brokenOff() {
        state = State.LOST;
        notifyAll();
    }

    /** No answer can come any more; one that came stays. */
    synchronized void lost() {
        if (state == State.WAITING) {
            state = State.LOST;
            notifyAll();
        }
    }

    /** Where it is when the time has passed, or before when it has ended. WAITING means that it is given up from now on. */
    synchronized State await(long untilNs) {
        boolean interrupted = false;
        while (state == State.WAITING || state == State.FILLING) {
            long leftNs = untilNs - System.nanoTime();
            if (leftNs <= 0) {
                break;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(leftNs, 1_000_000));
            } catch (InterruptedException e) {
                // A disk call is not interrupted; it ends by its own time.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        givenUp = state == State.WAITING;
        return state;
    }

    /** After the connection was cut: returns as soon as the buffer is the caller's again. */
    synchronized void awaitSettled() {
        boolean interrupted = false;
        while (state == State.FILLING) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
