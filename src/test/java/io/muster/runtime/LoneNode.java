package io.muster.runtime;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.node.NodeConfig;
import io.muster.quorum.Electorate;
import io.muster.recovery.Recorder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A cluster of one, in a process of its own: {@code main} starts it, says when it may act, and ends it. */
final class LoneNode {

    static final String ACTING = "acting";
    private static final NodeId N1 = NodeId.of(1);

    private LoneNode() {}

    /** Makes keys and folder. @return the port to give to {@link #main} */
    static int found(Path folder) {
        RuntimeConfig.Endpoint endpoint = TestCluster.freeEndpoint();
        Certificates.found(folder.resolve("keys"), TestCluster.CLUSTER, NodeSet.of(N1));
        TreeMap<NodeId, Long> recordIds = new TreeMap<>(Map.of(N1, 77L));
        ClusterState founded = ClusterState.founded(
                TestCluster.CLUSTER, Electorate.majorityOf(NodeSet.of(N1)), recordIds);
        byte[] record = RecordFile.founding(AcceptorRecord.founding(77, founded));
        DataFolder.found(folder.resolve("data"), new FolderIdentity(
                TestCluster.CLUSTER, N1, 77, record.length, "2026-11-20T09:30:00Z"), record);
        return endpoint.port();
    }

    public static void main(String[] arguments) throws Exception {
        long begun = System.nanoTime();
        Path folder = Path.of(arguments[0]);
        Path keys = folder.resolve("keys");
        RuntimeConfig.Endpoint endpoint = new RuntimeConfig.Endpoint("127.0.0.1", Integer.parseInt(arguments[1]));
        RuntimeConfig machine = new RuntimeConfig(folder.resolve("data"),
                new TreeMap<>(Map.of(N1, new RuntimeConfig.Address(endpoint, List.of(endpoint)))),
                new RuntimeConfig.TlsFiles(keys.resolve("ca.pem"), keys.resolve("n1.pem"), keys.resolve("n1-key.pem")),
                keys.resolve("datagram.key"),
                new RuntimeConfig.Fencing(Optional.empty(), new TreeMap<>(Map.of("process", Map.of()))));
        try (RunningNode node = RunningNode.start(machine, TestCluster.CLUSTER, N1,
                (life, process) -> new NodeConfig(TestCluster.CLUSTER, new Incarnation(N1, life), process,
                        machine.nodeSet(), 1, TimeBudget.lan(), new TreeMap<>()),
                List.of(new Recorder()), event -> { }, (code, reason, planned) -> { })) {
            long started = System.nanoTime();
            while (!node.gate().open(node.clock().now())) {
                boolean _ = new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
            }
            System.out.printf("%s %s started after %d ms, acts after %d ms%n", ACTING, node.config().self(),
                    (started - begun) / 1_000_000, (System.nanoTime() - begun) / 1_000_000);
        }
    }
}
