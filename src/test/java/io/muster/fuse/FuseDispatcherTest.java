package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The protocol without a kernel: bytes in, bytes out. */
class FuseDispatcherTest {

    private static final FuseOptions OPTIONS = new FuseOptions("test", 1, 4096, 8, true, true);

    private final List<byte[]> replies = new ArrayList<>();
    private final FuseState state = new FuseState(OPTIONS);
    private final NotesFs notes = new NotesFs();
    private final MemorySegment in = MemorySegment.ofArray(new byte[OPTIONS.bufferBytes()]);
    private final FuseDispatcher dispatcher = new FuseDispatcher(notes, state,
            MemorySegment.ofArray(new byte[OPTIONS.bufferBytes()]), new ReplySink() {
                @Override
                public long send(MemorySegment reply, int lengthBytes) {
                    replies.add(reply.asSlice(0, lengthBytes).toArray(JAVA_BYTE));
                    return lengthBytes;
                }

                @Override
                public long send(MemorySegment header, MemorySegment body, long bodyOffset, int bodyBytes) {
                    return send(header, FuseProtocol.REPLY_HEADER_BYTES);
                }
            });

    private long unique = 1;

    @BeforeEach
    void greet() {
        MemorySegment body = MemorySegment.ofArray(new byte[64]);
        body.set(JAVA_INT_UNALIGNED, 0, 7);
        body.set(JAVA_INT_UNALIGNED, 4, 45);
        body.set(JAVA_INT_UNALIGNED, 8, 131072);
        body.set(JAVA_INT_UNALIGNED, 12, -1);
        ask(FuseProtocol.INIT, 0, body.toArray(JAVA_BYTE));
    }

    private void ask(int operation, long node, byte[] body) {
        int length = FuseProtocol.REQUEST_HEADER_BYTES + body.length;
        in.fill((byte) 0);
        in.set(JAVA_INT_UNALIGNED, 0, length);
        in.set(JAVA_INT_UNALIGNED, 4, operation);
        in.set(JAVA_LONG_UNALIGNED, 8, unique += 2);
        in.set(JAVA_LONG_UNALIGNED, 16, node);
        MemorySegment.copy(body, 0, in, JAVA_BYTE, FuseProtocol.REQUEST_HEADER_BYTES, body.length);
        dispatcher.handle(in, length);
    }

