package io.muster.daemon;

import io.muster.runtime.Refusals;
import io.muster.runtime.SecureContext;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What a status says of those outside: who was refused, and until when this node is trusted. */
final class WireJson {

    private WireJson() {}

    static List<Map<String, Object>> refused(List<Refusals.Refused> rows) {
        return rows.stream().map(row -> Json.object(
                "kind", row.kind(), "peer", row.peer(), "address", row.address(), "why", row.why(), "count", row.count()))
                .toList();
    }

    static List<Map<String, Object>> trust(List<SecureContext.Expiry> expiries) {
        Instant now = Instant.now();
        return expiries.stream().map(expiry -> Json.object(
                "file", expiry.file(), "until", expiry.until().toString(), "days", expiry.daysLeft(now),
                "soon", expiry.soon(now))).toList();
    }
}
