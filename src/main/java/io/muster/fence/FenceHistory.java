package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.machine.FenceOperation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What one node remembers of fences: its own tries, those it asked for, and the agreed facts as it applied them. It
 * lives as long as the process. What is agreed and still of concern is in the state and survives everybody; the rest
 * survives in the event logs alone.
 */
public final class FenceHistory {

    /** Tries and facts remembered, each; the oldest go first. */
    public static final int LIMIT = 256;

    private final SequencedMap<Long, FenceTry> tries = new LinkedHashMap<>();
    private final Deque<FenceFact> facts = new ArrayDeque<>();
    private long next = 1;

    /** @return a number for {@link #ended} */
    long began(FenceTry begun) {
        tries.put(next, begun);
        if (tries.size() > LIMIT) {
            tries.pollFirstEntry();
        }
        return next++;
    }

    /** The number of what began last. */
    long last() {
        return next - 1;
    }

    void ended(long number, Optional<String> evidence, String answer, long now) {
        tries.computeIfPresent(number, (_, begun) -> begun.ended(evidence, answer, now));
    }

    /** A try that another node is asked for: known only by its answer. */
    static FenceTry asked(FenceMessage.Act act, Incarnation victim, NodeId actor, long now) {
        return new FenceTry(act.intent(), act.attempt(), victim, act.method(), "", FenceOperation.OFF, actor, now,
                Optional.empty(), Optional.empty(), "");
    }

    void applied(LedgerNews.Applied news) {
        long version = news.state().version();
        for (LedgerEvent event : news.events()) {
            switch (event) {
                case LedgerEvent.FenceIntended(long id, var who, String reason, _) ->
                    fact(FenceFact.of(version, "intended", id, who, reason));
                case LedgerEvent.FenceEvidenced(long id, var who, var evidence, String proof, var actor) ->
                    fact(FenceFact.of(version, "evidenced", id, who, "%s by %s: %s".formatted(
                            evidence.label(), actor, proof)));
                case LedgerEvent.FenceVoided(long id, var who, String reason) ->
                    fact(FenceFact.of(version, "voided", id, who, reason));
                case LedgerEvent.FencingOpened(String person, String remark) ->
                    fact(new FenceFact(version, "opened", 0, "", "by %s: %s".formatted(person, remark)));
                case LedgerEvent.MemberJoined _, LedgerEvent.MemberLeft _, LedgerEvent.MemberEvicted _,
                        LedgerEvent.GroupJoined _, LedgerEvent.GroupLeft _, LedgerEvent.GroupLost _,
                        LedgerEvent.PhaseReached _, LedgerEvent.FenceWindowPassed _, LedgerEvent.AccessWanted _,
                        LedgerEvent.AccessGranted _, LedgerEvent.MemberDropped _, LedgerEvent.BarrierPassed _,
                        LedgerEvent.FeaturesTold _, LedgerEvent.FeatureRaised _,
                        LedgerEvent.ElectorateChanged _, LedgerEvent.ElectorateSettled _, LedgerEvent.WentAlone _ -> {
                            /* no fence */
                        }
            }
        }
    }

    /** Oldest first. */
    public List<FenceTry> tries() {
        return List.copyOf(tries.values());
    }

    /** Oldest first. */
    public List<FenceFact> facts() {
        return List.copyOf(facts);
    }

    private void fact(FenceFact fact) {
        facts.addLast(fact);
        if (facts.size() > LIMIT) {
            facts.removeFirst();
        }
    }
}
