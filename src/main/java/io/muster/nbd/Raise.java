package io.muster.nbd;

import io.muster.base.NodeId;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import java.io.IOException;
import java.util.List;

/**
 * One fence as its steps. The order is the promise:
 *
 * <ol>
 * <li>SHUT: nothing of an older epoch is let through to the device any more.
 * <li>RECORD: and that stays so after any crash.
 * <li>DRAIN: what had been let through before has returned from the device.
 * <li>FLUSH: and is on the medium.
 * <li>ANSWER: now it is true that no write of an older epoch can come any more, and it stays true.
 * </ol>
 *
 * <p>When the server dies on the way, nothing was answered, and the next request goes through all steps again. What a former
 * process of the server had under way has ended before the next one serves, because the disk stays locked until then
 * ({@link ServedFile}). {@code RaiseWalkTest} walks through all orders of events, and shows what breaks without each step.
 */
final class Raise {

    enum Step { SHUT, RECORD, DRAIN, FLUSH, ANSWER }

    static final List<Step> ORDER = List.of(Step.SHUT, Step.RECORD, Step.DRAIN, Step.FLUSH, Step.ANSWER);

    private final EpochGate gate;
    private final EpochStore store;
    private final BlockDevice device;
    private final NodeId node;
    private final long lowest;
    private final List<Step> order;
    private int done;

    Raise(EpochGate gate, EpochStore store, BlockDevice device, NodeId node, long lowest) {
        this(gate, store, device, node, lowest, ORDER);
    }

    /** @param order another one than {@link #ORDER} only to show what it is good for */
    Raise(EpochGate gate, EpochStore store, BlockDevice device, NodeId node, long lowest, List<Step> order) {
        this.gate = gate;
        this.store = store;
        this.device = device;
        this.node = node;
        this.lowest = lowest;
        this.order = List.copyOf(order);
    }

    /** What comes next; {@link Step#ANSWER} when all is done that has to be. */
    Step next() {
        return order.get(done);
    }

    /**
     * Carries out the next step.
     *
     * @return false when calls are still under way that have to return first; nothing happened then
     * @throws IOException when the epoch is not recorded, and may never be
     * @throws DiskFault   when the flush failed; it may be tried again from the beginning
     */
    boolean step() throws IOException {
        boolean ended = switch (next()) {
            case SHUT -> {
                gate.raise(node, lowest);
                yield true;
            }
            case RECORD -> {
                synchronized (store) {
                    store.raise(node, lowest);
                }
                yield true;
            }
            case DRAIN -> gate.underWay(node, lowest) == 0;
            case FLUSH -> {
                device.flush();
                yield true;
            }
            case ANSWER -> true;
        };
        if (ended && next() != Step.ANSWER) {
            done++;
        }
        return ended;
    }
}
