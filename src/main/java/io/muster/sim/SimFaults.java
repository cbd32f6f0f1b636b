package io.muster.sim;

import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import java.util.ArrayList;
import java.util.List;

/**
 * The faults of a run that are aimed, or that need a number of their own.
 *
 * @param moves       weights of what people ask for, as {@link Operator#MOVES} lists them
 * @param seconds     faults that follow a moment
 * @param pauseInStep chance that a node is stopped half-way through what a step wants, while such a time lasts
 * @param stuckWrite  chance that a write never ends
 * @param ghostWrite  chance that the write under way at a process's end still lands a little later
 * @param forgetful   nodes that lose their record, at most; fewer than make a quorum of the voters impossible
 * @param clockRatePpm clocks are at most this much fast or slow: between any two it is at most rho
 */
record SimFaults(
        List<Integer> moves, List<SecondFault> seconds, double pauseInStep, double stuckWrite, double ghostWrite,
        int forgetful, long clockRatePpm) {

    static final SimFaults NONE = new SimFaults(List.of(), List.of(), 0, 0, 0, 0, 0);

    /** What the second fault is, and whom it hits. */
    enum Blow { KILL_IT, KILL_ANOTHER, POWER_OFF_IT, PAUSE_IT, CUT_IT, POWER_LOSS }

    /**
     * When this is seen, that happens.
     *
     * @param chance  of each time it is seen
     * @param afterNs at most so much later
     */
    record SecondFault(Moments.Kind when, Blow blow, double chance, long afterNs) {}

    private static final int SECONDS_LIMIT = 4;
    /** Half of what {@link SimSettings#shortTimes} says of any two clocks. */
    private static final long RATE_LIMIT_PPM = 500;

    SimFaults {
        moves = List.copyOf(moves);
        seconds = List.copyOf(seconds);
    }

    static SimFaults draw(Prng chance, int voters) {
        List<Integer> moves = new ArrayList<>();
        boolean forgets = chance.nextInt(6) == 0;
        for (Operator.Kind kind : Operator.MOVES) {
            int weight = chance.nextInt(3) == 0 ? 0 : 1 + chance.nextInt(10);
            // Where votes are lost for good, a wish that needs them would stay for ever: seed 1045 of three nodes.
            moves.add(forgets && kind.leastVoters() > 2 ? 0 : weight);
        }
        List<SecondFault> seconds = new ArrayList<>();
        for (int left = chance.nextInt(SECONDS_LIMIT + 1); left > 0; left--) {
            Moments.Kind when = Moments.Kind.values()[chance.nextInt(Moments.Kind.values().length)];
            Blow blow = Blow.values()[chance.nextInt(Blow.values().length)];
            // The loss of everything at each of many moments would leave nothing to happen in between.
            double often = blow == Blow.POWER_LOSS ? 0.05 : 0.5;
            seconds.add(new SecondFault(when, blow, often * chance.nextDouble(),
                    chance.nextInt(2) == 0 ? 1 : 1 + chance.nextLong(300 * TimeBudget.MS)));
        }
        return new SimFaults(
                moves, seconds, sometimes(chance, 0.05), sometimes(chance, 0.001), 0.5 * chance.nextDouble(),
                forgets ? (voters - 1) / 2 : 0,
                chance.nextInt(3) == 0 ? chance.nextLong(RATE_LIMIT_PPM + 1) : RATE_LIMIT_PPM);
    }

    private static double sometimes(Prng chance, double most) {
        double drawn = most * chance.nextDouble();
        return chance.nextInt(2) == 0 ? 0 : drawn;
    }
}
