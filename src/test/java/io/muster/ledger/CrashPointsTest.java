package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A crash at each write of an election and the versions after it, with each kind of damage, on each node. */
class CrashPointsTest {

    private static final long MS = LedgerWorld.MS;
    private static final int NODES = 3;
    /** The writes of the first life: the record found, a promise, version 0 and the versions after, two copies each. */
    private static final int WRITES = 14;
    private static final long NOTHING = 0;
    private static final long EVERYTHING = -1;
    private static final long EVERY_OTHER_SECTOR = 0x5555555555555555L;

    @Test
    @DisplayName("L2, L7: a death at any write, torn, lost or whole, with or without the power, costs nothing agreed")
    void aDeathAtAnyWriteCostsNothing() {
        int died = 0;
        for (int victim = 1; victim <= NODES; victim++) {
            for (int write = 1; write <= WRITES; write++) {
                for (long kept : new long[] {NOTHING, EVERY_OTHER_SECTOR, ~EVERY_OTHER_SECTOR, EVERYTHING}) {
                    for (boolean power : new boolean[] {false, true}) {
                        died += run(victim, write, kept, power);
                    }
                }
            }
        }
        assertThat(died).isEqualTo(NODES * WRITES * 4 * 2);
    }

    /** @return how often a node died */
    private static int run(int victim, int write, long kept, boolean power) {
        String name = "n%d at write %d, kept %x, power %s".formatted(victim, write, kept, power);
        LedgerWorld world = new LedgerWorld(victim, NODES, NODES);
        LedgerWorld.Host host = world.hosts.get(NodeId.of(victim));
        int[] died = {0};
        host.atWrite(write, () -> {
            died[0]++;
            host.die(power, kept, power ? kept : NOTHING);
            world.at(150 * MS, host::boot);
        });
        try {
            world.runFor(2_000 * MS);
            long before = world.checker.newestChosen();
            world.runFor(600 * MS);
            world.proposing = false;
            world.runFor(300 * MS);
            assertThat(world.checker.newestChosen()).as(name).isGreaterThan(before);
            assertThat(world.allApplied(world.checker.newestChosen())).as(name).isTrue();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(name + ": " + e.getMessage(), e);
        }
        return died[0];
    }

    @Test
    @DisplayName("All die at once and come back as new lives: a cold start, and what was agreed is still agreed")
    void everybodyDiesAtOnce() {
        for (boolean power : new boolean[] {false, true}) {
            for (long seed = 1; seed <= 10; seed++) {
                LedgerWorld world = new LedgerWorld(seed, NODES, NODES);
                world.runFor(3_000 * MS + world.chance.nextLong(MS * 100));
                long agreed = world.checker.newestChosen();
                world.hosts.values().forEach(host -> host.die(power));
                world.runFor(50 * MS);
                world.hosts.values().forEach(LedgerWorld.Host::boot);
                world.runFor(5_000 * MS);
                assertThat(world.checker.newestChosen()).isGreaterThan(agreed);
                world.hosts.values().forEach(host -> assertThat(
                        host.ledger.orElseThrow().state().isMember(host.self())).isTrue());
            }
        }
    }

    @Test
    @DisplayName("A leader is killed: the next leader has its first version well before 40 ms after the loss is seen")
    void theNextLeaderIsQuick() {
        for (long seed = 1; seed <= 30; seed++) {
            LedgerWorld world = new LedgerWorld(seed, NODES, NODES);
            world.runFor(3_000 * MS);
            world.proposing = false;
            world.runFor(300 * MS);
            LedgerWorld.Host killed = world.leader().orElseThrow();
            killed.die(false);
            // Each survivor sees the loss within 40 ms of it, in this world.
            world.runFor(40 * MS);
            world.runFor(30 * MS);
            LedgerWorld.Host next = world.leader().orElseThrow(() -> new AssertionError("nobody leads"));
            assertThat(next.node).isNotEqualTo(killed.node);
        }
    }
}
