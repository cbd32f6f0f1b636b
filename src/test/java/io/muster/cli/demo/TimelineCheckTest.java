package io.muster.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The checker is checked: a good log passes, and each way to break the order is found. */
class TimelineCheckTest {

    private static final long SIGNAL = 1_000_000_000L;
    private static final List<String> SURVIVORS = List.of("n1", "n2");
    private static final Round ROUND = new Round(
            1, "follower", "SIGKILL", "n3#1", "n3#2", SURVIVORS, List.of("alpha", "beta"), SIGNAL);

    @Test
    @DisplayName("000-19 to 000-24 a log in which every step follows the one before on each survivor holds")
    void aGoodLogHolds() {
        TimelineCheck.Verdict verdict = TimelineCheck.check(ROUND, good());

        assertThat(verdict.broken()).isEmpty();
        assertThat(verdict.times()).isEqualTo(new TimelineCheck.Times(10, 30, 51, 161, 200));
        assertThat(verdict.times().fenceMs()).isEqualTo(20);
        assertThat(verdict.times().recoverMs()).isEqualTo(131);
    }

    @Test
    @DisplayName("events come in any order, and those before the signal count for nothing")
    void orderOfInputDoesNotMatter() {
        List<TimelineEvent> events = new ArrayList<>(good());
        events.add(event(-5, "n2", "group.begin",
                "group", "alpha", "generation", 3L, "phase", "LOCKS", "departed", "n3#1"));
        assertThat(TimelineCheck.check(ROUND, events.reversed()).broken()).isEmpty();
    }

    @Test
    @DisplayName("every step that is missing on one survivor is found")
    void aMissingStepIsFound() {
        for (String step : List.of("fence.intent", "fence.evidence", "view.installed", "node.dead", "group.recovered",
                "node.joined")) {
            assertThat(broken(without(e -> e.event().equals(step) && e.node().equals("n2"))))
                    .as(step).anySatisfy(words -> assertThat(words).contains("n2 did not tell " + step));
        }
        for (String phase : TimelineCheck.PHASES) {
            assertThat(broken(without(e -> e.text("phase").equals(phase) && e.node().equals("n2"))))
                    .as(phase).anySatisfy(words -> assertThat(words).contains("n2 did not tell group.begin " + phase));
        }
        assertThat(broken(without(e -> e.event().equals("heartbeat.lost")))).contains("nobody lost the heartbeat of n3#1");
    }

    @Test
    @DisplayName("000-21 a death told before the evidence is agreed is found")
    void aDeathBeforeEvidenceIsFound() {
        assertThat(broken(moved(e -> e.event().equals("node.dead") && e.node().equals("n2"), 22)))
                .contains("n2 told node.dead before the evidence");
    }

    @Test
    @DisplayName("001-9 a safe view without the victim before the evidence is found")
    void asafeViewBeforeEvidenceIsFound() {
        assertThat(broken(moved(e -> e.event().equals("view.installed") && e.node().equals("n1"), 22)))
                .contains("n1 told view.installed before the evidence");
    }

    @Test
    @DisplayName("F1 a try before the own agreed intent is found")
    void aTryBeforeTheIntentIsFound() {
        assertThat(broken(moved(e -> e.event().equals("fence.try"), 15)))
                .contains("n1 tried to fence n3#1 before it saw the intent agreed");
    }

    @Test
    @DisplayName("F2 evidence for another intent, or without class or proof, is found")
    void evidenceOfAnotherIntentIsFound() {
        assertThat(broken(changed(e -> e.event().equals("fence.evidence") && e.node().equals("n2"), "intent", 8L)))
                .contains("n2 saw evidence for intent 8, not for 7");
        assertThat(broken(changed(e -> e.event().equals("fence.evidence") && e.node().equals("n2"), "proof", "")))
                .contains("n2 saw evidence without class or proof");
    }

    @Test
    @DisplayName("000-22 000-24 LOCKS before every survivor was told of the death is found")
    void locksBeforeEveryDeathIsFound() {
        assertThat(broken(moved(e -> e.event().equals("node.dead") && e.node().equals("n2"), 75)))
                .contains("n1 told group.begin LOCKS of group alpha before n2 told node.dead");
    }

    @Test
    @DisplayName("R2 a phase that one survivor begins before another began the one before is found")
    void aBrokenBarrierIsFound() {
        Predicate<TimelineEvent> late =
                e -> e.text("phase").equals("STRIPES") && e.node().equals("n2") && e.text("group").equals("beta");
        assertThat(broken(moved(late, 125)))
                .contains("n1 told group.begin JOURNALS of group beta before n2 told group.begin STRIPES of group beta");
    }

    @Test
    @DisplayName("a recovery told before RESUME on each survivor is found")
    void anEarlyRecoveryIsFound() {
        Predicate<TimelineEvent> early =
                e -> e.event().equals("group.recovered") && e.node().equals("n1") && e.text("group").equals("alpha");
        assertThat(broken(moved(early, 119)))
                .anySatisfy(words -> assertThat(words).contains("n1 told group.recovered of group alpha before"));
    }

