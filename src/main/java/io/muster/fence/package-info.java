/**
 * Makes the departed harmless before anybody touches their data. The leader turns departures into agreed intents, picks
 * an actor and a method, and proposes the evidence; tries have no end. {@code FenceMethod} is the door for devices.
 *
 * <p>Read {@code FenceMethod}, {@code Fencing} (what is configured: levels of devices, delays, limits), {@code FenceMessage},
 * {@code FenceCase} (what the leader does about one intent), {@code FenceActor} with {@code LevelRun} (what is done on
 * request), {@code LifeSigns} (when evidence is not believed), {@code NewerLives} (who must not be hit),
 * {@code FenceLimiter}, {@code Unfencing}, {@code FenceHistory}, {@code Fencer}.
 *
 * <p>Example. n3#1 is evicted in version 8, which also agrees on intent 5. n1 leads and asks itself: try 1, method
 * "ipmi". The device answers with an error after 2 s; n1 waits {@code fenceRetryNs} and asks again, in turn all methods
 * of n3 and then all members. n2 answers try 4: "power-off", read back. Nothing of intent 5 runs anywhere else, so
 * version 9 has {@code FenceEvidenced}, and from there on n3#1 is harmless for everybody.
 */
package io.muster.fence;
