package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Watches every message, write and piece of news of a run and throws when a rule of agreement is broken. It knows what
 * is on each medium, so it knows what is chosen without asking any machine.
 */
final class AgreementChecker {

    /** A state offered or accepted in a ballot. */
    record Pair(Ballot ballot, long version) {}

    private record Promised(long at, Ballot ballot) {}

    private final Map<Pair, Digest> offered = new LinkedHashMap<>();
    private final Map<Pair, NodeSet> accepted = new LinkedHashMap<>();
    private final Map<Pair, Digest> chosenPairs = new LinkedHashMap<>();
    private final TreeMap<Long, ClusterState> chosen = new TreeMap<>();
    private final Map<NodeId, AcceptorRecord> onMedium = new LinkedHashMap<>();
    private final Map<NodeId, List<Promised>> promises = new LinkedHashMap<>();
    private final Map<Incarnation, ClusterState> applied = new LinkedHashMap<>();
    private final Map<Ballot, Incarnation> leaders = new LinkedHashMap<>();
    /** What was offered; and what each node has ever held, by version. */
    private final Map<Pair, ClusterState> offers = new LinkedHashMap<>();
    private final Map<NodeId, Map<Long, Digest>> everHeld = new LinkedHashMap<>();
    private final TreeMap<Long, ClusterState> chosenAt = new TreeMap<>();
    private long clock;
    private long proofs;
    private long compactions;

    long newestChosen() {
        return chosen.isEmpty() ? -1 : chosen.lastKey();
    }

    /** The newest state that is chosen; empty before there is one. */
    Optional<ClusterState> newest() {
        return chosen.isEmpty() ? Optional.empty() : Optional.of(chosen.lastEntry().getValue());
    }

    Optional<ClusterState> chosen(long version) {
        return Optional.ofNullable(chosen.get(version));
    }

    long proofs() {
        return proofs;
    }

    long compactions() {
        return compactions;
    }

    int ballotsThatLed() {
        return leaders.size();
    }

    /** Both copies of a node's file hold at least this record now, or one of them holds it alone after a crash. */
    void onMedium(NodeId node, AcceptorRecord record, long now) {
        clock = now;
        AcceptorRecord before = onMedium.put(node, record);
        if (before != null) {
            check(!before.newerThan(record), "L3: %s fell from %s v%d to %s v%d", node, before.accepted(),
                    before.state().version(), record.accepted(), record.state().version());
            check(before.promised().isEmpty() || record.promised().isPresent()
                            && record.promised().get().compareTo(before.promised().get()) >= 0,
                    "L2: the promise of %s fell from %s to %s", node, before.promised(), record.promised());
        }
        record.promised().filter(ballot -> before == null || before.mayPromise(ballot)).ifPresent(ballot ->
                promises.computeIfAbsent(node, _ -> new ArrayList<>()).add(new Promised(now, ballot)));
        record.accepted().ifPresent(ballot -> accepted(node, ballot, record.state()));
    }

    private void accepted(NodeId node, Ballot ballot, ClusterState state) {
        Pair pair = new Pair(ballot, state.version());
        Digest digest = StateCodec.digest(state);
        check(offered.get(pair) == null || offered.get(pair).equals(digest), "L7: two states for %s", pair);
        NodeSet by = accepted.getOrDefault(pair, NodeSet.NONE).with(node);
        accepted.put(pair, by);
        newcomersHoldItFirst(node, pair, state, digest);
        if (decide(by, state) && chosenPairs.putIfAbsent(pair, digest) == null) {
            ClusterState twin = chosen.putIfAbsent(state.version(), state);
            chosenAt.put(clock, chosen.lastEntry().getValue());
            check(twin == null || twin.equals(state),
                    "one value per version: %s chose %s beside %s", pair, state, twin);
            chainHolds(state.version());
            chainHolds(state.version() + 1);
        }
    }

    /** Q4: who comes in holds the adding version before anybody does who was there. */
    private void newcomersHoldItFirst(NodeId node, Pair pair, ClusterState state, Digest digest) {
        everHeld.computeIfAbsent(node, _ -> new LinkedHashMap<>()).put(pair.version(), digest);
        ClusterState parent = chosen.get(pair.version() - 1);
        if (parent == null || !parent.electorate().votes().containsKey(node)) {
            return;
        }
        for (NodeId voter : state.electorate().votes().keySet()) {
            check(parent.electorate().votes().containsKey(voter)
                            || digest.equals(everHeld.getOrDefault(voter, Map.of()).get(pair.version())),
                    "Q4: %s holds %s, which adds %s, and %s does not", node, pair, voter, voter);
        }
    }

