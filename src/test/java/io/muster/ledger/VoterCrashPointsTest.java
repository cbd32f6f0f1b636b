package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.quorum.Electorate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A crash at each write and at each message of three changes of the voters and two versions more, with each kind of
 * damage, on each node: the leader, an old voter, the newcomer, the one that is removed. Who died comes back as its next
 * life. The checker of {@link LedgerWorld} watches all of it (rules Q3 and Q4 among the others); here every change has to
 * come to its end, and the cluster to go on.
 */
class VoterCrashPointsTest {

    private static final long MS = LedgerWorld.MS;
    private static final int NODES = 4;
    private static final int VOTERS = 3;
    private static final long NOTHING = 0;
    private static final long EVERYTHING = -1;
    private static final long EVERY_OTHER_SECTOR = 0x5555555555555555L;
    private static final int POINTS_LIMIT = 500;
    private static final int VERSIONS_AFTER = 2;
    /** n4 is added, n3 is removed, n1 is given two votes. */
    private static final List<Map<Integer, Integer>> GROW = List.of(
            Map.of(1, 1, 2, 1, 3, 1), Map.of(1, 1, 2, 1, 3, 1, 4, 1), Map.of(1, 1, 2, 1, 4, 1), Map.of(1, 2, 2, 1, 4, 1));
    /** The leader is removed, and then n2; n1 comes back with its old record. */
    private static final List<Map<Integer, Integer>> SHRINK = List.of(
            Map.of(1, 1, 2, 1, 3, 1), Map.of(2, 1, 3, 1), Map.of(3, 1), Map.of(1, 1, 3, 2));

    private enum Point { WRITE, MESSAGE }

    /** @param kept which sectors of a write under way are handed over; with power lost, which are on the medium */
    private record Damage(long kept, boolean power) {}

    private List<Map<Integer, Integer>> steps = GROW;
    private int walked;

    @Test
    @DisplayName("Q3, Q4, L2: a death at any write while voters are added and removed, torn, lost or whole, costs nothing")
    void aDeathAtAnyWrite() {
        walkWrites(GROW);
        assertThat(walked).isEqualTo(72);
    }

    @Test
    @DisplayName("Q2, Q4, L2: the same while the leader and another are removed, and it comes back with its old record")
    void aDeathAtAnyWriteOfARegrowth() {
        walkWrites(SHRINK);
        assertThat(walked).isEqualTo(72);
    }

    @Test
    @DisplayName("Q3, Q4, L9: a death before any message of these changes costs nothing")
    void aDeathAtAnyMessage() {
        for (List<Map<Integer, Integer>> script : List.of(GROW, SHRINK)) {
            walk(script, Point.MESSAGE, new Damage(NOTHING, true));
        }
        assertThat(walked).isEqualTo(135);
    }

    private void walkWrites(List<Map<Integer, Integer>> script) {
        for (long kept : new long[] {NOTHING, EVERY_OTHER_SECTOR, EVERYTHING}) {
            walk(script, Point.WRITE, new Damage(kept, true));
        }
        walk(script, Point.WRITE, new Damage(~EVERY_OTHER_SECTOR, false));
    }

    /** Each node dies at its first point, at its second, and so on until the changes are over before it does. */
    private void walk(List<Map<Integer, Integer>> script, Point point, Damage damage) {
        steps = script;
        for (int victim = 1; victim <= NODES; victim++) {
            int number = 1;
            while (run(point, victim, number, damage)) {
                walked++;
                number++;
                assertThat(number).isLessThan(POINTS_LIMIT);
            }
        }
    }

    /** @return whether the victim died while the voters changed */
    private boolean run(Point point, int victim, int number, Damage damage) {
        String name = "n%d at %s %d, %s".formatted(victim, point, number, damage);
        LedgerWorld world = new LedgerWorld(victim, NODES, VOTERS);
        LedgerWorld.Host host = world.hosts.get(NodeId.of(victim));
        boolean[] died = {false};
        boolean[] begun = {false};
        try {
            world.runFor(1_000 * MS);
            Runnable death = () -> {
                if (!over(world)) {
                    died[0] = true;
                    host.die(damage.power(), damage.kept(), damage.power() ? damage.kept() : NOTHING);
                    world.at(150 * MS, host::boot);
                }
            };
            world.wish = draft -> {
                if (!begun[0]) {
                    begun[0] = true;
                    switch (point) {
                        case WRITE -> host.atWrite(number, death);
                        case MESSAGE -> host.atSend(number, death);
                    }
                }
                wantNext(draft);
            };
            for (int spent = 0; spent < 200 && !over(world); spent++) {
                world.runFor(50 * MS);
            }
            assertThat(world.checker.newest().orElseThrow().electorate()).as(name).isEqualTo(electorate(steps.size() - 1));
            if (died[0]) {
                long before = world.checker.newestChosen();
                world.runFor(600 * MS);
                world.proposing = false;
                world.runFor(300 * MS);
                assertThat(world.checker.newestChosen()).as(name).isGreaterThan(before);
                assertThat(world.allApplied(world.checker.newestChosen())).as(name).isTrue();
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(name + ": " + e.getMessage(), e);
        }
        return died[0];
    }

    /** The next configuration, once everybody is in. */
    private void wantNext(Draft draft) {
        for (int step = 0; step + 1 < steps.size(); step++) {
            if (draft.state().electorate().equals(electorate(step)) && draft.state().members().size() == NODES) {
                Electorate next = electorate(step + 1);
                TreeMap<NodeId, Long> recordIds = new TreeMap<>();
                next.votes().keySet().forEach(node -> recordIds.put(node, 100L + node.number()));
                draft.add(new LedgerEvent.ElectorateChanged(
                        new Acceptors(next, recordIds), Voting.of(VotePolicy.FIXED, next), "step " + (step + 1)));
                return;
            }
        }
    }

    private boolean reached(LedgerWorld world) {
        return world.checker.newest().filter(state -> state.electorate().equals(electorate(steps.size() - 1))).isPresent();
    }

    /** Whether the last change, and so many versions after it, are chosen. */
    private boolean over(LedgerWorld world) {
        long newest = world.checker.newestChosen();
        return reached(world) && world.checker.chosen(newest - VERSIONS_AFTER)
                .filter(state -> state.electorate().equals(electorate(steps.size() - 1))).isPresent();
    }

    private Electorate electorate(int step) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        steps.get(step).forEach((node, count) -> votes.put(NodeId.of(node), count));
        return Electorate.majorityOf(votes);
    }
}
