package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.FenceOperation;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The fence devices of a simulated cluster. What they do in truth and what they say are two things, and only the
 * checkers know both.
 *
 * <p>The device {@code process} ends exactly the life that it was asked to end, be it late and while a later life of the
 * node runs. Already ended is success. Every other device is an outlet of the node in whose plan it stands: when all
 * outlets of one level are off, the host loses power, and whatever life runs there ends ({@link SimOutlets}).
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

        /** The host of this victim's node loses power, whatever life runs there. */
        default void cutPower(Incarnation victim) {
            end(victim);
        }

        /** The host of this node gets power again. */
        default void givePower(NodeId node) {
            // Whoever has no hosts has nothing to do.
        }
    }

    private static final long QUICK_NS = 2_000_000;
    private static final long SLOW_NS = 3_000_000_000L;

    private final VirtualTime time;
    private final Prng chance;
    private final Reach reach;
    private final Map<Mood, Integer> weights = new EnumMap<>(Mood.class);
    private final SortedMap<String, Mood> fixed = new TreeMap<>();
    private final SortedMap<String, Long> busyUntil = new TreeMap<>();
    private final SimOutlets outlets;
    private long tries;
    private long faults;

    SimFence(VirtualTime time, Prng chance, Reach reach) {
        this.time = time;
        this.chance = chance;
        this.reach = reach;
        this.outlets = new SimOutlets(time, reach);
        weights.put(Mood.WORKS, 1);
    }

    /** From now on moods are drawn with these weights. */
    void behave(Map<Mood, Integer> next) {
        weights.clear();
        weights.putAll(next);
    }

    /** From now on this device has this mood, whatever is drawn for the others. */
    void behave(String device, Mood mood) {
        fixed.put(device, mood);
    }

    SimOutlets outlets() {
        return outlets;
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
        Mood mood = fixed.containsKey(act.method()) ? fixed.get(act.method()) : draw();
        if (mood != Mood.WORKS) {
            faults++;
        }
        long drawnNs = switch (mood) {
            case SLOW -> QUICK_NS + chance.nextLong(SLOW_NS);
            case HANGS -> Long.MAX_VALUE;
            case WORKS, FAILS, HITS_BUT_FAILS, LIES -> 200_000 + chance.nextLong(QUICK_NS);
        };
        long takesNs = inTurn(act, drawnNs);
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
            time.after(act.timeLimitNs(), () -> answer.accept(new Completion.FenceEnded(
                    act.ticket(), Optional.of(Completion.FenceEnded.UNKNOWN), "timed out (simulated)")));
        }
    }

    /** An outlet does one thing after the other, however late; processes are ended whenever it is asked for. */
    private long inTurn(Effect.Fence act, long drawnNs) {
        if (drawnNs == Long.MAX_VALUE || act.method().equals(PROCESS)) {
            return drawnNs;
        }
        String outlet = act.victim().node() + " " + act.method();
        long takesNs = Math.max(0, busyUntil.getOrDefault(outlet, 0L) - time.now()) + drawnNs;
        busyUntil.put(outlet, time.now() + takesNs);
        return takesNs;
    }

    private Completion hit(Mood mood, Effect.Fence act) {
        if (act.operation() == FenceOperation.UNFENCE) {
            return mood == Mood.FAILS ? failed(act, "port stays down (simulated)") : done(act);
        }
        if (!act.method().equals(PROCESS)) {
            return outlet(mood, act);
        }
        if (act.operation() == FenceOperation.READ && mood != Mood.LIES) {
            return reach.ended(act.victim()) ? ended(act) : failed(act, "it runs (simulated)");
        }
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

    private Completion outlet(Mood mood, Effect.Fence act) {
        switch (mood) {
            case FAILS, HANGS -> {
                return failed(act, "device refused (simulated)");
            }
            case LIES -> {
                if (!reach.ended(act.victim())) {
                    reach.lied(act.victim());
                }
                return reads(act, "off");
            }
            case WORKS, SLOW, HITS_BUT_FAILS -> {
                switch (act.operation()) {
                    case OFF -> outlets.off(act.victim(), act.method());
                    case ON -> outlets.on(act.victim().node(), act.method());
                    case READ, UNFENCE -> { /* changes no outlet */ }
                }
            }
        }
        if (mood == Mood.HITS_BUT_FAILS) {
            return failed(act, "no answer (simulated)");
        }
        if (act.operation() == FenceOperation.ON) {
            return done(act);
        }
        return outlets.isOff(act.victim().node(), act.method()) ? reads(act, "off") : failed(act, "reads on (simulated)");
    }

    private static Completion reads(Effect.Fence act, String state) {
        return new Completion.FenceEnded(act.ticket(), Optional.of(EvidenceClass.POWER_OFF.label()),
                "outlet %s of %s reads %s".formatted(act.method(), act.victim().node(), state));
    }

    private static Completion done(Effect.Fence act) {
        return new Completion.FenceEnded(
                act.ticket(), Optional.of(Completion.FenceEnded.DONE), "%s did %s".formatted(act.method(), act.operation()));
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