    @Test
    @DisplayName("R3 a generation whose departed lack the victim is found")
    void forgottenDepartedAreFound() {
        Predicate<TimelineEvent> forgetful =
                e -> e.text("phase").equals("JOURNALS") && e.node().equals("n1") && e.text("group").equals("alpha");
        assertThat(broken(changed(forgetful, "departed", "")))
                .contains("n1 began JOURNALS of group alpha without n3#1 among the departed");
    }

    @Test
    @DisplayName("a victim that is seen back before its groups are recovered is found")
    void anEarlyComebackIsFound() {
        assertThat(broken(moved(e -> e.event().equals("node.joined") && e.node().equals("n2"), 100)))
                .contains("n2 saw n3#2 join before group alpha was recovered");
    }

    @Test
    @DisplayName("R3 an abandoned generation before the one that comes through is no fault")
    void anAbandonedGenerationIsNoFault() {
        List<TimelineEvent> events = new ArrayList<>(good());
        for (String node : SURVIVORS) {
            events.add(event(52, node, "group.begin",
                    "group", "alpha", "generation", 4L, "phase", "LOCKS", "departed", "n3#1"));
            events.add(event(53, node, "group.abandon", "group", "alpha", "generation", 4L));
        }
        assertThat(broken(events)).isEmpty();
    }

    private static List<String> broken(List<TimelineEvent> events) {
        return TimelineCheck.check(ROUND, events).broken();
    }

    private static List<TimelineEvent> without(Predicate<TimelineEvent> which) {
        return good().stream().filter(which.negate()).toList();
    }

    private static List<TimelineEvent> moved(Predicate<TimelineEvent> which, long toMs) {
        assertThat(good()).anyMatch(which);
        return good().stream()
                .map(e -> which.test(e)
                        ? new TimelineEvent(at(toMs), toMs * 10, e.node(), e.life(), e.event(), e.version(), e.fields())
                        : e)
                .toList();
    }

    private static List<TimelineEvent> changed(Predicate<TimelineEvent> which, String field, Object value) {
        assertThat(good()).anyMatch(which);
        return good().stream().map(e -> {
            LinkedHashMap<String, Object> fields = new LinkedHashMap<>(e.fields());
            fields.put(field, value);
            return which.test(e) ? new TimelineEvent(e.mono(), e.seq(), e.node(), e.life(), e.event(), e.version(), fields) : e;
        }).toList();
    }

    /** n1 fences, both survivors follow; times in milliseconds from the signal. */
    private static List<TimelineEvent> good() {
        List<TimelineEvent> events = new ArrayList<>();
        for (int i = 0; i < SURVIVORS.size(); i++) {
            String node = SURVIVORS.get(i);
            events.add(event(10 + i, node, "heartbeat.lost", "peer", "n3#1", "reason", "refused"));
            events.add(event(20 + i, node, "fence.intent", "who", "n3#1", "intent", 7L));
            if (i == 0) {
                events.add(event(25, node, "fence.try", "who", "n3#1", "intent", 7L, "method", "process"));
            }
            events.add(event(30 + i, node, "fence.evidence",
                    "who", "n3#1", "intent", 7L, "class", "process-ended", "proof", "gone"));
            events.add(event(40 + i, node, "view.installed", "members", "n1#1 n2#1", "safe", true));
            events.add(event(50 + i, node, "node.dead", "who", "n3#1", "intent", 7L));
            for (String group : ROUND.groups()) {
                long base = group.equals("alpha") ? 0 : 20;
                for (String phase : TimelineCheck.PHASES) {
                    long ms = phase.equals("STOP") ? 15 : 60 + base + 20L * (TimelineCheck.PHASES.indexOf(phase) - 1);
                    events.add(event(ms + i, node, "group.begin", "group", group, "generation", 5L, "phase", phase,
                            "survivors", "n1#1 n2#1", "departed", "n3#1"));
                }
                events.add(event(140 + base + i, node, "group.recovered", "group", group, "generation", 5L));
            }
            events.add(event(199 + i, node, "node.joined", "who", "n3#2"));
        }
        return events;
    }

    private static TimelineEvent event(long ms, String node, String name, Object... fields) {
        LinkedHashMap<String, Object> named = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            named.put((String) fields[i], fields[i + 1]);
        }
        return new TimelineEvent(at(ms), ms * 10, node, 1, name, 9, named);
    }

    private static long at(long ms) {
        return SIGNAL + ms * 1_000_000;
    }

    @Test
    @DisplayName("a line of a log is read with its fields, and half a line is none")
    void linesAreRead() {
        TimelineEvent event = TimelineEvent.parse(
                "{\"t\":2.5,\"mono\":77,\"seq\":4,\"node\":\"n1\",\"life\":2,\"event\":\"node.dead\",\"version\":9,"
                        + "\"who\":\"n3#1\"}").orElseThrow();

        assertThat(event).isEqualTo(new TimelineEvent(
                77, 4, "n1", 2, "node.dead", 9, new LinkedHashMap<>(Map.of("who", "n3#1"))));
        assertThat(TimelineEvent.parse("{\"t\":2.5,\"mo")).isEmpty();
    }
}
