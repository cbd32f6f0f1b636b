package io.muster.runtime;

import io.muster.node.NodeEvent;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * The way of events to those who are told of them. Those of the node pass through; what the driver itself has to tell
 * (refusals, trust) is told between two steps, on the same thread, so listeners need not be ready for any other.
 */
final class WireEvents implements Consumer<NodeEvent> {

    private final Mailbox mailbox;
    private final Consumer<NodeEvent> events;
    private volatile long version;
    private volatile int featureLevel;

    /** @param featureLevel of the state that was found at start */
    WireEvents(Mailbox mailbox, Consumer<NodeEvent> events, int featureLevel) {
        this.mailbox = mailbox;
        this.events = events;
        this.featureLevel = featureLevel;
    }

    @Override
    public void accept(NodeEvent event) {
        version = event.version();
        if (event.name().equals("cluster.feature") && event.fields().get("level") instanceof Long level) {
            featureLevel = level.intValue();
        }
        events.accept(event);
    }

    /** The feature level that the cluster has agreed on, as far as this node has heard. */
    int featureLevel() {
        return featureLevel;
    }

    /** @return false when the node is overrun: then it has to be told again */
    boolean refused(Refusals.Refused row) {
        SequencedMap<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", row.kind());
        fields.put("peer", row.peer());
        fields.put("address", row.address());
        fields.put("why", row.why());
        fields.put("count", row.untold());
        fields.put("total", row.count());
        return tell("wire.refused", fields);
    }

    void expires(SecureContext.Expiry expiry) {
        SequencedMap<String, Object> fields = new LinkedHashMap<>();
        fields.put("file", expiry.file());
        fields.put("until", expiry.until().toString());
        fields.put("days", expiry.daysLeft(Instant.now()));
        tell("trust.expires", fields);
    }

    void reloaded() {
        tell("trust.reloaded", new LinkedHashMap<>());
    }

    private boolean tell(String name, SequencedMap<String, Object> fields) {
        return mailbox.look(() -> events.accept(new NodeEvent(name, version, fields)));
    }
}
