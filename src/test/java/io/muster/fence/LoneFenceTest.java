package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.Lone;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The fence that one of two nodes tries by itself. */
class LoneFenceTest {

    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final Incarnation N2 = Incarnation.of(2, 1);
    private static final Incarnation NEWER = Incarnation.of(2, 2);

    private final Chain chain = Chain.of(2);
    private final Collected<LoneNews> out = new Collected<>();

    @Test
    @DisplayName("F5a: a try that a newer life holds back is not due at any time, and is made when that one falls silent")
    void aTryThatIsHeldBackIsNotDueAtOnce() {
        LoneFence fence = fence(FenceLevel.of("outlet"));
        fence.heard(new HeartbeatNews.PeerHeard(N2), 0, out);
        fence.see(Optional.of(N2), 1, Optional.empty(), chain.head(), 0, out);
        fence.heard(new HeartbeatNews.PeerLost(N2, "silent", 1), 10, out);
        assertThat(out.news).containsExactly(new LoneNews.Intended(N2, 1));
        fence.heard(new HeartbeatNews.PeerHeard(NEWER), 20, out);
        fence.see(Optional.of(N2), 1, Optional.of(new Lone(N2, 1, Optional.empty())), chain.head(), 30, out);

        assertThat(out.effects).isEmpty();
        assertThat(fence.deadline()).isEqualTo(Machine.NEVER);

        fence.heard(new HeartbeatNews.PeerLost(NEWER, "silent", 1), 40, out);
        assertThat(out.effects).hasSize(1);
    }

    @Test
    @DisplayName("F5a: the levels are tried in their order, and one is held back by what it does itself, not by the next")
    void eachLevelIsHeldBackByWhatItDoesItself() {
        LoneFence fence = fence(FenceLevel.of("process"), FenceLevel.of("outlet"));
        fence.heard(new HeartbeatNews.PeerLost(N2, "silent", 1), 0, out);
        fence.see(Optional.of(N2), 1, Optional.empty(), chain.head(), 0, out);
        fence.heard(new HeartbeatNews.PeerHeard(NEWER), 20, out);
        fence.see(Optional.of(N2), 1, Optional.of(new Lone(N2, 1, Optional.empty())), chain.head(), 30, out);
        Effect.Fence first = (Effect.Fence) out.effects.getLast();
        assertThat(first.method()).isEqualTo("process");

        fence.ended(new Completion.FenceEnded(first.ticket(), Optional.empty(), "refused"), 40, out);
        fence.due(TimeBudget.SECOND * 100, out);
        assertThat(out.effects).as("the outlet would cut the newer life off").hasSize(1);

        fence.heard(new HeartbeatNews.PeerLost(NEWER, "silent", 1), TimeBudget.SECOND * 100, out);
        assertThat(((Effect.Fence) out.effects.getLast()).method()).isEqualTo("outlet");
    }

    @Test
    @DisplayName("T7: of two nodes alone, a watchdog's time that has passed lets nobody go on; an act with read-back does")
    void timeAloneLetsNobodyGoOn() {
        for (EvidenceClass evidence : EvidenceClass.values()) {
            Collected<LoneNews> told = new Collected<>();
            LoneFence fence = fence(FenceLevel.of("process"));
            fence.heard(new HeartbeatNews.PeerLost(N2, "silent", 1), 0, told);
            fence.see(Optional.of(N2), 1, Optional.empty(), chain.head(), 0, told);
            fence.see(Optional.of(N2), 1, Optional.of(new Lone(N2, 1, Optional.empty())), chain.head(), 30, told);
            Effect.Fence order = (Effect.Fence) told.effects.getLast();
            fence.ended(new Completion.FenceEnded(order.ticket(), Optional.of(evidence.label()), "the device's words"), 40, told);

            assertThat(told.news.stream().anyMatch(LoneNews.Fenced.class::isInstance)).as("%s", evidence)
                    .isEqualTo(evidence != EvidenceClass.ASSUMED);
        }
    }

    private static LoneFence fence(FenceLevel... levels) {
        TreeMap<String, FenceDevice> devices = new TreeMap<>();
        devices.put("outlet", new FenceDevice("outlet", false, true, true, false));
        devices.put("process", new FenceDevice("process", true, true, false, false));
        TreeMap<NodeId, FencePlan> plans = new TreeMap<>();
        plans.put(NodeId.of(2), new FencePlan(List.of(levels), 0, 0, 0, List.of(), false));
        return new LoneFence(N1, new Fencing(plans, devices, FenceLimits.NONE), TimeBudget.lan(),
                -TimeBudget.SECOND);
    }
}
