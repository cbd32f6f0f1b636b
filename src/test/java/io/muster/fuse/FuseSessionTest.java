package io.muster.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real mounts, looked at by real processes. */
@Timeout(60)
class FuseSessionTest {

    private static final FuseOptions ONE = FuseOptions.small("mustertest");

    @TempDir
    Path place;

    private final NotesFs notes = new NotesFs();
    private Path mount;

    @BeforeEach
    void needsFuse() throws IOException {
        FuseSession.obstacle().ifPresent(why -> Assumptions.abort("no FUSE here: " + why));
        mount = Files.createDirectory(place.resolve("mount"));
    }

    @AfterEach
    void nothingStaysMounted() {
        assertThat(rows()).isZero();
    }

    private long rows() {
        return FuseMount.table().stream().filter(row -> row.place().startsWith(place)).count();
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {1, 3})
    @DisplayName("a tree is listed, read and written by other processes, and gone when the session is closed")
    void aTreeIsServed(int workers) throws Exception {
        FuseOptions options = new FuseOptions("mustertest", workers, 131072, 64, false, true);
        try (FuseSession session = FuseSession.start(mount, options, notes)) {
            assertThat(Shell.run(mount, "ls && cat note").out()).isEqualTo("broken\nmute\nnote\nslow\nfirst\n");
            assertThat(Shell.run(mount, "echo second > note && cat note").out()).isEqualTo("second\n");
            assertThat(notes.note).isEqualTo("second\n".getBytes(StandardCharsets.UTF_8));
            assertThat(Shell.run(mount, "cat absent").out()).contains("No such file");
            assertThat(Shell.run(mount, "mkdir new").out()).contains("Function not");
            assertThat(Shell.run(mount, "head -c 300000 /dev/zero > note && stat -c %s note").out()).isEqualTo("300000\n");
            assertThat(Shell.run(mount, "cat note | cksum; head -c 300000 /dev/zero | cksum").out().lines().distinct())
                    .hasSize(1);
            assertThat(session.malformed()).isZero();
            assertThat(session.broken()).isZero();
        }
        assertThat(Shell.run(mount, "ls -A").out()).isEmpty();
    }

