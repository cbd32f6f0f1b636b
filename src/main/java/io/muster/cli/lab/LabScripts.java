package io.muster.cli.lab;

import io.muster.base.NodeId;
import io.muster.cli.StatusText;
import io.muster.cli.demo.EventTail;
import io.muster.cli.demo.Round;
import io.muster.cli.demo.TimelineCheck;
import io.muster.cli.demo.TimelineEvent;
import io.muster.daemon.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * What is done to a lab's cluster and what has to follow, judged from the daemons' own logs. Each script begins with a
 * calm cluster and leaves one behind.
 */
final class LabScripts {

    /** All of a lab of three; {@link #bothLinksOfTwo} needs a lab of two. */
    enum Kind {
        /** Every link of each node in turn. */
        cut_each,
        /** The link that carries no streams. */
        cut_one_link,
        one_way,
        non_clique,
        pause_short,
        pause_long,
        /** Of a cluster of two. */
        both_links_of_two
    }

    /** @param broken what did not hold; empty when all did */
    record Verdict(String script, List<String> broken, double seconds) {}

    private static final List<String> GROUPS = List.of("alpha");
    private static final long LIMIT_MS = 60_000;
    private static final long LOOK_PAUSE_NS = 10_000_000L;
    private static final long CALM_MS = 500;
    /** Longer than it takes to put a node out. */
    private static final long WATCH_MS = 3_500;
    private static final OptionalInt ALL_LINKS = OptionalInt.empty();

    private final Lab lab;
    private final PrintWriter out;
    private final Map<LabNode, EventTail> tails = new LinkedHashMap<>();
    private final List<TimelineEvent> log = new ArrayList<>();
    private final List<String> broken = new ArrayList<>();

    LabScripts(Lab lab, PrintWriter out) {
        this.lab = lab;
        this.out = out;
        lab.nodes().forEach(node -> tails.put(node, new EventTail(node.folder())));
    }

    /** Runs one script to its end. */
    Verdict run(Kind kind) throws IOException, InterruptedException {
        long began = System.nanoTime();
        broken.clear();
        say("%s", kind);
        if (calm("before " + kind)) {
            switch (kind) {
                case cut_each -> {
                    for (LabNode node : lab.nodes()) {
                        out(node, () -> lab.cut(node.node(), ALL_LINKS), "CUT");
                    }
                }
                case cut_one_link -> undisturbed(() -> lab.cut(lab.nodes().getFirst().node(), OptionalInt.of(1)), WATCH_MS);
                case one_way -> oneOut(List.of(1, 2), () -> lab.oneWay(NodeId.of(1), NodeId.of(2), ALL_LINKS));
                case non_clique -> oneOut(List.of(1, 2), () -> lab.cut(NodeId.of(1), NodeId.of(2), ALL_LINKS));
                case pause_short -> pauseShort();
                case pause_long -> {
                    LabNode node = follower();
                    out(node, () -> node.signal("STOP"), "SIGSTOP");
                }
                case both_links_of_two -> bothLinksOfTwo();
            }
        }
        lab.heal();
        Verdict verdict = new Verdict(kind.name(), List.copyOf(broken), (System.nanoTime() - began) / 1e9);
        verdict.broken().forEach(each -> say("  DID NOT HOLD: %s", each));
        return verdict;
    }

    /** One thing that is done to the lab. */
    private interface Act {

        void carryOut() throws IOException, InterruptedException;
    }

