package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.control.ControlRefusal;
import io.muster.control.ControlSource;
import io.muster.control.ControlView;
import io.muster.control.HeartbeatMode;
import io.muster.ledger.Departure;
import io.muster.node.NodeStatus;
import io.muster.runtime.RuntimeConfig;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The picture of the control tree from what the running node knows: its nodes from configuration and status. The node has no
 * disk regions to tell of yet, so regions are those that were made by hand, and nobody has interest in one. Mode and regions
 * made by hand last as long as the daemon.
 */
final class NodeControlSource implements ControlSource {

    private final Supplier<NodeStatus> status;
    private final Supplier<SortedMap<NodeId, RuntimeConfig.Address>> addresses;
    private volatile ControlView view = ControlView.EMPTY;

    /** @param status of the node; may throw a {@link ClusterFault} when it cannot be had */
    NodeControlSource(Supplier<NodeStatus> status, Supplier<SortedMap<NodeId, RuntimeConfig.Address>> addresses) {
        this.status = status;
        this.addresses = addresses;
    }

    /** Looks at the node; a node that does not answer leaves the picture as it is. */
    void renew() {
        SortedMap<String, ControlView.Node> nodes;
        try {
            nodes = nodes(status.get(), addresses.get());
        } catch (ClusterFault e) {
            return;
        }
        synchronized (this) {
            // Who keeps the picture's identity sees at once that nothing has changed.
            if (!nodes.equals(view.nodes())) {
                view = new ControlView(view.mode(), nodes, view.regions());
            }
        }
    }

    @Override
    public ControlView view() {
        return view;
    }

    @Override
    public synchronized Optional<ControlRefusal> setMode(HeartbeatMode mode) {
        view = new ControlView(mode, view.nodes(), view.regions());
        return Optional.empty();
    }

    @Override
    public synchronized Optional<ControlRefusal> makeRegion(String name) {
        SortedMap<String, ControlView.Region> regions = new TreeMap<>(view.regions());
        regions.put(name, new ControlView.Region(new TreeSet<>(), true));
        view = new ControlView(view.mode(), view.nodes(), regions);
        return Optional.empty();
    }

    @Override
    public synchronized Optional<ControlRefusal> removeRegion(String name) {
        SortedMap<String, ControlView.Region> regions = new TreeMap<>(view.regions());
        regions.remove(name);
        view = new ControlView(view.mode(), view.nodes(), regions);
        return Optional.empty();
    }

    static SortedMap<String, ControlView.Node> nodes(
            NodeStatus status, SortedMap<NodeId, RuntimeConfig.Address> addresses) {
        SortedMap<String, ControlView.Node> nodes = new TreeMap<>();
        addresses.forEach((node, address) -> {
            Optional<NodeStatus.Peer> peer = status.peers().stream().filter(each -> each.node().equals(node)).findFirst();
            Optional<Incarnation> member = Optional.ofNullable(status.state().view().members().get(node));
            Optional<Incarnation> heard = peer.flatMap(NodeStatus.Peer::life);
            boolean self = status.self().node().equals(node);
            long life = self ? status.self().life() : member.or(() -> heard).map(Incarnation::life).orElse(0L);
            boolean fencing = status.state().departures().values().stream()
                    .filter(departure -> departure.who().node().equals(node)).anyMatch(NodeControlSource::isOpen);
            String state = fencing ? "fencing" : member.isPresent() ? "member"
                    : self || peer.map(NodeStatus.Peer::heard).orElse(false) ? "heard" : "absent";
            nodes.put(node.toString(), new ControlView.Node(
                    node.number(), NodeAddress.write(address.stream()), life, state));
        });
        return nodes;
    }

    private static boolean isOpen(Departure departure) {
        return departure.intent().isPresent() && !departure.harmless();
    }
}
