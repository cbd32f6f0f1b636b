package io.muster.heartbeat;

import static io.muster.heartbeat.DiskRig.CLUSTER;
import static io.muster.heartbeat.DiskRig.MS;
import static io.muster.heartbeat.DiskRig.TIMES;
import static io.muster.heartbeat.DiskRig.isDown;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import io.muster.heartbeat.DiskBeatNews.BlockFaulty;
import io.muster.heartbeat.DiskBeatNews.LastWord;
import io.muster.heartbeat.DiskBeatNews.OwnSlotLate;
import io.muster.heartbeat.DiskBeatNews.OwnSlotStolen;
import io.muster.heartbeat.DiskBeatNews.PeerDown;
import io.muster.heartbeat.DiskBeatNews.PeerTold;
import io.muster.heartbeat.DiskBeatNews.PeerUp;
import io.muster.heartbeat.DiskBeatNews.PillTaken;
import io.muster.heartbeat.DiskBeatNews.PoisonPill;
import io.muster.heartbeat.DiskBeatNews.RegionFast;
import io.muster.heartbeat.DiskBeatNews.RegionSlow;
import io.muster.heartbeat.DiskBeatNews.StorageBack;
import io.muster.heartbeat.DiskBeatNews.StorageLost;
import io.muster.heartbeat.DiskSlot.Word;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rules B1 to B7 on single occasions; {@link DiskHeartbeatWalkTest} has them by chance. */
final class DiskHeartbeatTest {

    private static final Incarnation N1_1 = Incarnation.of(1, 1);
    private static final Incarnation N2_1 = Incarnation.of(2, 1);
    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final long SLOT_1 = DiskLayout.heartbeat(N1);
    private static final long SLOT_2 = DiskLayout.heartbeat(N2);

    @Test
    void whoWritesIsUpAndWhatItCarriesIsTold() {
        DiskRig rig = new DiskRig(1, 3, 1);
        rig.node(2).tell(0, new DiskBeatInput.Carry(Bytes.copyOf(new byte[] {1, 2, 3})));
        rig.runTo(1_000 * MS);
        assertThat(rig.news(1, PeerUp.class)).containsExactlyInAnyOrder(
                new PeerUp("d0", N2_1), new PeerUp("d0", Incarnation.of(3, 1)));
        assertThat(rig.news(1, PeerTold.class)).containsExactlyInAnyOrder(
                new PeerTold("d0", N2_1, Bytes.copyOf(new byte[] {1, 2, 3})),
                new PeerTold("d0", Incarnation.of(3, 1), Bytes.NONE));
        assertThat(rig.news(1, PeerDown.class)).isEmpty();
    }

    @Test
    @DisplayName("B2 a dead node is silent after the silence, and in less than two periods more on a disk that answers at once")
    void theDeadIsSilentWithinTheBound() {
        DiskRig rig = new DiskRig(2, 2, 1);
        rig.runTo(2_000 * MS);
        rig.node(2).dead = true;
        long diedAt = rig.now;
        rig.runFor(6_000 * MS);
        long knownAt = rig.firstAt(1, news -> isDown(news, 2));
        assertThat(knownAt - diedAt).isBetween(
                TIMES.silenceNs() - TIMES.beatNs(), TIMES.silenceNs() + 2 * TIMES.beatNs() + 20 * MS);
        assertThat(rig.news(1, PeerDown.class)).hasSize(1)
                .allMatch(down -> down.last().equals(Optional.of(N2_1)))
                .allMatch(down -> down.reason().startsWith("its slot did not change for "));
    }

    @Test
    void aSlotThatNeverChangesWhileWeLookIsNoLife() {
        DiskRig rig = new DiskRig(3, 2, 1);
        rig.node(2).dead = true;
        rig.disks.getFirst().put(SLOT_2, slot(N2_1, 5, 900, Word.BEATING, 0, 0));
        rig.runTo(5_000 * MS);
        assertThat(rig.news(1, PeerUp.class)).isEmpty();
        assertThat(rig.news(1, PeerDown.class)).hasSize(1);
    }

