package io.muster.runtime;

import io.muster.base.FaultCode;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;

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
        PORT_OVERRUN("a message for a port was dropped because its listener was too slow");

        private final String sentence;

        Kind(String sentence) {
            this.sentence = sentence;
        }

        public String sentence() {
            return sentence;
        }
    }

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

    /** Counts what is no news. */
    void add(Kind kind) {
        counts.incrementAndGet(kind.ordinal());
    }
}