    @Test
    @DisplayName("a handler that breaks or does not answer costs its caller EIO, and the session goes on")
    void aBrokenHandlerCostsOneCall() throws Exception {
        try (FuseSession session = FuseSession.start(mount, ONE, notes)) {
            assertThat(Shell.run(mount, "cat broken").out()).contains("Input/output error");
            assertThat(Shell.run(mount, "cat mute").out()).contains("Input/output error");
            assertThat(session.broken()).isEqualTo(2);
            assertThat(Shell.run(mount, "cat note").out()).isEqualTo("first\n");
        }
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {1, 3})
    @DisplayName("a read that is put off holds no thread; a signal reaches the handler and ends it with EINTR")
    void aBlockedReaderIsInterrupted(int workers) throws Exception {
        FuseOptions options = new FuseOptions("mustertest", workers, 4096, 64, false, true);
        try (FuseSession session = FuseSession.start(mount, options, notes)) {
            Process reader = Shell.start(mount, "exec cat slow");
            LaterReply later = notes.waiting.poll(20, TimeUnit.SECONDS);
            assertThat(later).isNotNull();
            assertThat(Shell.run(mount, "cat note").out()).as("meanwhile").isEqualTo("first\n");

            // The timeout tool hands the signal on to cat.
            reader.toHandle().destroy();
            assertThat(notes.interrupts.poll(20, TimeUnit.SECONDS)).isEqualTo(later.unique());
            assertThat(reader.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(later.data(new byte[1])).as("a grant that comes too late").isFalse();
            assertThat(session.isServing()).isTrue();
        }
    }

    @Test
    @DisplayName("a read that was put off is answered from another thread")
    void aLateAnswerArrives() throws Exception {
        try (FuseSession _ = FuseSession.start(mount, ONE, notes)) {
            Process reader = Shell.start(mount, "head -c 4 slow");
            LaterReply later = notes.waiting.poll(20, TimeUnit.SECONDS);
            assertThat(later.data("late".getBytes(StandardCharsets.UTF_8))).isTrue();
            assertThat(new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("late");
        }
    }

    @Test
    @DisplayName("beyond its bound of put-off requests a session answers EAGAIN, and end of session frees all that wait")
    void putOffRequestsAreBounded() throws Exception {
        FuseOptions options = new FuseOptions("mustertest", 1, 4096, 1, false, true);
        Process reader;
        try (FuseSession _ = FuseSession.start(mount, options, notes)) {
            reader = Shell.start(mount, "exec cat slow");
            assertThat(notes.waiting.poll(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(Shell.run(mount, "cat slow").out()).contains("temporarily unavailable");
        }
        assertThat(reader.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(reader.exitValue()).isNotZero();
    }

    @Test
    @DisplayName("what the kernel keeps for an hour it gives up when it is told that it has changed")
    void theKernelIsTold() throws Exception {
        try (FuseSession session = FuseSession.start(mount, ONE, notes)) {
            assertThat(Shell.run(mount, "stat -c %s note").out()).isEqualTo("6\n");
            notes.note = "longer than before\n".getBytes(StandardCharsets.UTF_8);
            assertThat(Shell.run(mount, "stat -c %s note").out()).as("not told yet").isEqualTo("6\n");
            assertThat(session.notifier().inode(2, -1, 0)).isTrue();
            awaitTold(session, 1);
            assertThat(Shell.run(mount, "stat -c %s note; cat note").out()).isEqualTo("19\nlonger than before\n");

            notes.note = "other of its length".getBytes(StandardCharsets.UTF_8);
            assertThat(Shell.run(mount, "cat note").out()).as("its pages are kept").isEqualTo("longer than before\n");
            assertThat(session.notifier().inode(2, 0, 0)).isTrue();
            awaitTold(session, 2);
            assertThat(Shell.run(mount, "cat note").out()).isEqualTo("other of its length");
            assertThat(session.notifier().entry(1, "note".getBytes(StandardCharsets.UTF_8))).isTrue();
            awaitTold(session, 3);
        }
    }

    private static void awaitTold(FuseSession session, long count) {
        long until = System.nanoTime() + 20_000_000_000L;
        while (session.notifier().told() < count && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(session.notifier().told()).isEqualTo(count);
    }

    @Test
    @DisplayName("a session whose file is still open is ended all the same, and its place is free at once")
    void anOpenFileDoesNotHoldTheMount() throws Exception {
        Process holder;
        FuseSession session = FuseSession.start(mount, ONE, notes);
        try (session) {
            holder = Shell.start(mount, "exec 3< note; echo open; read wait; cat <&3");
            assertThat(holder.getInputStream().read()).isEqualTo('o');
        }
        assertThat(session.isServing()).isFalse();
        assertThat(rows()).isZero();
        try (FuseSession _ = FuseSession.start(mount, ONE, notes)) {
            assertThat(Shell.run(mount, "cat note").out()).isEqualTo("first\n");
        }
        holder.getOutputStream().close();
        assertThat(holder.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @DisplayName("a place at which a living session serves is refused")
    void aLivingMountIsNotTakenAway() throws Exception {
        try (FuseSession _ = FuseSession.start(mount, ONE, notes)) {
            assertThatThrownBy(() -> FuseSession.start(mount, ONE, new NotesFs()))
                    .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.TREE_1));
            assertThat(Shell.run(mount, "cat note").out()).isEqualTo("first\n");
        }
    }

    @Test
    @DisplayName("somebody else's unmount ends the session, and its close is then harmless")
    void anUnmountEndsTheSession() throws Exception {
        try (FuseSession session = FuseSession.start(mount, ONE, notes)) {
            assertThat(Shell.run(place, "umount mount").status()).isZero();
            long until = System.nanoTime() + 20_000_000_000L;
            while (session.isServing() && System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            assertThat(session.isServing()).isFalse();
        }
    }
}
