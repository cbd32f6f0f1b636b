package io.muster.cli.demo;

import io.muster.base.ClusterFault;
import io.muster.daemon.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Hurts the cluster and checks how it comes back: form, join two groups, then rounds of death, recovery, restart and
 * rejoin. What held is judged by {@link TimelineCheck} from the nodes' own logs.
 */
final class Script {

    /** What can be done. */
    enum Kind {
        /** SIGKILL to a follower, then to the leader. */
        failover,
        /** SIGSTOP to a follower: silent and not dead. */
        hang,
        /** SIGKILL to a follower while the fence device fails: the recovery waits until a person says that it is off. */
        stuck
    }

    static final List<String> GROUPS = List.of("alpha", "beta");

    private static final long FORM_LIMIT_MS = 60_000;
    private static final long RECOVER_LIMIT_MS = 60_000;
    /** Calm has to last this long, so that a signal does not meet the end of something else. */
    private static final long CALM_MS = 500;

    private final DemoCluster cluster;
    private final DemoFolder folder;
    private final ScriptOutput output;
    private final List<Map<String, Object>> summaries = new ArrayList<>();
    private boolean ok = true;

    Script(DemoCluster cluster, DemoFolder folder, ScriptOutput output) {
        this.cluster = cluster;
        this.folder = folder;
        this.output = output;
    }

    /** @return true when everything held */
    boolean run(Kind kind) throws IOException, InterruptedException {
        form();
        switch (kind) {
            case failover -> {
                round(1, "follower", "SIGKILL");
                round(2, "leader", "SIGKILL");
            }
            case hang -> round(1, "follower", "SIGSTOP");
            case stuck -> {
                folder.device("fails");
                round(1, "follower", "SIGKILL", new Stuck(cluster, folder, output)::untilFreed);
            }
        }
        output.summary(summary(kind));
        return ok;
    }

    private void form() throws IOException {
        require(cluster.await(FORM_LIMIT_MS, () -> cluster.nodes().stream().allMatch(node -> installedAt(node).isPresent())),
                "the %d nodes did not form a cluster within %d s".formatted(cluster.nodes().size(), FORM_LIMIT_MS / 1000));
        joinGroups(cluster.nodes());
        awaitCalm("after forming");
        output.formed(cluster.log(), cluster.startedAt());
    }

    /** When a node installed a safe view of all nodes. */
    private Optional<Long> installedAt(DemoNode node) {
        return cluster.log().stream()
                .filter(event -> event.node().equals(node.name()) && event.event().equals("view.installed")
                        && event.truth("safe") && event.text("members").split(" ").length == cluster.nodes().size())
                .map(TimelineEvent::mono)
                .findFirst();
    }

    private void joinGroups(List<DemoNode> nodes) {
        for (String group : GROUPS) {
            nodes.forEach(node -> node.ask("do", "group.join", "group", group));
        }
    }

    private void awaitCalm(String when) throws IOException {
        long[] calmSince = {-1};
        require(cluster.await(FORM_LIMIT_MS, () -> {
            long now = System.nanoTime();
            if (!cluster.isCalm(GROUPS)) {
                calmSince[0] = -1;
                return false;
            }
            if (calmSince[0] < 0) {
                calmSince[0] = now;
            }
            return now - calmSince[0] >= CALM_MS * 1_000_000;
        }), "the cluster was not calm within %d s %s".formatted(FORM_LIMIT_MS / 1000, when));
    }

    /** What is done between a signal and the recovery. */
    private interface Meanwhile {

        /** @return what did not hold */
        List<String> of(Round round) throws IOException;
    }

    private void round(int number, String role, String signal) throws IOException, InterruptedException {
        round(number, role, signal, _ -> List.of());
    }

    private void round(int number, String role, String signal, Meanwhile meanwhile)
            throws IOException, InterruptedException {
        String leader = cluster.leader().orElseThrow(() -> new NotHeld("no node says that it leads"));
        DemoNode victim = cluster.nodes().stream()
                .filter(node -> role.equals("leader") == node.name().equals(leader))
                .reduce((_, last) -> last)
                .orElseThrow();
        long life = Json.number(victim.status(), "life", 0);
        List<String> survivors = cluster.nodes().stream().map(DemoNode::name).filter(n -> !n.equals(victim.name())).toList();

        long signalledAt = System.nanoTime();
        if (signal.equals("SIGKILL")) {
            victim.kill();
        } else {
            victim.stop();
        }
        Round round = new Round(number, role, signal, victim.name() + "#" + life, victim.name() + "#" + (life + 1),
                survivors, GROUPS, signalledAt);
        List<String> broken = meanwhile.of(round);
        boolean recovered = cluster.await(RECOVER_LIMIT_MS, () -> {
            TimelineCheck.Times times = TimelineCheck.check(round, cluster.log()).times();
            return times.recoveredMs() >= 0 && times.deadMs() >= 0;
        });
        boolean ended = victim.awaitEnd();
        if (recovered && ended) {
            comeBack(victim, round);
        }
        conclude(round, ended, broken);
    }

