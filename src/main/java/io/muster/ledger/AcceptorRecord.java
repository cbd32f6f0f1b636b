package io.muster.ledger;

import java.util.Optional;

/**
 * What an acceptor keeps, durably: ordered by (accepted ballot, version) and never falling in that order (rule L3).
 * The rules by which it changes are here, without time, disk or network, so that they can be walked completely.
 *
 * @param recordId the random id under which the cluster state knows this record (rule L8)
 * @param promised no ballot below this is answered; never below {@code accepted}
 * @param accepted the ballot in which {@code state} was accepted; empty for the founding state
 * @param state    the newest accepted state
 */
public record AcceptorRecord(long recordId, Optional<Ballot> promised, Optional<Ballot> accepted, ClusterState state) {

    /** How an offered (ballot, version) compares with this record (rule L3). */
    enum Offer {
        /** The ballot is below the promise. */
        REFUSED,
        /** Older than what is accepted, as a delayed duplicate is: to be ignored. */
        STALE,
        /** Exactly what is accepted: to be acknowledged again. */
        SAME,
        /** To be accepted. */
        NEW
    }

    public AcceptorRecord {
        if (accepted.isPresent() && (promised.isEmpty() || promised.get().compareTo(accepted.get()) < 0)) {
            throw new IllegalArgumentException("accepted in %s but promised only %s".formatted(accepted, promised));
        }
    }

    /** The record of an acceptor that has neither promised nor accepted anything (rule Q8). */
    public static AcceptorRecord founding(long recordId, ClusterState founded) {
        return new AcceptorRecord(recordId, Optional.empty(), Optional.empty(), founded);
    }

    boolean hasPromised(Ballot ballot) {
        return promised.isPresent() && promised.get().equals(ballot);
    }

    boolean promisedAbove(Ballot ballot) {
        return promised.isPresent() && promised.get().compareTo(ballot) > 0;
    }

    boolean hasAccepted(Ballot ballot, long version) {
        return accepted.isPresent() && accepted.get().equals(ballot) && state.version() == version;
    }

    /** Only a ballot above the promise is promised (rule L2). */
    boolean mayPromise(Ballot ballot) {
        return promised.isEmpty() || promised.get().compareTo(ballot) < 0;
    }

    AcceptorRecord promising(Ballot ballot) {
        return new AcceptorRecord(recordId, Optional.of(ballot), accepted, state);
    }

    /**
     * The exact rule L3. With {@code ballot >= promised} alone a delayed duplicate of version v would take back v+1 of
     * the same ballot, which may be chosen.
     */
    Offer weigh(Ballot ballot, long version) {
        if (promisedAbove(ballot)) {
            return Offer.REFUSED;
        }
        if (accepted.isEmpty()) {
            return Offer.NEW;
        }
        int byBallot = ballot.compareTo(accepted.get());
        int order = byBallot != 0 ? byBallot : Long.compare(version, state.version());
        return order > 0 ? Offer.NEW : order == 0 ? Offer.SAME : Offer.STALE;
    }

    AcceptorRecord accepting(Ballot ballot, ClusterState offered) {
        return new AcceptorRecord(recordId, Optional.of(ballot), Optional.of(ballot), offered);
    }

    /** Adoption order: by ballot first, by version second (rule L4). */
    boolean newerThan(AcceptorRecord other) {
        if (accepted.isEmpty() || other.accepted.isEmpty()) {
            return accepted.isPresent() && other.accepted.isEmpty();
        }
        int byBallot = accepted.get().compareTo(other.accepted.get());
        return byBallot > 0 || byBallot == 0 && state.version() > other.state.version();
    }
}
