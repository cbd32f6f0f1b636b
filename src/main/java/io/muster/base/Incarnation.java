package io.muster.base;

/**
 * One life of a node, written {@code n3#2}: consumers compare incarnations, never names, so that a node that died and
 * came back quickly is seen as two.
 *
 * @param node whose life
 * @param life a durable counter raised at each process start; 1 is the first
 */
public record Incarnation(NodeId node, long life) implements Comparable<Incarnation> {

    public Incarnation {
        if (life < 1) {
            throw new IllegalArgumentException("life %d of %s: lives count from 1".formatted(life, node));
        }
    }

    public static Incarnation of(int node, long life) {
        return new Incarnation(NodeId.of(node), life);
    }

    @Override
    public int compareTo(Incarnation other) {
        int byNode = node.compareTo(other.node);
        return byNode != 0 ? byNode : Long.compare(life, other.life);
    }

    @Override
    public String toString() {
        return node + "#" + life;
    }
}
