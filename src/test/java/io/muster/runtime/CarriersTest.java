package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel's files say of a carrier. */
class CarriersTest {

    @Test
    @DisplayName("V3, 003-36: a link without a carrier is told; one of which nothing is known counts as having one")
    void carriersAreRead(@TempDir Path folder) throws Exception {
        assertThat(Carriers.has(folder)).isTrue();
        Files.writeString(folder.resolve("carrier"), "1\n");
        assertThat(Carriers.has(folder)).isTrue();
        Files.writeString(folder.resolve("carrier"), "0\n");
        assertThat(Carriers.has(folder)).isFalse();
        // As the kernel does while the interface is down: the file is there and cannot be read.
        Files.delete(folder.resolve("carrier"));
        Files.createDirectory(folder.resolve("carrier"));
        assertThat(Carriers.has(folder)).isFalse();
    }
}
