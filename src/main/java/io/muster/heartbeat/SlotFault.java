package io.muster.heartbeat;

/** Why a block on a shared disk says nothing. Nothing of it ever counts as a sign of life (rule B4). */
public enum SlotFault {

    /** All zero: formatted, and never written. */
    EMPTY("was never written"),
    /** It begins as one of ours and its checksum is wrong: written in part, or damaged. */
    TORN("is torn or damaged"),
    /** It is nothing that this program wrote. */
    GARBAGE("holds what is none of ours"),
    /** Whole, of another cluster. */
    FOREIGN("is of another cluster"),
    /** Whole, of another node than the one that writes here. */
    MISDIRECTED("is of another node"),
    /** Whole, in a format that this program does not know. */
    UNKNOWN_FORMAT("is in a format that is not known here"),
    /** Whole, and older than what lay there before: a stale read, or an old write that came late. */
    STALE("is older than what lay there before");

    private final String words;

    SlotFault(String words) {
        this.words = words;
    }

    /** For people, behind the name of a slot. */
    public String words() {
        return words;
    }
}
