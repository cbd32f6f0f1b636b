package io.muster.control;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches folders. The JDK's own watch tells of every write; a value is whole only when its writer has closed the file, which
 * inotify tells apart. Used by one thread.
 */
final class Inotify implements AutoCloseable {

    /** A file was closed by somebody who could write to it. */
    static final int CLOSED = 0x8;
    private static final int MOVED_FROM = 0x40;
    static final int MOVED_TO = 0x80;
    private static final int CREATED = 0x100;
    private static final int DELETED = 0x200;
    private static final int ONLY_FOLDERS = 0x01000000;
    /** Events were lost: everything has to be looked at. */
    static final int OVERFLOW = 0x4000;

    private static final int FLAGS = 02000000 | 04000;
    private static final int BUFFER_BYTES = 16384;
    private static final int EVENT_BYTES = 16;
    private static final short POLLIN = 1;

    private static final MethodHandle INIT = link("inotify_init1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle ADD =
            link("inotify_add_watch", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle POLL = link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle READ = link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
    private final MemorySegment wanted = arena.allocate(8, 4);
    private final int descriptor;

    /** @param watch number of the folder's watch. @param name within it; empty for the folder itself */
    record Event(int watch, int mask, String name) {

        boolean isWhole() {
            return (mask & (CLOSED | MOVED_TO)) != 0;
        }
    }

    Inotify() throws IOException {
        try {
            descriptor = (int) INIT.invokeExact(FLAGS);
        } catch (Throwable e) {
            throw new IllegalStateException("inotify_init1", e);
        }
        if (descriptor < 0) {
            throw new IOException("the machine gives no further inotify instance");
        }
        wanted.set(JAVA_INT, 0, descriptor);
        wanted.set(JAVA_SHORT, 4, POLLIN);
    }

    /** @return the number of the watch; the same for a folder that is watched already */
    int watch(Path folder) throws IOException {
        int mask = CLOSED | MOVED_FROM | MOVED_TO | CREATED | DELETED | ONLY_FOLDERS;
        int watch;
        try (Arena own = Arena.ofConfined()) {
            watch = (int) ADD.invokeExact(descriptor, own.allocateFrom(folder.toString()), mask);
        } catch (Throwable e) {
            throw new IllegalStateException("inotify_add_watch", e);
        }
        if (watch < 0) {
            throw new IOException(folder + " cannot be watched");
        }
        return watch;
    }

    /** Waits for events, at most so long; empty when there were none. */
    List<Event> await(int limitMs) {
        List<Event> events = new ArrayList<>();
        try {
            int ready = (int) POLL.invokeExact(wanted, 1L, limitMs);
            if (ready <= 0) {
                return events;
            }
            long length = (long) READ.invokeExact(descriptor, buffer, (long) BUFFER_BYTES);
            for (long at = 0; at + EVENT_BYTES <= length; ) {
                int nameBytes = buffer.get(JAVA_INT, at + 12);
                byte[] name = buffer.asSlice(at + EVENT_BYTES, nameBytes).toArray(JAVA_BYTE);
                int end = 0;
                while (end < nameBytes && name[end] != 0) {
                    end++;
                }
                events.add(new Event(buffer.get(JAVA_INT, at), buffer.get(JAVA_INT, at + 4),
                        new String(name, 0, end, StandardCharsets.UTF_8)));
                at += EVENT_BYTES + nameBytes;
            }
            return events;
        } catch (Throwable e) {
            throw new IllegalStateException("inotify", e);
        }
    }

    @Override
    public void close() {
        try {
            int _ = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw new IllegalStateException("close", e);
        }
        arena.close();
    }

    private static MethodHandle link(String name, FunctionDescriptor shape) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name)), shape);
    }
}
