package io.muster.daemon;

import io.muster.fence.FenceFact;
import io.muster.fence.FenceTry;
import io.muster.node.FencePast;
import io.muster.node.NodeStatus;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The answer to {@code fence.history}: what is agreed, and apart from it what the asked node alone remembers. */
final class FenceHistoryJson {

    private FenceHistoryJson() {}

    /** @param node only what concerns this node; all when empty */
    static Map<String, Object> of(NodeStatus status, Optional<String> node) {
        FencePast past = status.fences();
        return Json.object(
                "ok", true,
                "node", status.self().node(),
                "agreed", status.state().departures().values().stream()
                        .filter(departure -> concerns(departure.who().toString(), node)).map(StatusJson::of).toList(),
                "seen", past.facts().stream().filter(fact -> concerns(fact.who(), node))
                        .map(FenceHistoryJson::of).toList(),
                "tries", past.tries().stream().filter(each -> concerns(each.victim().toString(), node))
                        .map(each -> of(each, past.now())).toList());
    }

    private static boolean concerns(String who, Optional<String> node) {
        return node.isEmpty() || who.isEmpty() || who.startsWith(node.get() + "#");
    }

    private static Map<String, Object> of(FenceFact fact) {
        return Json.object("version", fact.version(), "what", fact.what(), "intent", fact.intent(), "who", fact.who(),
                "text", fact.text());
    }

    private static Map<String, Object> of(FenceTry each, long now) {
        Map<String, Object> json = Json.object(
                "intent", each.intent(), "attempt", each.attempt(), "who", each.victim(), "level", each.level(),
                "device", each.device(), "operation", each.operation().name().toLowerCase(Locale.ROOT),
                "actor", each.actor(), "ago_ms", (now - each.beganAt()) / 1e6, "running", each.endedAt().isEmpty());
        each.endedAt().ifPresent(endedAt -> json.put("took_ms", (endedAt - each.beganAt()) / 1e6));
        each.evidence().ifPresent(label -> json.put("class", label));
        json.put("answer", each.answer());
        return json;
    }
}
