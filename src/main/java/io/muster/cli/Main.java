package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.cli.demo.DemoCommand;
import io.muster.cli.lab.LabCommand;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The program {@code muster}: one class a command; how each ends is in {@link ExitCode}. */
@Command(
        name = "muster",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Membership, fencing and recovery for machines that share disks.",
        footer = {"", "Try: muster demo",
            "Exit codes: docs/EXIT-CODES.md. Every message begins with a code: muster explain CODE."})
public final class Main {

    /** The program's version as the jar's manifest tells it. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"muster " + Main.version()};
        }
    }

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "(unpacked)" : version;
    }

    /** @return the number to exit with */
    static int run(String... args) {
        return run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args);
    }

    static int run(PrintWriter out, PrintWriter err, String... args) {
        if (args.length == 2 && Set.of("--version", "--json").equals(new TreeSet<>(Arrays.asList(args)))) {
            out.println(Json.write(Json.object("program", "muster", "version", version())));
            return ExitCode.FINE.number();
        }
        CommandLine line = new CommandLine(new Main());
        // Only the named command is looked into: reading the options of all takes longer than most of them run.
        SequencedMap<String, Supplier<Object>> commands = commands();
        Supplier<Object> named = args.length == 0 ? null : commands.get(args[0]);
        if (named != null) {
            line.addSubcommand(args[0], named.get());
        } else {
            commands.forEach((name, command) -> line.addSubcommand(name, command.get()));
            line.addSubcommand(new CommandLine.HelpCommand());
        }
        // What is set here reaches the subcommands that are there already, and no others.
        line.setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((problem, given) -> usage(problem, asksForJson(given)))
                .setExecutionExceptionHandler((problem, at, _) -> failed(problem, at, asksForJson(args)));
        if (args.length == 0) {
            line.usage(out);
            return ExitCode.FINE.number();
        }
        return line.execute(args);
    }

    private static SequencedMap<String, Supplier<Object>> commands() {
        SequencedMap<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("demo", DemoCommand::new);
        commands.put("init", InitCommand::new);
        commands.put("node", NodeCommand::new);
        commands.put("status", StatusCommand::new);
        commands.put("events", EventsCommand::new);
        commands.put("why", WhyCommand::new);
        commands.put("fence", FenceCommand::new);
        commands.put("group", GroupCommand::new);
        commands.put("leave", LeaveCommand::new);
        commands.put("explain", ExplainCommand::new);
        commands.put("sim", SimCommand::new);
        commands.put("warm-up", WarmUpCommand::new);
        commands.put("reload", ReloadCommand::new);
        commands.put("send", SendCommand::new);
        commands.put("listen", ListenCommand::new);
        commands.put("budget", BudgetCommand::new);
        commands.put("lab", LabCommand::new);
        commands.put("barrier", BarrierCommand::new);
        commands.put("trust", TrustCommand::new);
        commands.put("voter", VoterCommand::new);
        commands.put("ledger", LedgerCommand::new);
        commands.put("disk", DiskCommand::new);
        return commands;
    }

    private static int usage(CommandLine.ParameterException problem, boolean json) {
        CommandLine at = problem.getCommandLine();
        String sentence = problem.getMessage().replaceAll("\\s+", " ").strip();
        String name = at.getCommandSpec().qualifiedName();
        return tell(at, new ClusterFault(FaultCode.CLI_1, "%s%s See `%s --help`.".formatted(
                sentence, sentence.endsWith(".") ? "" : ".", name)), json);
    }

    private static int failed(Exception problem, CommandLine at, boolean json) {
        if (problem instanceof ClusterFault fault) {
            return tell(at, fault, json);
        }
        problem.printStackTrace(at.getErr());
        return tell(at, new ClusterFault(FaultCode.SELF_1, "an error of this program: %s.".formatted(problem)), json);
    }

    private static int tell(CommandLine at, ClusterFault fault, boolean json) {
        if (json) {
            at.getOut().println(Json.write(
                    Json.object("ok", false, "code", fault.code().label(), "message", fault.getMessage())));
        } else {
            at.getErr().println(fault.getMessage());
        }
        return ExitCode.of(fault.code()).number();
    }

    private static boolean asksForJson(String[] args) {
        List<String> words = Arrays.asList(args);
        int end = words.indexOf("--");
        return (end < 0 ? words : words.subList(0, end)).contains("--json");
    }
}
