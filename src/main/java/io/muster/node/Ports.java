package io.muster.node;

import io.muster.base.Bytes;
import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Member;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code send(node, port, bytes)}: messages addressed to nodes, not to addresses (001-1).
 *
 * <p>Promises, while both lives are members as their nodes have applied it: what is accepted is handed on at the other
 * node once, in the order in which it was sent. A message is told again until the receiver says that it took it, so that
 * the loss of a stream, of a link or of an address costs time and nothing else. When one of the two lives goes, what was
 * not taken is dropped, and never reaches another life of that node (001-9).
 *
 * <p>How: each pair of lives counts its messages from 1. The receiver takes only the next number and answers with the
 * last one it took, also to what it has already; it keeps nothing that is too early. The sender keeps what is not taken,
 * at most {@link #WAITING_LIMIT} messages and {@link #WAITING_BYTES_LIMIT} bytes for each node; more is refused.
 */
final class Ports {

    /** Ports are 0 to this. */
    static final int PORT_LIMIT = 65_535;
    /** The longest message. */
    static final int BYTES_LIMIT = 8_192;
    /** Messages to one node that are not taken yet, at most. */
    static final int WAITING_LIMIT = 64;
    /** Their bytes, at most. */
    static final int WAITING_BYTES_LIMIT = 128 * 1024;
    /** Told again at one time to one node, at most; the next ones when these are taken. */
    static final int AGAIN_LIMIT = 8;

    private final Incarnation self;
    private final long againNs;
    private final TreeMap<Incarnation, Line> lines = new TreeMap<>();
    private final TreeMap<Incarnation, Long> taken = new TreeMap<>();

    /** What goes to one life. */
    private static final class Line {

        private final ArrayDeque<PortMessage.Data> waiting = new ArrayDeque<>();
        private int bytes;
        private long sequence;
        /** What had been sent when it was told again last: until it is taken, progress asks for more of it. */
        private long lostUpTo;
        private long againAt = Machine.NEVER;
    }

    /** @param againNs between two tellings of what is not taken */
    Ports(Incarnation self, long againNs) {
        this.self = self;
        this.againNs = againNs;
    }

    /** Why this message cannot be sent now. */
    Optional<Refusal> refusal(NodeId to, int port, Bytes content, ClusterState state) {
        if (port < 0 || port > PORT_LIMIT) {
            return refusal("port %d is not in 0 to %d".formatted(port, PORT_LIMIT));
        }
        if (content.length() > BYTES_LIMIT) {
            return refusal("a message of %d bytes; at most %d are sent as one".formatted(content.length(), BYTES_LIMIT));
        }
        if (!state.isMember(self)) {
            return Optional.of(new Refusal(FaultCode.MEMBER_1, "%s is not a member, and only members send".formatted(self)));
        }
        Member member = state.members().get(to);
        if (member == null) {
            return Optional.of(new Refusal(FaultCode.MEMBER_3, "%s is not a member; members are %s".formatted(
                    to, state.view().nodes())));
        }
        Line line = lines.get(member.who());
        if (line != null && !line.waiting.isEmpty()
                && (line.waiting.size() >= WAITING_LIMIT || line.bytes + content.length() > WAITING_BYTES_LIMIT)) {
            return refusal("%d messages (%d bytes) to %s are not taken yet: send again when some are; %s".formatted(
                    line.waiting.size(), line.bytes, member.who(), "`muster status --local` shows whether it is heard"));
        }
        return Optional.empty();
    }

    /** Sends what {@link #refusal} has nothing against; anything else is dropped. */
    void send(NodeId to, int port, Bytes content, ClusterState state, long now, Outbox<NodeNews> out) {
        if (refusal(to, port, content, state).isPresent()) {
            return;
        }
        Incarnation life = state.members().get(to).who();
        if (life.equals(self)) {
            out.announce(new NodeNews.Delivered(self, port, content));
            return;
        }
        Line line = lines.computeIfAbsent(life, _ -> new Line());
        PortMessage.Data message = new PortMessage.Data(life, ++line.sequence, port, content);
        line.waiting.add(message);
        line.bytes += content.length();
        line.againAt = Math.min(line.againAt, now + againNs);
        out.send(to, message);
    }

    void arrived(Incarnation from, PortMessage message, ClusterState state, long now, Outbox<NodeNews> out) {
        switch (message) {
            case PortMessage.Data data when data.to().equals(self) && state.isMember(from) && state.isMember(self) -> {
                long last = taken.getOrDefault(from, 0L);
                if (data.sequence() == last + 1) {
                    last++;
                    taken.put(from, last);
                    out.announce(new NodeNews.Delivered(from, data.port(), data.content()));
                }
                out.send(from.node(), new PortMessage.Taken(from, last));
            }
            case PortMessage.Data _ -> { /* for a former life of this node, or one of the two is no member here yet */ }
            case PortMessage.Taken(Incarnation to, long sequence) when to.equals(self) && lines.containsKey(from) ->
                takenBy(lines.get(from), from, sequence, now, out);
            case PortMessage.Taken _ -> { /* of a former life's messages */ }
        }
    }

    /** @return how many messages were dropped with each life that is no member any more */
    Map<Incarnation, Integer> applied(ClusterState state) {
        TreeMap<Incarnation, Integer> dropped = new TreeMap<>();
        lines.forEach((life, line) -> {
            if (!state.isMember(life) && !line.waiting.isEmpty()) {
                dropped.put(life, line.waiting.size());
            }
        });
        lines.keySet().removeIf(life -> !state.isMember(life));
        taken.keySet().removeIf(state::isPast);
        return dropped;
    }

    void due(long now, Outbox<NodeNews> out) {
        lines.forEach((life, line) -> {
            if (now >= line.againAt) {
                line.lostUpTo = line.sequence;
                line.againAt = now + againNs;
                tellAgain(life, line, out);
            }
        });
    }

    long deadline() {
        long next = Machine.NEVER;
        for (Line line : lines.values()) {
            next = Math.min(next, line.againAt);
        }
        return next;
    }

    void digest(Hash64 into) {
        lines.forEach((life, line) -> into.add(life.node().number()).add(life.life()).add(line.sequence)
                .add(line.waiting.size()).add(line.againAt).add(line.lostUpTo));
        taken.forEach((life, last) -> into.add(life.node().number()).add(life.life()).add(last));
    }

    private void takenBy(Line line, Incarnation life, long sequence, long now, Outbox<NodeNews> out) {
        boolean progress = false;
        while (!line.waiting.isEmpty() && line.waiting.peek().sequence() <= sequence) {
            line.bytes -= line.waiting.remove().content().length();
            progress = true;
        }
        if (line.waiting.isEmpty()) {
            line.againAt = Machine.NEVER;
        } else if (progress) {
            line.againAt = now + againNs;
            if (line.waiting.peek().sequence() <= line.lostUpTo && sequence % AGAIN_LIMIT == 0) {
                tellAgain(life, line, out);
            }
        }
    }

    private static void tellAgain(Incarnation life, Line line, Outbox<NodeNews> out) {
        line.waiting.stream().limit(AGAIN_LIMIT).forEach(message -> out.send(life.node(), message));
    }

    private static Optional<Refusal> refusal(String sentence) {
        return Optional.of(new Refusal(FaultCode.PORT_1, sentence));
    }
}
