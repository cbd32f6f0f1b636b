package io.muster.block;

/** The identity of one formatting of one disk, drawn by chance; written as UUIDs are. */
public record DiskId(long high, long low) {

    @Override
    public String toString() {
        String digits = "%016x%016x".formatted(high, low);
        return String.join("-", digits.substring(0, 8), digits.substring(8, 12), digits.substring(12, 16),
                digits.substring(16, 20), digits.substring(20));
    }
}
