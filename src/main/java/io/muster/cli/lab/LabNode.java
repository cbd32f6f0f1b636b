package io.muster.cli.lab;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.cli.demo.DaemonProgram;
import io.muster.daemon.ControlClient;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.Json;
import io.muster.daemon.SocketPath;
import io.muster.runtime.ProcStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One daemon of a lab, known by its process number and start time, which lie in a file. */
final class LabNode {

    private static final long ANSWER_LIMIT_MS = 3_000;
    private static final long END_LIMIT_S = 10;
    private static final String PROCESS = "process";

    private final NodeId node;
    private final String namespace;
    private final Path folder;
    private final Path mark;

    LabNode(NodeId node, String namespace, Path folder) {
        this.node = node;
        this.namespace = namespace;
        this.folder = folder;
        this.mark = folder.resolve("lab-" + PROCESS);
    }

    NodeId node() {
        return node;
    }

    Path folder() {
        return folder;
    }

    /** The daemon's process while it is the one that was started; a stopped one too. */
    Optional<Long> pid() {
        try {
            String[] parts = Files.readString(mark).strip().split(" ");
            long pid = Long.parseLong(parts[0]);
            return ProcStat.aliveSince(pid).filter(since -> since == Long.parseLong(parts[1])).map(_ -> pid);
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    void start() throws IOException {
        if (pid().isPresent()) {
            throw new ClusterFault(FaultCode.CLI_1, "%s runs already, as process %d.".formatted(node, pid().get()));
        }
        List<String> command = new ArrayList<>(List.of("setsid", "ip", "netns", "exec", namespace));
        command.addAll(DaemonProgram.command());
        command.addAll(List.of("--config", folder.resolve(DaemonConfig.FILE).toString()));
        // setsid and ip become the daemon themselves: the number stays.
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("daemon.log").toFile()))
                .start();
        Files.writeString(mark, "%d %d%n".formatted(started.pid(), ProcStat.aliveSince(started.pid()).orElse(0L)));
    }

    void kill() {
        ProcessHandle process = pid().flatMap(ProcessHandle::of).orElseThrow(this::notRunning);
        process.destroyForcibly();
        process.onExit().orTimeout(END_LIMIT_S, TimeUnit.SECONDS).join();
    }

    /** @param name {@code STOP} or {@code CONT} */
    void signal(String name) throws IOException, InterruptedException {
        long pid = pid().orElseThrow(this::notRunning);
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -\"$1\" \"$2\"", "kill", name, Long.toString(pid)).start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill -%s %d failed".formatted(name, pid));
        }
    }

    /** Asks its daemon; the socket is a file, so no network is needed. @throws ClusterFault when it does not answer */
    Map<String, Object> ask(Object... namesAndValues) {
        try (ControlClient client = ControlClient.connect(SocketPath.find(folder))) {
            return client.ask(Json.object(namesAndValues), ANSWER_LIMIT_MS);
        }
    }

    /** Empty when it does not answer. */
    Optional<Map<String, Object>> status() {
        try {
            return pid().map(_ -> Json.inner(ask("do", "status"), "status"));
        } catch (ClusterFault fault) {
            return Optional.empty();
        }
    }

    private ClusterFault notRunning() {
        return new ClusterFault(FaultCode.CLI_1, "the daemon of %s does not run: muster lab start %s.".formatted(node, node));
    }
}
