package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.base.Prng;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The data folder of one simulated node: a durable counter of lives and small files.
 *
 * <p>What can go wrong, and what cannot:
 * <ul>
 *   <li>Writes to one file are carried out one after the other. Each takes a while to reach the medium and a little
 *       longer to be reported; a crash may come at any moment between.
 *   <li>A crash leaves of the write under way any set of its sectors; of those behind it nothing.
 *   <li>A write that fails leaves any set of its sectors.
 *   <li>A write that hangs reaches the medium much later, or never when its process ends before.
 *   <li>A write that is stuck never ends: nothing is reported, and a crash leaves any set of its sectors.
 *   <li>A <em>ghost</em>: the write under way when its process ended may land a little later. No new life reads the
 *       folder before that ({@link #drained}): the lock on it is held until the old process is gone with its IO (D5).
 *   <li>What was reported as written stays, until somebody makes the medium {@link #forget}: that is another acceptor,
 *       and may not vote (rule L8).
 * </ul>
 */
final class SimDisk {

    /** What a medium writes as a whole or not at all. */
    static final int SECTOR_BYTES = 512;
    static final int FILE_LIMIT_BYTES = 4 * 1024 * 1024;

    /**
     * How a disk behaves.
     *
     * @param writeNs      shortest time to the medium
     * @param writeMoreNs  at most this much longer
     * @param fails        chance that a write fails
     * @param hangs        chance that a write takes {@code hangNs} longer
     * @param stuck        chance that a write never ends
     * @param ghosts       chance that a write under way at its process's end lands all the same
     */
    record Behaviour(
            long writeNs, long writeMoreNs, double fails, double hangs, long hangNs, double stuck, double ghosts) {

        static final Behaviour HEALTHY = new Behaviour(50_000, 400_000, 0, 0, 0);

        Behaviour(long writeNs, long writeMoreNs, double fails, double hangs, long hangNs) {
            this(writeNs, writeMoreNs, fails, hangs, hangNs, 0, 0);
        }
    }

    /** A ghost has landed by then. */
    private static final long GHOST_NS = 200_000_000;

    private record Pending(Effect.Write write, Consumer<Completion> answer) {}

    private static final class SimFile {
        private byte[] content = new byte[0];
        private final ArrayDeque<Pending> queue = new ArrayDeque<>();
    }

    private final VirtualTime time;
    private final Prng chance;
    private final BiConsumer<String, byte[]> changed;
    private final TreeMap<String, SimFile> files = new TreeMap<>();
    private Behaviour behaviour = Behaviour.HEALTHY;
    private long life;
    private long faults;
    private int ghosts;

    /** @param changed told the name and the whole content of a file, to be read only, each time the medium changed */
    SimDisk(VirtualTime time, Prng chance, BiConsumer<String, byte[]> changed) {
        this.time = time;
        this.chance = chance;
        this.changed = changed;
    }

    void behave(Behaviour next) {
        behaviour = next;
    }

    /** Raises the durable counter of lives and returns it. */
    long nextLife() {
        return ++life;
    }

    /** How many writes were torn, lost, failed or hung. */
    long faults() {
        return faults;
    }

    byte[] read(String file) {
        SimFile found = files.get(file);
        return found == null ? new byte[0] : found.content.clone();
    }

    /** Puts a whole file in place, as founding a node does before its first start. */
    void install(String file, byte[] content) {
        files.computeIfAbsent(file, _ -> new SimFile()).content = content.clone();
        changed.accept(file, content);
    }

    /** Carries out a write; the answer comes later. A process that ended in between has to be deaf to it. */
    void write(Effect.Write write, Consumer<Completion> answer) {
        SimFile file = files.computeIfAbsent(write.file(), _ -> new SimFile());
        file.queue.add(new Pending(write, answer));
        if (file.queue.size() == 1) {
            begin(file);
        }
    }

    /**
     * The process ended: its writes end with it, in whatever state they are.
     *
     * @param hostGone the power went with it, and nothing lands any more
     */
    void crash(boolean hostGone) {
        for (SimFile file : files.values()) {
            Pending head = file.queue.peek();
            if (head != null) {
                faults++;
                if (!hostGone && behaviour.ghosts() > 0 && chance.chance(behaviour.ghosts())) {
                    ghosts++;
                    time.after(1 + chance.nextLong(GHOST_NS), () -> {
                        ghosts--;
                        put(file, head.write(), 0, head.write().bytes().length());
                        changed.accept(head.write().file(), file.content);
                    });
                } else {
                    leavePartOf(head.write(), file);
                }
            }
            file.queue.clear();
        }
    }

    /** Whether nothing of an ended process is on its way to the medium any more. */
    boolean drained() {
        return ghosts == 0;
    }

    /** The medium loses a file: all of its bytes are noise from here on. Nothing may be on its way to it. */
    void forget(String file) {
        faults++;
        SimFile lost = files.get(file);
        for (int i = 0; i < lost.content.length; i++) {
            lost.content[i] = (byte) chance.nextInt(256);
        }
    }

    private void begin(SimFile file) {
        Pending head = file.queue.element();
        long takesNs = behaviour.writeNs() + chance.nextLong(behaviour.writeMoreNs() + 1);
        if (chance.chance(behaviour.hangs())) {
            faults++;
            takesNs += behaviour.hangNs();
        }
        boolean fails = chance.chance(behaviour.fails());
        long reportNs = 1_000 + chance.nextLong(50_000);
        if (behaviour.stuck() > 0 && chance.chance(behaviour.stuck())) {
            faults++;
            return;
        }
        time.after(takesNs, () -> {
            if (file.queue.peek() == head) {
                land(file, head, fails, reportNs);
            }
        });
    }

    private void land(SimFile file, Pending head, boolean fails, long reportNs) {
        if (fails) {
            faults++;
            leavePartOf(head.write(), file);
        } else {
            put(file, head.write(), 0, head.write().bytes().length());
            changed.accept(head.write().file(), file.content);
        }
        long ticket = head.write().ticket();
        Completion answer = fails
                ? new Completion.WriteFailed(ticket, "Input/output error (simulated)")
                : new Completion.Written(ticket);
        file.queue.remove();
        if (!file.queue.isEmpty()) {
            begin(file);
        }
        time.after(reportNs, () -> head.answer().accept(answer));
    }

    /** Puts any set of the sectors that a write touches onto the medium: none, some or all. */
    private void leavePartOf(Effect.Write write, SimFile file) {
        int length = write.bytes().length();
        long mode = chance.nextInt(4);
        for (int from = 0; from < length; ) {
            long at = write.offset() + from;
            int to = (int) Math.min(length, from + SECTOR_BYTES - at % SECTOR_BYTES);
            boolean keeps = mode == 0 || mode >= 2 && chance.nextInt(2) == 0;
            if (keeps) {
                put(file, write, from, to);
            }
            from = to;
        }
        changed.accept(write.file(), file.content);
    }

    private static void put(SimFile file, Effect.Write write, int from, int to) {
        long end = write.offset() + to;
        if (end > FILE_LIMIT_BYTES) {
            throw new IllegalStateException("%s grew to %d bytes".formatted(write.file(), end));
        }
        if (file.content.length < end) {
            file.content = Arrays.copyOf(file.content, (int) end);
        }
        Bytes bytes = write.bytes();
        System.arraycopy(bytes.shared(), from, file.content, (int) write.offset() + from, to - from);
    }
}
