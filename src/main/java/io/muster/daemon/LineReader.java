package io.muster.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads lines of bounded length: what is longer never fills the memory. */
public final class LineReader {

    private final InputStream in;
    private final byte[] line;
    private final byte[] chunk = new byte[4_096];
    private int chunkLength;
    private int chunkRead;

    /** @param limitBytes the longest line, without its end */
    public LineReader(InputStream in, int limitBytes) {
        this.in = in;
        this.line = new byte[limitBytes];
    }

    /** The other side sent a line longer than the limit. */
    public static final class TooLong extends Exception {

        private static final long serialVersionUID = 1L;

        TooLong(int limit) {
            super("a line is longer than " + limit + " bytes");
        }
    }

    /** @return the next line without its end, or empty at the end; half a line at the end is dropped */
    public Optional<String> next() throws IOException, TooLong {
        int length = 0;
        while (true) {
            if (chunkRead == chunkLength) {
                chunkLength = in.read(chunk);
                chunkRead = 0;
                if (chunkLength < 0) {
                    chunkLength = 0;
                    return Optional.empty();
                }
            }
            while (chunkRead < chunkLength) {
                byte next = chunk[chunkRead++];
                if (next == '\n') {
                    return Optional.of(new String(line, 0, length, StandardCharsets.UTF_8));
                }
                if (length == line.length) {
                    throw new TooLong(line.length);
                }
                line[length++] = next;
            }
        }
    }
}
