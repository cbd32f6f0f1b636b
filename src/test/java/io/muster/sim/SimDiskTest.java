package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SimDiskTest {

    private static final int SECTORS = 3;

    private final VirtualTime time = new VirtualTime();
    private final List<Completion> answers = new ArrayList<>();

    @Test
    void aWriteIsOnTheMediumBeforeItIsReported() {
        List<String> order = new ArrayList<>();
        SimDisk disk = new SimDisk(time, new Prng(1), (file, content) -> order.add("medium"));

        disk.write(write(1, 0, (byte) 7, 100), _ -> order.add("report"));
        passAll();

        assertThat(order).containsExactly("medium", "report");
        assertThat(disk.read("ledger")).isEqualTo(filled((byte) 7, 100));
    }

    @Test
    void writesToOneFileAreCarriedOutInOrder() {
        for (int seed = 0; seed < 200; seed++) {
            SimDisk disk = disk(seed);
            disk.write(write(1, 0, (byte) 1, 600), answers::add);
            disk.write(write(2, 0, (byte) 2, 600), answers::add);
            passAll();

            assertThat(disk.read("ledger")).isEqualTo(filled((byte) 2, 600));
        }
    }

    @Test
    void aCrashLeavesEveryKindOfPartOfTheWriteUnderWayAndNothingOfThoseBehindIt() {
        TreeSet<String> left = new TreeSet<>();
        for (int seed = 0; seed < 400; seed++) {
            SimDisk disk = disk(seed);
            disk.install("ledger", filled((byte) 0, SECTORS * SimDisk.SECTOR_BYTES));
            disk.write(write(1, 0, (byte) 1, SECTORS * SimDisk.SECTOR_BYTES), answers::add);
            disk.write(write(2, 0, (byte) 2, SECTORS * SimDisk.SECTOR_BYTES), answers::add);
            disk.crash(false);
            passAll();
            left.add(sectors(disk.read("ledger")));
        }

        assertThat(left).containsExactly("000", "001", "010", "011", "100", "101", "110", "111");
    }

    @Test
    void aCrashBetweenTheMediumAndTheReportLeavesTheWholeWrite() {
        SimDisk disk = disk(3);
        disk.write(write(1, 0, (byte) 1, 100), answers::add);
        while (disk.read("ledger").length == 0) {
            time.step(TimeBudget.SECOND);
        }
        disk.crash(false);

        assertThat(answers).isEmpty();
        assertThat(disk.read("ledger")).isEqualTo(filled((byte) 1, 100));
    }

    @Test
    void aFailedWriteIsReportedAsFailedAndSaysNothingOfTheMedium() {
        TreeSet<String> left = new TreeSet<>();
        for (int seed = 0; seed < 200; seed++) {
            SimDisk disk = disk(seed);
            disk.behave(new SimDisk.Behaviour(1, 1, 1.0, 0, 0));
            disk.install("ledger", filled((byte) 0, SimDisk.SECTOR_BYTES));
            disk.write(write(seed, 0, (byte) 1, SimDisk.SECTOR_BYTES), answers::add);
            passAll();
            left.add(sectors(disk.read("ledger")));
        }

        assertThat(answers).hasSize(200).allMatch(Completion.WriteFailed.class::isInstance);
        assertThat(left).containsExactly("0", "1");
    }

    @Test
    void aStuckWriteNeverEndsAndThoseBehindItNeitherUntilItsProcessDoes() {
        SimDisk disk = disk(1);
        disk.behave(new SimDisk.Behaviour(1, 1, 0, 0, 0, 1.0, 0));
        disk.write(write(1, 0, (byte) 1, 100), answers::add);
        disk.behave(SimDisk.Behaviour.HEALTHY);
        disk.write(write(2, 0, (byte) 2, 100), answers::add);
        passAll();

        assertThat(answers).isEmpty();
        disk.crash(false);
        disk.write(write(3, 0, (byte) 3, 100), answers::add);
        passAll();
        assertThat(answers).containsExactly(new Completion.Written(3));
    }

    @Test
    void aGhostLandsAfterItsProcessAndUntilThenTheFolderIsNotFree() {
        SimDisk disk = disk(1);
        disk.behave(new SimDisk.Behaviour(1, 1, 0, 0, 0, 0, 1.0));
        disk.write(write(1, 0, (byte) 1, 100), answers::add);
        disk.crash(false);

        assertThat(disk.drained()).isFalse();
        assertThat(disk.read("ledger")).isEmpty();
        passAll();
        assertThat(disk.drained()).isTrue();
        assertThat(disk.read("ledger")).isEqualTo(filled((byte) 1, 100));
        assertThat(answers).as("nobody is told").isEmpty();
    }

    @Test
    void nothingLandsWhenThePowerWentWithTheProcess() {
        SimDisk disk = disk(1);
        disk.behave(new SimDisk.Behaviour(1, 1, 0, 0, 0, 0, 1.0));
        disk.write(write(1, 0, (byte) 1, 100), answers::add);
        disk.crash(true);

        assertThat(disk.drained()).isTrue();
    }

    @Test
    void whatADiskForgetsIsNoise() {
        SimDisk disk = disk(1);
        disk.install("ledger", filled((byte) 7, 1_000));
        disk.forget("ledger");

        assertThat(disk.read("ledger")).hasSize(1_000).isNotEqualTo(filled((byte) 7, 1_000));
    }

    @Test
    void livesAreCountedUpForEver() {
        SimDisk disk = disk(1);

        assertThat(List.of(disk.nextLife(), disk.nextLife())).containsExactly(1L, 2L);
        disk.crash(false);
        assertThat(disk.nextLife()).isEqualTo(3);
    }

    private SimDisk disk(long seed) {
        return new SimDisk(time, new Prng(seed), (file, content) -> { /* nobody looks */ });
    }

    private void passAll() {
        while (time.step(time.now() + TimeBudget.SECOND)) { /* until nothing is left */ }
    }

    private static Effect.Write write(long ticket, long offset, byte value, int length) {
        return new Effect.Write(ticket, "ledger", offset, Bytes.owning(filled(value, length)));
    }

    private static byte[] filled(byte value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, value);
        return bytes;
    }

    private static String sectors(byte[] content) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < content.length; at += SimDisk.SECTOR_BYTES) {
            text.append(content[at]);
        }
        return text.toString();
    }
}
