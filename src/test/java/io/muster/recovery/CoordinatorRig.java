package io.muster.recovery;

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
import java.util.List;

/** A coordinator on a chain of agreed states, and short words for what happens to it. */
abstract class CoordinatorRig {

    static final TimeBudget TIMES = TimeBudget.lan();
    static final Incarnation N1 = Incarnation.of(1, 1);
    static final Incarnation N2 = Incarnation.of(2, 1);
    static final Incarnation N3 = Incarnation.of(3, 1);
    static final GroupName FILES = new GroupName("files");
    static final GroupName LOCKS = new GroupName("locks");

    final Chain chain = Chain.of(3);
    final Collected<RecoveryNews> out = new Collected<>();
    final Scripted service = Scripted.everywhere("dlm");
    RecoveryCoordinator coordinator = new RecoveryCoordinator(N1, List.of(service), TIMES, 0);
    long now = 1_000;

    void step(RecoveryInput input) {
        coordinator.step(input, now, out);
    }

    void hear(Incarnation from, RecoveryMessage message) {
        step(new RecoveryInput.Arrived(from, message));
    }

    void through(Incarnation who, Phase phase) {
        hear(who, new RecoveryMessage.Through(FILES, generation(), phase, true));
    }

    void agree(LedgerEvent... events) {
        chain.agree(events);
        step(new RecoveryInput.Agreed(chain.news()));
    }

    void agreeOnWhatIsWanted() {
        chain.propose(now, coordinator);
        step(new RecoveryInput.Agreed(chain.news()));
    }

    List<LedgerEvent> wanted() {
        Draft draft = chain.draft();
        coordinator.wants(draft, now);
        return draft.events();
    }

    long generation() {
        return chain.head().groups().get(FILES).generation();
    }

    void lead() {
        step(new RecoveryInput.Agreed(chain.news()));
        step(new RecoveryInput.Agreed(new LedgerNews.Leading(chain.ballot)));
    }

    /** n2 leads; what was said before is forgotten. */
    void follow() {
        chain.ballot = new Ballot(2, N2);
        step(new RecoveryInput.Agreed(new LedgerNews.Following(chain.ballot)));
        out.clear();
    }

    /** The group has these members and runs; this node saw every version of it. */
    void running(Incarnation... members) {
        for (Incarnation who : members) {
            agree(new LedgerEvent.GroupJoined(FILES, who));
            for (Phase next : List.of(Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME, Phase.RUNNING)) {
                agree(new LedgerEvent.PhaseReached(FILES, generation(), next));
            }
        }
    }

    void lose(Incarnation who) {
        long intent = chain.head().nextIntent();
        agree(new LedgerEvent.MemberEvicted(who, "silent"),
                new LedgerEvent.FenceIntended(intent, who, "silent", chain.ballot),
                new LedgerEvent.GroupLost(FILES, who));
    }

    /** Calls {@code due} whenever it is wanted, as a driver does. */
    void tickTo(long until) {
        while (coordinator.deadline() <= until) {
            now = Math.max(now, coordinator.deadline());
            coordinator.due(now, out);
        }
        now = until;
    }

    /**
     * n3 dies, recovery gets into a phase, there n2 dies too, and recovery goes to its end.
     *
     * @param answered whether the participant had answered the phase when n2 died
     * @return what the participant has built in the end
     */
    List<String> builtAfterSecondDeath(Phase phase, boolean answered, boolean abandonsAtOnce) {
        Chain own = Chain.of(3);
        Scripted participant = Scripted.everywhere("dlm");
        RecoveryCoordinator one = new RecoveryCoordinator(N1, List.of(participant), TIMES, 0);
        Collected<RecoveryNews> said = new Collected<>();
        ClusterState empty = own.head();
        for (Incarnation who : List.of(N1, N2, N3)) {
            own.joined("files", who);
        }
        loseOn(own, N3, 1);
        one.step(new RecoveryInput.Agreed(new LedgerNews.Applied(empty, own.head(), List.of(), true)), now, said);
        own.agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        one.step(new RecoveryInput.Agreed(own.news()), now, said);
        long g = own.head().groups().get(FILES).generation();
        for (Phase next = Phase.STOP; next != phase; ) {
            next = next.next();
            participant.answersAtOnce = next != phase || answered;
            own.agree(new LedgerEvent.PhaseReached(FILES, g, next));
            one.step(new RecoveryInput.Agreed(own.news()), now, said);
        }
        participant.answersAtOnce = true;
        participant.abandonsAtOnce = abandonsAtOnce;
        loseOn(own, N2, 2);
        one.step(new RecoveryInput.Agreed(own.news()), now, said);
        if (!abandonsAtOnce) {
            one.step(new RecoveryInput.Done("dlm", FILES, g, phase), now, said);
            one.step(new RecoveryInput.Abandoned("dlm", FILES, g), now, said);
        }
        finishOn(own, one);
        return participant.built;
    }

    static void loseOn(Chain chain, Incarnation who, long intent) {
        chain.agree(new LedgerEvent.MemberEvicted(who, "silent"),
                new LedgerEvent.FenceIntended(intent, who, "silent", chain.ballot),
                new LedgerEvent.GroupLost(FILES, who));
    }

    void finishOn(Chain chain, RecoveryCoordinator one) {
        for (var departure : List.copyOf(chain.head().departures().values())) {
            if (!departure.harmless()) {
                chain.agree(new LedgerEvent.FenceEvidenced(departure.intent().orElseThrow().id(), departure.who(),
                        EvidenceClass.POWER_OFF, "off", N1.node()));
            }
        }
        one.step(new RecoveryInput.Agreed(chain.news()), now, new Collected<>());
        for (Group group = chain.head().groups().get(FILES); group.phase() != Phase.RUNNING; ) {
            chain.agree(new LedgerEvent.PhaseReached(FILES, group.generation(), group.phase().next()));
            one.step(new RecoveryInput.Agreed(chain.news()), now, new Collected<>());
            group = chain.head().groups().get(FILES);
        }
    }
}
