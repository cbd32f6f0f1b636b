/**
 * Brings the services of a group back, phase by phase, with a barrier of all survivors after each (001-25).
 *
 * <p>What the layer knows: the groups of this node as the ledger shows them, how far its own participants are, and, on
 * the leader, who is through. What it tells upward: that a phase begins, that a generation is given up, that a group has
 * recovered. Read {@code Participant}, {@code RecoveryPlan}, {@code GroupRun}, {@code PhaseBarrier}, {@code PhaseBook},
 * {@code RecoveryCoordinator}.
 *
 * <h2>A node dies</h2>
 *
 * Three nodes are members and share a group; n1 leads; n3 is killed. The golden script {@code recovery/a-node-dies.txt}
 * carries this out, and a test holds the two together.
 *
 * <ol>
 * <li>n1, n2 · heartbeat: the host of n3 closes its streams and refuses new ones, probes stay unanswered, or all links
 *     are silent for too long: {@code heartbeat.lost}. That is what one node hears, and decides nothing.
 * <li>n1 · membership: the rows that all nodes publish leave n3 in no set with two-way links and a quorum. The leader
 *     stops answering its lease, then proposes the version that puts it out: {@code node.evicted}.
 * <li>n1 · fence: in the same version the will to make it harmless is agreed, before anybody acts: {@code fence.intent}.
 *     If the leader is the one that died, another one prepares a ballot first (ledger), adopts what it finds, and goes
 *     on from here; what was agreed is read, never remembered.
 * <li>n1 · fence: the leader picks an actor and a method, without end until one of them works: {@code fence.try}.
 * <li>n1, n2 · group, recovery: the same version took n3 out of the group and began a new generation of it. Services
 *     stop granting and replaying at once, beside the fence: {@code group.begin} with STOP (rule R1).
 * <li>n1 · fence: the device was asked after the intent and saw the end of n3; that is agreed: {@code fence.evidence}
 *     (rule F2). A device that failed, hangs or is slow only makes this come later.
 * <li>n1, n2 · membership: nobody who is out can hurt anything, so the view is safe: {@code view.installed}.
 * <li>n1, n2 · membership: each survivor says it, once for this life: {@code node.dead}.
 * <li>n1, n2 · recovery: all members are through STOP and all departed are harmless, so the next version begins the
 *     next phase: {@code group.begin} with LOCKS. Masters are rebuilt, what n3 held exclusively stays held by its ghost.
 * <li>n1, n2 · recovery: everybody told the leader that it is through, again and again until the ledger shows it; then
 *     STRIPES: {@code group.begin}.
 * <li>n1 · recovery: JOURNALS: {@code group.begin}; what n3 left is replayed by the one node that the plan names.
 * <li>n1, n2 · recovery: RESUME: {@code group.begin}; ghosts are dropped, grants flow again. With everybody through it
 *     the group runs: {@code group.recovered}.
 * <li>n3 · membership: it comes back as a new life, and only after the fence of the former one has ended:
 *     {@code node.joined}. It joins the group between generations, never in the middle of one (rule R10).
 * </ol>
 *
 * Any other death on the way abandons the generation: participants say that nothing of it runs any more, and the next
 * one begins at STOP with all departed added up (rule R3). Evidence that is contradicted by a sign of life is voided, and
 * the generation with it (rule F4).
 */
package io.muster.recovery;
