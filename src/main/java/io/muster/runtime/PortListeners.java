package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.node.NodeNews;
import io.muster.runtime.Counters.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who listens on which port of this node. A message goes to everybody who listens on its port; one for a port without a
 * listener is counted and dropped. Each listener has a queue of its own, so that a slow one costs only itself.
 */
public final class PortListeners {

    /** Messages that wait for one listener, at most; then the oldest is dropped, and the listener learns how many. */
    public static final int QUEUE_LIMIT = 1_024;
    /** Listeners at a time. */
    public static final int LISTENERS_LIMIT = 256;

    private final Counters counters;
    // Guarded by this.
    private final SortedMap<Integer, List<Listener>> listeners = new TreeMap<>();
    private int count;

    /** @param from the life that sent it */
    public record Message(Incarnation from, int port, Bytes content) {}

    /** What came. @param lost dropped before the first of these, because nobody took them in time */
    public record Batch(long lost, List<Message> messages, boolean closed) {}

    public PortListeners(Counters counters) {
        this.counters = counters;
    }

    /**
     * Begins to listen.
     *
     * @throws IllegalStateException when there are {@link #LISTENERS_LIMIT} listeners
     */
    public synchronized Listener listen(int port) {
        if (count >= LISTENERS_LIMIT) {
            throw new IllegalStateException("%d listeners; no more are allowed".formatted(count));
        }
        Listener listener = new Listener(port);
        listeners.computeIfAbsent(port, _ -> new ArrayList<>()).add(listener);
        count++;
        return listener;
    }

    /** On the node's thread; never waits. */
    synchronized void deliver(NodeNews.Delivered news) {
        List<Listener> on = listeners.get(news.port());
        if (on == null) {
            counters.add(Kind.PORT_UNLISTENED, "port %d, from %s".formatted(news.port(), news.from()));
            return;
        }
        on.forEach(listener -> listener.add(new Message(news.from(), news.port(), news.content())));
    }

    /** The node ends: nobody waits any more. */
    void close() {
        List<Listener> all;
        synchronized (this) {
            all = listeners.values().stream().flatMap(List::stream).toList();
        }
        all.forEach(Listener::close);
    }

    private synchronized void remove(Listener listener) {
        List<Listener> on = listeners.get(listener.port);
        if (on != null && on.remove(listener)) {
            count--;
            if (on.isEmpty()) {
                listeners.remove(listener.port);
            }
        }
    }

    /** One who listens on one port, from {@link #listen} to {@link #close}. */
    public final class Listener implements AutoCloseable {

        private final int port;
        // Guarded by this.
        private final ArrayDeque<Message> waiting = new ArrayDeque<>();
        private long lost;
        private boolean closed;

        private Listener(int port) {
            this.port = port;
        }

        /** Waits for messages, at most so long, and takes all that wait; none when the time has passed. */
        public synchronized Batch take(long waitMs) throws InterruptedException {
            long until = System.nanoTime() + waitMs * 1_000_000;
            for (long left = waitMs; waiting.isEmpty() && !closed && left > 0;
                    left = (until - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
            Batch batch = new Batch(lost, List.copyOf(waiting), closed);
            lost = 0;
            waiting.clear();
            return batch;
        }

        private synchronized void add(Message message) {
            if (waiting.size() >= QUEUE_LIMIT) {
                waiting.remove();
                lost++;
                counters.add(Kind.PORT_OVERRUN, "port %d".formatted(port));
            }
            waiting.add(message);
            notifyAll();
        }

        @Override
        public void close() {
            remove(this);
            synchronized (this) {
                closed = true;
                notifyAll();
            }
        }
    }
}
