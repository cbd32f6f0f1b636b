package io.muster.cli.demo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Says whether a round went as it has to, from nothing but the nodes' own logs: in the order of 000-19 to 000-24, each
 * step on each survivor, with barriers between the phases.
 *
 * <ol>
 * <li>Somebody loses the victim's heartbeat.
 * <li>Every survivor sees the intent to fence that life agreed; only then anybody tries (rule F1).
 * <li>Every survivor sees the evidence agreed, bound to the same intent (rule F2).
 * <li>Every survivor installs a safe view without the victim (001-9), then is told that it is dead; on none of them
 *     before the evidence is agreed.
 * <li>Every survivor begins STOP, LOCKS, STRIPES, JOURNALS, RESUME of each group in this order. STOP may come at any
 *     time after the loss; LOCKS only after every survivor was told of the death; no phase before every survivor has
 *     begun the one before (rules R1, R2).
 * <li>Every group is recovered on every survivor, in one and the same generation.
 * <li>The victim is back as a new incarnation, which every survivor sees after the recovery.
 * </ol>
 *
 * A pure function. Times of one host are compared with each other; nothing is compared with the launcher's own clock
 * but the signal, which is taken before it is sent.
 */
public final class TimelineCheck {

    static final List<String> PHASES = List.of("STOP", "LOCKS", "STRIPES", "JOURNALS", "RESUME");

    /** Milliseconds from the signal, of the steps that the summary tells; -1 for what did not happen. */
    public record Times(double detectMs, double evidenceMs, double deadMs, double recoveredMs, double rejoinedMs) {

        public double fenceMs() {
            return between(detectMs, evidenceMs);
        }

        public double recoverMs() {
            return between(evidenceMs, recoveredMs);
        }

        private static double between(double from, double to) {
            return from < 0 || to < 0 ? -1 : to - from;
        }
    }

    /** @param broken what did not hold, in words; empty when all held */
    public record Verdict(List<String> broken, Times times) {

        public Verdict {
            broken = List.copyOf(broken);
        }

        public boolean ok() {
            return broken.isEmpty();
        }
    }

    private final Round round;
    private final List<TimelineEvent> events;
    private final List<String> broken = new ArrayList<>();

    private TimelineCheck(Round round, List<TimelineEvent> events) {
        this.round = round;
        this.events = events.stream()
                .filter(event -> event.mono() >= round.signalledAt())
                .sorted(Comparator.comparingLong(TimelineEvent::mono).thenComparingLong(TimelineEvent::seq))
                .toList();
    }

    /** @param events of all nodes, in any order; those before the signal are passed over */
    public static Verdict check(Round round, List<TimelineEvent> events) {
        TimelineCheck check = new TimelineCheck(round, events);
        Times times = check.run();
        return new Verdict(check.broken, times);
    }

    private Times run() {
        String victim = round.victim();
        Optional<TimelineEvent> lost = firstOf(events, e -> isSurvivor(e) && e.event().equals("heartbeat.lost")
                && e.text("peer").equals(victim));
        if (lost.isEmpty()) {
            broken.add("nobody lost the heartbeat of " + victim);
        }
        List<TimelineEvent> intents = onEach("fence.intent", e -> e.text("who").equals(victim));
        List<TimelineEvent> evidence = onEach("fence.evidence", e -> e.text("who").equals(victim));
        List<TimelineEvent> safe = onEach("view.installed", e -> e.truth("safe") && !e.lists("members", victim));
        List<TimelineEvent> dead = onEach("node.dead", e -> e.text("who").equals(victim));
        List<TimelineEvent> joined = onEach("node.joined", e -> e.text("who").equals(round.comeback()));

        lost.ifPresent(first -> requireAfterFirst(List.of(first), intents, "the loss of the heartbeat"));
        requireSameIntent(intents, evidence);
        requireAgreedBeforeTried(intents);
        requireAfterFirst(intents, evidence, "the intent");
        requireAfterFirst(evidence, safe, "the evidence");
        requireAfterFirst(evidence, dead, "the evidence");
        for (String survivor : round.survivors()) {
            requireInOrder(survivor, intents, evidence, safe, dead);
        }
        List<TimelineEvent> recovered = new ArrayList<>();
        for (String group : round.groups()) {
            recovered.addAll(checkGroup(group, dead));
        }
        for (TimelineEvent back : joined) {
            for (TimelineEvent done : recovered) {
                if (done.node().equals(back.node()) && done.mono() > back.mono()) {
                    broken.add("%s saw %s join before group %s was recovered".formatted(
                            back.node(), round.comeback(), done.text("group")));
                }
            }
        }
        return new Times(lost.map(this::since).orElse(-1.0), first(evidence),
                last(dead, round.survivors().size()),
                last(recovered, round.survivors().size() * round.groups().size()),
                last(joined, round.survivors().size()));
    }

