package io.muster.runtime;

import io.muster.base.HostProcess;
import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.FenceOperation;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Kills a daemon on this same machine and sees it gone: method {@code process}, for the demo and for several nodes on
 * one host.
 *
 * <p>Why it never kills another process, although process numbers are used again:
 * <ol>
 *   <li>The order must come from this boot and this pid namespace; otherwise the number means nothing here.
 *   <li>A pidfd is opened first; it stays with that one process whatever becomes of the number.
 *   <li>Then the start time of the number's owner is read. If it is not the victim's, the victim is gone, for two
 *       processes never own one number at a time. If it is, the owner is the victim and was it already when the pidfd
 *       was opened, for whoever took the number later would have started later.
 *   <li>The signal goes through the pidfd.
 * </ol>
 *
 * <p>Evidence is {@link EvidenceClass#PROCESS_ENDED}, and only for an end observed in this call (rule F2). A zombie
 * has ended: it runs nothing. Where the kernel has no pidfd (before 5.3), {@link ProcessHandle} kills and
 * {@code /proc} is watched; the check of the start time and the signal are then two steps.
 */
public final class ProcessFence implements FenceMethod {

    public static final String NAME = "process";

    /** A waiting thread looks this often whether it was interrupted; the end itself is noticed at once. */
    private static final int INTERRUPT_CHECK_MS = 20;
    private static final long WATCH_PERIOD_MS = 2;

    private final boolean pidfdAllowed;
    private boolean pidfd;
    private HostProcess own = HostProcess.UNKNOWN;

    public ProcessFence() {
        this(true);
    }

    /** @param pidfdAllowed false to go the way of an old kernel */
    ProcessFence(boolean pidfdAllowed) {
        this.pidfdAllowed = pidfdAllowed;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public MemoryClass memoryClass() {
        return MemoryClass.IN_PROCESS;
    }

    /** A process number is bound to one life beyond doubt, and looking at it changes nothing. */
    @Override
    public Set<Ability> abilities() {
        return EnumSet.of(Ability.ONE_LIFE, Ability.READ);
    }

    /** Walks the whole way once against this process, with no signal, so that nothing is loaded when it matters. */
    @Override
    public void prepare(Map<String, String> settings) throws FenceFailed {
        if (!settings.isEmpty()) {
            throw new FenceFailed("the method \"process\" takes no settings, but has " + settings.keySet());
        }
        own = OwnProcess.facts();
        if (own.bootId().isEmpty() || own.pidNamespace().isEmpty() || own.startTicks() == 0) {
            throw new FenceFailed("/proc does not tell boot id, pid namespace and start time of this process;"
                    + " mount /proc of this pid namespace or configure another method");
        }
        pidfd = pidfdAllowed && rehearse();
    }

    @Override
    public Proof fence(Order order) throws FenceFailed, InterruptedException {
        HostProcess victim = order.process();
        long until = System.nanoTime() + order.timeLimitNs();
        requireSameHost(victim);
        if (order.operation() == FenceOperation.READ) {
            return read(victim);
        }
        return pidfd ? killByPidfd(victim, until) : killByHandle(victim, until);
    }

    private static Proof read(HostProcess victim) throws FenceFailed {
        Optional<ProcStat> owner = ProcStat.of(victim.pid());
        if (owner.isPresent() && owner.get().startTicks() != victim.startTicks()) {
            return numberTaken(victim, owner.get());
        }
        if (owner.isPresent() && owner.get().ended() || owner.isEmpty() && ProcessHandle.of(victim.pid()).isEmpty()) {
            return ended("pid %d (start %d) is gone", victim);
        }
        throw new FenceFailed("process %d runs".formatted(victim.pid()));
    }

    private void requireSameHost(HostProcess victim) throws FenceFailed {
        if (!victim.bootId().equals(own.bootId())) {
            throw new DeviceUnseen(("runs on another host or in another boot: its boot id is \"%s\", ours \"%s\";"
                    + " only a process of this boot can be ended here").formatted(victim.bootId(), own.bootId()));
        }
        if (!victim.pidNamespace().equals(own.pidNamespace())) {
            throw new DeviceUnseen("runs in another pid namespace: \"%s\", ours is \"%s\"; process numbers differ there"
                    .formatted(victim.pidNamespace(), own.pidNamespace()));
        }
        if (victim.pid() <= 1 || victim.startTicks() <= 0) {
            throw new FenceFailed("process %d with start time %d is not one that a daemon can have told"
                    .formatted(victim.pid(), victim.startTicks()));
        }
        if (victim.pid() == own.pid()) {
            throw new FenceFailed("process %d is the fencing daemon itself".formatted(own.pid()));
        }
    }

    private Proof killByPidfd(HostProcess victim, long until) throws FenceFailed, InterruptedException {
        int descriptor = Native.pidfdOpen(victim.pid());
        if (descriptor < 0) {
            return withoutPidfd(victim, descriptor);
        }
        try {
            Optional<ProcStat> owner = ProcStat.of(victim.pid());
            if (owner.isPresent() && owner.get().startTicks() != victim.startTicks()) {
                return numberTaken(victim, owner.get());
            }
            if (Native.awaitReadable(descriptor, 0) == 1) {
                return ended("pid %d (start %d) had ended already, observed through its pidfd", victim);
            }
            if (owner.isEmpty()) {
                throw new FenceFailed("/proc hides process %d, so it cannot be told whether it is the victim"
                        .formatted(victim.pid()));
            }
            int signalled = Native.pidfdSignal(descriptor, Native.SIGKILL);
            if (signalled == Native.NOT_PERMITTED) {
                throw new FenceFailed("not permitted to kill process %d; run the daemons as one user"
                        .formatted(victim.pid()));
            }
            if (signalled != 0 && signalled != Native.NO_SUCH_PROCESS) {
                throw new FenceFailed("killing process %d failed with error %d".formatted(victim.pid(), -signalled));
            }
            awaitEnd(descriptor, victim, until);
            return ended("pid %d (start %d) killed and gone, exit observed through its pidfd", victim);
        } finally {
            Native.close(descriptor);
        }
    }

    /** No pidfd: nobody owns the number, or a mere thread of some other process does. */
    private static Proof withoutPidfd(HostProcess victim, int error) throws FenceFailed {
        if (error == Native.NO_SUCH_PROCESS) {
            return ended("pid %d (start %d) was gone already: no such process", victim);
        }
        Optional<ProcStat> owner = ProcStat.of(victim.pid());
        if (owner.isPresent() && owner.get().startTicks() != victim.startTicks()) {
            return numberTaken(victim, owner.get());
        }
        throw new FenceFailed("process %d cannot be opened: error %d".formatted(victim.pid(), -error));
    }

    private static void awaitEnd(int descriptor, HostProcess victim, long until)
            throws FenceFailed, InterruptedException {
        while (true) {
            int result = Native.awaitReadable(descriptor, INTERRUPT_CHECK_MS);
            if (result == 1) {
                return;
            }
            if (result < 0 && result != Native.INTERRUPTED) {
                throw new FenceFailed("waiting for the end of process %d failed with error %d"
                        .formatted(victim.pid(), -result));
            }
            requireTime(victim, until);
        }
    }

    private static Proof killByHandle(HostProcess victim, long until) throws FenceFailed, InterruptedException {
        Optional<ProcessHandle> handle = ProcessHandle.of(victim.pid());
        boolean killed = false;
        while (true) {
            Optional<ProcStat> owner = ProcStat.of(victim.pid());
            if (owner.isEmpty() && ProcessHandle.of(victim.pid()).isEmpty()) {
                return ended("pid %d (start %d) is gone: no such process", victim);
            }
            if (owner.isPresent() && owner.get().startTicks() != victim.startTicks()) {
                return numberTaken(victim, owner.get());
            }
            if (owner.isPresent() && owner.get().ended()) {
                return ended("pid %d (start %d) has ended: it is a zombie", victim);
            }
            if (owner.isPresent() && !killed) {
                if (handle.isPresent() && !handle.get().destroyForcibly() && handle.get().isAlive()) {
                    throw new FenceFailed("not permitted to kill process %d; run the daemons as one user"
                            .formatted(victim.pid()));
                }
                killed = true;
            }
            requireTime(victim, until);
            TimeUnit.MILLISECONDS.sleep(WATCH_PERIOD_MS);
        }
    }

    private static void requireTime(HostProcess victim, long until) throws FenceFailed, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (System.nanoTime() - until >= 0) {
            throw new FenceFailed("process %d was killed but did not end in time; it may wait for a device"
                    .formatted(victim.pid()));
        }
    }

    private static Proof numberTaken(HostProcess victim, ProcStat owner) {
        return new Proof(EvidenceClass.PROCESS_ENDED,
                "pid %d (start %d) was gone already: its number belongs to a process with start %d"
                        .formatted(victim.pid(), victim.startTicks(), owner.startTicks()));
    }

    private static Proof ended(String text, HostProcess victim) {
        return new Proof(EvidenceClass.PROCESS_ENDED, text.formatted(victim.pid(), victim.startTicks()));
    }

    private boolean rehearse() throws FenceFailed {
        int descriptor = Native.pidfdOpen(own.pid());
        if (descriptor < 0) {
            return false;
        }
        try {
            int signalled = Native.pidfdSignal(descriptor, Native.SIGNAL_NONE);
            int ended = Native.awaitReadable(descriptor, 0);
            if (signalled != 0 || ended != 0 || ProcStat.of(own.pid()).isEmpty()) {
                throw new FenceFailed("a rehearsal against this process itself failed: signal %d, poll %d"
                        .formatted(signalled, ended));
            }
            return true;
        } finally {
            Native.close(descriptor);
        }
    }
}
