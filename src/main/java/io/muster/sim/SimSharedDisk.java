package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.block.DiskLayout;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One disk that all nodes share.
 *
 * <p>What can go wrong, and what cannot:
 * <ul>
 *   <li>What one node asks for reaches the medium in that order, each after a while; of several nodes in any order.
 *   <li>A process that ends leaves of a write under way any set of its sectors, sometimes a little later.
 *   <li>A node whose way to the disk is <em>stuck</em> is told that a request failed when its time is over. The first such
 *       request is a <em>ghost</em>: it reaches the medium once the way is free. Whatever is asked for behind it fails and
 *       leaves nothing.
 *   <li>While the disk is <em>lost</em> to a node every request of it fails and leaves nothing.
 *   <li>What was reported as written stays, and is what is read.
 * </ul>
 */
final class SimSharedDisk {

    /** Looks at the medium at the very moments that count. */
    interface Watch {

        /** These bytes came onto the medium. */
        void landed(NodeId writer, long offset, int length);

        /** This node is given what lies there now. */
        void read(SimProcess reader, long offset);
    }

    private static final long FAILS_AFTER_NS = 300_000;
    private static final int SECTORS = DiskLayout.BLOCK_BYTES / SimDisk.SECTOR_BYTES;

    /** How one node reaches the disk. */
    private static final class Way {
        private boolean stuck;
        private boolean lost;
        private long slowNs;
        private long lastAt;
        private Runnable ghost = () -> { };
        private boolean hasGhost;
    }

    private final VirtualTime time;
    private final Prng chance;
    private final Watch watch;
    private final TreeMap<Long, byte[]> blocks = new TreeMap<>();
    private final TreeMap<NodeId, Way> ways = new TreeMap<>();
    private long faults;

    SimSharedDisk(VirtualTime time, Prng chance, Watch watch) {
        this.time = time;
        this.chance = chance;
        this.watch = watch;
    }

    long faults() {
        return faults;
    }

    /** Puts whole blocks there, as formatting does. */
    void install(long offset, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += DiskLayout.BLOCK_BYTES) {
            byte[] block = new byte[DiskLayout.BLOCK_BYTES];
            System.arraycopy(bytes, at, block, 0, block.length);
            blocks.put(offset + at, block);
        }
    }

    /** What lies on the medium. @param offset of a block */
    byte[] content(long offset, int length) {
        byte[] bytes = new byte[length];
        for (var entry : blocks.subMap(offset, offset + length).entrySet()) {
            int at = (int) (entry.getKey() - offset);
            System.arraycopy(entry.getValue(), 0, bytes, at, Math.min(DiskLayout.BLOCK_BYTES, length - at));
        }
        return bytes;
    }

    void stuck(NodeSet nodes, boolean stuck) {
        for (NodeId node : nodes) {
            Way way = way(node);
            faults += way.stuck == stuck ? 0 : 1;
            way.stuck = stuck;
            if (!stuck && way.hasGhost) {
                way.hasGhost = false;
                time.after(1, way.ghost);
            }
        }
    }

    void lost(NodeSet nodes, boolean lost) {
        for (NodeId node : nodes) {
            faults += way(node).lost == lost ? 0 : 1;
            way(node).lost = lost;
        }
    }

    /** Every request takes this much longer. */
    void slow(NodeSet nodes, long moreNs) {
        for (NodeId node : nodes) {
            faults += way(node).slowNs == moreNs ? 0 : 1;
            way(node).slowNs = moreNs;
        }
    }

    void perform(SimProcess process, Effect.OnDisk order, Consumer<Completion> answer) {
        Way way = way(process.node());
        if (way.lost) {
            time.after(FAILS_AFTER_NS, () -> answer.accept(new Completion.DiskFailed(order.ticket(), "the disk is lost")));
            return;
        }
        if (way.stuck || way.hasGhost) {
            if (!way.hasGhost) {
                way.hasGhost = true;
                way.ghost = () -> land(process, order, _ -> { });
            }
            time.after(order.timeLimitNs(), () -> answer.accept(
                    new Completion.DiskFailed(order.ticket(), "no answer within %d ns".formatted(order.timeLimitNs()))));
            return;
        }
        long wanted = time.now() + 50_000 + chance.nextLong(400_000) + way.slowNs;
        way.lastAt = Math.max(way.lastAt + 1, wanted);
        boolean late = way.lastAt - time.now() > order.timeLimitNs();
        if (late) {
            time.after(order.timeLimitNs(), () -> answer.accept(
                    new Completion.DiskFailed(order.ticket(), "no answer within %d ns".formatted(order.timeLimitNs()))));
        }
        time.at(way.lastAt, () -> {
            if (way.stuck && !process.ended()) {
                faults++;
                if (!way.hasGhost) {
                    way.hasGhost = true;
                    way.ghost = () -> land(process, order, _ -> { });
                }
                if (!late) {
                    time.after(order.timeLimitNs(), () -> answer.accept(
                            new Completion.DiskFailed(order.ticket(), "it hangs")));
                }
            } else {
                land(process, order, late ? _ -> { } : answer);
            }
        });
    }

    private void land(SimProcess process, Effect.OnDisk order, Consumer<Completion> answer) {
        switch (order) {
            case Effect.ReadDisk(long ticket, _, long offset, int length, _) -> {
                if (!process.ended()) {
                    watch.read(process, offset);
                    answer.accept(new Completion.DiskRead(ticket, Bytes.owning(content(offset, length))));
                }
            }
            case Effect.WriteDisk(long ticket, _, long offset, Bytes bytes, _) -> {
                boolean whole = !process.ended() || chance.nextInt(3) == 0;
                byte[] content = bytes.toArray();
                for (int at = 0; at < content.length; at += DiskLayout.BLOCK_BYTES) {
                    byte[] block = blocks.getOrDefault(offset + at, new byte[DiskLayout.BLOCK_BYTES]).clone();
                    for (int sector = 0; sector < SECTORS; sector++) {
                        if (whole || chance.nextInt(2) == 0) {
                            int from = sector * SimDisk.SECTOR_BYTES;
                            System.arraycopy(content, at + from, block, from, SimDisk.SECTOR_BYTES);
                        }
                    }
                    blocks.put(offset + at, block);
                }
                watch.landed(process.node(), offset, content.length);
                answer.accept(new Completion.DiskWritten(ticket));
            }
        }
    }

    private Way way(NodeId node) {
        return ways.computeIfAbsent(node, _ -> new Way());
    }
}
