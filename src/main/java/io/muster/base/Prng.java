package io.muster.base;

/**
 * A seeded source of chance (SplitMix64). Machines get one in their constructor and use no other, so that a seed
 * replays a run.
 *
 * @see "Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators (OOPSLA 2014)"
 */
public final class Prng {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    public Prng(long seed) {
        this.state = seed;
    }

    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** @return 0 to {@code bound} - 1; {@code bound} is at least 1 */
    public int nextInt(int bound) {
        return (int) nextLong(bound);
    }

    /** @return 0 to {@code bound} - 1; {@code bound} is at least 1 */
    public long nextLong(long bound) {
        Invariant.holds(bound > 0, "bound of chance is %d", bound);
        return Math.floorMod(nextLong() >>> 1, bound);
    }

    /** @return {@code low} to {@code high}, both included */
    public long between(long low, long high) {
        return low + nextLong(high - low + 1);
    }

    /** @return 0.0 to just below 1.0 */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    public boolean chance(double probability) {
        return nextDouble() < probability;
    }

    /** A generator of its own for one named use, so that one use more does not shift all others. */
    public Prng fork(String name) {
        long seed = nextLong();
        for (int i = 0; i < name.length(); i++) {
            seed = mix(seed ^ name.charAt(i)) + GOLDEN_GAMMA;
        }
        return new Prng(seed);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
