package io.muster.cli;

import io.muster.daemon.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A status for people. */
public final class StatusText {

    private StatusText() {}

    /** What is agreed, and how this node stands to it. */
    static List<String> agreed(Map<String, Object> status) {
        List<String> lines = new ArrayList<>();
        String leader = Json.text(status, "leader");
        lines.add("%s#%d  %s%s  version %d  cluster %s".formatted(
                Json.text(status, "node"), Json.number(status, "life", 0), Json.text(status, "role"),
                leader.isEmpty() ? ", no leader known" : ", leader " + leader,
                Json.number(status, "version", 0), shortId(Json.text(status, "cluster"))));
        double acting = millis(status, "acting_ms");
        lines.add(acting > 0 ? "may act for another %.2f s".formatted(acting / 1000) : "may not act: no lease from a quorum");
        Map<String, Object> view = Json.inner(status, "view");
        lines.add("view %d, %s: %s".formatted(
                Json.number(view, "version", 0),
                Json.truth(view, "safe") ? "safe" : "NOT SAFE yet",
                words(Json.texts(view, "members"))));
        for (Map<String, Object> group : Json.objects(status, "groups")) {
            List<String> departed = Json.texts(group, "departed");
            lines.add("group %-12s generation %-4d %-9s %s%s".formatted(
                    Json.text(group, "name"), Json.number(group, "generation", 0), Json.text(group, "phase"),
                    words(Json.texts(group, "members")),
                    departed.isEmpty() ? "" : ", to recover from " + words(departed)));
        }
        for (Map<String, Object> departure : Json.objects(status, "departures")) {
            lines.add(departure(departure));
        }
        for (Map<String, Object> peer : Json.objects(status, "local")) {
            if (Json.truth(peer, "heard")) {
                links(peer).stream().filter(link -> !link.contains(" up ")).forEach(link ->
                        lines.add("%s %s".formatted(Json.text(peer, "node"), link)));
            }
        }
        lines.addAll(outside(status));
        lines.add(voters(Json.inner(status, "voters")));
        List<Map<String, Object>> waits = Json.objects(status, "waits");
        if (!waits.isEmpty()) {
            lines.add("waits:");
            WaitText.chains(waits).forEach(line -> lines.add("  " + line));
        }
        return lines;
    }

    /** What people should know of strangers and of certificates; nothing when there is nothing. */
    private static List<String> outside(Map<String, Object> status) {
        List<String> lines = new ArrayList<>();
        for (Map<String, Object> row : Json.objects(status, "refused")) {
            lines.add("refused %d times: %s at %s, %s: %s".formatted(
                    Json.number(row, "count", 0), Json.text(row, "peer"), Json.text(row, "address"), Json.text(row, "kind"),
                    Json.text(row, "why")));
        }
        for (Map<String, Object> each : Json.objects(status, "trust")) {
            if (Json.truth(each, "soon")) {
                lines.add("certificate %s ends in %d days, at %s: see `muster trust rotate`".formatted(
                        Json.text(each, "file"), Json.number(each, "days", 0), Json.text(each, "until")));
            }
        }
        return lines;
    }

    private static String voters(Map<String, Object> voters) {
        List<String> votes = new ArrayList<>();
        Json.inner(voters, "votes").forEach((node, own) -> votes.add(node + "=" + own));
        List<String> losable = Json.texts(voters, "may_be_lost");
        boolean two = Json.text(voters, "policy").equals("two-node");
        String lost = !losable.isEmpty()
                ? "can lose one of " + words(losable)
                : votes.size() == 1 ? "the only voter" : two
                        ? "either goes on once the other is fenced" : "can lose NO voter";
        String ledger = Json.text(voters, "ledger");
        return "voters %s  %d decide  policy %s  %s%s".formatted(
                words(votes), Json.number(voters, "threshold", 0), Json.text(voters, "policy"), lost,
                ledger.matches("0*") ? "" : "  ledger " + ledger);
    }

    static String departure(Map<String, Object> departure) {
        String who = Json.text(departure, "who");
        long intent = Json.number(departure, "intent", 0);
        String numbered = intent == 0 ? "" : " (intent %d)".formatted(intent);
        return Json.truth(departure, "harmless")
                ? "fence %s%s ended: %s, %s".formatted(
                        who, numbered, Json.text(departure, "class"), Json.text(departure, "proof"))
                : "fence %s%s OPEN since version %d: %s".formatted(
                        who, numbered, Json.number(departure, "evicted_at", 0), Json.text(departure, "reason"));
    }

    /** Whom this node hears: nobody agreed on it. */
    static List<String> local(Map<String, Object> status) {
        List<String> lines = new ArrayList<>();
        lines.add("%s#%d hears, by its own ears alone:".formatted(Json.text(status, "node"), Json.number(status, "life", 0)));
        for (Map<String, Object> peer : Json.objects(status, "local")) {
            long life = Json.number(peer, "life", 0);
            double silent = millis(peer, "silent_ms");
            lines.add("  %-6s %-10s %-15s %s".formatted(
                    Json.text(peer, "node") + (life == 0 ? "" : "#" + life),
                    Json.truth(peer, "heard") ? "heard" : "NOT heard",
                    Json.truth(peer, "hears_us") ? "hears us" : "does not hear us",
                    silent < 0 ? "never heard" : "last %.0f ms ago".formatted(silent)));
            links(peer).forEach(link -> lines.add("         " + link));
        }
        return lines;
    }

    /** {@code link 1 down for 12.3 s, fell silent 2 times}; none for a peer that has one link and is well. */
    private static List<String> links(Map<String, Object> peer) {
        List<Map<String, Object>> links = Json.objects(peer, "links");
        return links.stream()
                .filter(link -> links.size() > 1 || Json.text(link, "state").startsWith("one way"))
                .map(link -> "link %d %s for %.1f s%s".formatted(Json.number(link, "link", 0), Json.text(link, "state"),
                        millis(link, "for_ms") / 1000, Json.number(link, "losses", 0) == 0
                                ? "" : ", fell silent %d times".formatted(Json.number(link, "losses", 0))))
                .toList();
    }

    public static double millis(Map<String, Object> object, String name) {
        return object.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    static String words(List<String> texts) {
        return texts.isEmpty() ? "nobody" : String.join(" ", texts);
    }

    private static String shortId(String id) {
        return id.length() > 8 ? id.substring(0, 8) + "…" : id;
    }
}