    /**
     * Whether these decide, counted here from the votes and not as the product counts: by the configuration of this
     * version and by that of the chosen one before it (rule Q3).
     */
    private boolean decide(NodeSet by, ClusterState state) {
        ClusterState parent = chosen.get(state.version() - 1);
        return enough(by, state.electorate()) && (parent == null || enough(by, parent.electorate()));
    }

    private static boolean enough(NodeSet by, Electorate electorate) {
        int held = 0;
        int all = 0;
        for (var vote : electorate.votes().entrySet()) {
            all += vote.getValue();
            held += by.contains(vote.getKey()) ? vote.getValue() : 0;
        }
        return held >= electorate.threshold() && 2 * held > all;
    }

    /** Q4, L8: who answers has a vote by what it says it holds, or by what is chosen. */
    private void hasAVote(Incarnation from, ClusterState held, String what) {
        check(votesBy(from.node(), held) || newest().filter(state -> votesBy(from.node(), state)).isPresent(),
                "Q4: %s %s and has no vote by version %d", from, what, held.version());
    }

    private static boolean votesBy(NodeId node, ClusterState state) {
        return state.electorate().votes().containsKey(node) || state.voting().previous()
                .filter(before -> before.electorate().votes().containsKey(node)).isPresent();
    }

    /** L1: all chosen states form one chain by digest; Q3: and the quorums of any two in a row meet. */
    private void chainHolds(long version) {
        ClusterState child = chosen.get(version);
        ClusterState parent = chosen.get(version - 1);
        if (child != null && parent != null) {
            check(child.parent().equals(StateCodec.digest(parent)), "L1: version %d has another parent", version);
            if (!child.electorate().equals(parent.electorate())) {
                quorumsMeet(parent, child);
            }
        }
    }

    void sent(Incarnation from, LedgerMessage message, Optional<AcceptorRecord> bothCopies) {
        switch (message) {
            case LedgerMessage.Prepare(Ballot ballot) -> {
                check(ballot.leader().equals(from), "L7: %s prepares %s", from, ballot);
                promiseIsDurable(from, ballot, bothCopies);
            }
            case LedgerMessage.Promise(Ballot ballot, AcceptorRecord record) -> {
                promiseIsDurable(from, ballot, bothCopies);
                // A write may be on the medium before its machine is told: of a higher promise, or of what was accepted
                // in this ballot or above. What was accepted below it is as it was.
                AcceptorRecord kept = bothCopies.get();
                hasAVote(from, record.state(), "promises");
                check(record.hasPromised(ballot), "L2: %s promises %s with %s", from, ballot, record.promised());
                check(kept.accepted().filter(above -> above.compareTo(ballot) >= 0).isPresent()
                                || kept.accepted().equals(record.accepted()) && kept.state().equals(record.state()),
                        "L2: %s promises %s with a record that is not durable", from, ballot);
            }
            case LedgerMessage.Accept(Ballot ballot, ClusterState state) -> offered(from, ballot, state);
            case LedgerMessage.Accepted(Ballot ballot, long version) -> {
                hasAVote(from, offers.get(new Pair(ballot, version)), "accepts");
                check(bothCopies.isPresent() && holds(bothCopies.get(), ballot, version),
                        "L3: %s accepted %s v%d but keeps %s", from, ballot, version, bothCopies);
            }
            case LedgerMessage.Refused(Ballot ballot, Ballot promised) -> {
                check(promised.compareTo(ballot) > 0, "%s refuses %s for %s", from, ballot, promised);
                promiseIsDurable(from, promised, bothCopies);
            }
            case LedgerMessage.Chosen(Ballot ballot, ClusterState state) ->
                check(StateCodec.digest(state).equals(chosenPairs.get(new Pair(ballot, state.version()))),
                        "L9: %s tells version %d of %s, which is not chosen in it", from, state.version(), ballot);
            case LedgerMessage.Beat(Ballot ballot, long _, long version) -> {
                check(chosenPairs.containsKey(new Pair(ballot, version)),
                        "L5: %s beats in %s v%d, which is not chosen in it", from, ballot, version);
                check(leaders.containsKey(ballot), "%s beats in %s before it leads", from, ballot);
            }
            case LedgerMessage.BeatHeard(Ballot ballot, long sequence, long _) ->
                check(sequence == 0 || bothCopies.filter(record -> !record.mayPromise(ballot)).isPresent(),
                        "A1: %s vouches for %s with %s", from, ballot, bothCopies);
        }
    }

    /** Whether it has accepted that, or gone on from it. */
    private static boolean holds(AcceptorRecord kept, Ballot ballot, long version) {
        return kept.hasAccepted(ballot, version) || kept.accepted().filter(above -> above.compareTo(ballot) > 0
                || above.equals(ballot) && kept.state().version() > version).isPresent();
    }