    /** The node is put out, fenced by the end of its process, recovered from, and comes back. */
    private void out(LabNode node, Act act, String what) throws IOException, InterruptedException {
        long life = node.status().map(status -> Json.number(status, "life", 0)).orElse(0L);
        List<String> survivors = lab.nodes().stream().filter(each -> each != node).map(each -> each.node().toString()).toList();
        long began = System.nanoTime();
        say("  %s: %s#%d", what, node.node(), life);
        act.carryOut();
        Round round = new Round(1, "node", what, node.node() + "#" + life, node.node() + "#" + (life + 1), survivors, GROUPS,
                began);
        boolean recovered = await(() -> {
            TimelineCheck.Times times = TimelineCheck.check(round, log).times();
            return times.recoveredMs() >= 0 && times.deadMs() >= 0;
        });
        require(recovered, "%s was not recovered from".formatted(round.victim()));
        require(await(() -> node.pid().isEmpty()), "the process of %s was not ended".formatted(round.victim()));
        lab.heal();
        if (node.pid().isEmpty()) {
            node.start();
        }
        require(await(() -> TimelineCheck.check(round, log).times().rejoinedMs() >= 0), round.comeback() + " did not join");
        calm("after %s came back".formatted(round.comeback()));
        TimelineCheck.Verdict verdict = TimelineCheck.check(round, log);
        broken.addAll(verdict.broken());
        say("  lost after %.0f ms, harmless after %.0f ms, recovered after %.0f ms, back after %.0f ms",
                verdict.times().detectMs(), verdict.times().evidenceMs(), verdict.times().recoveredMs(),
                verdict.times().rejoinedMs());
    }

    /** Nobody is lost and nothing agreed changes while this lasts. */
    private void undisturbed(Act act, long forMs) throws IOException, InterruptedException {
        long began = System.nanoTime();
        act.carryOut();
        watch(forMs);
        requireNoChange(began);
        log.stream().filter(event -> event.mono() >= began && event.event().equals("heartbeat.lost"))
                .forEach(event -> broken.add("%s lost %s".formatted(event.node(), event.text("peer"))));
    }

    /** Exactly one of these is put out, in one version, fenced, and comes back. */
    private void oneOut(List<Integer> candidates, Act act) throws IOException, InterruptedException {
        long began = System.nanoTime();
        act.carryOut();
        require(await(() -> !evictions(began).isEmpty()
                && since(began, event -> event.event().equals("group.recovered")).count() > 0),
                "nobody was put out and recovered");
        watch(WATCH_MS);
        TreeSet<String> gone = evictions(began);
        require(gone.size() == 1, "one node has to go, and these went: " + gone);
        TreeSet<Long> versions = new TreeSet<>();
        since(began, event -> event.event().equals("node.evicted")).forEach(event -> versions.add(event.version()));
        require(versions.size() <= 1, "the view changed more than once: versions " + versions);
        String victim = gone.isEmpty() ? "" : gone.first();
        require(candidates.stream().anyMatch(number -> victim.startsWith("n" + number + "#")),
                victim + " went, and had no cut link");
        say("  %s went", victim);
        lab.heal();
        for (LabNode node : lab.nodes()) {
            if (node.pid().isEmpty()) {
                node.start();
            }
        }
        calm("after it was healed");
        require(evictions(began).size() == 1, "more nodes went later: " + evictions(began));
    }