    @Test
    @DisplayName("B4 torn, foreign, misdirected, stale and strange blocks are no life, and each is named once")
    void oddBlocksAreNamedAndAreNoLife() {
        DiskRig rig = new DiskRig(4, 2, 1);
        rig.runTo(1_000 * MS);
        rig.node(2).dead = true;
        rig.runFor(200 * MS);
        Bytes old = slot(N2_1, 5, 1, Word.BEATING, 0, 0);
        Bytes foreign = DiskBlockCodec.encode(new DiskSlot(
                new ClusterId(1, 1), N2_1, 5, 99, 0, 1, Word.BEATING, 0, 0, Bytes.NONE));
        byte[] torn = slot(N2_1, 5, 5_000, Word.BEATING, 0, 0).toArray();
        torn[4_000] ^= 1;
        int at = 0;
        for (Bytes odd : new Bytes[] {
                old, foreign, Bytes.owning(torn), slot(N1_1, 5, 5_000, Word.BEATING, 0, 0), Bytes.owning(filled())}) {
            rig.disks.getFirst().put(SLOT_2, odd);
            rig.runFor(600 * MS);
            at++;
        }
        assertThat(rig.news(1, BlockFaulty.class)).extracting(BlockFaulty::fault).containsExactly(
                SlotFault.STALE, SlotFault.FOREIGN, SlotFault.TORN, SlotFault.MISDIRECTED, SlotFault.GARBAGE);
        assertThat(at).isEqualTo(5);
        rig.runFor(2 * TIMES.silenceNs());
        assertThat(rig.news(1, PeerDown.class)).hasSize(1);
        assertThat(rig.news(1, PeerUp.class)).hasSize(1);
    }

    @Test
    @DisplayName("B4 who scribbles over a dead node's slot for ever puts off the verdict once and not for ever")
    void scribblingEndsInAVerdict() {
        DiskRig rig = new DiskRig(5, 2, 1);
        rig.runTo(1_000 * MS);
        rig.node(2).dead = true;
        for (int i = 0; i < 400; i++) {
            byte[] noise = filled();
            noise[100] = (byte) i;
            noise[101] = (byte) (i >> 8);
            rig.disks.getFirst().put(SLOT_2, Bytes.owning(noise));
            rig.runFor(20 * MS);
        }
        assertThat(rig.firstAt(1, news -> isDown(news, 2)))
                .isBetween(1_000 * MS + TIMES.silenceNs() + 1, 1_000 * MS + 2 * TIMES.silenceNs() + 3 * TIMES.beatNs());
    }

    @Test
    @DisplayName("B3 D9 a disk that hangs is named by the own clock, says nothing of others, and comes back with a fresh start")
    void aHungDiskIsNamedAndBlamesNobody() {
        DiskRig rig = new DiskRig(6, 3, 1);
        rig.runTo(2_000 * MS);
        DiskRig.Disk disk = rig.disks.getFirst();
        rig.members.forEach(disk.writesHang::add);
        rig.members.forEach(disk.readsHang::add);
        rig.runFor(8_000 * MS);
        for (int node = 1; node <= 3; node++) {
            assertThat(rig.news(node, OwnSlotLate.class)).hasSize(1);
            assertThat(rig.news(node, StorageLost.class)).hasSize(1);
            assertThat(rig.node(node).beats.getFirst().sees()).isFalse();
        }
        disk.writesHang.clear();
        disk.readsHang.clear();
        rig.runFor(6_000 * MS);
        for (int node = 1; node <= 3; node++) {
            assertThat(rig.news(node, StorageBack.class)).hasSize(1).allMatch(back -> back.afterNs() > 7_000 * MS);
            assertThat(rig.news(node, PeerDown.class)).isEmpty();
            assertThat(rig.news(node, PeerUp.class)).hasSize(4);
        }
    }

    @Test
    @DisplayName("B3 writes that hang for all while reads go on put nobody out")
    void writesThatHangForAllBlameNobody() {
        DiskRig rig = new DiskRig(7, 3, 1);
        rig.runTo(2_000 * MS);
        rig.members.forEach(rig.disks.getFirst().writesHang::add);
        rig.runFor(20_000 * MS);
        rig.disks.getFirst().writesHang.clear();
        rig.runFor(5_000 * MS);
        assertThat(rig.said).noneMatch(said -> said.news() instanceof PeerDown);
        assertThat(rig.news(1, StorageBack.class)).hasSize(1);
    }

