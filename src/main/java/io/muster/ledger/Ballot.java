package io.muster.ledger;

import io.muster.base.Incarnation;

/**
 * A turn at leading, compared by round, then node, then life. It names one life only, so a restarted node never uses a
 * ballot of its former life again (rule L7).
 */
public record Ballot(long round, Incarnation leader) implements Comparable<Ballot> {

    public Ballot {
        if (round < 1) {
            throw new IllegalArgumentException("ballot rounds count from 1, not " + round);
        }
    }

    @Override
    public int compareTo(Ballot other) {
        int byRound = Long.compare(round, other.round);
        return byRound != 0 ? byRound : leader.compareTo(other.leader);
    }

    @Override
    public String toString() {
        return "b" + round + "." + leader;
    }
}