    private int error() {
        return -MemorySegment.ofArray(replies.getLast()).get(JAVA_INT_UNALIGNED, 4);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("a greeting agrees on version 7, the lower minor version, and only on what both want")
    void aGreetingIsAnswered() {
        MemorySegment reply = MemorySegment.ofArray(replies.getLast());
        assertThat(reply.byteSize()).isEqualTo(16 + 64);
        assertThat(reply.get(JAVA_INT_UNALIGNED, 16)).isEqualTo(7);
        assertThat(reply.get(JAVA_INT_UNALIGNED, 20)).isEqualTo(FuseProtocol.MINOR);
        assertThat(reply.get(JAVA_INT_UNALIGNED, 28)).isEqualTo(state.wantedFlags());
        assertThat(reply.get(JAVA_INT_UNALIGNED, 36)).as("longest write").isEqualTo(4096);
        assertThat(state.isInitialised()).isTrue();
    }

    @Test
    @DisplayName("an operation that is not known is answered with ENOSYS")
    void anUnknownOperationIsAnswered() {
        for (int operation : new int[] {0, 7, 21, 22, 37, 39, 43, 50, 4096, -1}) {
            ask(operation, 1, new byte[128]);
            assertThat(error()).as("operation " + operation).isEqualTo(Errno.ENOSYS);
        }
        assertThat(state.malformedCount()).isZero();
    }

    @Test
    @DisplayName("names that are empty, endless, too long or with a slash are refused with EINVAL")
    void badNamesAreRefused() {
        for (byte[] name : List.of(new byte[0], text("\0"), text("endless"), text("a/b\0"), text("x".repeat(256) + "\0"))) {
            ask(FuseProtocol.LOOKUP, 1, name);
            assertThat(error()).isEqualTo(Errno.EINVAL);
        }
        ask(FuseProtocol.RENAME, 1, text("12345678one\0"));
        assertThat(error()).as("a second name is missing").isEqualTo(Errno.EINVAL);
        ask(FuseProtocol.LOOKUP, 1, text("x".repeat(255) + "\0"));
        assertThat(error()).isEqualTo(Errno.ENOENT);
        assertThat(state.malformedCount()).isEqualTo(6);
    }

    @Test
    @DisplayName("every truncation of every request is answered or dropped, and none throws")
    void truncationsAreRefused() {
        for (int operation = 1; operation <= 52; operation++) {
            if (operation == FuseProtocol.INIT) {
                continue;
            }
            for (int length = 0; length < 96; length++) {
                int before = replies.size();
                ask(operation, 2, new byte[length]);
                boolean silent = operation == FuseProtocol.FORGET || operation == FuseProtocol.BATCH_FORGET
                        || operation == FuseProtocol.DESTROY || operation == FuseProtocol.INTERRUPT;
                assertThat(replies.size() - before).as("operation %d with %d bytes", operation, length)
                        .isBetween(silent ? 0 : 1, 1);
            }
        }
        assertThat(state.brokenCount()).isZero();
    }

    @Test
    @DisplayName("a header whose length is not that of the request is dropped without an answer")
    void aWrongLengthIsDropped() {
        int before = replies.size();
        for (int length = 0; length < 64; length++) {
            in.set(JAVA_INT_UNALIGNED, 0, length + 1);
            dispatcher.handle(in, length);
        }
        assertThat(replies).hasSize(before);
        assertThat(state.malformedCount()).isEqualTo(64);
    }

    @Test
    @DisplayName("sizes and places that cannot be are refused: a read beyond the reply, a write of other length, below zero")
    void impossibleSizesAreRefused() {
        MemorySegment body = MemorySegment.ofArray(new byte[40]);
        for (int size : new int[] {-1, Integer.MAX_VALUE, OPTIONS.bufferBytes()}) {
            body.set(JAVA_INT_UNALIGNED, 16, size);
            for (int operation : new int[] {FuseProtocol.READ, FuseProtocol.READDIR, FuseProtocol.READDIRPLUS,
                    FuseProtocol.WRITE}) {
                ask(operation, 2, body.toArray(JAVA_BYTE));
                assertThat(error()).isEqualTo(Errno.EINVAL);
            }
        }
        body.set(JAVA_INT_UNALIGNED, 16, 0);
        body.set(JAVA_LONG_UNALIGNED, 8, -1L);
        ask(FuseProtocol.READ, 2, body.toArray(JAVA_BYTE));
        assertThat(error()).isEqualTo(Errno.EINVAL);
    }

    @Test
    @DisplayName("an interrupt of a request that nobody knows is to be said again; one that was put off is ended once")
    void interruptsFindTheirRequest() {
        MemorySegment target = MemorySegment.ofArray(new byte[8]);
        target.set(JAVA_LONG_UNALIGNED, 0, 999L);
        ask(FuseProtocol.INTERRUPT, 0, target.toArray(JAVA_BYTE));
        assertThat(error()).isEqualTo(Errno.EAGAIN);

        MemorySegment body = MemorySegment.ofArray(new byte[40]);
        body.set(JAVA_INT_UNALIGNED, 16, 10);
        int before = replies.size();
        ask(FuseProtocol.READ, 3, body.toArray(JAVA_BYTE));
        assertThat(replies).as("put off").hasSize(before);
        long read = unique;
        target.set(JAVA_LONG_UNALIGNED, 0, read);
        ask(FuseProtocol.INTERRUPT, 0, target.toArray(JAVA_BYTE));
        assertThat(replies).hasSize(before + 1);
        assertThat(error()).isEqualTo(Errno.EINTR);
        assertThat(MemorySegment.ofArray(replies.getLast()).get(JAVA_LONG_UNALIGNED, 8)).isEqualTo(read);
        assertThat(state.laters().size()).isZero();
    }

    @Test
    @DisplayName("two MiB of random bytes as requests do no harm, wholly random or with a header that is believed")
    void randomBytesDoNoHarm() {
        Prng chance = new Prng(31);
        byte[] bytes = new byte[4096];
        for (int round = 0; round < 512; round++) {
            for (int i = 0; i < bytes.length; i += 8) {
                MemorySegment.ofArray(bytes).set(JAVA_LONG_UNALIGNED, i, chance.nextLong());
            }
            int at = 0;
            while (at < bytes.length) {
                int length = Math.min(bytes.length - at, 1 + (bytes[at] & 0xff));
                in.fill((byte) 0);
                MemorySegment.copy(bytes, at, in, JAVA_BYTE, 0, length);
                if (round % 4 != 0) {
                    in.set(JAVA_INT_UNALIGNED, 0, length);
                    in.set(JAVA_INT_UNALIGNED, 4, in.get(JAVA_INT_UNALIGNED, 4) & 63);
                }
                if (round % 4 > 1 && length > 40) {
                    in.set(JAVA_LONG_UNALIGNED, 16, 1 + (in.get(JAVA_LONG_UNALIGNED, 16) & 3));
                }
                dispatcher.handle(in, length);
                at += length;
            }
            replies.forEach(reply -> {
                MemorySegment said = MemorySegment.ofArray(reply);
                assertThat(said.get(JAVA_INT_UNALIGNED, 0)).as("a reply says its length").isEqualTo(reply.length);
                assertThat(said.get(JAVA_INT_UNALIGNED, 4)).isBetween(-4096, 0);
            });
            replies.clear();
        }
        assertThat(state.malformedCount()).isPositive();
        assertThat(state.laters().size()).isLessThanOrEqualTo(OPTIONS.laterLimit());
        // The file system goes on.
        ask(FuseProtocol.LOOKUP, 1, text("note\0"));
        assertThat(error()).isZero();
    }
}
