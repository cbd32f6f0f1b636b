package io.muster.cli;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.sim.QuietRun;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures of {@code muster sim --quiet-hour} and {@code --scale}: how fast the simulator is, and what grows with n. */
final class SimMeasure {

    private static final long HOUR_NS = 3_600 * TimeBudget.SECOND;
    private static final long SCALE_NS = 20 * TimeBudget.SECOND;
    private static final int[] SIZES = {2, 4, 8, 16, 32, 64};

    private record Timed(QuietRun.Result result, double cpuSeconds) {}

    private final PrintWriter out;
    private final boolean json;

    SimMeasure(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    /** One virtual hour of quiet, so many times; the first runs are slower, as the compiler of the JVM is at work. */
    void quietHour(int nodes, int runs) {
        List<Double> seconds = new ArrayList<>();
        QuietRun.Result result = null;
        for (int run = 0; run < runs; run++) {
            Timed timed = timed(nodes, HOUR_NS);
            result = timed.result();
            seconds.add(timed.cpuSeconds());
        }
        List<Double> sorted = seconds.stream().sorted().toList();
        double median = sorted.get(runs / 2);
        long steps = result.forming().steps() + result.quiet().steps();
        out.printf(Locale.ROOT, json
                ? "{\"event\":\"quiet-hour\",\"nodes\":%d,\"runs\":%d,\"median_cpu_s\":%.2f,\"fastest_cpu_s\":%.2f,"
                        + "\"slowest_cpu_s\":%.2f,\"steps\":%d,\"steps_per_s\":%.0f,\"frames\":%d}%n"
                : "%d nodes, one virtual hour of quiet, checkers on, %d runs: median %.2f s of one core, fastest %.2f, "
                        + "slowest %.2f; %d machine steps, %.0f a second; %d frames%n",
                nodes, runs, median, sorted.getFirst(), sorted.getLast(), steps, steps / median,
                result.quiet().frames());
        out.flush();
    }

    /** The same span of quiet in clusters of growing size. */
    void scale() {
        if (!json) {
            out.printf("%5s %14s %10s %10s %12s %12s %12s %10s %10s%n", "nodes", "to one view", "versions", "frames",
                    "bytes", "frames/s", "bytes/s", "steps/s", "CPU/s");
        }
        timed(SIZES[2], SCALE_NS); // what the compiler of the JVM does in the beginning belongs to no row
        for (int size : SIZES) {
            int nodes = Math.min(size, NodeId.LIMIT - 1);
            Timed timed = timed(nodes, SCALE_NS);
            QuietRun.Work forming = timed.result().forming();
            QuietRun.Work quiet = timed.result().quiet();
            double seconds = SCALE_NS / 1e9;
            out.printf(Locale.ROOT, json
                    ? "{\"event\":\"scale\",\"nodes\":%d,\"one_view_ms\":%.0f,\"versions\":%d,\"forming_frames\":%d,"
                            + "\"forming_bytes\":%d,\"frames_per_s\":%.0f,\"bytes_per_s\":%.0f,\"steps_per_s\":%.0f,"
                            + "\"cpu_ms_per_s\":%.2f}%n"
                    : "%5d %11.0f ms %10d %10d %12d %12.0f %12.0f %10.0f %7.2f ms%n",
                    nodes, timed.result().formedNs() / 1e6, forming.versions(), forming.frames(), forming.bytes(),
                    quiet.frames() / seconds, quiet.bytes() / seconds, quiet.steps() / seconds,
                    timed.cpuSeconds() * 1_000 / seconds);
            out.flush();
        }
    }

    private static Timed timed(int nodes, long forNs) {
        var thread = ManagementFactory.getThreadMXBean();
        long begun = thread.getCurrentThreadCpuTime();
        QuietRun.Result result = QuietRun.run(1, nodes, forNs);
        return new Timed(result, (thread.getCurrentThreadCpuTime() - begun) / 1e9);
    }
}
