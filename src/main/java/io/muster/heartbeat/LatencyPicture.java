package io.muster.heartbeat;

/**
 * How long requests of one kind to one disk took, in microseconds; percentiles of the last {@code 256}.
 *
 * @param count   of all requests of this life; the others are 0 while it is 0
 * @param limitUs what takes longer does not count; a request that failed by it is among them
 * @param slow    as told last by {@link DiskBeatNews.RegionSlow}
 */
public record LatencyPicture(long count, int p50Us, int p99Us, int maxUs, int limitUs, boolean slow) {

    /** What is left between the 99th percentile and the limit; below 0 when there is nothing left. */
    public int marginUs() {
        return limitUs - p99Us;
    }
}
