package io.muster.daemon;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fence.FencePlan;
import io.muster.membership.ViewSettings;
import io.muster.runtime.RuntimeConfig;
import java.util.List;
import java.util.function.ToLongFunction;

/** Writes the file that {@link ConfigReader} reads, with a word on each part; paths are written as they are given. */
public final class ConfigWriter {

    /** One key of the table {@code [times]}. @param unitNs 1 when the value is no time */
    record TimeKey(String name, long unitNs, ToLongFunction<TimeBudget> read, String meaning) {}

    /** In the order of {@link TimeBudget}. */
    static final List<TimeKey> TIME_KEYS = List.of(
            new TimeKey("pulse_ms", TimeBudget.MS, TimeBudget::pulseNs, "between two pulses on one link"),
            new TimeKey("silence_ms", TimeBudget.MS, TimeBudget::silenceNs,
                    "a peer unheard on all links for this long is lost"),
            new TimeKey("probe_ms", TimeBudget.MS, TimeBudget::probeNs,
                    "silence that is enough when its host refuses streams"),
            new TimeKey("pause_ms", TimeBudget.MS, TimeBudget::pauseNs, "being run later than this means: I was away"),
            new TimeKey("beat_ms", TimeBudget.MS, TimeBudget::beatNs, "between two beats of the leader"),
            new TimeKey("leader_silence_ms", TimeBudget.MS, TimeBudget::leaderSilenceNs,
                    "without a beat for this long a node may lead"),
            new TimeKey("lease_ms", TimeBudget.MS, TimeBudget::leaseNs,
                    "how long a node may act after a beat that a quorum answered"),
            new TimeKey("ask_ms", TimeBudget.MS, TimeBudget::askNs, "between two tellings of the same state"),
            new TimeKey("phase_limit_ms", TimeBudget.MS, TimeBudget::phaseLimitNs,
                    "a member that is longer in a recovery phase is put out"),
            new TimeKey("fence_limit_ms", TimeBudget.MS, TimeBudget::fenceLimitNs, "one try of a fence method"),
            new TimeKey("fence_retry_ms", TimeBudget.MS, TimeBudget::fenceRetryNs,
                    "pause before the second try of a fence; it doubles"),
            new TimeKey("write_limit_ms", TimeBudget.MS, TimeBudget::writeLimitNs,
                    "a longer write of the own record stops the node"),
            new TimeKey("clock_error_ppm", 1, TimeBudget::clockErrorPpm,
                    "bound on the clock-rate error between machines, millionths"));

    private ConfigWriter() {}

    /** Paths are written as they are: relative ones are seen from the folder that the file will lie in. */
    public static String write(DaemonConfig config) {
        RuntimeConfig machine = config.machine();
        StringBuilder text = new StringBuilder();
        line(text, "# Configuration of node %s; docs/CONFIG.md explains every key.", config.self());
        line(text, "format = %d", DaemonConfig.FORMAT);
        line(text, "");
        line(text, "[cluster]");
        line(text, "id = %s", quote(config.cluster().toString()));
        line(text, "");
        line(text, "[node]");
        line(text, "name = %s", quote(config.self().toString()));
        line(text, "data = %s", quote(machine.dataFolder().toString()));
        machine.fencing().jarFolder().ifPresent(jars -> line(text, "fence_jars = %s", quote(jars.toString())));
        line(text, "");
        line(text, "[trust]");
        line(text, "authority = %s", quote(machine.tls().authority().toString()));
        line(text, "certificate = %s", quote(machine.tls().certificate().toString()));
        line(text, "key = %s", quote(machine.tls().key().toString()));
        line(text, "datagram_key = %s", quote(machine.datagramKey().toString()));
        line(text, "");
        line(text, "[times]");
        for (TimeKey key : TIME_KEYS) {
            line(text, "%-27s # %s", key.name() + " = " + key.read().applyAsLong(config.times()) / key.unitNs(), key.meaning());
        }
        if (!config.view().equals(ViewSettings.DEFAULT)) {
            line(text, "");
            line(text, "[view]");
            line(text, "policy = %s", quote(config.view().policy() == ViewSettings.Policy.SIZE ? "size" : "weight"));
            line(text, "weight = %d", config.view().weight());
        }
        config.tree().ifPresent(tree -> {
            line(text, "");
            line(text, "[control]");
            line(text, "tree = %s", quote(tree.toString()));
        });
        machine.nodes().forEach((node, address) -> {
            text.append(node(node, address, config.fencing().plan(node)));
        });
        FencingWriter.limits(config.fencing()).forEach(each -> line(text, "%s", each));
        machine.fencing().methods().forEach((method, settings) -> {
            if (!settings.isEmpty()) {
                line(text, "");
                line(text, "[fence.%s]", method);
                settings.forEach((key, value) -> line(text, "%s = %s", key, quote(value)));
            }
        });
        machine.disks().forEach((name, disk) -> {
            line(text, "");
            line(text, "[disk.%s]", name);
            line(text, "path = %s", quote(disk.path().toString()));
            line(text, "direct = %s", disk.direct());
            line(text, "time_limit_ms = %d", disk.timeLimitNs() / TimeBudget.MS);
            disk.use().voter().ifPresent(voter -> line(text, "voter = %s", quote(voter.toString())));
            line(text, "beat_ms = %d", disk.use().times().beatNs() / TimeBudget.MS);
            line(text, "limit_ms = %d", disk.use().times().limitNs() / TimeBudget.MS);
            line(text, "late_ms = %d", disk.use().times().lateNs() / TimeBudget.MS);
            line(text, "silence_ms = %d", disk.use().times().silenceNs() / TimeBudget.MS);
        });
        machine.watchdog().ifPresent(watchdog -> {
            line(text, "");
            line(text, "[watchdog]");
            line(text, "%s", watchdog.device().map(path -> "device = " + quote(path.toString())).orElse("process = true"));
            line(text, "timeout_ms = %d", watchdog.times().timeoutNs() / TimeBudget.MS);
            if (watchdog.reboot()) {
                line(text, "reboot = true");
            }
        });
        return text.toString();
    }

    /** The table of one node, with an empty line before it. */
    static String node(NodeId node, RuntimeConfig.Address address, FencePlan plan) {
        StringBuilder text = new StringBuilder();
        line(text, "");
        line(text, "[nodes.%s]", node);
        if (address.streams().size() == 1) {
            line(text, "stream = %s", quote(NodeAddress.write(address.stream())));
        } else {
            line(text, "streams = %s", list(address.streams().stream().map(NodeAddress::write).toList()));
        }
        line(text, "links = %s", list(address.links().stream().map(NodeAddress::write).toList()));
        FencingWriter.plan(plan).forEach(each -> line(text, "%s", each));
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(format.formatted(values)).append('\n');
    }

    private static String list(List<String> texts) {
        return texts.stream().map(ConfigWriter::quote).toList().toString();
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                default -> {
                    if (c < ' ') {
                        quoted.append("\\u%04x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
