package io.muster.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.fence.Collected;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class GroupManagerTest {

    private static final TimeBudget TIMES = TimeBudget.lan();
    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final Incarnation N2 = Incarnation.of(2, 1);
    private static final Incarnation N3 = Incarnation.of(3, 1);
    private static final GroupName FILES = new GroupName("files");
    private static final GroupName LOCKS = new GroupName("locks");

    private final Chain chain = Chain.of(3);
    private final Collected<GroupNews> out = new Collected<>();
    private GroupManager manager = new GroupManager(N1, TIMES, 0);
    private long now = 1_000;

    // ---------------------------------------------------------------- the membership as a group

    @Test
    @DisplayName("001-3 node membership is the group \"nodes\": its generation is the view's version")
    void nodeMembershipIsAGroup() {
        Group nodes = chain.head().group(GroupName.NODES).orElseThrow();
        assertThat(nodes.members().values()).containsExactly(N1, N2, N3);
        assertThat(nodes.phase()).isEqualTo(Phase.RUNNING);
        chain.agree(new LedgerEvent.MemberEvicted(N3, "silent"),
                new LedgerEvent.FenceIntended(1, N3, "silent", chain.ballot));
        Group less = chain.head().group(GroupName.NODES).orElseThrow();
        assertThat(less.members().values()).containsExactly(N1, N2);
        assertThat(less.departed()).containsExactly(N3);
        assertThat(less.phase()).isEqualTo(Phase.STOP);
        assertThat(less.generation()).isEqualTo(chain.head().version()).isGreaterThan(nodes.generation());
        chain.agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        assertThat(chain.head().group(GroupName.NODES).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    @DisplayName("001-3 the group \"nodes\" is neither joined nor left by hand")
    void theGroupNodesIsNotAWish() {
        lead(N1);
        step(new GroupInput.JoinWanted(GroupName.NODES));
        step(new GroupInput.LeaveWanted(GroupName.NODES));
        assertThat(manager.waiting()).isEmpty();
        assertThat(manager.refusal(GroupName.NODES)).isPresent();
        assertThat(wanted()).isEmpty();
    }

    // ---------------------------------------------------------------- wishes

    @Test
    void aWishIsToldToTheLeaderUntilTheStateShowsIt() {
        follow(N2);
        step(new GroupInput.JoinWanted(FILES));
        for (int i = 0; i < 2; i++) {
            now = manager.deadline();
            manager.due(now, out);
        }
        GroupMessage ask = new GroupMessage.JoinAsk(FILES, 0);
        assertThat(out.messages()).containsExactly(ask, ask, ask);
        chain.agree(new LedgerEvent.GroupJoined(FILES, N2));
        applied();
        assertThat(manager.waiting()).isEmpty();
        assertThat(manager.deadline()).isEqualTo(Machine.NEVER);
    }

    @Test
    void aWishFromBeforeThereIsALeaderIsToldAsSoonAsThereIsOne() {
        manager = new GroupManager(N2, TIMES, 0);
        step(new GroupInput.JoinWanted(FILES));
        assertThat(out.sent).isEmpty();
        assertThat(manager.waiting()).containsExactly(new GroupWish(FILES, true, "this node is not a member"));
        applied();
        assertThat(manager.waiting()).containsExactly(new GroupWish(FILES, true, "no leader is known"));
        step(new GroupInput.Agreed(new LedgerNews.Following(chain.ballot)));
        assertThat(out.messages()).containsExactly(new GroupMessage.JoinAsk(FILES, 0));
    }

    @Test
    void aNewLeaderIsToldAtOnce() {
        follow(N2);
        step(new GroupInput.JoinWanted(FILES));
        out.clear();
        step(new GroupInput.Agreed(new LedgerNews.Following(new Ballot(4, N3))));
        assertThat(out.sent).containsExactly(
                new Collected.Sent(N3.node(), new GroupMessage.JoinAsk(FILES, 0)));
    }

    @Test
    void wishesAreBounded() {
        follow(N2);
        for (int i = 0; i <= GroupManager.WISHES_LIMIT; i++) {
            step(new GroupInput.JoinWanted(new GroupName("g" + i)));
        }
        assertThat(manager.waiting()).hasSize(GroupManager.WISHES_LIMIT);
        assertThat(manager.refusal(new GroupName("more"))).isPresent();
    }

    @Test
    void whatAWishWaitsForIsSaid() {
        chain.joined("files", N1);
        chain.agree(new LedgerEvent.GroupJoined(FILES, N3));
        follow(N2);
        step(new GroupInput.JoinWanted(FILES));
        assertThat(manager.waiting()).containsExactly(
                new GroupWish(FILES, true, "group files is recovering generation 2, in STOP"));
        chain.running("files");
        applied();
        assertThat(manager.waiting()).containsExactly(
                new GroupWish(FILES, true, "n1 was asked and a quorum has to agree"));
    }

    // ---------------------------------------------------------------- the leader

    @Test
    void asksAreProposedInTheOrderOfArrivalTheLeadersOwnAmongThem() {
        lead(N1);
        ask(N3, new GroupMessage.JoinAsk(LOCKS, 0));
        step(new GroupInput.JoinWanted(FILES));
        ask(N2, new GroupMessage.JoinAsk(new GroupName("aaa"), 0));
        assertThat(wanted()).containsExactly(
                new LedgerEvent.GroupJoined(LOCKS, N3),
                new LedgerEvent.GroupJoined(FILES, N1),
                new LedgerEvent.GroupJoined(new GroupName("aaa"), N2));
    }

    @Test
    @DisplayName("R10 a joiner enters between generations: while the group recovers the ask waits, then it is taken")
    void aJoinerEntersBetweenGenerations() {
        lead(N1);
        ask(N2, new GroupMessage.JoinAsk(FILES, 0));
        ask(N3, new GroupMessage.JoinAsk(FILES, 0));
        agreeOnWhatIsWanted();
        assertThat(chain.head().events()).containsExactly(new LedgerEvent.GroupJoined(FILES, N2));
        ask(N3, new GroupMessage.JoinAsk(FILES, 1));
        while (chain.head().groups().get(FILES).phase() != Phase.RUNNING) {
            assertThat(wanted()).as(chain.head().groups().get(FILES).phase().toString()).isEmpty();
            Group group = chain.head().groups().get(FILES);
            chain.agree(new LedgerEvent.PhaseReached(FILES, group.generation(), group.phase().next()));
            applied();
        }
        assertThat(wanted()).containsExactly(new LedgerEvent.GroupJoined(FILES, N3));
    }

    @Test
    @DisplayName("R4 a late copy of an ask to leave does not take out a life that has joined again")
    void aLateAskDoesNothing() {
        lead(N1);
        chain.joined("files", N2);
        applied();
        GroupMessage leave = new GroupMessage.LeaveAsk(FILES, chain.head().groups().get(FILES).generation());
        ask(N2, leave);
        agreeOnWhatIsWanted();
        GroupMessage join = new GroupMessage.JoinAsk(FILES, chain.head().generationFloor());
        ask(N2, join);
        agreeOnWhatIsWanted();
        assertThat(chain.head().groups().get(FILES).has(N2)).isTrue();
        ask(N2, leave);
        assertThat(wanted()).isEmpty();
        chain.running("files");
        applied();
        ask(N2, new GroupMessage.LeaveAsk(FILES, chain.head().groups().get(FILES).generation()));
        agreeOnWhatIsWanted();
        ask(N2, join);
        assertThat(wanted()).as("a late copy of an ask to join").isEmpty();
    }

    @Test
    void aSenderAsksAgainAtOnceWhenTheGenerationMovesOn() {
        follow(N2);
        step(new GroupInput.JoinWanted(FILES));
        out.clear();
        chain.agree(new LedgerEvent.GroupJoined(FILES, N3));
        applied();
        assertThat(out.messages()).containsExactly(new GroupMessage.JoinAsk(FILES, 1));
    }

    @Test
    void whoIsNotAMemberIsNotHeard() {
        lead(N1);
        ask(Incarnation.of(2, 7), new GroupMessage.JoinAsk(FILES, 0));
        ask(Incarnation.of(9, 1), new GroupMessage.JoinAsk(FILES, 0));
        assertThat(wanted()).isEmpty();
    }

    @Test
    void whoDoesNotLeadKeepsNoAsks() {
        follow(N1);
        ask(N2, new GroupMessage.JoinAsk(FILES, 0));
        chain.ballot = new Ballot(2, N1);
        step(new GroupInput.Agreed(new LedgerNews.Leading(chain.ballot)));
        assertThat(wanted()).isEmpty();
        ask(N2, new GroupMessage.JoinAsk(FILES, 0));
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("000-19 000-20 an eviction, its intent and the loss for every group of that life are one version")
    void anEvictionAndTheGroupLossesAreOneVersion() {
        chain.joined("files", N3);
        chain.joined("files", N1);
        chain.joined("locks", N3);
        lead(N1);
        Draft draft = chain.draft();
        draft.add(new LedgerEvent.MemberEvicted(N3, "silent"));
        manager.wants(draft, now);
        assertThat(draft.events()).containsExactly(
                new LedgerEvent.MemberEvicted(N3, "silent"),
                new LedgerEvent.GroupLost(FILES, N3),
                new LedgerEvent.GroupLost(LOCKS, N3));
        ClusterState state = chain.append(draft);
        assertThat(state.groups().get(FILES).departed()).containsExactly(N3);
        applied();
        assertThat(wanted()).as("said once").isEmpty();
    }

    // ---------------------------------------------------------------- news

    @Test
    @DisplayName("001-26 the changes of a node's groups are told in the order of versions, phases included")
    void changesAreToldInTheOrderOfVersions() {
        follow(N2);
        chain.agree(new LedgerEvent.GroupJoined(LOCKS, N3));
        applied();
        assertThat(out.news).as("not a group of this node").isEmpty();
        chain.agree(new LedgerEvent.GroupJoined(FILES, N2));
        applied();
        for (int i = 0; i < 5; i++) {
            Group group = chain.head().groups().get(FILES);
            chain.agree(new LedgerEvent.PhaseReached(FILES, group.generation(), group.phase().next()));
            applied();
        }
        assertThat(out.news).extracting(news -> ((GroupNews.GroupChanged) news).group().phase())
                .containsExactly(Phase.values());
        assertThat(out.news).extracting(news -> ((GroupNews.GroupChanged) news).version())
                .containsExactly(3L, 4L, 5L, 6L, 7L, 8L);
    }

    @Test
    @DisplayName("001-12 a node that missed versions is told the newest group, and that it is out of another")
    void aNodeThatMissedVersionsIsToldWhatIsTrueNow() {
        chain.joined("files", N2);
        follow(N2);
        ClusterState before = chain.head();
        out.clear();
        chain.agree(new LedgerEvent.GroupLeft(FILES, N2));
        chain.agree(new LedgerEvent.GroupJoined(LOCKS, N2));
        chain.running("locks");
        step(new GroupInput.Agreed(new LedgerNews.Applied(before, chain.head(), chain.head().events(), true)));
        assertThat(out.news).containsExactly(
                new GroupNews.GroupClosed(FILES),
                new GroupNews.GroupChanged(chain.head().groups().get(LOCKS), chain.head().version()));
    }

    @Test
    void aNodeThatIsEvictedIsOutOfItsGroups() {
        chain.joined("files", N2);
        follow(N2);
        out.clear();
        chain.agree(new LedgerEvent.MemberEvicted(N2, "cut"), new LedgerEvent.GroupLost(FILES, N2));
        applied();
        assertThat(out.news).containsExactly(new GroupNews.GroupClosed(FILES));
    }

    // ---------------------------------------------------------------- the rig

    private void step(GroupInput input) {
        manager.step(input, now, out);
    }

    private void ask(Incarnation from, GroupMessage message) {
        step(new GroupInput.Arrived(from, message));
    }

    private void applied() {
        step(new GroupInput.Agreed(chain.news()));
    }

    private void lead(Incarnation who) {
        manager = new GroupManager(who, TIMES, 0);
        chain.ballot = new Ballot(2, who);
        applied();
        step(new GroupInput.Agreed(new LedgerNews.Leading(chain.ballot)));
    }

    private void follow(Incarnation who) {
        manager = new GroupManager(who, TIMES, 0);
        step(new GroupInput.Agreed(new LedgerNews.Applied(chain.states.getFirst(), chain.head(), List.of(), true)));
        step(new GroupInput.Agreed(new LedgerNews.Following(chain.ballot)));
    }

    private List<LedgerEvent> wanted() {
        Draft draft = chain.draft();
        manager.wants(draft, now);
        return draft.events();
    }

    private void agreeOnWhatIsWanted() {
        chain.propose(now, manager);
        applied();
    }
}
