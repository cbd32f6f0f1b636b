/**
 * The driver on virtual time: whole clusters in one thread with seeded faults. It knows the truth (which processes run,
 * what lies on the disks, what fence devices really did) and has every promise of the cluster checked against it.
 *
 * <p>A run: a seed, from which {@code Swarm} draws all settings; faults for a while, done by {@code Chaos}, with all
 * checkers on; then everything is healed, and the cluster has to recover within a bound. The same seed is the same run,
 * in any JVM.
 *
 * <p>Read {@code VirtualTime}, {@code Simulation}, {@code SimProcess}, then the world: {@code SimNetwork},
 * {@code SimDisk}, {@code SimFence}, {@code SimParticipant}; then {@code Swarm} and {@code Chaos}; the promises are in
 * {@code io.muster.sim.check}.
 *
 * <p>A failed seed prints {@code FAILED seed 17, 3 nodes: invariant BarrierHolds at 12.204 s: …} and, last, the command
 * that shows it again: {@code ./muster sim --seeds 1 --from 17 --trace}. Exit codes are those of {@code Outcome}. The
 * seed goes into {@code src/test/resources/seeds.txt} together with the fix.
 */
package io.muster.sim;
