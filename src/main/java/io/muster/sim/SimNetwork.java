package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.machine.Message;
import io.muster.node.FrameCodec;
import io.muster.node.NodeInput;
import io.muster.sim.check.Violation;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What lies between simulated nodes: several datagram links and one stream for each pair.
 *
 * <p>What can go wrong, and what cannot:
 * <ul>
 *   <li>A datagram may be lost, late, doubled, overtaken, or have a bit flipped. It is never given to another node.
 *   <li>A stream keeps its order and loses nothing until it breaks; then what was on its way is gone. A cut holds its
 *       frames back, and they arrive when the cut is mended before the stream breaks. A flipped bit breaks it.
 *   <li>Each direction of each link, and of the stream, is cut alone.
 *   <li>A process that ends closes its streams, and the peers learn it behind the last frames; when its host went with
 *       it they learn it much later. A host that is up says that nobody listens; one that is down says nothing.
 * </ul>
 * Messages are bytes on the way: each goes through {@link FrameCodec} twice.
 */
final class SimNetwork {

    /**
     * How the network behaves; chances are 0 to 1.
     *
     * @param delayNs     shortest way of a frame
     * @param delayMoreNs usually at most this much longer
     * @param lateNs      a late frame takes at most this much longer
     */
    record Behaviour(
            long delayNs, long delayMoreNs, double loses, double doubles, double late, long lateNs, double flips) {

        static final Behaviour HEALTHY = new Behaviour(30_000, 150_000, 0, 0, 0, 0, 0);
    }

    /** What the network knows of the nodes. */
    interface World {

        /** The process that listens on a node. */
        Optional<SimProcess> running(NodeId node);

        boolean hostUp(NodeId node);
    }

    /** Stands for the stream where a link number is asked for. */
    static final int STREAM = -1;

    private static final long DIAL_AGAIN_NS = 100_000_000;
    /** When a stream whose link was cut without a word is given up: half a leader silence, and until somebody looks. */
    private static final long UNANSWERED_NS = 500_000_000;
    private static final long BREAKS_LEAST_NS = 500_000_000;
    private static final long BREAKS_MORE_NS = 5_000_000_000L;

    /** One direction between two nodes. */
    private record Way(NodeId from, NodeId to, int link) implements Comparable<Way> {

        @Override
        public int compareTo(Way other) {
            int byFrom = from.compareTo(other.from);
            int byTo = byFrom != 0 ? byFrom : to.compareTo(other.to);
            return byTo != 0 ? byTo : Integer.compare(link, other.link);
        }
    }

    private final VirtualTime time;
    private final Prng chance;
    private final FrameCodec codec;
    private final World world;
    private final Trace trace;
    private final TreeSet<Way> cuts = new TreeSet<>();
    /** The stream of each pair, at the lower number times the limit plus the higher one; a place may be empty. */
    private final SimStream[] streams = new SimStream[NodeId.LIMIT * NodeId.LIMIT];
    /** Directions of links that are cut as a whole, streams included. */
    private final TreeSet<Way> wires = new TreeSet<>();
    private int links = 1;
    private final TreeMap<Way, SimProcess> calls = new TreeMap<>();
    private Behaviour behaviour = Behaviour.HEALTHY;
    private long faults;
    private long changes;
    private long refusedFrames;
    private long frames;
    private long sentBytes;
    private Optional<SimFrame> last = Optional.empty();
    private Message lastMessage;
    private SimProcess lastFrom;

    SimNetwork(VirtualTime time, Prng chance, FrameCodec codec, World world, Trace trace) {
        this.time = time;
        this.chance = chance;
        this.codec = codec;
        this.world = world;
        this.trace = trace;
    }

    void behave(Behaviour next) {
        behaviour = next;
        changes++;
    }

    /** How often what gets through has changed: cuts, mends, and all that was lost, hurt or late by chance. */
    long changes() {
        return changes;
    }

    /** Datagrams lost, doubled, late or flipped, streams broken, and cuts. */
    long faults() {
        return faults;
    }

    /** Frames sent, datagrams and streams together. */
    long frames() {
        return frames;
    }

    /** What these frames come to. */
    long bytes() {
        return sentBytes;
    }

    /** Frames whose bytes were refused. */
    long refusedFrames() {
        return refusedFrames;
    }

