/**
 * The one place where the layers of a node are wired together; it routes and decides nothing. Read {@code ClusterNode},
 * then {@code EnvelopeGate} (which messages are too old, which are too new), {@code NodeEvents} (the words in which things
 * are told outside), {@code StatusPicture} and {@code Waits} (what waits, and why), {@code Ports} (messages addressed to
 * nodes), {@code Reconfiguration} (which change of the configured nodes may be taken up), {@code PulseFrame} (the quick way
 * for what is sent most). {@code Rehearsal} walks a death through three of these in memory.
 */
package io.muster.node;
