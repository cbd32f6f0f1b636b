package io.muster.machine;

/**
 * A deterministic protocol machine: told inputs, answers with data.
 *
 * <p>A step never blocks and never throws for what others sent. Time is {@code now}; chance is a
 * {@link io.muster.base.Prng} given to the constructor; order is visible in the collections used. What must survive a
 * crash is written first: write, wait for the write, then send. Across nodes and across layers machines tell state,
 * again and again, never an event told once.
 *
 * @param <I> what it is told; sealed
 * @param <N> what it announces upward; sealed
 */
public interface Machine<I, N> {

    /** A deadline that never comes. */
    long NEVER = Long.MAX_VALUE;

    /** @param now monotonic nanoseconds, never less than before */
    void step(I input, long now, Outbox<N> out);

    /** Called at or after {@link #deadline()}; may be late, is never early. */
    void due(long now, Outbox<N> out);

    /** When {@link #due} wants to be called, or {@link #NEVER}. Asked after every call: a timer is a field. */
    long deadline();
}
