package io.muster.runtime;

/** Words of strangers, made fit to be shown. */
final class Texts {

    private Texts() {}

    /** Without control characters, which would let one entry of a log look like several, and cut. */
    static String clip(String text, int limit) {
        String plain = text.replaceAll("\\p{Cntrl}", " ");
        return plain.length() <= limit ? plain : plain.substring(0, limit);
    }
}
