package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.wire.ByteReader;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("F9, F10, V4: who has to be fenced, who is remembered, and for how long a lapse counts")
final class DepartureMemoryTest {

    private static final Ballot BALLOT = States.ballot(1, 1);
    private static final Incarnation N1 = States.life(1, 1);
    private static final Incarnation N2 = States.life(2, 1);
    private static final Incarnation N3 = States.life(3, 1);
    private static final GroupName LOGS = new GroupName("logs");

    private final ClusterState three =
            next(States.founded(3), States.joined(N1), States.joined(N2), States.joined(N3));
    private final ClusterState grouped = next(toRunning(next(three, in(States.DATA, N1))), in(States.DATA, N3));

    @Test
    @DisplayName("F9: a life in no group is dropped: it is out, the view stays safe, and nothing is to be fenced")
    void aLifeInNoGroupIsDropped() {
        ClusterState out = next(grouped, dropped(N2));
        assertThat(out.isPast(N2)).isTrue();
        assertThat(out.departures()).isEmpty();
        assertThat(out.view().safe()).isTrue();
        assertThat(out.viewChangedAt()).isEqualTo(out.version());
        assertThat(out.cleanLeavers().contains(NodeId.of(2))).as("it did not leave").isFalse();
        assertThat(grouped.mayHoldDirtyState(N2)).isFalse();
    }

    @Test
    @DisplayName("F9: a life in a group, or one that a group still recovers from, is never dropped")
    void aLifeInAGroupIsNeverDropped() {
        refused(grouped, dropped(N3), "may hold dirty state");
        refused(grouped, dropped(States.life(2, 2)), "not a member");
        ClusterState left = next(grouped, new LedgerEvent.GroupLeft(States.DATA, N3));
        assertThat(next(left, dropped(N3)).safe()).as("it has left its group drained (R4)").isTrue();
    }

    @Test
    @DisplayName("F9, F7: while a fence is open anybody may be an actor of it, and nobody is dropped")
    void whileAFenceIsOpenNobodyIsDropped() {
        ClusterState evicted = next(grouped, evicted(N3));
        assertThat(evicted.mayHoldDirtyState(N2)).as("no act can have been asked for before the intent").isFalse();
        ClusterState intended = next(evicted, intent(1, N3), new LedgerEvent.GroupLost(States.DATA, N3));
        refused(intended, dropped(N2), "may hold dirty state");
        assertThat(next(intended, evidence(1, N3)).mayHoldDirtyState(N2)).isFalse();
    }

    @Test
    @DisplayName("F9: over random histories a dropped life was in no group, and a life in a group is never dropped")
    void overRandomHistoriesADroppedLifeWasInNoGroup() {
        int seen = 0;
        for (long seed = 0; seed < 150; seed++) {
            List<ClusterState> chain = States.randomChain(seed, 5, 30);
            for (int version = 1; version < chain.size(); version++) {
                Draft draft = chain.get(version - 1).draft(chain.get(version).proposedBy().orElseThrow());
                for (LedgerEvent event : chain.get(version).events()) {
                    ClusterState before = draft.state();
                    assertThat(draft.add(event)).isEmpty();
                    if (event instanceof LedgerEvent.MemberDropped(Incarnation who, _)) {
                        seen++;
                        before.groups().values().forEach(group -> {
                            assertThat(group.has(who)).isFalse();
                            assertThat(group.departed()).doesNotContain(who);
                        });
                        assertThat(draft.state().departures()).doesNotContainKey(who);
                    }
                }
            }
        }
        assertThat(seen).isGreaterThan(50);
    }

    @Test
    @DisplayName("F10: a departure that is over is remembered until a newer life of its node is in")
    void whatIsOverIsRememberedUntilANewerLifeIsIn() {
        ClusterState over = recovered();
        assertThat(over.recovering()).isFalse();
        assertThat(over.departures()).containsOnlyKeys(N3);
        assertThat(over.departures().get(N3).recoveredBy()).containsExactly(States.DATA);
        assertThat(next(over, States.joined(States.life(3, 2))).departures()).isEmpty();
    }

    @Test
    @DisplayName("F10: a sign of life after recovery opens the fence again and stops the groups that had recovered")
    void aSignOfLifeAfterRecoveryOpensTheFenceAgain() {
        ClusterState over = next(recovered(), in(LOGS, N2));
        ClusterState open = next(over, new LedgerEvent.FenceVoided(1, N3, "it pulsed"));
        assertThat(open.harmless(N3)).isFalse();
        assertThat(open.view().safe()).isFalse();
        assertThat(open.groups().get(States.DATA).phase()).isEqualTo(Phase.STOP);
        assertThat(open.groups().get(States.DATA).departed()).containsExactly(N3);
        assertThat(open.groups().get(LOGS)).as("never had it").isEqualTo(over.groups().get(LOGS));
        refused(open, States.joined(States.life(3, 2)), "a former life of n3#2 is not harmless");
        ClusterState again = toRunning(next(open, evidence(1, N3)));
        assertThat(again.recovering()).isFalse();
        assertThat(again.departures()).containsOnlyKeys(N3);
    }

