package io.muster.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Prng;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FaultyDeviceTest {

    private static final int BLOCK = 512;
    private final MemoryDevice disk = new MemoryDevice(BLOCK, 64 * BLOCK);
    private final List<String> hooks = new ArrayList<>();
    private final FaultyDevice faulty = new FaultyDevice(disk, new Prng(7), () -> hooks.add("hook"));

    private static ByteBuffer filled(int blocks, int value) {
        byte[] content = new byte[blocks * BLOCK];
        Arrays.fill(content, (byte) value);
        return ByteBuffer.wrap(content);
    }

    private static int at(BlockDevice device, int block) {
        ByteBuffer one = ByteBuffer.allocate(BLOCK);
        device.read((long) block * BLOCK, one);
        return one.get(0);
    }

    @Test
    @DisplayName("a torn write keeps a beginning and fails; a lost and a misdirected one say that they were done")
    void writesGoWrong() {
        faulty.write(0, filled(8, 1));
        assertThatThrownBy(() -> faulty.next(FaultyDevice.Fault.TORN).write(0, filled(8, 2))).isInstanceOf(DiskFault.class);
        assertThat(at(disk, 7)).isEqualTo(1);

        faulty.next(FaultyDevice.Fault.LOST).write(10 * BLOCK, filled(1, 3));
        assertThat(at(disk, 10)).isZero();

        faulty.next(FaultyDevice.Fault.MISDIRECTED).write(20 * BLOCK, filled(1, 4));
        assertThat(at(disk, 20)).isZero();
        assertThat(at(disk, 21)).isEqualTo(4);
        assertThat(faulty.done()).containsExactly(
                FaultyDevice.Fault.TORN, FaultyDevice.Fault.LOST, FaultyDevice.Fault.MISDIRECTED);
    }

    @Test
    @DisplayName("a stale read shows what lay there before the last write; the next one is right again")
    void readsGoWrong() {
        faulty.write(0, filled(1, 1));
        faulty.write(0, filled(1, 2));

        assertThat(at(faulty.next(FaultyDevice.Fault.STALE), 0)).isEqualTo(1);
        assertThat(at(faulty, 0)).isEqualTo(2);
        assertThatThrownBy(() -> at(faulty.next(FaultyDevice.Fault.ERROR), 0)).isInstanceOf(DiskFault.class);
    }

    @Test
    @DisplayName("a slow call runs the hook and is done; a stuck one runs it and fails")
    void callsTakeTime() {
        faulty.next(FaultyDevice.Fault.SLOW).write(0, filled(1, 5));
        assertThat(at(disk, 0)).isEqualTo(5);
        assertThatThrownBy(() -> faulty.next(FaultyDevice.Fault.STUCK).flush()).isInstanceOf(DiskFault.class);
        assertThat(hooks).hasSize(2);
    }

    @Test
    @DisplayName("the same seed does the same; another one something else")
    void seedsReplay() {
        assertThat(run(1)).isEqualTo(run(1)).isNotEqualTo(run(2)).contains(FaultyDevice.Fault.values());
    }

    private static List<FaultyDevice.Fault> run(long seed) {
        FaultyDevice device = new FaultyDevice(new MemoryDevice(BLOCK, 64 * BLOCK), new Prng(seed), () -> { });
        for (FaultyDevice.Fault fault : FaultyDevice.Fault.values()) {
            device.odds(fault, 0.1);
        }
        for (int i = 0; i < 400; i++) {
            try {
                device.write(i % 60 * BLOCK, filled(2, i));
                at(device, i % 64);
            } catch (DiskFault e) {
                assertThat(e.kind()).isEqualTo(DiskFault.Kind.IO);
            }
        }
        return device.done();
    }

    @Test
    @DisplayName("after a crash all that was flushed is there, of the rest what was kept, the last of it torn")
    void crashesKeepWhatWasFlushed() {
        RecordingDevice recording = new RecordingDevice(disk);
        recording.write(0, filled(1, 1));
        recording.flush();
        recording.write(BLOCK, filled(1, 2));
        recording.write(2 * BLOCK, filled(4, 3));

        MemoryDevice none = recording.crashed(4, 0, 8);
        assertThat(at(none, 0)).isEqualTo(1);
        assertThat(at(none, 1)).isZero();
        MemoryDevice second = recording.crashed(4, 0b10, 3);
        assertThat(at(second, 1)).isZero();
        assertThat(at(second, 4)).isEqualTo(3);
        assertThat(at(second, 5)).isZero();
        assertThat(recording.crashed(1, 1, 8)).isEqualTo(recording.crashed(2, 0, 8));
        assertThat(recording.crashed(0, -1, 8)).isEqualTo(disk);
    }
}
