package io.muster.ledger;

import io.muster.base.VersionRange;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The feature level: what a cluster has agreed that all of it understands. It is part of the state, rises by a version of
 * its own ({@link LedgerEvent.FeatureRaised}) and never falls. Pure.
 *
 * <p>It promises:
 * <ol>
 * <li>It rises only to a level that every member speaks, and only while every voter is a member: a voter that is away
 *     could come back with a program that cannot read what was agreed meanwhile.
 * <li>Whoever does not speak the agreed level is not admitted.
 * <li>A state is written in the encoding of its own level. A field or an event that a later level brings is written and
 *     read only in states of that level, so nobody is ever sent a state that he cannot read.
 * </ol>
 */
public final class FeatureLevels {

    /** Every cluster is founded at this level. */
    public static final int FIRST = 1;
    /** The levels that this program understands. */
    public static final VersionRange SPOKEN = new VersionRange(FIRST, FIRST);
    /** Of a life that has told nothing of itself. */
    public static final VersionRange UNTOLD = new VersionRange(FIRST, FIRST);

    private FeatureLevels() {}

    /** The level that the cluster could rise to; empty when it is there or somebody stands against it. */
    public static OptionalInt rise(ClusterState state) {
        if (state.members().isEmpty() || !state.view().nodes().containsAll(state.electorate().acceptors().nodesOnly())) {
            return OptionalInt.empty();
        }
        int lowest = FIRST;
        int highest = VersionRange.LIMIT;
        for (Member member : state.members().values()) {
            lowest = Math.max(lowest, member.features().lowest());
            highest = Math.min(highest, member.features().highest());
        }
        return highest >= lowest && highest > state.featureLevel() ? OptionalInt.of(highest) : OptionalInt.empty();
    }

    /** Why the cluster cannot rise to this level. */
    static Optional<String> refusal(ClusterState state, int level) {
        if (level <= state.featureLevel()) {
            return Optional.of("the feature level is %d and never falls to %d".formatted(state.featureLevel(), level));
        }
        return rise(state).orElse(0) == level
                ? Optional.empty()
                : Optional.of("not all members and voters speak feature level " + level);
    }

    /** Why a life that speaks these levels cannot be a member. */
    public static Optional<String> refusal(ClusterState state, VersionRange spoken) {
        return spoken.contains(state.featureLevel())
                ? Optional.empty()
                : Optional.of("it speaks feature level %s and the cluster has agreed on %d".formatted(
                        spoken, state.featureLevel()));
    }
}
