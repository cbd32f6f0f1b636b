package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.daemon.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** On the file system of the build folder, with direct access. */
class DiskCommandTest {

    private static final String CLUSTER = "000102030405060708090a0b0c0d0e0f";
    private static final String SIZE = Long.toString(48L << 20);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path image;

    @BeforeEach
    void nameImage() throws IOException {
        image = Files.createTempFile(Path.of("target"), "disk", ".img");
        Files.delete(image);
    }

    @AfterEach
    void deleteImage() throws IOException {
        Files.deleteIfExists(image);
    }

    private int run(String verb, String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> words = new ArrayList<>(List.of("disk", verb, image.toString()));
        words.addAll(Arrays.asList(more));
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words.toArray(String[]::new));
    }

    private void overwrite(long at, int value) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rwd")) {
            file.seek(at);
            file.write(value);
        }
    }

    @Test
    @DisplayName("a disk is made, shown and checked; a damaged copy and a written slot are named, and check changes nothing")
    void aDiskIsMadeShownAndChecked() throws IOException {
        assertThat(run("format", "--cluster", CLUSTER, "--size", SIZE, "--label", "blue")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("cluster " + CLUSTER, "acceptor", "8388608 for a file system");
        assertThat(run("show")).isZero();
        assertThat(out.toString()).contains(CLUSTER, "blue", SIZE);
        assertThat(run("show", "--json")).isZero();
        assertThat(out.toString()).startsWith("{").contains("\"label\":\"blue\"");
        assertThat(run("check")).isZero();
        assertThat(out.toString()).contains("header copy 2  sound", "256 of 256 slots were never written");

        overwrite((64 << 10) + 100, 0xEE);
        overwrite((2 << 20) + 5 * 4096, 1);
        byte[] before = Files.readAllBytes(image);
        assertThat(run("check")).isEqualTo(ExitCode.DISK.number());
        assertThat(out.toString()).contains("header copy 0  damaged", "heartbeat  n5", "255 of 256");
        assertThat(run("check", "--json")).isEqualTo(ExitCode.DISK.number());
        assertThat(run("show")).isZero();
        assertThat(out.toString()).contains("blue", "copy 0 at byte 65536 is damaged");
        assertThat(Files.readAllBytes(image)).isEqualTo(before);
    }

    @Test
    @DisplayName("what is no disk of Muster is not shown, and not formatted unless that is said; nothing is written before")
    void othersAreRefused() throws IOException {
        assertThat(run("show")).isEqualTo(ExitCode.DISK.number());
        assertThat(err.toString()).startsWith("DISK-2").contains("is not there");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(48L << 20);
        }
        assertThat(run("show")).isEqualTo(ExitCode.DISK.number());
        assertThat(err.toString()).startsWith("DISK-1").contains("copy 0", "empty");
        overwrite(510, 0x55);
        overwrite(511, 0xAA);
        byte[] before = Files.readAllBytes(image);
        assertThat(run("format", "--cluster", CLUSTER)).isEqualTo(ExitCode.DISK.number());
        assertThat(err.toString()).startsWith("DISK-4").contains("partition table", "--force");
        assertThat(Files.readAllBytes(image)).isEqualTo(before);
        assertThat(run("format", "--cluster", CLUSTER, "--force")).isZero();
        assertThat(run("check")).isZero();
    }

    @Test
    @DisplayName("a command line that says too little or too much is refused before anything is touched")
    void wrongLinesAreRefused() {
        for (List<String> wrong : List.of(List.<String>of(), List.of("--cluster", "xyz"),
                List.of("--cluster", CLUSTER, "--config", "x"), List.of("--cluster", CLUSTER, "--label", "two words"),
                List.of("--cluster", CLUSTER, "--size", "0"), List.of("--cluster", CLUSTER, "--watch-ms", "0"))) {
            assertThat(run("format", wrong.toArray(String[]::new))).as(wrong.toString()).isEqualTo(ExitCode.USAGE.number());
            assertThat(image).doesNotExist();
        }
    }
}
