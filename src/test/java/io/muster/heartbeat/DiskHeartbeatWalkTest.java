package io.muster.heartbeat;

import static io.muster.heartbeat.DiskRig.MS;
import static io.muster.heartbeat.DiskRig.TIMES;
import static io.muster.heartbeat.DiskRig.isDown;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.heartbeat.DiskBeatNews.OwnSlotLate;
import io.muster.heartbeat.DiskBeatNews.OwnSlotStolen;
import io.muster.heartbeat.DiskBeatNews.PeerDown;
import io.muster.heartbeat.DiskBeatNews.PeerUp;
import io.muster.heartbeat.DiskBeatNews.StorageLost;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two to five nodes with clocks of their own on one to three disks, by chance. The rig holds them to one request at a time. */
final class DiskHeartbeatWalkTest {

    private static final int SEEDS = 40;

    @Test
    @DisplayName("B2 on disks that answer within their limit nobody who lives is silent, and who dies is silent within the bound")
    void theLivingAreUpAndTheDeadAreDown() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            DiskRig rig = rig(seed);
            for (DiskRig.Disk disk : rig.disks) {
                disk.mostNs = rig.random.between(MS, TIMES.limitNs());
                disk.tearing = rig.random.chance(0.5) ? 0.2 : 0;
            }
            rig.runTo(rig.random.between(4_000 * MS, 5_000 * MS));
            DiskRig.Node resting = rig.nodes.get(rig.random.nextInt(rig.nodes.size()));
            resting.pausedUntil = rig.now + rig.random.between(0, DiskRig.LAN.pauseNs());
            rig.runFor(3_000 * MS);
            assertThat(rig.said).as("seed %d", seed).noneMatch(said -> said.news() instanceof PeerDown
                    || said.news() instanceof OwnSlotStolen);
            DiskRig.Node victim = rig.nodes.get(rig.random.nextInt(rig.nodes.size()));
            victim.dead = true;
            long diedAt = rig.now;
            rig.runFor(TIMES.silentWithinNs() + TIMES.limitNs() + 100 * MS);
            int dead = victim.who.node().number();
            for (DiskRig.Node node : rig.nodes) {
                int number = node.who.node().number();
                if (number != dead) {
                    assertThat(rig.news(number, PeerDown.class)).as("seed %d, n%d of n%d, dead at %d", seed, number, dead, diedAt)
                            .hasSize(rig.disks.size()).allMatch(down -> down.node().number() == dead);
                    for (int disk = 0; disk < rig.disks.size(); disk++) {
                        String region = "d" + disk;
                        long knownAt = rig.firstAt(number, news -> isDown(news, dead) && news.region().equals(region));
                        assertThat(knownAt - victim.landedAt.get(disk)).as("seed %d", seed)
                                .isBetween(TIMES.silenceNs() * 998 / 1_000, TIMES.silentWithinNs() * 1_002 / 1_000 + 20 * MS);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("B3 a disk that stands still for all, in whatever way and for however long, puts nobody out")
    void aStallOfTheDiskPutsNobodyOut() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            DiskRig rig = rig(seed);
            rig.runTo(rig.random.between(3_000 * MS, 4_000 * MS));
            DiskRig.Disk disk = rig.disks.get(rig.random.nextInt(rig.disks.size()));
            boolean writes = rig.random.chance(0.7);
            boolean reads = !writes || rig.random.chance(0.5);
            for (NodeId node : rig.members) {
                if (writes) {
                    disk.writesHang.add(node);
                }
                if (reads) {
                    disk.readsHang.add(node);
                }
            }
            rig.runFor(rig.random.between(100 * MS, 8_000 * MS));
            disk.writesHang.clear();
            disk.readsHang.clear();
            rig.runFor(6_000 * MS);
            assertThat(rig.said).as("seed %d", seed).noneMatch(said -> said.news() instanceof PeerDown);
            assertThat(rig.nodes).as("seed %d", seed).allMatch(node -> node.beats.stream().allMatch(DiskHeartbeat::sees));
        }
    }

    @Test
    @DisplayName("B3 who loses a disk alone knows it before the others call it silent there, and calls nobody silent itself")
    void whoLosesADiskAloneKnowsItFirst() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            DiskRig rig = rig(seed);
            rig.runTo(rig.random.between(3_000 * MS, 4_000 * MS));
            int number = 1 + rig.random.nextInt(rig.nodes.size());
            DiskRig.Disk disk = rig.disks.getFirst();
            disk.writesHang.add(NodeId.of(number));
            boolean both = rig.random.chance(0.5);
            if (both) {
                disk.readsHang.add(NodeId.of(number));
            }
            rig.runFor(7_000 * MS);
            long ownAt = rig.firstAt(number, news -> news instanceof OwnSlotLate);
            for (DiskRig.Node other : rig.nodes) {
                int by = other.who.node().number();
                if (by != number) {
                    assertThat(rig.firstAt(by, news -> isDown(news, number))).as("seed %d", seed).isGreaterThan(ownAt);
                    assertThat(rig.news(by, PeerDown.class)).allMatch(down -> down.node().number() == number);
                }
            }
            assertThat(ownAt).isPositive();
            assertThat(rig.news(number, PeerDown.class)).as("seed %d", seed).isEmpty();
            assertThat(rig.news(number, StorageLost.class)).hasSize(both ? 1 : 0);
        }
    }

    @Test
    @DisplayName("D9 writes that come to the medium long after they failed confuse nobody about who lives")
    void lateWritesAreHarmless() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            DiskRig rig = rig(seed);
            DiskRig.Disk disk = rig.disks.getFirst();
            disk.lateWritesLand = true;
            rig.runTo(3_000 * MS);
            for (int i = 0; i < 4; i++) {
                disk.writesHang.add(NodeId.of(2));
                rig.runFor(rig.random.between(50 * MS, 400 * MS));
                disk.writesHang.clear();
                rig.runFor(rig.random.between(1_000 * MS, 2_000 * MS));
            }
            assertThat(rig.said).as("seed %d", seed).noneMatch(said -> said.news() instanceof PeerDown);
            rig.node(2).dead = true;
            rig.start(Incarnation.of(2, 2));
            rig.runFor(4_000 * MS);
            assertThat(rig.news(1, PeerUp.class)).contains(new PeerUp("d0", Incarnation.of(2, 2)));
            assertThat(rig.said).as("seed %d", seed).noneMatch(said ->
                    said.news() instanceof OwnSlotStolen stolen && stolen.anotherDaemon());
        }
    }

    private static DiskRig rig(int seed) {
        Prng shape = new Prng(seed);
        return new DiskRig(seed * 1_000L, 2 + shape.nextInt(4), 1 + shape.nextInt(3));
    }
}
