package io.muster.control;

import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** A source that a test sets, with three nodes. */
final class FakeSource implements ControlSource {

    private final AtomicReference<ControlView> view = new AtomicReference<>();

    FakeSource() {
        SortedMap<String, ControlView.Node> nodes = new TreeMap<>();
        for (int i = 1; i <= 3; i++) {
            nodes.put("n" + i, new ControlView.Node(i, "10.0.0.%d:7400".formatted(i), 4, i < 3 ? "member" : "absent"));
        }
        view.set(new ControlView(HeartbeatMode.DISK, nodes, new TreeMap<>()));
    }

    void region(String name, String... interested) {
        regions(regions -> {
            SortedSet<String> names = new TreeSet<>(java.util.List.of(interested));
            regions.put(name, new ControlView.Region(names, false));
            return regions;
        });
    }

    void regions(UnaryOperator<SortedMap<String, ControlView.Region>> change) {
        view.updateAndGet(now -> new ControlView(now.mode(), now.nodes(), change.apply(new TreeMap<>(now.regions()))));
    }

    void nodes(UnaryOperator<SortedMap<String, ControlView.Node>> change) {
        view.updateAndGet(now -> new ControlView(now.mode(), change.apply(new TreeMap<>(now.nodes())), now.regions()));
    }

    @Override
    public ControlView view() {
        return view.get();
    }

    @Override
    public Optional<ControlRefusal> setMode(HeartbeatMode mode) {
        view.updateAndGet(now -> new ControlView(mode, now.nodes(), now.regions()));
        return Optional.empty();
    }

    @Override
    public Optional<ControlRefusal> makeRegion(String name) {
        regions(regions -> {
            regions.put(name, new ControlView.Region(new TreeSet<>(), true));
            return regions;
        });
        return Optional.empty();
    }

    @Override
    public Optional<ControlRefusal> removeRegion(String name) {
        regions(regions -> {
            regions.remove(name);
            return regions;
        });
        return Optional.empty();
    }
}
