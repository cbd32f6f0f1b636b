package io.muster.runtime;

import io.muster.base.FaultCode;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** How often each kind of trouble with the outside occurred. */
public final class Counters {

    /** What is counted. The sentence is for people. */
    public enum Kind {
        PEER_REFUSED(FaultCode.LINK_1.label() + " a peer's certificate, cluster or node did not fit"),
        HANDSHAKE_FAILED("a connection did not get through its handshake"),
        UNAUTHENTICATED_OVERFLOW("a connection was closed because too many were unauthenticated"),
        FRAME_MALFORMED("a frame on a stream made no sense; the stream was closed"),
        FRAME_FOREIGN(
                FaultCode.LINK_1.label() + " a frame named another sender than its stream's certificate; the stream was closed"),
        FRAME_DROPPED("a frame was dropped because its queue was full"),
        FRAME_UNSENT("a frame was lost because no stream to its peer stood"),
        STREAM_STALLED("a stream was given up because its peer did not read"),
        DATAGRAM_UNSEALED("a datagram's seal was wrong"),
        DATAGRAM_MALFORMED("a sealed datagram made no sense or was too long"),
        DATAGRAM_FOREIGN("a sealed datagram came from no peer of this cluster"),
        DATAGRAM_UNSENT("a datagram could not be sent"),
        DATAGRAM_DROPPED("a datagram was dropped because the mailbox was full"),
        STREAM_SILENT("a stream was given up because its peer did not answer on it while its pulses came"),
        PORT_UNLISTENED("a message came for a port on which nobody listens"),
        PORT_OVERRUN("a message for a port was dropped because its listener was too slow"),
        HANDSHAKE_SLOW("a connection took too long to say who it is and was closed"),
        PEER_SLOWED("a peer sent faster than this node works; its stream was slowed down"),
        DATAGRAM_REPLAYED("a datagram was sent again, or is one of a former life");

        private final String sentence;

        Kind(String sentence) {
            this.sentence = sentence;
        }

        public String sentence() {
            return sentence;
        }
    }

    /** Datagrams of a kind that are looked at one by one before a flood is sampled. */
    private static final int EACH_LIMIT = 64;

    private final Refusals refusals = new Refusals();
    private volatile Predicate<Refusals.Refused> teller = _ -> true;
    private final AtomicLongArray counts = new AtomicLongArray(Kind.values().length);

    public long count(Kind kind) {
        return counts.get(kind.ordinal());
    }

    /** All that occurred, by name. */
    public SortedMap<String, Long> all() {
        SortedMap<String, Long> all = new TreeMap<>();
        for (Kind kind : Kind.values()) {
            if (count(kind) > 0) {
                all.put(kind.name(), count(kind));
            }
        }
        return Collections.unmodifiableSortedMap(all);
    }

    /** Counts, and logs the 1st, 2nd, 4th, 8th ... of a kind, so that nobody outside can fill the log. */
    void add(Kind kind, Object detail) {
        long count = counts.incrementAndGet(kind.ordinal());
        if (Long.bitCount(count) == 1) {
            Log.warn("%s: %s (number %d)", kind.sentence(), detail, count);
        }
    }

    /**
     * Counts what somebody outside did, and tells it with his name, at a bounded rate.
     *
     * @param peer the node that is proven to have done it; {@link Refusals#NOBODY_KNOWN} when none is
     */
    void refused(Kind kind, String peer, SocketAddress address, String why) {
        add(kind, "%s at %s: %s".formatted(peer, address, why));
        refusals.note(kind, peer, hostOf(address), why, System.nanoTime(), teller);
    }

    /** As {@link #refused(Kind, String, SocketAddress, String)}, for a flood: the reason is made only when it is told. */
    void refused(Kind kind, SocketAddress address, Supplier<String> why) {
        long count = counts.incrementAndGet(kind.ordinal());
        // Below that, each; then one of many: to name the source of a flood must not cost more than the flood.
        if (count <= EACH_LIMIT || count % EACH_LIMIT == 0) {
            String reason = why.get();
            if (Long.bitCount(count) == 1) {
                Log.warn("%s: %s: %s (number %d)", kind.sentence(), address, reason, count);
            }
            refusals.note(kind, Refusals.NOBODY_KNOWN, hostOf(address), reason, count <= EACH_LIMIT ? 1 : EACH_LIMIT,
                    System.nanoTime(), teller);
        }
    }

    /** From now on who is refused is told here. @param next false when it cannot be told now */
    void tellTo(Predicate<Refusals.Refused> next) {
        teller = next;
    }

    /** Tells what was counted and not told yet, and is due. */
    void tellDue() {
        refusals.tellDue(System.nanoTime(), teller);
    }

    /** Who was refused so far. */
    public List<Refusals.Refused> refused() {
        return refusals.all();
    }

    private static String hostOf(SocketAddress address) {
        return address instanceof InetSocketAddress internet && internet.getAddress() != null
                ? internet.getAddress().getHostAddress()
                : String.valueOf(address);
    }

    /** Counts what is no news. */
    void add(Kind kind) {
        counts.incrementAndGet(kind.ordinal());
    }
}
