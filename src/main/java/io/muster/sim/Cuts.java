package io.muster.sim;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.ArrayList;
import java.util.List;

/** Cuts ways between nodes and knows how to mend exactly those again. Cuts of the same way do not add up. */
final class Cuts {

    private interface WayVisitor {

        void visit(NodeId from, NodeId to, int link);
    }

    private final SimNetwork network;
    private final NodeSet nodes;
    private final int links;

    Cuts(SimNetwork network, NodeSet nodes, int links) {
        this.network = network;
        this.nodes = nodes;
        this.links = links;
    }

    /** All links and the stream from one node to another, in this direction. @return what mends it */
    Runnable oneWay(NodeId from, NodeId to) {
        List<Runnable> mends = new ArrayList<>();
        for (int link = SimNetwork.STREAM; link < links; link++) {
            mends.add(one(from, to, link));
        }
        return () -> mends.forEach(Runnable::run);
    }

    /** Both directions. */
    Runnable pair(NodeId one, NodeId other) {
        Runnable there = oneWay(one, other);
        Runnable back = oneWay(other, one);
        return () -> {
            there.run();
            back.run();
        };
    }

    /** Both directions between a node and each of the others. */
    Runnable from(NodeId node, NodeSet others) {
        List<Runnable> mends = new ArrayList<>();
        others.without(node).forEach(other -> mends.add(pair(node, other)));
        return () -> mends.forEach(Runnable::run);
    }

    /** What goes out of a node to the others, or what comes in. */
    Runnable half(NodeId node, NodeSet others, boolean outward) {
        List<Runnable> mends = new ArrayList<>();
        others.without(node).forEach(other -> mends.add(outward ? oneWay(node, other) : oneWay(other, node)));
        return () -> mends.forEach(Runnable::run);
    }

    /** One direction of one link, or of the stream. */
    Runnable one(NodeId from, NodeId to, int link) {
        network.cut(from, to, link);
        return () -> network.mend(from, to, link);
    }

    void mendAll() {
        nodes.forEach(node -> everywhere(node, network::mend));
    }

    /** Mends both directions of all links and streams of a node. */
    void mendAll(NodeId node) {
        everywhere(node, network::mend);
    }

    private void everywhere(NodeId node, WayVisitor visitor) {
        for (NodeId peer : nodes.without(node)) {
            for (int link = SimNetwork.STREAM; link < links; link++) {
                visitor.visit(node, peer, link);
                visitor.visit(peer, node, link);
            }
        }
    }
}
