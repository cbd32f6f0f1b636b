package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pipe with a name stands in for the device: what is written is read at its other end; only what an ioctl says is made up. */
@Timeout(60)
class DeviceTimerTest {

    private static final WatchdogTimes TEN_SECONDS = new WatchdogTimes(10 * TimeBudget.SECOND);
    private static final long AT = 1_000 * TimeBudget.SECOND;

    @TempDir
    Path folder;

    @Test
    @DisplayName("each use holds the device back by one byte that is no farewell; a clean end says V, and then closes")
    void theBytesOfAWholeLife() throws Exception {
        try (InputStream device = device()) {
            DeviceTimer timer = DeviceTimer.open(path(), TEN_SECONDS, new Pipe(10));
            timer.arm(AT);
            timer.pet(AT, AT);
            timer.pet(AT, AT + 5 * TimeBudget.SECOND);
            timer.release();
            assertThat(device.readAllBytes()).containsExactly(0, 0, 0, 'V');
            assertThat(timer.trouble()).isEmpty();
        }
    }

    @Test
    @DisplayName("G3: an end that leaves something behind closes the device without a farewell, so that it runs out")
    void anUncleanEndSaysNoFarewell() throws Exception {
        try (InputStream device = device()) {
            DeviceTimer timer = DeviceTimer.open(path(), TEN_SECONDS, new Pipe(10));
            timer.arm(AT);
            timer.abandon();
            assertThat(device.readAllBytes()).containsExactly(0);
        }
    }

    @Test
    @DisplayName("A3: a vouching that is older than half a timeout is not used, or the wait of others would be too short")
    void anOldVouchingIsNotUsed() throws Exception {
        try (InputStream device = device()) {
            DeviceTimer timer = DeviceTimer.open(path(), TEN_SECONDS, new Pipe(10));
            timer.pet(AT, AT + 5 * TimeBudget.SECOND + 1);
            timer.release();
            assertThat(device.readAllBytes()).containsExactly('V');
        }
    }

    @Test
    @DisplayName("a device that takes another time than the one asked for is refused, with what it says, and stopped again")
    void anotherTimeIsRefused() throws Exception {
        try (InputStream device = device()) {
            assertFault(path(), new Pipe(60), "\"A pipe\" does not take 10 s: it says 60");
            assertThat(device.readAllBytes()).containsExactly('V');
        }
    }

    @Test
    @DisplayName("what is no watchdog is refused by the kernel's word, and not a byte of it is changed")
    void whatIsNoWatchdogIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("disk"), "somebody's data");
        assertFault(file, new WatchdogCalls(), "it is no watchdog: error 25");
        assertThat(file).hasContent("somebody's data");
        assertFault(folder.resolve("none"), new WatchdogCalls(), "it cannot be opened: error 2");
    }

    @Test
    @DisplayName("a device that cannot be written any more is trouble, and the node is told that it is lost")
    void aDeviceThatFailsIsTrouble() throws Exception {
        WatchdogTimes eightyMs = new WatchdogTimes(80 * TimeBudget.MS);
        InputStream device = device();
        DeviceTimer timer = DeviceTimer.open(path(), TEN_SECONDS, new Pipe(10));
        CompletableFuture<String> lost = new CompletableFuture<>();
        try (Watchdog watchdog = new Watchdog(timer, eightyMs)) {
            watchdog.start(() -> CompletableFuture.completedFuture(new Watchdog.Vouch(Native.bootTimeNs(), true)), lost::complete,
                    () -> false);
            device.close();
            assertThat(lost.get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).contains("cannot be written: error 32");
        }
    }

    @Test
    @DisplayName("G6: only a node's thread that answers, and says that it is well, holds the device back")
    void onlyAnAnswerHoldsBack() throws Exception {
        try (InputStream device = device()) {
            AtomicReference<CompletableFuture<Watchdog.Vouch>> answer = new AtomicReference<>(new CompletableFuture<>());
            Watchdog watchdog = new Watchdog(DeviceTimer.open(path(), TEN_SECONDS, new Pipe(10)),
                    new WatchdogTimes(80 * TimeBudget.MS));
            CompletableFuture<Void> third = new CompletableFuture<>();
            int[] asked = {0};
            watchdog.start(() -> {
                asked[0]++;
                return switch (asked[0]) {
                    case 1 -> CompletableFuture.failedFuture(new IllegalStateException("overrun"));
                    case 2 -> CompletableFuture.completedFuture(new Watchdog.Vouch(Native.bootTimeNs(), false));
                    default -> {
                        third.complete(null);
                        yield answer.get();
                    }
                };
            }, _ -> { }, () -> true);
            third.get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
            assertThat(device.read()).as("when it was armed").isZero();
            assertThat(device.available()).as("nobody has answered that all is well").isZero();
            answer.get().complete(new Watchdog.Vouch(Native.bootTimeNs(), true));
            assertThat(device.read()).isZero();
            watchdog.nodeEnded();
            watchdog.close();
            assertThat(device.readAllBytes()).endsWith('V');
        }
    }

    private void assertFault(Path path, WatchdogCalls calls, String why) {
        assertThatThrownBy(() -> DeviceTimer.open(path, TEN_SECONDS, calls))
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.WATCHDOG_1))
                .hasMessageContaining(why).hasMessageContaining("nothing was started");
    }

    private Path path() {
        return folder.resolve("watchdog");
    }

    /** Its reading end, opened while nobody writes yet. */
    private InputStream device() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", path().toString()).start().waitFor()).isZero();
        int descriptor = NativeFile.open(path().toString(), NativeFile.READ_WRITE);
        InputStream device = new FileInputStream(path().toFile());
        Native.close(descriptor);
        return device;
    }

    /** @param says the only time that it has */
    private static final class Pipe extends WatchdogCalls {

        private final int says;

        Pipe(int says) {
            this.says = says;
        }

        @Override
        Support support(int descriptor) {
            return new Support(0, true, "A pipe");
        }

        @Override
        int setTimeout(int descriptor, int seconds) {
            return says;
        }

        @Override
        int timeout(int descriptor) {
            return says;
        }
    }
}
