package io.muster.sim;

import io.muster.base.NodeId;
import io.muster.machine.Message;
import io.muster.node.NodeInput;
import java.util.ArrayDeque;
import java.util.List;

/**
 * One connection between two lives. Each direction keeps its order and loses nothing until the stream breaks; then what
 * was on its way is gone. A cut holds a direction back.
 */
final class SimStream {

    /** What is on its way. */
    private sealed interface Item {

        /** The answer to the call: the caller learns of the stream before anything that the other side sends. */
        record Opened() implements Item {}

        record Frame(SimFrame frame) implements Item {}

        /** The end of the sender, behind its last frame. */
        record Close() implements Item {}
    }

    private final SimNetwork network;
    private final VirtualTime time;
    private final SimProcess caller;
    private final SimProcess target;
    private final Pipe fromCaller;
    private final Pipe fromTarget;
    private final int link;
    private boolean open = true;

    /** @param link over which it goes, should that one be cut as a whole */
    SimStream(SimNetwork network, VirtualTime time, SimProcess caller, SimProcess target, int link) {
        this.link = link;
        this.network = network;
        this.time = time;
        this.caller = caller;
        this.target = target;
        this.fromCaller = new Pipe(caller, target);
        this.fromTarget = new Pipe(target, caller);
        fromTarget.push(new Item.Opened());
        target.input(new NodeInput.StreamOpened(caller.node()));
    }

    /** Whether this stream stands for this very life. */
    boolean serves(SimProcess process) {
        return open && (process == caller || process == target);
    }

    int link() {
        return link;
    }

    /** The ends dial anew over another link, each by itself: nobody is told that this one is over. */
    void giveUp() {
        open = false;
        network.dialAgain(caller, target.node());
        network.dialAgain(target, caller.node());
    }

    boolean isOpen() {
        return open;
    }

    void send(SimProcess from, Message message) {
        pipe(from).push(new Item.Frame(network.frame(from, message)));
    }

    void mended(NodeId from) {
        (caller.node().equals(from) ? fromCaller : fromTarget).release();
    }

    /** Both ends learn at once that it is gone. */
    void breakOff() {
        if (open) {
            open = false;
            for (SimProcess end : List.of(caller, target)) {
                network.streamClosed(end, otherEnd(end).node());
            }
        }
    }

    /** A process ended and its host closes the stream behind what was sent. */
    void closedBy(SimProcess ended) {
        pipe(ended).push(new Item.Close());
    }

    private SimProcess otherEnd(SimProcess end) {
        return end == caller ? target : caller;
    }

    private Pipe pipe(SimProcess from) {
        return from == caller ? fromCaller : fromTarget;
    }

    /** One direction. */
    private final class Pipe {

        private final SimProcess source;
        private final SimProcess sink;
        private final ArrayDeque<Item> items = new ArrayDeque<>();
        private long lastAt;
        private int held;

        Pipe(SimProcess source, SimProcess sink) {
            this.source = source;
            this.sink = sink;
        }

        void push(Item item) {
            lastAt = Math.max(lastAt, time.now() + network.delayNs());
            items.add(item);
            time.at(lastAt, () -> {
                held++;
                if (held == 1) {
                    release();
                }
            });
        }

        /** Hands over what has come through, while nothing is cut. */
        void release() {
            while (held > 0 && open && !network.holdsBack(source.node(), sink.node(), link)) {
                held--;
                arrive(items.remove());
            }
        }

        private void arrive(Item item) {
            if (sink.ended()) {
                return;
            }
            switch (item) {
                case Item.Opened() -> sink.input(new NodeInput.StreamOpened(source.node()));
                case Item.Frame(SimFrame frame) -> {
                    if (!network.hand(frame, sink, SimNetwork.STREAM)) {
                        breakOff();
                    }
                }
                case Item.Close() -> {
                    open = false;
                    network.streamClosed(sink, source.node());
                }
            }
        }
    }
}
