package io.muster.runtime;

import io.muster.runtime.Counters.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Predicate;

/**
 * Who was refused, from where, why and how often; bounded, whatever is thrown at the node. A row for each kind, peer and
 * address; beyond {@link #ROWS_LIMIT} rows one for all others of a kind. Usable from any thread.
 *
 * <p>Each row is told at once and then at most once in {@link #TELL_NS}, with what was counted meanwhile. What could not
 * be told, as the node was overrun, stays to be told.
 */
public final class Refusals {

    static final int ROWS_LIMIT = 64;
    static final long TELL_NS = 10_000_000_000L;
    static final String NOBODY_KNOWN = "?";
    static final String OTHERS = "others";
    private static final int WHY_LIMIT = 256;

    private record Key(Kind kind, String peer, String address) {}

    private static final class Row {
        private long count;
        private long told;
        private long toldAt;
        private String why = "";
    }

    private final SequencedMap<Key, Row> rows = new LinkedHashMap<>();

    /**
     * One row, for people.
     *
     * @param peer    the node that its certificate or its seal proves, otherwise {@link #NOBODY_KNOWN}
     * @param address without a port, as that changes with every try
     * @param why     of the last one
     * @param untold  how many of {@code count} were not told before
     */
    public record Refused(String kind, String peer, String address, String why, long count, long untold) {}

    /** Notes one. @param teller takes the row now; false when it cannot, and then it is told later */
    void note(Kind kind, String peer, String address, String why, long now, Predicate<Refused> teller) {
        note(kind, peer, address, why, 1, now, teller);
    }

    /** Notes as many. */
    synchronized void note(
            Kind kind, String peer, String address, String why, long times, long now, Predicate<Refused> teller) {
        Key key = new Key(kind, peer, address);
        Row row = rows.get(key);
        if (row == null) {
            if (rows.size() >= ROWS_LIMIT) {
                key = new Key(kind, NOBODY_KNOWN, OTHERS);
            }
            row = rows.computeIfAbsent(key, _ -> new Row());
        }
        row.count += times;
        row.why = why;
        tell(key, row, now, teller);
    }

    /** Tells what is due. */
    synchronized void tellDue(long now, Predicate<Refused> teller) {
        rows.forEach((key, row) -> tell(key, row, now, teller));
    }

    synchronized List<Refused> all() {
        List<Refused> all = new ArrayList<>();
        rows.forEach((key, row) -> all.add(refused(key, row)));
        return List.copyOf(all);
    }

    private static void tell(Key key, Row row, long now, Predicate<Refused> teller) {
        boolean due = row.count > row.told && (row.told == 0 || now - row.toldAt >= TELL_NS);
        if (due && teller.test(refused(key, row))) {
            row.told = row.count;
            row.toldAt = now;
        }
    }

    private static Refused refused(Key key, Row row) {
        return new Refused(key.kind().name(), key.peer(), key.address(), Texts.clip(row.why, WHY_LIMIT), row.count,
                row.count - row.told);
    }
}
