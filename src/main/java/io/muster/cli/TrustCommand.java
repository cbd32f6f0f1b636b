package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeSet;
import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.daemon.TrustRotation;
import io.muster.runtime.Certificates;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster trust}: certificates and keys of a cluster that runs; docs/CONFIG.md has the whole procedure. */
@Command(name = "trust", mixinStandardHelpOptions = true,
        subcommands = {TrustCommand.Show.class, TrustCommand.Reload.class, TrustCommand.Rotate.class},
        description = "Show when certificates end, let a node read its keys anew, or make new keys for all nodes.")
final class TrustCommand implements Runnable {

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say show, reload or rotate.");
    }

    /** What a node uses now. */
    @Command(name = "show", description = "Show when the certificates that a node uses end.")
    static final class Show extends DaemonCommand {
        @Override
        boolean anyMember() {
            return false;
        }

        @Override
        ExitCode run(ControlClient daemon) {
            for (Map<String, Object> each : Json.objects(status(daemon), "trust")) {
                out().println(choice.json ? Json.write(each) : "%s ends %s, in %d days".formatted(
                        Json.text(each, "file"), Json.text(each, "until"), Json.number(each, "days", 0)));
            }
            return ExitCode.FINE;
        }
    }

    /** New files are in place. */
    @Command(name = "reload", description = {
            "Let a node read certificate, key, authorities and datagram keys anew, without a restart.",
            "When one of them cannot be used, all stay as they were."})
    static final class Reload extends DaemonCommand {
        @Override
        boolean anyMember() {
            return false;
        }

        @Override
        ExitCode run(ControlClient daemon) {
            daemon.ask(Json.object("do", "trust.reload"), answerLimitMs);
            return ended(daemon, ExitCode.FINE, Json.text(status(daemon), "node") + " uses the files that are there now.", "");
        }
    }

    /** On the machine that keeps the authority. */
    @Command(name = "rotate", mixinStandardHelpOptions = true, description = {
            "Make new keys for a cluster, its authority included, in three steps: begin, switch, end.",
            "After each step carry the files to the nodes and reload all of them (muster trust reload)."})
    static final class Rotate implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Parameters(paramLabel = "STEP", description = "begin, switch or end.")
        String step;

        @Option(names = "--dir", paramLabel = "FOLDER", required = true, description = "Where `muster init` founded it.")
        Path folder;

        @Option(names = "--days", paramLabel = "DAYS",
                description = "How long the new certificates are good; without it they do not end.")
        Integer days;

        @Option(names = "--json", description = "Print JSON.")
        boolean json;

        @Override
        public Integer call() {
            TrustRotation.Step wanted = parse();
            Instant until = days == null ? Certificates.NO_END : Instant.now().plus(days, ChronoUnit.DAYS);
            NodeSet nodes = TrustRotation.of(folder).make(wanted, until);
            String then = switch (wanted) {
                case BEGIN -> "then `muster trust rotate switch`";
                case SWITCH -> "then `muster trust rotate end`";
                case END -> "and the old keys are worth nothing any more";
            };
            spec.commandLine().getOut().println(json
                    ? Json.write(Json.object("ok", true, "step", step, "nodes", nodes.toString()))
                    : "New files for %s: carry them, run `muster trust reload` on each, %s.".formatted(nodes, then));
            return ExitCode.FINE.number();
        }

        private TrustRotation.Step parse() {
            if (days != null && days < 1) {
                throw new ClusterFault(FaultCode.CLI_1, "--days %d is not at least 1.".formatted(days));
            }
            for (TrustRotation.Step known : TrustRotation.Step.values()) {
                if (known.name().toLowerCase(Locale.ROOT).equals(step)) {
                    return known;
                }
            }
            throw new ClusterFault(FaultCode.CLI_1, "step \"%s\" is not known: say begin, switch or end.".formatted(step));
        }
    }
}
