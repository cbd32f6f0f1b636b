package io.muster.node;

import io.muster.base.NodeId;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Passes a layer's sends and effects to the driver of the step that is being taken, and lines its news up; so it does what is
 * for a disk, which this node asks itself.
 */
final class LayerOutbox<N> implements Outbox<N> {

    private final Function<N, LayerNews> label;
    private final Queue<LayerNews> rising;
    private final Supplier<Outbox<NodeNews>> driver;

    LayerOutbox(Function<N, LayerNews> label, Queue<LayerNews> rising, Supplier<Outbox<NodeNews>> driver) {
        this.label = label;
        this.rising = rising;
        this.driver = driver;
    }

    @Override
    public void send(NodeId to, Message message) {
        if (to.isDisk()) {
            if (message instanceof LedgerMessage asked) {
                rising.add(new LayerNews.ToDisk(to, asked));
            }
        } else {
            driver.get().send(to, message);
        }
    }

    @Override
    public void cast(NodeId to, int link, Message message) {
        driver.get().cast(to, link, message);
    }

    @Override
    public void perform(Effect effect) {
        driver.get().perform(effect);
    }

    @Override
    public void announce(N news) {
        rising.add(label.apply(news));
    }
}
