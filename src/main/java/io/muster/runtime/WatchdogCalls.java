package io.muster.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The calls on a watchdog device, include/uapi/linux/watchdog.h; x86-64 and arm64. Results are the call's own or the error number
 * made negative. Not final, so that a pipe can stand in for a device where there is none: the ioctls are then its own.
 *
 * <pre>
 * struct watchdog_info
 * offset  length  type   meaning
 * 0       4       int    options
 * 4       4       int    version of the firmware
 * 8       32      text   identity, ended by 0
 * </pre>
 */
class WatchdogCalls {

    private static final long GET_SUPPORT = 0x8028_5700L;
    private static final long SET_TIMEOUT = 0xC004_5706L;
    private static final long GET_TIMEOUT = 0x8004_5707L;
    private static final int CAN_SET_TIMEOUT = 0x80;
    private static final int INFO_BYTES = 40;
    private static final int IDENTITY_AT = 8;
    private static final int WRITE_ONLY = 1;

    /** What a device says of itself. @param error negative when it is none */
    record Support(int error, boolean setsTimeout, String identity) {}

    int open(Path path) {
        return NativeFile.open(path.toString(), WRITE_ONLY);
    }

    Support support(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, 4);
            int result = NativeFile.control(descriptor, GET_SUPPORT, info);
            byte[] text = info.asSlice(IDENTITY_AT).toArray(JAVA_BYTE);
            int length = 0;
            while (length < text.length && text[length] != 0) {
                length++;
            }
            return new Support(Math.min(result, 0), (info.get(JAVA_INT, 0) & CAN_SET_TIMEOUT) != 0,
                    new String(text, 0, length, StandardCharsets.ISO_8859_1));
        }
    }

    /** @return the time that the device really took, in seconds, or a negative error */
    int setTimeout(int descriptor, int seconds) {
        return number(descriptor, SET_TIMEOUT, seconds);
    }

    /** In seconds, or a negative error. */
    int timeout(int descriptor) {
        return number(descriptor, GET_TIMEOUT, 0);
    }

    /** 1, or a negative error. */
    int write(int descriptor, byte one) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(1);
            content.set(JAVA_BYTE, 0, one);
            return (int) NativeFile.append(descriptor, content, 1);
        }
    }

    void close(int descriptor) {
        Native.close(descriptor);
    }

    private static int number(int descriptor, long request, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment place = arena.allocate(JAVA_INT);
            place.set(JAVA_INT, 0, value);
            int result = NativeFile.control(descriptor, request, place);
            return result < 0 ? result : place.get(JAVA_INT, 0);
        }
    }
}
