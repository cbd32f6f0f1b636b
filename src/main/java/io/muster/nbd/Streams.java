package io.muster.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Blocking streams, over TCP or a Unix socket. */
final class Streams {

    private static final int BACKLOG = 64;

    private Streams() {}

    /** Listens. A Unix socket is its owner's alone from the moment it has its name; one that a former life left is replaced. */
    static ServerSocketChannel listen(SocketAddress address) throws IOException {
        if (address instanceof UnixDomainSocketAddress unix) {
            return listen(unix.getPath().toAbsolutePath());
        }
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.bind(address, BACKLOG);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Where it is to be called. A Unix socket itself only knows the name it had at first. */
    static SocketAddress address(ServerSocketChannel door, SocketAddress asked) throws IOException {
        return asked instanceof UnixDomainSocketAddress ? asked : door.getLocalAddress();
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        // A folder that was made here is private, so nobody gets at the socket before its permissions are set.
        Path hidden = Files.createTempDirectory(path.getParent(), ".s");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            Path first = hidden.resolve("s");
            server.bind(UnixDomainSocketAddress.of(first), BACKLOG);
            Files.setPosixFilePermissions(first, PosixFilePermissions.fromString("rw-------"));
            Files.move(first, path, StandardCopyOption.ATOMIC_MOVE);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            Files.deleteIfExists(hidden.resolve("s"));
            throw e;
        } finally {
            Files.deleteIfExists(hidden);
        }
    }

    static SocketChannel open(SocketAddress address) throws IOException {
        return address instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
    }

    /** What every connection wants, at both ends. */
    static void tune(SocketChannel channel) throws IOException {
        if (channel.getLocalAddress() instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
    }

    /** Fills the rest of the buffer. @throws EOFException when the other end stops before */
    static void readFully(SocketChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw new EOFException("the other end closed the connection");
            }
        }
    }

    static byte[] readBytes(SocketChannel channel, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        readFully(channel, bytes);
        return bytes.array();
    }

    static void writeFully(SocketChannel channel, ByteBuffer... from) throws IOException {
        ByteBuffer last = from[from.length - 1];
        while (last.hasRemaining() || from[0].hasRemaining()) {
            channel.write(from);
        }
    }

    static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is given up either way.
        }
    }
}
