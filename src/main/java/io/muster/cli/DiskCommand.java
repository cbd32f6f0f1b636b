package io.muster.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muster disk}: what concerns a shared disk as such. */
@Command(name = "disk", mixinStandardHelpOptions = true, subcommands = DiskServeCommand.class,
        description = "Shared disks: serve one over the network.")
final class DiskCommand implements Runnable {

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing required subcommand: serve.");
    }
}
