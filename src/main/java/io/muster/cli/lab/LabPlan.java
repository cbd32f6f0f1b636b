package io.muster.cli.lab;

import io.muster.base.NodeId;
import io.muster.runtime.RuntimeConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Names and addresses of one lab. Every node has a namespace with one interface for each link; all of them end in the
 * lab's hub, a namespace that routes between them, so that each direction of each pair can be dropped there alone.
 *
 * @param id    eight hexadecimal digits that no other lab has
 * @param nodes 2 to {@link #NODES_LIMIT}
 * @param links 1 to {@link #LINKS_LIMIT}
 */
record LabPlan(String id, int nodes, int links) {

    static final int NODES_LIMIT = 9;
    static final int LINKS_LIMIT = 4;

    private static final int PORT = 7400;
    private static final int FIRST_NET = 100;

    LabPlan {
        if (!id.matches("[0-9a-f]{8}")) {
            throw new IllegalArgumentException("a lab's id is 8 hexadecimal digits, not \"%s\"".formatted(id));
        }
        if (nodes < 2 || nodes > NODES_LIMIT) {
            throw new IllegalArgumentException("--nodes %d is not in 2 to %d".formatted(nodes, NODES_LIMIT));
        }
        if (links < 1 || links > LINKS_LIMIT) {
            throw new IllegalArgumentException("--links %d is not in 1 to %d".formatted(links, LINKS_LIMIT));
        }
    }

    List<NodeId> nodeIds() {
        List<NodeId> ids = new ArrayList<>();
        for (int number = 1; number <= nodes; number++) {
            ids.add(NodeId.of(number));
        }
        return ids;
    }

    String hub() {
        return "muster-" + id + "-hub";
    }

    String namespace(NodeId node) {
        return "muster-" + id + "-" + node;
    }

    /** All that it makes; whatever runs in one of these is the lab's. */
    List<String> namespaces() {
        List<String> all = new ArrayList<>(nodeIds().stream().map(this::namespace).toList());
        all.add(hub());
        return all;
    }

    String address(NodeId node, int link) {
        return "10.%d.0.%d".formatted(FIRST_NET + link, node.number());
    }

    String hubAddress(int link) {
        return "10.%d.255.254".formatted(FIRST_NET + link);
    }

    String net(int link) {
        return "10.%d.0.0/24".formatted(FIRST_NET + link);
    }

    /** Each link takes streams too, so that none is worth more than another. */
    SortedMap<NodeId, RuntimeConfig.Address> addresses() {
        SortedMap<NodeId, RuntimeConfig.Address> addresses = new TreeMap<>();
        for (NodeId node : nodeIds()) {
            List<RuntimeConfig.Endpoint> endpoints = new ArrayList<>();
            for (int link = 0; link < links; link++) {
                endpoints.add(new RuntimeConfig.Endpoint(address(node, link), PORT));
            }
            addresses.put(node, new RuntimeConfig.Address(endpoints, endpoints));
        }
        return addresses;
    }
}
