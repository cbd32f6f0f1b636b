package io.muster.ledger;

import java.util.Optional;

/**
 * What an acceptor keeps, durably: ordered by (accepted ballot, version) and never falling in that order (rule L3).
 *
 * @param recordId the random id under which the cluster state knows this record (rule L8)
 * @param promised no ballot below this is answered
 * @param accepted the ballot in which {@code state} was accepted; empty for the founding state
 * @param state    the newest accepted state
 */
public record AcceptorRecord(long recordId, Optional<Ballot> promised, Optional<Ballot> accepted, ClusterState state) {}
