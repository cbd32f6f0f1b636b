package io.muster.nbd;

import io.muster.nbd.EpochTalk.Answer;
import io.muster.nbd.EpochTalk.Question;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/** Asks a server's {@link EpochDesk}. An interrupt ends the call. */
final class EpochCaller {

    /** The server cannot be reached from here, so it was not asked. */
    static final class Unreachable extends IOException {

        private static final long serialVersionUID = 1L;

        Unreachable(String what, Exception cause) {
            super(what, cause);
        }
    }

    private EpochCaller() {}

    /**
     * One question, one answer.
     *
     * @throws Unreachable when it was not asked
     * @throws IOException when there is no answer; it may have been heard all the same
     */
    static Answer ask(SocketAddress server, Optional<byte[]> secret, Question question) throws IOException {
        // A new address each time: one that was once looked up in vain stays unresolved.
        SocketAddress address = server instanceof InetSocketAddress tcp
                ? new InetSocketAddress(tcp.getHostString(), tcp.getPort())
                : server;
        SocketChannel channel = connected(address);
        try (channel) {
            Streams.tune(channel);
            EpochTalk talk = new EpochTalk(channel, secret);
            if (!talk.hear().startsWith(EpochTalk.GREETING)) {
                throw new IOException("%s is no server of epochs".formatted(server));
            }
            talk.saySealed(question.line());
            return Answer.parse(talk.hearSealed());
        }
    }

    private static SocketChannel connected(SocketAddress address) throws IOException {
        if (address instanceof InetSocketAddress tcp && tcp.isUnresolved()) {
            throw new Unreachable("the host %s is not known here".formatted(tcp.getHostString()), null);
        }
        SocketChannel channel = Streams.open(address);
        try {
            channel.connect(address);
            return channel;
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new Unreachable("%s cannot be reached: %s".formatted(address, e.getMessage()), e);
        }
    }
}