    @Test
    @DisplayName("B3 who cannot write knows it before the others call it silent")
    void whoCannotWriteKnowsItFirst() {
        DiskRig rig = new DiskRig(8, 3, 1);
        rig.runTo(2_000 * MS);
        rig.disks.getFirst().writesHang.add(N2);
        rig.runFor(8_000 * MS);
        long own = rig.firstAt(2, news -> news instanceof OwnSlotLate);
        long others = rig.firstAt(1, news -> isDown(news, 2));
        assertThat(own).isPositive().isLessThan(others);
        assertThat(rig.news(1, PeerDown.class)).hasSize(1);
        assertThat(rig.news(2, PeerDown.class)).isEmpty();
    }

    @Test
    @DisplayName("H2 a node that was away says so and blames nobody for it")
    void ownPauseIsNobodysSilence() {
        DiskRig rig = new DiskRig(9, 2, 1);
        rig.runTo(2_000 * MS);
        rig.node(1).pausedUntil = 12_000 * MS;
        rig.runTo(14_000 * MS);
        assertThat(rig.news(1, PeerDown.class)).isEmpty();
        assertThat(rig.news(1, OwnSlotLate.class)).hasSize(1)
                .allMatch(late -> late.why().startsWith("this node itself was away for "));
        assertThat(rig.news(2, PeerDown.class)).hasSize(1);
        assertThat(rig.news(2, PeerUp.class)).hasSize(2);
    }

    @Test
    @DisplayName("B5 a newer life, or another daemon of the same life, in the own slot: nothing is written there any more")
    void anotherDaemonWithOurNumberIsTold() {
        for (Bytes other : new Bytes[] {
                slot(Incarnation.of(1, 2), 5, 3, Word.BEATING, 0, 0), slot(N1_1, 5, 2, Word.BEATING, 0, 0)}) {
            DiskRig rig = new DiskRig(10, 2, 1);
            rig.runTo(1_000 * MS);
            rig.disks.getFirst().put(SLOT_1, other);
            rig.runFor(1_000 * MS);
            // One write may have come over it before it was seen, so it is put there until it was.
            for (int i = 0; i < 20 && rig.news(1, OwnSlotStolen.class).isEmpty(); i++) {
                rig.disks.getFirst().put(SLOT_1, other);
                rig.runFor(30 * MS);
            }
            assertThat(rig.news(1, OwnSlotStolen.class)).hasSize(1).allMatch(OwnSlotStolen::anotherDaemon);
            rig.disks.getFirst().put(SLOT_1, other);
            rig.runFor(4_000 * MS);
            assertThat(rig.disks.getFirst().block(SLOT_1)).isEqualTo(other.shared());
        }
    }

    @Test
    @DisplayName("B5 a write that went astray into the own slot is named and written over")
    void aMisdirectedWriteIsNamed() {
        DiskRig rig = new DiskRig(11, 2, 1);
        rig.runTo(1_000 * MS);
        for (int i = 0; i < 20 && rig.news(1, OwnSlotStolen.class).isEmpty(); i++) {
            rig.disks.getFirst().put(SLOT_1, Bytes.owning(rig.disks.getFirst().block(SLOT_2)));
            rig.runFor(30 * MS);
        }
        assertThat(rig.news(1, OwnSlotStolen.class)).hasSize(1).noneMatch(OwnSlotStolen::anotherDaemon);
        rig.runFor(2_000 * MS);
        assertThat(DiskBlockCodec.slot(rig.disks.getFirst().block(SLOT_1), 0, CLUSTER, N1))
                .isInstanceOf(DiskBlockCodec.Found.Whole.class);
    }

    @Test
    @DisplayName("D3 the first look comes before the first write, and a life goes on above the sequence that lies there")
    void aLifeGoesOnAboveWhatLiesThere() {
        DiskRig rig = new DiskRig(12, 2, 1);
        rig.runTo(3_000 * MS);
        rig.node(1).dead = true;
        rig.runFor(100 * MS);
        DiskSlot former = whole(rig, SLOT_1, N1);
        rig.start(Incarnation.of(1, 2));
        rig.runFor(20 * MS);
        DiskSlot first = whole(rig, SLOT_1, N1);
        assertThat(first.who()).isEqualTo(Incarnation.of(1, 2));
        assertThat(first.sequence()).isEqualTo(former.sequence() + 1);
        rig.runFor(1_000 * MS);
        assertThat(rig.news(2, PeerUp.class)).containsExactly(new PeerUp("d0", N1_1), new PeerUp("d0", Incarnation.of(1, 2)));
    }

