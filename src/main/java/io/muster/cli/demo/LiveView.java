package io.muster.cli.demo;

import io.muster.base.ClusterFault;
import io.muster.cli.EventText;
import io.muster.cli.StatusText;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Shows the cluster while it runs: on a terminal a table that is drawn again and again with the newest events below,
 * otherwise the events as lines. A daemon that was killed is started again after a while, one that left is not.
 */
final class LiveView {

    private static final long LOOK_PAUSE_NS = 20_000_000L;
    private static final long DRAW_EVERY_NS = 500_000_000L;
    private static final long RESTART_AFTER_NS = 5_000_000_000L;
    private static final int EVENTS_SHOWN = 14;
    /** A daemon that ends again and again is left alone after this many starts. */
    private static final int RESTARTS_LIMIT = 20;

    private final DemoCluster cluster;
    private final PrintWriter out;
    private final boolean json;
    private final Path place;
    private final boolean terminal;
    private final ArrayDeque<String> newest = new ArrayDeque<>();
    private final Map<String, Long> endedSince = new LinkedHashMap<>();
    private final Map<String, Integer> restarts = new LinkedHashMap<>();

    LiveView(DemoCluster cluster, PrintWriter out, boolean json, Path place) {
        this.cluster = cluster;
        this.out = out;
        this.json = json;
        this.place = place;
        Console console = System.console();
        this.terminal = !json && console != null && console.isTerminal();
    }

    /** Goes on until the demo is to end. */
    void run() throws IOException {
        if (!json && !terminal) {
            hints().forEach(out::println);
        }
        cluster.log().forEach(this::show);
        long drawnAt = System.nanoTime() - DRAW_EVERY_NS;
        while (!cluster.isEnding()) {
            cluster.look().forEach(this::show);
            restartTheDead();
            long now = System.nanoTime();
            if (terminal && now - drawnAt >= DRAW_EVERY_NS) {
                draw();
                drawnAt = now;
            }
            LockSupport.parkNanos(LOOK_PAUSE_NS);
        }
    }

    /** A daemon that has become a member joins the demo's groups, so that its death has something to recover. */
    private void joinGroups(TimelineEvent event) {
        String life = event.node() + "#" + event.life();
        if (!event.event().equals("node.joined") || !event.text("who").equals(life)) {
            return;
        }
        try {
            for (String group : Script.GROUPS) {
                cluster.node(event.node()).ask("do", "group.join", "group", group);
            }
        } catch (ClusterFault fault) {
            // It has ended again; its next life is asked anew.
        }
    }

    private void show(TimelineEvent event) {
        joinGroups(event);
        Map<String, Object> told = event.toJson(cluster.startedAt(), 0);
        if (json) {
            out.println(Json.write(told));
            return;
        }
        String line = EventText.line(told);
        if (!terminal) {
            out.println(line);
            return;
        }
        newest.addLast(line);
        if (newest.size() > EVENTS_SHOWN) {
            newest.removeFirst();
        }
    }

    private void restartTheDead() throws IOException {
        long now = System.nanoTime();
        for (DemoNode node : cluster.nodes()) {
            Optional<Integer> code = node.ended();
            if (code.isEmpty() || code.get() == ExitCode.FINE.number() || cluster.isEnding()) {
                endedSince.remove(node.name());
                continue;
            }
            Long since = endedSince.putIfAbsent(node.name(), now);
            int times = restarts.getOrDefault(node.name(), 0);
            if (since != null && now - since >= RESTART_AFTER_NS && times < RESTARTS_LIMIT) {
                endedSince.remove(node.name());
                restarts.put(node.name(), times + 1);
                cluster.restart(node);
            }
        }
    }

    private void draw() {
        StringBuilder screen = new StringBuilder("\033[H\033[2J");
        screen.append("muster demo, %d s, in %s%n%n".formatted(
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - cluster.startedAt()), place));
        screen.append("%-5s %-9s %-9s %-9s %-9s %-24s %s%n".formatted(
                "node", "pid", "role", "version", "may act", "groups", "view"));
        for (DemoNode node : cluster.nodes()) {
            screen.append(row(node)).append(System.lineSeparator());
        }
        screen.append(System.lineSeparator());
        newest.forEach(line -> screen.append(line).append(System.lineSeparator()));
        screen.append(System.lineSeparator());
        hints().forEach(line -> screen.append(line).append(System.lineSeparator()));
        out.print(screen);
        out.flush();
    }

    private static String row(DemoNode node) {
        if (node.ended().isPresent()) {
            return "%-5s %-9s ended with %d".formatted(node.name(), "-", node.ended().get());
        }
        Optional<Map<String, Object>> known = DemoCluster.statusOf(node);
        if (known.isEmpty()) {
            return "%-5s %-9d does not answer".formatted(node.name(), node.pid());
        }
        Map<String, Object> status = known.get();
        Map<String, Object> view = Json.inner(status, "view");
        String groups = String.join(" ", Json.objects(status, "groups").stream()
                .filter(group -> !Json.text(group, "name").equals("nodes"))
                .map(group -> Json.text(group, "name") + ":" + Json.text(group, "phase"))
                .toList());
        return "%-5s %-9d %-9s %-9d %-9s %-24s %s%s".formatted(node.name(), node.pid(), Json.text(status, "role"),
                Json.number(status, "version", 0), "%.0f ms".formatted(StatusText.millis(status, "acting_ms")), groups,
                String.join(" ", Json.texts(view, "members")), Json.truth(view, "safe") ? "" : "  NOT SAFE yet");
    }

    private List<String> hints() {
        String launcher = System.getenv().getOrDefault("MUSTER_LAUNCHER", "muster");
        return List.of(
                "Try in another terminal: %s status --dir %s".formatted(launcher, place),
                "                         kill -9 PID of a daemon, and watch; Ctrl-C ends the demo.");
    }
}
