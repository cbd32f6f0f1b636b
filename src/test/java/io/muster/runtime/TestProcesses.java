package io.muster.runtime;

import io.muster.base.HostProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/** Real processes for tests. */
final class TestProcesses {

    private TestProcesses() {}

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** A child that lives until somebody ends it. */
    static Process sleeper() throws IOException {
        return new ProcessBuilder("sleep", "3600").start();
    }

    /** The facts about a living process of this machine, as it would tell them itself. */
    static HostProcess facts(long pid) {
        HostProcess own = OwnProcess.facts();
        long start = ProcStat.of(pid).orElseThrow().startTicks();
        return new HostProcess(own.host(), own.bootId(), own.pidNamespace(), pid, start);
    }

    /** Waits until the kernel says so of a process; the state changes without a word to us. */
    static ProcStat awaitStat(long pid, Predicate<ProcStat> wanted) {
        long until = System.nanoTime() + Inbox.LIMIT_NS;
        while (true) {
            Optional<ProcStat> stat = ProcStat.of(pid);
            if (stat.isPresent() && wanted.test(stat.get())) {
                return stat.get();
            }
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("process " + pid + " stays as it is: " + stat);
            }
            Thread.onSpinWait();
        }
    }
}
