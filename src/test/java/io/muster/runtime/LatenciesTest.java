package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.ledger.Ballot;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Completion;
import io.muster.node.NodeInput;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LatenciesTest {

    private static final long MS = 1_000_000;
    private final Latencies latencies = new Latencies(2_000 * MS);

    private void pulse(int life, int link, long at) {
        latencies.told(new NodeInput.CastArrived(
                Incarnation.of(2, life), link, new HeartbeatMessage.Pulse(1, NodeSet.NONE, false)), at);
    }

    private Latencies.Measured of(Latencies.Kind kind, long now) {
        return latencies.all(now).stream().filter(each -> each.kind() == kind).findFirst().orElseThrow();
    }

    @Test
    @DisplayName("gaps are of one life on one link: what lies between two lives is none")
    void gapsAreOfOneLife() {
        pulse(1, 0, 0);
        pulse(1, 0, 50 * MS);
        pulse(1, 1, 51 * MS);
        pulse(1, 0, 170 * MS);
        pulse(2, 0, 9_000 * MS);

        assertThat(latencies.all(9_000 * MS)).filteredOn(each -> each.kind() == Latencies.Kind.PULSE_GAP && each.link() == 0)
                .singleElement().satisfies(each -> {
                    assertThat(each.greatestNs()).isEqualTo(120 * MS);
                    assertThat(each.count()).isEqualTo(2);
                });
    }

    @Test
    @DisplayName("a beat's round trip counts from its first sending, and only in its own ballot")
    void roundTripsAreOfOneBallot() {
        Ballot old = new Ballot(1, Incarnation.of(1, 1));
        Ballot own = new Ballot(2, Incarnation.of(1, 1));
        latencies.sent(new LedgerMessage.Beat(old, 1, 5), 0);
        latencies.sent(new LedgerMessage.Beat(own, 1, 5), 100 * MS);
        latencies.sent(new LedgerMessage.Beat(own, 1, 5), 101 * MS);
        latencies.told(new NodeInput.Arrived(Incarnation.of(2, 1), new LedgerMessage.BeatHeard(old, 1, 5)), 102 * MS);
        latencies.told(new NodeInput.Arrived(Incarnation.of(2, 1), new LedgerMessage.BeatHeard(own, 2, 5)), 102 * MS);
        latencies.told(new NodeInput.Arrived(Incarnation.of(2, 1), new LedgerMessage.BeatHeard(own, 1, 5)), 103 * MS);

        assertThat(of(Latencies.Kind.BEAT_ROUND_TRIP, 103 * MS).count()).isEqualTo(1);
        assertThat(of(Latencies.Kind.BEAT_ROUND_TRIP, 103 * MS).greatestNs()).isEqualTo(3 * MS);
    }

    @Test
    @DisplayName("the lease used is what was gone at a renewal; opening a gate that was shut is none")
    void leaseUsed() {
        latencies.actUntil(2_000 * MS, 0);
        latencies.actUntil(2_300 * MS, 500 * MS);
        latencies.actUntil(9_000 * MS, 7_000 * MS);

        assertThat(of(Latencies.Kind.LEASE_USED, 0).count()).isEqualTo(1);
        assertThat(of(Latencies.Kind.LEASE_USED, 0).greatestNs()).isEqualTo(500 * MS);
        assertThat(latencies.all(0)).noneMatch(each -> each.kind() == Latencies.Kind.RECORD_WRITE);
        latencies.told(new NodeInput.Completed(new Completion.Written(3)), 0);
        assertThat(latencies.all(0)).noneMatch(each -> each.kind() == Latencies.Kind.RECORD_WRITE);
    }

    @Test
    @DisplayName("a median is at most an eighth below the true one, and the greatest value is the true one")
    void mediansAreClose() {
        Prng chance = new Prng(5);
        for (int round = 0; round < 300; round++) {
            Peak peak = new Peak();
            List<Long> slow = new ArrayList<>();
            for (int i = 0; i < 1 + round; i++) {
                long value = chance.nextLong(1L << 1 + chance.nextInt(50));
                slow.add(value);
                peak.add(value, 7);
            }
            Collections.sort(slow);
            long median = slow.get((slow.size() + 1) / 2 - 1);
            assertThat(peak.medianNs()).isLessThanOrEqualTo(median).isGreaterThanOrEqualTo(median - median / 8 - 1);
            assertThat(peak.greatestNs(7)).isEqualTo(slow.getLast());
        }
    }

    @Test
    @DisplayName("one bad moment is forgotten after two windows, and not before the end of one")
    void badMomentsAreForgotten() {
        Peak peak = new Peak();
        peak.add(500, 0);
        peak.add(3, Peak.WINDOW_NS);
        assertThat(peak.greatestNs(Peak.WINDOW_NS + 1)).isEqualTo(500);
        assertThat(peak.greatestNs(2 * Peak.WINDOW_NS)).isEqualTo(3);
        peak.add(4, 2 * Peak.WINDOW_NS);
        assertThat(peak.greatestNs(9 * Peak.WINDOW_NS)).isZero();
        assertThat(peak.count()).isEqualTo(3);
    }
}
