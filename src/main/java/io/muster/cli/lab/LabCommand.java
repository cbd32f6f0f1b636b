package io.muster.cli.lab;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.cli.StatusText;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code muster lab}: a cluster of real daemons in network namespaces of their own, whose links can be cut. */
@Command(name = "lab", mixinStandardHelpOptions = true, description = {
        "Run a cluster in network namespaces of its own on this machine, cut its links, stop its daemons (root only).",
        "Nothing outside the lab's namespaces is touched; a lab takes itself down after --life minutes."})
public final class LabCommand implements Callable<Integer> {

    static final Path FOLDER_DEFAULT = Path.of("/tmp/muster-lab");

    private static final String TIMES = "calm (which suits one machine) or lan, as shipped; calm by default.";
    private static final int REPEAT_LIMIT = 1000;

    @Spec
    CommandSpec spec;

    @Option(names = "--dir", paramLabel = "FOLDER", scope = ScopeType.INHERIT, description = "The lab's folder.")
    Path dir = FOLDER_DEFAULT;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(),
                "Say up, cut, oneway, pause, kill, start, heal, status, exec, run or down.");
    }

    @Command(name = "up", mixinStandardHelpOptions = true, description = "Make a lab and start its daemons.")
    int up(
            @Option(names = "--nodes", paramLabel = "N", defaultValue = "3", description = "2 to 9; 3 by default.") int nodes,
            @Option(names = "--links", paramLabel = "N", defaultValue = "2", description = "1 to 4; 2 by default.") int links,
            @Option(names = "--policy", paramLabel = "NAME", defaultValue = "fixed",
                    description = "Who changes the voters: fixed, dynamic or two-node; fixed by default.") String policy,
            @Option(names = "--times", paramLabel = "NAME", defaultValue = "calm", description = TIMES) String times,
            @Option(names = "--life", paramLabel = "MINUTES", defaultValue = "30",
                    description = "After so many it takes itself down; 30 by default, 720 at most.") long life)
            throws IOException {
        LabSetup setup = LabSetup.of(nodes, links).with(LabSetup.policyOf(policy)).with(LabSetup.Pace.named(times));
        Lab lab = Lab.up(folder(), setup, Duration.ofMinutes(life));
        lab.release();
        out().println("A lab of %d nodes with %d links in %s, for %d minutes; namespaces %s.".formatted(
                nodes, links, lab.folder(), life, String.join(" ", lab.plan().namespaces())));
        return ExitCode.FINE.number();
    }

    @Command(name = "cut", mixinStandardHelpOptions = true,
            description = "Drop all packets between two nodes, or between one and all others, both ways.")
    int cut(@Parameters(paramLabel = "NODE", arity = "1..2") List<String> nodes,
            @Option(names = "--link", paramLabel = "N", description = "Only on this link, from 0.") Optional<Integer> link) {
        Lab lab = Lab.open(folder());
        if (nodes.size() == 1) {
            lab.node(node(nodes.getFirst()));
            lab.cut(node(nodes.getFirst()), number(link));
        } else {
            lab.cut(node(nodes.get(0)), node(nodes.get(1)), number(link));
        }
        return told(lab);
    }

    @Command(name = "oneway", mixinStandardHelpOptions = true, description = "Drop all packets from one node to another.")
    int oneway(@Parameters(paramLabel = "FROM") String from, @Parameters(paramLabel = "TO") String to,
            @Option(names = "--link", paramLabel = "N", description = "Only on this link, from 0.") Optional<Integer> link) {
        Lab lab = Lab.open(folder());
        lab.oneWay(node(from), node(to), number(link));
        return told(lab);
    }

    @Command(name = "pause", mixinStandardHelpOptions = true, description = "Stop a daemon (SIGSTOP).")
    int pause(@Parameters(paramLabel = "NODE") String node,
            @Option(names = "--for", paramLabel = "MS", description = "Let it go on after so many milliseconds, as 300 or 300ms.")
            Optional<String> length) throws IOException, InterruptedException {
        Optional<Long> ms = length.map(LabCommand::milliseconds);
        LabNode one = Lab.open(folder()).node(node(node));
        one.signal("STOP");
        if (ms.isPresent()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ms.get()));
            one.signal("CONT");
        }
        return ExitCode.FINE.number();
    }

    @Command(name = "kill", mixinStandardHelpOptions = true, description = "End a daemon at once (SIGKILL).")
    int kill(@Parameters(paramLabel = "NODE") String node) {
        Lab.open(folder()).node(node(node)).kill();
        return ExitCode.FINE.number();
    }

    @Command(name = "start", mixinStandardHelpOptions = true, description = "Start a daemon that has ended.")
    int start(@Parameters(paramLabel = "NODE") String node) throws IOException {
        Lab.open(folder()).node(node(node)).start();
        return ExitCode.FINE.number();
    }

    @Command(name = "heal", mixinStandardHelpOptions = true, description = "Mend every link; let stopped daemons go on.")
    int heal() throws IOException, InterruptedException {
        Lab lab = Lab.open(folder());
        lab.heal();
        return told(lab);
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = "Show the daemons and what is cut.")
    int status() {
        return told(Lab.open(folder()));
    }

    @Command(name = "exec", mixinStandardHelpOptions = true, description = "Run a command in a node's namespace.")
    int exec(@Parameters(paramLabel = "NODE") String node, @Parameters(paramLabel = "COMMAND", arity = "1..*") List<String> words)
            throws IOException, InterruptedException {
        Lab lab = Lab.open(folder());
        List<String> command = new ArrayList<>(
                List.of("ip", "netns", "exec", lab.plan().namespace(lab.node(node(node)).node())));
        command.addAll(words);
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    @Command(name = "down", mixinStandardHelpOptions = true, description = "End everything and remove all that the lab made.")
    int down() throws IOException {
        Lab lab = Lab.open(folder());
        lab.down();
        out().println("Nothing of the lab in %s is left.".formatted(lab.folder()));
        return ExitCode.FINE.number();
    }

    @Command(name = "run", mixinStandardHelpOptions = true,
            description = "Make a lab, run scripts, and take it down. Ends with 0 when all held, with 10 when not.")
    int run(@Parameters(paramLabel = "SCRIPT", arity = "1..*", completionCandidates = ScriptNames.class,
                    description = "all, or of ${COMPLETION-CANDIDATES}.") List<String> names,
            @Option(names = "--times", paramLabel = "NAME", defaultValue = "calm", description = TIMES) String times,
            @Option(names = "--repeat", paramLabel = "N", defaultValue = "1",
                    description = "Run each script so many times; once by default.") int repeat)
            throws IOException, InterruptedException {
        if (repeat < 1 || repeat > REPEAT_LIMIT) {
            throw new ClusterFault(FaultCode.CLI_1, "--repeat %d is not in 1 to %d.".formatted(repeat, REPEAT_LIMIT));
        }
        LabSetup.Pace pace = LabSetup.Pace.named(times);
        Map<LabSetup, List<LabScripts.Kind>> kinds = new LinkedHashMap<>();
        for (String name : names) {
            for (LabScripts.Kind kind : kindsOf(name)) {
                kinds.computeIfAbsent(kind.setup().with(pace), _ -> new ArrayList<>()).addAll(Collections.nCopies(repeat, kind));
            }
        }
        List<LabScripts.Verdict> verdicts = new ArrayList<>();
        for (Map.Entry<LabSetup, List<LabScripts.Kind>> each : kinds.entrySet()) {
            verdicts.addAll(runIn(each.getKey(), each.getValue()));
        }
        out().println();
        verdicts.forEach(each -> out().println("%-19s %-9s %5.1f s  %s".formatted(
                each.script(), each.broken().isEmpty() ? "held" : "NOT HELD", each.seconds(), String.join("; ", each.broken()))));
        return (verdicts.stream().allMatch(each -> each.broken().isEmpty()) ? ExitCode.FINE : ExitCode.NOT_HELD).number();
    }

    private List<LabScripts.Verdict> runIn(LabSetup setup, List<LabScripts.Kind> kinds)
            throws IOException, InterruptedException {
        List<LabScripts.Verdict> verdicts = new ArrayList<>();
        Lab lab = Lab.up(folder(), setup, Lab.LIFE_DEFAULT);
        try {
            LabScripts scripts = new LabScripts(lab, out());
            for (LabScripts.Kind kind : kinds) {
                verdicts.add(scripts.run(kind));
            }
        } finally {
            lab.down();
        }
        return verdicts;
    }

    /** For the help. */
    static final class ScriptNames extends ArrayList<String> {

        private static final long serialVersionUID = 1L;

        ScriptNames() {
            super(Arrays.stream(LabScripts.Kind.values()).map(Enum::name).toList());
        }
    }

    private static List<LabScripts.Kind> kindsOf(String name) {
        if (name.equals("all")) {
            return LabScripts.Kind.CASES;
        }
        for (LabScripts.Kind kind : LabScripts.Kind.values()) {
            if (kind.name().equals(name.replace('-', '_'))) {
                return List.of(kind);
            }
        }
        throw new ClusterFault(FaultCode.CLI_1, "script \"%s\" is not known: all, or one of %s.".formatted(
                name, List.of(LabScripts.Kind.values())));
    }

    private int told(Lab lab) {
        for (LabNode node : lab.nodes()) {
            Optional<Map<String, Object>> status = node.status();
            out().println("%-4s %-14s %s".formatted(node.node(), node.pid().map(pid -> "process " + pid).orElse("ended"),
                    status.map(LabCommand::line).orElse("does not answer")));
        }
        List<String> drops = lab.drops();
        out().println(drops.isEmpty() ? "Nothing is cut." : "Dropped: " + String.join(", ", drops));
        return ExitCode.FINE.number();
    }

    private static String line(Map<String, Object> status) {
        return "%s, version %d, may act %.0f ms, view %s".formatted(Json.text(status, "role"),
                Json.number(status, "version", 0), StatusText.millis(status, "acting_ms"),
                String.join(" ", Json.texts(Json.inner(status, "view"), "members")));
    }

    private Path folder() {
        return dir.toAbsolutePath().normalize();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private static OptionalInt number(Optional<Integer> link) {
        return link.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    private static NodeId node(String name) {
        try {
            return NodeId.parse(name);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + ".", e);
        }
    }

    private static long milliseconds(String text) {
        if (!text.matches("[0-9]{1,7}(ms)?")) {
            throw new ClusterFault(FaultCode.CLI_1,
                    "--for \"%s\" is no number of milliseconds: write 300 or 300ms.".formatted(text));
        }
        return Long.parseLong(text.replace("ms", ""));
    }
}
