/**
 * The driver of a node on a real machine: threads, sockets, files, the clock. It gives the machines what they may not
 * have themselves, carries out what they ask for, and decides nothing.
 *
 * <p>Read {@code RunningNode} first: how the parts are put together and in which order they may refuse. Then
 * {@code NodeRuntime}, the one thread that steps the node, with {@code Mailbox} before it and {@code IoGate} behind
 * it.
 * Then the parts alone: {@code DataFolder} (identity, life, record), {@code DiskWriter}; {@code Links} with
 * {@code OutgoingStream}, {@code IncomingStreams}, {@code Datagrams}, {@code LinkWatch} (over which link a peer can
 * be
 * reached now), {@code StreamAnswers} (whether it still answers on its stream), and what they trust, {@code
 * SecureContext} and
 * {@code DatagramSeal}; {@code FenceRunner} with the methods {@code ProcessFence}, {@code ManualFence},
 * {@code ScriptedFence}; {@code OwnProcess}; {@code FileDevice}, {@code DeadlineDevice} and, for what machines want of shared
 * disks, {@code DiskRunner} with a {@code SharedDisk} each.
 *
 * <p>{@code Reload} takes up another configuration under a running node. {@code PortListeners} hands messages
 * between nodes
 * to whoever listens for them.
 *
 * <p>{@code Watchdog} has a timer end this process when the node's thread does not vouch for itself: a {@code DeviceTimer}, or a
 * {@code KeeperTimer} with the program {@code WatchdogKeeper} behind it; {@code WatchdogFence} is for those who rely on it.
 *
 * <p>Threads, by name: {@code muster-watchdog} holds the timer back and {@code muster-keeper} hears
 * the keeper; {@code muster-node} steps; {@code muster-disk} writes the record; {@code muster-out-n3} dials
 * n3
 * and writes to it, {@code muster-out-n3-close} waits for its end; {@code muster-accept} and one {@code muster-in-n3}
 * for each incoming stream; {@code muster-link-0} for each link; {@code muster-retired} for addresses that were left
 * a moment ago; {@code muster-fence-NAME} for each method and
 * {@code muster-fence-limit} for their time limits; {@code muster-disk-NAME-quick}, {@code -bulk} and {@code -open} for each
 * shared disk and {@code muster-disk-limit} for their time limits. All meet in the mailbox, and nobody but {@code muster-node}
 * touches
 * the machine.
 *
 * <p>Example: n3 is killed. Its kernel resets the stream in which {@code muster-out-n3-close} waits: {@code
 * StreamClosed(n3)} goes into the mailbox, {@code muster-out-n3} dials at once and is refused: {@code
 * StreamRefused(n3)}. {@code muster-node} tells the machine both; it asks for probes, which leave on each link, and
 * at
 * its deadline announces that n3 is lost. Agreed on, {@code Effect.Fence} goes to {@code muster-fence-process}, which
 * opens a pidfd, finds n3's process gone and completes with the evidence.
 */
package io.muster.runtime;
