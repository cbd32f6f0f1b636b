package io.muster.base;

/** A running 64-bit hash of what a run did, the same in every JVM. Not for secrets. */
public final class Hash64 {

    private long value = 0xCBF29CE484222325L;

    public Hash64 add(long word) {
        value = Long.rotateLeft((value ^ word) * 0x9FB21C651E98DF25L, 29) ^ (word >>> 35);
        return this;
    }

    public Hash64 add(byte[] bytes) {
        add(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            value = (value ^ (bytes[i] & 0xFF)) * 0x100000001B3L;
        }
        return this;
    }

    public Hash64 add(String text) {
        add(text.length());
        for (int i = 0; i < text.length(); i++) {
            value = (value ^ text.charAt(i)) * 0x100000001B3L;
        }
        return this;
    }

    public long value() {
        long z = value;
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        return z ^ (z >>> 32);
    }
}
