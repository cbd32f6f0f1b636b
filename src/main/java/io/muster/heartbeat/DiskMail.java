package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.DiskBlockCodec.Found;
import io.muster.heartbeat.MailBlock.Pill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Own mail out, others' mail in (rule B7). Pure; {@link DiskHeartbeat} carries the blocks.
 *
 * <p>A pill is state: it lies on the disk until it is taken out, and what lies there is compared at every look with what should,
 * so a write that got lost, or was overwritten by one that came late, is made again.
 */
final class DiskMail {

    /** Of how many intents it is remembered that their pill was told. */
    private static final int TOLD_LIMIT = 64;

    private final Incarnation self;
    private final ClusterId cluster;
    private final long start;
    private final SortedMap<NodeId, Pill> pills = new TreeMap<>();
    private final LinkedHashSet<Long> told = new LinkedHashSet<>();
    private long sequence;
    private Bytes wanted;
    private boolean dirty;

    DiskMail(Incarnation self, ClusterId cluster, long start) {
        this.self = self;
        this.cluster = cluster;
        this.start = start;
        this.wanted = block();
    }

    void put(Incarnation victim, long intent) {
        Pill before = pills.get(victim.node());
        if (before == null || !before.victim().equals(victim) || before.intent() != intent) {
            sequence++;
            pills.put(victim.node(), new Pill(victim, intent, sequence));
            changed();
        }
    }

    void remove(long intent) {
        if (pills.values().removeIf(pill -> pill.intent() == intent)) {
            sequence++;
            changed();
        }
    }

    boolean hasPills() {
        return !pills.isEmpty();
    }

    /** Whether the own block is to be written. */
    boolean dirty() {
        return dirty;
    }

    /** The own block, to be written now. */
    Bytes writing() {
        dirty = false;
        return wanted;
    }

    /** The write did not get through. */
    void failed() {
        dirty = true;
    }

    /** What lies in the own block. */
    void own(byte[] bytes, int at) {
        byte[] should = wanted.shared();
        dirty |= !Arrays.equals(bytes, at, at + should.length, should, 0, should.length);
    }

    /** @return pills of this mail for this very life that were not told yet */
    List<Pill> read(MailBlock mail) {
        List<Pill> fresh = new ArrayList<>();
        for (Pill pill : mail.pills()) {
            if (pill.victim().equals(self) && told.add(pill.intent())) {
                fresh.add(pill);
            }
        }
        while (told.size() > TOLD_LIMIT) {
            told.removeFirst();
        }
        return fresh;
    }

    Found<MailBlock> found(byte[] bytes, int at, NodeId writer) {
        return DiskBlockCodec.mail(bytes, at, cluster, writer);
    }

    void digest(Hash64 into) {
        into.add(sequence).add(dirty ? 1 : 0).add(told.size());
        pills.values().forEach(pill -> into.add(pill.victim().node().number()).add(pill.intent()));
    }

    private void changed() {
        wanted = block();
        dirty = true;
    }

    private Bytes block() {
        return DiskBlockCodec.encode(new MailBlock(cluster, self, start, sequence, List.copyOf(pills.values())));
    }
}
