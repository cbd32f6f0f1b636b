package io.muster.cli.demo;

import io.muster.base.FaultCode;
import io.muster.daemon.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A recovery that waits because a fence device fails: it is looked at until every survivor says so down to the root, and
 * that nothing went on meanwhile; then a person says that the node is off.
 */
final class Stuck {

    static final String PERSON = "demo";
    static final String REMARK = "seen by hand: the process has ended";

    private static final long WAIT_LIMIT_MS = 60_000;
    /** So many failed tries show that it is tried again, and that it still does not go on. */
    private static final int TRIES = 3;

    private final DemoCluster cluster;
    private final DemoFolder folder;
    private final ScriptOutput output;

    Stuck(DemoCluster cluster, DemoFolder folder, ScriptOutput output) {
        this.cluster = cluster;
        this.folder = folder;
        this.output = output;
    }

    /** @return what did not hold */
    List<String> untilFreed(Round round) throws IOException {
        List<String> broken = new ArrayList<>();
        boolean tried = cluster.await(WAIT_LIMIT_MS, () -> count(round, event -> event.event().equals("fence.failed")) >= TRIES);
        if (!tried) {
            broken.add("the device was not tried %d times".formatted(TRIES));
        }
        Map<String, List<Map<String, Object>>> whys = new LinkedHashMap<>();
        cluster.await(WAIT_LIMIT_MS, () -> {
            whys.clear();
            round.survivors().forEach(node -> whys.put(node, Json.objects(cluster.node(node).ask("do", "why"), "waits")));
            return missing(round, whys).isEmpty();
        });
        broken.addAll(missing(round, whys));
        whys.forEach(output::why);
        cluster.look();
        if (count(round, Stuck::goesOn) > 0) {
            broken.add("somebody went on although nobody knew that %s is harmless".formatted(round.victim()));
        }
        acknowledge(round);
        folder.device("works");
        return broken;
    }

    private void acknowledge(Round round) {
        String node = round.victim().substring(0, round.victim().indexOf('#'));
        String asked = round.survivors().getLast();
        output.act("muster fence ack %s --node %s --dir %s --person %s --remark \"%s\"".formatted(
                node, asked, folder.path(), PERSON, REMARK),
                Json.object("event", "ack", "node", asked, "victim", node, "person", PERSON, "remark", REMARK));
        cluster.node(asked).ask("do", "fence.ack", "node", node, "person", PERSON, "remark", REMARK);
    }

    private static boolean goesOn(TimelineEvent event) {
        return event.event().equals("node.dead") || event.event().equals("group.recovered")
                || event.event().equals("fence.evidence")
                || event.event().equals("group.begin") && !event.text("phase").equals("STOP");
    }

    private long count(Round round, Predicate<TimelineEvent> wanted) {
        return cluster.log().stream().filter(event -> event.mono() >= round.signalledAt()).filter(wanted).count();
    }

    /**
     * What the survivors' chains lack: on each, for each group, a recovery that waits for the fence of the victim; on the
     * one that tries it, below that, the device's answer; on the others whom to ask. A pure function.
     *
     * @param whys the waits that each survivor tells
     */
    static List<String> missing(Round round, Map<String, List<Map<String, Object>>> whys) {
        List<String> missing = new ArrayList<>();
        int roots = 0;
        for (String node : round.survivors()) {
            List<Map<String, Object>> waits = whys.getOrDefault(node, List.of());
            for (String group : round.groups()) {
                List<Map<String, Object>> fences = waits.stream()
                        .filter(wait -> Json.text(wait, "what").contains("group " + group))
                        .flatMap(wait -> Json.objects(wait, "because").stream())
                        .filter(cause -> Json.text(cause, "code").equals(FaultCode.FENCE_3.label())
                                && Json.text(cause, "what").contains(round.victim()))
                        .toList();
                if (fences.isEmpty()) {
                    missing.add("%s does not say that group %s waits for the fence of %s".formatted(node, group, round.victim()));
                }
                List<Map<String, Object>> causes =
                        fences.stream().flatMap(fence -> Json.objects(fence, "because").stream()).toList();
                boolean device = causes.stream().anyMatch(cause -> Json.text(cause, "code").equals(FaultCode.FENCE_1.label())
                        && Json.text(cause, "what").contains("the scripted device answered: failed"));
                boolean elsewhere = causes.stream().anyMatch(cause -> Json.text(cause, "what").contains("muster why --node"));
                if (!device && !elsewhere && !fences.isEmpty()) {
                    missing.add("%s does not say what the fence of %s waits for".formatted(node, round.victim()));
                }
                roots += device ? 1 : 0;
            }
        }
        if (roots < round.groups().size()) {
            missing.add("nobody tells the answer of the fence device");
        }
        return missing;
    }
}
