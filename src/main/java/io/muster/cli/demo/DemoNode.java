package io.muster.cli.demo;

import io.muster.base.NodeId;
import io.muster.daemon.ControlClient;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.Json;
import io.muster.daemon.SocketPath;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One daemon of the demo: a process of its own. Started from the demo's main thread only, for it ends with that. */
final class DemoNode {

    private static final long ANSWER_LIMIT_MS = 2_000;
    private static final long GONE_WITHIN_S = 5;
    private static final String LOG = "daemon.log";

    private final NodeId node;
    private final Path folder;
    private final EventTail tail;
    private Optional<Process> process = Optional.empty();

    DemoNode(NodeId node, Path folder) throws IOException {
        this.node = node;
        this.folder = folder;
        this.tail = new EventTail(folder);
        tail.skip();
    }

    String name() {
        return node.toString();
    }

    /** Starts the daemon, told to die with this process. */
    void start(Janitor janitor) throws IOException {
        List<String> command = new ArrayList<>();
        // Ctrl-C reaches all processes of the terminal; the demo alone answers it and ends its daemons in order.
        command.addAll(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "muster-daemon"));
        command.addAll(DaemonProgram.command());
        command.addAll(List.of("--config", folder.resolve(DaemonConfig.FILE).toString(),
                "--die-with-parent", Long.toString(ProcessHandle.current().pid())));
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(LOG).toFile()))
                .start();
        process = Optional.of(started);
        janitor.watch(started.pid());
    }

    boolean isAlive() {
        return process.isPresent() && process.get().isAlive();
    }

    long pid() {
        return process.map(Process::pid).orElse(0L);
    }

    /** The exit code of a process that has ended. */
    Optional<Integer> ended() {
        return process.filter(each -> !each.isAlive()).map(Process::exitValue);
    }

    void kill() {
        process.ifPresent(Process::destroyForcibly);
    }

    /** Lets the kernel stop it: it keeps its sockets and says nothing any more. */
    void stop() throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -STOP " + pid()).start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill -STOP %d failed".formatted(pid()));
        }
    }

    /** Waits for the end of a process that was killed. */
    boolean awaitEnd() throws InterruptedException {
        return process.isEmpty() || process.get().waitFor(GONE_WITHIN_S, TimeUnit.SECONDS);
    }

    List<TimelineEvent> moreEvents() throws IOException {
        return tail.more();
    }

    /** Asks its daemon. @throws io.muster.base.ClusterFault when it refuses or does not answer */
    Map<String, Object> ask(Object... namesAndValues) {
        try (ControlClient client = ControlClient.connect(SocketPath.find(folder))) {
            return client.ask(Json.object(namesAndValues), ANSWER_LIMIT_MS);
        }
    }

    Map<String, Object> status() {
        return Json.inner(ask("do", "status"), "status");
    }

    /** The last lines its process wrote, for a message about its end. */
    List<String> lastWords(int count) {
        try {
            List<String> lines = Files.readAllLines(folder.resolve(LOG));
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException e) {
            return List.of("(%s%s%s cannot be read: %s)".formatted(folder, File.separator, LOG, e.getMessage()));
        }
    }
}
