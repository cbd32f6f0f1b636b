package io.muster.runtime;

/**
 * How one kind of request to one shared disk has done, for {@code status}. Times run from the asking to the answer, with the
 * wait for a turn.
 *
 * @param p99Ns       not more than an eighth too low, as the median
 * @param greatestNs  of the last five to ten minutes
 * @param leastMarginNs of the same time: how much of its limit the nearest miss had left; negative when one was missed
 * @param failed      of them, those that failed, missed limits included
 * @param missed      of them, those that were not done within their limit
 */
public record DiskFigures(Kind kind, long count, long medianNs, long p99Ns, long greatestNs, long leastMarginNs, long failed,
        long missed) {

    /** What was asked for. */
    public enum Kind { READ, WRITE }
}
