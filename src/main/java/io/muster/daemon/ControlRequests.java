package io.muster.daemon;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.ledger.BarrierName;
import io.muster.ledger.GroupName;
import io.muster.node.NodeStatus;
import io.muster.node.Refusal;
import io.muster.node.Request;
import io.muster.runtime.PortListeners;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Answers one request of the control socket. A request that is refused changes nothing, and its answer says why with a
 * code; docs/CONTROL.md is the contract.
 */
final class ControlRequests {

    /** The longest text a person may leave in a record, in characters. */
    static final int REMARK_LIMIT = 200;

    private static final int PORT_LIMIT = 65_535;

    /** Each request with the fields it may carry; unknown fields are refused like unknown keys of a configuration. */
    private static final SequencedMap<String, Set<String>> KNOWN = new LinkedHashMap<>();

    static {
        KNOWN.put("status", Set.of());
        KNOWN.put("why", Set.of());
        KNOWN.put("subscribe", Set.of("since"));
        KNOWN.put("group.join", Set.of("group"));
        KNOWN.put("group.leave", Set.of("group"));
        KNOWN.put("leave", Set.of());
        KNOWN.put("fence", Set.of("node", "person", "reason"));
        KNOWN.put("fence.ack", Set.of("node", "person", "remark"));
        KNOWN.put("reload", Set.of());
        KNOWN.put("send", Set.of("node", "port", "text", "base64"));
        KNOWN.put("listen", Set.of("port"));
        KNOWN.put("fence.open", Set.of("person", "remark"));
        KNOWN.put("fence.history", Set.of("node"));
        KNOWN.put("budget", Set.of());
        KNOWN.put("group.send", Set.of("group", "text", "base64"));
        KNOWN.put("barrier", Set.of("group", "barrier"));
        KNOWN.put("trust.reload", Set.of());
        KNOWN.put("voters.change", Set.of("votes", "threshold", "policy", "floor", "person"));
    }

    private final NodePort node;
    private final Supplier<Map<String, Object>> about;
    /** Of messages to groups: each has one, so that its sender finds out what became of it. */
    private final AtomicLong tickets = new AtomicLong();

    /** @param about what the daemon adds to every status: its program, process and folder */
    ControlRequests(NodePort node, Supplier<Map<String, Object>> about) {
        this.node = node;
        this.about = about;
    }

    PortListeners.Listener listen(int port) {
        return node.listen(port);
    }

    /** The requests there are. */
    static Set<String> known() {
        return KNOWN.sequencedKeySet();
    }

    /** What a line asks for, or why it cannot be understood. */
    static Map<String, Object> parse(String line) {
        Map<String, Object> request;
        try {
            request = Json.read(line);
        } catch (Json.NotJson e) {
            throw notUnderstood(e.getMessage() + "; write for instance {\"do\":\"status\"}.");
        }
        if (!(request.get("do") instanceof String verb)) {
            throw notUnderstood("\"do\" is missing or no text; it is one of %s.".formatted(KNOWN.sequencedKeySet()));
        }
        Set<String> fields = KNOWN.get(verb);
        if (fields == null) {
            throw notUnderstood("do \"%s\" is not known; it is one of %s.".formatted(verb, KNOWN.sequencedKeySet()));
        }
        for (String name : request.keySet()) {
            if (!name.equals("do") && !fields.contains(name)) {
                throw notUnderstood("\"%s\" has no field \"%s\"; it may have %s.".formatted(
                        verb, name, fields.stream().sorted().toList()));
            }
        }
        return request;
    }

