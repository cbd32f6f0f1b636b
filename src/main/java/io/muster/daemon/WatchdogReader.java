package io.muster.daemon;

import io.muster.base.TimeBudget;
import io.muster.base.WatchdogContract;
import io.muster.base.WatchdogTimes;
import io.muster.fence.FenceLimits;
import io.muster.fence.FenceMethod.FenceFailed;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.WatchdogFence;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Reads the table {@code [watchdog]}, and holds contracts about the watchdogs of others against this node's settings. */
final class WatchdogReader {

    private static final long TIMEOUT_LIMIT_MS = 3_600_000;

    private WatchdogReader() {}

    static RuntimeConfig.OwnWatchdog own(ConfigSection table, TimeBudget times) {
        Optional<Path> device = table.optional("device", "the path of a watchdog device", Path::of);
        boolean process = table.truth("process", false);
        boolean reboot = table.truth("reboot", false);
        long timeoutMs = table.whole("timeout_ms", 1, TIMEOUT_LIMIT_MS, Optional.empty());
        table.end();
        if (device.isPresent() == process) {
            throw table.fault("device", device.isPresent() ? "stands beside process = true" : "is missing",
                    "device = \"/dev/watchdog\", or process = true");
        }
        if (device.isPresent() && !device.get().isAbsolute()) {
            throw table.fault("device", "= \"%s\" is no absolute path".formatted(device.get()), "as in \"/dev/watchdog\"");
        }
        if (device.isPresent() && reboot) {
            throw table.fault("reboot", "= true stands beside a device, which starts the machine anew by itself", "no such key");
        }
        if (device.isPresent() && timeoutMs % 1_000 != 0) {
            throw table.fault("timeout_ms", "= %d is no whole second, and a device counts in these".formatted(timeoutMs),
                    "a multiple of 1000");
        }
        WatchdogTimes watchdog = new WatchdogTimes(timeoutMs * TimeBudget.MS);
        watchdog.refusal(times).ifPresent(why -> {
            throw table.fault("timeout_ms", "= %d does not go with [times]: %s".formatted(timeoutMs, why), "a longer time");
        });
        return new RuntimeConfig.OwnWatchdog(device, reboot, watchdog);
    }

    /** @param top for faults */
    static void contracts(ConfigSection top, SortedMap<String, Map<String, String>> devices, TimeBudget times,
            FenceLimits limits, SortedMap<String, RuntimeConfig.Disk> disks) {
        long writeLimitNs = disks.values().stream().mapToLong(RuntimeConfig.Disk::timeLimitNs).max().orElse(0);
        devices.forEach((name, settings) -> {
            if (!settings.getOrDefault("kind", name).equals(WatchdogFence.NAME)) {
                return;
            }
            String key = "fence.%s".formatted(name);
            try {
                WatchdogContract contract = WatchdogFence.contract(settings);
                contract.refusal(times, writeLimitNs, limits.drainNs()).ifPresent(why -> {
                    throw top.fault(key, "is a contract that does not go with this node's settings: " + why,
                            "a contract that covers them");
                });
            } catch (FenceFailed e) {
                throw top.fault(key, "cannot be used: " + e.getMessage(), "a contract as in docs/CONFIG.md");
            }
        });
    }
}
