package io.muster.nbd;

import io.muster.base.NodeId;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import java.io.IOException;

/** The disk that a server offers, who may still write on it, and the one way to change that. */
final class Epochs {

    private final String disk;
    private final BlockDevice device;
    private final EpochGate gate;
    private final EpochStore store;

    Epochs(String disk, BlockDevice device, EpochStore store) {
        this.disk = disk;
        this.device = device;
        this.store = store;
        this.gate = new EpochGate(store.current());
    }

    String disk() {
        return disk;
    }

    BlockDevice device() {
        return device;
    }

    EpochGate gate() {
        return gate;
    }

    /** Why there is no evidence. */
    static final class NotDrained extends Exception {

        private static final long serialVersionUID = 1L;

        NotDrained(String why) {
            super(why);
        }
    }

    /**
     * Sees to it that no call of that node with a lower epoch reaches the disk any more, now and after every restart.
     *
     * @param limitNs how long calls under way are waited for; the device's own flush may take longer
     * @return how many calls had to be waited for
     * @throws NotDrained when that is not so yet; the epoch is raised all the same, or may be
     */
    int raise(NodeId node, long lowest, long limitNs) throws NotDrained, InterruptedException {
        long untilNs = System.nanoTime() + limitNs;
        int waitedFor = 0;
        Raise raise = new Raise(gate, store, device, node, lowest);
        try {
            while (raise.next() != Raise.Step.ANSWER) {
                if (raise.step()) {
                    continue;
                }
                waitedFor = gate.underWay(node, lowest);
                int left = gate.awaitDrained(node, lowest, untilNs);
                if (left > 0) {
                    throw new NotDrained(("%d calls of %s below epoch %d have not returned from disk \"%s\" after %d ms: it"
                            + " hangs, or their end is not known. Nothing new of theirs is let through")
                                    .formatted(left, node, lowest, disk, limitNs / 1_000_000));
                }
            }
        } catch (IOException | DiskFault e) {
            throw new NotDrained(e.getMessage());
        }
        return waitedFor;
    }

    /**
     * Whether lower epochs are refused already; changes nothing.
     *
     * @return the lowest epoch that is let through
     * @throws NotDrained when it is at least {@code lowest}, and yet calls below are under way or the disk cannot be flushed
     */
    long look(NodeId node, long lowest) throws NotDrained {
        long recorded;
        synchronized (store) {
            recorded = store.current().lowest(node);
        }
        if (recorded < lowest) {
            return recorded;
        }
        int left = gate.underWay(node, lowest);
        if (left > 0) {
            throw new NotDrained("%d calls of %s below epoch %d are under way on disk \"%s\""
                    .formatted(left, node, lowest, disk));
        }
        try {
            device.flush();
        } catch (DiskFault e) {
            throw new NotDrained(e.getMessage());
        }
        return recorded;
    }
}
