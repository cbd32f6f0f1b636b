package io.muster.node;

import io.muster.fence.FenceFact;
import io.muster.fence.FenceTry;
import java.util.List;

/**
 * What a node remembers of fences; what is agreed and still of concern is in the state.
 *
 * @param now   on the node's clock, to tell how long ago a try was
 * @param tries of this node, and those that it asked others for as the leader; nobody else knows them
 * @param facts that this node saw agreed; others did as well
 */
public record FencePast(long now, List<FenceTry> tries, List<FenceFact> facts) {

    static final FencePast EMPTY = new FencePast(0, List.of(), List.of());

    public FencePast {
        tries = List.copyOf(tries);
        facts = List.copyOf(facts);
    }
}
