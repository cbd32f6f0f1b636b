package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.Prng;
import io.muster.ledger.RecordFile;
import io.muster.node.ClusterNode;
import io.muster.node.FrameCodec;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.recovery.Recorder;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * A node with all that it runs on: its thread, its links, its disk writer, its fence methods. Put together here and
 * nowhere else; a daemon starts one, and so will a program that embeds a node.
 */
public final class RunningNode implements AutoCloseable {

    private final NodeRuntime<ClusterNode> runtime;
    private final Links links;
    private final DiskWriter writer;
    private final FenceRunner fencer;
    private final Counters counters;
    private final IoGate gate;

    private RunningNode(NodeRuntime<ClusterNode> runtime, Links links, DiskWriter writer, FenceRunner fencer,
            Counters counters, IoGate gate) {
        this.runtime = runtime;
        this.links = links;
        this.writer = writer;
        this.fencer = fencer;
        this.counters = counters;
        this.gate = gate;
    }

    /**
     * Starts a node. When it fails, nothing of it runs and nothing was promised to anybody.
     *
     * @param folder open, its life raised; closed by the caller after this node
     * @param events told on the node's thread: must not block
     * @param ending told once, on the node's thread or on the one that broke
     * @throws ClusterFault CONFIG_1, LINK_2, DATA_3 or DATA_5, before anything was sent
     */
    public static RunningNode start(RuntimeConfig config, NodeConfig node, DataFolder folder,
            Consumer<NodeEvent> events, NodeRuntime.Ending ending) {
        RecordFile.Loaded record = RecordFile.load(folder.ledger());
        SecureContext secure = SecureContext.load(config.tls(), node.cluster(), node.self().node());
        DatagramSeal seal = DatagramSeal.load(config.datagramKey());
        MonotonicClock clock = new MonotonicClock();
        Mailbox mailbox = new Mailbox();
        Counters counters = new Counters();
        IoGate gate = new IoGate();
        FenceRunner fencer = new FenceRunner(
                FenceMethods.load(config.fencing().jarFolder()), config.fencing().methods(), mailbox::complete);
        AtomicReference<Optional<NodeRuntime<ClusterNode>>> started = new AtomicReference<>(Optional.empty());
        Links links;
        try {
            // The threads of the links begin with start(): nothing can break before the node is there to be told.
            links = new Links(node.self().node(), config, secure, seal,
                    Frames.of(new FrameCodec(node.cluster()), node.self()), mailbox, counters,
                    (thread, cause) -> started.get().orElseThrow().broken(thread, cause));
        } catch (ClusterFault e) {
            fencer.close();
            throw e;
        }
        DiskWriter writer = new DiskWriter(
                order -> folder.write(order.file(), order.offset(), order.bytes()), mailbox::complete);
        ClusterNode machine = new ClusterNode(
                node, record, List.of(new Recorder()), new Prng(new SecureRandom().nextLong()), clock.now());
        NodeRuntime<ClusterNode> runtime = new NodeRuntime<>(machine, new NodeRuntime.Parts(
                clock, mailbox, gate, links, writer::write, fencer::run, events, ending));
        started.set(Optional.of(runtime));
        runtime.start();
        links.start();
        return new RunningNode(runtime, links, writer, fencer, counters, gate);
    }

    /** To tell the node something, and to look at it. */
    public NodeRuntime<ClusterNode> runtime() {
        return runtime;
    }

    public Counters counters() {
        return counters;
    }

    public IoGate gate() {
        return gate;
    }

    /** Ends it at once if it has not ended; what was queued for others is sent first, within a limit. */
    @Override
    public void close() {
        runtime.halt();
        links.close();
        fencer.close();
        writer.close();
    }
}
