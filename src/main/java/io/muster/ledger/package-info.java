/**
 * Agreed state, version by version. {@code ClusterState} is all that the cluster agrees on, {@code LedgerEvent} what
 * can change it, {@code Draft} the only place that knows what an event does. {@code Ledger} is the machine that agrees:
 * Multi-Paxos over the one value, rules L1 to L13 of docs/RULES.md. Layers above say what they want as
 * {@code Proposer}s; nothing here knows them.
 *
 * <p>Read {@code ClusterState}, {@code Draft}; then {@code AcceptorRecord} (the rules of promising and accepting),
 * {@code RecordFile} (how they survive a crash), {@code Promises} and {@code Tally} (what a leader counts); then the
 * machine: {@code Ledger}, with {@code Acceptor}, {@code Leader}, {@code Learner}, {@code Election}.
 *
 * <p>A worked example. n1 led in b4.n1#1 and is killed; n2 and n3 have applied version 7.
 * <ol>
 * <li>The heartbeat takes n1 out of two-way reach on both. n2 draws 1.3 ms, n3 25 ms and a bit.
 * <li>n2 writes its own promise of b5.n2#1 into its file and flushes it, then sends {@code Prepare}.
 * <li>n3 writes the same promise, then sends {@code Promise} with its record: version 8, accepted in b4.n1#1. n1 had
 *     offered it to n3 alone, and died.
 * <li>n2 has a quorum. Version 8 has the highest ballot and version, so it is adopted: n2 offers it to n3 and to itself
 *     in b5.n2#1. Both write, n3 answers {@code Accepted}: chosen.
 * <li>n2 applies version 8 and tells n3 {@code Chosen}, which applies it too. n2 leads, beats, and may propose
 *     version 9: n1 is out.
 * </ol>
 */
package io.muster.ledger;
