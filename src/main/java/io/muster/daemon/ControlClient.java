package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** One connection to a daemon's control socket; the other side of {@link ControlSocket}. For one thread. */
public final class ControlClient implements AutoCloseable {

    /** An answer longer than this is not one of ours. */
    private static final int ANSWER_LIMIT_BYTES = 4 << 20;

    private final Path path;
    private final SocketChannel channel;
    private final LineReader lines;

    private ControlClient(Path path, SocketChannel channel) {
        this.path = path;
        this.channel = channel;
        this.lines = new LineReader(Channels.newInputStream(channel), ANSWER_LIMIT_BYTES);
    }

    /** Closes a connection whose daemon took too long: a stopped process accepts callers and never answers. */
    private record Watchdog(Thread thread) {

        static Watchdog over(SocketChannel channel, long limitMs) {
            return new Watchdog(Thread.ofPlatform().daemon().name("answer-limit").start(() -> {
                try {
                    Thread.sleep(limitMs);
                    channel.close();
                } catch (InterruptedException | IOException e) {
                    // The answer came in time, or the channel is gone already.
                }
            }));
        }

        void stop() {
            thread.interrupt();
        }
    }

    /** @throws ClusterFault CLI-3 when nobody listens there */
    public static ControlClient connect(Path socket) {
        try {
            return new ControlClient(socket, SocketChannel.open(UnixDomainSocketAddress.of(socket)));
        } catch (IOException | IllegalArgumentException e) {
            throw noAnswer(socket, e.getMessage(), e);
        }
    }

    /**
     * Asks and waits for the answer.
     *
     * @return the answer, with {@code "ok":true}
     * @throws ClusterFault CLI-3 when none came within {@code limitMs}; the code of the refusal when it was refused
     */
    public Map<String, Object> ask(Map<String, Object> request, long limitMs) {
        Watchdog watchdog = Watchdog.over(channel, limitMs);
        try {
            Channels.newOutputStream(channel).write((Json.write(request) + "\n").getBytes(StandardCharsets.UTF_8));
            Map<String, Object> answer = nextObject()
                    .orElseThrow(() -> noAnswer(path, "it closed the connection", null));
            if (!Json.truth(answer, "ok")) {
                FaultCode code = FaultCode.find(Json.text(answer, "code")).orElse(FaultCode.SELF_2);
                String message = Json.text(answer, "message");
                throw new ClusterFault(code, message.startsWith(code.label() + " ")
                        ? message.substring(code.label().length() + 1)
                        : message);
            }
            return answer;
        } catch (IOException e) {
            throw noAnswer(path, channel.isOpen() ? e.getMessage() : "no answer within " + limitMs + " ms", e);
        } finally {
            watchdog.stop();
        }
    }

    /** After a {@code subscribe}: the next event, or empty when the daemon closed the connection. */
    public Optional<String> nextLine() throws IOException {
        try {
            return lines.next();
        } catch (LineReader.TooLong e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * As {@link #nextLine()}, for so long; when nothing came, the connection is closed.
     *
     * @return empty when nothing came, or the daemon closed the connection
     */
    public Optional<String> nextLine(long limitMs) {
        Watchdog watchdog = Watchdog.over(channel, limitMs);
        try {
            return nextLine();
        } catch (IOException e) {
            return Optional.empty();
        } finally {
            watchdog.stop();
        }
    }

    private Optional<Map<String, Object>> nextObject() throws IOException {
        Optional<String> line = nextLine();
        if (line.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Json.read(line.get()));
        } catch (Json.NotJson e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was left to say.
        }
    }

    private static ClusterFault noAnswer(Path socket, String why, Throwable cause) {
        return new ClusterFault(FaultCode.CLI_3,
                "no daemon answers at %s: %s. Start it with `muster node`, or name another with --node or --dir."
                        .formatted(socket, why),
                cause);
    }
}
