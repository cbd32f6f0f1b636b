package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.ledger.LedgerMessage;
import io.muster.membership.MembershipMessage;
import io.muster.node.FrameCodec;
import io.muster.node.FrameFuzzer;
import io.muster.node.NodeInput;
import io.muster.node.RandomMessages;
import io.muster.node.Request;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A quiet cluster under all checkers, into which somebody talks: whatever he says and can be read, no checker objects and
 * no node breaks; and when he is silent again, all nodes are in and the group runs. (Who has somebody speak in his name may
 * be put out for it: his true pulses look old beside invented ones.)
 *
 * <p>In a member's name only what is no promise is said: rows, pulses, asks. A member that lies about what it promised,
 * accepted, fenced or drained is believed (docs/LIMITS.md). In the name of a former life everything is said but words of
 * the ledger, which carry their own order; a stream takes no word of a life other than the one that was introduced on it.
 */
class HostilePeerTest {

    private static final int SEEDS = Math.max(1, Integer.getInteger("fuzz.rounds", 30_000) / 10_000);
    private static final long FIRST_SEED = Long.getLong("fuzz.seed", 1);
    private static final int WORDS = 400;
    private static final NodeId N3 = NodeId.of(3);
    private static final Incarnation FORMER = new Incarnation(N3, 1);
    private static final List<Class<?>> NO_PROMISES = List.of(
            HeartbeatMessage.Pulse.class, MembershipMessage.Row.class, MembershipMessage.LeaseAsk.class,
            MembershipMessage.JoinAsk.class, MembershipMessage.LeaseAnswer.class);

    @Test
    @DisplayName("what a member says beside its promises hurts nobody")
    void aMemberThatTalksNonsense() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            Simulation cluster = whole(seed);
            say(cluster, seed, new Incarnation(N3, 1), NO_PROMISES);
            settles(cluster);
        }
    }

    @Test
    @DisplayName("R9 whatever is said in the name of a former life is not heard")
    void aFormerLifeIsNotHeard() {
        List<Class<?>> kinds = RandomMessages.kinds().stream()
                .filter(kind -> !LedgerMessage.class.isAssignableFrom(kind)).toList();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            Simulation cluster = whole(seed);
            cluster.kill(N3);
            until(cluster, () -> !cluster.truth().chosen().newest().members().containsKey(N3)
                    && cluster.truth().chosen().newest().safe());
            start(cluster, N3);
            settles(cluster);
            long view = cluster.truth().chosen().newest().viewChangedAt();
            say(cluster, seed, FORMER, kinds);
            settles(cluster);
            assertThat(cluster.truth().chosen().newest().viewChangedAt()).as("seed %d", seed).isEqualTo(view);
        }
    }

    private static Simulation whole(long seed) {
        Simulation cluster = new Simulation(SimSettings.calm(seed, 3), Optional.empty());
        cluster.nodes().forEach(node -> start(cluster, node));
        settles(cluster);
        return cluster;
    }

    private static void start(Simulation cluster, NodeId node) {
        cluster.start(node);
        cluster.groups().forEach(group -> cluster.ask(node, new Request.JoinGroup(group)));
    }

    /** To the other two, one word a millisecond or so, good ones and spoilt ones. */
    private static void say(Simulation cluster, long seed, Incarnation as, List<Class<?>> kinds) {
        ClusterId id = cluster.truth().chosen().newest().cluster();
        FrameFuzzer fuzzer = new FrameFuzzer(seed, id, 3);
        FrameCodec codec = new FrameCodec(id);
        for (int word = 0; word < WORDS; word++) {
            Class<?> kind = kinds.get(word % kinds.size());
            byte[] frame = word % 2 == 0 ? fuzzer.good(as, kind) : fuzzer.spoilt(as, kind);
            cluster.runUntil(cluster.time().now() + TimeBudget.MS);
            SimProcess to = cluster.host(NodeId.of(1 + word / 2 % 2)).process().orElseThrow();
            try {
                Envelope envelope = codec.decode(frame);
                // Splices make messages of other kinds, too.
                if (kinds.contains(envelope.message().getClass())) {
                    to.input(envelope.message() instanceof HeartbeatMessage
                            ? new NodeInput.CastArrived(as, 0, envelope.message())
                            : new NodeInput.Arrived(as, envelope.message()));
                }
            } catch (MalformedFrame e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }

    private static void settles(Simulation cluster) {
        until(cluster, () -> new Recovered(cluster).pending().isEmpty());
    }

    private static void until(Simulation cluster, BooleanSupplier reached) {
        long limit = cluster.time().now() + 120 * TimeBudget.SECOND;
        while (!reached.getAsBoolean()) {
            assertThat(cluster.time().now()).as(() -> "stuck: " + new Recovered(cluster).pending()).isLessThan(limit);
            // Who was put out by what was said about it comes back, as a daemon's keeper would see to.
            cluster.nodes().forEach(node -> {
                if (cluster.host(node).process().isEmpty() && cluster.truth().chosen().newest().safe()
                        && !cluster.truth().chosen().newest().members().containsKey(node)) {
                    start(cluster, node);
                }
            });
            cluster.runUntil(cluster.time().now() + 10 * TimeBudget.MS);
        }
    }
}
