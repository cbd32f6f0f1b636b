package io.muster.base;

/** Cuts text from devices and people to what messages and the agreed state have room for. */
public final class Clip {

    /** In characters; at most three bytes of UTF-8 each. */
    public static final int LIMIT = 300;

    private Clip() {}

    /** The text, or its first {@link #LIMIT} characters; a pair of surrogates is never cut apart. */
    public static String text(String text) {
        if (text.length() <= LIMIT) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(LIMIT - 1)) ? LIMIT - 1 : LIMIT);
    }
}
