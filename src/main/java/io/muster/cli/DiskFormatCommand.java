package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.block.DiskHeader;
import io.muster.block.DiskLayout;
import io.muster.daemon.ConfigReader;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.runtime.DiskMaker;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster disk format PATH}: makes a disk one of a cluster. */
@Command(name = "format", mixinStandardHelpOptions = true, description = {
    "Make a block device or an image file a shared disk of a cluster.",
    "A disk in use is refused (mounted, claimed, locked, written to by a node); one that looks like somebody else's too,",
    "unless --force says that what is on it may be lost."})
final class DiskFormatCommand implements Callable<Integer> {

    private static final long NS_PER_MS = 1_000_000;

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "PATH", description = "A block device or an image file.")
    Path path;

    @Option(names = "--config", paramLabel = "FILE", description = "A node's configuration: its cluster's id is taken.")
    Path config;

    @Option(names = "--cluster", paramLabel = "ID", description = "The cluster's id, in place of --config.")
    String cluster;

    @Option(names = "--label", paramLabel = "LABEL", defaultValue = "", description = "A word for people.")
    String label;

    @Option(names = "--size", paramLabel = "BYTES", description = "Make a new image file of this length.")
    Long size;

    @Option(names = "--force", description = "What is on it may be lost. A disk in use is refused all the same.")
    boolean force;

    @Option(names = "--no-direct", description = "Through the cache of this machine: for trials on one machine.")
    boolean noDirect;

    @Option(names = "--watch-ms", paramLabel = "MS", defaultValue = "5000",
            description = "How long a disk of Muster is watched for heartbeats first (shipped: ${DEFAULT-VALUE}).")
    long watchMs;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Override
    public Integer call() {
        if (size != null && size < 1 || watchMs < 1) {
            throw new ClusterFault(FaultCode.CLI_1, "--size and --watch-ms are at least 1.");
        }
        if (!label.matches("[A-Za-z0-9._-]{0,%d}".formatted(DiskHeader.LABEL_LIMIT))) {
            throw new ClusterFault(FaultCode.CLI_1, "--label \"%s\": at most %d letters, digits, dots, dashes and underscores."
                    .formatted(label, DiskHeader.LABEL_LIMIT));
        }
        DiskHeader made = DiskMaker.make(new DiskMaker.Wish(path, cluster(), label, size == null ? 0 : size, force, !noDirect,
                watchMs * NS_PER_MS));
        spec.commandLine().getOut().println(json ? Json.write(DiskText.json(made)) : ("%s is disk %s of cluster %s now: acceptor"
                + " %016x, %d bytes, of which %d for a file system.").formatted(path, made.disk(), made.cluster(),
                        made.acceptorId(), made.diskBytes(), made.diskBytes() - DiskLayout.CONTROL_BYTES));
        return ExitCode.FINE.number();
    }

    private ClusterId cluster() {
        if (config != null == (cluster != null)) {
            throw new ClusterFault(FaultCode.CLI_1, "Say either --config FILE or --cluster ID.");
        }
        if (config != null) {
            return ConfigReader.read(config).cluster();
        }
        try {
            return ClusterId.parse(cluster);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, "--cluster: " + e.getMessage() + ".", e);
        }
    }
}
