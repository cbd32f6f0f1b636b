package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Lone;
import io.muster.quorum.Electorate;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which states were chosen, computed from what lies on the acceptors' disks and from nothing that anybody says: a state
 * is chosen when a quorum has held it durably in one ballot, at whatever times.
 */
public final class ChosenStates {

    private static final String CHECKER = "OneValuePerVersion";

    private record Proposal(Ballot ballot, long version) implements Comparable<Proposal> {

        @Override
        public int compareTo(Proposal other) {
            int byBallot = ballot.compareTo(other.ballot);
            return byBallot != 0 ? byBallot : Long.compare(version, other.version);
        }
    }

    private record Accepted(ClusterState state, NodeSet acceptors) {}

    /** A chosen state and the ballot in which it was first chosen. */
    public record Chosen(Ballot ballot, ClusterState state) {}

    private final ClusterState founding;
    private final TreeMap<Proposal, Accepted> accepted = new TreeMap<>();
    private final TreeMap<Long, Chosen> chosen = new TreeMap<>();
    private final TreeSet<Incarnation> evidenced = new TreeSet<>();
    private final TreeSet<Incarnation> dropped = new TreeSet<>();
    private final TreeMap<Long, Incarnation> intents = new TreeMap<>();

    public ChosenStates(ClusterState founding) {
        this.founding = founding;
    }

    /**
     * An acceptor holds a state durably.
     *
     * @return the state when this makes it chosen for the first time
     * @throws Violation when it contradicts what was accepted in this ballot, or what was chosen before
     */
    public Optional<Chosen> accepted(NodeId who, Ballot ballot, ClusterState state) {
        return accepted(who, ballot, state, Optional.empty());
    }

    /** @param lone by which right the acceptor may decide without the other of two (rule T2) */
    public Optional<Chosen> accepted(NodeId who, Ballot ballot, ClusterState state, Optional<Lone> lone) {
        Proposal proposal = new Proposal(ballot, state.version());
        Accepted before = accepted.getOrDefault(proposal, new Accepted(state, NodeSet.NONE));
        if (before.acceptors().contains(who)) {
            return Optional.empty();
        }
        Violation.unless(before.state().equals(state), CHECKER,
                "%s holds another version %d of %s than others", who, state.version(), ballot);
        fitsWhatWasChosen(who, ballot, state);
        Accepted now = new Accepted(before.state(), before.acceptors().with(who));
        accepted.put(proposal, now);
        if (state.version() == 0 || chosen.containsKey(state.version()) || !decide(now.acceptors(), state, lone)) {
            return Optional.empty();
        }
        Violation.unless(state.version() == newest().version() + 1, CHECKER,
                "version %d was chosen and %d is the newest before it", state.version(), newest().version());
        Chosen made = new Chosen(ballot, state);
        chosen.put(state.version(), made);
        remember(state);
        return Optional.of(made);
    }

    /**
     * Whether these acceptors decide about a state, counted here from the votes alone and not as the product counts
     * them: by the configuration of this version and by that of the <em>chosen</em> version before it, whatever the state
     * itself says of what was before (rule Q3). Where the two are the same that asks nothing twice.
     */
    private boolean decide(NodeSet acceptors, ClusterState state, Optional<Lone> lone) {
        Optional<NodeId> fenced = lone.filter(line -> line.since().isPresent()).map(Lone::other)
                .filter(other -> state.lastLives().getOrDefault(other.node(), 0L) == other.life()).map(Incarnation::node);
        NodeSet counted = fenced.map(acceptors::with).orElse(acceptors);
        Optional<ClusterState> before = at(state.version() - 1);
        return enough(counted, state.electorate())
                && before.filter(parent -> !enough(counted, parent.electorate())).isEmpty();
    }

    private static boolean enough(NodeSet acceptors, Electorate electorate) {
        long held = 0;
        long all = 0;
        for (var vote : electorate.votes().entrySet()) {
            all += vote.getValue();
            held += acceptors.contains(vote.getKey()) ? vote.getValue() : 0;
        }
        // Not more than half is no quorum, whatever the threshold says (rule Q1).
        return held >= electorate.threshold() && 2 * held > all;
    }

    /** Rules L3 to L5: from the choosing ballot on, nobody may hold anything but the chosen value or what follows it. */
    private void fitsWhatWasChosen(NodeId who, Ballot ballot, ClusterState state) {
        Violation.unless(state.version() > 0 || state.equals(founding), CHECKER,
                "%s holds another version 0 than the one that was founded", who);
        Chosen same = chosen.get(state.version());
        Violation.unless(same == null || ballot.compareTo(same.ballot()) < 0 || same.state().equals(state), CHECKER,
                "%s holds version %d of %s, and another one was chosen in %s",
                who, state.version(), ballot, same == null ? "" : same.ballot());
        var later = chosen.higherEntry(state.version());
        Violation.unless(later == null || ballot.compareTo(later.getValue().ballot()) <= 0, CHECKER,
                "%s accepted version %d in %s, and version %d was chosen in the lower ballot %s",
                who, state.version(), ballot, later == null ? 0 : later.getKey(),
                later == null ? "" : later.getValue().ballot());
    }

    private void remember(ClusterState state) {
        for (LedgerEvent event : state.events()) {
            if (event instanceof LedgerEvent.FenceIntended(long id, Incarnation who, _, _)) {
                intents.put(id, who);
            } else if (event instanceof LedgerEvent.FenceEvidenced(_, Incarnation who, _, _, _)) {
                evidenced.add(who);
            } else if (event instanceof LedgerEvent.MemberDropped(Incarnation who, _)) {
                dropped.add(who);
            }
        }
    }

    /** The newest chosen state. */
    public ClusterState newest() {
        return chosen.isEmpty() ? founding : chosen.lastEntry().getValue().state();
    }

    /** The chosen state of a version. */
    public Optional<ClusterState> at(long version) {
        return version == 0 ? Optional.of(founding) : Optional.ofNullable(chosen.get(version)).map(Chosen::state);
    }

    /** Whether evidence of this life's end was ever chosen. */
    public boolean evidenced(Incarnation life) {
        return evidenced.contains(life);
    }

    /** Whether this life was put out and agreed to hold nothing. */
    public boolean dropped(Incarnation life) {
        return dropped.contains(life);
    }

    /** Whether this intent against this life was ever chosen. */
    public boolean intended(long intent, Incarnation life) {
        return life.equals(intents.get(intent));
    }
}
