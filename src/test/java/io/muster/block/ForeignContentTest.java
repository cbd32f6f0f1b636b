package io.muster.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForeignContentTest {

    private static final long BYTES = 64L << 20;
    private final MemoryDevice disk = new MemoryDevice(512, BYTES);

    private void put(long at, byte[] content) {
        byte[] sector = new byte[1024];
        System.arraycopy(content, 0, sector, (int) (at % 512), content.length);
        disk.write(at / 512 * 512, ByteBuffer.wrap(sector).limit((int) (at % 512) + content.length > 512 ? 1024 : 512));
    }

    @ParameterizedTest(name = "{0}")
    @DisplayName("what others leave on a disk is named")
    @CsvSource({
        "ext, 1080, 53ef", "XFS, 0, 58465342", "Btrfs, 65600, 5f42485266535f4d", "GFS2, 65536, 01161970",
        "OCFS2, 8192, 4f4346535632", "LVM, 512, 4c4142454c4f4e45", "md array, 4096, fc4e2ba9", "GPT, 512, 4546492050415254",
        "partition table or boot, 510, 55aa", "LUKS, 0, 4c554b53babe", "swap, 4086, 53574150535041434532",
        "SBD, 0, 5342445f5342445f", "sanlock, 0, 10201506", "second table, 67108352, 4546492050415254",
        "md array, 67043328, fc4e2ba9", "md array, 67100672, fc4e2ba9", "not zero, 30000000, 01"})
    void marksAreFound(String what, long at, String hex) {
        put(at, HexFormat.of().parseHex(hex));

        assertThat(ForeignContent.find(disk)).hasSize(1).first().satisfies(found -> {
            assertThat(found.what()).contains(what);
            assertThat(found.at()).isEqualTo(at);
        });
    }

    @Test
    @DisplayName("an empty disk is empty, and what lies in the middle of the file system's space is nobody's business")
    void zerosAreNothing() {
        put(50L << 20, "data".getBytes(StandardCharsets.US_ASCII));
        assertThat(ForeignContent.find(disk)).isEqualTo(List.of());
    }

    @Test
    @DisplayName("a forced formatting erases the marks, or somebody would mount what is gone")
    void forcedFormattingErasesTheMarks() {
        put(1080, HexFormat.of().parseHex("53ef"));
        put(BYTES - 512, "EFI PART".getBytes(StandardCharsets.US_ASCII));
        List<ForeignContent.Found> found = ForeignContent.find(disk);

        DiskFormat.write(disk, new DiskHeader(new DiskId(1, 1), DiskHeaderTest.CLUSTER, 5, 1, 0, BYTES, ""), found);

        assertThat(ForeignContent.find(disk)).extracting(ForeignContent.Found::what).containsExactly("content that is not zero");
    }
}
