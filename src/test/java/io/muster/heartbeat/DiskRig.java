package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.DiskTimes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.block.DiskLayout;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Some nodes with clocks of their own on some simulated disks, in true time. */
final class DiskRig {

    static final ClusterId CLUSTER = new ClusterId(7, 9);
    static final long MS = TimeBudget.MS;
    static final DiskTimes TIMES = DiskTimes.shipped();
    static final TimeBudget LAN = TimeBudget.lan();

    /** @param at true time */
    record Said(long at, NodeId by, DiskBeatNews news) {}

    private record Event(long at, long order, Runnable what) {}

    /** One disk: blocks by offset, and who does not get through to it. */
    static final class Disk {
        final TreeMap<Long, byte[]> blocks = new TreeMap<>();
        final TreeSet<NodeId> writesHang = new TreeSet<>();
        final TreeSet<NodeId> readsHang = new TreeSet<>();
        long leastNs = MS / 10;
        long mostNs = MS;
        double tearing;
        /** Whether a write that failed by its limit comes to the medium some time after it. */
        boolean lateWritesLand;

        byte[] block(long offset) {
            return blocks.getOrDefault(offset, new byte[DiskLayout.BLOCK_BYTES]);
        }

        void put(long offset, Bytes bytes) {
            for (int at = 0; at < bytes.length(); at += DiskLayout.BLOCK_BYTES) {
                blocks.put(offset + at, Arrays.copyOfRange(bytes.shared(), at, at + DiskLayout.BLOCK_BYTES));
            }
        }
    }

    final class Node implements Outbox<DiskBeatNews> {
        final Incarnation who;
        final long ratePpm;
        final List<DiskHeartbeat> beats = new ArrayList<>();
        boolean dead;
        long pausedUntil;
        long wakeAt = Machine.NEVER;
        final TreeMap<String, Integer> writesOut = new TreeMap<>();
        final TreeMap<String, Integer> readsOut = new TreeMap<>();
        final TreeMap<Integer, Long> landedAt = new TreeMap<>();

        Node(Incarnation who, long ratePpm) {
            this.who = who;
            this.ratePpm = ratePpm;
            for (int disk = 0; disk < disks.size(); disk++) {
                beats.add(new DiskHeartbeat(
                        who, members, CLUSTER, "d" + disk, disk, random.nextLong(), TIMES, LAN.pauseNs(), clock()));
            }
        }

        long clock() {
            return 1_000 * MS * who.node().number() + now + now / 1_000_000 * ratePpm;
        }

        void tell(int disk, DiskBeatInput input) {
            beats.get(disk).step(input, clock(), this);
            wake();
        }

        private void run() {
            wakeAt = Machine.NEVER;
            if (dead) {
                return;
            }
            beats.stream().filter(beat -> beat.deadline() <= clock()).forEach(beat -> beat.due(clock(), this));
            wake();
        }

        private void wake() {
            long next = beats.stream().mapToLong(DiskHeartbeat::deadline).min().orElseThrow();
            if (next != Machine.NEVER) {
                // A deadline by the own clock, in true time and never before it.
                long in = Math.max(0, next - clock());
                long at = Math.max(now + in + in / 500 + 1, pausedUntil);
                if (at < wakeAt) {
                    wakeAt = at;
                    at(at, () -> {
                        if (wakeAt == now) {
                            run();
                        }
                    });
                }
            }
        }

        private void complete(int disk, Completion.OfDisk completion) {
            if (pausedUntil > now) {
                at(pausedUntil, () -> complete(disk, completion));
            } else if (!dead) {
                tell(disk, new DiskBeatInput.Done(completion));
            }
        }

