package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.runtime.Counters.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocket;

/**
 * One try to reach a peer: connect, handshake, and the peer's welcome.
 *
 * <p>We introduce ourselves; the peer says one byte, {@link #WELCOME}, and introduces itself, when it has checked our
 * certificate and our word ({@link Handshake}): only then is the stream open. (In TLS 1.3 the dialler's handshake ends
 * before the other side has looked at its certificate.)
 */
final class Dialler {

    static final int WELCOME = 'M';

    /** Below the second after which the kernel asks again: so a connect that fails in this time was refused. */
    static final int CONNECT_LIMIT_MS = 900;
    /** For each answer of the peer during the handshake. */
    static final int HANDSHAKE_LIMIT_MS = 3_000;

    private final NodeId peer;
    private final SecureContext secure;
    private final Counters counters;

    Dialler(NodeId peer, SecureContext secure, Counters counters) {
        this.peer = peer;
        this.secure = secure;
        this.counters = counters;
    }

    /** How a try ended. */
    sealed interface Result {}

    /** The peer has welcomed us. */
    record Reached(SSLSocket stream) implements Result {}

    /** The host says that nobody listens. */
    record Refused() implements Result {}

    /** No answer, or not the right one; counted. */
    record Missed() implements Result {}

    /**
     * Tries one address of the peer.
     *
     * @param socket         new; closed when the peer is not reached. Closing it from elsewhere ends the try
     * @param connectLimitMs at most {@link #CONNECT_LIMIT_MS}
     */
    Result dial(Socket socket, InetSocketAddress address, int connectLimitMs, Handshake handshake) {
        Result result = connect(socket, address, connectLimitMs, handshake);
        if (!(result instanceof Reached)) {
            Sockets.closeQuietly(socket);
        }
        return result;
    }

    private Result connect(Socket socket, InetSocketAddress address, int connectLimitMs, Handshake handshake) {
        boolean connected = false;
        try {
            socket.setTcpNoDelay(true);
            socket.connect(address, connectLimitMs);
            requireOther(socket);
            connected = true;
            return new Reached(handshake(socket, handshake));
        } catch (ConnectException e) {
            return new Refused();
        } catch (PeerRefused e) {
            counters.refused(Kind.PEER_REFUSED, peer.toString(), address, e.getMessage());
        } catch (IOException e) {
            if (connected) {
                counters.refused(Kind.HANDSHAKE_FAILED, peer.toString(), address, String.valueOf(e.getMessage()));
            }
        }
        return new Missed();
    }

    /**
     * On one machine a socket that dials a free port may be given that very port as its own, and then talks to
     * itself and keeps the peer from listening.
     */
    private static void requireOther(Socket socket) throws ConnectException {
        if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
            throw new ConnectException("connected to itself: nobody listens");
        }
    }

    private SSLSocket handshake(Socket socket, Handshake handshake) throws IOException, PeerRefused {
        SSLSocket stream = secure.dialled(socket);
        stream.setSoTimeout(HANDSHAKE_LIMIT_MS);
        stream.startHandshake();
        NodeId found = secure.peer(stream.getSession());
        if (!found.equals(peer)) {
            throw new PeerRefused("its certificate is that of " + found);
        }
        stream.getOutputStream().write(handshake.own().encode());
        int welcome = stream.getInputStream().read();
        if (welcome == Handshake.REFUSAL) {
            throw new PeerRefused("it refuses this node: " + Handshake.readRefusal(stream.getInputStream()));
        }
        if (welcome != WELCOME) {
            throw new IOException(welcome < 0 ? "it closed instead of a welcome" : "its welcome was " + welcome);
        }
        handshake.meet(peer, stream.getInputStream());
        stream.setSoTimeout(0);
        return stream;
    }
}
