package io.muster.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.ledger.Phase;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ChannelRandomTest {

    private static final int SEEDS = Integer.getInteger("muster.group.seeds", 300);
    private static final long FROM = Long.getLong("muster.group.from", 1);
    private static final long MS = ChannelRig.MS;

    @Test
    @DisplayName("001-1 R1 R3 R9 R10: whoever dies, in whatever phase, and whatever the streams lose, double and delay: "
            + "the same messages in the same order to all, and the same set to all survivors")
    void theSameMessagesInTheSameOrder() {
        SortedMap<String, Integer> counts = new TreeMap<>();
        for (long seed = FROM; seed < FROM + SEEDS; seed++) {
            ChannelRig rig = new ChannelRig(seed);
            try {
                run(rig);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed %d: %s%n%s".formatted(seed, e.getMessage(), String.join("\n",
                        rig.trace.subList(Math.max(0, rig.trace.size() - 150), rig.trace.size()))), e);
            }
            rig.counts.forEach((what, count) -> counts.merge(what, count, Integer::sum));
        }
        if (SEEDS >= 100) {
            // Runs in which nothing happens prove nothing.
            assertThat(counts).containsKeys("death in STOP", "death in LOCKS", "death in STRIPES", "death in JOURNALS",
                    "death in RESUME", "death in RUNNING", "leave", "lost", "DELIVERED", "NOT_DELIVERED", "UNKNOWN",
                    "copied", "second death");
            assertThat(counts.get("delivered")).isGreaterThan(20 * SEEDS);
        }
    }

    private static void run(ChannelRig rig) {
        int size = 2 + rig.chance.nextInt(4);
        rig.loss = rig.chance.nextInt(2) * 0.3 * rig.chance.nextDouble();
        rig.doubled = rig.chance.nextInt(2) * 0.3 * rig.chance.nextDouble();
        rig.inOrder = rig.chance.nextInt(2) == 0;
        rig.slowNs = rig.chance.between(1, 80) * MS;
        rig.applyNs = rig.chance.between(1, 200) * MS;
        for (int i = 1; i <= size; i++) {
            rig.start(i);
        }
        for (int i = 0; i < 12; i++) {
            rig.after(rig.chance.nextLong(8_000 * MS), () -> fault(rig, size));
        }
        keepSending(rig, rig.chance.between(2, 60), size, 9_000 * MS);
        keepJoining(rig);
        rig.runFor(9_000 * MS);
        rig.inOrder = true;
        rig.loss = 0;
        rig.doubled = 0;
        rig.slowNs = 2 * MS;
        rig.applyNs = 2 * MS;
        rig.runFor(8_000 * MS);
        rig.nodes.values().stream().filter(node -> node.alive).forEach(node -> {
            assertThat(node.group().map(group -> group.phase())).as("%s gets well", node.self).contains(Phase.RUNNING);
            assertThat(node.channels.waiting(rig.now)).as("%s waits for nothing", node.self).isEmpty();
        });
        List<ChannelRig.Node> alive = rig.nodes.values().stream().filter(node -> node.alive).toList();
        alive.getFirst().send("the last");
        rig.runFor(500 * MS);
        assertThat(alive).allSatisfy(node ->
                assertThat(new String(node.delivered.getLast().content().toArray())).isEqualTo("the last"));
    }

    private static void keepSending(ChannelRig rig, long everyMs, int size, long until) {
        rig.after(rig.chance.between(1, 2 * everyMs) * MS, () -> {
            ChannelRig.Node one = rig.node(1 + rig.chance.nextInt(size));
            if (one.alive && !one.stalled) {
                one.send("at " + rig.now);
            }
            if (rig.now < until) {
                keepSending(rig, everyMs, size, until);
            }
        });
    }

    private static void keepJoining(ChannelRig rig) {
        rig.after(rig.chance.between(1, 100) * MS, () -> {
            rig.nodes.values().stream()
                    .filter(node -> rig.head().filter(group -> group.has(node.self)).isEmpty())
                    .findFirst().ifPresent(rig::join);
            keepJoining(rig);
        });
    }

    private static void fault(ChannelRig rig, int size) {
        ChannelRig.Node one = rig.node(1 + rig.chance.nextInt(size));
        ChannelRig.Node other = rig.node(1 + rig.chance.nextInt(size));
        switch (rig.chance.nextInt(6)) {
            case 0, 1, 2 -> {
                die(rig, one);
                if (rig.chance.nextInt(2) == 0 && other != one) {
                    // While the first death is being recovered from, often in the middle of its STOP.
                    rig.count("second death");
                    rig.after(rig.chance.nextLong(600 * MS), () -> die(rig, other));
                }
            }
            case 3 -> rig.leave(one);
            case 4 -> rig.stall(one, rig.chance.nextLong(1_500 * MS));
            default -> rig.after(0, () -> rig.loss = 0.3 * rig.chance.nextDouble());
        }
    }

    private static void die(ChannelRig rig, ChannelRig.Node one) {
        if (rig.node(one.self.node().number()) != one || rig.nodes.values().stream().filter(n -> n.alive).count() < 2) {
            return;
        }
        rig.kill(one, rig.chance.nextLong(300 * MS));
        int number = one.self.node().number();
        rig.after(1_000 * MS, () -> startAgain(rig, number));
    }

    private static void startAgain(ChannelRig rig, int number) {
        if (!rig.node(number).alive && !rig.chain.head().members().containsKey(rig.node(number).self.node())) {
            rig.start(number);
        }
    }
}