    /** @param request from {@link #parse}, and neither {@code subscribe} nor {@code listen} */
    Map<String, Object> answer(Map<String, Object> request) {
        switch (Json.text(request, "do")) {
            case "status" -> {
                Map<String, Object> status = StatusJson.of(node.status());
                about.get().forEach(status::put);
                return Json.object("ok", true, "status", status);
            }
            case "why" -> {
                NodeStatus status = node.status();
                return Json.object("ok", true, "node", status.self().node(), "waits", StatusJson.waits(status.waits()));
            }
            case "budget" -> {
                return Json.object("ok", true, "budget", node.budget().toJson());
            }
            case "group.join" -> hand(new Request.JoinGroup(groupOf(request)));
            case "group.leave" -> hand(new Request.LeaveGroup(groupOf(request)));
            case "leave" -> hand(new Request.LeaveCluster());
            case "fence" -> hand(new Request.EvictNode(
                    nodeOf(request), remarkOf(request, "person", "somebody"), remarkOf(request, "reason", "asked for")));
            case "fence.ack" -> hand(acknowledge(request));
            case "reload" -> {
                Map<String, Object> answer = Json.object("ok", true);
                answer.putAll(node.reload());
                return answer;
            }
            case "send" -> hand(new Request.SendTo(nodeOf(request), portOf(request), contentOf(request)));
            case "fence.open" -> hand(new Request.OpenFences(
                    personOf(request, "whoever lets fences go"), remarkOf(request, "remark", "")));
            case "fence.history" -> {
                Optional<String> about = request.containsKey("node")
                        ? Optional.of(nodeOf(request).toString()) : Optional.empty();
                return FenceHistoryJson.of(node.status(), about);
            }
            case "group.send" -> {
                long ticket = tickets.incrementAndGet();
                hand(new Request.SendToGroup(groupOf(request), ticket, contentOf(request)));
                return Json.object("ok", true, "ticket", ticket);
            }
            case "barrier" -> hand(new Request.EnterBarrier(barrierOf(request)));
            case "trust.reload" -> node.reloadTrust();
            case "voters.change" -> hand(new Request.ChangeVoters(
                    VoterRequest.change(request), remarkOf(request, "person", "somebody")));
            default -> throw notUnderstood("\"%s\" cannot be answered here.".formatted(request.get("do")));
        }
        return Json.object("ok", true);
    }

    static Map<String, Object> refusal(ClusterFault fault) {
        return Json.object("ok", false, "code", fault.code().label(), "message", fault.getMessage());
    }

    private void hand(Request request) {
        Optional<Refusal> refusal = node.ask(request);
        if (refusal.isPresent()) {
            throw new ClusterFault(refusal.get().code(), refusal.get().sentence() + ".");
        }
    }

    private static Request acknowledge(Map<String, Object> request) {
        String person = personOf(request, "whoever says that a node is off");
        return new Request.Acknowledge(nodeOf(request), person, remarkOf(request, "remark", ""));
    }

    private static String personOf(Map<String, Object> request, String who) {
        String person = remarkOf(request, "person", "");
        if (person.isEmpty()) {
            throw notUnderstood("\"person\" is missing: %s is recorded with a name.".formatted(who));
        }
        return person;
    }

    static int portOf(Map<String, Object> request) {
        long port = Json.number(request, "port", -1);
        if (port < 0 || port > PORT_LIMIT) {
            throw notUnderstood("field \"port\" has to be a whole number from 0 to %d.".formatted(PORT_LIMIT));
        }
        return (int) port;
    }

    private static GroupName groupOf(Map<String, Object> request) {
        try {
            return new GroupName(Json.text(request, "group"));
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.GROUP_1, e.getMessage() + ".");
        }
    }

    private static BarrierName barrierOf(Map<String, Object> request) {
        try {
            return new BarrierName(groupOf(request), Json.text(request, "barrier"));
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.GROUP_2, e.getMessage() + ".");
        }
    }

    private static Bytes contentOf(Map<String, Object> request) {
        if (request.get("text") instanceof String text && !request.containsKey("base64")) {
            return Bytes.owning(text.getBytes(StandardCharsets.UTF_8));
        }
        if (request.get("base64") instanceof String encoded && !request.containsKey("text")) {
            try {
                return Bytes.owning(Base64.getDecoder().decode(encoded));
            } catch (IllegalArgumentException e) {
                throw notUnderstood("field \"base64\": %s.".formatted(e.getMessage()));
            }
        }
        throw notUnderstood("a message has either a field \"text\" or a field \"base64\", each a text.");
    }

    private static NodeId nodeOf(Map<String, Object> request) {
        try {
            return NodeId.parse(Json.text(request, "node"));
        } catch (IllegalArgumentException e) {
            throw notUnderstood("field \"node\": " + e.getMessage() + ".");
        }
    }

    private static String remarkOf(Map<String, Object> request, String field, String otherwise) {
        Object value = request.get(field);
        if (value == null) {
            return otherwise;
        }
        if (!(value instanceof String text) || text.length() > REMARK_LIMIT) {
            throw notUnderstood("field \"%s\" has to be a text of at most %d characters.".formatted(field, REMARK_LIMIT));
        }
        // It is shown to people and written to logs: control characters would let one entry look like several.
        return text.replaceAll("\\p{Cntrl}", " ").strip();
    }

    private static ClusterFault notUnderstood(String why) {
        return new ClusterFault(FaultCode.SELF_2, why);
    }
}