    @Test
    @DisplayName("F10: the memory is bounded: the oldest are forgotten, and it never keeps anybody from going out")
    void theMemoryIsBounded() {
        ClusterState state = three;
        int more = ClusterState.REMEMBERED_LIMIT + 4;
        for (int node = 4; node < 4 + more; node++) {
            Incarnation who = States.life(node, 1);
            long id = state.nextIntent();
            state = next(state, States.joined(who), evicted(who), intent(id, who));
            state = next(state, evidence(id, who));
        }
        assertThat(state.departures()).hasSize(ClusterState.REMEMBERED_LIMIT);
        assertThat(state.departures().firstKey()).isEqualTo(States.life(8, 1));
        assertThat(state.recovering()).isFalse();
    }

    @Test
    @DisplayName("V4: lapses are counted in the state, halve with time, and end with a planned leave")
    void lapsesAreCounted() {
        ClusterState state = three;
        for (int lapse = 1; lapse <= 3; lapse++) {
            state = next(state, dropped(state.members().get(NodeId.of(2)).who()));
            assertThat(state.lapses().get(NodeId.of(2)).count()).isEqualTo(lapse);
            state = next(state, States.joined(States.life(2, lapse + 1)));
        }
        Lapse lapse = state.lapses().get(NodeId.of(2));
        assertThat(lapse.again(4, true, lapse.at() + Lapse.HALVING_VERSIONS).count()).isEqualTo(2);
        assertThat(lapse.again(4, true, lapse.at() + 60 * Lapse.HALVING_VERSIONS).count()).isEqualTo(1);
        assertThat(next(state, new LedgerEvent.MemberLeft(States.life(2, 4))).lapses()).isEmpty();
    }

    @Test
    @DisplayName("L10: whoever missed it is told of a drop as of a drop")
    void whoeverMissedItIsToldOfADrop() {
        ClusterState out = next(next(grouped, dropped(N2)), in(LOGS, N1));
        assertThat(StateDifference.between(grouped, out)).first()
                .isInstanceOfSatisfying(LedgerEvent.MemberDropped.class, event -> assertThat(event.who()).isEqualTo(N2));
        ClusterState left = next(grouped, new LedgerEvent.GroupLeft(States.DATA, N3));
        assertThat(StateDifference.between(grouped, next(left, dropped(N3))))
                .contains(new LedgerEvent.GroupLeft(States.DATA, N3));
    }

    @Test
    void statesWithAMemoryComeBackFromTheirBytes() throws Exception {
        ClusterState state = next(recovered(), dropped(N2), in(LOGS, N1));
        assertThat(StateCodec.decode(new ByteReader(StateCodec.bytes(state)))).isEqualTo(state);
        assertThat(state.lapses()).hasSize(2);
    }

    private ClusterState recovered() {
        ClusterState state = toRunning(grouped);
        state = next(state, evicted(N3), intent(1, N3), new LedgerEvent.GroupLost(States.DATA, N3));
        return toRunning(next(state, evidence(1, N3)));
    }

    private static ClusterState toRunning(ClusterState from) {
        ClusterState state = from;
        while (state.groups().get(States.DATA).phase() != Phase.RUNNING) {
            Group group = state.groups().get(States.DATA);
            state = next(state, new LedgerEvent.PhaseReached(group.name(), group.generation(), group.phase().next()));
        }
        return state;
    }

    private static ClusterState next(ClusterState from, LedgerEvent... events) {
        return States.next(from, BALLOT, events);
    }

    private static void refused(ClusterState from, LedgerEvent event, String why) {
        assertThat(from.draft(BALLOT).add(event).orElse("fits")).contains(why);
    }

    private static LedgerEvent in(GroupName group, Incarnation who) {
        return new LedgerEvent.GroupJoined(group, who);
    }

    private static LedgerEvent dropped(Incarnation who) {
        return new LedgerEvent.MemberDropped(who, "silent");
    }

    private static LedgerEvent evicted(Incarnation who) {
        return new LedgerEvent.MemberEvicted(who, "silent");
    }

    private static LedgerEvent intent(long id, Incarnation who) {
        return new LedgerEvent.FenceIntended(id, who, "evicted", BALLOT);
    }

    private static LedgerEvent evidence(long id, Incarnation who) {
        return new LedgerEvent.FenceEvidenced(id, who, EvidenceClass.PROCESS_ENDED, "gone", NodeId.of(1));
    }
}
