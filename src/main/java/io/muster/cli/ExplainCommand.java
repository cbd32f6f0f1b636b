package io.muster.cli;

import io.muster.base.FaultCode;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster explain CODE}: what a message's code means and what to do. */
@Command(name = "explain", mixinStandardHelpOptions = true,
        description = "Say what a code means and what to do; without a code, list all.")
final class ExplainCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "CODE", arity = "0..1", description = "As FENCE-3; upper or lower case.")
    Optional<String> code = Optional.empty();

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Override
    public Integer call() {
        if (code == null || code.isEmpty()) {
            Arrays.stream(FaultCode.values()).forEach(this::print);
            return ExitCode.FINE.number();
        }
        Optional<FaultCode> known = FaultCode.find(code.get());
        if (known.isEmpty()) {
            String sentence = "\"%s\" is no code of this program; `muster explain` lists all.".formatted(code.get());
            if (json) {
                spec.commandLine().getOut().println(Json.write(Json.object("ok", false, "message", sentence)));
            } else {
                spec.commandLine().getErr().println(sentence);
            }
            return ExitCode.UNKNOWN_CODE.number();
        }
        print(known.get());
        return ExitCode.FINE.number();
    }

    private void print(FaultCode known) {
        spec.commandLine().getOut().println(json
                ? Json.write(Json.object("code", known.label(), "meaning", known.meaning(), "remedy", known.remedy(),
                        "exit", ExitCode.of(known).number()))
                : "%-11s %s%n%-11s %s".formatted(known.label(), known.meaning(), "", known.remedy()));
    }
}