    /** Cuts one direction of one link, or of the stream ({@link #STREAM}). */
    void cut(NodeId from, NodeId to, int link) {
        if (!cuts.add(new Way(from, to, link))) {
            return;
        }
        faults++;
        changes++;
        if (link == STREAM) {
            stream(from, to).ifPresent(stream -> time.after(breaksInNs(), () -> {
                if (isCut(from, to, STREAM)) {
                    stream.breakOff();
                }
            }));
        }
    }

    void mend(NodeId from, NodeId to, int link) {
        if (cuts.remove(new Way(from, to, link))) {
            changes++;
            if (link == STREAM) {
                stream(from, to).ifPresent(stream -> stream.mended(from));
            }
        }
    }

    /** How many links streams may go over. */
    void links(int count) {
        links = count;
    }

    /**
     * Cuts one direction of one link as a whole, without a word: its datagrams, and the stream as long as it goes over
     * it. Its ends find out when no answers come, and dial over a link that is whole.
     */
    void cutWire(NodeId from, NodeId to, int link) {
        wires.add(new Way(from, to, link));
        cut(from, to, link);
        time.after(UNANSWERED_NS, () -> leaveWire(from, to, link));
    }

    void mendWire(NodeId from, NodeId to, int link) {
        if (wires.remove(new Way(from, to, link))) {
            mend(from, to, link);
            stream(from, to).ifPresent(stream -> stream.mended(from));
        }
    }

    private void leaveWire(NodeId from, NodeId to, int link) {
        if (!wires.contains(new Way(from, to, link))) {
            return;
        }
        stream(from, to).filter(stream -> stream.isOpen() && stream.link() == link && wholeLink(from, to).isPresent())
                .ifPresentOrElse(SimStream::giveUp, () -> time.after(UNANSWERED_NS, () -> leaveWire(from, to, link)));
    }

    /** The first link that no direction of these two is cut on. */
    private Optional<Integer> wholeLink(NodeId one, NodeId other) {
        for (int link = 0; link < links; link++) {
            if (!wires.contains(new Way(one, other, link)) && !wires.contains(new Way(other, one, link))) {
                return Optional.of(link);
            }
        }
        return Optional.empty();
    }

    /** Whether frames of a stream that goes over this link do not get through now. */
    boolean holdsBack(NodeId from, NodeId to, int link) {
        return isCut(from, to, STREAM) || !wires.isEmpty() && wires.contains(new Way(from, to, link));
    }

    void dialAgain(SimProcess end, NodeId peer) {
        call(end, peer, 0);
    }

    boolean isCut(NodeId from, NodeId to, int link) {
        return !cuts.isEmpty() && cuts.contains(new Way(from, to, link));
    }

    /** Breaks the stream of two nodes, as a middle box that forgets it does. */
    void breakStream(NodeId one, NodeId other) {
        stream(one, other).filter(SimStream::isOpen).ifPresent(stream -> {
            faults++;
            changes++;
            stream.breakOff();
        });
    }

    /** Sends one datagram. */
    void cast(SimProcess from, NodeId to, int link, Message message) {
        SimFrame frame = frame(from, message);
        boolean cut = isCut(from.node(), to, link);
        if (cut || chance.chance(behaviour.loses())) {
            faults++;
            changes += cut ? 0 : 1;
            return;
        }
        carry(frame, from.node(), to, link);
        if (chance.chance(behaviour.doubles())) {
            faults++;
            carry(frame, from.node(), to, link);
        }
    }

    /** Sends over the stream of this life, when there is one; otherwise the message is lost. */
    void send(SimProcess from, NodeId to, Message message) {
        stream(from.node(), to).filter(stream -> stream.serves(from)).ifPresent(stream -> stream.send(from, message));
    }

    /** A process listens, and calls its peers. */
    void started(SimProcess process) {
        process.peers().forEach(peer -> call(process, peer, chance.nextLong(1_000_000)));
    }

    /** @param hostGone nobody is left to say that the process ended */
    void ended(SimProcess process, boolean hostGone) {
        for (NodeId peer : process.peers()) {
            stream(process.node(), peer).filter(stream -> stream.serves(process)).ifPresent(stream -> {
                if (hostGone) {
                    time.after(breaksInNs(), stream::breakOff);
                } else {
                    stream.closedBy(process);
                }
            });
        }
    }

    // ---- for the streams

