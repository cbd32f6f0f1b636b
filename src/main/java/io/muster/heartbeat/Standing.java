package io.muster.heartbeat;

/** How a node stands, over all methods of heartbeat. */
public enum Standing {
    /** Nothing was heard of it yet. */
    UNKNOWN("not heard yet"),
    /** All methods that have something to say of it hear it. */
    HEARD("heard"),
    /**
     * Silent on the network and heard by another method: it lives, and one of us is cut off. Which one is to go, the view decides
     * by evidence.
     */
    CUT_OFF("cut off: silent on the network, heard otherwise"),
    /** Heard on the network, while another method calls it silent: it lives, and does not reach its storage. */
    NO_STORAGE("heard on the network, silent on shared storage"),
    /** Silent by the rule. */
    LOST("lost");

    private final String words;

    Standing(String words) {
        this.words = words;
    }

    /** For people. */
    public String words() {
        return words;
    }
}
