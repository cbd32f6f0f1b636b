package io.muster.base;

import java.util.OptionalInt;

/** The versions of something that a program speaks, from the lowest to the highest, both included. */
public record VersionRange(int lowest, int highest) {

    /** Versions are written as 16 bits. */
    public static final int LIMIT = 0xFFFF;

    public VersionRange {
        if (lowest < 1 || highest < lowest || highest > LIMIT) {
            throw new IllegalArgumentException("versions %d to %d; 1 to %d are allowed".formatted(lowest, highest, LIMIT));
        }
    }

    public boolean contains(int version) {
        return version >= lowest && version <= highest;
    }

    /** The highest version that both speak; empty when there is none. */
    public OptionalInt common(VersionRange other) {
        int candidate = Math.min(highest, other.highest);
        return contains(candidate) && other.contains(candidate) ? OptionalInt.of(candidate) : OptionalInt.empty();
    }

    @Override
    public String toString() {
        return lowest == highest ? Integer.toString(lowest) : lowest + " to " + highest;
    }
}
