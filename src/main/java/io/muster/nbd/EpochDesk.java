package io.muster.nbd;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.nbd.EpochTalk.Answer;
import io.muster.nbd.EpochTalk.Question;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** Where a server is asked to raise an epoch; {@link EpochTalk} says how. A disk that hangs makes it silent, never wrong. */
public final class EpochDesk implements AutoCloseable {

    /** Callers at once; more are sent away. */
    public static final int CALLERS_LIMIT = 16;
    /** A caller that has not asked by then is sent away. */
    private static final long QUESTION_LIMIT_NS = 5_000_000_000L;
    private static final long WATCH_PERIOD_NS = 500_000_000L;
    private static final long ACCEPT_PAUSE_NS = 50_000_000L;

    private final Epochs epochs;
    private final List<ServerSocketChannel> doors = new CopyOnWriteArrayList<>();
    /** Callers, with the moment by which they have to have asked. */
    private final Map<SocketChannel, Long> callers = new ConcurrentHashMap<>();
    private final SecureRandom chance = new SecureRandom();
    private volatile boolean closed;

    public EpochDesk(NbdServer server) {
        this.epochs = server.epochs();
        Thread.ofPlatform().daemon().name("epoch-watch").start(this::watch);
    }

    /**
     * Listens for questions.
     *
     * @param secret what callers have to know; may be left out only on a Unix socket, whose permissions are enough
     * @return where it listens, with the port that was found for port 0
     * @throws ClusterFault LINK_2
     */
    public SocketAddress listen(SocketAddress address, Optional<byte[]> secret) {
        boolean unix = address instanceof UnixDomainSocketAddress;
        if (secret.isEmpty() ? !unix : secret.get().length < EpochTalk.SECRET_LEAST_BYTES) {
            throw new ClusterFault(FaultCode.CONFIG_1, ("epochs are not raised over %s without a secret of at least %d bytes:"
                    + " name a file with one.").formatted(address, EpochTalk.SECRET_LEAST_BYTES));
        }
        try {
            ServerSocketChannel door = Streams.listen(address);
            doors.add(door);
            Thread.ofPlatform().daemon().name("epoch-accept").start(() -> accept(door, secret));
            return Streams.address(door, address);
        } catch (IOException | RuntimeException e) {
            throw new ClusterFault(FaultCode.LINK_2, "%s cannot be listened on: %s.".formatted(address, e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        closed = true;
        doors.forEach(Streams::closeQuietly);
        callers.keySet().forEach(Streams::closeQuietly);
    }

    private void accept(ServerSocketChannel door, Optional<byte[]> secret) {
        while (door.isOpen()) {
            try {
                SocketChannel caller = door.accept();
                if (callers.size() >= CALLERS_LIMIT) {
                    caller.close();
                    continue;
                }
                callers.put(caller, System.nanoTime() + QUESTION_LIMIT_NS);
                Thread.ofPlatform().daemon().name("epoch-caller").start(() -> attend(caller, secret));
            } catch (IOException e) {
                // Closed, or out of file descriptors: then a pause lets others give some back.
                LockSupport.parkNanos(ACCEPT_PAUSE_NS);
            }
        }
    }

    private void attend(SocketChannel caller, Optional<byte[]> secret) {
        try (caller) {
            Streams.tune(caller);
            byte[] nonce = new byte[EpochTalk.NONCE_BYTES];
            chance.nextBytes(nonce);
            EpochTalk talk = new EpochTalk(caller, secret);
            talk.say(EpochTalk.GREETING + HexFormat.of().formatHex(nonce));
            Optional<Question> question = Question.parse(talk.hearSealed());
            callers.replace(caller, Long.MAX_VALUE);
            talk.saySealed(question.map(this::answer)
                    .orElseGet(() -> new Answer.Unknown("a question that is none of this protocol's"))
                    .line());
        } catch (IOException e) {
            // The caller went away, or does not know the secret: then there is no answer.
        } finally {
            callers.remove(caller);
        }
    }

    private Answer answer(Question asked) {
        if (!asked.disk().equals(epochs.disk())) {
            return new Answer.Unknown("disk \"%s\" is not served here, only \"%s\"".formatted(asked.disk(), epochs.disk()));
        }
        try {
            if (asked.verb() == EpochTalk.Verb.LOOK) {
                long lowest = epochs.look(asked.node(), asked.lowest());
                return lowest < asked.lowest()
                        ? new Answer.Lets(asked.disk(), asked.node(), lowest, "is the lowest epoch")
                        : new Answer.Refuses(asked.disk(), asked.node(), asked.lowest(), "and below nothing is under way");
            }
            long begin = System.nanoTime();
            int waitedFor = epochs.raise(asked.node(), asked.lowest(), asked.withinMs() * 1_000_000);
            return new Answer.Refuses(asked.disk(), asked.node(), asked.lowest(), "recorded, %d calls drained, flushed in %d us"
                    .formatted(waitedFor, (System.nanoTime() - begin) / 1_000));
        } catch (Epochs.NotDrained e) {
            return new Answer.Unknown(e.getMessage());
        } catch (InterruptedException e) {
            return new Answer.Unknown("the server ends");
        }
    }

    private void watch() {
        while (!closed) {
            LockSupport.parkNanos(WATCH_PERIOD_NS);
            long now = System.nanoTime();
            callers.forEach((caller, until) -> {
                if (until != Long.MAX_VALUE && now - until > 0) {
                    Streams.closeQuietly(caller);
                }
            });
        }
    }
}
