package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.node.NodeNews;
import io.muster.node.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 001-1, 001-9: messages addressed to nodes, while streams break, links go and nodes die. */
class PortsScenariosTest {

    private static final int NODES = 3;
    private static final int ROUNDS = 400;

    /** From one life to another, in the order of sending or of coming. */
    private record Pair(Incarnation from, Incarnation to) implements Comparable<Pair> {

        @Override
        public int compareTo(Pair other) {
            int byFrom = from.compareTo(other.from);
            return byFrom != 0 ? byFrom : to.compareTo(other.to);
        }
    }

    private final Map<Pair, List<String>> sent = new TreeMap<>();
    private final Map<Pair, List<String>> came = new TreeMap<>();
    private int counter;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    @DisplayName("001-9: what comes is what was sent to that very life, in order, nothing twice and nothing left out")
    void whatComesIsABeginningOfWhatWasSent(long seed) {
        Prng chance = new Prng(seed);
        Simulation simulation = new Simulation(SimSettings.calm(seed, NODES).withLinks(2), Optional.empty());
        simulation.announcements().whenDelivered((life, message) -> came
                .computeIfAbsent(new Pair(message.from(), life), _ -> new ArrayList<>())
                .add(text(message)));
        simulation.startAll();
        for (int round = 0; round < ROUNDS; round++) {
            NodeId one = NodeId.of(1 + chance.nextInt(NODES));
            NodeId other = NodeId.of(1 + chance.nextInt(NODES));
            send(simulation, one, other);
            if (!one.equals(other)) {
                disturb(simulation, chance, one, other);
            }
            simulation.runUntil(simulation.time().now() + chance.nextLong(100 * TimeBudget.MS));
        }
        for (NodeId one : simulation.nodes()) {
            for (NodeId other : simulation.nodes().without(one)) {
                for (int link = 0; link < 2; link++) {
                    simulation.network().mendWire(one, other, link);
                }
            }
        }
        simulation.runUntil(simulation.time().now() + 10 * TimeBudget.SECOND);

        assertThat(came.values().stream().mapToInt(List::size).sum()).isGreaterThan(ROUNDS / 3);
        came.forEach((pair, texts) -> assertThat(sent.getOrDefault(pair, List.of())).as("%s", pair).startsWith(
                texts.toArray(String[]::new)));
        sent.forEach((pair, texts) -> {
            if (simulation.truth().alive(pair.from()) && simulation.truth().alive(pair.to())) {
                assertThat(came.getOrDefault(pair, List.of())).as("both live: %s", pair).isEqualTo(texts);
            }
        });
    }

    private void send(Simulation simulation, NodeId one, NodeId other) {
        simulation.host(one).process().ifPresent(process -> {
            String text = "word " + ++counter;
            Request request = new Request.SendTo(other, 7, Bytes.owning(text.getBytes(StandardCharsets.UTF_8)));
            if (process.machine().refusal(request).isEmpty()) {
                Incarnation to = process.machine().status(process.localNow()).state().members().get(other).who();
                sent.computeIfAbsent(new Pair(process.life(), to), _ -> new ArrayList<>()).add(text);
                simulation.ask(one, request);
            }
        });
    }

    private static void disturb(Simulation simulation, Prng chance, NodeId one, NodeId other) {
        switch (chance.nextInt(40)) {
            case 0, 1, 2 -> simulation.network().breakStream(one, other);
            case 3, 4 -> simulation.network().cutWire(one, other, chance.nextInt(2));
            case 5, 6, 7, 8 -> simulation.network().mendWire(one, other, chance.nextInt(2));
            case 9 -> {
                simulation.kill(one);
                simulation.start(one);
            }
            default -> { /* quiet */ }
        }
    }

    private static String text(NodeNews.Delivered message) {
        return new String(message.content().shared(), StandardCharsets.UTF_8);
    }
}
