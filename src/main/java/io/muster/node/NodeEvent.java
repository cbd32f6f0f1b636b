package io.muster.node;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * One line of a node's event log; docs/EVENTS.md lists the names and fields.
 *
 * @param name    as {@code heartbeat.lost}
 * @param version the newest version this node had applied
 * @param fields  text or {@code Long} or {@code Boolean} values, in the order they are written
 */
public record NodeEvent(String name, long version, SequencedMap<String, Object> fields) {

    public NodeEvent {
        fields = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fields));
    }
}
