package io.muster.daemon;

import io.muster.heartbeat.LinkPicture;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.Evidence;
import io.muster.ledger.FenceIntent;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.node.NodeStatus;
import io.muster.node.Wait;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A node's picture as JSON; docs/CONTROL.md lists the fields. What is agreed and what is local stay apart (001-4). */
final class StatusJson {

    private StatusJson() {}

    static Map<String, Object> of(NodeStatus status) {
        ClusterState state = status.state();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("node", status.self().node().toString());
        json.put("life", status.self().life());
        json.put("role", status.role());
        json.put("leader", status.leader().map(Object::toString).orElse(""));
        json.put("cluster", state.cluster().toString());
        json.put("version", state.version());
        json.put("acting_ms", status.actingForNs() / 1e6);
        json.put("view", Json.object(
                "version", state.view().version(),
                "safe", state.view().safe(),
                "members", state.view().members().values()));
        List<Object> groups = new ArrayList<>();
        state.group(GroupName.NODES).ifPresent(nodes -> groups.add(of(nodes)));
        state.groups().values().forEach(group -> groups.add(of(group)));
        json.put("groups", groups);
        json.put("departures", state.departures().values().stream().filter(state::ofConcern).map(StatusJson::of).toList());
        json.put("local", status.peers().stream().map(StatusJson::of).toList());
        json.put("waits", waits(status.waits()));
        json.put("fencing", Json.object(
                "counted", state.fences().counted().keySet(),
                "locked", state.fences().locked(),
                "opened_at", state.fences().openedAt()));
        json.put("feature", state.featureLevel());
        json.put("voters", voters(state));
        return json;
    }

    private static Map<String, Object> voters(ClusterState state) {
        Map<String, Object> votes = new LinkedHashMap<>();
        state.electorate().votes().forEach((node, own) -> votes.put(node.toString(), own));
        Map<String, Object> wanted = new LinkedHashMap<>();
        state.voting().wanted().forEach((node, own) -> wanted.put(node.toString(), own));
        List<Object> losable = new ArrayList<>();
        for (var node : state.electorate().acceptors()) {
            if (state.electorate().isQuorum(state.electorate().acceptors().without(node))) {
                losable.add(node.toString());
            }
        }
        return Json.object(
                "votes", votes,
                "threshold", state.electorate().threshold(),
                "policy", state.voting().policy().label(),
                "floor", state.voting().floor(),
                "wanted", wanted,
                "may_be_lost", losable,
                "changing", state.voting().previous().isPresent(),
                "witnesses", nodes(state.voting().witnesses()),
                "ledger", "%016x".formatted(state.voting().ledger()));
    }

    private static List<Object> nodes(Iterable<?> nodes) {
        List<Object> texts = new ArrayList<>();
        nodes.forEach(node -> texts.add(node.toString()));
        return texts;
    }

    private static Map<String, Object> of(Group group) {
        return Json.object(
                "name", group.name().text(),
                "generation", group.generation(),
                "phase", group.phase().name(),
                "members", group.members().values(),
                "departed", group.departed());
    }

    static Map<String, Object> of(Departure departure) {
        Map<String, Object> json = Json.object(
                "who", departure.who(),
                "reason", departure.reason(),
                "evicted_at", departure.evictedAt(),
                "harmless", departure.harmless());
        if (departure.intent().isPresent()) {
            FenceIntent intent = departure.intent().get();
            json.put("intent", intent.id());
            if (intent.evidence().isPresent()) {
                Evidence evidence = intent.evidence().get();
                json.put("class", evidence.evidenceClass().label());
                json.put("proof", evidence.proof());
                json.put("actor", evidence.actor());
            }
        }
        return json;
    }

    private static Map<String, Object> of(NodeStatus.Peer peer) {
        return Json.object(
                "node", peer.node(),
                "life", peer.life().map(life -> life.life()).orElse(0L),
                "heard", peer.heard(),
                "hears_us", peer.hearsUs(),
                "silent_ms", peer.silentNs() < 0 ? -1L : peer.silentNs() / 1e6,
                "links", peer.links().stream().map(StatusJson::of).toList());
    }

    private static Map<String, Object> of(LinkPicture link) {
        return Json.object(
                "link", link.link(),
                "state", link.state().words(),
                "heard", link.heard(),
                "hears_us", link.hearsUs(),
                "silent_ms", link.silentNs() < 0 ? -1L : link.silentNs() / 1e6,
                "losses", link.losses(),
                "for_ms", link.forNs() / 1e6);
    }

    static List<Object> waits(List<Wait> waits) {
        List<Object> json = new ArrayList<>();
        for (Wait wait : waits) {
            json.add(Json.object(
                    "code", wait.code().label(), "what", wait.what(), "because", waits(wait.because())));
        }
        return json;
    }
}
