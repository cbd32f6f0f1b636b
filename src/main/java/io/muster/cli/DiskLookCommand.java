package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.block.BlockDevice;
import io.muster.block.DiskCheck;
import io.muster.block.DiskFault;
import io.muster.block.DiskFormat;
import io.muster.block.HeaderChoice;
import io.muster.block.SlotReader;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.runtime.FileDevice;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at a disk and never writes. */
abstract sealed class DiskLookCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "PATH", description = "A block device or an image file.")
    Path path;

    @Option(names = "--no-direct", description = "Through the cache of this machine: for trials on one machine.")
    boolean noDirect;

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    abstract ExitCode look(BlockDevice device);

    @Override
    public Integer call() {
        try (FileDevice device = FileDevice.open(path, FileDevice.Access.READ, !noDirect)) {
            String tooSmall = DiskFormat.tooSmall(device.bytes());
            if (!tooSmall.isEmpty()) {
                throw new ClusterFault(FaultCode.DISK_1, "%s is no disk of Muster: %s".formatted(path, tooSmall));
            }
            return look(device).number();
        } catch (DiskFault e) {
            throw new ClusterFault(FaultCode.DISK_2, e.getMessage(), e);
        }
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** The header that holds. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Show whose disk it is. Writes nothing.")
    static final class Show extends DiskLookCommand {
        @Override
        ExitCode look(BlockDevice device) {
            switch (HeaderChoice.of(HeaderChoice.read(device))) {
                case HeaderChoice.Chosen(var header, var bad) -> {
                    if (json) {
                        out().println(Json.write(DiskText.json(header)));
                    } else {
                        DiskText.lines(header).forEach(out()::println);
                        bad.forEach(out()::println);
                    }
                }
                case HeaderChoice.Missing(var lines) -> throw refused("it has no header: " + String.join("; ", lines));
                case HeaderChoice.Undecided(var why, var lines) -> throw refused(why + ": " + String.join("; ", lines));
            }
            return ExitCode.FINE;
        }

        private ClusterFault refused(String why) {
            return new ClusterFault(FaultCode.DISK_1, "%s: %s".formatted(path, why));
        }
    }

    /** All that is on it. */
    @Command(name = "check", mixinStandardHelpOptions = true, description = {
        "Read all copies of the header and all slots, and say which are damaged. Writes nothing.",
        "Ends with 0 when all is well, with 75 when something is damaged or missing."})
    static final class Check extends DiskLookCommand {
        @Override
        ExitCode look(BlockDevice device) {
            DiskCheck.Report report = new DiskCheck(SlotReader.UNKNOWN, SlotReader.UNKNOWN, SlotReader.UNKNOWN).look(device);
            if (json) {
                out().println(Json.write(DiskText.json(report)));
            } else {
                DiskText.lines(report).forEach(out()::println);
            }
            return report.sound() ? ExitCode.FINE : ExitCode.DISK;
        }
    }
}
