package io.muster.heartbeat;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The list of all regions of all methods (003-34), and what each shows of each node. Pure.
 *
 * <p>Several regions together show a node up when one does, and down only when all that are seen do, and at least one is seen.
 */
final class RegionBook {

    static final int METHODS_LIMIT = 8;
    static final int REGIONS_LIMIT = 64;

    /** What some regions together show of a node. */
    sealed interface Together {

        /** The highest life that one of them shows. */
        record Up(Incarnation who) implements Together {}

        /** All that are seen show it down. */
        record Down(String reason) implements Together {}

        /** One that is seen has not judged yet. */
        record Doubt() implements Together {}

        /** None is seen. */
        record Nothing() implements Together {}
    }

    private sealed interface Shows {

        record Up(Incarnation who) implements Shows {}

        record Down(String reason) implements Shows {}
    }

    private static final class Region {
        final String method;
        /** Of whom it says nothing, it hears nothing; a region without this has not judged yet. */
        final boolean silentUnheard;
        boolean sees = true;
        String blindWhy = "";
        final SortedMap<NodeId, Shows> nodes = new TreeMap<>();

        Region(String method, boolean silentUnheard) {
            this.method = method;
            this.silentUnheard = silentUnheard;
        }
    }

    private final Map<String, Region> regions = new LinkedHashMap<>();

    /**
     * @param silentUnheard whether it tells only of whom it hears
     * @return false when there is no room, or the region is another method's
     */
    boolean register(String method, String region, boolean silentUnheard) {
        Region known = regions.get(region);
        if (known != null) {
            return known.method.equals(method);
        }
        boolean newMethod = !methods().contains(method);
        if (regions.size() >= REGIONS_LIMIT || newMethod && methods().size() >= METHODS_LIMIT) {
            return false;
        }
        regions.put(region, new Region(method, silentUnheard));
        return true;
    }

    void unregister(String region) {
        regions.remove(region);
    }

    /** @return false when there is no such region */
    boolean note(RegionEvent event) {
        Region region = regions.get(event.region());
        if (region == null) {
            return false;
        }
        switch (event) {
            case RegionEvent.Up(_, Incarnation who) -> region.nodes.put(who.node(), new Shows.Up(who));
            case RegionEvent.Down(_, NodeId node, String reason, _) -> region.nodes.put(node, new Shows.Down(reason));
            case RegionEvent.Blind(_, String why) -> {
                region.sees = false;
                region.blindWhy = why;
                region.nodes.values().removeIf(shows -> shows instanceof Shows.Up);
            }
            case RegionEvent.Sees _ -> region.sees = true;
        }
        return true;
    }

    /** In the order in which they came. */
    List<String> methods() {
        List<String> methods = new ArrayList<>();
        for (Region region : regions.values()) {
            if (!methods.contains(region.method)) {
                methods.add(region.method);
            }
        }
        return methods;
    }

    /** Names of all regions, in the order in which they came. */
    List<String> names() {
        return List.copyOf(regions.keySet());
    }

    Together ofMethod(String method, NodeId node) {
        return together(regions.values().stream().filter(region -> region.method.equals(method)).toList(), node);
    }

    Together ofRegion(String name, NodeId node) {
        return together(Optional.ofNullable(regions.get(name)).stream().toList(), node);
    }

    Together ofAll(NodeId node) {
        return together(List.copyOf(regions.values()), node);
    }

    /** One line for each region, for people: the method, and whether this node sees it. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        regions.forEach((name, region) -> lines.add("%s of %s: %s".formatted(
                name, region.method, region.sees ? "seen" : "not seen: " + region.blindWhy)));
        return lines;
    }

    void digest(Hash64 into) {
        regions.forEach((name, region) -> {
            into.add(name).add(region.method).add(region.sees ? 1 : 0);
            region.nodes.forEach((node, shows) -> into.add(node.number())
                    .add(shows instanceof Shows.Up(Incarnation who) ? who.life() : 0));
        });
    }

    private static Together together(List<Region> among, NodeId node) {
        Optional<Incarnation> up = Optional.empty();
        boolean seen = false;
        boolean doubt = false;
        String reason = "";
        for (Region region : among) {
            if (!region.sees) {
                continue;
            }
            seen = true;
            switch (region.nodes.get(node)) {
                case Shows.Up(Incarnation who) -> up = Optional.of(higher(up, who));
                case Shows.Down(String why) -> reason = reason.isEmpty() ? why : reason;
                case null -> {
                    doubt |= !region.silentUnheard;
                    reason = region.silentUnheard && reason.isEmpty() ? "never heard" : reason;
                }
            }
        }
        if (up.isPresent()) {
            return new Together.Up(up.get());
        }
        if (!seen) {
            return new Together.Nothing();
        }
        return doubt ? new Together.Doubt() : new Together.Down(reason);
    }

    private static Incarnation higher(Optional<Incarnation> known, Incarnation other) {
        return known.filter(who -> who.life() >= other.life()).orElse(other);
    }
}
