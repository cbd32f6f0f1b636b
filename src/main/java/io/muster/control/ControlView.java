package io.muster.control;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An immutable picture of what the tree shows. A look-up by name reads one picture and so cannot meet a half-done removal
 * (003-30); a name that is missing, or null, finds nothing (003-29).
 */
public record ControlView(HeartbeatMode mode, SortedMap<String, Node> nodes, SortedMap<String, Region> regions) {

    public static final ControlView EMPTY = new ControlView(HeartbeatMode.DISK, new TreeMap<>(), new TreeMap<>());

    public ControlView {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        regions = Collections.unmodifiableSortedMap(new TreeMap<>(regions));
    }

    /**
     * A configured node.
     *
     * @param number  of the node
     * @param address where it takes streams
     * @param life    its life, 0 when none was ever heard of
     * @param state   a word: {@code member}, {@code fencing}, {@code heard} or {@code absent}
     */
    public record Node(int number, String address, long life, String state) {}

    /**
     * A heartbeat region.
     *
     * @param interested names of the nodes that have it up
     * @param made       whether it was made by hand, rather than by the configuration
     */
    public record Region(SortedSet<String> interested, boolean made) {

        public Region {
            interested = Collections.unmodifiableSortedSet(new TreeSet<>(interested));
        }
    }

    public Optional<Node> node(String name) {
        return name == null ? Optional.empty() : Optional.ofNullable(nodes.get(name));
    }

    public Optional<Region> region(String name) {
        return name == null ? Optional.empty() : Optional.ofNullable(regions.get(name));
    }

    /** Whether a node has interest in a region; false when either is missing. */
    public boolean isInterested(String region, String node) {
        return node != null && region(region).filter(found -> found.interested().contains(node)).isPresent();
    }
}
