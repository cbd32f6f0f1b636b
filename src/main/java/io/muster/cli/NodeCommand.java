package io.muster.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code muster node}: runs a daemon in this process; the launcher goes to {@link io.muster.daemon.Main} by itself. */
@Command(name = "node", description = "Run the daemon of a node: muster node --config FILE.")
final class NodeCommand implements Callable<Integer> {

    @Unmatched
    List<String> words = new ArrayList<>();

    @Override
    public Integer call() {
        return io.muster.daemon.Main.run(words);
    }
}
