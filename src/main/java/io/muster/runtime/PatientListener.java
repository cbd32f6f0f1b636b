package io.muster.runtime;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A listener whose connections are read no further than {@link #UNPROVEN_BYTES} until they have proved who they are: a
 * stranger costs that much and no more, whatever a TLS library would be willing to read.
 */
final class PatientListener extends ServerSocket {

    /** Bytes taken from a connection that is not authenticated. Certificates and an introduction take a tenth of it. */
    static final int UNPROVEN_BYTES = 64 * 1024;

    PatientListener() throws IOException {
        super();
    }

    @Override
    public Bounded accept() throws IOException {
        Bounded socket = new Bounded();
        implAccept(socket);
        return socket;
    }

    /** An accepted connection. */
    static final class Bounded extends Socket {

        private volatile boolean proven;
        private long read;

        /** From now on it may send what it likes. */
        void proven() {
            proven = true;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] into, int from, int length) throws IOException {
                    int count = super.read(into, from, length);
                    if (!proven && count > 0) {
                        read += count;
                        if (read > UNPROVEN_BYTES) {
                            throw new IOException("more than %d bytes before it proved who it is".formatted(UNPROVEN_BYTES));
                        }
                    }
                    return count;
                }
            };
        }
    }
}