    private void pauseShort() throws IOException, InterruptedException {
        LabNode node = follower();
        for (long pauseMs : List.of(Lab.times().pauseNs() / 2_000_000, Lab.times().silenceNs() / 2_000_000)) {
            say("  SIGSTOP to %s for %d ms", node.node(), pauseMs);
            undisturbed(() -> {
                node.signal("STOP");
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMs));
                node.signal("CONT");
            }, 2_000);
        }
    }

    /** A majority of two is both: each side stops acting, none is put out, and they go on when they hear each other. */
    private void bothLinksOfTwo() throws IOException, InterruptedException {
        long began = System.nanoTime();
        lab.cut(NodeId.of(1), NodeId.of(2), ALL_LINKS);
        require(await(() -> lab.nodes().stream().allMatch(node -> node.status()
                .filter(status -> StatusText.millis(status, "acting_ms") <= 0).isPresent())), "not both sides stopped acting");
        watch(WATCH_MS);
        requireNoChange(began);
        lab.heal();
        calm("after it was healed");
        requireNoChange(began);
    }

    private void requireNoChange(long began) {
        since(began, event -> event.event().equals("node.evicted") || event.event().equals("fence.intent")
                || event.event().equals("fence.try") || event.event().equals("view.formed"))
                .forEach(event -> broken.add("%s told %s %s".formatted(event.node(), event.event(), event.fields())));
    }

    private TreeSet<String> evictions(long began) {
        TreeSet<String> gone = new TreeSet<>();
        since(began, event -> event.event().equals("node.evicted")).forEach(event -> gone.add(event.text("who")));
        return gone;
    }

    private java.util.stream.Stream<TimelineEvent> since(long began, Predicate<TimelineEvent> wanted) {
        return log.stream().filter(event -> event.mono() >= began).filter(wanted);
    }

    private LabNode follower() {
        return lab.nodes().stream().filter(node -> node.status()
                .filter(status -> Json.text(status, "role").equals("member")).isPresent())
                .reduce((_, last) -> last).orElseThrow(() -> new IllegalStateException("the lab has no follower"));
    }

    /** Waits until every node is in, all hear each other on their links, the group runs, and nothing waits. */
    private boolean calm(String when) throws IOException {
        long[] since = {-1, 0};
        boolean reached = await(() -> {
            long now = System.nanoTime();
            List<Optional<Map<String, Object>>> all = lab.nodes().stream().map(LabNode::status).toList();
            if (now - since[1] > 1_000_000_000L) {
                since[1] = now;
                for (int i = 0; i < all.size(); i++) {
                    LabNode node = lab.nodes().get(i);
                    if (all.get(i).filter(this::inGroup).isEmpty() && all.get(i).isPresent()) {
                        GROUPS.forEach(group -> node.ask("do", "group.join", "group", group));
                    }
                }
            }
            if (!all.stream().allMatch(status -> status.filter(this::isCalm).isPresent())) {
                since[0] = -1;
                return false;
            }
            since[0] = since[0] < 0 ? now : since[0];
            return now - since[0] >= CALM_MS * 1_000_000;
        });
        require(reached, "the cluster was not calm within %d s %s".formatted(LIMIT_MS / 1000, when));
        return reached;
    }

    private boolean inGroup(Map<String, Object> status) {
        String self = "%s#%d".formatted(Json.text(status, "node"), Json.number(status, "life", 0));
        return GROUPS.stream().allMatch(name -> Json.objects(status, "groups").stream().anyMatch(
                group -> Json.text(group, "name").equals(name) && Json.texts(group, "members").contains(self)));
    }

    private boolean isCalm(Map<String, Object> status) {
        Map<String, Object> view = Json.inner(status, "view");
        return Json.texts(view, "members").size() == lab.nodes().size() && Json.truth(view, "safe")
                && Json.objects(status, "local").stream().allMatch(peer -> Json.truth(peer, "heard"))
                && GROUPS.stream().allMatch(name -> Json.objects(status, "groups").stream().anyMatch(
                        group -> Json.text(group, "name").equals(name) && Json.text(group, "phase").equals("RUNNING")
                                && Json.texts(group, "members").size() == lab.nodes().size()))
                && StatusText.millis(status, "acting_ms") > 0 && Json.truth(status, "rehearsed")
                && Json.objects(status, "waits").isEmpty();
    }

    private void watch(long forMs) throws IOException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(forMs);
        while (System.nanoTime() < until) {
            look();
            LockSupport.parkNanos(LOOK_PAUSE_NS);
        }
    }

    private boolean await(BooleanSupplier wished) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MS);
        while (System.nanoTime() < end) {
            look();
            if (wished.getAsBoolean()) {
                look();
                return true;
            }
            LockSupport.parkNanos(5 * LOOK_PAUSE_NS);
        }
        return false;
    }

    private void look() throws IOException {
        for (EventTail tail : tails.values()) {
            log.addAll(tail.more());
        }
    }

    private void require(boolean held, String otherwise) {
        if (!held) {
            broken.add(otherwise);
        }
    }

    private void say(String text, Object... values) {
        out.println(text.formatted(values));
        out.flush();
    }
}
