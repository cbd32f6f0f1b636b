package io.muster.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * A wire to one address, for streams and datagrams, that can be cut without a word: bytes go in and none come out, and
 * nobody is told. What was on its way is gone.
 */
final class Relay implements AutoCloseable {

    private static final int BUFFER_BYTES = 64 * 1024;

    private final RuntimeConfig.Endpoint from;
    private final InetSocketAddress streamTo;
    private final InetSocketAddress datagramTo;
    private final ServerSocket listener;
    private final DatagramSocket datagrams;
    private final List<Socket> sockets = new ArrayList<>();
    private volatile boolean cut;

    /** Listens on any free address of loopback. */
    Relay(RuntimeConfig.Endpoint streamTo, RuntimeConfig.Endpoint datagramTo) throws IOException {
        this.from = TestCluster.freeEndpoint();
        this.streamTo = streamTo.resolve();
        this.datagramTo = datagramTo.resolve();
        InetAddress here = InetAddress.getByName(from.host());
        this.listener = new ServerSocket(from.port(), 16, here);
        this.datagrams = new DatagramSocket(from.port(), here);
        Thread.ofPlatform().daemon().start(this::accept);
        Thread.ofPlatform().daemon().start(this::forward);
    }

    /** What those who come by this wire have to be configured with. */
    RuntimeConfig.Endpoint from() {
        return from;
    }

    void cut() {
        cut = true;
    }

    void mend() {
        cut = false;
    }

    @Override
    public void close() {
        Sockets.closeQuietly(listener);
        datagrams.close();
        synchronized (this) {
            sockets.forEach(Sockets::closeQuietly);
        }
    }

    private void forward() {
        DatagramPacket packet = new DatagramPacket(new byte[BUFFER_BYTES], BUFFER_BYTES);
        try {
            while (true) {
                packet.setLength(BUFFER_BYTES);
                datagrams.receive(packet);
                if (!cut) {
                    datagrams.send(new DatagramPacket(packet.getData(), packet.getLength(), datagramTo));
                }
            }
        } catch (IOException e) {
            // Closed, with the test.
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket in = keep(listener.accept());
                Socket out = keep(new Socket());
                try {
                    out.connect(streamTo);
                } catch (IOException e) {
                    Sockets.closeQuietly(in);
                    continue;
                }
                Thread.ofPlatform().daemon().start(() -> pump(in, out));
                Thread.ofPlatform().daemon().start(() -> pump(out, in));
            }
        } catch (IOException e) {
            // Closed, with the test.
        }
    }

    private synchronized Socket keep(Socket socket) {
        sockets.add(socket);
        return socket;
    }

    private void pump(Socket in, Socket out) {
        byte[] buffer = new byte[BUFFER_BYTES];
        boolean whole = true;
        try {
            InputStream from = in.getInputStream();
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                // A stream that has lost something is never a stream again.
                whole &= !cut;
                if (whole) {
                    out.getOutputStream().write(buffer, 0, count);
                }
            }
        } catch (IOException e) {
            // One side has gone.
        }
        if (whole && !cut) {
            Sockets.closeQuietly(in);
            Sockets.closeQuietly(out);
        }
    }
}
