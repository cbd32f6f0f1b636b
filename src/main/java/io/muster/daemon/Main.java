package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.runtime.OwnProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The program of {@code muster node}: one node as a process. Every error before its start is one sentence with a code. */
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(List.of(args)));
    }

    /** @return the number to exit with, when the node has ended; see {@link ExitCode} */
    public static int run(List<String> words) {
        long startedAt = System.nanoTime();
        try {
            DaemonOptions options = DaemonOptions.parse(words);
            if (options.config().isEmpty()) {
                System.out.print(DaemonOptions.USAGE);
                return ExitCode.FINE.number();
            }
            options.parent().ifPresent(Main::dieWithParent);
            Path file = options.config().get().toAbsolutePath();
            try (Daemon daemon = Daemon.start(ConfigReader.read(file), file, startedAt)) {
                return daemon.awaitEnd().number();
            }
        } catch (ClusterFault fault) {
            System.err.println(fault.getMessage());
            return ExitCode.of(fault.code()).number();
        } catch (InterruptedException e) {
            return ExitCode.INTERNAL.number();
        } catch (RuntimeException e) {
            e.printStackTrace();
            System.err.println(FaultCode.SELF_1.label() + " an error of this program: " + e + ".");
            return ExitCode.INTERNAL.number();
        }
    }

    /** The kernel's word and the end of the pipe from the parent; either is enough. */
    private static void dieWithParent(long parent) {
        OwnProcess.dieWithParent(parent);
        Thread.ofPlatform().daemon().name("parent-pipe").start(() -> {
            try {
                while (System.in.read() >= 0) {
                    // Nothing is said on this pipe; its end is what is waited for.
                    continue;
                }
            } catch (IOException e) {
                // A pipe that cannot be read has ended too.
            }
            Runtime.getRuntime().halt(ExitCode.TERMINATED.number());
        });
    }
}
