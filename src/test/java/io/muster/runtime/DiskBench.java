package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Raw reads and flushed writes of 4 KiB past the cache beside the same through {@link DiskRunner}, from the asking to the
 * completion in another thread. One request at a time; of several runs the median.
 */
final class DiskBench {

    private static final ClusterId CLUSTER = new ClusterId(1, 2);
    private static final int RUNS = 5;
    private static final int OPERATIONS = 1_000;
    private static final int BYTES = 4096;
    private static final long LIMIT_NS = 30_000_000_000L;

    private DiskBench() {}

    private interface Operation {
        void run(long offset) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Path image = Files.createTempFile(Path.of(arguments.length > 0 ? arguments[0] : "target"), "muster-bench", ".img");
        Files.delete(image);
        try {
            DiskMaker.make(new DiskMaker.Wish(image, CLUSTER, "", DiskLayout.CONTROL_BYTES, false, true, 1));
            measure(image);
        } finally {
            Files.deleteIfExists(image);
        }
    }

    private static void measure(Path image) throws Exception {
        LinkedBlockingQueue<Completion> completions = new LinkedBlockingQueue<>();
        var configured = new TreeMap<>(Map.of("a", new RuntimeConfig.Disk(image, true, LIMIT_NS)));
        try (FileDevice raw = FileDevice.open(image, FileDevice.Access.SHARED, true);
                DiskRunner runner = DiskRunner.open(configured, CLUSTER, completions::add)) {
            ByteBuffer aligned = ByteBuffer.allocateDirect(2 * BYTES).alignedSlice(BYTES).limit(BYTES);
            Bytes content = Bytes.owning(new byte[BYTES]);
            Operation rawWrite = offset -> {
                raw.write(offset, aligned.clear().limit(BYTES));
                raw.flush();
            };
            Operation runnerWrite = offset -> {
                runner.run(new Effect.WriteDisk(1, "a", offset, content, LIMIT_NS));
                require(completions.take() instanceof Completion.DiskWritten);
            };
            Operation rawRead = offset -> raw.read(offset, aligned.clear().limit(BYTES));
            Operation runnerRead = offset -> {
                runner.run(new Effect.ReadDisk(1, "a", offset, BYTES, LIMIT_NS));
                require(completions.take() instanceof Completion.DiskRead);
            };
            compare("write and flush", rawWrite, runnerWrite);
            compare("read", rawRead, runnerRead);
            System.out.println(runner.states().get("a").figures());
        }
    }

    private static void compare(String what, Operation raw, Operation runner) throws Exception {
        long[][] runs = new long[4][RUNS];
        for (int run = -1; run < RUNS; run++) {
            long[] one = new long[OPERATIONS];
            long[] other = new long[OPERATIONS];
            for (int i = 0; i < OPERATIONS; i++) {
                // In turns, each first every second time: what else goes on strikes both.
                if (i % 2 == 0) {
                    one[i] = timed(raw, i);
                    other[i] = timed(runner, i);
                } else {
                    other[i] = timed(runner, i);
                    one[i] = timed(raw, i);
                }
            }
            if (run >= 0) {
                runs[0][run] = quantile(one, 50);
                runs[1][run] = quantile(one, 99);
                runs[2][run] = quantile(other, 50);
                runs[3][run] = quantile(other, 99);
            }
        }
        for (long[] each : runs) {
            Arrays.sort(each);
        }
        int middle = RUNS / 2;
        System.out.printf("%-16s raw     p50 %8.1f us  p99 %8.1f us%n", what, runs[0][middle] / 1e3, runs[1][middle] / 1e3);
        System.out.printf("%-16s runner  p50 %8.1f us  p99 %8.1f us  (%.2f and %.2f times raw; %d runs of %d)%n", what,
                runs[2][middle] / 1e3, runs[3][middle] / 1e3, (double) runs[2][middle] / runs[0][middle],
                (double) runs[3][middle] / runs[1][middle], RUNS, OPERATIONS);
    }

    private static long timed(Operation operation, int i) throws Exception {
        long offset = DiskLayout.heartbeat(NodeId.of(i % (NodeId.LIMIT - 1) + 1));
        long began = System.nanoTime();
        operation.run(offset);
        return System.nanoTime() - began;
    }

    private static long quantile(long[] nanos, int percent) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length * percent + 99) / 100 - 1];
    }

    private static void require(boolean well) {
        if (!well) {
            throw new IllegalStateException("a request failed");
        }
    }
}
