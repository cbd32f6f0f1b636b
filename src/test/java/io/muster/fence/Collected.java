package io.muster.fence;

import io.muster.base.NodeId;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;

/** An outbox to look into: what one or more steps wanted done, in order. */
public final class Collected<N> implements Outbox<N> {

    public record Sent(NodeId to, Message message) {}

    public final List<Sent> sent = new ArrayList<>();
    public final List<Effect> effects = new ArrayList<>();
    public final List<N> news = new ArrayList<>();

    @Override
    public void send(NodeId to, Message message) {
        sent.add(new Sent(to, message));
    }

    @Override
    public void cast(NodeId to, int link, Message message) {
        sent.add(new Sent(to, message));
    }

    @Override
    public void perform(Effect effect) {
        effects.add(effect);
    }

    @Override
    public void announce(N what) {
        news.add(what);
    }

    public void clear() {
        sent.clear();
        effects.clear();
        news.clear();
    }

    public List<Message> messages() {
        return sent.stream().map(Sent::message).toList();
    }
}
