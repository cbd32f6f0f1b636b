package io.muster.runtime;

import java.io.Closeable;
import java.io.IOException;

/** Small helps with sockets. */
final class Sockets {

    private Sockets() {}

    /** Closes what is given up; there is nothing to do when that fails. */
    static void closeQuietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // It is given up either way.
        }
    }
}
