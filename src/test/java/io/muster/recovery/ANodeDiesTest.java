package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.fence.Collected;
import io.muster.fence.FenceInput;
import io.muster.fence.FenceNews;
import io.muster.fence.Fencer;
import io.muster.group.GroupInput;
import io.muster.group.GroupManager;
import io.muster.group.GroupNews;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The essay of the package, step by step, with the machines of n1 and n2 and nothing that goes wrong. */
class ANodeDiesTest {

    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final Incarnation N2 = Incarnation.of(2, 1);
    private static final Incarnation N3 = Incarnation.of(3, 1);
    private static final GroupName FILES = new GroupName("files");
    private static final long NOW = 1_000;

    private static final class Node {
        private final Fencer fencer;
        private final GroupManager groups;
        private final RecoveryCoordinator recovery;
        private final Collected<FenceNews> fenced = new Collected<>();
        private final Collected<GroupNews> grouped = new Collected<>();
        private final Collected<RecoveryNews> recovered = new Collected<>();

        private Node(Incarnation self) {
            TreeMap<NodeId, List<String>> methods = new TreeMap<>();
            methods.put(N3.node(), List.of("power"));
            fencer = new Fencer(self, methods, TimeBudget.lan(), NOW);
            groups = new GroupManager(self, TimeBudget.lan(), NOW);
            recovery = new RecoveryCoordinator(self, List.of(new Recorder()), TimeBudget.lan(), NOW);
            fencer.step(new FenceInput.ActUntil(Long.MAX_VALUE), NOW, fenced);
        }

        private void agreed(LedgerNews news) {
            fencer.step(new FenceInput.Agreed(news), NOW, fenced);
            groups.step(new GroupInput.Agreed(news), NOW, grouped);
            recovery.step(new RecoveryInput.Agreed(news), NOW, recovered);
        }

        private RecoveryNews last() {
            return recovered.news.getLast();
        }
    }

    private final Chain chain = Chain.of(3);
    private final Node n1 = new Node(N1);
    private final Node n2 = new Node(N2);

    @Test
    @DisplayName("000-19 000-20 000-21 000-22 000-23 000-24 a node dies: the essay in package-info, step by step")
    void aNodeDies() {
        n1.agreed(new LedgerNews.Leading(chain.ballot));
        n2.agreed(new LedgerNews.Following(chain.ballot));
        for (Incarnation who : List.of(N1, N2, N3)) {
            apply(new LedgerEvent.GroupJoined(FILES, who));
            for (Phase next : List.of(Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME, Phase.RUNNING)) {
                apply(new LedgerEvent.PhaseReached(FILES, chain.head().groups().get(FILES).generation(), next));
            }
        }
        assertThat(chain.head().version()).isEqualTo(19);
        n2.recovered.clear();

        // Steps 2 to 5: eviction, intent and loss are one version.
        LedgerEvent death = new LedgerEvent.MemberEvicted(N3, "silent");
        assertThat(wanted(death)).containsExactly(death, new LedgerEvent.FenceIntended(1, N3, "silent", chain.ballot),
                new LedgerEvent.GroupLost(FILES, N3));
        assertThat(n1.fenced.effects).isEmpty();
        agree(20, death);

        // Steps 6 and 7: STOP begins on both, and the fence beside it.
        assertThat(n1.last()).isInstanceOfSatisfying(RecoveryNews.Begin.class, begin -> {
            assertThat(begin.phase()).isEqualTo(Phase.STOP);
            assertThat(begin.plan().generation()).isEqualTo(4);
            assertThat(begin.plan().departed()).containsExactly(N3);
        });
        assertThat(n2.last()).isEqualTo(n1.last());
        Effect.Fence fence = (Effect.Fence) n1.fenced.effects.getLast();
        assertThat(fence.victim()).isEqualTo(N3);
        assertThat(n2.fenced.effects).isEmpty();

        // Steps 8 and 9: all are through STOP, and yet nothing moves.
        deliver(Phase.STOP, false);
        assertThat(wanted()).isEmpty();

        // Steps 10 and 11: the evidence is a version of its own.
        n1.fencer.step(new FenceInput.Completed(
                new Completion.FenceEnded(fence.ticket(), Optional.of("power-off"), "off, read back")), NOW, n1.fenced);
        assertThat(wanted()).containsExactly(new LedgerEvent.FenceEvidenced(
                1, N3, EvidenceClass.POWER_OFF, "off, read back", N1.node()));
        agree(21);
        assertThat(chain.head().view().safe()).isTrue();
        assertThat(wanted()).as("n2 is not known to have learned it").isEmpty();
        deliver(Phase.STOP, true);

        // Steps 12 to 15: one version for each phase, each on the word of both.
        for (Phase next : List.of(Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME)) {
            assertThat(wanted()).containsExactly(new LedgerEvent.PhaseReached(FILES, 4, next));
            agree(21 + next.ordinal());
            assertThat(n1.last()).isEqualTo(n2.last()).isInstanceOfSatisfying(
                    RecoveryNews.Begin.class, begin -> assertThat(begin.phase()).isEqualTo(next));
            assertThat(wanted()).as("n2 is not known to be through").isEmpty();
            deliver(next, true);
        }
        agree(26);
        assertThat(n1.last()).isEqualTo(n2.last()).isEqualTo(new RecoveryNews.Recovered(FILES, 4));
        assertThat(chain.head().recovering()).isFalse();
        assertThat(wanted()).isEmpty();
    }

    /** What n2 has told last reaches n1. */
    private void deliver(Phase phase, boolean informed) {
        RecoveryMessage told = (RecoveryMessage) n2.recovered.messages().getLast();
        assertThat(told).isEqualTo(new RecoveryMessage.Through(FILES, 4, phase, informed));
        n1.recovery.step(new RecoveryInput.Arrived(N2, told), NOW, n1.recovered);
    }

    private void apply(LedgerEvent event) {
        chain.agree(event);
        n1.agreed(chain.news());
        n2.agreed(chain.news());
    }

    private void agree(long version, LedgerEvent... first) {
        Draft draft = drafted(first);
        chain.append(draft);
        assertThat(chain.head().version()).isEqualTo(version);
        n1.agreed(chain.news());
        n2.agreed(chain.news());
    }

    private List<LedgerEvent> wanted(LedgerEvent... first) {
        return drafted(first).events();
    }

    private Draft drafted(LedgerEvent... first) {
        Draft draft = chain.draft();
        for (LedgerEvent event : first) {
            draft.add(event);
        }
        n1.fencer.wants(draft, NOW);
        n1.groups.wants(draft, NOW);
        n1.recovery.wants(draft, NOW);
        return draft;
    }
}
