package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.BrokenInvariant;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DraftTest {

    private static final Ballot BALLOT = States.ballot(3, 1);
    private static final Incarnation N1 = States.life(1, 1);
    private static final Incarnation N2 = States.life(2, 1);
    private static final Incarnation N3 = States.life(3, 1);

    private final ClusterState founded = States.founded(3);
    private final ClusterState three = next(founded, States.joined(N1), States.joined(N2), States.joined(N3));
    private final ClusterState grouped = next(three, in(N1), in(N2), in(N3));
    private final ClusterState running = toRunning(grouped);
    private final ClusterState evicted = next(running, evict(N3));
    private final ClusterState intended = next(evicted, intent(1, N3), new LedgerEvent.GroupLost(States.DATA, N3));
    private final ClusterState evidenced = next(intended, evidence(1, N3));

    @Test
    @DisplayName("001-11: a state is exactly the sum of its events, whatever they are")
    void aStateIsTheSumOfItsEvents() {
        for (long seed = 0; seed < 100; seed++) {
            List<ClusterState> chain = States.randomChain(seed, 5, 30);
            for (int version = 1; version < chain.size(); version++) {
                ClusterState state = chain.get(version);
                assertThat(next(chain.get(version - 1), state.proposedBy().orElseThrow(), state.events()))
                        .isEqualTo(state);
                holdsTogether(chain.get(version - 1), state);
            }
        }
    }

    /** What is true of every state that events can make. */
    private static void holdsTogether(ClusterState before, ClusterState state) {
        assertThat(state.version()).isEqualTo(before.version() + 1);
        assertThat(state.parent()).isEqualTo(StateCodec.digest(before));
        state.members().forEach((node, member) -> {
            assertThat(member.who().node()).isEqualTo(node);
            assertThat(state.lastLives().get(node)).isEqualTo(member.who().life());
            assertThat(state.cleanLeavers().contains(node)).isFalse();
        });
        before.members().values().forEach(member ->
                assertThat(state.isMember(member.who()) || state.isPast(member.who())).isTrue());
        state.departures().keySet().forEach(who -> assertThat(state.isPast(who)).isTrue());
        before.groups().forEach((name, group) -> {
            Group now = state.groups().get(name);
            boolean changed = now == null || !now.members().equals(group.members());
            long generation = now == null ? state.generationFloor() : now.generation();
            assertThat(generation).isGreaterThanOrEqualTo(group.generation());
            assertThat(!changed || now == null || generation > group.generation()).isTrue();
        });
        state.groups().forEach((name, group) -> {
            assertThat(group.departed()).allMatch(state.departures()::containsKey);
            assertThat(before.groups().containsKey(name) || group.generation() > before.generationFloor()).isTrue();
            boolean recovered = group.phase().compareTo(Phase.STOP) > 0;
            assertThat(!recovered || group.departed().stream().allMatch(state::harmless)).isTrue();
        });
    }

    @Test
    void aRefusedEventChangesNothing() {
        Prng chance = new Prng(5);
        int refused = 0;
        for (ClusterState state : States.randomChain(5, 4, 60)) {
            for (int i = 0; i < 20; i++) {
                Draft draft = state.draft(BALLOT);
                if (draft.add(States.randomEvent(state, BALLOT, chance, 4)).isPresent()) {
                    assertThat(draft.state()).isSameAs(state);
                    assertThat(draft.isEmpty()).isTrue();
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    @DisplayName("MemberJoined: a new, higher life of a node that is not in")
    void memberJoined() {
        fits(founded, States.joined(N1));
        refused(three, States.joined(States.life(1, 2)), "n1#1 is a member");
        ClusterState left = next(three, new LedgerEvent.MemberLeft(N3));
        refused(left, States.joined(N3), "was a member before");
        fits(left, States.joined(States.life(3, 2)));
        refused(evicted, States.joined(States.life(3, 2)), "a former life of n3#2 is not harmless");
        fits(evidenced, States.joined(States.life(3, 2)));
    }

    @Test
    @DisplayName("MemberJoined: with nobody in, the first one comes in although the former life is not harmless")
    void theFirstOneInIsAdmittedWithItsFenceOpen() {
        ClusterState empty = next(founded, States.joined(N1), evict(N1));
        fits(empty, States.joined(States.life(1, 2)));
        refused(next(empty, States.joined(N2)), States.joined(States.life(1, 2)), "not harmless");
    }

    @Test
    @DisplayName("MemberLeft: a member that has left its groups; nothing of it is to be fenced")
    void memberLeft() {
        ClusterState left = fits(three, new LedgerEvent.MemberLeft(N3));
        assertThat(left.isPast(N3)).isTrue();
        assertThat(left.safe()).isTrue();
        assertThat(left.cleanLeavers().contains(NodeId.of(3))).isTrue();
        assertThat(next(left, States.joined(States.life(3, 2))).cleanLeavers().isEmpty()).isTrue();
        refused(left, new LedgerEvent.MemberLeft(N3), "not a member");
        refused(grouped, new LedgerEvent.MemberLeft(N3), "still in a group");
    }

    @Test
    @DisplayName("MemberEvicted, F1: out, to be fenced, and the view is not safe until it is harmless")
    void memberEvicted() {
        ClusterState out = fits(three, evict(N3));
        assertThat(out.departures()).containsOnlyKeys(N3);
        assertThat(out.safe()).isFalse();
        assertThat(out.view().safe()).isFalse();
        assertThat(out.viewChangedAt()).isEqualTo(out.version());
        assertThat(out.group(GroupName.NODES).orElseThrow().departed()).containsExactly(N3);
        refused(out, evict(N3), "not a member");
        refused(three, evict(States.life(3, 2)), "not a member");
    }

    @Test
    void departuresAreBounded() {
        ClusterState state = founded;
        for (int i = 0; state.departures().size() < ClusterState.DEPARTURES_LIMIT; i++) {
            // Harmless ones are of concern for as long as a group has them to recover from.
            Incarnation who = States.life(1 + i % 63, 1 + i / 63);
            GroupName group = new GroupName("g" + i % 60);
            long intent = state.nextIntent();
            state = States.next(state, BALLOT, new LedgerEvent.MemberJoined(who, HostProcess.UNKNOWN),
                    new LedgerEvent.GroupJoined(group, who), evict(who), intent(intent, who),
                    new LedgerEvent.GroupLost(group, who));
            state = States.next(state, BALLOT, evidence(intent, who));
        }
        Incarnation last = States.life(5, 9);
        ClusterState full = next(state, new LedgerEvent.MemberJoined(last, HostProcess.UNKNOWN));
        refused(full, evict(last), "128 departed lives are of concern already");
    }

    @Test
    @DisplayName("FenceIntended, F1: once for each departure, numbered in order")
    void fenceIntended() {
        ClusterState intent = fits(evicted, intent(1, N3));
        assertThat(intent.nextIntent()).isEqualTo(2);
        refused(evicted, intent(2, N3), "does not fit");
        refused(intent, intent(2, N3), "does not fit");
        refused(three, intent(1, N3), "does not fit");
    }

    @Test
    @DisplayName("FenceEvidenced, F2: for an open intent that was chosen before; then the life is harmless")
    void fenceEvidenced() {
        assertThat(fits(intended, evidence(1, N3)).harmless(N3)).isTrue();
        refused(intended, evidence(2, N3), "no open intent 2");
        refused(intended, evidence(1, N2), "no open intent 1");
        refused(evicted, evidence(1, N3), "no open intent 1");
        refused(evidenced, evidence(1, N3), "no open intent 1");
        Draft draft = evicted.draft(BALLOT);
        assertThat(draft.add(intent(1, N3))).isEmpty();
        assertThat(draft.add(evidence(1, N3)).orElseThrow()).contains("not chosen yet");
    }

    @Test
    @DisplayName("FenceVoided, F4: the fence is open again and recovery starts over in a new generation")
    void fenceVoided() {
        ClusterState locks = next(evidenced, reached(evidenced, Phase.LOCKS));
        ClusterState open = fits(locks, new LedgerEvent.FenceVoided(1, N3, "it pulsed"));
        assertThat(open.harmless(N3)).isFalse();
        assertThat(open.groups().get(States.DATA).phase()).isEqualTo(Phase.STOP);
        assertThat(open.groups().get(States.DATA).generation())
                .isEqualTo(locks.groups().get(States.DATA).generation() + 1);
        refused(intended, new LedgerEvent.FenceVoided(1, N3, "it pulsed"), "no evidence");
        refused(evidenced, new LedgerEvent.FenceVoided(2, N3, "it pulsed"), "no evidence");
        fits(open, evidence(1, N3));
    }

    @Test
    @DisplayName("GroupJoined, R10: a member, into a group that is RUNNING or empty")
    void groupJoined() {
        assertThat(fits(three, in(N1)).groups().get(States.DATA).generation()).isEqualTo(1);
        refused(three, in(States.life(1, 2)), "not a member");
        refused(three, new LedgerEvent.GroupJoined(GroupName.NODES, N1), "the membership itself");
        refused(running, in(N1), "n1#1 is in group data");
        ClusterState left = next(running, new LedgerEvent.GroupLeft(States.DATA, N3));
        refused(left, in(N3), "recovering");
        fits(toRunning(left), in(N3));
    }

    @Test
    @DisplayName("GroupJoined, R10: the second one waits until the generation of the first one is RUNNING")
    void theSecondOneWaitsForTheFirstOnesGeneration() {
        ClusterState first = States.next(three, BALLOT, in(N1));
        refused(first, in(N2), "recovering");
        fits(toRunning(first), in(N2));
    }

    @Test
    @DisplayName("GroupLeft, R4: a member of both; a departed life never leaves a group, it is lost to it")
    void groupLeft() {
        fits(running, new LedgerEvent.GroupLeft(States.DATA, N3));
        refused(three, new LedgerEvent.GroupLeft(States.DATA, N3), "no member in group");
        refused(evicted, new LedgerEvent.GroupLeft(States.DATA, N3), "no member in group");
    }

    @Test
    @DisplayName("A group made again never meets a generation of its former life")
    void aGroupMadeAgainStartsAboveItsFormerGenerations() {
        ClusterState alone = next(three, in(N1));
        ClusterState ended = next(alone, new LedgerEvent.GroupLeft(States.DATA, N1));
        assertThat(ended.groups()).isEmpty();
        assertThat(next(ended, in(N2)).groups().get(States.DATA).generation())
                .isGreaterThan(alone.groups().get(States.DATA).generation());
    }

    @Test
    @DisplayName("GroupLost: a departed life goes out of its group and has to be recovered from")
    void groupLost() {
        ClusterState lost = fits(evicted, new LedgerEvent.GroupLost(States.DATA, N3));
        assertThat(lost.groups().get(States.DATA).departed()).containsExactly(N3);
        refused(lost, new LedgerEvent.GroupLost(States.DATA, N3), "not a departed life");
        refused(running, new LedgerEvent.GroupLost(States.DATA, N3), "not a departed life");
    }

    @Test
    @DisplayName("PhaseReached, R1, R2: the next phase of this generation, once all departed are lost and harmless")
    void phaseReached() {
        refused(running, reached(running, Phase.STOP), "not about to reach");
        refused(evicted, reached(evicted, Phase.STOP), "not about to reach");
        refused(intended, reached(intended, Phase.LOCKS), "not all departed");
        refused(evidenced, reached(evidenced, Phase.STRIPES), "not about to reach");
        refused(evidenced, new LedgerEvent.PhaseReached(States.DATA, 1, Phase.LOCKS), "not about to reach");
        refused(evidenced, new LedgerEvent.PhaseReached(new GroupName("x"), 1, Phase.LOCKS), "not about to reach");
        ClusterState locks = fits(evidenced, reached(evidenced, Phase.LOCKS));
        ClusterState lostAgain = next(locks, evict(N2));
        refused(lostAgain, reached(lostAgain, Phase.STRIPES), "a departed life to lose first");
    }

    @Test
    @DisplayName("R3: the departed are kept until RESUME, and over then")
    void theDepartedAreKeptUntilResume() {
        ClusterState state = evidenced;
        for (Phase phase : List.of(Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS)) {
            state = next(state, reached(state, phase));
            assertThat(state.groups().get(States.DATA).departed()).containsExactly(N3);
            assertThat(state.departures()).containsOnlyKeys(N3);
        }
        state = next(state, reached(state, Phase.RESUME));
        assertThat(state.groups().get(States.DATA).departed()).isEmpty();
        assertThat(state.recovering()).isFalse();
        assertThat(state.harmless(N3)).isTrue();
        assertThat(next(state, reached(state, Phase.RUNNING)).groups().get(States.DATA).phase())
                .isEqualTo(Phase.RUNNING);
    }

    @Test
    void aVersionHasABoundedNumberOfEvents() {
        Draft draft = three.draft(BALLOT);
        for (int i = 0; i < ClusterState.EVENTS_LIMIT / 2; i++) {
            assertThat(draft.add(in(N1))).isEmpty();
            assertThat(draft.add(new LedgerEvent.GroupLeft(States.DATA, N1))).isEmpty();
        }
        assertThat(draft.add(in(N1)).orElseThrow()).contains("at most " + ClusterState.EVENTS_LIMIT);
    }

    @Test
    void groupsAreBounded() {
        ClusterState state = three;
        for (int i = 0; i < ClusterState.GROUPS_LIMIT; i++) {
            state = next(state, new LedgerEvent.GroupJoined(new GroupName("g" + i), N1));
        }
        refused(state, in(N1), "64 groups already");
    }

    @Test
    void aVersionWithoutEventsIsNone() {
        assertThatThrownBy(() -> three.draft(BALLOT).whole(Digest.NONE)).isInstanceOf(BrokenInvariant.class);
    }

    @Test
    @DisplayName("A draft shows each proposer what those before it want, and stays under its version")
    void aDraftShowsWhatWasAdded() {
        Draft draft = three.draft(BALLOT);
        draft.add(evict(N3));
        assertThat(draft.state().isMember(N3)).isFalse();
        assertThat(draft.state().version()).isEqualTo(three.version());
        ClusterState next = draft.whole(new Digest(1, 2));
        assertThat(next.version()).isEqualTo(three.version() + 1);
        assertThat(next.parent()).isEqualTo(new Digest(1, 2));
        assertThat(next.proposedBy()).contains(BALLOT);
    }

    @Test
    @DisplayName("001-3: the group nodes is the membership, in STOP while it is not safe")
    void theGroupNodesIsTheMembership() {
        Group nodes = evicted.group(GroupName.NODES).orElseThrow();
        assertThat(nodes).isEqualTo(new Group(GroupName.NODES, evicted.viewChangedAt(), Phase.STOP,
                new TreeMap<>(evicted.view().members()), new TreeSet<>(List.of(N3))));
        assertThat(three.group(GroupName.NODES).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
    }

    private static LedgerEvent in(Incarnation who) {
        return new LedgerEvent.GroupJoined(States.DATA, who);
    }

    private static LedgerEvent evict(Incarnation who) {
        return new LedgerEvent.MemberEvicted(who, "silent");
    }

    private static LedgerEvent intent(long id, Incarnation who) {
        return new LedgerEvent.FenceIntended(id, who, "evicted", BALLOT);
    }

    private static LedgerEvent evidence(long id, Incarnation who) {
        return new LedgerEvent.FenceEvidenced(id, who, EvidenceClass.PROCESS_ENDED, "gone", NodeId.of(1));
    }

    private static LedgerEvent reached(ClusterState state, Phase phase) {
        return new LedgerEvent.PhaseReached(States.DATA, state.groups().get(States.DATA).generation(), phase);
    }

    private static ClusterState toRunning(ClusterState from) {
        ClusterState state = from;
        while (state.groups().get(States.DATA).phase() != Phase.RUNNING) {
            state = next(state, reached(state, state.groups().get(States.DATA).phase().next()));
        }
        return state;
    }

    /** One version for each event, and the phases between two joins of a group. */
    private static ClusterState next(ClusterState from, LedgerEvent... events) {
        ClusterState state = from;
        for (LedgerEvent event : events) {
            if (event instanceof LedgerEvent.GroupJoined(GroupName name, _)
                    && state.groups().containsKey(name) && state.groups().get(name).phase() != Phase.RUNNING) {
                state = toRunning(state);
            }
            state = States.next(state, BALLOT, event);
        }
        return state;
    }

    private static ClusterState next(ClusterState from, Ballot ballot, List<LedgerEvent> events) {
        return States.next(from, ballot, events.toArray(LedgerEvent[]::new));
    }

    private static ClusterState fits(ClusterState state, LedgerEvent event) {
        return States.next(state, BALLOT, event);
    }

    private static void refused(ClusterState state, LedgerEvent event, String why) {
        assertThat(state.draft(BALLOT).add(event).orElse("it was added")).contains(why);
    }
}
