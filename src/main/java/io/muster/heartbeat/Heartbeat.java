package io.muster.heartbeat;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatInput.Arrived;
import io.muster.heartbeat.HeartbeatInput.Configured;
import io.muster.heartbeat.HeartbeatInput.Silence;
import io.muster.heartbeat.HeartbeatInput.StreamClosed;
import io.muster.heartbeat.HeartbeatInput.StreamOpened;
import io.muster.heartbeat.HeartbeatInput.StreamRefused;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.heartbeat.HeartbeatNews.LinkChanged;
import io.muster.heartbeat.HeartbeatNews.LinksChanged;
import io.muster.heartbeat.HeartbeatNews.PeerHeard;
import io.muster.heartbeat.HeartbeatNews.PeerLost;
import io.muster.heartbeat.HeartbeatNews.SelfPaused;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who is heard over the network: pulses on every link to every peer, each link measured one way.
 *
 * <p>A pulse carries whom its sender hears on that link, so "two-way" is said of one link: I hear it and it says that
 * it hears me, there. A peer is lost when it was silent on all links for {@code silenceNs}, or sooner by
 * {@link StreamProbe}. Verdicts fall in {@link #due} only, and only when it was run in time: arrivals may wait in the
 * driver's queue behind a late one. {@link PauseDetector} goes before any of them.
 *
 * <p>A quiet step allocates nothing: all state is in arrays by node number, and each link has one pulse that is filled
 * anew at each turn ({@code bench/alloc} measures it).
 * Relies on the frames being authentic. Told by the node; tells the layers above {@link HeartbeatNews}.
 */
public final class Heartbeat implements Machine<HeartbeatInput, HeartbeatNews> {

    /** Links to each peer, at most. */
    public static final int LINKS_LIMIT = 8;

    private static final long MS = 1_000_000;

    private final Incarnation self;
    private NodeSet peers = NodeSet.NONE;
    private NodeId[] peerIds = new NodeId[0];
    private int links;
    private final TimeBudget times;
    private final SilenceDetector silence;
    private final PauseDetector pauses;
    private final LinkBook book;
    /** How late a verdict may be spoken, and how long one that was late waits. */
    private final long stepNs;
    private final StreamProbe[] probes = new StreamProbe[NodeId.LIMIT];

    /** The highest life seen of each node; empty until one is. Kept after a loss, so that older ones stay ignored. */
    private final List<Optional<Incarnation>> lives = new ArrayList<>();
    private final long[] lastSequence;
    private final long[] lastHeardAt = new long[NodeId.LIMIT];
    /** Who says, in its last pulse on a link, that it hears us there. */
    private final long[] hearsUsOn;
    /** Of whom {@code PeerHeard} was told and {@code PeerLost} was not. */
    private long present;

    private final long[] ownSequence;
    private final NodeSet[] pulseHeard;
    /** The pulse of each turn, one at a time for each link: carried out before the next turn comes. */
    private final Pulse[] ownPulse;
    private NodeSet toldHeard = NodeSet.NONE;
    private NodeSet toldTwoWay = NodeSet.NONE;

    private boolean signedOff;
    /** Verdicts wait for {@code verdictAt}, because this node was run late. */
    private boolean verdictPostponed;
    private long verdictAt = NEVER;
    private long pulseAt;
    private long deadline;

    /**
     * @param peers the other configured nodes
     * @param links how many links each peer has; they are numbered from 0
     */
    public Heartbeat(Incarnation self, NodeSet peers, int links, TimeBudget times, long now) {
        this.self = self;
        this.times = times;
        this.silence = new SilenceDetector(NodeId.LIMIT, LINKS_LIMIT, times.silenceNs());
        this.book = new LinkBook(NodeId.LIMIT, LINKS_LIMIT, times.silenceNs());
        this.pauses = new PauseDetector(times.pauseNs());
        this.stepNs = StreamProbe.stepNs(times.probeNs());
        this.lastSequence = new long[NodeId.LIMIT * LINKS_LIMIT];
        this.hearsUsOn = new long[LINKS_LIMIT];
        this.ownSequence = new long[LINKS_LIMIT];
        this.pulseHeard = new NodeSet[LINKS_LIMIT];
        Arrays.fill(pulseHeard, NodeSet.NONE);
        this.ownPulse = new Pulse[LINKS_LIMIT];
        Arrays.setAll(ownPulse, _ -> new Pulse(0, NodeSet.NONE, false));
        for (int node = 0; node < NodeId.LIMIT; node++) {
            lives.add(Optional.empty());
        }
        watch(peers.without(self.node()), links);
        this.pulseAt = now;
        this.deadline = now;
    }

    @Override
    public void step(HeartbeatInput input, long now, Outbox<HeartbeatNews> out) {
        detectOwnPause(now, out);
        switch (input) {
            case Arrived(Incarnation from, int link, Pulse pulse) -> {
                if (peers.contains(from.node()) && link >= 0 && link < links) {
                    arrived(from, link, pulse, now, out);
                }
            }
            case StreamOpened(NodeId peer) when peers.contains(peer) -> probes[peer.number()].opened();
            case StreamClosed(NodeId peer) when peers.contains(peer) -> probes[peer.number()].closed(hears(peer), now);
            case StreamRefused(NodeId peer) when peers.contains(peer) ->
                probes[peer.number()].refused(hears(peer), now);
            case StreamOpened _, StreamClosed _, StreamRefused _ -> { /* of no peer of ours */ }
            case Silence _ -> signedOff = true;
            case Configured(NodeSet next, int count) -> configured(next.without(self.node()), count, now, out);
        }
        tellLinks(out);
        plan();
    }

    /** As {@link #step} with {@link Arrived}, for a driver that makes no object of each pulse. */
    public void pulsed(Incarnation from, int link, Pulse pulse, long now, Outbox<HeartbeatNews> out) {
        detectOwnPause(now, out);
        if (peers.contains(from.node()) && link >= 0 && link < links) {
            arrived(from, link, pulse, now, out);
        }
        tellLinks(out);
        plan();
    }

    @Override
    public void due(long now, Outbox<HeartbeatNews> out) {
        detectOwnPause(now, out);
        if (now < deadline) {
            return;
        }
        // Run late, but not as late as a pause: what was heard meanwhile may still be queued behind this call. One
        // more turn, never two, so that a machine that is always late still comes to a verdict.
        boolean late = now - deadline >= stepNs;
        if (late && !verdictPostponed) {
            verdictPostponed = true;
            verdictAt = now + stepNs;
        } else if (now >= verdictAt || verdictAt == NEVER) {
            verdictPostponed = false;
            verdictAt = NEVER;
            speakVerdicts(now, out);
        }
        if (!signedOff) {
            pulse(now, out);
            probe(now, out);
        }
        lookAtLinks(now, out);
        tellLinks(out);
        plan();
    }

    @Override
    public long deadline() {
        return deadline;
    }

    /** Whom this node hears on some link, without itself; as announced last. */
    public NodeSet heard() {
        return toldHeard;
    }

    /** Whom this node hears and who says that it hears this node, on one link; as announced last. */
    public NodeSet twoWay() {
        return toldTwoWay;
    }

    /** On how many of its links this node hears anybody. */
    public int linksUp() {
        int up = 0;
        for (int link = 0; link < links; link++) {
            up += silence.heardOn(link) != 0 ? 1 : 0;
        }
        return up;
    }

    /** All configured peers as seen now, by node. */
    public List<PeerPicture> picture(long now) {
        List<PeerPicture> pictures = new ArrayList<>();
        for (NodeId peer : peers) {
            Optional<Incarnation> life = lives.get(peer.number());
            long silentNs = life.isPresent() ? now - lastHeardAt[peer.number()] : -1;
            pictures.add(new PeerPicture(peer, life, hears(peer), toldTwoWay.contains(peer), silentNs));
        }
        return pictures;
    }

    /** Every link of every configured peer as seen now, by node. */
    public List<LinkPicture> links(long now) {
        List<LinkPicture> pictures = new ArrayList<>();
        for (NodeId peer : peers) {
            int node = peer.number();
            for (int link = 0; link < links; link++) {
                pictures.add(new LinkPicture(peer, link, book.state(node, link),
                        (silence.heardOn(link) & 1L << node) != 0, (hearsUsOn[link] & 1L << node) != 0,
                        book.silentNs(node, link, now), book.losses(node, link), now - book.toldAt(node, link)));
            }
        }
        return pictures;
    }

    /** Mixes all that decides what this machine does next. */
    public void digest(Hash64 into) {
        into.add(present).add(toldHeard.bits()).add(toldTwoWay.bits()).add(pulseAt).add(deadline);
        into.add((signedOff ? 2 : 0) + (verdictPostponed ? 1 : 0));
        for (int link = 0; link < links; link++) {
            into.add(ownSequence[link]).add(hearsUsOn[link]).add(silence.heardOn(link));
        }
        for (NodeId peer : peerIds) {
            int node = peer.number();
            Optional<Incarnation> life = lives.get(node);
            into.add(life.isPresent() ? life.get().life() : 0).add(lastHeardAt[node]).add(probes[node].fingerprint());
            for (int link = 0; link < links; link++) {
                into.add(lastSequence[node * LINKS_LIMIT + link]).add(book.state(node, link).ordinal());
            }
        }
    }

    private void watch(NodeSet next, int count) {
        peers = next;
        links = count;
        peerIds = new NodeId[next.count()];
        int at = 0;
        for (NodeId peer : next) {
            peerIds[at++] = peer;
            if (probes[peer.number()] == null) {
                probes[peer.number()] = new StreamProbe(times.probeNs());
            }
        }
    }

    /** Who is not configured any more is lost; lives and sequences are kept, so that old pulses stay old. */
    private void configured(NodeSet next, int count, long now, Outbox<HeartbeatNews> out) {
        for (NodeId gone : peers.minus(next)) {
            probes[gone.number()].opened();
            if (hears(gone)) {
                lose(life(gone), "it is not configured any more", now, out);
            }
        }
        for (int link = count; link < links; link++) {
            silence.forgetLink(link);
            hearsUsOn[link] = 0;
        }
        watch(next, count);
        pulseAt = now;
    }

    private void detectOwnPause(long now, Outbox<HeartbeatNews> out) {
        long awayNs = pauses.awayNs(deadline, now);
        if (awayNs == 0) {
            return;
        }
        silence.startAnew(now);
        for (NodeId peer : peerIds) {
            probes[peer.number()].startAnew(now);
            book.startAnew(peer.number(), now);
        }
        verdictPostponed = false;
        verdictAt = NEVER;
        pulseAt = now;
        deadline = now;
        out.announce(new SelfPaused(awayNs));
    }

    private void arrived(Incarnation from, int link, Pulse pulse, long now, Outbox<HeartbeatNews> out) {
        int node = from.node().number();
        long bit = 1L << node;
        Optional<Incarnation> known = lives.get(node);
        long life = known.isPresent() ? known.get().life() : 0;
        if (from.life() < life || from.life() == life && pulse.sequence() <= lastSequence[node * LINKS_LIMIT + link]) {
            return; // a former life, or a datagram that was doubled or overtaken
        }
        if (from.life() > life) {
            if ((present & bit) != 0) {
                lose(known.orElseThrow(), "a newer life %s is heard".formatted(from), now, out);
            }
            lives.set(node, Optional.of(from));
            // Whatever stream was closed was the former life's.
            probes[node].opened();
            Arrays.fill(lastSequence, node * LINKS_LIMIT, (node + 1) * LINKS_LIMIT, -1);
        }
        lastSequence[node * LINKS_LIMIT + link] = pulse.sequence();
        lastHeardAt[node] = now;
        silence.arrived(node, link, now);
        book.arrived(node, link, now);
        probes[node].heard(now);
        hearsUsOn[link] = pulse.heard().contains(self.node()) ? hearsUsOn[link] | bit : hearsUsOn[link] & ~bit;
        if ((present & bit) == 0) {
            present |= bit;
            book.begins(node, now);
            // The peer learns that it is heard from our next pulse: no need to let it wait for that.
            pulseAt = now;
            out.announce(new PeerHeard(lives.get(node).orElseThrow()));
        }
        if (pulse.answer() && !signedOff) {
            out.cast(from.node(), link, nextPulse(link, false));
        }
    }

    private void speakVerdicts(long now, Outbox<HeartbeatNews> out) {
        for (NodeId peer : peerIds) {
            if (hears(peer) && probes[peer.number()].ended(now)) {
                lose(life(peer), probes[peer.number()].reason(now), now, out);
            }
        }
        silence.expire(now);
        for (long silent = present & ~silence.heard(); silent != 0; silent &= silent - 1) {
            int node = NodeSet.numberAt(Long.numberOfTrailingZeros(silent));
            lose(lives.get(node).orElseThrow(), "not heard by %s on any link for %d ms".formatted(
                    self.node(), (now - lastHeardAt[node]) / MS), now, out);
        }
    }

    private void lose(Incarnation who, String reason, long now, Outbox<HeartbeatNews> out) {
        int node = who.node().number();
        present &= ~(1L << node);
        silence.forget(node);
        book.lost(node, now);
        probes[node].stop();
        for (int link = 0; link < links; link++) {
            hearsUsOn[link] &= ~(1L << node);
        }
        out.announce(new PeerLost(who, reason, now - lastHeardAt[node]));
    }

    private void pulse(long now, Outbox<HeartbeatNews> out) {
        if (now < pulseAt) {
            return;
        }
        for (int link = 0; link < links; link++) {
            Pulse pulse = ownPulse[link].become(++ownSequence[link], heardOn(link), false);
            for (NodeId peer : peerIds) {
                out.cast(peer, link, pulse);
            }
        }
        pulseAt += times.pulseNs();
        if (pulseAt <= now) {
            pulseAt = now + times.pulseNs(); // what was missed is not made up for
        }
    }

    private void probe(long now, Outbox<HeartbeatNews> out) {
        for (NodeId peer : peerIds) {
            if (probes[peer.number()].probe(now)) {
                for (int link = 0; link < links; link++) {
                    out.cast(peer, link, nextPulse(link, true));
                }
            }
        }
    }

    /** Out of turn: several may leave in one step, so each is one of its own. */
    private Pulse nextPulse(int link, boolean answer) {
        return new Pulse(++ownSequence[link], heardOn(link), answer);
    }

    private NodeSet heardOn(int link) {
        if (pulseHeard[link].bits() != silence.heardOn(link)) {
            pulseHeard[link] = new NodeSet(silence.heardOn(link));
        }
        return pulseHeard[link];
    }

    private void lookAtLinks(long now, Outbox<HeartbeatNews> out) {
        for (NodeId peer : peerIds) {
            int node = peer.number();
            for (int link = 0; hears(peer) && link < links; link++) {
                long before = book.toldAt(node, link);
                boolean heard = (silence.heardOn(link) & 1L << node) != 0;
                if (book.look(node, link, heard, (hearsUsOn[link] & 1L << node) != 0, now)) {
                    out.announce(new LinkChanged(life(peer), link, book.state(node, link), now - before));
                }
            }
        }
    }

    private void tellLinks(Outbox<HeartbeatNews> out) {
        long twoWay = 0;
        for (int link = 0; link < links; link++) {
            twoWay |= silence.heardOn(link) & hearsUsOn[link];
        }
        long heard = silence.heard();
        if (heard != toldHeard.bits() || twoWay != toldTwoWay.bits()) {
            toldHeard = new NodeSet(heard);
            toldTwoWay = new NodeSet(twoWay);
            out.announce(new LinksChanged(toldHeard, toldTwoWay));
        }
    }

    private void plan() {
        long next = signedOff ? NEVER : pulseAt;
        // A postponed verdict is not called for again before its turn.
        next = Math.min(next, verdictPostponed ? verdictAt : silence.checkAt());
        if (!signedOff) {
            for (NodeId peer : peerIds) {
                next = Math.min(next, probes[peer.number()].nextAt());
            }
        }
        deadline = next;
    }

    private boolean hears(NodeId peer) {
        return (present & 1L << peer.number()) != 0;
    }

    private Incarnation life(NodeId peer) {
        return lives.get(peer.number()).orElseThrow();
    }
}
