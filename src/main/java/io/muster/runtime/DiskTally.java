package io.muster.runtime;

/** Counts requests of one kind. Belongs to the lock of its {@link SharedDisk}. */
final class DiskTally {

    private final DiskFigures.Kind kind;
    private final Peak times = new Peak();
    /** The greatest share of a limit that was used, in millionths, so that requests with different limits compare. */
    private final Peak used = new Peak();
    private long limitNs;
    private long failed;
    private long missed;

    DiskTally(DiskFigures.Kind kind) {
        this.kind = kind;
    }

    void done(long tookNs, long limitNs, boolean well, long now) {
        times.add(tookNs, now);
        used.add(tookNs * 1_000_000 / limitNs, now);
        this.limitNs = limitNs;
        failed += well ? 0 : 1;
    }

    void missed(long tookNs, long limitNs, long now) {
        done(tookNs, limitNs, false, now);
        missed++;
    }

    DiskFigures figures(long now) {
        return new DiskFigures(kind, times.count(), times.medianNs(), times.quantileNs(990), times.greatestNs(now),
                limitNs - used.greatestNs(now) * limitNs / 1_000_000, failed, missed);
    }
}
