package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Phase one of a ballot: who promised it, and what they had accepted. Pure.
 *
 * @param records of those who promised, each as it was when it promised
 */
record Promises(Ballot ballot, SortedMap<NodeId, AcceptorRecord> records) {

    Promises {
        records = Collections.unmodifiableSortedMap(new TreeMap<>(records));
    }

    static Promises none(Ballot ballot) {
        return new Promises(ballot, Collections.emptySortedMap());
    }

    /** With one promise more; a record that did not promise exactly this ballot changes nothing. */
    Promises with(NodeId node, AcceptorRecord record) {
        if (!record.hasPromised(ballot) || records.containsKey(node)) {
            return this;
        }
        TreeMap<NodeId, AcceptorRecord> more = new TreeMap<>(records);
        more.put(node, record);
        return new Promises(ballot, more);
    }

    /**
     * The state to be chosen again in this ballot: of the highest accepted ballot, then version, among all records of
     * a promise quorum (rule L4); empty while there is no quorum. Only acceptors whose record the state knows count
     * (rule L8).
     */
    Optional<ClusterState> adopted() {
        AcceptorRecord newest = null;
        for (AcceptorRecord record : records.values()) {
            newest = newest == null || record.newerThan(newest) ? record : newest;
        }
        if (newest == null) {
            return Optional.empty();
        }
        ClusterState state = newest.state();
        NodeSet known = NodeSet.NONE;
        for (var entry : records.entrySet()) {
            Long recordId = state.recordIds().get(entry.getKey());
            if (recordId != null && recordId == entry.getValue().recordId()) {
                known = known.with(entry.getKey());
            }
        }
        return state.electorate().isQuorum(known) ? Optional.of(state) : Optional.empty();
    }
}
