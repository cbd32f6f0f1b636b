package io.muster.runtime;

/**
 * What one kind of delay has come to: how often, its median, and its greatest value of late, so that one bad moment is
 * not held against a machine for ever. Nothing is allocated by {@link #add}. For one thread.
 */
final class Peak {

    /** The greatest value is that of the last one to two of these. */
    static final long WINDOW_NS = 300_000_000_000L;

    /** Each doubling of a delay has so many buckets. */
    private static final int PARTS = 8;
    private static final int PARTS_BITS = 3;

    private final long[] buckets = new long[Long.SIZE * PARTS];
    private long count;
    private long windowAt = Long.MIN_VALUE;
    private long greatest;
    private long greatestBefore;

    /** @param ns not negative; what is, counts as 0 */
    void add(long ns, long now) {
        long value = Math.max(0, ns);
        turn(now);
        greatest = Math.max(greatest, value);
        buckets[bucketOf(value)]++;
        count++;
    }

    long count() {
        return count;
    }

    long greatestNs(long now) {
        turn(now);
        return Math.max(greatest, greatestBefore);
    }

    /** Of all values, not more than an eighth too low; 0 when there is none. */
    long medianNs() {
        return quantileNs(500);
    }

    /** Below which so many of a thousand values lie; not more than an eighth too low; 0 when there is none. */
    long quantileNs(int perMille) {
        long left = (count * perMille + 999) / 1_000;
        for (int bucket = 0; bucket < buckets.length; bucket++) {
            left -= buckets[bucket];
            if (left <= 0 && count > 0) {
                return lowest(bucket);
            }
        }
        return 0;
    }

    private void turn(long now) {
        if (windowAt == Long.MIN_VALUE) {
            windowAt = now;
        }
        long passed = now - windowAt;
        if (passed >= WINDOW_NS) {
            greatestBefore = passed >= 2 * WINDOW_NS ? 0 : greatest;
            greatest = 0;
            windowAt = now;
        }
    }

    /** Small values have a bucket each; of the others the place of the first bit and the three behind it count. */
    private static int bucketOf(long value) {
        if (value < PARTS) {
            return (int) value;
        }
        int doubling = Long.SIZE - 1 - Long.numberOfLeadingZeros(value);
        int part = (int) (value >>> doubling - PARTS_BITS) & PARTS - 1;
        return (doubling - PARTS_BITS + 1) * PARTS + part;
    }

    private static long lowest(int bucket) {
        if (bucket < PARTS) {
            return bucket;
        }
        return (PARTS + bucket % PARTS) * (1L << bucket / PARTS - 1);
    }
}
