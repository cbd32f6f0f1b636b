package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One configuration of the ledger: who votes, and under which record ids these votes are known (rules Q1, L8).
 *
 * @param recordIds of the acceptors; may name further nodes, which have no vote
 */
public record Acceptors(Electorate electorate, SortedMap<NodeId, Long> recordIds) {

    public Acceptors {
        recordIds = Collections.unmodifiableSortedMap(new TreeMap<>(recordIds));
    }

    /** Whether this record has a vote here: another record of the same node is another acceptor (rule L8). */
    public boolean knows(NodeId node, long recordId) {
        Long known = recordIds.get(node);
        return known != null && known == recordId && electorate.votes().containsKey(node);
    }

    public NodeSet nodes() {
        return electorate.acceptors();
    }

    /** Acceptors that were none in the configuration before, or had another record there (rule Q4). */
    NodeSet newcomersAfter(Acceptors before) {
        NodeSet newcomers = NodeSet.NONE;
        for (NodeId node : nodes()) {
            Long recordId = recordIds.get(node);
            if (recordId != null && !before.knows(node, recordId)) {
                newcomers = newcomers.with(node);
            }
        }
        return newcomers;
    }
}
