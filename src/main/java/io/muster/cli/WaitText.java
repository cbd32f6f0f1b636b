package io.muster.cli;

import io.muster.base.FaultCode;
import io.muster.daemon.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Draws waits as chains: what waits, because of what, down to the root and what to do about it. */
public final class WaitText {

    private WaitText() {}

    public static List<String> chains(List<Map<String, Object>> waits) {
        List<String> lines = new ArrayList<>();
        for (Map<String, Object> wait : waits) {
            draw(wait, "", "", lines);
        }
        return lines;
    }

    private static void draw(Map<String, Object> wait, String lead, String indent, List<String> lines) {
        String code = Json.text(wait, "code");
        lines.add("%s%s  %s".formatted(lead, code, Json.text(wait, "what")));
        List<Map<String, Object>> causes = Json.objects(wait, "because");
        for (int i = 0; i < causes.size(); i++) {
            boolean last = i == causes.size() - 1;
            draw(causes.get(i), indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "), lines);
        }
        if (causes.isEmpty()) {
            FaultCode.find(code).ifPresent(known -> lines.add("%s   → %s".formatted(indent, known.remedy())));
        }
    }
}
