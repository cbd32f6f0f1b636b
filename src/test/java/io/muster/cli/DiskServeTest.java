package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.block.DiskFault;
import io.muster.daemon.ExitCode;
import io.muster.fence.FenceMethod;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.FenceOperation;
import io.muster.nbd.NbdDevice;
import io.muster.nbd.StorageEpochFence;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster disk serve} as a process that is killed. */
@Timeout(60)
class DiskServeTest {

    private static final int BLOCK = 4096;
    private static final long LIMIT_NS = 10_000_000_000L;

    @TempDir
    Path folder;

    private Path image;
    private SocketAddress clients;

    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("image");
        clients = UnixDomainSocketAddress.of(folder.resolve("clients"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(64 * BLOCK);
        }
    }

    private List<String> words(String... more) {
        List<String> words = new ArrayList<>(List.of("disk", "serve", image.toString(), "--name", "data",
                "--socket", folder.resolve("clients").toString(), "--control", folder.resolve("control").toString(),
                "--state", folder.resolve("epochs").toString()));
        words.addAll(List.of(more));
        return words;
    }

    /** Returns when it serves. */
    private Process serve(String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp",
                System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(words(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        StringBuilder said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            said.append(line).append('\n');
            if (line.startsWith("serving ")) {
                return process;
            }
        }
        throw new AssertionError("it ended: " + said);
    }

    private FenceMethod.Proof fence(FenceOperation operation) throws Exception {
        StorageEpochFence method = new StorageEpochFence();
        method.prepare(Map.of("disk", "data", "control", folder.resolve("control").toString()));
        return method.fence(new FenceMethod.Order(
                1, Incarnation.of(2, 7), HostProcess.UNKNOWN, LIMIT_NS, operation));
    }

    private NbdDevice device(long life) {
        return NbdDevice.open(clients, "data", Incarnation.of(2, life), LIMIT_NS);
    }

    @Test
    @DisplayName("a server that is killed and started again refuses whom it refused, and serves the others")
    void aFenceOutlivesAKill() throws Exception {
        Process first = serve("--found");
        try (NbdDevice device = device(7)) {
            device.write(0, ByteBuffer.allocateDirect(BLOCK).put(0, (byte) 42));
            device.flush();
            assertThat(fence(FenceOperation.OFF).evidence()).isEqualTo(EvidenceClass.STORAGE_REFUSED);
        } finally {
            first.destroyForcibly().waitFor();
        }
        Process second = serve();
        try {
            assertThatThrownBy(() -> device(7)).isInstanceOfSatisfying(DiskFault.class, fault ->
                    assertThat(fault.kind()).isEqualTo(DiskFault.Kind.FENCED));
            assertThat(fence(FenceOperation.READ).evidence()).isEqualTo(EvidenceClass.STORAGE_REFUSED);
            try (NbdDevice next = device(8)) {
                ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
                next.read(0, block);
                assertThat(block.get(0)).isEqualTo((byte) 42);
            }
            StringWriter third = new StringWriter();
            int code = Main.run(new PrintWriter(third, true), new PrintWriter(third, true), words().toArray(String[]::new));
            assertThat(code).isEqualTo(ExitCode.DATA_FOLDER.number());
            assertThat(third.toString()).contains("STORAGE-2").contains("stop that one first");
        } finally {
            second.destroy();
            second.waitFor();
        }
    }

    @Test
    @DisplayName("a server without its record, or that could be told to fence by anybody, is not started")
    void whatIsUnsafeIsNotStarted() {
        for (Map.Entry<String, List<String>> each : Map.of(
                "STORAGE-1", words(), "CLI-1", words("--control-listen", "127.0.0.1:0"),
                "CONFIG-1", words("--name", "Data", "--found")).entrySet()) {
            List<String> words = each.getValue();
            if (each.getKey().equals("CONFIG-1")) {
                words.subList(3, 5).clear();
            }
            StringWriter said = new StringWriter();
            int code = Main.run(new PrintWriter(said, true), new PrintWriter(said, true), words.toArray(String[]::new));
            assertThat(code).isNotZero();
            assertThat(said.toString()).startsWith(each.getKey() + " ");
        }
    }
}