    @Test
    void whoSignsOffIsDownAtTheNextLook() {
        DiskRig rig = new DiskRig(13, 2, 1);
        rig.runTo(2_000 * MS);
        rig.node(2).tell(0, new DiskBeatInput.SignOff());
        rig.runFor(300 * MS);
        assertThat(rig.news(2, LastWord.class)).containsExactly(new LastWord("d0", true));
        assertThat(rig.news(1, PeerDown.class)).hasSize(1).allMatch(down -> down.reason().equals("it signed off"));
        DiskSlot last = whole(rig, SLOT_2, N2);
        rig.runFor(3_000 * MS);
        assertThat(whole(rig, SLOT_2, N2)).isEqualTo(last);
        assertThat(rig.news(1, PeerDown.class)).hasSize(1);
    }

    @Test
    @DisplayName("B7 a pill is read within a period, its answer within half of one, and only the answer is evidence")
    void aPillIsAnsweredWithinTwoPeriods() {
        for (int seed = 0; seed < 100; seed++) {
            DiskRig rig = new DiskRig(seed, 3, 1);
            rig.runTo(2_000 * MS + seed * 7 * MS);
            long putAt = rig.now;
            rig.node(1).tell(0, new DiskBeatInput.PutPill(N2_1, 44));
            while (rig.news(2, PoisonPill.class).isEmpty()) {
                assertThat(rig.now - putAt).isLessThan(TIMES.beatNs() + 10 * MS);
                rig.runFor(MS);
            }
            assertThat(rig.news(1, PillTaken.class)).isEmpty();
            rig.node(2).tell(0, new DiskBeatInput.DeadByPill(44));
            rig.runFor(400 * MS);
            assertThat(rig.news(2, LastWord.class)).containsExactly(new LastWord("d0", true));
            assertThat(rig.news(1, PillTaken.class)).containsExactly(new PillTaken("d0", N2_1, 44));
            assertThat(rig.firstAt(1, news -> news instanceof PillTaken) - putAt).isLessThan(2 * TIMES.beatNs());
            assertThat(rig.news(2, PoisonPill.class)).containsExactly(new PoisonPill("d0", 44, N1_1));
            assertThat(rig.news(3, PoisonPill.class)).isEmpty();
        }
    }

    @Test
    @DisplayName("B7 a pill is told once for each intent, and never to another life")
    void aPillIsOfOneLifeAndToldOnce() {
        DiskRig rig = new DiskRig(15, 2, 1);
        rig.runTo(1_000 * MS);
        rig.node(1).tell(0, new DiskBeatInput.PutPill(Incarnation.of(2, 9), 43));
        rig.runFor(1_000 * MS);
        assertThat(rig.news(2, PoisonPill.class)).isEmpty();
        rig.node(1).tell(0, new DiskBeatInput.PutPill(N2_1, 44));
        rig.runFor(2_000 * MS);
        assertThat(rig.news(2, PoisonPill.class)).hasSize(1);
        rig.node(1).tell(0, new DiskBeatInput.PutPill(N2_1, 45));
        rig.runFor(2_000 * MS);
        assertThat(rig.news(2, PoisonPill.class)).extracting(PoisonPill::intent).containsExactly(44L, 45L);
        rig.node(1).tell(0, new DiskBeatInput.RemovePill(45));
        rig.runFor(1_000 * MS);
        assertThat(((DiskBlockCodec.Found.Whole<MailBlock>) DiskBlockCodec.mail(
                rig.disks.getFirst().block(DiskLayout.mail(N1)), 0, CLUSTER, N1)).content().pills()).isEmpty();
    }

    @Test
    @DisplayName("B7 a pill that was written over comes back, as it is state and no event")
    void aLostPillIsWrittenAgain() {
        DiskRig rig = new DiskRig(16, 2, 1);
        rig.runTo(1_000 * MS);
        rig.node(2).pausedUntil = 2_000 * MS;
        rig.node(1).tell(0, new DiskBeatInput.PutPill(N2_1, 44));
        rig.runFor(100 * MS);
        rig.disks.getFirst().put(DiskLayout.mail(N1), Bytes.owning(new byte[DiskLayout.BLOCK_BYTES]));
        rig.runFor(2_500 * MS);
        assertThat(rig.news(2, PoisonPill.class)).hasSize(1);
    }

