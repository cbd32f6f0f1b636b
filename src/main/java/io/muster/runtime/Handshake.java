package io.muster.runtime;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.VersionRange;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * Who may have a stream with this node, behind a certificate that fits: a list of {@link HandshakeStep}s, of which the
 * first are built in (003-33). Also remembers what was found out: the protocol version to use with each peer, and the
 * highest life that each has introduced.
 *
 * <p>The one who dialled introduces itself; the other answers with {@link Dialler#WELCOME} and its own introduction, or
 * with {@link #REFUSAL} and a sentence. Usable from any thread.
 */
final class Handshake {

    /** Instead of a welcome; a text follows. */
    static final int REFUSAL = 'R';
    /** The longest reason, in characters. */
    static final int REASON_LIMIT = 512;

    private final ClusterId cluster;
    private final Incarnation self;
    private final VersionRange protocols;
    private final VersionRange features;
    private final IntSupplier agreedLevel;
    private final List<HandshakeStep> further;
    private final List<HandshakeStep> steps = new ArrayList<>();
    /** By node number; 0 when not known yet. */
    private final AtomicIntegerArray agreedProtocols = new AtomicIntegerArray(NodeId.LIMIT);
    private final AtomicLongArray lives = new AtomicLongArray(NodeId.LIMIT);

    /**
     * @param agreedLevel the feature level that this node's cluster has agreed on, as far as it knows
     * @param further     steps behind the built-in ones
     * @throws IllegalArgumentException when there are too many or two have one name
     */
    Handshake(ClusterId cluster, Incarnation self, VersionRange protocols, VersionRange features, IntSupplier agreedLevel,
            List<HandshakeStep> further) {
        this.cluster = cluster;
        this.self = self;
        this.protocols = protocols;
        this.features = features;
        this.agreedLevel = agreedLevel;
        this.further = List.copyOf(further);
        if (further.size() > Introduction.STEPS_LIMIT
                || further.stream().map(HandshakeStep::name).distinct().count() < further.size()) {
            throw new IllegalArgumentException("handshake steps %s: at most %d, each with a name of its own".formatted(
                    further.stream().map(HandshakeStep::name).toList(), Introduction.STEPS_LIMIT));
        }
        steps.add(step("identity", this::identity));
        steps.add(step("cluster", this::cluster));
        steps.add(step("life", this::life));
        steps.add(step("protocol", this::protocol));
        steps.add(step("features", this::features));
        steps.addAll(further);
    }

    /** What this node says of itself now. */
    Introduction own() {
        SortedMap<String, String> told = new TreeMap<>();
        further.forEach(step -> told.put(step.name(), Texts.clip(step.tells(), HandshakeStep.TOLD_LIMIT)));
        return new Introduction(cluster, self, protocols, features, agreedLevel.getAsInt(), told);
    }

    /**
     * Reads the peer's introduction and asks all steps.
     *
     * @throws PeerRefused with the step that refuses and its reason
     */
    Introduction meet(NodeId certificate, InputStream from) throws IOException, PeerRefused {
        Introduction introduction;
        try {
            introduction = Introduction.read(from);
        } catch (MalformedFrame e) {
            throw new PeerRefused(certificate + " did not introduce itself: " + e.getMessage());
        }
        HandshakeStep.Peer peer = new HandshakeStep.Peer(certificate, introduction);
        for (HandshakeStep step : steps) {
            Optional<String> refusal = ask(step, peer);
            if (refusal.isPresent()) {
                throw new PeerRefused("%s (step %s)".formatted(refusal.get(), step.name()));
            }
        }
        int node = certificate.number();
        lives.accumulateAndGet(node, introduction.who().life(), Math::max);
        agreedProtocols.set(node, protocols.common(introduction.protocols()).orElseThrow());
        return introduction;
    }

    /** The protocol version for frames to this peer: the highest that both speak, or the lowest until that is known. */
    int protocolWith(NodeId peer) {
        int known = agreedProtocols.get(peer.number());
        return known == 0 ? protocols.lowest() : known;
    }

    /** What is sent to one who is refused. */
    static byte[] refusal(String why) {
        return new ByteWriter().u8(REFUSAL).text(Texts.clip(why, REASON_LIMIT)).toArray();
    }

    /** The sentence of a peer that refuses us. */
    static String readRefusal(InputStream from) throws IOException {
        try {
            int length = new ByteReader(Frames.readFully(from, new byte[2], 0)).u16();
            if (length > 4 * REASON_LIMIT) {
                return "with %d bytes of reasons".formatted(length);
            }
            byte[] text = Frames.readFully(from, new byte[length], 0);
            return Texts.clip(new ByteReader(new ByteWriter().u16(length).raw(text).toArray()).text(), REASON_LIMIT);
        } catch (MalformedFrame e) {
            return "with a reason that cannot be read";
        }
    }

    private Optional<String> identity(HandshakeStep.Peer peer) {
        return peer.introduction().who().node().equals(peer.certificate())
                ? Optional.empty()
                : Optional.of("it says it is %s and its certificate is that of %s".formatted(
                        peer.introduction().who(), peer.certificate()));
    }

    private Optional<String> cluster(HandshakeStep.Peer peer) {
        if (peer.introduction().cluster().isOtherLedgerOf(cluster)) {
            return Optional.of(("%s keeps to another ledger of this cluster: voters were given up (muster ledger revive); give"
                    + " the node that is behind a record of the newer one with muster ledger fresh").formatted(
                            peer.certificate()));
        }
        return peer.introduction().cluster().equals(cluster)
                ? Optional.empty()
                : Optional.of("%s is of cluster %s, this is %s".formatted(
                        peer.certificate(), peer.introduction().cluster(), cluster));
    }

    private Optional<String> life(HandshakeStep.Peer peer) {
        long known = lives.get(peer.certificate().number());
        return peer.introduction().who().life() >= known
                ? Optional.empty()
                : Optional.of("%s is a former life, %s#%d was here".formatted(
                        peer.introduction().who(), peer.certificate(), known));
    }

    private Optional<String> protocol(HandshakeStep.Peer peer) {
        return peer.introduction().protocols().common(protocols).isPresent()
                ? Optional.empty()
                : Optional.of("%s speaks protocol version %s and this program %s: bring both to programs that overlap"
                        .formatted(peer.introduction().who(), peer.introduction().protocols(), protocols));
    }

    /** A node that cannot read the agreed state would only take it for noise. */
    private Optional<String> features(HandshakeStep.Peer peer) {
        Introduction it = peer.introduction();
        if (!it.features().contains(agreedLevel.getAsInt())) {
            return Optional.of("%s speaks feature level %s and the cluster has agreed on %d: start it with a newer program"
                    .formatted(it.who(), it.features(), agreedLevel.getAsInt()));
        }
        return features.contains(it.featureLevel())
                ? Optional.empty()
                : Optional.of("%s is at feature level %d and this program speaks %s: start this node with a newer program"
                        .formatted(it.who(), it.featureLevel(), features));
    }

    private static Optional<String> ask(HandshakeStep step, HandshakeStep.Peer peer) {
        try {
            return step.refusal(peer);
        } catch (RuntimeException e) {
            return Optional.of("%s could not be judged: %s".formatted(peer.introduction().who(), e));
        }
    }

    private static HandshakeStep step(String name, Function<HandshakeStep.Peer, Optional<String>> refusal) {
        return new HandshakeStep() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<String> refusal(Peer peer) {
                return refusal.apply(peer);
            }
        };
    }
}
