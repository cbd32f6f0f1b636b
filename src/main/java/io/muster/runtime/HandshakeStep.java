package io.muster.runtime;

import io.muster.base.NodeId;
import java.util.Optional;

/**
 * One question of the handshake on a new stream: what this node tells of itself for it, and whether the peer's answer will
 * do (003-33). The built-in ones are in {@link Handshake}; a program that embeds a node, or a jar with a service file
 * {@code META-INF/services/io.muster.runtime.HandshakeStep}, adds its own.
 *
 * <p>Both ends ask all their steps; one refusal on either end, and there is no stream. Steps are asked in order, the
 * built-in ones first, from several threads at once, and may not block. A step that throws refuses.
 */
public interface HandshakeStep {

    /** The longest thing told, in characters. */
    int TOLD_LIMIT = 256;

    /** A short plain name, the same on both ends, as {@code rack}. */
    String name();

    /** What this node tells its peers, at most {@link #TOLD_LIMIT} characters; empty when there is nothing to tell. */
    default String tells() {
        return "";
    }

    /** Why this peer is refused, as half a sentence with the values that do not fit; empty when it may come in. */
    Optional<String> refusal(Peer peer);

    /** Who wants a stream. @param certificate the node that its certificate names */
    record Peer(NodeId certificate, Introduction introduction) {

        /** What the peer's step of this name tells; empty when it has none. */
        public String told(String step) {
            return introduction.told().getOrDefault(step, "");
        }
    }
}
