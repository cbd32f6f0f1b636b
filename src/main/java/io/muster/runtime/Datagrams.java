package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.machine.Message;
import io.muster.node.NodeInput;
import io.muster.node.PulseFrame;
import io.muster.runtime.Counters.Kind;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.util.Optional;
import java.util.SortedMap;

/** One link: a socket for datagrams, sealed, from and to all peers. */
final class Datagrams {

    /** The longest datagram, seal included: what an Ethernet carries in one piece. */
    static final int LIMIT_BYTES = 1_400;

    private final NodeId self;
    private final int link;
    private volatile SortedMap<NodeId, InetSocketAddress> peers;
    private final LinkWatch watch;
    private final DatagramSeal seal;
    private final Mailbox mailbox;
    private final Counters counters;
    private final LinkSockets sockets;
    private final Thread.UncaughtExceptionHandler broken;
    private final DatagramNumbers numbers;
    /** Of the sending thread. */
    private final ByteBuffer outgoing = ByteBuffer.allocateDirect(LIMIT_BYTES);
    /** Set before the reading thread starts. */
    private Optional<PulseFrame> pulses = Optional.empty();
    private volatile boolean closed;

    /**
     * @param numbers of this link in this life
     * @throws ClusterFault LINK_2 when the address cannot be listened on
     */
    Datagrams(NodeId self, int link, InetSocketAddress own, SortedMap<NodeId, InetSocketAddress> peers,
            DatagramSeal seal, LinkWatch watch, Mailbox mailbox, Counters counters,
            Thread.UncaughtExceptionHandler broken, DatagramNumbers numbers) {
        this.self = self;
        this.numbers = numbers;
        this.link = link;
        this.peers = peers;
        this.seal = seal;
        this.watch = watch;
        this.mailbox = mailbox;
        this.counters = counters;
        this.broken = broken;
        try {
            sockets = LinkSockets.open(own, peers.values(), LIMIT_BYTES + 1);
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.LINK_2, "%s cannot be listened on for link %d (%s): free it or configure another"
                    .formatted(own, link, e.getMessage()), e);
        }
    }

    /** @param pulses of the reading thread alone: the quick way for what comes most */
    void start(Frames frames, Optional<PulseFrame> pulses) {
        this.pulses = pulses;
        Thread.ofPlatform().name("muster-link-" + link).daemon()
                .uncaughtExceptionHandler(broken).start(() -> read(frames));
    }

    /** Where the peers are from now on; who is not among them is none any more. */
    void readdress(SortedMap<NodeId, InetSocketAddress> next) {
        peers = next;
    }

    /** Sends or loses it, never blocks. For one thread. */
    void send(NodeId to, byte[] frame) {
        InetSocketAddress address = peers.get(to);
        if (address == null || frame.length + DatagramSeal.ADDED_BYTES > LIMIT_BYTES) {
            counters.add(Kind.DATAGRAM_UNSENT, "%d bytes to %s on link %d".formatted(frame.length, to, link));
            return;
        }
        outgoing.clear();
        seal.seal(to, link, numbers.next(), frame, outgoing);
        outgoing.flip();
        try {
            if (!sockets.send(outgoing, address)) {
                counters.add(Kind.DATAGRAM_UNSENT, "link %d: the socket's buffer is full".formatted(link));
            }
        } catch (IOException e) {
            if (!closed) {
                counters.add(Kind.DATAGRAM_UNSENT, "to %s on link %d: %s".formatted(to, link, e));
            }
        }
    }

    void close() {
        closed = true;
        sockets.close();
    }

    private void read(Frames frames) {
        while (!closed) {
            try {
                sockets.receive((from, datagram) -> received(from, datagram, frames));
            } catch (IOException e) {
                if (!closed) {
                    Log.warn("receiving on link %d failed: %s", link, e);
                }
            } catch (ClosedSelectorException e) {
                return;
            }
        }
    }

    private void received(SocketAddress from, byte[] datagram, Frames frames) {
        // One byte more than allowed shows what was cut off.
        if (datagram.length > LIMIT_BYTES) {
            counters.refused(Kind.DATAGRAM_MALFORMED, from,
                    () -> "more than %d bytes on link %d".formatted(LIMIT_BYTES, link));
            return;
        }
        Optional<DatagramSeal.Opened> opened = seal.open(self, link, datagram);
        if (opened.isEmpty()) {
            counters.refused(Kind.DATAGRAM_UNSEALED, from,
                    () -> "%d bytes on link %d that no key of this cluster has sealed".formatted(datagram.length, link));
            return;
        }
        byte[] frame = opened.get().frame();
        long number = opened.get().number();
        if (pulses.isPresent() && pulses.get().decode(frame) && peers.containsKey(pulses.get().from().node())) {
            if (fresh(pulses.get().from(), number, from)) {
                heard(pulses.get().from(), pulses.get().pulse().copy());
            }
            return;
        }
        try {
            Envelope envelope = frames.decode(frame);
            pulses.ifPresent(quick -> quick.learn(frame, envelope));
            Incarnation sender = envelope.from();
            if (!peers.containsKey(sender.node())) {
                counters.refused(Kind.DATAGRAM_FOREIGN, from, () -> "%s on link %d".formatted(sender, link));
                return;
            }
            if (fresh(sender, number, from)) {
                heard(sender, envelope.message());
            }
        } catch (MalformedFrame e) {
            counters.refused(Kind.DATAGRAM_MALFORMED, from, () -> "on link %d: %s".formatted(link, e.getMessage()));
        }
    }

    /** Whether this datagram is neither a repetition nor of a former life; otherwise it is counted. */
    private boolean fresh(Incarnation sender, long number, SocketAddress from) {
        return switch (numbers.judge(sender, number)) {
            case REPLAYED -> {
                counters.refused(Kind.DATAGRAM_REPLAYED, from,
                        () -> "number %d of %s again, on link %d".formatted(number, sender, link));
                yield false;
            }
            case FORMER_LIFE -> {
                counters.refused(Kind.DATAGRAM_REPLAYED, from,
                        () -> "%s is a former life, on link %d".formatted(sender, link));
                yield false;
            }
            case FRESH -> true;
        };
    }

    private void heard(Incarnation from, Message message) {
        watch.heard(from.node(), link, message instanceof Pulse pulse && pulse.heard().contains(self), System.nanoTime());
        if (!mailbox.offer(new NodeInput.CastArrived(from, link, message))) {
            counters.add(Kind.DATAGRAM_DROPPED, "from %s on link %d".formatted(from, link));
        }
    }
}
