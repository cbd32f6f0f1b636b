package io.muster.ledger;

import io.muster.base.Incarnation;

/**
 * A turn at leading, compared by round, then node, then life. It names one life only, so a restarted node never uses a
 * ballot of its former life again (rule L7).
 */
public record Ballot(long round, Incarnation leader) implements Comparable<Ballot> {

    /** Rounds lie at or below this: what comes from outside can never make ours wrap around. */
    public static final long ROUND_LIMIT = 1L << 62;

    public Ballot {
        if (round < 1 || round > ROUND_LIMIT) {
            throw new IllegalArgumentException("ballot round %d is not in 1 to %d".formatted(round, ROUND_LIMIT));
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
