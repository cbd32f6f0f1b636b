package io.muster.base;

import java.util.Arrays;

/** An immutable run of bytes with the equality of its content, so that records may carry it. */
public final class Bytes {

    public static final Bytes NONE = new Bytes(new byte[0]);

    private final byte[] content;

    private Bytes(byte[] content) {
        this.content = content;
    }

    public static Bytes copyOf(byte[] content) {
        return new Bytes(content.clone());
    }

    /** Takes the array without a copy: the caller promises never to write to it again. */
    public static Bytes owning(byte[] content) {
        return new Bytes(content);
    }

    public int length() {
        return content.length;
    }

    public byte[] toArray() {
        return content.clone();
    }

    /** The content itself, not a copy: for readers that promise not to write to it. */
    public byte[] shared() {
        return content;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(content);
    }

    @Override
    public String toString() {
        return content.length + " bytes";
    }
}
