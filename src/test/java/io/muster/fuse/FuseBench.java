package io.muster.fuse;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What a look through a session costs: {@code stat} and a read of 4 KiB, both answered by the handler each time, beside the
 * same calls on a plain file of this machine, in rounds that take turns. For bench/fuse.
 */
final class FuseBench {

    private static final int ROUNDS = 8;
    private static final int WARM_UP = 20_000;
    private static final int CALLS = 5_000;
    private static final int READ_BYTES = 4096;

    private static final MethodHandle STAT = link("stat", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle PREAD =
            link("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));

    private FuseBench() {}

    /** One file of 1 MiB that the kernel keeps nothing of. */
    private static final class Block implements FuseHandler {

        private final MemorySegment bytes = Arena.ofAuto().allocate(1 << 20, 4096);
        private final FuseAttributes top = new FuseAttributes(1, 0, FuseAttributes.FOLDER | 0755, 2, 0, 0, 0);
        private final FuseAttributes file = new FuseAttributes(2, 1 << 20, FuseAttributes.REGULAR | 0644, 1, 0, 0, 0);

        @Override
        public void lookup(FuseCall call, long parent, FuseName name) {
            // Kept for no time: each stat looks the name up again.
            call.entry(file, 0);
        }

        @Override
        public void getattr(FuseCall call, long node) {
            call.attributes(node == 1 ? top : file, 0);
        }

        @Override
        public void open(FuseCall call, long node, int flags) {
            call.opened(0, FuseCall.OPEN_DIRECT);
        }

        @Override
        public void read(FuseCall call, long node, long handle, long offset, int size) {
            call.data(bytes, offset, (int) Math.min(size, Math.max(0, bytes.byteSize() - offset)));
        }

        @Override
        public void flush(FuseCall call, long node, long handle, long lockOwner) {
            call.ok();
        }
    }

    public static void main(String[] words) throws Throwable {
        Path folder = Path.of(words[0]);
        Path mount = Files.createDirectories(folder.resolve("mount"));
        Path plain = folder.resolve("plain");
        Files.write(plain, new byte[1 << 20]);
        FuseOptions options = new FuseOptions("musterbench", 1, 131072, 64, false, true);
        try (FuseSession _ = FuseSession.start(mount, options, new Block()); Arena arena = Arena.ofConfined()) {
            Path file = mount.resolve("block");
            String[] names = {"stat", "stat, plain file", "read 4 KiB", "read 4 KiB, plain file"};
            long[][] took = new long[names.length][ROUNDS * CALLS];
            MemorySegment buffer = arena.allocate(READ_BYTES, 4096);
            MemorySegment[] paths = {arena.allocateFrom(file.toString()), arena.allocateFrom(plain.toString())};
            int[] open = {FuseNative.open(file.toString(), 0), FuseNative.open(plain.toString(), 0)};
            for (int round = -WARM_UP / CALLS; round < ROUNDS; round++) {
                for (int what = 0; what < names.length; what++) {
                    for (int i = 0; i < CALLS; i++) {
                        long begun = System.nanoTime();
                        long result = what < 2 ? (int) STAT.invokeExact(paths[what], buffer)
                                : (long) PREAD.invokeExact(open[what - 2], buffer, (long) READ_BYTES, (i % 256) * 4096L);
                        long spent = System.nanoTime() - begun;
                        if (result != (what < 2 ? 0 : READ_BYTES)) {
                            throw new IllegalStateException("%s gave %d".formatted(names[what], result));
                        }
                        if (round >= 0) {
                            took[what][round * CALLS + i] = spent;
                        }
                    }
                }
            }
            for (int descriptor : open) {
                FuseNative.close(descriptor);
            }
            for (int what = 0; what < names.length; what++) {
                Arrays.sort(took[what]);
                System.out.printf("%-24s p50 %6.1f us   p99 %6.1f us   %d calls%n", names[what],
                        took[what][took[what].length / 2] / 1e3, took[what][took[what].length * 99 / 100] / 1e3,
                        took[what].length);
            }
        }
    }

    private static MethodHandle link(String name, FunctionDescriptor shape) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), shape);
    }
}
