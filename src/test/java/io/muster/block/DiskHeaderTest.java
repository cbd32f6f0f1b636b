package io.muster.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DiskHeaderTest {

    static final ClusterId CLUSTER = new ClusterId(1, 2);
    static final long BYTES = 48L << 20;

    static DiskHeader header(long disk, long sequence, String label) {
        return new DiskHeader(new DiskId(disk, 9), CLUSTER, 77 + disk, sequence, 1_763_000_000_000L, BYTES, label);
    }

    private static HeaderCopy sound(long disk, long sequence) {
        return new HeaderCopy.Sound(header(disk, sequence, "a"));
    }

    @Test
    @DisplayName("a header is read as it was written")
    void encodeAndDecodeAreOne() {
        DiskHeader header = header(5, 3, "rack-7.lun_0");
        assertThat(DiskHeader.decode(header.encode())).isEqualTo(new HeaderCopy.Sound(header));
        assertThat(header.disk()).hasToString("00000000-0000-0005-0000-000000000009");
    }

    @Test
    @DisplayName("each flipped bit and each torn sector of a header is found")
    void damageIsFound() {
        byte[] good = header(5, 3, "a").encode();
        Prng chance = new Prng(1);
        for (int i = 0; i < 4_000; i++) {
            byte[] bad = good.clone();
            int bit = i < 1_600 ? i : chance.nextInt(8 * bad.length);
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(DiskHeader.decode(bad)).isNotInstanceOf(HeaderCopy.Sound.class)
                    .isNotInstanceOf(HeaderCopy.OtherFormat.class);
        }
        byte[] other = header(6, 4, "b").encode();
        for (int sectors = 1; sectors < 8; sectors++) {
            byte[] torn = other.clone();
            System.arraycopy(good, 0, torn, 0, sectors * 512);
            assertThat(DiskHeader.decode(torn)).as("%d sectors", sectors).isInstanceOf(HeaderCopy.Damaged.class);
        }
        assertThat(DiskHeader.decode(new byte[4096])).isEqualTo(new HeaderCopy.Empty());
        assertThat(DiskHeader.decode(new byte[10])).isInstanceOf(HeaderCopy.Damaged.class);
    }

    @Test
    @DisplayName("random blocks never cause an exception, whatever follows the mark")
    void noiseIsRefused() {
        Prng chance = new Prng(3);
        byte[] good = header(5, 3, "a").encode();
        for (int i = 0; i < 300; i++) {
            byte[] noise = new byte[4096];
            for (int at = 0; at < noise.length; at++) {
                noise[at] = (byte) chance.nextInt(256);
            }
            assertThat(DiskHeader.decode(noise)).isEqualTo(new HeaderCopy.Foreign());
            System.arraycopy(good, 0, noise, 0, 8);
            assertThat(DiskHeader.decode(noise)).isInstanceOf(HeaderCopy.Damaged.class);
        }
    }

    @Test
    @DisplayName("of one disk's copies the newest sound one holds, one of them is enough, and the others are named")
    void theNewestHolds() {
        assertThat(HeaderChoice.of(List.of(sound(1, 2), sound(1, 1), sound(1, 1))))
                .isInstanceOfSatisfying(HeaderChoice.Chosen.class, chosen -> {
                    assertThat(chosen.header().sequence()).isEqualTo(2);
                    assertThat(chosen.bad()).hasSize(2);
                });
        assertThat(HeaderChoice.of(List.of(new HeaderCopy.Damaged("torn"), new HeaderCopy.Unreadable("EIO"), sound(1, 4))))
                .isInstanceOfSatisfying(HeaderChoice.Chosen.class, chosen -> {
                    assertThat(chosen.header().sequence()).isEqualTo(4);
                    assertThat(chosen.bad()).hasSize(2).first().asString().contains("copy 0", "65536", "torn");
                });
    }

    @Test
    @DisplayName("of several disks' copies two of three decide; otherwise nobody does, nor between equals that differ")
    void mixedCopiesNeedAMajority() {
        assertThat(HeaderChoice.of(List.of(sound(2, 9), sound(1, 1), sound(1, 1))))
                .isInstanceOfSatisfying(HeaderChoice.Chosen.class, chosen ->
                        assertThat(chosen.header().disk()).isEqualTo(new DiskId(1, 9)));
        assertThat(HeaderChoice.of(List.of(sound(2, 9), sound(1, 1), new HeaderCopy.Empty())))
                .isInstanceOf(HeaderChoice.Undecided.class);
        assertThat(HeaderChoice.of(List.of(sound(1, 1), sound(2, 1), sound(3, 1)))).isInstanceOf(HeaderChoice.Undecided.class);
        assertThat(HeaderChoice.of(List.of(sound(1, 1), new HeaderCopy.Sound(header(1, 1, "b")), new HeaderCopy.Empty())))
                .isInstanceOf(HeaderChoice.Undecided.class);
        assertThat(HeaderChoice.of(List.of(sound(1, 1), sound(1, 1), new HeaderCopy.OtherFormat(2))))
                .isInstanceOf(HeaderChoice.Undecided.class);
        assertThat(HeaderChoice.of(List.of(new HeaderCopy.Empty(), new HeaderCopy.Foreign(), new HeaderCopy.Empty())))
                .isInstanceOf(HeaderChoice.Missing.class);
    }

    @Test
    @DisplayName("D8: wherever a formatting is cut off, the disk is the former one as a whole, none, or the new one as a whole")
    void formattingIsCrashSafe() {
        MemoryDevice disk = new MemoryDevice(512, BYTES);
        DiskHeader former = header(1, 1, "former");
        DiskFormat.write(disk, former, List.of());
        byte[] slot = new byte[4096];
        Arrays.fill(slot, (byte) 7);
        List<Long> places = new ArrayList<>();
        IntStream.rangeClosed(1, 64).mapToObj(NodeId::of).forEach(node -> {
            places.add(DiskLayout.heartbeat(node));
            places.add(DiskLayout.mail(node));
            places.add(DiskLayout.ledgerHead(node, 0));
            places.add(DiskLayout.ledgerHead(node, 1));
            places.add(DiskLayout.ledgerState(node, 0, 0));
        });
        places.forEach(at -> disk.write(at, ByteBuffer.wrap(slot)));
        RecordingDevice recording = new RecordingDevice(disk);
        DiskHeader next = header(2, 1, "next");
        DiskFormat.write(recording, next, List.of());

        int[] seen = new int[3];
        Prng chance = new Prng(11);
        int acts = recording.acts().size();
        for (int began = 0; began <= acts; began++) {
            for (int tries = 0; tries < 4; tries++) {
                MemoryDevice crashed = recording.crashed(began, chance.nextLong(), chance.nextInt(9));
                switch (HeaderChoice.of(HeaderChoice.read(crashed))) {
                    case HeaderChoice.Missing _ -> seen[0]++;
                    case HeaderChoice.Undecided what -> assertThat(what).as("after %d acts", began).isNull();
                    case HeaderChoice.Chosen(DiskHeader header, _) -> {
                        boolean isNew = header.equals(next);
                        seen[isNew ? 2 : 1]++;
                        assertThat(header).isIn(former, next);
                        for (long at : places) {
                            byte[] found = new byte[4096];
                            crashed.read(at, ByteBuffer.wrap(found));
                            assertThat(found).as("byte %d after %d acts", at, began).isEqualTo(isNew ? new byte[4096] : slot);
                        }
                    }
                }
            }
        }
        assertThat(seen).doesNotContain(0);
    }

    @Test
    @DisplayName("a check names damaged and unreadable places, reads all slots, and writes nothing")
    void aCheckLooksAtEverything() {
        MemoryDevice disk = new MemoryDevice(4096, BYTES);
        DiskFormat.write(disk, header(1, 1, "a"), List.of());
        assertThat(new DiskCheck(SlotReader.UNKNOWN, SlotReader.UNKNOWN, SlotReader.UNKNOWN).look(disk).sound()).isTrue();
        byte[] beat = new byte[4096];
        beat[0] = 3;
        disk.write(DiskLayout.heartbeat(NodeId.of(3)), ByteBuffer.wrap(beat));
        disk.write(DiskLayout.header(1), ByteBuffer.wrap(beat));
        RecordingDevice watched = new RecordingDevice(disk);

        SlotReader hostile = (_, content) -> content.shared()[0] == 0 ? SlotReader.Reading.NEVER_WRITTEN
                : new SlotReader.Reading(SlotReader.State.DAMAGED, "its checksum is wrong");
        DiskCheck.Report report = new DiskCheck(hostile, SlotReader.UNKNOWN, SlotReader.UNKNOWN).look(watched);

        assertThat(report.sound()).isFalse();
        assertThat(report.slots()).hasSize(64 * 4).filteredOn(each -> each.reading().state() == SlotReader.State.DAMAGED)
                .singleElement().satisfies(each -> assertThat(each.node()).hasToString("n3"));
        assertThat(report.copies().get(1)).isEqualTo(new HeaderCopy.Foreign());
        assertThat(watched.acts()).isEmpty();
    }

    @Test
    @DisplayName("between two samples the nodes that wrote are seen")
    void livingNodesAreSeen() {
        MemoryDevice disk = new MemoryDevice(512, BYTES);
        SlotSample before = SlotSample.of(disk);
        assertThat(before.changed(SlotSample.of(disk)).isEmpty()).isTrue();
        byte[] beat = new byte[512];
        beat[5] = 1;
        disk.write(DiskLayout.heartbeat(NodeId.of(2)), ByteBuffer.wrap(beat));
        disk.write(DiskLayout.mail(NodeId.of(64)) + 3584, ByteBuffer.wrap(beat));
        assertThat(before.changed(SlotSample.of(disk))).hasToString("{n2 n64}");
    }

    @Test
    @DisplayName("A4: nothing is written while the gate is shut, and draining waits for what was handed down before")
    void theGateCloses() throws Exception {
        boolean[] open = {true};
        RecordingDevice recording = new RecordingDevice(new MemoryDevice(512, BYTES));
        long[] now = {0};
        GatedDevice gated = new GatedDevice(recording, () -> open[0], () -> now[0] += 1_000_000);
        gated.write(0, ByteBuffer.allocate(512));
        open[0] = false;
        assertThatThrownBy(() -> gated.write(0, ByteBuffer.allocate(512)))
                .isInstanceOfSatisfying(DiskFault.class, e -> assertThat(e.kind()).isEqualTo(DiskFault.Kind.GATE_SHUT));
        assertThatThrownBy(gated::flush).isInstanceOf(DiskFault.class);
        gated.read(0, ByteBuffer.allocate(512));
        assertThat(recording.acts()).hasSize(1);
        assertThat(gated.drain(1)).isTrue();
    }

    @Test
    @DisplayName("A4 D5: a write that was handed down before the gate shut is waited for; draining says when it is still out")
    void drainingWaitsForWhatIsOut() throws Exception {
        boolean[] open = {true};
        long[] now = {0};
        GatedDevice[] gated = new GatedDevice[1];
        boolean[] drained = {true};
        MemoryDevice disk = new MemoryDevice(512, BYTES);
        // While the write is under way the gate shuts and somebody drains.
        FaultyDevice slow = new FaultyDevice(disk, new Prng(1), () -> {
            open[0] = false;
            drained[0] = drainQuietly(gated[0]);
        }).next(FaultyDevice.Fault.SLOW);
        gated[0] = new GatedDevice(slow, () -> open[0], () -> now[0] += 1_000_000);
        gated[0].write(0, ByteBuffer.allocate(512));
        assertThat(drained[0]).isFalse();
        assertThat(drainQuietly(gated[0])).isTrue();
    }

    private static boolean drainQuietly(GatedDevice device) {
        try {
            return device.drain(3_000_000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
