package io.muster.sim;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.GroupName;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words of one command, taken one after the other. What is not as it should be ends in a {@link ScriptFault}. */
final class Words {

    private static final Pattern SPAN = Pattern.compile("([0-9]+)(ms|s|min)");
    private static final Pattern NODE = Pattern.compile("n[1-9][0-9]?");

    private final String[] words;
    private final NodeSet nodes;
    private int at;

    /** @param nodes those of the cluster, empty before there is one */
    Words(String command, NodeSet nodes) {
        this.words = command.strip().split("\\s+");
        this.nodes = nodes;
    }

    boolean atEnd() {
        return at == words.length;
    }

    /** Takes these words when they come next. */
    boolean take(String expected) {
        String[] wanted = expected.split(" ");
        if (words.length - at < wanted.length
                || !Arrays.equals(Arrays.copyOfRange(words, at, at + wanted.length), wanted)) {
            return false;
        }
        at += wanted.length;
        return true;
    }

    /** Takes the next word. @param what it should be, for the message when there is none */
    String next(String what) {
        if (atEnd()) {
            throw ScriptFault.unreadable("%s is missing at the end", what);
        }
        return words[at++];
    }

    String peek() {
        return atEnd() ? "" : words[at];
    }

    /** All that is left, as it was written but for blanks. */
    String rest() {
        String rest = String.join(" ", Arrays.copyOfRange(words, at, words.length));
        at = words.length;
        return rest;
    }

    boolean nodeFollows() {
        return NODE.matcher(peek()).matches();
    }

    NodeId node() {
        String word = next("a node");
        if (!NODE.matcher(word).matches() || !nodes.contains(NodeId.parse(word))) {
            throw ScriptFault.unreadable("\"%s\" is no node of this cluster, which has %s", word, nodes);
        }
        return NodeId.parse(word);
    }

    GroupName group() {
        return new GroupName(next("a group"));
    }

    int number(int least, int most) {
        String word = next("a number");
        if (!word.matches("[0-9]{1,9}") || Integer.parseInt(word) < least || Integer.parseInt(word) > most) {
            throw ScriptFault.unreadable("\"%s\" is no number from %d to %d", word, least, most);
        }
        return Integer.parseInt(word);
    }

    long spanNs() {
        String word = next("a span of time");
        Matcher span = SPAN.matcher(word);
        if (!span.matches() || span.group(1).length() > 6) {
            throw ScriptFault.unreadable("\"%s\" is no span of time: write 800ms, 5s or 2min", word);
        }
        long unitNs = switch (span.group(2)) {
            case "ms" -> TimeBudget.MS;
            case "s" -> TimeBudget.SECOND;
            default -> 60 * TimeBudget.SECOND;
        };
        return Long.parseLong(span.group(1)) * unitNs;
    }

    <E extends Enum<E>> E oneOf(Class<E> type) {
        String word = next("one of " + Arrays.toString(type.getEnumConstants()));
        for (E value : type.getEnumConstants()) {
            if (value.name().equals(word.toUpperCase(Locale.ROOT).replace('-', '_'))) {
                return value;
            }
        }
        throw ScriptFault.unreadable("\"%s\" is none of %s", word, Arrays.toString(type.getEnumConstants()));
    }

    /** Call when all has been taken. */
    void end() {
        if (!atEnd()) {
            throw ScriptFault.unreadable("\"%s\" is too much", rest());
        }
    }
}
