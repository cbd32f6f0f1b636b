package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FenceChoiceTest {

    private static final Incarnation VICTIM = Incarnation.of(2, 1);

    @Test
    void theFirstTryIsTheFirstMethodByTheLeaderItself() {
        assertThat(FenceChoice.of(1, List.of("power", "switch"), Incarnation.of(4, 1), members(6), VICTIM))
                .contains(new FenceChoice("power", Incarnation.of(4, 1)));
    }

    @Test
    void everyMethodMeetsEveryActorInTurnAndTheVictimNeverActs() {
        for (int methodCount = 1; methodCount <= 3; methodCount++) {
            for (int nodes = 1; nodes <= 5; nodes++) {
                List<String> methods = List.of("a", "b", "c").subList(0, methodCount);
                List<Incarnation> members = members(nodes);
                Set<FenceChoice> round = new LinkedHashSet<>();
                int turns = methodCount * members.size();
                for (int attempt = 1; attempt <= turns; attempt++) {
                    round.add(FenceChoice.of(attempt, methods, Incarnation.of(1, 1), members, VICTIM).orElseThrow());
                }
                assertThat(round).hasSize(turns).noneMatch(choice -> choice.actor().equals(VICTIM));
                assertThat(FenceChoice.of(turns + 1, methods, Incarnation.of(1, 1), members, VICTIM))
                        .contains(round.iterator().next());
            }
        }
    }

    @Test
    void aNewerLifeOfTheVictimsNodeMayAct() {
        Incarnation newer = Incarnation.of(2, 2);
        assertThat(FenceChoice.of(1, List.of("power"), newer, List.of(newer), VICTIM))
                .contains(new FenceChoice("power", newer));
    }

    @Test
    void withoutAMethodOrAMemberThereIsNoChoice() {
        assertThat(FenceChoice.of(1, List.of(), Incarnation.of(1, 1), members(3), VICTIM)).isEmpty();
        assertThat(FenceChoice.of(1, List.of("power"), Incarnation.of(1, 1), List.of(), VICTIM)).isEmpty();
    }

    private static List<Incarnation> members(int nodes) {
        List<Incarnation> members = new ArrayList<>();
        for (int i = 1; i <= nodes; i++) {
            Incarnation who = Incarnation.of(i, 1);
            if (!who.equals(VICTIM)) {
                members.add(who);
            }
        }
        return members;
    }
}
