package io.muster.cli.lab;

import io.muster.base.NodeId;
import io.muster.cli.StatusText;
import io.muster.cli.demo.EventTail;
import io.muster.cli.demo.Round;
import io.muster.cli.demo.TimelineCheck;
import io.muster.cli.demo.TimelineEvent;
import io.muster.daemon.Json;
import io.muster.ledger.VotePolicy;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** Each with the cluster that it needs. */
    enum Kind {
        /** Every link of each node in turn. */
        cut_each(3, VotePolicy.FIXED),
        /** Each link of the leader in turn, with the others whole. */
        cut_one_link(3, VotePolicy.FIXED),
        one_way(3, VotePolicy.FIXED),
        non_clique(3, VotePolicy.FIXED),
        pause_short(3, VotePolicy.FIXED),
        pause_long(3, VotePolicy.FIXED),
        /** Every link of a follower, again and again: for measuring. */
        silent_cut(3, VotePolicy.FIXED),
        /** By the rule of a majority both stop. */
        both_links_of_two(2, VotePolicy.FIXED),
        /** By the rules of two nodes one goes on. */
        both_links_two_node(2, VotePolicy.TWO_NODE),
        /** The one that would have gone on ends: the other does. */
        kill_first_two_node(2, VotePolicy.TWO_NODE);

        /** Each once: what is only there for measuring shows nothing that another does not. */
        static final List<Kind> CASES = Arrays.stream(values()).filter(kind -> kind != silent_cut).toList();

        private final LabSetup setup;

        Kind(int nodes, VotePolicy policy) {
            this.setup = LabSetup.of(nodes, 2).with(policy);
        }

        /** The lab it runs in, with calm times. */
        LabSetup setup() {
            return setup;
        }
    }

    /** @param broken what did not hold; empty when all did */
    record Verdict(String script, List<String> broken, double seconds) {}

    private static final List<String> GROUPS = List.of("alpha");
    private static final long LIMIT_MS = 60_000;
    private static final long LOOK_PAUSE_NS = 10_000_000L;
    private static final long CALM_MS = 500;
    /** Longer than it takes to put a node out. */
    private static final long WATCH_MS = 3_500;
    private static final long AFTER_MS = 1_000;
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
                case cut_one_link -> cutOneLink();
                case one_way -> oneOut(List.of(1, 2), () -> lab.oneWay(NodeId.of(1), NodeId.of(2), ALL_LINKS));
                case non_clique -> oneOut(List.of(1, 2), () -> lab.cut(NodeId.of(1), NodeId.of(2), ALL_LINKS));
                case pause_short -> pauseShort();
                case pause_long -> {
                    LabNode node = follower();
                    out(node, () -> node.signal("STOP"), "SIGSTOP");
                }
                case silent_cut -> {
                    LabNode node = follower();
                    out(node, () -> lab.cut(node.node(), ALL_LINKS), "CUT");
                }
                case both_links_of_two -> bothLinksOfTwo();
                case both_links_two_node -> oneGoesOn("both links cut", () -> lab.cut(NodeId.of(1), NodeId.of(2), ALL_LINKS));
                case kill_first_two_node -> oneGoesOn("SIGKILL to n1", lab.nodes().getFirst()::kill);
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
        since(began, event -> event.event().equals("heartbeat.lost"))
                .forEach(event -> broken.add("%s lost %s".formatted(event.node(), event.text("peer"))));
        since(began, event -> event.event().equals("leader.lost") || event.event().equals("leader.elected"))
                .forEach(event -> broken.add("%s told %s %s".formatted(event.node(), event.event(), event.fields())));
    }

    /** Streams go over to the other link; who leads is not even asked. */
    private void cutOneLink() throws IOException, InterruptedException {
        LabNode node = leader();
        for (int link = 0; link < lab.plan().links(); link++) {
            OptionalInt one = OptionalInt.of(link);
            say("  link %d of %s, which leads", link, node.node());
            undisturbed(() -> lab.cut(node.node(), one), WATCH_MS);
            lab.heal();
            calm("after link %d was healed".formatted(link));
        }
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
        for (long pauseMs : List.of(lab.times().pauseNs() / 2_000_000, lab.times().silenceNs() / 2_000_000)) {
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

    /**
     * Of two nodes the one that is left fences the other by itself, goes on alone, and both vote again once the other is
     * back. Nothing may be agreed by the one before the other has ended.
     */
    private void oneGoesOn(String what, Act act) throws IOException, InterruptedException {
        long began = System.nanoTime();
        say("  %s", what);
        act.carryOut();
        require(await(() -> since(began, event -> event.event().equals("group.recovered")).count() > 0), "nobody went on");
        watch(AFTER_MS);
        List<TimelineEvent> alone = since(began, event -> event.event().equals("voters.alone")).toList();
        List<LabNode> left = lab.nodes().stream().filter(node -> node.pid().isPresent()).toList();
        require(alone.size() == 1, "one has to go on alone, and these did: " + alone);
        require(left.size() == 1, "one daemon has to be left, and there are %d".formatted(left.size()));
        if (alone.size() == 1 && left.size() == 1) {
            LabNode survivor = left.getFirst();
            String lost = alone.getFirst().text("lost");
            require(alone.getFirst().node().equals(survivor.node().toString()), alone + " was told by one that is not left");
            require(since(began, event -> event.event().equals("fence.lone") && event.truth("alone")
                    && event.text("other").equals(lost) && event.mono() <= alone.getFirst().mono()).count() == 1,
                    "%s did not note durably that it is alone before it went on".formatted(survivor.node()));
            require(since(began, event -> event.mono() >= alone.getFirst().mono()
                    && lost.startsWith(event.node() + "#")).findAny().isEmpty(), lost + " spoke after the other went on alone");
            require(evictions(began).equals(new TreeSet<>(List.of(lost))), "evicted: " + evictions(began));
            require(survivor.status().filter(status -> StatusText.millis(status, "acting_ms") > 0).isPresent(),
                    survivor.node() + " went on and may not act");
            say("  %s goes on alone after %.0f ms", survivor.node(), (alone.getFirst().mono() - began) / 1e6);
        }
        lab.heal();
        for (LabNode node : lab.nodes()) {
            if (node.pid().isEmpty()) {
                node.start();
            }
        }
        calm("after the other was started");
        require(lab.nodes().stream().allMatch(node -> node.status().filter(status ->
                Json.inner(Json.inner(status, "voters"), "votes").size() == lab.nodes().size()).isPresent()),
                "not both vote again");
        require(evictions(began).size() == 1, "more went later: " + evictions(began));
        say("  both vote again after %.0f ms", (System.nanoTime() - began) / 1e6);
    }

    private void requireNoChange(long began) {
        List<String> changes = List.of("node.evicted", "fence.intent", "fence.try", "view.formed", "group.begin");
        since(began, event -> changes.contains(event.event()))
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
        return ofRole("member");
    }

    private LabNode leader() {
        return ofRole("leader");
    }

    private LabNode ofRole(String role) {
        return lab.nodes().stream().filter(node -> node.status()
                .filter(status -> Json.text(status, "role").equals(role)).isPresent())
                .reduce((_, last) -> last).orElseThrow(() -> new IllegalStateException("the lab has no " + role));
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
                && Json.objects(status, "local").stream().allMatch(peer -> Json.truth(peer, "heard")
                        && Json.objects(peer, "links").stream().allMatch(link -> Json.truth(link, "heard")
                                && Json.truth(link, "hears_us")))
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
