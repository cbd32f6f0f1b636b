package io.muster.wire;

/** Why bytes from outside were refused. They are counted and dropped; nothing else happens. */
public final class MalformedFrame extends Exception {

    private static final long serialVersionUID = 1L;

    public MalformedFrame(String why) {
        super(why, null, false, false);
    }
}
