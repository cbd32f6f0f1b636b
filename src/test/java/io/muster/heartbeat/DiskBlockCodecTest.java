package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.block.DiskLayout;
import io.muster.heartbeat.DiskBlockCodec.Found;
import io.muster.heartbeat.DiskSlot.Word;
import io.muster.heartbeat.MailBlock.Pill;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class DiskBlockCodecTest {

    private static final ClusterId CLUSTER = new ClusterId(-3, 4);
    private static final NodeId N64 = NodeId.of(64);

    @Test
    void whatIsWrittenIsRead() {
        Prng random = new Prng(1);
        for (int i = 0; i < 500; i++) {
            DiskSlot slot = slot(random, i == 0 ? DiskSlot.PAYLOAD_LIMIT_BYTES : random.nextInt(DiskSlot.PAYLOAD_LIMIT_BYTES));
            byte[] block = DiskBlockCodec.encode(slot).toArray();
            assertThat(block).hasSize(DiskLayout.BLOCK_BYTES);
            assertThat(DiskBlockCodec.slot(block, 0, CLUSTER, N64)).isEqualTo(new Found.Whole<>(slot));
            MailBlock mail = mail(random, i == 0 ? MailBlock.PILLS_LIMIT : random.nextInt(MailBlock.PILLS_LIMIT));
            assertThat(DiskBlockCodec.mail(DiskBlockCodec.encode(mail).toArray(), 0, CLUSTER, N64))
                    .isEqualTo(new Found.Whole<>(mail));
        }
    }

    @Test
    @DisplayName("B4 every flipped bit, and every block of which only the first sectors came to the medium, is refused")
    void damageIsSeen() {
        Prng random = new Prng(2);
        byte[] block = DiskBlockCodec.encode(slot(random, 2_000)).toArray();
        for (int bit = 0; bit < block.length * 8; bit++) {
            block[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(((Found.Faulty<DiskSlot>) DiskBlockCodec.slot(block, 0, CLUSTER, N64)).fault())
                    .isEqualTo(bit < 64 ? SlotFault.GARBAGE : SlotFault.TORN);
            block[bit / 8] ^= (byte) (1 << bit % 8);
        }
        byte[] before = DiskBlockCodec.encode(slot(random, 2_500)).toArray();
        for (int sectors = 1; sectors < 8; sectors++) {
            byte[] torn = before.clone();
            System.arraycopy(block, 0, torn, 0, sectors * 512);
            assertThat(DiskBlockCodec.slot(torn, 0, CLUSTER, N64)).isEqualTo(new Found.Faulty<>(SlotFault.TORN));
        }
    }

    @Test
    @DisplayName("B4 whatever lies on a disk, reading it never throws, and only our own blocks are whole")
    void garbageNeverThrows() {
        Prng random = new Prng(3);
        byte[] area = new byte[3 * DiskLayout.BLOCK_BYTES];
        for (int i = 0; i < 2_000; i++) {
            for (int at = 0; at < area.length; at += 1 + random.nextInt(7)) {
                area[at] = (byte) random.nextLong();
            }
            assertThat(DiskBlockCodec.slot(area, DiskLayout.BLOCK_BYTES, CLUSTER, N64)).isInstanceOf(Found.Faulty.class);
            assertThat(DiskBlockCodec.mail(area, DiskLayout.BLOCK_BYTES, CLUSTER, N64)).isInstanceOf(Found.Faulty.class);
        }
        Arrays.fill(area, (byte) 0);
        assertThat(DiskBlockCodec.slot(area, 0, CLUSTER, N64)).isEqualTo(new Found.Faulty<>(SlotFault.EMPTY));
        byte[] mail = DiskBlockCodec.encode(mail(random, 3)).toArray();
        assertThat(DiskBlockCodec.slot(mail, 0, CLUSTER, N64)).isEqualTo(new Found.Faulty<>(SlotFault.GARBAGE));
        byte[] slot = DiskBlockCodec.encode(slot(random, 3)).toArray();
        assertThat(DiskBlockCodec.slot(slot, 0, new ClusterId(1, 1), N64)).isEqualTo(new Found.Faulty<>(SlotFault.FOREIGN));
        assertThat(DiskBlockCodec.slot(slot, 0, CLUSTER, NodeId.of(1))).isEqualTo(new Found.Faulty<>(SlotFault.MISDIRECTED));
    }

    private static DiskSlot slot(Prng random, int length) {
        byte[] payload = new byte[length];
        for (int i = 0; i < length; i++) {
            payload[i] = (byte) random.nextLong();
        }
        return new DiskSlot(CLUSTER, new Incarnation(N64, random.between(1, Long.MAX_VALUE - 1)), random.nextLong(),
                random.nextLong(Long.MAX_VALUE), random.nextLong(), random.nextLong(Long.MAX_VALUE),
                Word.values()[random.nextInt(3)], random.nextLong(100), random.nextLong(), Bytes.owning(payload));
    }

    private static MailBlock mail(Prng random, int count) {
        List<Pill> pills = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pills.add(new Pill(Incarnation.of(1 + i, 1 + random.nextLong(9)), random.nextLong(), random.nextLong()));
        }
        return new MailBlock(CLUSTER, new Incarnation(N64, 3), random.nextLong(), random.nextLong(Long.MAX_VALUE), pills);
    }
}
