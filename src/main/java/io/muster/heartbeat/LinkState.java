package io.muster.heartbeat;

/** How one link to one peer stands, as far as this node can tell. */
public enum LinkState {

    /** Nothing came on it yet, and it is too early to say more. */
    UNKNOWN("not heard yet"),
    /** Its pulses come, and they say that ours do. */
    UP("up"),
    /** Its pulses come, and they say that ours do not: the way to it is broken. */
    ONE_WAY("one way: it does not hear us"),
    /** Its pulses do not come. */
    SILENT("down");

    private final String words;

    LinkState(String words) {
        this.words = words;
    }

    /** For people. */
    public String words() {
        return words;
    }
}
