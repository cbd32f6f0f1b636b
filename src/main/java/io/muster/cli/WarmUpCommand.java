package io.muster.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Hidden: does once what the CLI and a daemon do, for the launcher's start-up cache. */
@Command(name = "warm-up", hidden = true, description = "Do once what is done often, while the launcher records it.")
final class WarmUpCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }
}