    private void comeBack(DemoNode victim, Round round) throws IOException {
        cluster.restart(victim);
        boolean joined = cluster.await(RECOVER_LIMIT_MS, () ->
                TimelineCheck.check(round, cluster.log()).times().rejoinedMs() >= 0 || victim.ended().isPresent());
        if (joined && victim.isAlive()) {
            joinGroups(List.of(victim));
            awaitCalm("after %s came back".formatted(round.comeback()));
        }
    }

    private void conclude(Round round, boolean ended, List<String> before) {
        TimelineCheck.Verdict verdict = TimelineCheck.check(round, cluster.log());
        List<String> broken = new ArrayList<>(before);
        broken.addAll(verdict.broken());
        if (!ended) {
            broken.add("the process of %s was not ended".formatted(round.victim()));
        }
        ok &= broken.isEmpty();
        Map<String, Object> summary = summary(round, verdict.times(), broken);
        summaries.add(summary);
        output.round(round, cluster.log(), summary, broken);
        if (!broken.isEmpty()) {
            throw new NotHeld("round %d did not hold".formatted(round.number()));
        }
    }

    /** Something did not hold; what comes after would only tell of its consequences. */
    private static final class NotHeld extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotHeld(String what) {
            super(what);
        }
    }

    /** As {@link #run}, but ends with a summary also when a round did not hold or something did not come in time. */
    boolean runToTheEnd(Kind kind) throws IOException, InterruptedException {
        try {
            return run(kind);
        } catch (NotHeld | ClusterFault e) {
            if (cluster.isEnding()) {
                return false;
            }
            if (ok) {
                // It ended between the rounds: nothing has been told of it yet.
                ok = false;
                cluster.look();
                output.broken(cluster.log(), cluster.startedAt(), e.getMessage());
            }
            output.why(whys());
            Map<String, Object> summary = summary(kind);
            summary.put("why", e.getMessage());
            output.summary(summary);
            return false;
        }
    }

    /** What each node says it waits for. */
    private Map<String, Object> whys() {
        Map<String, Object> whys = Json.object();
        for (DemoNode node : cluster.nodes()) {
            DemoCluster.statusOf(node).ifPresent(status -> whys.put(node.name(), status.get("waits")));
        }
        return whys;
    }

    private static Map<String, Object> summary(Round round, TimelineCheck.Times times, List<String> broken) {
        return Json.object(
                "event", "round", "ok", broken.isEmpty(), "round", round.number(), "victim", round.victim(),
                "role", round.victimRole(), "signal", round.signal(),
                "detect_ms", times.detectMs(), "fence_ms", times.fenceMs(), "dead_ms", times.deadMs(),
                "recover_ms", times.recoverMs(), "total_ms", times.recoveredMs(), "rejoin_ms", times.rejoinedMs(),
                "broken", broken);
    }

    /** Times are the worst of all rounds. */
    private Map<String, Object> summary(Kind kind) {
        Map<String, Object> summary = Json.object(
                "event", "summary", "ok", ok, "script", kind, "nodes", cluster.nodes().size());
        installedByAll().ifPresent(at -> summary.put("quorum_ms", (at - cluster.startedAt()) / 1e6));
        for (String field : List.of("detect_ms", "fence_ms", "dead_ms", "recover_ms", "total_ms")) {
            summary.put(field, summaries.stream().mapToDouble(each -> (Double) each.get(field)).max().orElse(-1));
        }
        summary.put("rounds", summaries);
        return summary;
    }

    private Optional<Long> installedByAll() {
        TreeSet<Long> moments = new TreeSet<>();
        for (DemoNode node : cluster.nodes()) {
            Optional<Long> at = installedAt(node);
            if (at.isEmpty()) {
                return Optional.empty();
            }
            moments.add(at.get());
        }
        return Optional.of(moments.last());
    }

    private void require(boolean held, String otherwise) {
        cluster.requireAlive();
        if (!held) {
            throw new NotHeld(otherwise);
        }
    }

}
