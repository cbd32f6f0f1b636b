/**
 * Agreed state, version by version. {@code ClusterState} is all that the cluster agrees on, {@code LedgerEvent} what can
 * change it, {@code Draft} the only place that knows what an event does. {@code Ledger} is the machine that agrees:
 * Multi-Paxos over the one value, rules L1 to L13 of docs/RULES.md. Layers above say what they want as
 * {@code Proposer}s; nothing here knows them.
 */
package io.muster.ledger;
