package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import io.muster.heartbeat.DiskSlot.Word;
import io.muster.heartbeat.MailBlock.Pill;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of {@link DiskSlot} and {@link MailBlock}: one block of {@link DiskLayout#BLOCK_BYTES}, big-endian.
 *
 * <pre>
 * offset length type   meaning
 *      0      8 bytes  "MUSTBEAT" or "MUSTMAIL"
 *      8      2 u16    format: 1
 *     10     16 i64x2  cluster id
 *     26      1 u8     node
 *     27      8 i64    life, at least 1
 *     35      8 i64    start
 *     43      8 i64    sequence, not negative
 *                      of a slot:
 *     51      8 i64    sent at, ns
 *     59      8 i64    period, ns
 *     67      1 u8     word: 0 beating, 1 signed off, 2 dead by pill
 *     68      8 i64    life that ended by a pill; 0: none
 *     76      8 i64    intent of that pill
 *     84    4+n bytes  payload behind its length
 *                      of mail:
 *     51      2 u16    pills
 *     53   26*n        command u8 (1: end yourself), victim u8 + i64, intent i64, sequence i64
 *      …               zero
 *   4092      4 u32    CRC32C of all before
 * </pre>
 */
final class DiskBlockCodec {

    /** What lies in a block. */
    sealed interface Found<T> {

        record Whole<T>(T content) implements Found<T> {}

        record Faulty<T>(SlotFault fault) implements Found<T> {}
    }

    private interface Body<T> {
        T read(ByteReader from, Head head) throws MalformedFrame;
    }

    private record Head(ClusterId cluster, Incarnation who, long start, long sequence) {}

    private static final long BEAT = 0x4D55535442454154L;
    private static final long MAIL = 0x4D5553544D41494CL;
    private static final int FORMAT = 1;
    private static final int POISON = 1;
    private static final int CHECKED_BYTES = DiskLayout.BLOCK_BYTES - 4;
    private static final Word[] WORDS = Word.values();

    private DiskBlockCodec() {}

    static Bytes encode(DiskSlot slot) {
        ByteWriter to = head(BEAT, slot.cluster(), slot.who(), slot.start(), slot.sequence());
        to.i64(slot.sentAtNs()).i64(slot.periodNs()).u8(slot.word().ordinal())
                .i64(slot.pilledLife()).i64(slot.intent()).bytes(slot.payload());
        return sealed(to);
    }

    static Bytes encode(MailBlock mail) {
        ByteWriter to = head(MAIL, mail.cluster(), mail.from(), mail.start(), mail.sequence());
        to.u16(mail.pills().size());
        for (Pill pill : mail.pills()) {
            to.u8(POISON).u8(pill.victim().node().number()).i64(pill.victim().life()).i64(pill.intent()).i64(pill.sequence());
        }
        return sealed(to);
    }

    /** @param at where the node's block begins in {@code bytes} */
    static Found<DiskSlot> slot(byte[] bytes, int at, ClusterId cluster, NodeId node) {
        return found(bytes, at, BEAT, cluster, node, DiskBlockCodec::slotBody);
    }

    /** @param at where the node's block begins in {@code bytes} */
    static Found<MailBlock> mail(byte[] bytes, int at, ClusterId cluster, NodeId node) {
        return found(bytes, at, MAIL, cluster, node, DiskBlockCodec::mailBody);
    }

    /** Of the whole block; equal bytes, equal print. */
    static int print(byte[] bytes, int at) {
        return crc(bytes, at, DiskLayout.BLOCK_BYTES);
    }

    private static ByteWriter head(long magic, ClusterId cluster, Incarnation who, long start, long sequence) {
        return new ByteWriter(DiskLayout.BLOCK_BYTES).i64(magic).u16(FORMAT).i64(cluster.high()).i64(cluster.low())
                .u8(who.node().number()).i64(who.life()).i64(start).i64(sequence);
    }

    private static Bytes sealed(ByteWriter content) {
        byte[] block = Arrays.copyOf(content.toArray(), DiskLayout.BLOCK_BYTES);
        int crc = crc(block, 0, CHECKED_BYTES);
        for (int i = 0; i < 4; i++) {
            block[CHECKED_BYTES + i] = (byte) (crc >>> 24 - 8 * i);
        }
        return Bytes.owning(block);
    }

    private static <T> Found<T> found(byte[] bytes, int at, long magic, ClusterId cluster, NodeId node, Body<T> body) {
        try {
            ByteReader from = new ByteReader(bytes, at, DiskLayout.BLOCK_BYTES);
            if (from.i64() != magic) {
                return new Found.Faulty<>(isZero(bytes, at) ? SlotFault.EMPTY : SlotFault.GARBAGE);
            }
            if (new ByteReader(bytes, at + CHECKED_BYTES, 4).i32() != crc(bytes, at, CHECKED_BYTES)) {
                return new Found.Faulty<>(SlotFault.TORN);
            }
            if (from.u16() != FORMAT) {
                return new Found.Faulty<>(SlotFault.UNKNOWN_FORMAT);
            }
            ClusterId of = new ClusterId(from.i64(), from.i64());
            if (!of.equals(cluster)) {
                return new Found.Faulty<>(SlotFault.FOREIGN);
            }
            Incarnation who = from.incarnation();
            if (!who.node().equals(node)) {
                return new Found.Faulty<>(SlotFault.MISDIRECTED);
            }
            return new Found.Whole<>(body.read(from, new Head(of, who, from.i64(), from.count())));
        } catch (MalformedFrame e) {
            // Whole and yet not as we write it.
            return new Found.Faulty<>(SlotFault.GARBAGE);
        }
    }

    private static DiskSlot slotBody(ByteReader from, Head head) throws MalformedFrame {
        long sentAtNs = from.i64();
        long periodNs = from.count();
        int word = from.u8();
        if (word >= WORDS.length) {
            throw new MalformedFrame("word %d of a slot".formatted(word));
        }
        return new DiskSlot(head.cluster, head.who, head.start, head.sequence, sentAtNs, periodNs, WORDS[word], from.count(),
                from.i64(), from.bytes(DiskSlot.PAYLOAD_LIMIT_BYTES));
    }

    private static MailBlock mailBody(ByteReader from, Head head) throws MalformedFrame {
        int count = from.size(MailBlock.PILLS_LIMIT);
        List<Pill> pills = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int command = from.u8();
            Pill pill = new Pill(from.incarnation(), from.i64(), from.i64());
            // A command of a later program is none that we could obey.
            if (command == POISON) {
                pills.add(pill);
            }
        }
        return new MailBlock(head.cluster, head.who, head.start, head.sequence, pills);
    }

    private static boolean isZero(byte[] bytes, int at) {
        for (int i = at; i < at + DiskLayout.BLOCK_BYTES; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static int crc(byte[] bytes, int at, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, at, length);
        return (int) crc.getValue();
    }
}
