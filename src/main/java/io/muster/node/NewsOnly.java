package io.muster.node;

import io.muster.base.NodeId;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.List;

/** The outbox of a machine that only announces. */
record NewsOnly<N>(List<N> news) implements Outbox<N> {

    @Override
    public void send(NodeId to, Message message) {
        throw new IllegalStateException("a registry sends nothing: " + message);
    }

    @Override
    public void cast(NodeId to, int link, Message message) {
        throw new IllegalStateException("a registry casts nothing: " + message);
    }

    @Override
    public void perform(Effect effect) {
        throw new IllegalStateException("a registry wishes nothing: " + effect);
    }

    @Override
    public void announce(N told) {
        news.add(told);
    }
}
