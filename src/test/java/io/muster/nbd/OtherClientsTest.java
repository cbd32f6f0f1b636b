package io.muster.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muster.base.ClusterFault;
import io.muster.base.Prng;
import io.muster.machine.FenceOperation;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Issue 4: NBD clients that others wrote, against the server on a real file. What they are is installed by .ci/tools. */
@Timeout(120)
class OtherClientsTest {

    private static final int BYTES = 8 * 1024 * 1024;

    @TempDir
    Path folder;

    private final byte[] content = new byte[BYTES];
    private Path image;
    private ServedFile device;
    private ServedDisk served;
    private String uri;

    private record Run(int code, String output) {}

    @BeforeEach
    void serve() throws IOException {
        Prng chance = new Prng(5);
        for (int i = 0; i < BYTES; i += 64) {
            content[i] = (byte) chance.nextLong();
        }
        // Beside the sources: a folder for temporary files may lie in memory, where nothing is direct.
        image = Files.createTempFile(Files.createDirectories(Path.of("target")), "nbd", ".img");
        Files.write(image, content);
        device = ServedFile.open(image);
        served = ServedDisk.open("data", device, folder.resolve("epochs"), true);
        SocketAddress where = served.listen(new InetSocketAddress("127.0.0.1", 0));
        served.listenForFences(UnixDomainSocketAddress.of(folder.resolve("control")), Optional.empty());
        uri = "nbd://127.0.0.1:" + ((InetSocketAddress) where).getPort();
    }

    @AfterEach
    void end() throws IOException {
        served.close();
        device.close();
        Files.delete(image);
    }

    private Run run(String... command) throws Exception {
        boolean there = Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(path -> Files.isExecutable(Path.of(path, command[0])));
        assumeTrue(there, command[0] + " is not installed: run .ci/tools");
        Path output = Files.createTempFile(folder, "run", ".out");
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).directory(folder.toFile())
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        process.getOutputStream().close();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new Run(process.waitFor(), Files.readString(output, StandardCharsets.UTF_8));
    }

    @Test
    @DisplayName("nbdinfo lists the disk, and says what it can do: for a node, and read-only for others")
    void nbdinfoSeesWhatIsThere() throws Exception {
        Run list = run("nbdinfo", "--list", uri);
        assertThat(list.code()).as(list.output()).isZero();
        assertThat(list.output()).contains("export=\"data\"", "is_read_only: true");
        Run node = run("nbdinfo", uri + "/data/n1/1");
        assertThat(node.output()).contains("export-size: " + BYTES, "is_read_only: false", "can_fua: true", "can_flush: true",
                "can_multi_conn: true", "can_trim: false", "can_zero: true", "block_size_minimum: 4096");
        Run none = run("nbdinfo", uri + "/elsewhere");
        assertThat(none.code()).isNotZero();
        assertThat(none.output()).contains("No such file or directory for export: elsewhere");
    }

    @Test
    @DisplayName("nbdcopy reads the disk and writes it, over several connections with many requests each")
    void nbdcopyCopiesBothWays() throws Exception {
        Path copy = folder.resolve("copy");
        Run out = run("nbdcopy", uri + "/data", copy.toString());
        assertThat(out.code()).as(out.output()).isZero();
        assertThat(Files.readAllBytes(copy)).isEqualTo(content);
        byte[] other = content.clone();
        for (int i = 0; i < BYTES; i += 1000) {
            other[i] ^= 0x55;
        }
        Files.write(copy, other);
        Run in = run("nbdcopy", "--flush", copy.toString(), uri + "/data/n1/1");
        assertThat(in.code()).as(in.output()).isZero();
        assertThat(Files.readAllBytes(image)).isEqualTo(other);
    }

    @Test
    @DisplayName("qemu-io writes, writes zeros, flushes and reads back; under the plain name it may only read")
    void qemuIoWrites() throws Exception {
        Run run = run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 64k 128k", "-c", "write -f -P 0x11 4k 4k",
                "-c", "write -z 256k 1M", "-c", "write -P 0x77 100 7", "-c", "flush", "-c", "read -P 0x5a 64k 128k",
                "-c", "read -P 0 256k 1M", uri + "/data/n1/1");
        assertThat(run.code()).as(run.output()).isZero();
        assertThat(run.output()).contains("wrote 131072/131072").doesNotContain("verification failed");
        byte[] after = Files.readAllBytes(image);
        assertThat(after[4096]).isEqualTo((byte) 0x11);
        assertThat(after[100]).isEqualTo((byte) 0x77);
        assertThat(after[64]).as("what lies beside an unaligned write stays").isEqualTo(content[64]);
        assertThat(after[256 * 1024]).isZero();
        Run reader = run("qemu-io", "-f", "raw", "-c", "write -P 1 0 4k", uri + "/data");
        assertThat(reader.code()).isNotZero();
    }

    @Test
    @DisplayName("fio's NBD engine verifies what it wrote")
    void fioVerifies() throws Exception {
        Run run = run("fio", "--name=v", "--ioengine=nbd", "--uri=" + uri + "/data/n1/1", "--rw=randwrite", "--bs=16k",
                "--iodepth=16", "--size=8m", "--verify=crc32c", "--verify_fatal=1", "--randseed=7",
                "--end_fsync=1");
        assertThat(run.code()).as(run.output()).isZero();
        assertThat(run.output()).contains("err= 0");
    }

    @Test
    @DisplayName("a life that was fenced is refused as any NBD client sees it, and the next one writes")
    void theFencedLifeIsRefusedToAll() throws Exception {
        StorageEpochFence method = new StorageEpochFence();
        method.prepare(Map.of("control", folder.resolve("control").toString(), "disk", "data"));
        method.fence(ServerRig.order(1, 1, 5_000, FenceOperation.OFF));
        Run old = run("qemu-io", "-f", "raw", "-c", "write -P 1 0 4k", uri + "/data/n1/1");
        assertThat(old.code()).isNotZero();
        assertThat(old.output()).contains("n1#1 is fenced");
        assertThat(run("qemu-io", "-f", "raw", "-c", "write -P 2 0 4k", uri + "/data/n1/2").code()).isZero();
        assertThat(Files.readAllBytes(image)[0]).isEqualTo((byte) 2);
    }

    @Test
    @DisplayName("a file that is served is served by one server only")
    void oneServerAFile() {
        assertThatThrownBy(() -> ServedFile.open(image))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("STORAGE-2");
    }
}