    /** The bytes of a message, perhaps hurt on their way. */
    SimFrame frame(SimProcess from, Message message) {
        frames++;
        boolean hurt = behaviour.flips() > 0 && chance.chance(behaviour.flips());
        if (!hurt && last.isPresent() && lastMessage == message && lastFrom == from) {
            // One message for several peers is made into bytes once.
            trace.hash().add(frames);
            sentBytes += last.get().length();
            return last.get();
        }
        byte[] bytes = codec.encode(from.life(), message);
        sentBytes += bytes.length;
        trace.effect(bytes);
        if (hurt) {
            faults++;
            changes++;
            int bit = chance.nextInt(8 * bytes.length);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            return new SimFrame(Bytes.owning(bytes), true);
        }
        SimFrame frame = new SimFrame(Bytes.owning(bytes), false);
        last = Optional.of(frame);
        lastMessage = message;
        lastFrom = from;
        return frame;
    }

    /** Gives bytes to a process; false when they are refused. */
    boolean hand(SimFrame frame, SimProcess to, int link) {
        try {
            Envelope envelope = frame.read(codec);
            Violation.unless(!frame.hurt(), "FramesAreWhole", "a frame with a flipped bit was taken: %s", envelope);
            to.input(link == STREAM
                    ? new NodeInput.Arrived(envelope.from(), envelope.message())
                    : new NodeInput.CastArrived(envelope.from(), link, envelope.message()));
            return true;
        } catch (MalformedFrame e) {
            refusedFrames++;
            return false;
        }
    }

    void streamClosed(SimProcess end, NodeId peer) {
        end.input(new NodeInput.StreamClosed(peer));
        call(end, peer, 0);
    }

    long delayNs() {
        long delay = behaviour.delayNs() + chance.nextLong(behaviour.delayMoreNs() + 1);
        if (behaviour.late() > 0 && chance.chance(behaviour.late())) {
            faults++;
            changes++;
            delay += chance.nextLong(behaviour.lateNs() + 1);
        }
        return delay;
    }

    // ---- within

    private void carry(SimFrame frame, NodeId from, NodeId to, int link) {
        time.after(delayNs(), () -> {
            if (!isCut(from, to, link)) {
                world.running(to).ifPresent(process -> hand(frame, process, link));
            }
        });
    }

    /** Calls a peer until a stream stands; at most one call of a life to a peer is under way. */
    private void call(SimProcess caller, NodeId peer, long inNs) {
        Way way = new Way(caller.node(), peer, STREAM);
        if (caller.ended() || calls.get(way) == caller) {
            return;
        }
        calls.put(way, caller);
        time.after(inNs + delayNs(), () -> {
            if (calls.remove(way, caller) && !caller.ended()) {
                answerCall(caller, peer);
            }
        });
    }

    private void answerCall(SimProcess caller, NodeId peer) {
        Optional<SimStream> standing = stream(caller.node(), peer).filter(SimStream::isOpen);
        if (standing.isPresent() && standing.get().serves(caller)) {
            return;
        }
        if (standing.isPresent() && !world.running(caller.node()).filter(running -> running == caller).isPresent()) {
            // A later life has its address: whoever has a stream with that one does not take another from this one.
            call(caller, peer, DIAL_AGAIN_NS);
            return;
        }
        Optional<Integer> link = wholeLink(caller.node(), peer);
        boolean reachable = !isCut(caller.node(), peer, STREAM) && !isCut(peer, caller.node(), STREAM)
                && link.isPresent() && world.hostUp(peer);
        Optional<SimProcess> listening = world.running(peer);
        if (reachable && listening.isEmpty()) {
            time.after(delayNs(), () -> caller.input(new NodeInput.StreamRefused(peer)));
        }
        // The host of a stopped process takes the call, yet nobody picks it up.
        if (reachable && listening.isPresent() && !listening.get().paused() && !caller.paused()) {
            // The peer may not have noticed yet that the caller's former life is gone.
            standing.ifPresent(SimStream::breakOff);
            streams[pair(caller.node(), peer)] = new SimStream(this, time, caller, listening.get(), link.get());
        } else {
            call(caller, peer, DIAL_AGAIN_NS / 2 + chance.nextLong(DIAL_AGAIN_NS));
        }
    }

    private Optional<SimStream> stream(NodeId one, NodeId other) {
        return Optional.ofNullable(streams[pair(one, other)]);
    }

    private static int pair(NodeId one, NodeId other) {
        return Math.min(one.number(), other.number()) * NodeId.LIMIT + Math.max(one.number(), other.number());
    }

    private long breaksInNs() {
        return BREAKS_LEAST_NS + chance.nextLong(BREAKS_MORE_NS);
    }
}
