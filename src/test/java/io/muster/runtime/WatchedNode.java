package io.muster.runtime;

import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.node.Request;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Real nodes in a process of their own, of which n1 has a keeper; does what it is told line by line, and answers each line. */
final class WatchedNode {

    private static final GroupName GROUP = new GroupName("alpha");

    private WatchedNode() {}

    /** @param arguments a folder, how many nodes, the timeout in ms */
    public static void main(String[] arguments) throws Exception {
        int nodes = Integer.parseInt(arguments[1]);
        WatchdogTimes times = new WatchdogTimes(Long.parseLong(arguments[2]) * TimeBudget.MS);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        RunningCluster cluster = new RunningCluster(Path.of(arguments[0]), nodes, 1);
        cluster.watch(1, new RuntimeConfig.OwnWatchdog(Optional.empty(), false, times));
        RunningCluster.Node n1 = nodes == 1 ? cluster.startAll(1).getFirst() : cluster.startAll(1, 2).getFirst();
        RunningCluster.Node n2 = n1;
        say("acting");
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            switch (order) {
                case "join" -> {
                    n1.running().ask(new Request.JoinGroup(GROUP)).get();
                    n1.await(status -> status.state().group(GROUP)
                            .filter(group -> group.has(status.self()) && group.phase() == Phase.RUNNING).isPresent());
                }
                case "end n2" -> {
                    cluster.end(2);
                    while (n1.running().gate().open(n1.running().clock().now())) {
                        boolean _ = new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
                    }
                }
                case "start n2" -> {
                    n2 = cluster.start(2);
                    n2.await(status -> status.state().members().size() == 2 && status.actingForNs() > 0);
                    n1.await(status -> status.state().members().size() == 2 && status.actingForNs() > 0);
                }
                case "hang" -> n1.running().runtime().look((_, _) -> {
                    hang();
                    return 0;
                });
                case "leave" -> n1.running().ask(new Request.LeaveCluster()).get();
                case "await end" -> {
                    say(n1.endings().poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS));
                    continue;
                }
                case "close" -> n1.running().close();
                default -> throw new IllegalArgumentException(order);
            }
            say("done");
        }
    }

    private static void hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            hang();
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
