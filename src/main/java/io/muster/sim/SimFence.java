package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.Prng;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The fence devices of a simulated cluster. What they do in truth and what they say are two things, and only the
 * checkers know both.
 *
 * <p>The one method, {@code process}, ends exactly the life that it was asked to end, be it late and while a later life
 * of the node runs. Already ended is success.
 */
final class SimFence {

    static final String PROCESS = "process";

    /** What a device does with one try. */
    enum Mood {
        /** Ends the victim, observes it, says so. */
        WORKS,
        /** The same, much later; perhaps after the time limit of the try. */
        SLOW,
        /** Does nothing and says that it failed. */
        FAILS,
        /** Ends the victim, and the answer is lost: it says that it failed. */
        HITS_BUT_FAILS,
        /** Says nothing until the time limit. */
        HANGS,
        /** Says that the victim has ended and has not touched it. Voids what evidence promises, except rule F4. */
        LIES
    }

    /** What the devices can do to the world. */
    interface Reach {

        boolean ended(Incarnation victim);

        void end(Incarnation victim);

        /** A device calls this life ended, and it runs. */
        void lied(Incarnation victim);
    }

    private static final long QUICK_NS = 2_000_000;
    private static final long SLOW_NS = 3_000_000_000L;

    private final VirtualTime time;
    private final Prng chance;
    private final Reach reach;
    private final Map<Mood, Integer> weights = new EnumMap<>(Mood.class);
    private long tries;
    private long faults;

    SimFence(VirtualTime time, Prng chance, Reach reach) {
        this.time = time;
        this.chance = chance;
        this.reach = reach;
        weights.put(Mood.WORKS, 1);
    }

    /** From now on moods are drawn with these weights. */
    void behave(Map<Mood, Integer> next) {
        weights.clear();
        weights.putAll(next);
    }

    long tries() {
        return tries;
    }

    /** Tries that did not simply work. */
    long faults() {
        return faults;
    }

    /** Carries out one try. It goes on in the device although the one who asked ends. */
    void act(Effect.Fence act, Consumer<Completion> answer) {
        tries++;
        Mood mood = draw();
        if (mood != Mood.WORKS) {
            faults++;
        }
        long takesNs = switch (mood) {
            case SLOW -> QUICK_NS + chance.nextLong(SLOW_NS);
            case HANGS -> Long.MAX_VALUE;
            case WORKS, FAILS, HITS_BUT_FAILS, LIES -> 200_000 + chance.nextLong(QUICK_NS);
        };
        boolean inTime = takesNs < act.timeLimitNs();
        if (takesNs != Long.MAX_VALUE) {
            time.after(takesNs, () -> {
                Completion said = hit(mood, act);
                if (inTime) {
                    answer.accept(said);
                }
            });
        }
        if (!inTime) {
            time.after(act.timeLimitNs(), () -> answer.accept(failed(act, "timed out (simulated)")));
        }
    }

    private Completion hit(Mood mood, Effect.Fence act) {
        return switch (mood) {
            case WORKS, SLOW -> {
                reach.end(act.victim());
                yield ended(act);
            }
            case HITS_BUT_FAILS -> {
                reach.end(act.victim());
                yield failed(act, "no answer (simulated)");
            }
            case FAILS, HANGS -> failed(act, "device refused (simulated)");
            case LIES -> {
                if (!reach.ended(act.victim())) {
                    reach.lied(act.victim());
                }
                yield ended(act);
            }
        };
    }

    private static Completion ended(Effect.Fence act) {
        return new Completion.FenceEnded(
                act.ticket(), Optional.of(EvidenceClass.PROCESS_ENDED.label()), "%s has ended".formatted(act.victim()));
    }

    private static Completion failed(Effect.Fence act, String why) {
        return new Completion.FenceEnded(act.ticket(), Optional.empty(), why);
    }

    private Mood draw() {
        int left = chance.nextInt(weights.values().stream().mapToInt(Integer::intValue).sum());
        for (var entry : weights.entrySet()) {
            left -= entry.getValue();
            if (left < 0) {
                return entry.getKey();
            }
        }
        throw new IllegalStateException("no mood has any weight");
    }
}
