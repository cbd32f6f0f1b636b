package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.runtime.PortListeners;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The daemon's door on its own machine: a Unix socket that belongs to its user, one JSON object per line. A request
 * has one answer; {@code subscribe} turns the rest of the connection into events, {@code listen} into messages.
 * docs/CONTROL.md is the contract.
 */
public final class ControlSocket implements AutoCloseable {

    /** More callers at once than this are told to come again. */
    public static final int CONNECTIONS_LIMIT = 32;

    /** A longer line is no request, and ends the connection. */
    public static final int LINE_LIMIT_BYTES = 16_384;

    private static final int EVENTS_AT_ONCE = 256;
    private static final long LISTEN_WAIT_MS = 60_000;
    private static final long ACCEPT_PAUSE_NS = 50_000_000L;

    private final ServerSocketChannel server;
    private final Path path;
    private final ControlRequests requests;
    private final EventLog events;
    private final Semaphore places = new Semaphore(CONNECTIONS_LIMIT);

    private ControlSocket(ServerSocketChannel server, Path path, ControlRequests requests, EventLog events) {
        this.server = server;
        this.path = path;
        this.requests = requests;
        this.events = events;
    }

    /**
     * Listens at once.
     *
     * @param path  at most {@link SocketPath#LIMIT_BYTES} bytes; a socket that an earlier life left is replaced
     * @param about what every status says besides the node's own picture
     * @throws ClusterFault LINK-2
     */
    public static ControlSocket open(Path path, NodePort node, EventLog events, Supplier<Map<String, Object>> about) {
        try {
            Files.deleteIfExists(path);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            // The folder is private too; until this line nobody else could have come in either.
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            ControlSocket socket = new ControlSocket(server, path, new ControlRequests(node, about), events);
            Thread.ofPlatform().daemon().name("control").start(socket::accept);
            return socket;
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.LINK_2,
                    "the control socket %s cannot be opened: %s. Its folder has to be writable.".formatted(
                            path, e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // The process ends; the next life replaces what is left.
        }
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel caller = server.accept();
                if (places.tryAcquire()) {
                    Thread.ofPlatform().daemon().name("control-caller").start(() -> attend(caller));
                } else {
                    // Small enough for an empty socket to take at once, so this thread does not wait for the caller.
                    send(Channels.newOutputStream(caller), ControlRequests.refusal(new ClusterFault(FaultCode.CLI_3,
                            "%d callers are connected, more are not allowed; come again.".formatted(CONNECTIONS_LIMIT))));
                    caller.close();
                }
            } catch (IOException e) {
                // Closed, or out of file descriptors: then a pause lets others give some back.
                LockSupport.parkNanos(ACCEPT_PAUSE_NS);
            }
        }
    }

    private void attend(SocketChannel caller) {
        try (caller) {
            serve(caller);
        } catch (IOException e) {
            // The caller went away; nothing of ours depends on it.
        } finally {
            places.release();
        }
    }

    private void serve(SocketChannel caller) throws IOException {
        InputStream in = Channels.newInputStream(caller);
        OutputStream out = Channels.newOutputStream(caller);
        LineReader lines = new LineReader(in, LINE_LIMIT_BYTES);
        while (true) {
            Optional<String> line;
            try {
                line = lines.next();
            } catch (LineReader.TooLong e) {
                send(out, ControlRequests.refusal(new ClusterFault(FaultCode.SELF_2,
                        "a line is longer than %d bytes.".formatted(LINE_LIMIT_BYTES))));
                return;
            }
            if (line.isEmpty()) {
                return;
            }
            try {
                Map<String, Object> request = ControlRequests.parse(line.get());
                if (Json.text(request, "do").equals("subscribe")) {
                    stream(caller, lines, out, sinceOf(request));
                    return;
                }
                if (Json.text(request, "do").equals("listen")) {
                    listen(caller, lines, out, ControlRequests.portOf(request));
                    return;
                }
                send(out, requests.answer(request));
            } catch (ClusterFault fault) {
                send(out, ControlRequests.refusal(fault));
            }
        }
    }

    /** Events until the caller goes. Its end is seen by a reader of its own, since a writer without news sees nothing. */
    private void stream(SocketChannel caller, LineReader lines, OutputStream out, long since) throws IOException {
        interruptAtEnd(caller, lines);
        send(out, Json.object("ok", true, "since", since));
        long seq = since;
        try {
            while (caller.isOpen()) {
                EventLog.Batch batch = events.after(seq, EVENTS_AT_ONCE);
                if (batch.lost() > 0) {
                    send(out, Json.object("event", "events.lost", "lost", batch.lost(), "seq", seq + batch.lost()));
                }
                for (String line : batch.lines()) {
                    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                }
                seq = batch.lastSeq();
                if (batch.closed() && batch.lines().isEmpty()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            // The caller went; this thread ends here.
        }
    }

    /** Messages for a port until the caller goes, or the node. */
    private void listen(SocketChannel caller, LineReader lines, OutputStream out, int port) throws IOException {
        try (PortListeners.Listener listener = listener(port)) {
            interruptAtEnd(caller, lines);
            send(out, Json.object("ok", true, "port", port));
            boolean open = true;
            while (open && caller.isOpen()) {
                PortListeners.Batch batch = listener.take(LISTEN_WAIT_MS);
                if (batch.lost() > 0) {
                    send(out, Json.object("lost", batch.lost(), "port", port));
                }
                for (PortListeners.Message message : batch.messages()) {
                    send(out, PortJson.of(message));
                }
                open = !batch.closed();
            }
        } catch (InterruptedException e) {
            // The caller went; this thread ends here.
        }
    }

    private PortListeners.Listener listener(int port) {
        try {
            return requests.listen(port);
        } catch (IllegalStateException e) {
            throw new ClusterFault(FaultCode.PORT_1, e.getMessage() + ".", e);
        }
    }

    private void interruptAtEnd(SocketChannel caller, LineReader lines) {
        Thread writer = Thread.currentThread();
        Thread.ofPlatform().daemon().name("control-watch").start(() -> {
            try {
                while (lines.next().isPresent()) {
                    // A subscriber has nothing more to say; what it says anyway is read and forgotten.
                    continue;
                }
            } catch (IOException | LineReader.TooLong e) {
                // Gone either way.
            }
            try {
                caller.close();
            } catch (IOException e) {
                // Closing is all that was wanted.
            }
            writer.interrupt();
        });
    }

    /** From now on, when nothing else is said. A number of a former life lies ahead of ours and means "all you have". */
    private long sinceOf(Map<String, Object> request) {
        long newest = events.lastSeq();
        if (request.containsKey("since") && !(request.get("since") instanceof Long)) {
            throw new ClusterFault(FaultCode.SELF_2, "\"since\" is %s; it is the whole number of an event's seq."
                    .formatted(request.get("since")));
        }
        long since = Json.number(request, "since", newest);
        return since < 0 || since > newest ? 0 : since;
    }

    private static void send(OutputStream out, Map<String, Object> answer) throws IOException {
        out.write((Json.write(answer) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
