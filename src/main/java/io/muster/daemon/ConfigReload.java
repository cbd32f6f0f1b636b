package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.runtime.RunningNode;
import io.muster.runtime.RuntimeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** {@code muster reload}: reads a running node's configuration again; docs/CONFIG.md says what may change under it. */
final class ConfigReload {

    private final Path file;
    private final RunningNode node;
    private DaemonConfig current;

    /** @param current what was read from the file at the start */
    ConfigReload(DaemonConfig current, Path file, RunningNode node) {
        this.current = current;
        this.file = file;
        this.node = node;
    }

    /**
     * Takes up what has changed, all of it or nothing.
     *
     * @return the nodes, and which of them are new, gone or at other addresses
     * @throws ClusterFault CONFIG-1 to CONFIG-4, LINK-2
     */
    synchronized Map<String, Object> now() {
        DaemonConfig next = ConfigReader.read(file);
        require("cluster.id", next.cluster().equals(current.cluster()));
        require("node.name", next.self().equals(current.self()));
        require("times", next.times().equals(current.times()));
        require("fencing", next.fencing().limits().equals(current.fencing().limits()));
        require("control.tree", next.tree().equals(current.tree()));
        node.reload(next.machine(), next.fencing().plans());
        Map<String, Object> changes = changes(current.machine().nodes(), next.machine().nodes());
        current = next;
        return changes;
    }

    /** What was taken up last. */
    synchronized DaemonConfig current() {
        return current;
    }

    private void require(String key, boolean same) {
        if (!same) {
            throw new ClusterFault(FaultCode.CONFIG_4, "%s: %s has changed, which needs a restart of %s; nothing was changed."
                    .formatted(file, key, current.self()));
        }
    }

    private static Map<String, Object> changes(
            SortedMap<NodeId, RuntimeConfig.Address> before, SortedMap<NodeId, RuntimeConfig.Address> after) {
        List<NodeId> added = new ArrayList<>();
        List<NodeId> moved = new ArrayList<>();
        after.forEach((node, address) -> {
            if (!before.containsKey(node)) {
                added.add(node);
            } else if (!before.get(node).equals(address)) {
                moved.add(node);
            }
        });
        List<NodeId> removed = before.keySet().stream().filter(node -> !after.containsKey(node)).toList();
        return Json.object("nodes", after.keySet(), "added", added, "removed", removed, "moved", moved);
    }
}
