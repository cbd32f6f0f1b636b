package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FrameQueueTest {

    private final FrameQueue queue = new FrameQueue();

    @Test
    @DisplayName("frames are bounded in number; the oldest goes first")
    void framesAreBoundedInNumber() {
        for (int i = 0; i < FrameQueue.LIMIT_FRAMES; i++) {
            assertThat(queue.add(new byte[] {(byte) i})).isZero();
        }
        assertThat(queue.add(new byte[] {42})).isEqualTo(1);
        assertThat(queue.take()).containsExactly(1);
    }

    @Test
    @DisplayName("frames are bounded in bytes; as many of the oldest go as the new one needs")
    void framesAreBoundedInBytes() {
        int quarter = FrameQueue.LIMIT_BYTES / 4;
        for (int i = 0; i < 4; i++) {
            assertThat(queue.add(new byte[quarter])).isZero();
        }
        assertThat(queue.add(new byte[quarter + 1])).isEqualTo(2);
        assertThat(queue.add(new byte[FrameQueue.LIMIT_BYTES + 1])).as("alone it may be longer").isEqualTo(3);
        assertThat(queue.take()).hasSize(FrameQueue.LIMIT_BYTES + 1);
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    @DisplayName("whatever is batched comes out as the same bytes in the same order")
    void batchesKeepTheBytes() {
        Prng chance = new Prng(4711);
        byte[] batch = new byte[FrameQueue.BATCH_BYTES];
        for (int run = 0; run < 200; run++) {
            ByteArrayOutputStream in = new ByteArrayOutputStream();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            List<Integer> lengths = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                byte[] frame = new byte[1 + chance.nextInt(i % 7 == 0 ? 40_000 : 2_000)];
                Arrays.fill(frame, (byte) chance.nextInt(256));
                lengths.add(frame.length);
                queue.add(frame);
                in.writeBytes(frame);
            }
            while (!queue.isEmpty()) {
                int length = queue.takeBatch(batch);
                if (length == 0) {
                    byte[] single = queue.take();
                    assertThat(single.length).isGreaterThan(batch.length);
                    out.writeBytes(single);
                } else {
                    out.write(batch, 0, length);
                }
            }
            assertThat(out.toByteArray()).as("lengths %s", lengths).isEqualTo(in.toByteArray());
        }
    }
}