    private void promiseIsDurable(Incarnation from, Ballot ballot, Optional<AcceptorRecord> bothCopies) {
        check(bothCopies.isPresent() && !bothCopies.get().mayPromise(ballot),
                "L2: %s speaks of its promise of %s, which is not in both copies", from, ballot);
    }

    private void offered(Incarnation from, Ballot ballot, ClusterState state) {
        check(ballot.leader().equals(from), "L7: %s offers in %s", from, ballot);
        Pair pair = new Pair(ballot, state.version());
        Digest digest = StateCodec.digest(state);
        Digest twin = offered.putIfAbsent(pair, digest);
        offers.putIfAbsent(pair, state);
        check(twin == null || twin.equals(digest), "L7: two states for %s", pair);
        boolean own = state.proposedBy().filter(ballot::equals).isPresent();
        check(!own || chosenPairs.containsKey(new Pair(ballot, state.version() - 1)),
                "L5, L6: %s is offered before the version below is chosen in that ballot", pair);
        check(!own || !chosen.get(state.version() - 1).isPast(from),
                "L11: %s proposes version %d and is out", from, state.version());
        // L4 as its check says: whatever is chosen already is on the way to what is offered.
        if (!own && twin == null) {
            check(newestChosenBelow(ballot) <= state.version(), "L4: %s is adopted below a chosen version", pair);
        }
    }

    private long newestChosenBelow(Ballot ballot) {
        return chosenPairs.keySet().stream().filter(pair -> pair.ballot().compareTo(ballot) < 0)
                .mapToLong(Pair::version).max().orElse(-1);
    }

    void announced(Incarnation self, LedgerNews news, long now) {
        switch (news) {
            case LedgerNews.Applied news1 -> applied(self, news1);
            case LedgerNews.Leading(Ballot ballot) -> {
                Incarnation other = leaders.putIfAbsent(ballot, self);
                check(other == null && ballot.leader().equals(self), "%s leads in %s beside %s", self, ballot, other);
                ClusterState state = applied.get(self);
                check(state != null && !state.isPast(self), "L11: %s leads and is out", self);
            }
            case LedgerNews.Proven(Ballot ballot, long sentAt) -> {
                check(sentAt <= now, "A1: proven in the future");
                check(!quorumPromisedAbove(ballot, sentAt),
                        "A1: %s is proven at %d after a higher quorum", ballot, sentAt);
                proofs++;
            }
            case LedgerNews.NotLeading _, LedgerNews.Following _, LedgerNews.RecordFailed _,
                    LedgerNews.LoneNoted _ -> {
                // promises nothing
            }
        }
    }

    private boolean quorumPromisedAbove(Ballot ballot, long before) {
        NodeSet above = NodeSet.NONE;
        for (var entry : promises.entrySet()) {
            for (Promised promised : entry.getValue()) {
                if (promised.at() < before && promised.ballot().compareTo(ballot) > 0) {
                    above = above.with(entry.getKey());
                }
            }
        }
        // By those who voted when the beat was sent: whoever votes since was not asked by anybody before.
        var voted = chosenAt.floorEntry(before);
        return voted != null && decide(above, voted.getValue());
    }

    private void applied(Incarnation self, LedgerNews.Applied news) {
        ClusterState state = news.state();
        ClusterState before = applied.put(self, state);
        check(state.equals(chosen.get(state.version())),
                "L9: %s applied version %d, not chosen", self, state.version());
        check(before == null ? news.before().version() == 0 : news.before().equals(before),
                "L10: %s goes on from version %d", self, news.before().version());
        check(before == null || state.version() > before.version(), "L9: %s fell to %d", self, state.version());
        if (news.compacted()) {
            compactions++;
            DifferenceCheck.explains(news.before(), news.events(), state);
        } else if (state.version() > 0) {
            LedgerEvent[] events = news.events().toArray(LedgerEvent[]::new);
            check(state.equals(States.next(news.before(), state.proposedBy().orElseThrow(), events)),
                    "001-11: version %d is not the sum of its events", state.version());
        }
    }

    /** Q3: any quorum that decides about the one version meets any that decides about the next; by trying all. */
    static void quorumsMeet(ClusterState parent, ClusterState child) {
        NodeSet all = parent.voters().union(child.voters());
        for (long one = all.bits(); one != 0; one = one - 1 & all.bits()) {
            NodeSet rest = all.minus(new NodeSet(one));
            // The others together are the largest set that does not meet this one.
            check(!parent.settled().decidedBy(new NodeSet(one)) || !child.decidedBy(rest),
                    "Q3: quorums %s of version %d and %s of version %d do not meet",
                    new NodeSet(one), parent.version(), rest, child.version());
        }
    }

    static void check(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new AssertionError(message.formatted(values));
        }
    }
}
