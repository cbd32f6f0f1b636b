package io.muster.ledger;

import io.muster.base.Hash64;
import io.muster.base.NodeId;
import java.util.Optional;

/** Which other leader this node hears, and which candidate it has promised and waits for. */
final class Followed {

    private final long silenceNs;
    private Optional<Ballot> leader = Optional.empty();
    private Optional<Ballot> awaited = Optional.empty();
    private long heardAt;

    /** @param silenceNs a leader that was not heard for this long is none any more */
    Followed(long silenceNs) {
        this.silenceNs = silenceNs;
    }

    /** A beat of another leader. @return true when it was not followed before */
    boolean heard(Ballot ballot, long now) {
        boolean changed = leader.filter(ballot::equals).isEmpty();
        leader = Optional.of(ballot);
        awaited = leader;
        heardAt = now;
        return changed;
    }

    /** Another node's candidacy was promised: it is waited for. */
    void promised(Ballot ballot) {
        awaited = Optional.of(ballot);
    }

    /** Whoever it was is out of reach, out of the cluster, or was overtaken by this node itself. */
    void forget() {
        leader = Optional.empty();
        awaited = Optional.empty();
    }

    /** Whom this node would be patient with. */
    Optional<Ballot> awaited() {
        return awaited;
    }

    /** The ballot of the leader, until it was silent for too long. */
    Optional<Ballot> leader(long now) {
        return leader.filter(_ -> now < silentAt());
    }

    /** Whether a leader of another node than this one is heard: a reason to make a candidate wait. */
    boolean holdsBack(NodeId candidate, long now) {
        return leader(now).filter(ballot -> !ballot.leader().node().equals(candidate)).isPresent();
    }

    /** When the leader will have been silent for too long. */
    long silentAt() {
        return heardAt + silenceNs;
    }

    void digest(Hash64 into) {
        Acceptor.addBallot(leader, into);
        Acceptor.addBallot(awaited, into);
        into.add(heardAt);
    }
}
