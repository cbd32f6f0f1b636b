package io.muster.daemon;

import io.muster.base.NodeId;
import io.muster.control.ControlFace;
import io.muster.control.ControlTree;
import io.muster.node.NodeEvent;
import io.muster.node.NodeStatus;
import io.muster.runtime.RuntimeConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Serves the control tree of a running node: a thread looks at the node now and then, the face shows what it saw. Nothing of
 * the node waits for either, and no failure in here reaches it (001-15).
 */
final class ControlTreeService implements AutoCloseable {

    /** Between two looks at the node. */
    static final long RENEW_MS = 200;
    private static final long STOP_LIMIT_MS = 3_000;

    private final NodeControlSource source;
    private final Optional<ControlFace> face;
    private final Thread thread = Thread.ofPlatform().daemon().name("muster-tree-view").unstarted(this::run);

    private ControlTreeService(NodeControlSource source, Optional<ControlFace> face) {
        this.source = source;
        this.face = face;
    }

    /**
     * Mounts the tree, or shows it as a plain folder, or goes without.
     *
     * @param events told what became of it: {@code tree.served}, {@code tree.degraded}
     */
    static ControlTreeService start(Path place, Supplier<NodeStatus> status,
            Supplier<SortedMap<NodeId, RuntimeConfig.Address>> addresses, Consumer<NodeEvent> events) {
        NodeControlSource source = new NodeControlSource(status, addresses);
        source.renew();
        Optional<ControlFace> face = ControlFace.start(place, new ControlTree(source), warning -> {
            System.getLogger(ControlTreeService.class.getName()).log(System.Logger.Level.WARNING, () -> warning);
            events.accept(new NodeEvent("tree.degraded", 0, fields("place", place.toString(), "why", warning)));
        });
        face.ifPresent(served -> events.accept(
                new NodeEvent("tree.served", 0, fields("place", place.toString(), "kind", served.kind()))));
        ControlTreeService service = new ControlTreeService(source, face);
        if (face.isPresent()) {
            service.thread.start();
        }
        return service;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            if (thread.isAlive()) {
                thread.join(Duration.ofMillis(STOP_LIMIT_MS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        face.ifPresent(ControlFace::close);
    }

    private void run() {
        try {
            while (!Thread.interrupted()) {
                source.renew();
                Thread.sleep(RENEW_MS);
            }
        } catch (InterruptedException e) {
            // The daemon ends.
        }
    }

    private static SequencedMap<String, Object> fields(String first, Object one, String second, Object two) {
        SequencedMap<String, Object> fields = new LinkedHashMap<>();
        fields.put(first, one);
        fields.put(second, two);
        return fields;
    }
}
