package io.muster.runtime;

/** Who connected is not the peer it would have to be. Counted, never more. */
final class PeerRefused extends Exception {

    private static final long serialVersionUID = 1L;

    PeerRefused(String why) {
        super(why, null, false, false);
    }
}
