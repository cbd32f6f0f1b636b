package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.block.DiskFault;
import io.muster.block.DiskHeader;
import io.muster.block.DiskLayout;
import io.muster.block.ForeignContent;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.TreeMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** On the file system of the build folder, with direct access. */
class FileDeviceTest {

    private static final ClusterId CLUSTER = new ClusterId(1, 2);
    private static final long BYTES = 48L << 20;
    private static final long WATCH_NS = 20_000_000;

    private Path folder;
    private Path image;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory(Path.of("target"), "disk");
        image = folder.resolve("disk.img");
    }

    @AfterEach
    void deleteFolder() throws IOException {
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private FileDevice open(FileDevice.Access access) {
        return FileDevice.open(image, access, true);
    }

    private void makeImage(long bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
    }

    private DiskMaker.Wish wish(long newBytes, boolean force) {
        return new DiskMaker.Wish(image, CLUSTER, "a", newBytes, force, true, WATCH_NS);
    }

    private static void assertKind(DiskFault.Kind kind, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(DiskFault.class,
                fault -> assertThat(fault.kind()).as(fault.getMessage()).isEqualTo(kind));
    }

    private static void assertFault(FaultCode code, String says, Runnable call) {
        assertThatThrownBy(call::run).hasMessageContaining(says).isInstanceOfSatisfying(ClusterFault.class,
                fault -> assertThat(fault.code()).isEqualTo(code));
    }

    @Test
    @DisplayName("an image file is read and written directly, from heap and from aligned buffers, in pieces of any length")
    void imagesAreReadAndWritten() throws IOException {
        makeImage(4L << 20);
        try (FileDevice device = open(FileDevice.Access.SHARED); FileDevice other = open(FileDevice.Access.SHARED)) {
            assertThat(device.direct()).isTrue();
            assertThat(device.blockBytes()).isIn(512, 4096);
            assertThat(device.bytes()).isEqualTo(4L << 20);
            for (int length : new int[] {4096, 256 * 1024, 1 << 20}) {
                ByteBuffer heap = ByteBuffer.allocate(length);
                for (int i = 0; i < length; i++) {
                    heap.put(i, (byte) (i * 31 + length));
                }
                device.write(8192, heap);
                device.flush();
                assertThat(heap.hasRemaining()).isFalse();
                ByteBuffer aligned = ByteBuffer.allocateDirect(length + 4096).alignedSlice(4096).limit(length);
                other.read(8192, aligned);
                assertThat(aligned.flip()).isEqualTo(heap.flip());
                other.write(2L << 20, aligned);
                ByteBuffer again = ByteBuffer.allocate(length);
                device.read(2L << 20, again);
                assertThat(again.flip()).isEqualTo(heap.rewind());
            }
        }
    }

    @Test
    @DisplayName("what is not aligned or lies beyond the end is refused, as is a device that was closed or never was there")
    void wrongCallsAreRefused() throws IOException {
        makeImage(1 << 20);
        FileDevice device = open(FileDevice.Access.SHARED);
        for (long offset : new long[] {1, -4096, 1 << 20, Long.MAX_VALUE - 4095, Long.MIN_VALUE}) {
            assertKind(DiskFault.Kind.OUT_OF_RANGE, () -> device.read(offset, ByteBuffer.allocate(4096)));
        }
        assertKind(DiskFault.Kind.OUT_OF_RANGE, () -> device.write(0, ByteBuffer.allocate(4097)));
        device.close();
        device.close();
        assertKind(DiskFault.Kind.GONE, () -> device.read(0, ByteBuffer.allocate(4096)));
        image = folder.resolve("none");
        assertKind(DiskFault.Kind.GONE, () -> open(FileDevice.Access.READ));
        image = folder;
        assertKind(DiskFault.Kind.IO, () -> open(FileDevice.Access.READ));
    }

    @Test
    @DisplayName("a file that was made shorter is gone, not zeros; a device opened for reading takes no writes")
    void aShorterFileIsGone() throws IOException {
        makeImage(1 << 20);
        try (FileDevice device = open(FileDevice.Access.READ)) {
            assertThatThrownBy(() -> device.write(0, ByteBuffer.allocate(4096))).isInstanceOf(DiskFault.class);
            makeImage(4096);
            assertKind(DiskFault.Kind.GONE, () -> device.read(8192, ByteBuffer.allocate(4096)));
        }
    }

    @Test
    @DisplayName("D6: a file system that refuses direct access is refused by name, and used only when the wish says so")
    void noDirectAccessIsRefused() {
        Path file = Path.of("/proc/self/status");
        assertThatThrownBy(() -> FileDevice.open(file, FileDevice.Access.READ, true)).isInstanceOf(DiskFault.class)
                .hasMessageContaining("O_DIRECT").hasMessageContaining("direct = false");
        FileDevice.open(file, FileDevice.Access.READ, false).close();
    }

    @Test
    @DisplayName("error numbers become kinds by which callers decide")
    void errorsHaveKinds() {
        assertThat(FileDevice.kind(5)).isEqualTo(DiskFault.Kind.IO);
        assertThat(FileDevice.kind(30)).isEqualTo(DiskFault.Kind.READ_ONLY);
        assertThat(FileDevice.kind(28)).isEqualTo(DiskFault.Kind.FULL);
        assertThat(FileDevice.kind(52)).isEqualTo(DiskFault.Kind.FENCED);
        assertThat(FileDevice.kind(19)).isEqualTo(DiskFault.Kind.GONE);
        assertThat(FileDevice.kind(110)).isEqualTo(DiskFault.Kind.TIMEOUT);
    }

    @Test
    @DisplayName("a new image is formatted, opened by a daemon of its cluster and refused by another's")
    void aDiskIsMadeAndUsed() throws Exception {
        DiskHeader made = DiskMaker.make(wish(BYTES, false));
        assertThat(made.acceptorId()).isNotZero();
        LinkedBlockingQueue<Completion> completions = new LinkedBlockingQueue<>();
        var configured = new TreeMap<>(Map.of("a", new RuntimeConfig.Disk(image, true, Inbox.LIMIT_NS)));
        try (DiskRunner runner = DiskRunner.open(configured, CLUSTER, completions::add)) {
            assertThat(runner.states().get("a").header()).contains(made);
            runner.run(new Effect.ReadDisk(1, "a", DiskLayout.ledgerState(NodeId.of(64), 1, 1), 4096, Inbox.LIMIT_NS));
            assertThat(completions.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isEqualTo(
                    new Completion.DiskRead(1, Bytes.owning(new byte[4096])));
            assertFault(FaultCode.DISK_3, "holds its lock", () -> DiskMaker.make(wish(0, true)));
        }
        assertFault(FaultCode.DISK_1, "belongs to cluster",
                () -> DiskRunner.open(configured, new ClusterId(9, 9), completions::add));
    }

    @Test
    @DisplayName("what looks like somebody else's is refused by name and unchanged; when it was wished it is formatted")
    void somebodyElsesDiskIsRefused() throws IOException {
        makeImage(BYTES);
        try (FileDevice device = open(FileDevice.Access.SHARED)) {
            byte[] super1 = new byte[4096];
            super1[1080] = 0x53;
            super1[1081] = (byte) 0xEF;
            device.write(0, ByteBuffer.wrap(super1));
        }
        byte[] before = Files.readAllBytes(image);
        assertFault(FaultCode.DISK_4, "ext4", () -> DiskMaker.make(wish(0, false)));
        assertThat(Files.readAllBytes(image)).isEqualTo(before);

        DiskHeader made = DiskMaker.make(wish(0, true));
        assertFault(FaultCode.DISK_4, made.disk().toString(), () -> DiskMaker.make(wish(0, false)));
        DiskHeader again = DiskMaker.make(wish(0, true));
        assertThat(again.acceptorId()).as("D8").isNotEqualTo(made.acceptorId());
        try (FileDevice device = open(FileDevice.Access.READ)) {
            assertThat(ForeignContent.find(device)).extracting(ForeignContent.Found::what)
                    .containsExactly("content that is not zero");
        }
    }

    @Test
    @DisplayName("a disk to whose slots a node writes is not formatted, even when that was wished")
    void aLivingDiskIsRefused() throws Exception {
        DiskMaker.make(wish(BYTES, false));
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch beats = new CountDownLatch(2);
        Thread node = Thread.ofPlatform().start(() -> {
            // As from another machine: no lock of this one tells of it.
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rwd")) {
                byte[] beat = new byte[4096];
                while (end.getCount() > 0) {
                    beat[0]++;
                    file.seek(DiskLayout.heartbeat(NodeId.of(7)));
                    file.write(beat);
                    beats.countDown();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try {
            assertThat(beats.await(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isTrue();
            assertFault(FaultCode.DISK_3, "n7", () -> DiskMaker.make(wish(0, true)));
        } finally {
            end.countDown();
            node.join();
        }
    }

    @Test
    @DisplayName("too small disks are refused with both sizes, and an image that is there is not made anew")
    void wrongSizesAreRefused() throws IOException {
        assertFault(FaultCode.DISK_2, "1048576 bytes are too small: the control area alone takes 41943040 bytes",
                () -> DiskMaker.make(wish(1 << 20, false)));
        assertThat(image).doesNotExist();
        makeImage(1 << 20);
        assertFault(FaultCode.DISK_2, "too small", () -> DiskMaker.make(wish(0, true)));
        assertFault(FaultCode.CLI_1, "is there already", () -> DiskMaker.make(wish(BYTES, true)));
        image = folder.resolve("none");
        assertFault(FaultCode.DISK_2, "--size", () -> DiskMaker.make(wish(0, false)));
    }
}