    @Test
    @DisplayName("B7 the next life goes on telling that its former one took the pill, for an asker that looks late")
    void theNextLifeTellsOfTheFormerOnesDeath() {
        DiskRig rig = new DiskRig(17, 2, 1);
        rig.runTo(1_000 * MS);
        rig.node(1).dead = true;
        rig.node(2).tell(0, new DiskBeatInput.DeadByPill(44));
        rig.runFor(100 * MS);
        rig.start(Incarnation.of(2, 2));
        rig.runFor(1_000 * MS);
        rig.start(Incarnation.of(1, 2));
        rig.runFor(1_000 * MS);
        assertThat(rig.news(1, PillTaken.class)).containsExactly(new PillTaken("d0", N2_1, 44));
        assertThat(rig.news(1, PeerUp.class)).contains(new PeerUp("d0", Incarnation.of(2, 2)));
    }

    @Test
    void aLastWordThatDoesNotGetThroughIsTriedThreeTimesAndSaidSo() {
        DiskRig rig = new DiskRig(18, 2, 1);
        rig.runTo(1_000 * MS);
        rig.disks.getFirst().writesHang.add(N2);
        rig.node(2).tell(0, new DiskBeatInput.DeadByPill(44));
        rig.runFor(4 * TIMES.limitNs() + 300 * MS);
        assertThat(rig.news(2, LastWord.class)).containsExactly(new LastWord("d0", false));
    }

    @Test
    @DisplayName("B6 a disk that becomes slow is named with its percentiles before anything is late, and once")
    void aSlowDiskIsNamedBeforeItHurts() {
        DiskRig rig = new DiskRig(19, 2, 1);
        rig.runTo(20_000 * MS);
        DiskRig.Disk disk = rig.disks.getFirst();
        disk.leastNs = 260 * MS;
        disk.mostNs = 300 * MS;
        rig.runFor(20_000 * MS);
        assertThat(rig.news(1, RegionSlow.class)).hasSize(2).allSatisfy(slow -> {
            assertThat(slow.latency().p50Us()).isLessThan(2_000);
            assertThat(slow.latency().p99Us()).isBetween(260_000, 300_000);
            assertThat(slow.latency().maxUs()).isBetween(slow.latency().p99Us(), 300_000);
            assertThat(slow.latency().marginUs()).isBetween(200_000, 240_000);
        });
        assertThat(rig.said).noneMatch(said -> said.news() instanceof OwnSlotLate || said.news() instanceof PeerDown);
        disk.leastNs = MS;
        disk.mostNs = 2 * MS;
        rig.runFor(30_000 * MS);
        assertThat(rig.news(1, RegionSlow.class)).hasSize(2);
        assertThat(rig.news(1, RegionFast.class)).hasSize(2);
    }

    @Test
    void theSameSeedIsTheSameRun() {
        assertThat(fingerprint()).isEqualTo(fingerprint());
    }

    private static long fingerprint() {
        DiskRig rig = new DiskRig(20, 3, 2);
        rig.disks.getFirst().tearing = 0.3;
        rig.runTo(5_000 * MS);
        Hash64 hash = new Hash64();
        rig.nodes.forEach(node -> node.beats.forEach(beat -> beat.digest(hash)));
        rig.said.forEach(said -> hash.add(said.at()).add(said.news().toString()));
        return hash.value();
    }

    private static DiskSlot whole(DiskRig rig, long offset, NodeId node) {
        return ((DiskBlockCodec.Found.Whole<DiskSlot>) DiskBlockCodec.slot(
                rig.disks.getFirst().block(offset), 0, CLUSTER, node)).content();
    }

    private static Bytes slot(Incarnation who, long start, long sequence, Word word, long pilledLife, long intent) {
        return DiskBlockCodec.encode(new DiskSlot(
                CLUSTER, who, start, sequence, 0, TIMES.beatNs(), word, pilledLife, intent, Bytes.NONE));
    }

    private static byte[] filled() {
        byte[] noise = new byte[DiskLayout.BLOCK_BYTES];
        java.util.Arrays.fill(noise, (byte) 0x5A);
        return noise;
    }
}
