package io.muster.heartbeat;

import java.util.List;

/** What {@link Liveness} is told. */
public sealed interface LivenessInput {

    /** News of the network heartbeat. */
    record OfNetwork(HeartbeatNews news) implements LivenessInput {}

    /** News of the heartbeat on one disk, whose name is registered as a region. */
    record OfDisk(DiskBeatNews news) implements LivenessInput {}

    /** What any other method says, of a region that is registered; of others it is ignored. */
    record OfRegion(RegionEvent event) implements LivenessInput {}

    /** A method registers a region of its own; the method with the first one (003-5). Told again, it changes nothing. */
    record Register(String method, String region) implements LivenessInput {}

    /** A region is used no more; its method with the last one. Who is lost by that is told. */
    record Unregister(String region) implements LivenessInput {}

    /** From now on these are told; who was told before, and is not named here, is not any more. */
    record Subscribe(List<Subscription> subscriptions) implements LivenessInput {

        public Subscribe {
            subscriptions = List.copyOf(subscriptions);
        }
    }

    /** The rule has changed. */
    record Rule(VerdictRule rule) implements LivenessInput {}
}
