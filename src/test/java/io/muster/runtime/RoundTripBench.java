package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.node.NodeInput;
import io.muster.runtime.TestFrames.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/**
 * How long a small frame takes from one node's thread to another's and back, over loopback: over the TLS stream, and as
 * a sealed datagram. Both nodes are in this process, each with its own thread, as in two daemons.
 */
final class RoundTripBench {

    private static final int WARM_UPS = 30_000;
    private static final int ROUNDS = 30_000;
    private static final int REPEATS = 3;
    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final Words SMALL = Words.ofLength(32);

    private RoundTripBench() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("muster-bench");
        try (TestCluster cluster = new TestCluster(folder.resolve("keys"), 2, 1)) {
            TestCluster.Node n1 = cluster.start(1, 1);
            TestCluster.Node n2 = cluster.start(2, 1);
            n1.inbox().await(new NodeInput.StreamOpened(N2));
            n2.inbox().await(new NodeInput.StreamOpened(N1));
            Thread.ofPlatform().daemon().start(() -> echo(n2));
            measure("stream", WARM_UPS, n1, () -> n1.links().send(N2, SMALL));
            measure("datagram", WARM_UPS, n1, () -> n1.links().cast(N2, 0, SMALL));
            for (int repeat = 0; repeat < REPEATS; repeat++) {
                measure("stream", ROUNDS, n1, () -> n1.links().send(N2, SMALL));
                measure("datagram", ROUNDS, n1, () -> n1.links().cast(N2, 0, SMALL));
            }
        } finally {
            delete(folder);
        }
    }

    private static void measure(String name, int rounds, TestCluster.Node node, Runnable send)
            throws InterruptedException {
        long[] nanos = new long[rounds];
        for (int i = 0; i < rounds; i++) {
            long begun = System.nanoTime();
            send.run();
            if (node.mailbox().poll(Inbox.LIMIT_NS).isEmpty()) {
                throw new IllegalStateException("no answer over " + name);
            }
            nanos[i] = System.nanoTime() - begun;
        }
        Arrays.sort(nanos);
        System.out.printf("%-8s p50 %.1f us  p99 %.1f us  p99.9 %.1f us%n",
                name, nanos[rounds / 2] / 1e3, nanos[rounds / 100 * 99] / 1e3, nanos[rounds / 1000 * 999] / 1e3);
    }

    private static void echo(TestCluster.Node node) {
        try {
            while (true) {
                Optional<Mailbox.Letter> letter = node.mailbox().poll(Inbox.LIMIT_NS);
                if (letter.isPresent() && letter.get() instanceof Mailbox.Told(NodeInput input)) {
                    switch (input) {
                        case NodeInput.Arrived _ -> node.links().send(N1, SMALL);
                        case NodeInput.CastArrived _ -> node.links().cast(N1, 0, SMALL);
                        default -> { /* only frames are answered */ }
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
