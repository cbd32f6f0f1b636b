package io.muster.daemon;

import java.math.BigInteger;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds whole numbers that do not fit into 64 bits, as they stand in the text of a TOML file. The parser wraps them around
 * without a word, so that 2^64 + 2000 would be taken for 2000; what was written can only be seen before it.
 */
final class TomlNumbers {

    /** A number as it is written, and the whole name of the key it stands behind. */
    record TooLarge(String key, String written) {}

    /** Shorter ones fit in any base. */
    private static final int HARMLESS_LENGTH = 16;

    private static final Pattern WHOLE = Pattern.compile(
            "([+-]?)(?:0x([0-9a-fA-F_]+)|0o([0-7_]+)|0b([01_]+)|([0-9][0-9_]*))");
    private static final int[] BASES = {16, 8, 2, 10};

    private final String text;
    private int at;
    private int depth;
    private String table = "";
    private String key = "";
    private boolean beforeEquals = true;

    private TomlNumbers(String text) {
        this.text = text;
    }

    /** The first of them; empty when there is none. A text that is no TOML is for the parser to refuse. */
    static Optional<TooLarge> tooLarge(String text) {
        return new TomlNumbers(text).search();
    }

    private Optional<TooLarge> search() {
        int begin = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                at = end('\n');
            } else if (c == '"' || c == '\'') {
                skipText(c);
            } else if (c == '\n' || c == ',' || c == '{') {
                at++;
                begin = at;
                beforeEquals = depth == 0;
            } else if (c == '=') {
                key = text.substring(begin, at).strip();
                beforeEquals = false;
                at++;
            } else if (c == '[' && beforeEquals) {
                int close = Math.min(end(']'), end('\n'));
                table = text.substring(at, close).replace("[", "").strip() + ".";
                at = end('\n');
            } else if (c == '[' || c == ']') {
                depth = Math.max(0, depth + (c == '[' ? 1 : -1));
                at++;
            } else if (isOfWord(c)) {
                String word = word();
                if (!beforeEquals && word.length() > HARMLESS_LENGTH && !fits(word)) {
                    return Optional.of(new TooLarge(table + key, word));
                }
            } else {
                at++;
            }
        }
        return Optional.empty();
    }

    /** Where this character comes next, or the end. */
    private int end(char of) {
        int found = text.indexOf(of, at);
        return found < 0 ? text.length() : found;
    }

    private void skipText(char quote) {
        String three = String.valueOf(quote).repeat(3);
        boolean lines = text.startsWith(three, at);
        String close = lines ? three : String.valueOf(quote);
        at += close.length();
        while (at < text.length() && !text.startsWith(close, at) && (lines || text.charAt(at) != '\n')) {
            at += quote == '"' && text.charAt(at) == '\\' ? 2 : 1;
        }
        at = Math.min(text.length(), at + (text.startsWith(close, Math.min(at, text.length())) ? close.length() : 0));
    }

    private static boolean isOfWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '+' || c == '-' || c == '.' || c == ':';
    }

    private String word() {
        int from = at;
        while (at < text.length() && isOfWord(text.charAt(at))) {
            at++;
        }
        return text.substring(from, at);
    }

    /** Fractions, moments and names are none of ours. */
    private static boolean fits(String word) {
        Matcher whole = WHOLE.matcher(word);
        if (!whole.matches()) {
            return true;
        }
        for (int i = 0; i < BASES.length; i++) {
            String digits = whole.group(i + 2);
            if (digits != null) {
                String plain = digits.replace("_", "");
                BigInteger number = plain.isEmpty() ? BigInteger.ZERO : new BigInteger(whole.group(1) + plain, BASES[i]);
                return number.bitLength() < Long.SIZE;
            }
        }
        return true;
    }
}
