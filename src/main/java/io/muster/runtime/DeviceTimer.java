package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A watchdog device of the kernel as a timer (Documentation/watchdog/watchdog-api.rst). To open it starts it; each byte that is
 * written holds it back; it goes on when the file is closed, as at the death of this process, unless the last byte was {@code V}.
 */
final class DeviceTimer implements WatchdogTimer {

    /** How the kernel calls the one that is a program itself and stands still with its machine. */
    static final String SOFTDOG = "Software Watchdog";

    private static final byte HOLD = 0;
    private static final byte FAREWELL = 'V';

    private final Path path;
    private final long timeoutNs;
    private final WatchdogCalls calls;
    private final int descriptor;
    private final String identity;
    private Optional<String> broken = Optional.empty();

    private DeviceTimer(Path path, long timeoutNs, WatchdogCalls calls, int descriptor, String identity) {
        this.path = path;
        this.timeoutNs = timeoutNs;
        this.calls = calls;
        this.descriptor = descriptor;
        this.identity = identity;
    }

    /**
     * Opens the device, which starts it, and sets its time.
     *
     * @throws ClusterFault WATCHDOG_1; a device that was opened is stopped again if it can be
     */
    static DeviceTimer open(Path path, WatchdogTimes times, WatchdogCalls calls) {
        int descriptor = calls.open(path);
        if (descriptor < 0) {
            throw fault(path, descriptor == -NativeFile.E_BUSY
                    ? "it is in use: another program, perhaps systemd (RuntimeWatchdogSec) or wdmd, has it"
                    : "it cannot be opened: error %d".formatted(-descriptor));
        }
        WatchdogCalls.Support support = calls.support(descriptor);
        if (support.error() < 0) {
            // Perhaps a disk, or a file of somebody's: not a byte is written to it.
            calls.close(descriptor);
            throw fault(path, "it is no watchdog: error %d".formatted(-support.error()));
        }
        Optional<String> unfit = unfit(support, calls, descriptor, times.timeoutNs() / TimeBudget.SECOND);
        if (unfit.isPresent()) {
            calls.write(descriptor, FAREWELL);
            calls.close(descriptor);
            throw fault(path, unfit.get());
        }
        if (support.identity().equals(SOFTDOG)) {
            Log.warn("%s is a software watchdog: it stands still with its machine, so nobody may rely on it elsewhere", path);
        }
        return new DeviceTimer(path, times.timeoutNs(), calls, descriptor, support.identity());
    }

    private static Optional<String> unfit(WatchdogCalls.Support support, WatchdogCalls calls, int descriptor, long seconds) {
        int set = support.setsTimeout() ? calls.setTimeout(descriptor, (int) seconds) : 0;
        int has = calls.timeout(descriptor);
        return set >= 0 && has == seconds ? Optional.empty()
                : Optional.of("\"%s\" does not take %d s: it says %d; configure that, or another time"
                        .formatted(support.identity(), seconds, set < 0 ? set : has));
    }

    @Override
    public void arm(long now) {
        pet(now, now);
    }

    /** A vouching older than half a timeout is not used: {@link io.muster.base.WatchdogContract} says why. */
    @Override
    public void pet(long vouchedAt, long now) {
        if (now - vouchedAt > timeoutNs / 2) {
            return;
        }
        int written = calls.write(descriptor, HOLD);
        if (written != 1 && broken.isEmpty()) {
            broken = Optional.of("%s cannot be written: error %d".formatted(path, -written));
        }
    }

    @Override
    public Optional<String> trouble() {
        return broken;
    }

    @Override
    public void release() {
        if (calls.write(descriptor, FAREWELL) != 1) {
            Log.warn("%s could not be stopped; it starts this machine anew", path);
        }
        calls.close(descriptor);
    }

    @Override
    public void abandon() {
        calls.close(descriptor);
    }

    @Override
    public String about() {
        return "%s, \"%s\"".formatted(path, identity);
    }

    private static ClusterFault fault(Path path, String why) {
        return new ClusterFault(FaultCode.WATCHDOG_1,
                "the watchdog of this node, %s: %s; nothing was started".formatted(path, why));
    }
}
