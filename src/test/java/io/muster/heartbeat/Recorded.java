package io.muster.heartbeat;

import io.muster.base.NodeId;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;

/** An outbox that keeps what a machine said, to be taken out by a test. */
public final class Recorded<N> implements Outbox<N> {

    public record Sent(NodeId to, Message message) {}

    public record Cast(NodeId to, int link, Message message) {}

    private final List<Sent> sent = new ArrayList<>();
    private final List<Cast> casts = new ArrayList<>();
    private final List<N> news = new ArrayList<>();

    @Override
    public void send(NodeId to, Message message) {
        sent.add(new Sent(to, message));
    }

    @Override
    public void cast(NodeId to, int link, Message message) {
        casts.add(new Cast(to, link, message instanceof HeartbeatMessage.Pulse pulse ? pulse.copy() : message));
    }

    @Override
    public void perform(Effect effect) {
        throw new AssertionError("nobody here performs " + effect);
    }

    @Override
    public void announce(N announced) {
        news.add(announced);
    }

    /** All sends since the last call. */
    public List<Sent> takeSent() {
        return take(sent);
    }

    /** All casts since the last call. */
    public List<Cast> takeCasts() {
        return take(casts);
    }

    /** All news since the last call. */
    public List<N> takeNews() {
        return take(news);
    }

    private static <T> List<T> take(List<T> from) {
        List<T> taken = List.copyOf(from);
        from.clear();
        return taken;
    }
}
