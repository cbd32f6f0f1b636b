package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {

    private static final ClusterId CLUSTER = new ClusterId(0x1111, 0x2222);
    private static final NodeId N3 = NodeId.of(3);
    private static final byte[] LEDGER = new byte[20_000];
    private static final FolderIdentity IDENTITY =
            new FolderIdentity(CLUSTER, N3, 0xfeedL, LEDGER.length, "2026-11-20T09:30:00Z");

    static {
        Arrays.fill(LEDGER, (byte) 7);
    }

    @TempDir
    Path temp;

    private Path folder;

    @BeforeEach
    void found() {
        folder = temp.resolve("n3");
        DataFolder.found(folder, IDENTITY, LEDGER);
    }

    @Test
    @DisplayName("a founded folder opens with what it was founded with, and is private")
    void aFoundedFolderOpens() throws Exception {
        try (DataFolder open = DataFolder.open(folder, CLUSTER, N3)) {
            assertThat(open.identity()).isEqualTo(IDENTITY);
            assertThat(open.ledger()).isEqualTo(LEDGER);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder))).isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("ledger"))))
                .isEqualTo("rw-------");
    }

    @Test
    @DisplayName("L7: every start raises the life, durably, before anything else")
    void everyStartRaisesTheLife() {
        for (long life = 1; life <= 4; life++) {
            try (DataFolder open = DataFolder.open(folder, CLUSTER, N3)) {
                assertThat(open.raiseLife()).isEqualTo(life);
            }
        }
    }

    @Test
    @DisplayName("L7: a crash between the two copies, or one damaged copy, never brings an old life back")
    void noLifeComesTwice() throws Exception {
        try (DataFolder open = DataFolder.open(folder, CLUSTER, N3)) {
            assertThat(open.raiseLife()).isEqualTo(1);
            assertThat(open.raiseLife()).isEqualTo(2);
        }
        byte[] both = Files.readAllBytes(folder.resolve("life"));
        for (int damaged = 0; damaged < 2; damaged++) {
            byte[] file = both.clone();
            file[damaged * LifeFile.COPY_BYTES + 25] ^= 1;
            assertThat(LifeFile.next(file, CLUSTER, N3)).as("copy %d damaged", damaged).hasValue(4);
        }
        byte[] crashed = both.clone();
        System.arraycopy(LifeFile.copy(CLUSTER, N3, 3), 0, crashed, 0, LifeFile.COPY_BYTES);
        assertThat(LifeFile.next(crashed, CLUSTER, N3)).as("life 3 was begun in the first copy").hasValue(4);
        crashed[25] ^= 1;
        assertThat(LifeFile.next(crashed, CLUSTER, N3)).as("and that copy was torn").hasValue(4);
    }

    @Test
    @DisplayName("every flipped bit and every truncation of a copy of the life is seen")
    void damageToTheLifeIsSeen() {
        byte[] copy = Arrays.copyOf(LifeFile.copy(CLUSTER, N3, 5), 33);
        for (int bit = 0; bit < copy.length * 8; bit++) {
            byte[] flipped = copy.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(LifeFile.next(flipped, CLUSTER, N3)).as("bit %d", bit).isEmpty();
        }
        for (int length = 0; length < copy.length; length++) {
            assertThat(LifeFile.next(Arrays.copyOf(copy, length), CLUSTER, N3)).as("length %d", length).isEmpty();
        }
        assertThat(LifeFile.next(copy, new ClusterId(1, 1), N3)).isEmpty();
        assertThat(LifeFile.next(copy, CLUSTER, NodeId.of(4))).isEmpty();
        assertThat(LifeFile.next(copy, CLUSTER, N3)).hasValue(7);
    }

    @Test
    @DisplayName("DATA-5: with both copies of the life damaged the node does not start")
    void bothCopiesDamaged() throws Exception {
        byte[] file = Files.readAllBytes(folder.resolve("life"));
        file[25] ^= 1;
        file[LifeFile.COPY_BYTES + 25] ^= 1;
        Files.write(folder.resolve("life"), file);
        assertRefused(FaultCode.DATA_5, this::open, "life", "both copies");
    }

    @Test
    @DisplayName("DATA-5: a missing, short or damaged file, or no data folder at all")
    void missingAndDamagedFiles() throws Exception {
        assertFault(FaultCode.DATA_5, () -> DataFolder.open(temp.resolve("nothing"), CLUSTER, N3), "muster init");
        for (String name : new String[] {"life", "ledger"}) {
            Path file = folder.resolve(name);
            byte[] content = Files.readAllBytes(file);
            Files.delete(file);
            assertRefused(FaultCode.DATA_5, this::open, file.toString(), "is missing");
            Files.write(file, Arrays.copyOf(content, content.length - 1));
            assertRefused(FaultCode.DATA_5, this::open, file.toString(), String.valueOf(content.length));
            Files.write(file, content);
        }
        open().close();
    }

    @Test
    @DisplayName("every flipped bit and every truncation of the identity is refused, none by an exception of the JDK")
    void damageToTheIdentityIsSeen() {
        byte[] whole = IDENTITY.encode();
        assertThat(FolderIdentity.decode(whole, folder)).isEqualTo(IDENTITY);
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> FolderIdentity.decode(flipped, folder)).isInstanceOf(ClusterFault.class);
        }
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> FolderIdentity.decode(cut, folder)).isInstanceOf(ClusterFault.class);
        }
    }

    @Test
    @DisplayName("DATA-3: a newer format is refused, whatever follows, and named")
    void aNewerFormatIsRefused() throws Exception {
        Files.writeString(folder.resolve("identity"), "muster-data 2\nanything the future holds\n");
        assertRefused(FaultCode.DATA_3, this::open, "identity", "format 2", "up to 1");
    }

    @Test
    @DisplayName("DATA-2: a folder of another cluster or node is refused with both names")
    void anothersFolderIsRefused() throws Exception {
        ClusterId other = new ClusterId(9, 9);
        assertRefused(FaultCode.DATA_2, () -> DataFolder.open(folder, other, N3), CLUSTER.toString(), other.toString());
        assertRefused(FaultCode.DATA_2, () -> DataFolder.open(folder, CLUSTER, NodeId.of(4)), "n3", "n4");
    }

    @Test
    @DisplayName("DATA-2: a folder that holds a node's data is not founded again")
    void aFolderIsNotFoundedAgain() throws Exception {
        assertRefused(FaultCode.DATA_2, () -> DataFolder.found(folder, IDENTITY, LEDGER), "identity");
        Files.delete(folder.resolve("identity"));
        assertRefused(FaultCode.DATA_2, () -> DataFolder.found(folder, IDENTITY, LEDGER), "life");
    }

    @Test
    @DisplayName("DATA-1: a second daemon on a folder is refused with the process of the first, and hurts nothing")
    void aSecondDaemonIsRefused() throws Exception {
        Process other = holder();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("holding");
            assertRefused(FaultCode.DATA_1, this::open, "process " + other.pid());
            assertRefused(FaultCode.DATA_1, this::open, "process " + other.pid());
        } finally {
            other.destroyForcibly();
        }
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        open().close();
    }

    @Test
    @DisplayName("DATA-1: also within one process, and the claim of the first survives the refusal")
    void aSecondClaimWithinOneProcessIsRefused() throws Exception {
        try (DataFolder first = open()) {
            assertFault(FaultCode.DATA_1, this::open, "process " + ProcessHandle.current().pid());
            Process other = holder();
            try {
                assertThat(other.inputReader().readLine()).startsWith("DATA-1 ")
                        .contains("process " + ProcessHandle.current().pid());
            } finally {
                other.destroyForcibly();
            }
            assertThat(first.raiseLife()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("what is written is there at the next start; nothing is written outside the record")
    void writesLast() throws Exception {
        try (DataFolder open = open()) {
            open.write("ledger", 100, Bytes.owning(new byte[] {1, 2, 3}));
            open.write("ledger", LEDGER.length - 1, Bytes.owning(new byte[] {9}));
            assertThatThrownBy(() -> open.write("ledger", LEDGER.length - 1, Bytes.owning(new byte[2])))
                    .isInstanceOf(IOException.class).hasMessageContaining("do not lie within");
            assertThatThrownBy(() -> open.write("ledger", -1, Bytes.owning(new byte[2])))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> open.write("identity", 0, Bytes.NONE)).isInstanceOf(IOException.class)
                    .hasMessageContaining("\"identity\"");
        }
        try (DataFolder open = open()) {
            byte[] expected = LEDGER.clone();
            expected[100] = 1;
            expected[101] = 2;
            expected[102] = 3;
            expected[LEDGER.length - 1] = 9;
            assertThat(open.ledger()).isEqualTo(expected);
        }
    }

    @Test
    @DisplayName("DATA-4: a read-only disk is found before anything is promised; the life is not raised")
    void aReadOnlyDiskIsRefused() throws Exception {
        try (TinyDisk disk = TinyDisk.mount(temp)) {
            Path onDisk = disk.path().resolve("n3");
            DataFolder.found(onDisk, IDENTITY, LEDGER);
            disk.remount("ro");
            SortedMap<String, String> before = content(onDisk);
            assertFault(FaultCode.DATA_4, () -> DataFolder.open(onDisk, CLUSTER, N3), onDisk.toString(), "Read-only");
            assertFault(FaultCode.DATA_4, () -> DataFolder.found(disk.path().resolve("n4"), IDENTITY, LEDGER), "n4");
            assertThat(content(onDisk)).isEqualTo(before);
            disk.remount("rw");
            try (DataFolder open = DataFolder.open(onDisk, CLUSTER, N3)) {
                assertThat(open.raiseLife()).isEqualTo(1);
            }
        }
    }

    @Test
    @DisplayName("DATA-4: on a full disk nothing is founded and nothing left behind")
    void aFullDiskIsRefused() throws Exception {
        try (TinyDisk disk = TinyDisk.mount(temp)) {
            disk.fill();
            assertFault(FaultCode.DATA_4, () -> DataFolder.found(disk.path().resolve("n3"), IDENTITY, LEDGER),
                    "n3", "No space left");
            assertThat(disk.path().resolve("n3")).doesNotExist();
        }
    }

    @Test
    @DisplayName("a disk that becomes full hurts no running node, whose space was taken at the founding; a start is refused")
    void theSpaceIsTakenAtTheFounding() throws Exception {
        try (TinyDisk disk = TinyDisk.mount(temp)) {
            Path onDisk = disk.path().resolve("n3");
            DataFolder.found(onDisk, IDENTITY, LEDGER);
            try (DataFolder open = DataFolder.open(onDisk, CLUSTER, N3)) {
                disk.fill();
                assertThat(open.raiseLife()).isEqualTo(1);
                assertThatCode(() -> open.write("ledger", 0, Bytes.owning(new byte[LEDGER.length])))
                        .doesNotThrowAnyException();
            }
            SortedMap<String, String> before = content(onDisk);
            assertFault(FaultCode.DATA_4, () -> DataFolder.open(onDisk, CLUSTER, N3), "No space left", "free space");
            assertThat(content(onDisk).keySet()).as("nothing is left behind").isEqualTo(before.keySet());
        }
    }

    private DataFolder open() {
        return DataFolder.open(folder, CLUSTER, N3);
    }

    private void assertRefused(FaultCode code, ThrowingCallable call, String... words) throws IOException {
        SortedMap<String, String> before = content(folder);
        assertFault(code, call, words);
        assertThat(content(folder)).as("nothing was changed").isEqualTo(before);
    }

    private static void assertFault(FaultCode code, ThrowingCallable call, String... words) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContainingAll(words);
    }

    private static SortedMap<String, String> content(Path folder) throws IOException {
        SortedMap<String, String> content = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                content.put(file.getFileName().toString(), summary(Files.readAllBytes(file)));
            }
        }
        return content;
    }

    private static String summary(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return "%d bytes, CRC %08x".formatted(content.length, crc.getValue());
    }

    /** Another process that opens the folder, says so, and lives until it is killed. */
    private Process holder() throws IOException {
        return new ProcessBuilder(TestProcesses.java(), "-cp", System.getProperty("java.class.path"),
                Holder.class.getName(), folder.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /** What runs in that process. */
    static final class Holder {

        public static void main(String[] arguments) throws InterruptedException {
            try (DataFolder open = DataFolder.open(Path.of(arguments[0]), CLUSTER, N3)) {
                System.out.println(open.identity().equals(IDENTITY) ? "holding" : "holding another");
                new CountDownLatch(1).await();
            } catch (ClusterFault e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** A small disk in memory; only root can make one, so its tests are skipped for others. */
    private record TinyDisk(Path path) implements AutoCloseable {

        static TinyDisk mount(Path temp) throws IOException {
            Path path = Files.createDirectory(temp.resolve("disk"));
            assumeThat(run("mount", "-t", "tmpfs", "-o", "size=128k", "muster-test", path.toString()))
                    .as("mounting a tmpfs, which takes root").isZero();
            return new TinyDisk(path);
        }

        void remount(String mode) throws IOException {
            assertThat(run("mount", "-o", "remount," + mode, path.toString())).isZero();
        }

        /** Until not one byte more goes in. */
        void fill() {
            byte[] page = "x".repeat(4096).getBytes(StandardCharsets.US_ASCII);
            assertThatThrownBy(() -> {
                try (var to = Files.newOutputStream(path.resolve("filler"))) {
                    for (int i = 0; i < 1_000; i++) {
                        to.write(page);
                    }
                }
            }).isInstanceOf(IOException.class).hasMessageContaining("No space left");
        }

        @Override
        public void close() throws IOException {
            assertThat(run("umount", path.toString())).isZero();
        }

        private static int run(String... command) throws IOException {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().onExit().join().exitValue();
        }
    }
}
