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
 * @param lone     what one of two nodes noted when the other was dead (rules T3, T8)
 */
public record AcceptorRecord(
        long recordId, Optional<Ballot> promised, Optional<Ballot> accepted, ClusterState state, Optional<Lone> lone) {

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

    /** The record of an acceptor that is not alone and does not mean to be. */
    public AcceptorRecord(long recordId, Optional<Ballot> promised, Optional<Ballot> accepted, ClusterState state) {
        this(recordId, promised, accepted, state, Optional.empty());
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

    /** Only a ballot above the promise is promised (rule L2), and while alone only an own one ({@link Lone}). */
    boolean mayPromise(Ballot ballot) {
        return (promised.isEmpty() || promised.get().compareTo(ballot) < 0) && takesPartIn(ballot);
    }

    /** While alone a record takes part in ballots of its own node only. */
    boolean takesPartIn(Ballot ballot) {
        return lone.filter(line -> !line.allows(ballot)).isEmpty();
    }

    /** Whether this node goes on without the other of two (rule T5). */
    boolean alone() {
        return lone.filter(Lone::alone).isPresent();
    }

    AcceptorRecord promising(Ballot ballot) {
        return new AcceptorRecord(recordId, Optional.of(ballot), accepted, state, lone);
    }

    /** Before the other of two is fenced (rule T8). */
    AcceptorRecord intending(Lone intent) {
        return new AcceptorRecord(recordId, promised, accepted, state, Optional.of(intent));
    }

    /** Before the first version without the other, with the promise of the ballot it is made in (rule T3). */
    AcceptorRecord aloneSince(Lone line) {
        return new AcceptorRecord(
                recordId, line.since().map(Lone.Since::ballot), accepted, state, Optional.of(line));
    }

    /**
     * The exact rule L3. With {@code ballot >= promised} alone a delayed duplicate of version v would take back v+1 of
     * the same ballot, which may be chosen.
     */
    Offer weigh(Ballot ballot, long version) {
        if (promisedAbove(ballot) || !takesPartIn(ballot)) {
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
        return new AcceptorRecord(recordId, Optional.of(ballot), Optional.of(ballot), offered,
                lone.filter(line -> !line.endsWith(offered)));
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
