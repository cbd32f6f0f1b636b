package io.muster.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options by which every command that asks a daemon names it. */
final class DaemonChoice {

    @Option(names = "--node", paramLabel = "NAME", description = "Ask this node's daemon, as n1.")
    String node = "";

    @Option(names = "--dir", paramLabel = "FOLDER",
            description = "Ask a daemon of this data folder, or of this folder of data folders.")
    Path dir;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;
}
