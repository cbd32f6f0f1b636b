package io.muster.cli.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Ports of this machine's loopback that no other program gets while this object is open, so that a daemon that was
 * killed finds its port free when it is started again, and two demos never take each other's.
 *
 * <p>Each is a TCP socket that is bound and never listens. Linux lets a second socket bind and listen there when both
 * carry SO_REUSEADDR, as every Java server socket does, but hands such a port to nobody who asks for any free one. The
 * datagram port of the same number is only tried: it could be taken by somebody who draws exactly this number.
 */
public final class PortReservation implements AutoCloseable {

    private static final int TRIES_FOR_EACH = 64;

    private final List<SocketChannel> held = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    private PortReservation() {}

    /** @throws IOException when the machine has no free ports left */
    public static PortReservation of(int count) throws IOException {
        PortReservation reservation = new PortReservation();
        try {
            for (int tries = 0; reservation.ports.size() < count; tries++) {
                if (tries > count * TRIES_FOR_EACH) {
                    throw new IOException("no free ports on " + loopback());
                }
                reservation.tryOne();
            }
            return reservation;
        } catch (IOException e) {
            reservation.close();
            throw e;
        }
    }

    public static InetAddress loopback() {
        return InetAddress.ofLiteral("127.0.0.1");
    }

    public List<Integer> ports() {
        return List.copyOf(ports);
    }

    @Override
    public void close() {
        for (SocketChannel socket : held) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is given back when this process ends.
            }
        }
    }

    private void tryOne() throws IOException {
        SocketChannel socket = SocketChannel.open();
        socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        socket.bind(new InetSocketAddress(loopback(), 0));
        held.add(socket);
        int port = ((InetSocketAddress) socket.getLocalAddress()).getPort();
        try (DatagramChannel datagrams = DatagramChannel.open()) {
            datagrams.bind(new InetSocketAddress(loopback(), port));
            ports.add(port);
        } catch (IOException e) {
            // Taken for datagrams: it stays held, so that it is not drawn again, and is not used.
        }
    }
}
