package io.muster.nbd;

import io.muster.base.Incarnation;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A disk that an {@link NbdServer} offers, as a node has it: under its own life, several calls at once, each with a deadline.
 *
 * <p>What is under way when the connection is lost ends {@link DiskFault.Kind#GONE}, and nothing may be concluded about it. The
 * next call connects again, in silence, if nothing can have been lost unnoticed: when writes had been answered that no flush has
 * covered since, a flush on a new connection to a server that came back would vouch for what is not there. Then the device
 * stays GONE, and its user opens it anew and looks at what is on the disk. A device that was refused as of a former epoch stays
 * {@link DiskFault.Kind#FENCED}.
 */
public final class NbdDevice implements BlockDevice {

    private final SocketAddress server;
    private final String export;
    private final long limitNs;
    private final NbdSession.Offer offer;
    private NbdSession session;
    /** Why no call is carried out any more; set once. */
    private Optional<DiskFault> end = Optional.empty();
    /** Counts writes that were answered, and how far flushes have covered them. */
    private long answered;
    private long flushed;

    private NbdDevice(SocketAddress server, String export, long limitNs) {
        this.server = server;
        this.export = export;
        this.limitNs = limitNs;
        this.session = NbdSession.open(server, export, System.nanoTime() + limitNs);
        this.offer = session.offer();
        if (offer.blockBytes() != 512 && offer.blockBytes() != 4096
                || offer.bytes() < 0 || offer.bytes() % offer.blockBytes() != 0
                || offer.payloadLimitBytes() < offer.blockBytes()) {
            session.cut("not usable");
            throw new DiskFault(DiskFault.Kind.GONE, "export \"%s\" has %d bytes in blocks of %d: 512 and 4096 are known"
                    .formatted(export, offer.bytes(), offer.blockBytes()));
        }
    }

    /**
     * Opens a disk to read and write as one life of a node.
     *
     * @param limitNs how long each call may take, and this one
     * @throws DiskFault FENCED when this life is refused; TIMEOUT, GONE
     */
    public static NbdDevice open(SocketAddress server, String disk, Incarnation self, long limitNs) {
        return new NbdDevice(server, new ExportName(disk, Optional.of(self)).toString(), limitNs);
    }

    /** Opens a disk only to read. @throws DiskFault TIMEOUT, GONE */
    public static NbdDevice openToRead(SocketAddress server, String disk, long limitNs) {
        return new NbdDevice(server, new ExportName(disk, Optional.empty()).toString(), limitNs);
    }

    @Override
    public int blockBytes() {
        return offer.blockBytes();
    }

    @Override
    public long bytes() {
        return offer.bytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        inPieces(Protocol.READ, offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        inPieces(Protocol.WRITE, offset, from);
    }

    @Override
    public void flush() {
        long upTo;
        synchronized (this) {
            upTo = answered;
        }
        long untilNs = System.nanoTime() + limitNs;
        NbdSession now = session(untilNs);
        check(now, now.ask(Protocol.FLUSH, 0, 0, 0, ByteBuffer.allocate(0), untilNs), "flush", 0);
        synchronized (this) {
            flushed = Math.max(flushed, upTo);
        }
    }

    @Override
    public synchronized void close() {
        if (end.isEmpty()) {
            end = Optional.of(new DiskFault(DiskFault.Kind.GONE, "export \"%s\" was closed".formatted(export)));
        }
        session.cut("the device was closed");
    }

    private void inPieces(int type, long offset, ByteBuffer data) {
        int length = data.remaining();
        if (offset < 0 || offset % blockBytes() != 0 || length % blockBytes() != 0 || offset > bytes() - length) {
            throw new DiskFault(DiskFault.Kind.OUT_OF_RANGE, "%d bytes at %d are not whole blocks of %d of the %d bytes there are"
                    .formatted(length, offset, blockBytes(), bytes()));
        }
        long untilNs = System.nanoTime() + limitNs;
        int most = offer.payloadLimitBytes() / blockBytes() * blockBytes();
        int begin = data.position();
        for (int done = 0; done < length; ) {
            int piece = Math.min(most, length - done);
            NbdSession now = session(untilNs);
            ByteBuffer part = data.slice(begin + done, piece);
            int error = now.ask(type, 0, offset + done, piece, part, untilNs);
            check(now, error, type == Protocol.READ ? "read" : "write", offset + done);
            if (type == Protocol.WRITE) {
                countAnswered(now);
            }
            done += piece;
        }
        data.position(begin + length);
    }

    private synchronized void countAnswered(NbdSession by) {
        if (by != session) {
            // Lost and replaced already, when nobody knew of this write: a flush of the new one would not cover it.
            throw new DiskFault(DiskFault.Kind.GONE, "the connection of export \"%s\" was lost right after a write"
                    .formatted(export));
        }
        answered++;
    }

    /** The session to use; a new one where that is safe. */
    private synchronized NbdSession session(long untilNs) {
        if (end.isPresent()) {
            // Each caller gets a fault of its own: its trace is his.
            throw new DiskFault(end.get().kind(), end.get().getMessage(), end.get());
        }
        if (!session.over()) {
            return session;
        }
        if (flushed < answered) {
            throw ended(new DiskFault(DiskFault.Kind.GONE, ("the connection of export \"%s\" was lost before writes were flushed,"
                    + " which may be lost too: open it anew").formatted(export)));
        }
        NbdSession next;
        try {
            next = NbdSession.open(server, export, untilNs);
        } catch (DiskFault fault) {
            throw fault.kind() == DiskFault.Kind.FENCED ? ended(fault) : fault;
        }
        if (!next.offer().equals(offer)) {
            next.cut("another disk");
            throw ended(new DiskFault(DiskFault.Kind.GONE, "export \"%s\" was %s and is %s now".formatted(
                    export, offer, next.offer())));
        }
        session = next;
        return session;
    }

    private void check(NbdSession from, int error, String what, long offset) {
        switch (error) {
            case Protocol.OK -> { /* As it should be. */ }
            case Protocol.ESHUTDOWN -> {
                from.cut("fenced");
                synchronized (this) {
                    throw ended(new DiskFault(DiskFault.Kind.FENCED, "export \"%s\" is of a former epoch".formatted(export)));
                }
            }
            case Protocol.EINVAL, Protocol.ENOSPC -> throw new DiskFault(DiskFault.Kind.OUT_OF_RANGE,
                    "the server refuses a %s at %d of export \"%s\": error %d".formatted(what, offset, export, error));
            default -> throw new DiskFault(DiskFault.Kind.IO,
                    "%s at %d of export \"%s\" failed on the server: error %d".formatted(what, offset, export, error));
        }
    }

    private DiskFault ended(DiskFault fault) {
        if (end.isEmpty()) {
            end = Optional.of(fault);
        }
        return fault;
    }
}
