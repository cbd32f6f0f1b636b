package io.muster.cli.lab;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The namespaces, interfaces and drops of one lab, all by the program {@code ip}, each word a word of its own. Nothing
 * outside the lab's namespaces is touched: interfaces are made in the hub and their other ends put into the nodes.
 *
 * <p>A drop is a routing rule of the hub, {@code from A to B blackhole}: the packet vanishes without a word to its
 * sender, as on a cut wire. (No packet filter is needed for that, and many machines have none.)
 */
final class LabNetwork {

    private static final String DROP_PRIORITY = "100";
    private static final long LIMIT_S = 20;
    private static final String FORWARD = "echo 1 > /proc/sys/net/ipv4/ip_forward";

    /** One direction of one pair on one link. */
    record Way(NodeId from, NodeId to, int link) {}

    private final LabPlan plan;

    LabNetwork(LabPlan plan) {
        this.plan = plan;
    }

    void make() {
        ip("netns", "add", plan.hub());
        run(List.of("ip", "netns", "exec", plan.hub(), "/bin/sh", "-c", FORWARD), "");
        for (NodeId node : plan.nodeIds()) {
            String own = plan.namespace(node);
            ip("netns", "add", own);
            ip("-n", own, "link", "set", "lo", "up");
            for (int link = 0; link < plan.links(); link++) {
                String there = "l" + link;
                String here = node + "l" + link;
                String address = plan.address(node, link);
                String gate = plan.hubAddress(link);
                ip("-n", plan.hub(), "link", "add", here, "type", "veth", "peer", "name", there, "netns", own);
                ip("-n", plan.hub(), "link", "set", here, "up");
                ip("-n", plan.hub(), "addr", "add", gate + "/32", "dev", here);
                ip("-n", plan.hub(), "route", "add", address + "/32", "dev", here);
                ip("-n", own, "link", "set", there, "up");
                ip("-n", own, "addr", "add", address + "/32", "dev", there);
                ip("-n", own, "route", "add", gate + "/32", "dev", there);
                ip("-n", own, "route", "add", plan.net(link), "via", gate, "src", address);
            }
        }
    }

    /** Packets on these ways vanish from here on: all of them at the same moment, but for the time of some system calls. */
    void drop(List<Way> ways) {
        List<String> there = drops();
        change("add", ways.stream().filter(way -> !there.contains(rule(way))).toList());
    }

    void mend(List<Way> ways) {
        List<String> there = drops();
        change("del", ways.stream().filter(way -> there.contains(rule(way))).toList());
    }

    /** As {@code 10.100.0.1 to 10.100.0.2}. */
    List<String> drops() {
        return ip("-n", plan.hub(), "rule", "show", "pref", DROP_PRIORITY).stream()
                .filter(line -> line.contains("blackhole"))
                .map(line -> line.replaceAll("^.*from (\\S+ to \\S+) blackhole.*$", "$1"))
                .toList();
    }

    private void change(String what, List<Way> ways) {
        if (!ways.isEmpty()) {
            String lines = ways.stream()
                    .map(way -> "rule %s pref %s from %s blackhole\n".formatted(what, DROP_PRIORITY, rule(way)))
                    .collect(Collectors.joining());
            run(List.of("ip", "-n", plan.hub(), "-batch", "-"), lines);
        }
    }

    private String rule(Way way) {
        return "%s to %s".formatted(plan.address(way.from(), way.link()), plan.address(way.to(), way.link()));
    }

    /** Ends what runs in the lab's namespaces, and removes them with all that is in them. Nothing there is no fault. */
    void remove() {
        List<String> there = new ArrayList<>(ip("netns", "list").stream().map(line -> line.split(" ")[0]).toList());
        there.retainAll(plan.namespaces());
        for (String namespace : there) {
            for (long pid : pids(namespace)) {
                ProcessHandle.of(pid).ifPresent(process -> {
                    process.destroyForcibly();
                    process.onExit().orTimeout(LIMIT_S, TimeUnit.SECONDS).join();
                });
            }
            ip("netns", "del", namespace);
        }
    }

    static List<Long> pids(String namespace) {
        return ip("netns", "pids", namespace).stream().filter(line -> line.matches("[0-9]+")).map(Long::parseLong).toList();
    }

    static List<String> ip(String... words) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(words));
        return run(command, "");
    }

    private static List<String> run(List<String> command, String input) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            try (OutputStream words = process.getOutputStream()) {
                words.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new ClusterFault(FaultCode.CLI_1, "`%s` failed: %s. The lab needs root, and Linux with network namespaces."
                        .formatted(String.join(" ", command), said.isEmpty() ? "no reason given" : said));
            }
            return said.lines().map(String::strip).toList();
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.CLI_1, "the program `ip` (package iproute2) cannot be run: %s."
                    .formatted(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterFault(FaultCode.CLI_1, "interrupted.", e);
        }
    }
}
