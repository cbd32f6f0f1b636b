package io.muster.runtime;

import io.muster.base.HostProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** The facts by which others can name this process, and its tie to the one that started it. */
public final class OwnProcess {

    private static final int EXIT_WITHOUT_PARENT = 1;

    private OwnProcess() {}

    /**
     * Who this process is. Facts that the host does not offer are empty or 0; a process fence then refuses to act, as
     * it should.
     */
    public static HostProcess facts() {
        String host = text(Path.of("/proc/sys/kernel/hostname"));
        long pid = ProcessHandle.current().pid();
        long startTicks = ProcStat.ofSelf().filter(stat -> stat.pid() == pid).map(ProcStat::startTicks).orElse(0L);
        if (startTicks == 0) {
            // A /proc of another pid namespace, or none: numbers found there would name somebody else.
            return new HostProcess(host, "", "", pid, 0);
        }
        return new HostProcess(host, bootId(), pidNamespace(), pid, startTicks);
    }

    static String bootId() {
        return text(Path.of("/proc/sys/kernel/random/boot_id"));
    }

    /** As {@code pid:[4026531836]}. */
    static String pidNamespace() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /**
     * From now on the kernel kills this process when the one that started it ends, however it ends.
     *
     * <p>The kernel watches the <em>thread</em> that started us: a parent has to start its children from a thread
     * that lives as long as it does.
     *
     * @throws IllegalStateException when the kernel refuses
     */
    public static void dieWithParent() {
        dieWithParent(Native.parentPid());
    }

    /**
     * The same, told whose child we are: if that one ended before the kernel was asked, this process ends now.
     *
     * @param parentPid process number of the parent, in our pid namespace
     */
    public static void dieWithParent(long parentPid) {
        CountDownLatch asked = new CountDownLatch(1);
        AtomicInteger result = new AtomicInteger();
        // The wish is lost when the thread that made it ends, so it is made by one that never does.
        Thread.ofPlatform().name("muster-parent").daemon().start(() -> {
            result.set(Native.killWhenParentEnds());
            asked.countDown();
            while (true) {
                LockSupport.park();
            }
        });
        awaitUninterruptibly(asked);
        if (result.get() != 0) {
            throw new IllegalStateException("prctl(PR_SET_PDEATHSIG) failed with error " + -result.get());
        }
        if (Native.parentPid() != parentPid) {
            Runtime.getRuntime().halt(EXIT_WITHOUT_PARENT);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static String text(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.substring(0, Math.min(text.length(), HostProcess.TEXT_LIMIT));
        } catch (IOException e) {
            return "";
        }
    }
}
