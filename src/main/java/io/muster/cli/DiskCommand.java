package io.muster.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muster disk}: shared disks, before and behind the daemons. */
@Command(name = "disk", mixinStandardHelpOptions = true, subcommands = {
        DiskFormatCommand.class, DiskLookCommand.Show.class, DiskLookCommand.Check.class, DiskServeCommand.class},
        description = "Format a shared disk for a cluster, look at one, or serve one over the network.")
final class DiskCommand implements Runnable {

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say format, show, check or serve.");
    }
}
