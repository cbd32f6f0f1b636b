package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.daemon.ConfigReader;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.runtime.StoppedNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muster ledger}: the agreed record of a node whose daemon does not run (rules L8, Q6). */
@Command(name = "ledger", subcommands = {LedgerCommand.Show.class, LedgerCommand.Revive.class, LedgerCommand.Fresh.class},
        description = "Look at a node's agreed record, go on from it when the other voters are lost, or begin a new one.")
final class LedgerCommand implements Runnable {

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say show, revive or fresh.");
    }

    /** What all three need: whose folder it is. */
    abstract static class OfFolder implements Callable<Integer> {

        @Spec
        CommandSpec spec;

        @Option(names = "--config", paramLabel = "FILE", required = true, description = "The node's configuration.")
        Path file;

        @Option(names = "--json", description = "One JSON object.")
        boolean json;

        @Override
        public Integer call() {
            DaemonConfig config = ConfigReader.read(file);
            return run(config, new StoppedNode(config.machine().dataFolder(), config.cluster(), config.self())).number();
        }

        abstract ExitCode run(DaemonConfig config, StoppedNode node);

        PrintWriter out() {
            return spec.commandLine().getOut();
        }

        void tell(AcceptorRecord record, String sentence) {
            ClusterState state = record.state();
            out().println(json
                    ? Json.write(Json.object(
                            "version", state.version(),
                            "accepted", record.accepted().map(Ballot::toString).orElse(""),
                            "promised", record.promised().map(Ballot::toString).orElse(""),
                            "record", "%016x".formatted(record.recordId()),
                            "ledger", "%016x".formatted(state.voting().ledger()),
                            "voters", texts(state.voters()), "members", texts(NodeSet.of(state.members().keySet()))))
                    : sentence);
        }

        private static List<Object> texts(NodeSet nodes) {
            List<Object> texts = new ArrayList<>();
            nodes.forEach(node -> texts.add(node.toString()));
            return texts;
        }
    }

    /** Of several records the one with the higher ballot, then the higher version, is the newer. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = {
            "Show what a node's record holds; also while its daemon runs.",
            "Of several, the one accepted in the higher ballot, then with the higher version, is the newest."})
    static final class Show extends OfFolder {

        @Override
        ExitCode run(DaemonConfig config, StoppedNode node) {
            AcceptorRecord record = node.record();
            ClusterState state = record.state();
            tell(record, "%s: version %d, accepted in %s; voters %s, members %s, ledger %016x".formatted(
                    config.self(), state.version(), record.accepted().map(Ballot::toString).orElse("no ballot"),
                    state.voters(), NodeSet.of(state.members().keySet()), state.voting().ledger()));
            return ExitCode.FINE;
        }
    }

    /** Rule Q6. */
    @Command(name = "revive", mixinStandardHelpOptions = true, description = {
            "Go on with this node alone, because the other voters are lost for good.",
            "All other voters have to be named, and have to be off: this node forgets nothing that it knows, but what the lost",
            "had agreed on without it is gone. Their last lives still have to be fenced (or `muster fence ack`) before data of",
            "their groups is used. Whoever of them comes back is refused until it has a new record (muster ledger fresh)."})
    static final class Revive extends OfFolder {

        @Option(names = "--lost", paramLabel = "NODE", split = ",", required = true,
                description = "All other voters of the record's last version.")
        List<String> lost = List.of();

        @Option(names = "--they-are-off", description = "You have seen that they are: without this nothing is done.")
        boolean off;

        @Option(names = {"--by", "--person"}, paramLabel = "NAME",
                description = "Who says so; by default the user of this machine.")
        String person = System.getProperty("user.name");

        @Override
        ExitCode run(DaemonConfig config, StoppedNode node) {
            NodeSet named = NodeSet.NONE;
            for (String each : lost) {
                try {
                    named = named.with(NodeId.parse(each));
                } catch (IllegalArgumentException e) {
                    throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + "; nothing was changed", e);
                }
            }
            if (!off) {
                throw new ClusterFault(FaultCode.CLI_1, ("a lost voter that still runs could decide with others against this:"
                        + " see that %s are off, then say so with --they-are-off; nothing was changed").formatted(named));
            }
            AcceptorRecord record = node.revive(named, person);
            ClusterState state = record.state();
            tell(record, ("%s decides alone from version %d on, in ledger %016x. Start it; fence what `muster why` names. The"
                    + " others: muster ledger fresh --ledger %016x, then muster voter add.").formatted(
                            config.self(), state.version(), state.voting().ledger(), state.voting().ledger()));
            return ExitCode.FINE;
        }
    }

    /** Rule L8. */
    @Command(name = "fresh", mixinStandardHelpOptions = true, description = {
            "Give a node a new, empty record, because its own is lost, damaged or of a ledger that was given up.",
            "The old file is kept beside it. The node has no vote until `muster voter remove` and `muster voter add`."})
    static final class Fresh extends OfFolder {

        @Option(names = "--ledger", paramLabel = "ID", defaultValue = "",
                description = "Which ledger to keep to, as `muster status` shows it after a revival.")
        String ledger;

        @Option(names = "--life", paramLabel = "NUMBER", defaultValue = "0",
                description = "The highest life of this node that the others know, if its own count is lost.")
        long life;

        @Override
        ExitCode run(DaemonConfig config, StoppedNode node) {
            if (!ledger.matches("([0-9a-f]{16})?") || life < 0) {
                throw new ClusterFault(FaultCode.CLI_1, ("\"%s\" is no ledger of 16 hexadecimal digits, or %d no life; nothing"
                        + " was changed").formatted(ledger, life));
            }
            long id = node.fresh(config.machine().nodeSet(),
                    ledger.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseUnsignedLong(ledger, 16)),
                    life == 0 ? OptionalLong.empty() : OptionalLong.of(life));
            tell(node.record(), ("%s has a new record, %016x. Start it; if it had a vote: muster voter remove %s, then"
                    + " muster voter add %s.").formatted(config.self(), id, config.self(), config.self()));
            return ExitCode.FINE;
        }
    }
}