        @Override
        public void perform(Effect effect) {
            if (effect instanceof Effect.OnDisk request) {
                int number = DiskHeartbeat.indexOf(request.ticket());
                Disk disk = disks.get(number);
                boolean isWrite = request instanceof Effect.WriteDisk;
                TreeMap<String, Integer> out = isWrite ? writesOut : readsOut;
                if (out.merge(request.disk(), 1, Integer::sum) > 1) {
                    throw new AssertionError("%s has two requests of one kind under way on %s".formatted(who, request.disk()));
                }
                boolean hangs = (isWrite ? disk.writesHang : disk.readsHang).contains(who.node());
                long lasts = hangs ? request.timeLimitNs() : random.between(disk.leastNs, disk.mostNs);
                long sample = hangs ? lasts + random.between(0, 3_000 * MS) : random.between(0, lasts);
                long sentAt = now;
                switch (request) {
                    case Effect.WriteDisk write -> {
                        if (!hangs || disk.lateWritesLand) {
                            at(now + sample, () -> land(number, disk, write, sentAt + lasts));
                        }
                        at(now + lasts, () -> {
                            out.merge(request.disk(), -1, Integer::sum);
                            complete(number, hangs ? new Completion.DiskFailed(write.ticket(), "no answer in time")
                                    : new Completion.DiskWritten(write.ticket()));
                        });
                    }
                    case Effect.ReadDisk read -> {
                        byte[] content = new byte[read.length()];
                        at(now + sample, () -> fill(disk, read.offset(), content));
                        at(now + lasts, () -> {
                            out.merge(request.disk(), -1, Integer::sum);
                            complete(number, hangs ? new Completion.DiskFailed(read.ticket(), "no answer in time")
                                    : new Completion.DiskRead(read.ticket(), Bytes.copyOf(content)));
                        });
                    }
                }
            }
        }

        private void land(int number, Disk disk, Effect.WriteDisk write, long endsAt) {
            landedAt.put(number, now);
            if (random.chance(disk.tearing)) {
                // Seen in part for a moment.
                byte[] torn = disk.block(write.offset()).clone();
                System.arraycopy(write.bytes().shared(), 0, torn, 0, 512);
                disk.put(write.offset(), Bytes.owning(torn));
                at(random.between(now, Math.max(now, endsAt)), () -> disk.put(write.offset(), write.bytes()));
            } else {
                disk.put(write.offset(), write.bytes());
            }
        }

        private static void fill(Disk disk, long offset, byte[] content) {
            for (int at = 0; at < content.length; at += DiskLayout.BLOCK_BYTES) {
                System.arraycopy(disk.block(offset + at), 0, content, at, DiskLayout.BLOCK_BYTES);
            }
        }

        @Override
        public void announce(DiskBeatNews news) {
            said.add(new Said(now, who.node(), news));
        }

        @Override
        public void send(NodeId to, Message message) {
            throw new AssertionError("a disk heartbeat sends nothing");
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            throw new AssertionError("a disk heartbeat casts nothing");
        }
    }

    final Prng random;
    final List<Disk> disks = new ArrayList<>();
    final List<Node> nodes = new ArrayList<>();
    final List<Said> said = new ArrayList<>();
    final NodeSet members;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
    private long order;
    long now;

    DiskRig(long seed, int nodeCount, int diskCount) {
        random = new Prng(seed);
        NodeSet all = NodeSet.NONE;
        for (int i = 1; i <= nodeCount; i++) {
            all = all.with(NodeId.of(i));
        }
        members = all;
        for (int i = 0; i < diskCount; i++) {
            disks.add(new Disk());
        }
        for (NodeId node : members) {
            start(new Incarnation(node, 1));
        }
    }

    Node start(Incarnation who) {
        Node node = new Node(who, random.between(-400, 400));
        nodes.removeIf(former -> former.who.node().equals(who.node()));
        nodes.add(node);
        nodes.sort((a, b) -> a.who.compareTo(b.who));
        node.run();
        return node;
    }

    Node node(int number) {
        return nodes.stream().filter(node -> node.who.node().number() == number).findFirst().orElseThrow();
    }

    void at(long when, Runnable what) {
        events.add(new Event(when, order++, what));
    }

    void runTo(long until) {
        while (!events.isEmpty() && events.peek().at <= until) {
            Event event = events.poll();
            now = Math.max(now, event.at);
            event.what.run();
        }
        now = until;
    }

    void runFor(long ns) {
        runTo(now + ns);
    }

    <T extends DiskBeatNews> List<T> news(int by, Class<T> kind) {
        return said.stream().filter(each -> each.by.number() == by && kind.isInstance(each.news))
                .map(each -> kind.cast(each.news)).toList();
    }

    /** True time of the first such news of this node. */
    long firstAt(int by, Predicate<DiskBeatNews> which) {
        return said.stream().filter(each -> each.by.number() == by && which.test(each.news))
                .mapToLong(Said::at).findFirst().orElse(-1);
    }

    static boolean isDown(DiskBeatNews news, int node) {
        return news instanceof DiskBeatNews.PeerDown down && down.node().number() == node;
    }
}
