package io.muster.runtime;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The sockets of one link, all on its one address: one that is open to everybody, and one for each peer that is connected
 * to its address, so that the kernel sorts what comes by where it says it comes from. A flood from anywhere else then fills
 * the open socket's buffer only, and the peers' sockets are read first.
 *
 * <p>Who forges a peer's address floods that peer's socket: that this is only that peer is all that can be had here. A peer
 * whose address has changed is heard over the open socket.
 *
 * <p>Relies on Linux: of several sockets on one address the one that is connected to the sender gets a datagram.
 */
final class LinkSockets {

    /** Datagrams read from one socket before the others are looked at again. */
    static final int TURN_LIMIT = 32;
    /** Asked of the kernel for each socket; it may give less. */
    private static final int BUFFER_BYTES = 512 * 1024;

    private final DatagramChannel open;
    private final List<DatagramChannel> peers = new ArrayList<>();
    private final Selector selector;
    private final ByteBuffer incoming;

    private LinkSockets(DatagramChannel open, Selector selector, int limitBytes) {
        this.open = open;
        this.selector = selector;
        this.incoming = ByteBuffer.allocateDirect(limitBytes);
    }

    /** @param limitBytes what is longer is cut there */
    static LinkSockets open(InetSocketAddress own, Collection<InetSocketAddress> peers, int limitBytes) throws IOException {
        Selector selector = Selector.open();
        DatagramChannel open = DatagramChannel.open();
        LinkSockets sockets = new LinkSockets(open, selector, limitBytes);
        try {
            // Alone at first, so that an address that another program has is found out.
            open.bind(own);
            sockets.register(open);
            open.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            for (InetSocketAddress peer : peers) {
                sockets.connect(own, peer);
            }
            open.setOption(StandardSocketOptions.SO_REUSEADDR, false);
            for (DatagramChannel channel : sockets.peers) {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, false);
            }
            return sockets;
        } catch (IOException e) {
            sockets.close();
            throw e;
        }
    }

    /** @return false when the socket's buffer is full */
    boolean send(ByteBuffer datagram, SocketAddress to) throws IOException {
        return open.send(datagram, to) > 0;
    }

    /** Waits for datagrams and hands over what is there, peers first; comes back when nothing is left. */
    void receive(BiConsumer<SocketAddress, byte[]> told) throws IOException {
        selector.select();
        selector.selectedKeys().clear();
        boolean more = true;
        while (more) {
            more = false;
            for (DatagramChannel channel : peers) {
                more |= turn(channel, told);
            }
            more |= turn(open, told);
        }
    }

    void close() {
        peers.forEach(Sockets::closeQuietly);
        Sockets.closeQuietly(open);
        Sockets.closeQuietly(selector);
    }

    /** @return true when there may be more */
    private boolean turn(DatagramChannel channel, BiConsumer<SocketAddress, byte[]> told) throws IOException {
        for (int i = 0; i < TURN_LIMIT; i++) {
            try {
                SocketAddress from = channel.receive(incoming.clear());
                if (from == null) {
                    return false;
                }
                byte[] datagram = new byte[incoming.flip().remaining()];
                incoming.get(datagram);
                told.accept(from, datagram);
            } catch (PortUnreachableException e) {
                // Word of the peer's host about something that was sent: the streams find out better.
                continue;
            }
        }
        return true;
    }

    private void connect(InetSocketAddress own, InetSocketAddress peer) {
        Optional<DatagramChannel> opened = Optional.empty();
        try {
            DatagramChannel channel = DatagramChannel.open();
            opened = Optional.of(channel);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(own);
            channel.connect(peer);
            register(channel);
            peers.add(channel);
        } catch (IOException e) {
            Log.warn("no socket of its own for %s on %s (%s): it is heard over the open one", peer, own, e);
            opened.ifPresent(Sockets::closeQuietly);
        }
    }

    private void register(DatagramChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }
}
