package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Lone;
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
        NodeSet deciding = lone.map(line -> now.acceptors().union(line.standsInFor(state))).orElse(now.acceptors());
        if (state.version() == 0 || chosen.containsKey(state.version()) || !state.decidedBy(deciding)) {
            return Optional.empty();
        }
        Violation.unless(state.version() == newest().version() + 1, CHECKER,
                "version %d was chosen and %d is the newest before it", state.version(), newest().version());
        Chosen made = new Chosen(ballot, state);
        chosen.put(state.version(), made);
        remember(state);
        return Optional.of(made);
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
