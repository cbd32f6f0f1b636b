package io.muster.sim;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.LedgerMessage;
import io.muster.node.NodeInput;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a run did: a hash over all inputs, effects and state digests, and the last lines for people. Lines are made of
 * their parts only when somebody reads them.
 */
final class Trace {

    /** Lines that are kept for the end of a failed run. */
    static final int LINES_LIMIT = 400;

    private record Line(long at, Optional<Incarnation> who, Object what) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "%10.6f %-5s %s", at / 1e9, who.map(Incarnation::toString).orElse(""), words(what));
        }
    }

    private final Hash64 hash = new Hash64();
    private final ArrayDeque<Line> lines = new ArrayDeque<>();
    private final Optional<Consumer<String>> listener;
    private long steps;

    /** @param listener told every line as it happens */
    Trace(Optional<Consumer<String>> listener) {
        this.listener = listener;
    }

    /** A whole state in a line hides everything else, so of a state only its version and its events are written. */
    private static String words(Object what) {
        return switch (what) {
            case NodeInput.Arrived(var from, LedgerMessage message) -> "Arrived[" + from + " " + words(message) + "]";
            case LedgerMessage.Promise(var ballot, var record) -> "Promise[%s, accepted %s version %d]".formatted(
                    ballot, record.accepted().map(Ballot::toString).orElse("nothing"), record.state().version());
            case LedgerMessage.Accept(var ballot, var state) ->
                "Accept[%s, version %d %s]".formatted(ballot, state.version(), state.events());
            case LedgerMessage.Chosen(var ballot, var state) ->
                "Chosen[%s, version %d %s]".formatted(ballot, state.version(), state.events());
            default -> what.toString();
        };
    }

    Hash64 hash() {
        return hash;
    }

    /** A machine is run, for an input or a timer. */
    void stepped() {
        steps++;
    }

    /** How often machines were run. */
    long steps() {
        return steps;
    }

    /** Something a node was told or wants, or that the world did. */
    void line(long at, Optional<Incarnation> who, Object what) {
        Line line = new Line(at, who, what);
        lines.add(line);
        if (lines.size() > LINES_LIMIT) {
            lines.remove();
        }
        listener.ifPresent(told -> told.accept(line.toString()));
    }

    /** The bytes of a frame that a node sends. */
    void effect(byte[] frame) {
        hash.add(frame);
    }

    List<String> lastLines() {
        List<String> texts = new ArrayList<>();
        lines.forEach(line -> texts.add(line.toString()));
        return texts;
    }
}
