package io.muster.runtime;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.VersionRange;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What both ends of a new stream say of themselves before any frame. Its form is the same for all times, so that programs
 * that have no protocol version in common can still tell each other so.
 *
 * <pre>
 * offset length type  meaning
 *      0      4 u32   magic "MHEL"
 *      4      2 u16   length of what follows in bytes
 *      6     16 u64x2 cluster id
 *     22      9       who: node u8, life u64
 *     31      4 u16x2 lowest and highest protocol version
 *     35      4 u16x2 lowest and highest feature level
 *     39      2 u16   feature level that the sender's cluster has agreed on
 *     41      2 u16   n, then n times: name of a further step, what it tells (texts)
 *      …              what a later program may add; not read
 * </pre>
 *
 * @param told by further {@link HandshakeStep}s, by their names
 */
public record Introduction(
        ClusterId cluster,
        Incarnation who,
        VersionRange protocols,
        VersionRange features,
        int featureLevel,
        SortedMap<String, String> told) {

    static final int MAGIC = 0x4D48454C;
    static final int HEAD_BYTES = 6;
    /** The longest introduction, head included. */
    static final int LIMIT_BYTES = 8 * 1024;
    static final int STEPS_LIMIT = 16;

    public Introduction {
        told = Collections.unmodifiableSortedMap(new TreeMap<>(told));
    }

    byte[] encode() {
        ByteWriter body = new ByteWriter();
        body.i64(cluster.high()).i64(cluster.low()).incarnation(who).range(protocols).range(features).u16(featureLevel);
        body.u16(told.size());
        told.forEach((name, value) -> body.text(name).text(value));
        return new ByteWriter().i32(MAGIC).u16(body.length()).raw(body.toArray()).toArray();
    }

    /** Reads the next one; no more is allocated than {@link #LIMIT_BYTES}. */
    static Introduction read(InputStream from) throws IOException, MalformedFrame {
        byte[] head = Frames.readFully(from, new byte[HEAD_BYTES], 0);
        ByteReader reader = new ByteReader(head);
        int magic = reader.i32();
        if (magic != MAGIC) {
            throw new MalformedFrame("an introduction that begins with %08x".formatted(magic));
        }
        int length = reader.u16();
        if (length > LIMIT_BYTES - HEAD_BYTES) {
            throw new MalformedFrame("an introduction of %d bytes".formatted(length));
        }
        return decode(new ByteReader(Frames.readFully(from, new byte[length], 0)));
    }

    private static Introduction decode(ByteReader from) throws MalformedFrame {
        ClusterId cluster = new ClusterId(from.i64(), from.i64());
        Incarnation who = from.incarnation();
        VersionRange protocols = from.range();
        VersionRange features = from.range();
        int level = from.u16();
        TreeMap<String, String> told = new TreeMap<>();
        for (int left = from.size(STEPS_LIMIT); left > 0; left--) {
            told.put(from.text(), from.text());
        }
        return new Introduction(cluster, who, protocols, features, level, told);
    }
}
