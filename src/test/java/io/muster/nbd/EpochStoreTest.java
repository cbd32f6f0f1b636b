package io.muster.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lowest epochs survive what a file survives, and are doubted when they may not have. */
class EpochStoreTest {

    private static final NodeId NODE = NodeId.of(2);

    @TempDir
    Path folder;

    private static EpochStore open(SimMedium medium) {
        return EpochStore.open(medium, "data", "the file");
    }

    @Test
    @DisplayName("an epoch that was raised is never found lower again, whatever a loss of power did to a later write")
    void nothingIsForgottenAtAnyCrashPoint() throws IOException {
        int crashes = 0;
        for (int alive = 0; alive < 3; alive++) {
            for (int fates = 0; fates < 9; fates++) {
                SimMedium medium = new SimMedium(EpochStore.founding("data"));
                EpochStore store = open(medium);
                store.raise(NODE, 5);
                medium.alive = alive;
                assertThatThrownBy(() -> store.raise(NODE, 9)).isInstanceOf(SimMedium.Died.class);
                medium.losePower(fates);
                medium.alive = Integer.MAX_VALUE;
                assertThat(open(medium).current().lowest(NODE)).as("death %d, fates %d", alive, fates).isIn(5L, 9L);
                crashes++;
            }
        }
        assertThat(crashes).isEqualTo(27);
    }

    @Test
    @DisplayName("what is found at a start is made durable before it is used, and a crash in that loses nothing")
    void whatIsFoundIsMadeDurable() throws IOException {
        for (int alive = 0; alive <= 4; alive++) {
            for (int fates = 0; fates < 9; fates++) {
                SimMedium medium = new SimMedium(EpochStore.founding("data"));
                open(medium).raise(NODE, 5);
                medium.alive = alive;
                try {
                    open(medium);
                } catch (SimMedium.Died e) {
                    // At this operation.
                }
                medium.losePower(fates);
                medium.alive = Integer.MAX_VALUE;
                assertThat(open(medium).current().lowest(NODE)).isEqualTo(5);
            }
        }
        SimMedium killed = new SimMedium(EpochStore.founding("data"));
        EpochStore store = open(killed);
        killed.alive = 2;
        assertThatThrownBy(() -> store.raise(NODE, 7)).isInstanceOf(SimMedium.Died.class);
        killed.alive = Integer.MAX_VALUE;
        long seen = open(killed).current().lowest(NODE);
        killed.losePower(0);
        assertThat(open(killed).current().lowest(NODE)).isEqualTo(seen).isEqualTo(7);
    }

    @Test
    @DisplayName("one bad block never lowers an epoch, and two bad copies of the newest pair fall back to one that was answered")
    void oneBadBlockLowersNothing() throws IOException {
        SimMedium medium = new SimMedium(EpochStore.founding("data"));
        EpochStore store = open(medium);
        store.raise(NODE, 5);
        store.raise(NODE, 6);
        byte[] whole = medium.read();
        for (int block = 0; block < 4; block++) {
            byte[] bad = whole.clone();
            bad[block * EpochRecord.BLOCK_BYTES + 30] ^= 1;
            assertThat(open(new SimMedium(bad)).current().lowest(NODE)).isEqualTo(6);
        }
    }

    @Test
    @DisplayName("an epoch is never lowered, and one that is high enough is not written again")
    void nothingIsLowered() throws IOException {
        SimMedium medium = new SimMedium(EpochStore.founding("data"));
        EpochStore store = open(medium);
        store.raise(NODE, 5);
        store.raise(NODE, 3);
        assertThat(store.current().lowest(NODE)).isEqualTo(5);
        assertThat(store.current().sequence()).isEqualTo(1);
        EpochGate gate = new EpochGate(store.current());
        gate.raise(NODE, 4);
        assertThat(gate.lowest(NODE)).isEqualTo(5);
    }

    @Test
    @DisplayName("after a write that failed nothing is raised any more")
    void afterAFailureNothingIsAnswered() throws IOException {
        boolean[] fails = {false};
        SimMedium inner = new SimMedium(EpochStore.founding("data"));
        EpochStore store = EpochStore.open(new EpochStore.Medium() {
            @Override
            public byte[] read() {
                return inner.read();
            }

            @Override
            public void write(int offset, byte[] bytes) {
                inner.write(offset, bytes);
            }

            @Override
            public void force() throws IOException {
                if (fails[0]) {
                    throw new IOException("the medium is broken");
                }
                inner.force();
            }
        }, "data", "the file");
        fails[0] = true;
        assertThatThrownBy(() -> store.raise(NODE, 5)).isInstanceOf(IOException.class);
        fails[0] = false;
        assertThatThrownBy(() -> store.raise(NODE, 5)).hasMessageContaining("the medium is broken");
    }

    @Test
    @DisplayName("every truncation and every changed bit of a copy is refused, and chance is never taken for a record")
    void damageIsRefused() throws Exception {
        byte[] copy = EpochRecord.founding("data").raised(NODE, 17).raised(NodeId.of(64), Long.MAX_VALUE).encode();
        EpochRecord whole = EpochRecord.decode(copy, 0).orElseThrow();
        assertThat(whole.encode()).isEqualTo(copy);
        assertThat(whole.lowest(NodeId.of(64))).isEqualTo(Long.MAX_VALUE);
        int length = copy.length;
        while (copy[length - 1] == 0) {
            length--;
        }
        for (int bit = 0; bit < length * 8; bit++) {
            byte[] bad = copy.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(EpochRecord.decode(bad, 0)).as("bit %d", bit).isEmpty();
        }
        for (int cut = 0; cut < length; cut++) {
            assertThat(EpochRecord.decode(Arrays.copyOf(copy, cut), 0)).isEmpty();
        }
        Prng chance = new Prng(7);
        for (int i = 0; i < 2_000; i++) {
            byte[] noise = new byte[EpochStore.FILE_BYTES];
            for (int at = 0; at < 64; at++) {
                noise[at] = (byte) chance.nextLong();
            }
            assertThat(EpochRecord.decode(noise, 0)).isEqualTo(Optional.empty());
        }
    }

    @Test
    @DisplayName("a server does not begin without its record, with another disk's, with a damaged one, or beside another server")
    void doubtStopsTheServer() throws IOException {
        Path file = folder.resolve("epochs");
        assertThatThrownBy(() -> EpochFile.open(file, "data", false))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("STORAGE-1").hasMessageContaining("--found");
        try (EpochFile first = EpochFile.open(file, "data", true)) {
            EpochStore.open(first, "data", "x").raise(NODE, 5);
            assertThatThrownBy(() -> EpochFile.open(file, "data", false)).isInstanceOf(ClusterFault.class);
        }
        try (EpochFile again = EpochFile.open(file, "data", true)) {
            assertThat(EpochStore.open(again, "data", "x").current().lowest(NODE)).as("--found replaces nothing").isEqualTo(5);
            assertThatThrownBy(() -> EpochStore.open(again, "other", "x")).hasMessageContaining("is about disk \"data\"");
        }
        for (int bytes : List.of(0, 4096, EpochStore.FILE_BYTES - 1, EpochStore.FILE_BYTES + 1)) {
            Files.write(file, Arrays.copyOf(EpochStore.founding("data"), bytes));
            try (EpochFile short_ = EpochFile.open(file, "data", true)) {
                assertThatThrownBy(() -> EpochStore.open(short_, "data", "x")).as("%d bytes", bytes)
                        .hasMessageContaining("holds no valid record");
            }
        }
    }
}
