package io.muster.ledger;

import io.muster.base.NodeSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The barriers that were passed, of each name the newest time, at most {@link #LIMIT} of them.
 *
 * @param newest by name
 * @param floor  the newest version of a passage that is not listed any more: about anything up to it, what is missing
 *               in the list says nothing
 */
public record Barriers(SortedMap<BarrierName, Passage> newest, long floor) {

    public static final int LIMIT = 64;

    public static final Barriers NONE = new Barriers(Collections.emptySortedMap(), 0);

    /**
     * All members of a generation had entered.
     *
     * @param version    in which that was agreed
     * @param generation of the group; of group {@code nodes}, the version of the view
     * @param members    of that generation
     */
    public record Passage(long version, long generation, NodeSet members) {}

    public Barriers {
        newest = Collections.unmodifiableSortedMap(new TreeMap<>(newest));
    }

    /** With one passage more; the oldest goes where there is no room. */
    Barriers with(BarrierName name, Passage passage) {
        TreeMap<BarrierName, Passage> next = new TreeMap<>(newest);
        next.put(name, passage);
        long lowest = floor;
        if (next.size() > LIMIT) {
            var oldest = next.entrySet().stream()
                    .min(Comparator.comparingLong((Map.Entry<BarrierName, Passage> entry) -> entry.getValue().version())
                            .thenComparing(Map.Entry::getKey))
                    .orElseThrow();
            next.remove(oldest.getKey());
            lowest = Math.max(lowest, oldest.getValue().version());
        }
        return new Barriers(next, lowest);
    }
}
