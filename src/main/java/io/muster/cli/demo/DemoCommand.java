package io.muster.cli.demo;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.daemon.RuntimeFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code muster demo}: founds a cluster, starts its daemons as processes of their own and shows what they do. They end
 * with it, however it ends, and what it made is removed unless it is to be kept.
 */
@Command(name = "demo", mixinStandardHelpOptions = true, description = {
        "Run a cluster of real daemons on this machine until Ctrl-C, or a script that hurts it and checks the recovery.",
        "What the demo made is removed at its end, unless --keep is given; a cluster that was kept stays."})
public final class DemoCommand implements Callable<Integer> {

    private static final int NODES_DEFAULT = 3;

    @Spec
    CommandSpec spec;

    @Option(names = "--nodes", paramLabel = "N", description = "How many, 2 to 16; 3 when nothing is said.")
    Optional<Integer> nodes = Optional.empty();

    @Option(names = "--dir", paramLabel = "FOLDER",
            description = "Where: a new or empty folder, or a kept demo, which is started again.")
    Optional<Path> dir = Optional.empty();

    @Option(names = "--keep", description = "Keep the folder at the end.")
    boolean keep;

    @Option(names = "--json", description = "Print one JSON object per line.")
    boolean json;

    @Option(names = "--script", paramLabel = "NAME",
            description = "failover: kill a follower, then the leader. hang: stop a daemon without ending it. "
                    + "stuck: a fence device fails, and a person has to help.")
    Optional<Script.Kind> script = Optional.empty();

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean fresh = dir.isEmpty() || DemoFolder.isNew(dir.get());
        int count = checkedCount(fresh);
        Path place = dir.isPresent() ? dir.get().toAbsolutePath().normalize() : Files.createTempDirectory("muster-demo-");
        boolean existed = dir.isPresent() && Files.exists(dir.get());
        Janitor.Remove remove = keep || !fresh ? Janitor.Remove.NOTHING : existed ? Janitor.Remove.CONTENT : Janitor.Remove.ALL;
        // First of all: what is made from here on is removed, whatever happens to this process.
        Janitor janitor = Janitor.start(place, remove, RuntimeFolder.open().path());
        PortReservation ports = PortReservation.of(count);
        boolean scripted = script.filter(Script.Kind.stuck::equals).isPresent();
        DemoFolder folder;
        if (fresh) {
            folder = DemoFolder.found(place, count, ports.ports(), scripted);
        } else {
            folder = DemoFolder.reopen(place, scripted);
            folder.moveTo(ports.ports());
        }
        try (DemoCluster cluster = new DemoCluster(folder, ports, janitor)) {
            // Ctrl-C and SIGTERM come in here; a SIGKILL leaves the daemons to their parent's death and the janitor.
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "demo-end"));
            return run(cluster, folder, remove).number();
        }
    }

    private ExitCode run(DemoCluster cluster, DemoFolder folder, Janitor.Remove remove)
            throws IOException, InterruptedException {
        Path place = folder.path();
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            out.println("A cluster of %d daemons in %s%s".formatted(cluster.nodes().size(), place,
                    remove == Janitor.Remove.NOTHING ? "; it is kept" : ""));
        }
        cluster.start();
        if (json) {
            out.println(Json.write(Json.object("t", 0L, "node", "demo", "event", "demo.started", "version", 0L,
                    "dir", place, "kept", remove == Janitor.Remove.NOTHING)));
        }
        if (script.isPresent()) {
            boolean held = new Script(cluster, folder, new ScriptOutput(out, json)).runToTheEnd(script.get());
            return held ? ExitCode.FINE : ExitCode.NOT_HELD;
        }
        new LiveView(cluster, out, json, place).run();
        return ExitCode.FINE;
    }

    private int checkedCount(boolean fresh) {
        int count = nodes.orElse(NODES_DEFAULT);
        if (!fresh) {
            int kept = DemoFolder.reopen(dir.orElseThrow(), false).nodes().size();
            if (nodes.isPresent() && count != kept) {
                throw new ClusterFault(FaultCode.CLI_1,
                        "--nodes %d: the demo kept in %s has %d nodes; leave --nodes out.".formatted(
                        count, dir.get(), kept));
            }
            count = kept;
        }
        if (count < DemoFolder.NODES_LEAST || count > DemoFolder.NODES_MOST) {
            throw new ClusterFault(FaultCode.CLI_1, "--nodes %d is not in %d to %d.".formatted(
                    count, DemoFolder.NODES_LEAST, DemoFolder.NODES_MOST));
        }
        if (script.isPresent() && count < NODES_DEFAULT) {
            throw new ClusterFault(FaultCode.CLI_1,
                    "--script with --nodes %d: when one of two is dead the other has no majority; 3 to %d would do.".formatted(
                            count, DemoFolder.NODES_MOST));
        }
        return count;
    }
}
