package io.muster.nbd;

import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who may touch the disk now: per node, the lowest epoch that is let through, and how many device calls of each epoch are
 * under way. A call goes through the gate right before the device is called and right after it returned, so what is not under
 * way here can reach the medium no more.
 *
 * <p>The lowest epoch only rises. A higher epoch that comes by raises nothing.
 */
final class EpochGate {

    private static final class OfNode {
        private long lowest;
        /** Calls under way, by epoch; no entry for none. */
        private final TreeMap<Long, Integer> underWay = new TreeMap<>();
    }

    /** By number of the node. */
    private final OfNode[] nodes = new OfNode[NodeId.LIMIT];

    EpochGate(EpochRecord known) {
        for (int number = 0; number < nodes.length; number++) {
            nodes[number] = new OfNode();
        }
        known.lowest().forEach((node, epoch) -> nodes[node.number()].lowest = epoch);
    }

    /** False for a writer of an epoch that is let through no more. After true, {@link #leave} has to come. */
    boolean enter(Incarnation writer) {
        OfNode of = nodes[writer.node().number()];
        synchronized (of) {
            if (writer.life() < of.lowest) {
                return false;
            }
            of.underWay.merge(writer.life(), 1, Integer::sum);
            return true;
        }
    }

    /** The device call has returned. */
    void leave(Incarnation writer) {
        OfNode of = nodes[writer.node().number()];
        synchronized (of) {
            Invariant.holds(of.underWay.containsKey(writer.life()), "%s left a gate that it did not enter", writer);
            of.underWay.computeIfPresent(writer.life(), (_, calls) -> calls == 1 ? null : calls - 1);
            if (writer.life() < of.lowest) {
                of.notifyAll();
            }
        }
    }

    /** Whether this life would be let through now. */
    boolean open(Incarnation writer) {
        return writer.life() >= lowest(writer.node());
    }

    long lowest(NodeId node) {
        OfNode of = nodes[node.number()];
        synchronized (of) {
            return of.lowest;
        }
    }

    /** From now on nothing below is let through. A lower epoch than before changes nothing. */
    void raise(NodeId node, long lowest) {
        OfNode of = nodes[node.number()];
        synchronized (of) {
            of.lowest = Math.max(of.lowest, lowest);
        }
    }

    /** Calls under way of epochs below. */
    int underWay(NodeId node, long below) {
        OfNode of = nodes[node.number()];
        synchronized (of) {
            return count(of, below);
        }
    }

    /**
     * Waits until no call of an epoch below is under way, or the time has passed.
     *
     * @param untilNs of {@link System#nanoTime}
     * @return how many are still under way
     */
    int awaitDrained(NodeId node, long below, long untilNs) throws InterruptedException {
        OfNode of = nodes[node.number()];
        synchronized (of) {
            Invariant.holds(of.lowest >= below, "%s is let through from %d; waiting for what is below %d may never end",
                    node, of.lowest, below);
            while (count(of, below) > 0) {
                long leftNs = untilNs - System.nanoTime();
                if (leftNs <= 0) {
                    break;
                }
                of.wait(Math.max(1, leftNs / 1_000_000));
            }
            return count(of, below);
        }
    }

    private static int count(OfNode of, long below) {
        int calls = 0;
        for (Map.Entry<Long, Integer> each : of.underWay.headMap(below).entrySet()) {
            calls += each.getValue();
        }
        return calls;
    }
}
