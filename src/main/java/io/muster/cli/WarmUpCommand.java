package io.muster.cli;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.cli.demo.PortReservation;
import io.muster.daemon.ClusterFounder;
import io.muster.daemon.ConfigReader;
import io.muster.daemon.Daemon;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.ExitCode;
import io.muster.node.Rehearsal;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Hidden: does once what a daemon and the CLI do, while the launcher records which classes that takes, one cache for
 * each. Three daemons in this one process form a cluster, and a death is rehearsed in memory; the founding and the
 * commands run in processes of their own, since what they load is not a daemon's.
 */
@Command(name = "warm-up", hidden = true, description = "Do once what is done often, while the launcher records it.")
final class WarmUpCommand implements Callable<Integer> {

    private static final int NODES = 3;
    private static final int DEATHS = 6;
    private static final long FORM_LIMIT_NS = 20_000_000_000L;
    private static final long CHILD_LIMIT_S = 60;
    private static final long LOOK_PAUSE_NS = 50_000_000L;

    private static final List<String> QUIET = List.of("-Xlog:disable", "-Xlog:all=error:stderr", "-XX:+UseSerialGC",
            "-cp", System.getProperty("java.class.path"), Main.class.getName(), "warm-up");

    @Parameters(index = "0", description = "all, or one of its steps: found, ask")
    String step;

    @Parameters(index = "1", description = "all: the CLI's cache to write; otherwise the folder of the cluster")
    Path path;

    @Override
    public Integer call() throws IOException, InterruptedException {
        switch (step) {
            case "all" -> all();
            case "found" -> found();
            default -> ask();
        }
        return 0;
    }

    private void all() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("muster-warm-up-");
        List<Daemon> daemons = new ArrayList<>();
        try {
            child(List.of(), "found", folder);
            for (int number = 1; number <= NODES; number++) {
                Path file = folder.resolve("n" + number).resolve(DaemonConfig.FILE);
                daemons.add(Daemon.start(ConfigReader.read(file), System.nanoTime()));
            }
            Rehearsal.run(DEATHS);
            child(List.of("-XX:AOTCacheOutput=" + path), "ask", folder);
        } finally {
            daemons.forEach(Daemon::close);
            remove(folder);
        }
    }

    private static void child(List<String> flags, String step, Path folder) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(flags);
        command.addAll(QUIET);
        command.addAll(List.of(step, folder.toString()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(CHILD_LIMIT_S, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("%s took longer than %d s".formatted(step, CHILD_LIMIT_S));
        }
    }

    private void found() throws IOException {
        SortedMap<NodeId, RuntimeConfig.Address> addresses = new TreeMap<>();
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        try (PortReservation ports = PortReservation.of(NODES)) {
            for (int number = 1; number <= NODES; number++) {
                RuntimeConfig.Endpoint endpoint =
                        new RuntimeConfig.Endpoint(PortReservation.loopback().getHostAddress(), ports.ports().get(number - 1));
                addresses.put(NodeId.of(number), new RuntimeConfig.Address(endpoint, List.of(endpoint)));
                fence.put(NodeId.of(number), List.of("process", "manual"));
            }
            ClusterFounder.found(path, addresses, fence, TimeBudget.lan());
        }
    }

    private void ask() {
        String first = path.resolve("n1").toString();
        long end = System.nanoTime() + FORM_LIMIT_NS;
        while (run("status", "--dir", first) != ExitCode.FINE.number() && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK_PAUSE_NS);
        }
        for (String words : List.of("status --json", "status --local", "why", "why --json", "events", "events --json",
                "group join warm", "group list", "fence ack n1 --person nobody", "status --nonsense")) {
            List<String> line = new ArrayList<>(List.of(words.split(" ")));
            line.addAll(List.of("--dir", first));
            run(line.toArray(String[]::new));
        }
        run("explain", "FENCE-3");
        run("--version");
    }

    private static int run(String... words) {
        return Main.run(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), words);
    }

    private static void remove(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path done, IOException problem) throws IOException {
                Files.delete(done);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
