package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Prng;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecordFileTest {

    private static final int SECTOR = 128;
    /** Sectors of a copy that are lost or kept each for itself; those behind them go with the last one. */
    private static final int SECTORS_APART = 4;
    private static final AcceptorRecord FOUNDING = States.record(1, States.founded(3));

    @Test
    @DisplayName("Q8: the founding file holds the founding record twice")
    void theFoundingFileHoldsTheRecordTwice() {
        byte[] file = RecordFile.founding(FOUNDING);
        assertThat(file).hasSize(RecordFile.FILE_BYTES);
        assertThat(RecordFile.PAIR_SPACE_BYTES % RecordFile.BLOCK_BYTES).isZero();
        assertThat(RecordFile.load(file)).isEqualTo(new RecordFile.Loaded(FOUNDING, 0));
        for (int copy = 0; copy < 2; copy++) {
            byte[] damaged = file.clone();
            damaged[copyAt(0, copy) + 30] ^= 1;
            assertThat(RecordFile.load(damaged).record()).isEqualTo(FOUNDING);
        }
    }

    @Test
    @DisplayName("D4: whatever sectors of the write in flight are lost, the record is the last durable one or the next")
    void anyLossInAnyWriteLeavesTheLastDurableRecordOrTheNext() {
        List<ClusterState> states = States.randomChain(11, 5, 12);
        File file = new File(FOUNDING);
        int walked = 0;
        for (int version = 1; version < states.size(); version++) {
            AcceptorRecord last = file.durable();
            AcceptorRecord next = last.promising(States.ballot(version, 1))
                    .accepting(States.ballot(version, 1), states.get(version));
            file.begin(next);
            Effect.Write write = file.inFlight();
            for (long subset = 0; subset < 1L << 2 * SECTORS_APART; subset++) {
                byte[] after = file.withSectors(write, subset);
                RecordFile.Loaded loaded = RecordFile.load(after);
                assertThat(List.of(last, next)).contains(loaded.record());
                nextWriteIsSafe(after, loaded, last);
                walked++;
            }
            file.complete();
            assertThat(file.durable()).isEqualTo(next);
            assertThat(RecordFile.load(file.content()).record()).isEqualTo(next);
        }
        assertThat(walked).isEqualTo(12 << 2 * SECTORS_APART);
    }

    @Test
    @DisplayName("Every prefix of every write leaves the last durable record or the next")
    void everyPrefixOfEveryWriteIsSafe() {
        File file = new File(FOUNDING);
        AcceptorRecord next = FOUNDING.promising(States.ballot(1, 1));
        file.begin(next);
        Effect.Write write = file.inFlight();
        for (int length = 0; length <= write.bytes().length(); length += length % RecordFile.BLOCK_BYTES < 1024 ? 1 : 64) {
            byte[] after = file.content().clone();
            System.arraycopy(write.bytes().shared(), 0, after, (int) write.offset(), length);
            RecordFile.Loaded loaded = RecordFile.load(after);
            assertThat(List.of(FOUNDING, next)).contains(loaded.record());
            nextWriteIsSafe(after, loaded, FOUNDING);
        }
    }

    @Test
    @DisplayName("L8: a sector of the newest record that goes bad later never brings an older record back")
    void oneBadSectorForgetsNothing() {
        File file = new File(FOUNDING);
        for (int round = 1; round <= 4; round++) {
            AcceptorRecord next = file.durable().promising(States.ballot(round, 1));
            file.begin(next);
            file.complete();
            for (int at = 0; at < RecordFile.FILE_BYTES; at += SECTOR) {
                byte[] bad = file.content().clone();
                Arrays.fill(bad, at, at + SECTOR, (byte) 0xEE);
                assertThat(RecordFile.load(bad).record()).isEqualTo(next);
                at += at % RecordFile.PAIR_SPACE_BYTES < 3 * RecordFile.BLOCK_BYTES ? 0 : 64 * SECTOR;
            }
        }
    }

    /** The write of what was found, lost in any part, leaves what was found or what was durable before. */
    private static void nextWriteIsSafe(byte[] content, RecordFile.Loaded loaded, AcceptorRecord durable) {
        byte[] bytes = RecordFile.copy(loaded.record(), loaded.sequence()).shared();
        int first = copyAt(loaded.sequence(), loaded.firstCopy());
        for (int keep : new int[] {0, SECTOR, bytes.length / 2, bytes.length}) {
            byte[] torn = content.clone();
            System.arraycopy(bytes, 0, torn, first, Math.min(keep, bytes.length));
            assertThat(List.of(loaded.record(), durable)).contains(RecordFile.load(torn).record());
        }
    }

    @Test
    @DisplayName("A kill at any write, then a loss of power at any write of the next life: what was durable is there")
    void aKillAndThenALossOfPowerLeavesWhatWasDurable() {
        long[] parts = {0, 1, 0b10, 0x0F, 0xF0, 0x1F, 0xF1, -1};
        List<ClusterState> states = States.randomChain(13, 4, 4);
        int walked = 0;
        for (int version = 1; version <= 4; version++) {
            for (long handedOver : parts) {
                for (long onMedium : parts) {
                    for (int lostAt = 0; lostAt < 3; lostAt++) {
                        for (long kept : parts) {
                            killThenLosePower(states, version, handedOver, onMedium, lostAt, kept);
                            walked++;
                        }
                    }
                }
            }
        }
        assertThat(walked).isEqualTo(4 * parts.length * parts.length * 3 * parts.length);
    }

    /** @param lostAt 0 and 1: at the two writes of what was found; 2: at the next life's own first write */
    private static void killThenLosePower(List<ClusterState> states, int version, long handedOver,
            long onMedium, int lostAt, long kept) {
        File file = new File(FOUNDING);
        for (int v = 1; v < version; v++) {
            file.begin(FOUNDING.accepting(States.ballot(v, 1), states.get(v)));
            file.complete();
        }
        AcceptorRecord last = file.durable();
        AcceptorRecord next = FOUNDING.accepting(States.ballot(version, 1), states.get(version));
        file.begin(next);
        byte[] cache = file.withSectors(file.inFlight(), handedOver);
        byte[] medium = file.withSectors(file.inFlight(), handedOver & onMedium);
        AcceptorRecord found = RecordFile.load(cache).record();
        File nextLife = new File(RecordFile.load(cache));
        for (int written = 0; written < lostAt; written++) {
            // A flush takes all that the cache holds to the medium.
            nextLife.completeIn(cache);
            medium = cache.clone();
        }
        AcceptorRecord after = found.promising(States.ballot(version + 1, 1));
        if (lostAt == 2) {
            nextLife.begin(after);
        }
        byte[] left = withSectors(medium, nextLife.inFlight(), kept);
        assertThat(lostAt == 2 ? List.of(found, after) : List.of(last, next)).contains(RecordFile.load(left).record());
    }

    @Test
    @DisplayName("The next life begins with the damaged copy, also after damage that was no torn write")
    void theNextLifeBeginsWithTheDamagedCopy() {
        File file = new File(FOUNDING);
        for (int round = 1; round <= 4; round++) {
            file.begin(file.durable().promising(States.ballot(round, 1)));
            file.complete();
            for (int copy = 0; copy < 2; copy++) {
                byte[] damaged = file.content().clone();
                damaged[copyAt(round, copy) + 20] ^= 4;
                RecordFile.Loaded loaded = RecordFile.load(damaged);
                assertThat(loaded).isEqualTo(new RecordFile.Loaded(file.durable(), round, copy));
            }
        }
    }

    @Test
    @DisplayName("Every bit flip in one copy, and every truncation of the file, leaves the other copy or is refused")
    void everyBitFlipIsSeen() {
        byte[] file = RecordFile.founding(FOUNDING);
        int length = RecordFile.copy(FOUNDING, 0).length();
        for (int bit = 0; bit < 8 * length; bit++) {
            file[bit / 8] ^= (byte) (1 << bit % 8);
            RecordFile.Loaded loaded = RecordFile.load(file);
            assertThat(loaded.record()).isEqualTo(FOUNDING);
            assertThat(loaded.firstCopy()).isZero();
            file[bit / 8] ^= (byte) (1 << bit % 8);
        }
        for (int end = 0; end < RecordFile.PAIR_SPACE_BYTES; end += end < length ? 1 : 997) {
            byte[] shorter = Arrays.copyOf(file, end);
            if (end < length) {
                assertThatThrownBy(() -> RecordFile.load(shorter))
                        .isInstanceOf(ClusterFault.class).hasMessageStartingWith("DATA-5 ");
            } else {
                assertThat(RecordFile.load(shorter).record()).isEqualTo(FOUNDING);
            }
        }
    }

    @Test
    @DisplayName("L8: with no valid copy the node may not vote: DATA-5, and what to do")
    void noValidCopyIsRefused() {
        for (byte[] file : List.of(new byte[0], new byte[100], new byte[RecordFile.FILE_BYTES])) {
            assertThatThrownBy(() -> RecordFile.load(file))
                    .isInstanceOfSatisfying(ClusterFault.class, fault ->
                            assertThat(fault.code()).isEqualTo(FaultCode.DATA_5))
                    .hasMessageContaining("muster ledger fresh");
        }
        Prng chance = new Prng(1);
        byte[] noise = new byte[RecordFile.FILE_BYTES];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (byte) chance.nextInt(256);
        }
        assertThatThrownBy(() -> RecordFile.load(noise)).isInstanceOf(ClusterFault.class);
    }

    @Test
    @DisplayName("A copy of a newer format is refused with DATA-3, also beside a valid copy of ours")
    void aNewerFormatIsRefused() {
        byte[] file = RecordFile.founding(FOUNDING);
        int length = RecordFile.copy(FOUNDING, 0).length();
        file[5] = RecordFile.FORMAT + 1;
        CRC32C crc = new CRC32C();
        crc.update(file, 0, length - 4);
        for (int i = 0; i < 4; i++) {
            file[length - 4 + i] = (byte) (crc.getValue() >>> 24 - 8 * i);
        }
        assertThatThrownBy(() -> RecordFile.load(file))
                .isInstanceOfSatisfying(ClusterFault.class, fault ->
                        assertThat(fault.code()).isEqualTo(FaultCode.DATA_3))
                .hasMessageContaining("format " + (RecordFile.FORMAT + 1)).hasMessageContaining("nothing was changed");
    }

    @Test
    @DisplayName("A short record over a long one is read as the short one")
    void whatALongerRecordLeftBehindMeansNothing() {
        File file = new File(FOUNDING);
        AcceptorRecord longer = FOUNDING.accepting(States.ballot(1, 1), States.randomChain(2, 5, 20).getLast());
        AcceptorRecord shorter = longer.accepting(States.ballot(2, 1), States.founded(3));
        for (AcceptorRecord record : List.of(longer, shorter)) {
            file.begin(record);
            file.complete();
            file.begin(record);
            file.complete();
        }
        assertThat(RecordFile.load(file.content()).record()).isEqualTo(shorter);
    }

    @Test
    @DisplayName("A record counts once both copies are flushed; newer ones wait, and the newest of them is written next")
    void aRecordCountsOnceItIsFlushed() {
        Recorder<LedgerNews> out = new Recorder<>();
        RecordKeeper keeper = new RecordKeeper(new RecordFile.Loaded(FOUNDING, 0), 1_000);
        List<AcceptorRecord> records = List.of(
                FOUNDING.promising(States.ballot(1, 1)), FOUNDING.promising(States.ballot(2, 1)),
                FOUNDING.promising(States.ballot(3, 1)));
        records.forEach(record -> keeper.want(record, 0, out));
        assertThat(out.writes()).hasSize(1);
        assertThat(keeper.durable()).isEmpty();
        assertThat(keeper.completed(new Completion.Written(1), 0, out)).isTrue();
        assertThat(keeper.durable()).contains(records.get(0));
        assertThat(keeper.completed(new Completion.Written(1), 0, out)).as("an old ticket").isFalse();
        assertThat(keeper.completed(new Completion.Written(2), 0, out)).isTrue();
        assertThat(keeper.durable()).contains(records.get(2));
        assertThat(out.writes()).extracting(Effect.Write::offset).containsExactly(
                RecordFile.offsetOf(1), RecordFile.offsetOf(2));
        assertThat(keeper.deadline()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    @DisplayName("A failed write, and one that takes too long, end it for good")
    void aFailedOrEndlessWriteEndsIt() {
        for (int before = 0; before < 3; before++) {
            for (boolean slow : new boolean[] {false, true}) {
                Recorder<LedgerNews> out = new Recorder<>();
                RecordKeeper keeper = new RecordKeeper(new RecordFile.Loaded(FOUNDING, 0), 1_000);
                keeper.start(5, out);
                keeper.want(FOUNDING.promising(States.ballot(1, 1)), 5, out);
                for (int ticket = 1; ticket <= before; ticket++) {
                    keeper.completed(new Completion.Written(ticket), 5, out);
                }
                if (slow) {
                    keeper.due(keeper.deadline() - 1);
                    assertThat(keeper.failure()).isEmpty();
                    keeper.due(keeper.deadline());
                } else {
                    keeper.completed(new Completion.WriteFailed(before + 1, "disk full"), 6, out);
                }
                assertThat(keeper.failure()).isPresent();
                assertThat(keeper.completed(new Completion.Written(before + 1), 7, out)).isFalse();
                keeper.want(FOUNDING, 8, out);
                assertThat(out.writes()).hasSize(before + 1);
                assertThat(keeper.durable()).isEqualTo(before < 2 ? Optional.empty() : Optional.of(FOUNDING));
            }
        }
    }

    /** A file under a real keeper. */
    private static final class File {

        private final byte[] content;
        private final RecordKeeper keeper;
        private final Recorder<LedgerNews> out = new Recorder<>();

        File(AcceptorRecord founding) {
            content = RecordFile.founding(founding);
            keeper = new RecordKeeper(RecordFile.load(content), 1_000);
            keeper.start(0, out);
            complete();
            complete();
        }

        /** The file of a life that has found this and begins to write it once more. */
        File(RecordFile.Loaded loaded) {
            content = new byte[0];
            keeper = new RecordKeeper(loaded, 1_000);
            keeper.start(0, out);
        }

        byte[] content() {
            return content;
        }

        AcceptorRecord durable() {
            return keeper.durable().orElseThrow();
        }

        void begin(AcceptorRecord record) {
            keeper.want(record, 0, out);
        }

        Effect.Write inFlight() {
            return out.writes().getLast();
        }

        void complete() {
            completeIn(content);
        }

        void completeIn(byte[] target) {
            Effect.Write write = inFlight();
            System.arraycopy(write.bytes().shared(), 0, target, (int) write.offset(), write.bytes().length());
            keeper.completed(new Completion.Written(write.ticket()), 0, out);
        }

        byte[] withSectors(Effect.Write write, long subset) {
            return RecordFileTest.withSectors(content, write, subset);
        }
    }

    private static int copyAt(long sequence, int copy) {
        return (int) RecordFile.offsetOf(sequence) + copy * RecordFile.BLOCK_BYTES;
    }

    /**
     * The content with only these sectors of the write in it: a bit for each of the first sectors of the first copy, and
     * then of the second; the later ones of a copy share its last bit.
     */
    private static byte[] withSectors(byte[] content, Effect.Write write, long subset) {
        byte[] after = content.clone();
        byte[] bytes = write.bytes().shared();
        for (int from = 0; from < bytes.length; from += SECTOR) {
            int copy = from / RecordFile.BLOCK_BYTES;
            int inCopy = Math.min(from % RecordFile.BLOCK_BYTES / SECTOR, SECTORS_APART - 1);
            if ((subset >> copy * SECTORS_APART + inCopy & 1) != 0) {
                System.arraycopy(bytes, from, after, (int) write.offset() + from, Math.min(SECTOR, bytes.length - from));
            }
        }
        return after;
    }
}
