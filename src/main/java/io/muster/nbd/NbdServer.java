package io.muster.nbd;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.block.BlockDevice;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Offers one disk over NBD: to the nodes of a cluster under names with node and epoch ({@link ExportName}), and to everybody
 * else read-only under its plain name. A node whose epoch was raised is refused, for good.
 *
 * <p>Whoever reaches the port may call himself any node: it belongs on loopback, on a Unix socket or on a network of the
 * storage alone. That callers are bounded in number, memory and time holds for strangers all the same.
 */
public final class NbdServer implements AutoCloseable {

    /** Connections at once; a further one is closed at once. */
    public static final int CONNECTIONS_LIMIT = 64;
    /** Of them those that are still in their handshake or only read. */
    static final int STRANGERS_LIMIT = 24;
    /** Of one life of a node. */
    static final int PER_LIFE_LIMIT = 8;
    /** Buffers of the largest size, for nodes and for others apart, so that strangers cannot hold up nodes. */
    static final int NODE_BUFFERS = 16;
    static final int READER_BUFFERS = 4;
    /** A caller that lets us wait so long in the middle of a handshake, a request or an answer is cut off. */
    static final long STALL_LIMIT_NS = 30_000_000_000L;
    /** A fenced node may learn from an answer that it is, for so long. */
    static final long FENCED_LINGER_NS = 10_000_000_000L;

    private static final long WATCH_PERIOD_NS = 1_000_000_000L;
    private static final long ACCEPT_PAUSE_NS = 50_000_000L;
    private static final long CLOSE_LIMIT_NS = 2_000_000_000L;

    private final Epochs epochs;
    private final long stallLimitNs;
    private final List<ServerSocketChannel> doors = new CopyOnWriteArrayList<>();
    /** With the moment since which it is known to be fenced, or 0. */
    private final Map<Connection, Long> connections = new ConcurrentHashMap<>();
    private final BufferPool nodeBuffers = new BufferPool(NODE_BUFFERS, Protocol.PAYLOAD_LIMIT_BYTES);
    private final BufferPool readerBuffers = new BufferPool(READER_BUFFERS, Protocol.PAYLOAD_LIMIT_BYTES);
    private volatile boolean closed;

    /** @param store of this disk; belongs to this server from now on */
    NbdServer(String disk, BlockDevice device, EpochStore store) {
        this(disk, device, store, STALL_LIMIT_NS);
    }

    NbdServer(String disk, BlockDevice device, EpochStore store, long stallLimitNs) {
        this.epochs = new Epochs(disk, device, store);
        this.stallLimitNs = stallLimitNs;
        Thread.ofPlatform().daemon().name("nbd-watch").start(this::watch);
    }

    Epochs epochs() {
        return epochs;
    }

    /**
     * Listens for clients, also at several addresses.
     *
     * @return where it listens, with the port that was found for port 0
     * @throws ClusterFault LINK_2
     */
    public SocketAddress listen(SocketAddress address) {
        try {
            ServerSocketChannel door = Streams.listen(address);
            doors.add(door);
            Thread.ofPlatform().daemon().name("nbd-accept").start(() -> accept(door));
            return Streams.address(door, address);
        } catch (IOException | RuntimeException e) {
            throw new ClusterFault(FaultCode.LINK_2, "%s cannot be listened on: %s.".formatted(address, e.getMessage()), e);
        }
    }

    /** How many callers there are. */
    int connections() {
        return connections.size();
    }

    /** Cuts all connections and waits a moment for device calls; the device stays open, and is the caller's. */
    @Override
    public void close() {
        closed = true;
        doors.forEach(Streams::closeQuietly);
        connections.keySet().forEach(Connection::cut);
        long end = System.nanoTime() + CLOSE_LIMIT_NS;
        while (!connections.isEmpty() && System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void accept(ServerSocketChannel door) {
        while (door.isOpen()) {
            try {
                SocketChannel caller = door.accept();
                if (connections.size() >= CONNECTIONS_LIMIT || strangers() >= STRANGERS_LIMIT) {
                    caller.close();
                    continue;
                }
                Connection connection = new Connection(this, caller, epochs);
                connections.put(connection, 0L);
                if (closed) {
                    connection.cut();
                }
                connection.start();
            } catch (IOException e) {
                // Closed, or out of file descriptors: then a pause lets others give some back.
                LockSupport.parkNanos(ACCEPT_PAUSE_NS);
            }
        }
    }

    private long strangers() {
        return connections.keySet().stream().filter(each -> each.writer().isEmpty()).count();
    }

    /** Whether this connection may go on under that name. */
    boolean admit(Connection connection, ExportName name) {
        if (name.writer().isEmpty()) {
            return true;
        }
        Incarnation writer = name.writer().get();
        long same = connections.keySet().stream()
                .filter(each -> each != connection && each.writer().filter(writer::equals).isPresent())
                .count();
        return same < PER_LIFE_LIMIT;
    }

    BufferPool largeBuffers(ExportName name) {
        return name.writer().isPresent() ? nodeBuffers : readerBuffers;
    }

    void ended(Connection connection) {
        connections.remove(connection);
    }

    /** Cuts those that do not go on, and those that are fenced and had time to learn it. */
    private void watch() {
        while (!closed) {
            LockSupport.parkNanos(Math.min(WATCH_PERIOD_NS, stallLimitNs / 2));
            long now = System.nanoTime();
            for (Map.Entry<Connection, Long> each : connections.entrySet()) {
                Connection connection = each.getKey();
                boolean fenced = connection.writer().filter(writer -> !epochs.gate().open(writer)).isPresent();
                if (fenced && each.getValue() == 0) {
                    connections.replace(connection, now);
                }
                // One that is fenced and does not even take its answers is stopped: it holds buffers of others.
                boolean over = fenced && each.getValue() != 0
                        && (connection.stalledNs(now) > 0 || now - each.getValue() > FENCED_LINGER_NS);
                if (connection.stalledNs(now) > stallLimitNs || over) {
                    connection.cut();
                }
            }
        }
    }
}
