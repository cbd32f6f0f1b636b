package io.muster.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.ledger.BarrierName;
import io.muster.ledger.Barriers;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BarrierKeeperTest {

    private static final TimeBudget TIMES = TimeBudget.lan();
    private static final GroupName FILES = new GroupName("files");
    private static final BarrierName READY = new BarrierName(FILES, "ready");
    private static final BarrierName ALL = new BarrierName(GroupName.NODES, "ready");

    private Chain chain;
    private final TreeMap<NodeId, BarrierKeeper> keepers = new TreeMap<>();
    private final TreeMap<NodeId, Incarnation> lives = new TreeMap<>();
    private final List<String> news = new ArrayList<>();
    private NodeId leader = NodeId.of(1);
    private long now;
    private long round = 1;

    @Test
    @DisplayName("001-13 a barrier is passed when all members have entered, in one version that names the generation and them")
    void passedByAll() {
        cluster(3);
        enter(READY, 1, 2);
        assertThat(passages(READY)).isZero();
        assertThat(keeper(2).waiting(later())).singleElement().satisfies(wait -> {
            assertThat(wait.missing()).isEqualTo(NodeSet.of(NodeId.of(3)));
            assertThat(wait.fact()).isEqualTo("barrier ready of files waits for those that have not entered: {n3}");
        });

        long before = chain.head().version();
        enter(READY, 3);
        assertThat(chain.head().version()).isEqualTo(before + 1);
        assertThat(chain.head().barriers().newest().get(READY)).isEqualTo(new Barriers.Passage(
                before + 1, chain.head().groups().get(FILES).generation(), nodes(1, 2, 3)));
        keepers.values().forEach(keeper -> assertThat(keeper.waiting(later())).isEmpty());
    }

    @Test
    @DisplayName("001-13 that it has entered is heard here before it is told to anybody: a step may be cut short after any word")
    void heardHereFirst() {
        cluster(2);
        keeper(2).step(new BarrierInput.EnterWanted(READY), now, out(NodeId.of(2)));
        assertThat(news).last().asString().isEqualTo("n2 Entered[barrier=ready of files]");
        assertThat(keeper(1).waiting(later())).as("the leader has heard nothing").isEmpty();
        assertThat(keeper(2).deadline()).as("and is told at once").isEqualTo(now);
        keeper(2).due(now, out(NodeId.of(2)));
        assertThat(keeper(1).waiting(later())).singleElement().extracting(BarrierWait::missing).isEqualTo(nodes(1));
    }

    @Test
    @DisplayName("001-13 a name is used again and again, and no word of a former time counts for the next")
    void everyTimeAnew() {
        cluster(3);
        enter(READY, 1, 2, 3);
        assertThat(passages(READY)).isEqualTo(1);
        enter(READY, 1, 2);
        // What n3 said before it got through arrives once more.
        keeper(1).step(new BarrierInput.Arrived(lives.get(NodeId.of(3)), new BarrierMessage.Enter(READY, 3)), now,
                out(NodeId.of(1)));
        settle();
        assertThat(passages(READY)).isEqualTo(1);
        enter(READY, 3);
        assertThat(passages(READY)).isEqualTo(2);
    }

    @Test
    @DisplayName("001-13 R1: a member that dies is no longer waited for, and not before it is harmless and recovered from")
    void theDeadIsNotWaitedFor() {
        cluster(3);
        enter(READY, 1, 2);
        enter(ALL, 1, 2);
        die(3);
        assertThat(passages(READY) + passages(ALL)).as("n3 may still act").isZero();
        assertThat(keeper(1).waiting(later())).allMatch(wait -> !wait.running());

        harmless(3);
        assertThat(passages(ALL)).as("the view is safe").isEqualTo(1);
        assertThat(passages(READY)).as("files recovers").isZero();
        chain.running("files");
        applyAll();
        assertThat(chain.head().barriers().newest().get(READY).members()).isEqualTo(nodes(1, 2));
    }

    @Test
    @DisplayName("001-13 one that joins is waited for, one that leaves is not")
    void membersChange() {
        cluster(3);
        enter(ALL, 1, 2);
        chain.agree(new LedgerEvent.MemberJoined(Incarnation.of(4, 1), HostProcess.UNKNOWN));
        begin(Incarnation.of(4, 1));
        applyAll();
        enter(ALL, 3);
        assertThat(passages(ALL)).isZero();
        chain.agree(new LedgerEvent.MemberLeft(Incarnation.of(4, 1)));
        applyAll();
        assertThat(chain.head().barriers().newest().get(ALL).members()).isEqualTo(nodes(1, 2, 3));
    }

    @Test
    @DisplayName("001-18 the next leader is told again who has entered")
    void theLeaderDies() {
        cluster(3);
        enter(READY, 1, 2);
        lead(2);
        enter(READY, 3);
        assertThat(passages(READY)).isEqualTo(1);
    }

    @Test
    @DisplayName("001-14 64 nodes: one version for a barrier, and one that dies in it, the leader itself, does not hold it up")
    void sixtyFourNodes() {
        int count = NodeId.LIMIT - 1;
        assertThat(count).isEqualTo(64);
        cluster(count);
        long before = chain.head().version();
        for (int node = 1; node < count; node++) {
            enter(READY, node);
        }
        assertThat(chain.head().version()).as("entering takes no version").isEqualTo(before);
        assertThat(keeper(40).waiting(later()).getFirst().missing()).isEqualTo(nodes(64));
        die(1);
        lead(2);
        enter(READY, 64);
        assertThat(passages(READY)).as("n1 may still act").isZero();
        harmless(1);
        chain.running("files");
        applyAll();
        assertThat(passages(READY)).isEqualTo(1);
        assertThat(chain.head().barriers().newest().get(READY).members().count()).isEqualTo(63);
        keepers.forEach((node, keeper) -> assertThat(keeper.waiting(later())).as("%s is through", node).isEmpty());
    }

    @Test
    @DisplayName("what is not remembered any more is not guessed: who missed more barriers than are kept gives up")
    void missedTooMuch() {
        cluster(2);
        enter(READY, 2);
        int applied = chain.states.size();
        chain.agree(new LedgerEvent.BarrierPassed(READY, chain.head().groups().get(FILES).generation(), nodes(1, 2)));
        for (int i = 0; i < Barriers.LIMIT; i++) {
            chain.agree(new LedgerEvent.BarrierPassed(
                    new BarrierName(FILES, "b" + i), chain.head().groups().get(FILES).generation(), nodes(1, 2)));
        }
        assertThat(chain.head().barriers().newest()).hasSize(Barriers.LIMIT).doesNotContainKey(READY);
        keeper(2).step(new BarrierInput.Agreed(new LedgerNews.Applied(
                chain.states.get(applied - 1), chain.head(), List.of(), true)), now, out(NodeId.of(2)));
        assertThat(news).last().asString().startsWith("n2 GivenUp[barrier=ready of files, why=more barriers were passed");
        assertThat(keeper(2).waiting(later())).isEmpty();
    }

    @Test
    @DisplayName("who is not in the group, or waits in too many barriers, is refused")
    void refusals() {
        cluster(2);
        assertThat(keeper(1).refusal(new BarrierName(new GroupName("other"), "b"))).contains("this node is not in group other");
        for (int i = 0; i < BarrierKeeper.ENTERED_LIMIT; i++) {
            enter(new BarrierName(FILES, "b" + i), 1);
        }
        assertThat(keeper(1).refusal(READY)).contains("this node waits in 64 barriers already");
        assertThat(keeper(1).refusal(new BarrierName(FILES, "b7"))).as("entering twice is entering once").isEmpty();
    }

    // ---- a cluster in which everything arrives at once and in order

    private void cluster(int count) {
        chain = Chain.of(count);
        for (int node = 1; node <= count; node++) {
            chain.joined("files", Incarnation.of(node, 1));
            begin(Incarnation.of(node, 1));
        }
        applyAll();
        lead(1);
    }

    private void begin(Incarnation who) {
        lives.put(who.node(), who);
        keepers.put(who.node(), new BarrierKeeper(who, TIMES, now));
    }

    private BarrierKeeper keeper(int node) {
        return keepers.get(NodeId.of(node));
    }

    private void lead(int node) {
        if (keepers.containsKey(leader)) {
            keepers.get(leader).step(new BarrierInput.Agreed(new LedgerNews.NotLeading("another leads")), now, out(leader));
        }
        leader = NodeId.of(node);
        chain.ballot = new io.muster.ledger.Ballot(++round, lives.get(leader));
        keepers.forEach((each, keeper) -> keeper.step(new BarrierInput.Agreed(each.equals(leader)
                ? new LedgerNews.Leading(chain.ballot)
                : new LedgerNews.Following(chain.ballot)), now, out(each)));
        settle();
    }

    private void enter(BarrierName barrier, int... who) {
        for (int node : who) {
            keeper(node).step(new BarrierInput.EnterWanted(barrier), now, out(NodeId.of(node)));
            keeper(node).due(now, out(NodeId.of(node)));
        }
        settle();
    }

    private void die(int node) {
        Incarnation who = lives.get(NodeId.of(node));
        keepers.remove(who.node());
        chain.agree(new LedgerEvent.MemberEvicted(who, "dead"), new LedgerEvent.GroupLost(FILES, who),
                new LedgerEvent.FenceIntended(1, who, "dead", chain.ballot));
        applyAll();
    }

    private void harmless(int node) {
        chain.agree(new LedgerEvent.FenceEvidenced(
                1, lives.get(NodeId.of(node)), EvidenceClass.POWER_OFF, "off", NodeId.of(2)));
        applyAll();
    }

    /** Lets everybody tell again, and the leader propose what it wants. */
    private void settle() {
        now += TIMES.askNs();
        keepers.forEach((node, keeper) -> keeper.due(now, out(node)));
        Draft draft = chain.draft();
        if (keepers.containsKey(leader)) {
            keepers.get(leader).wants(draft, now);
        }
        if (!draft.isEmpty()) {
            chain.append(draft);
            applyAll();
        }
    }

    private void applyAll() {
        keepers.forEach((node, keeper) -> keeper.step(new BarrierInput.Agreed(chain.news()), now, out(node)));
        settle();
    }

    private long later() {
        return now + 10 * TIMES.askNs();
    }

    private long passages(BarrierName barrier) {
        return chain.states.stream().flatMap(state -> state.events().stream())
                .filter(event -> event instanceof LedgerEvent.BarrierPassed(var name, _, _) && name.equals(barrier)).count();
    }

    private static NodeSet nodes(int... numbers) {
        NodeSet set = NodeSet.NONE;
        for (int number : numbers) {
            set = set.with(NodeId.of(number));
        }
        return set;
    }

    private Outbox<BarrierNews> out(NodeId from) {
        return new Outbox<>() {

            @Override
            public void send(NodeId to, Message message) {
                if (keepers.containsKey(to)) {
                    keepers.get(to).step(new BarrierInput.Arrived(lives.get(from), (BarrierMessage) message), now, out(to));
                }
            }

            @Override
            public void cast(NodeId to, int link, Message message) {
                throw new AssertionError("barriers do not travel as datagrams");
            }

            @Override
            public void perform(Effect effect) {
                throw new AssertionError("barriers perform nothing");
            }

            @Override
            public void announce(BarrierNews told) {
                news.add(from + " " + told);
            }
        };
    }
}
