package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Departure;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A fencer on a chain of agreed states, and short words for what happens to it. */
abstract class FencerRig {

    static final TimeBudget TIMES = TimeBudget.lan();
    static final Incarnation N1 = Incarnation.of(1, 1);
    static final Incarnation N2 = Incarnation.of(2, 1);
    static final Incarnation N3 = Incarnation.of(3, 1);
    static final GroupName FILES = new GroupName("files");

    final Chain chain = Chain.of(3);
    final Collected<FenceNews> out = new Collected<>();
    Fencer fencer = fencer(N1, "power", "switch");
    long now = 1_000;

    static Fencer fencer(Incarnation self, String... methods) {
        SortedMap<NodeId, List<String>> all = new TreeMap<>();
        for (int i = 1; i <= 3; i++) {
            all.put(NodeId.of(i), List.of(methods));
        }
        return new Fencer(self, all, TIMES, 0);
    }

    void step(FenceInput input) {
        fencer.step(input, now, out);
    }

    void tell(Incarnation from, FenceMessage message) {
        step(new FenceInput.Arrived(from, message));
    }

    void applied() {
        step(new FenceInput.Agreed(chain.news()));
    }

    void lead() {
        step(new FenceInput.ActUntil(Long.MAX_VALUE));
        applied();
        step(new FenceInput.Agreed(new LedgerNews.Leading(chain.ballot)));
    }

    /** A follower of n1. */
    void become(Incarnation who) {
        fencer = fencer(who, "power", "switch");
        step(new FenceInput.ActUntil(Long.MAX_VALUE));
        applied();
        step(new FenceInput.Agreed(new LedgerNews.Following(chain.ballot)));
    }

    void evictN3() {
        chain.agree(new LedgerEvent.MemberEvicted(N3, "silent"),
                new LedgerEvent.FenceIntended(1, N3, "silent", chain.ballot));
        if (chain.head().groups().containsKey(FILES)) {
            chain.agree(new LedgerEvent.GroupLost(FILES, N3));
        }
        applied();
    }

    void openFence() {
        lead();
        evictN3();
    }

    /** Two tries by the leader fail; the third is told to n2. */
    void remoteTry() {
        for (int i = 0; i < 2; i++) {
            fails(acts().getLast());
            now = fencer.deadline();
            fencer.due(now, out);
        }
    }

    void evidence() {
        chain.agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        applied();
    }

    /** n3 was in a group with n2, is out, and is believed to be off. */
    void inGroupAndFenced() {
        chain.joined("files", N3);
        chain.joined("files", N2);
        openFence();
        ends(acts().getLast(), "power-off", "off");
        chain.propose(now, fencer);
        applied();
    }

    void heard(Incarnation who) {
        step(new FenceInput.Heard(new HeartbeatNews.PeerHeard(who)));
    }

    void fails(Effect.Fence act) {
        step(new FenceInput.Completed(new Completion.FenceEnded(act.ticket(), Optional.empty(), "no")));
    }

    void ends(Effect.Fence act, String label, String proof) {
        step(new FenceInput.Completed(new Completion.FenceEnded(act.ticket(), Optional.of(label), proof)));
    }

    List<Effect.Fence> acts() {
        return out.effects.stream().map(effect -> (Effect.Fence) effect).toList();
    }

    List<LedgerEvent> wanted() {
        Draft draft = chain.draft();
        fencer.wants(draft, now);
        return draft.events();
    }

    long intentAgreedAt() {
        Departure departure = chain.head().departures().get(N3);
        return departure.intent().orElseThrow().agreedAt();
    }
}
