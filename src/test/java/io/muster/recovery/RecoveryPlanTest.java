package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecoveryPlanTest {

    @Test
    @DisplayName("R11 each departed life has one replayer, and the departed are dealt out to the survivors in order")
    void theDepartedAreDealtOutToTheSurvivors() {
        RecoveryPlan plan = RecoveryPlan.of(group(
                List.of(Incarnation.of(2, 1), Incarnation.of(5, 3)),
                List.of(Incarnation.of(1, 1), Incarnation.of(3, 1), Incarnation.of(4, 1))));
        assertThat(plan.replayer()).containsExactly(
                Map.entry(Incarnation.of(1, 1), NodeId.of(2)),
                Map.entry(Incarnation.of(3, 1), NodeId.of(5)),
                Map.entry(Incarnation.of(4, 1), NodeId.of(2)));
    }

    @Test
    void withoutSurvivorsNobodyReplays() {
        assertThat(RecoveryPlan.of(group(List.of(), List.of(Incarnation.of(1, 1)))).replayer()).isEmpty();
    }

    private static Group group(List<Incarnation> members, List<Incarnation> departed) {
        TreeMap<NodeId, Incarnation> lives = new TreeMap<>();
        members.forEach(who -> lives.put(who.node(), who));
        return new Group(new GroupName("files"), 7, Phase.STOP, lives, new TreeSet<>(departed));
    }
}