    /** The phases of the generation in which the victim was recovered from. @return its group.recovered on each survivor */
    private List<TimelineEvent> checkGroup(String group, List<TimelineEvent> dead) {
        Predicate<TimelineEvent> ofGroup = e -> e.text("group").equals(group);
        Optional<TimelineEvent> firstLocks = firstOf(events, e -> isSurvivor(e) && e.event().equals("group.begin")
                && ofGroup.test(e) && e.text("phase").equals("LOCKS") && e.lists("departed", round.victim()));
        if (firstLocks.isEmpty()) {
            broken.add("no survivor began LOCKS of group %s to recover from %s".formatted(group, round.victim()));
            return List.of();
        }
        // A generation that was abandoned half way is followed by one with the departed added up: the one that came
        // through counts for the order, and every one for the barriers.
        Optional<TimelineEvent> firstRecovered = firstOf(events, e -> isSurvivor(e) && e.event().equals("group.recovered")
                && ofGroup.test(e) && e.number("generation") >= firstLocks.get().number("generation"));
        if (firstRecovered.isEmpty()) {
            broken.add("group %s was not recovered on any survivor".formatted(group));
            return List.of();
        }
        long generation = firstRecovered.get().number("generation");
        Predicate<TimelineEvent> ofGeneration = ofGroup.and(e -> e.number("generation") == generation);

        List<TimelineEvent> before = List.of();
        for (String phase : PHASES) {
            List<TimelineEvent> begun = onEach("group.begin", ofGeneration.and(e -> e.text("phase").equals(phase)),
                    "group.begin %s of group %s generation %d".formatted(phase, group, generation));
            begun.stream().filter(e -> !e.lists("departed", round.victim())).forEach(e -> broken.add(
                    "%s began %s of group %s without %s among the departed".formatted(e.node(), phase, group, round.victim())));
            requireBarrier(before, begun);
            if (phase.equals("LOCKS")) {
                requireBarrier(dead, begun);
            }
            before = begun;
        }
        List<TimelineEvent> recovered = onEach("group.recovered", ofGeneration,
                "group.recovered of group %s generation %d".formatted(group, generation));
        requireBarrier(before, recovered);
        return recovered;
    }

    private void requireSameIntent(List<TimelineEvent> intents, List<TimelineEvent> evidence) {
        if (intents.stream().map(e -> e.number("intent")).distinct().count() > 1) {
            broken.add("the survivors saw different intents for " + round.victim());
        }
        for (TimelineEvent event : evidence) {
            if (!intents.isEmpty() && event.number("intent") != intents.getFirst().number("intent")) {
                broken.add("%s saw evidence for intent %d, not for %d".formatted(
                        event.node(), event.number("intent"), intents.getFirst().number("intent")));
            }
            if (event.text("class").isEmpty() || event.text("proof").isEmpty()) {
                broken.add("%s saw evidence without class or proof".formatted(event.node()));
            }
        }
    }

    /** Whoever tries has seen the intent agreed itself. */
    private void requireAgreedBeforeTried(List<TimelineEvent> intents) {
        for (TimelineEvent tried : events) {
            if (tried.event().equals("fence.try") && tried.text("who").equals(round.victim())
                    && intents.stream().filter(e -> e.node().equals(tried.node())).noneMatch(e -> isBefore(e, tried))) {
                broken.add("%s tried to fence %s before it saw the intent agreed".formatted(tried.node(), round.victim()));
            }
        }
    }

    @SafeVarargs
    private void requireInOrder(String node, List<TimelineEvent>... steps) {
        TimelineEvent before = null;
        for (List<TimelineEvent> step : steps) {
            Optional<TimelineEvent> own = step.stream().filter(e -> e.node().equals(node)).findFirst();
            if (own.isEmpty()) {
                return;
            }
            if (before != null && !isBefore(before, own.get())) {
                broken.add("%s told %s before %s".formatted(node, own.get().event(), before.event()));
            }
            before = own.get();
        }
    }

    /** None of {@code later} lies before the first of {@code earlier}. */
    private void requireAfterFirst(List<TimelineEvent> earlier, List<TimelineEvent> later, String what) {
        for (TimelineEvent event : later) {
            if (!earlier.isEmpty() && earlier.stream().allMatch(e -> e.mono() > event.mono())) {
                broken.add("%s before %s".formatted(told(event), what));
            }
        }
    }

    /** None of {@code later} lies before the last of {@code earlier}. */
    private void requireBarrier(List<TimelineEvent> earlier, List<TimelineEvent> later) {
        for (TimelineEvent event : later) {
            for (TimelineEvent missing : earlier) {
                if (missing.mono() > event.mono()) {
                    broken.add("%s before %s".formatted(told(event), told(missing)));
                }
            }
        }
    }

    private static String told(TimelineEvent event) {
        return "%s told %s%s%s".formatted(event.node(), event.event(),
                event.text("phase").isEmpty() ? "" : " " + event.text("phase"),
                event.text("group").isEmpty() ? "" : " of group " + event.text("group"));
    }

    private List<TimelineEvent> onEach(String name, Predicate<TimelineEvent> wanted) {
        return onEach(name, wanted, name + " for " + round.victim());
    }

    /** The first such event of each survivor; one that has none is reported. */
    private List<TimelineEvent> onEach(String name, Predicate<TimelineEvent> wanted, String what) {
        List<TimelineEvent> found = new ArrayList<>();
        for (String survivor : round.survivors()) {
            Optional<TimelineEvent> first = firstOf(events,
                    e -> e.node().equals(survivor) && e.event().equals(name) && wanted.test(e));
            if (first.isEmpty()) {
                broken.add("%s did not tell %s".formatted(survivor, what));
            }
            first.ifPresent(found::add);
        }
        return found;
    }

    private boolean isSurvivor(TimelineEvent event) {
        return round.survivors().contains(event.node());
    }

    private static boolean isBefore(TimelineEvent one, TimelineEvent other) {
        return one.node().equals(other.node()) && one.life() == other.life()
                ? one.seq() < other.seq()
                : one.mono() < other.mono();
    }

    private static Optional<TimelineEvent> firstOf(List<TimelineEvent> events, Predicate<TimelineEvent> wanted) {
        return events.stream().filter(wanted).findFirst();
    }

    private double since(TimelineEvent event) {
        return (event.mono() - round.signalledAt()) / 1e6;
    }

    private double first(List<TimelineEvent> found) {
        return found.stream().mapToDouble(this::since).min().orElse(-1);
    }

    private double last(List<TimelineEvent> found, int expected) {
        return found.size() < expected ? -1 : found.stream().mapToDouble(this::since).max().orElse(-1);
    }
}
