package io.muster.runtime;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The program that watches one daemon from outside and ends it when it does not vouch for itself in time: a process of its own,
 * started by the daemon, which hears it over a pipe.
 *
 * <p>What it relies on, and what not:
 * <ol>
 *   <li>Each word of the daemon names the moment up to which it holds, on a clock that both read and that counts suspension. A
 *       word that comes late therefore holds no longer than it was meant to, and a keeper that was held up itself, and finds
 *       words that came in time, harms nobody.
 *   <li>The daemon is held by a pidfd since before its first word, so the number cannot become another process's.
 *   <li>The end of the pipe without a farewell means that the daemon ends or has ended; then it is killed as well.
 *   <li>Nothing asks the daemon for anything: one that is stopped, or hangs, only has to be silent.
 *   <li>It answers only when the pipe takes the answer at once. Signals that are meant for the daemon (Ctrl-C, TERM, HUP) do
 *       not end it.
 * </ol>
 */
final class WatchdogKeeper {

    /** Ends: released, or the daemon had ended by itself. */
    static final int FINE = 0;
    /** It killed the daemon. */
    static final int KILLED = 3;
    static final int UNFIT = 4;

    /** After a suspension it is noticed this much later at most that the time has passed. */
    private static final long LOOK_NS = 250_000_000L;
    private static final int READ_BYTES = 4096;

    private final long pid;
    private final int pidfd;
    private final long timeoutNs;
    private final Optional<Path> reboot;
    private final KeeperFrames frames = new KeeperFrames();
    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private boolean armed;
    private boolean released;
    private long until;
    /** What the daemon said last, as it said it. */
    private long latest = Long.MIN_VALUE;

    private WatchdogKeeper(long pid, int pidfd, long timeoutNs, Optional<Path> reboot) {
        this.pid = pid;
        this.pidfd = pidfd;
        this.timeoutNs = timeoutNs;
        this.reboot = reboot;
    }

    /**
     * @param words process number and start time (ticks) of the daemon, the timeout in ns, and, where it may start the machine
     *              anew, the file into which {@code b} is to be written for that
     */
    public static void main(String[] words) throws IOException {
        long pid = Long.parseLong(words[0]);
        long startTicks = Long.parseLong(words[1]);
        Native.ignoreEndings();
        int pidfd = Native.pidfdOpen(pid);
        // Opened first, looked at then: see ProcessFence for why this is beyond doubt.
        if (pidfd < 0 || ProcStat.aliveSince(pid).filter(since -> since == startTicks).isEmpty() || !Native.hasBootTime()) {
            System.err.printf("the keeper cannot hold process %d: pidfd %d%n", pid, pidfd);
            System.exit(UNFIT);
        }
        System.exit(new WatchdogKeeper(pid, pidfd, Long.parseLong(words[2]),
                words.length > 3 ? Optional.of(Path.of(words[3])) : Optional.empty()).keep());
    }

    private int keep() throws IOException {
        answer(KeeperFrames.READY, 0);
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        byte[] bytes = new byte[READ_BYTES];
        while (true) {
            long leftNs = armed ? Math.clamp(until - Native.bootTimeNs(), 0, LOOK_NS) : LOOK_NS;
            // What lies in the pipe is read before the time is judged: it was said in time, or says itself that it was not.
            int ready = Native.awaitReadable(0, (int) ((leftNs + 999_999) / 1_000_000));
            if (ready < 0 && ready != Native.INTERRUPTED) {
                return end("its pipe cannot be watched: error %d".formatted(-ready));
            }
            if (ready == 1) {
                int length = in.read(bytes);
                if (length < 0) {
                    // A daemon that ends lets go of its pipe a moment before it is gone.
                    boolean gone = Native.awaitReadable(pidfd, (int) (LOOK_NS / 1_000_000)) == 1;
                    return released || !armed || gone ? FINE : end("its pipe has ended without a farewell");
                }
                frames.feed(bytes, length, this::heard);
                if (armed && !released) {
                    answer(KeeperFrames.HEARD, latest);
                }
            }
            if (released || hasEnded()) {
                return FINE;
            }
            long overdueNs = Native.bootTimeNs() - until;
            if (armed && overdueNs >= 0) {
                return end("it has not vouched for itself for %d ms".formatted((timeoutNs + overdueNs) / 1_000_000));
            }
        }
    }

    private void heard(byte kind, long at) {
        switch (kind) {
            case KeeperFrames.PET -> {
                latest = Math.max(latest, at);
                // Nobody is trusted for longer than the time that was agreed.
                long atMost = Math.min(at, Native.bootTimeNs() + timeoutNs);
                until = armed ? Math.max(until, atMost) : atMost;
                armed = true;
            }
            case KeeperFrames.RELEASE -> released = true;
            default -> { /* of a later program; what counts is whether it vouches */ }
        }
    }

    /** Kills, and comes back only when the process has ended or the machine is told to start anew. */
    private int end(String why) {
        if (hasEnded()) {
            return FINE;
        }
        System.err.printf("WATCHDOG-1 process %d is killed by its keeper: %s.%n", pid, why);
        long begun = Native.bootTimeNs();
        boolean told = false;
        while (!hasEnded()) {
            Native.pidfdSignal(pidfd, Native.SIGKILL);
            Native.awaitReadable(pidfd, (int) (LOOK_NS / 1_000_000));
            if (!told && Native.bootTimeNs() - begun > timeoutNs) {
                // It hangs in the kernel, in a call to a device perhaps, which may still be carried out.
                told = true;
                System.err.printf("WATCHDOG-1 process %d was killed and does not end.%n", pid);
                reboot.ifPresent(WatchdogKeeper::startAnew);
            }
        }
        return KILLED;
    }

    private static void startAnew(Path trigger) {
        try {
            Files.writeString(trigger, "b", StandardOpenOption.WRITE);
        } catch (IOException e) {
            System.err.printf("WATCHDOG-1 the machine cannot be started anew by %s: %s.%n", trigger, e);
        }
    }

    private boolean hasEnded() {
        return Native.awaitReadable(pidfd, 0) == 1;
    }

    private void answer(byte kind, long at) {
        if (Native.awaitWritable(1, 0) == 1) {
            try {
                out.write(KeeperFrames.of(kind, at));
            } catch (IOException e) {
                // Who would read it has ended; the end of the other pipe says so too.
            }
        }
    }
}
