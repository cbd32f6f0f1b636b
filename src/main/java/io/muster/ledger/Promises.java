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
 * @param lone    the own right to go on without the other of two, when there is one (rule T2)
 */
record Promises(Ballot ballot, SortedMap<NodeId, AcceptorRecord> records, Optional<Lone> lone) {

    Promises {
        records = Collections.unmodifiableSortedMap(new TreeMap<>(records));
    }

    static Promises none(Ballot ballot) {
        return none(ballot, Optional.empty());
    }

    static Promises none(Ballot ballot, Optional<Lone> lone) {
        return new Promises(ballot, Collections.emptySortedMap(), lone);
    }

    /** With one promise more; a record that did not promise exactly this ballot changes nothing. */
    Promises with(NodeId node, AcceptorRecord record) {
        if (!record.hasPromised(ballot) || records.containsKey(node)) {
            return this;
        }
        TreeMap<NodeId, AcceptorRecord> more = new TreeMap<>(records);
        more.put(node, record);
        return new Promises(ballot, more, lone);
    }

    /**
     * The state to be chosen again in this ballot: of the highest accepted ballot, then version, among all records
     * (rule L4); empty until those who promised decide in its configuration and, as it may not be chosen, in the one
     * before it (rule Q2). A promise that comes later may show a newer state, with other configurations: then those have
     * to be met. Only acceptors whose record a configuration knows count in it (rule L8).
     */
    Optional<ClusterState> adopted() {
        Optional<ClusterState> newest = newest();
        return newest.filter(state -> state.configurations().stream().allMatch(acceptors ->
                acceptors.electorate().isQuorum(known(acceptors).union(standIn(state)))));
    }

    /** The newest state that was seen so far: its voters are to be asked. */
    Optional<ClusterState> newest() {
        AcceptorRecord newest = null;
        for (AcceptorRecord record : records.values()) {
            newest = newest == null || record.newerThan(newest) ? record : newest;
        }
        return Optional.ofNullable(newest).map(AcceptorRecord::state);
    }

    private NodeSet known(Acceptors acceptors) {
        NodeSet known = NodeSet.NONE;
        for (var entry : records.entrySet()) {
            if (acceptors.knows(entry.getKey(), entry.getValue().recordId())) {
                known = known.with(entry.getKey());
            }
        }
        return known;
    }

    private NodeSet standIn(ClusterState state) {
        return lone.map(line -> line.standsInFor(state)).orElse(NodeSet.NONE);
    }
}
