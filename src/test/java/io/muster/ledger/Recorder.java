package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;

/** An outbox that keeps what is put into it. */
final class Recorder<N> implements Outbox<N> {

    record Sent(NodeId to, LedgerMessage message) {}

    private final List<Sent> sent = new ArrayList<>();
    private final List<Effect.Write> writes = new ArrayList<>();
    private final List<N> news = new ArrayList<>();

    @Override
    public void send(NodeId to, Message message) {
        sent.add(new Sent(to, (LedgerMessage) message));
    }

    @Override
    public void cast(NodeId to, int link, Message message) {
        throw new AssertionError("the ledger casts nothing: " + message);
    }

    @Override
    public void perform(Effect effect) {
        writes.add((Effect.Write) effect);
    }

    @Override
    public void announce(N announced) {
        news.add(announced);
    }

    List<Sent> sent() {
        return sent;
    }

    List<Effect.Write> writes() {
        return writes;
    }

    List<N> news() {
        return news;
    }

    /** The messages of one kind, in order. */
    <M extends LedgerMessage> List<M> messages(Class<M> kind) {
        return sent.stream().map(Sent::message).filter(kind::isInstance).map(kind::cast).toList();
    }

    void clear() {
        sent.clear();
        writes.clear();
        news.clear();
    }
}
