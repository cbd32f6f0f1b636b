/**
 * Brings the services of a group back, phase by phase, with a barrier of all survivors after each (001-25).
 *
 * <p>Read {@code Participant} (what a service promises), {@code RecoveryPlan}, {@code GroupRun} (one group on one
 * node), {@code PhaseBarrier} and {@code PhaseBook} (what the leader counts), {@code RecoveryCoordinator}. The phase of
 * a group is in the ledger and nowhere else: every step below is a version, or follows from one that was applied.
 *
 * <h2>A node dies</h2>
 *
 * The golden script {@code recovery/a-node-dies.txt} carries this out on whole nodes, and a test holds the event names
 * below to it. n1, n2 and n3 are members, n1 leads, group "files" of all three runs in generation 3, version 19 is the newest.
 * n3#1 dies.
 *
 * <ol>
 * <li><b>n1, n2</b>, {@code heartbeat}: no pulse of n3#1 on any link; {@code PeerLost}, told as
 *     {@code heartbeat.lost} (000-19). On n2 it ends here: n2 does not lead.
 * <li><b>n1</b>, {@code membership.Membership#wants}: {@code MemberEvicted(n3#1)} goes into the draft of version 20:
 *     {@code node.evicted}.
 * <li><b>n1</b>, {@code fence.Fencer#wants}: the same draft shows a departure without intent, so
 *     {@code FenceIntended(1, n3#1)} goes in: {@code fence.intent} (000-20, rule F1).
 * <li><b>n1</b>, {@code group.GroupManager#wants}: the same draft shows a group with a departed life, so
 *     {@code GroupLost(files, n3#1)} goes in: generation 4, in STOP, with n3#1 as departed.
 * <li><b>n1</b>, {@code recovery.PhaseBook#wants}: wants nothing; nobody is through anything of generation 4. A quorum
 *     agrees on version 20: eviction, intent and loss in one.
 * <li><b>n1, n2</b>, {@code recovery.GroupRun#follow}: as soon as each has applied version 20, {@code Begin(STOP)} with
 *     the plan of generation 4; the participants stop granting and serving. It needs no word about n3.
 * <li><b>n1</b>, {@code fence.FenceCase#work}, beside step 6: first try, first method, by the leader itself;
 *     {@code fence.FenceActor} sees the intent in the applied state, a valid lease, and performs the effect:
 *     {@code fence.try} (rule F8).
 * <li><b>n2</b>, {@code RecoveryCoordinator#report}: its participants are done, {@code Through(files, 4, STOP)} goes to
 *     n1, again and again until the ledger shows LOCKS. n1 counts itself without a message.
 * <li><b>n1</b>, {@code PhaseBarrier}: both members are through STOP. Nothing is wanted: n3#1 is not harmless.
 * <li><b>n1</b>, {@code fence.FenceCase#answered}: the device has read back "off"; nothing of intent 1 runs anywhere
 *     else (rule F7), so {@code FenceEvidenced(1, n3#1, power-off)} becomes version 21:
 *     {@code fence.evidence} (000-21).
 * <li><b>n1, n2</b>, {@code membership}: version 21 says on each that the view is safe, {@code view.installed}, and that n3#1
 *     is dead, {@code node.dead} (000-22). n2 now tells that it knows this, with its {@code Through(files, 4, STOP)}.
 *     Steps 8 and 10 may come in either order, and the later one opens step 12.
 * <li><b>n1</b>, {@code PhaseBook#wants}: all through STOP, all departed harmless in a version agreed before, and every
 *     member has said that it knows: {@code PhaseReached(files, 4, LOCKS)} is version 22 (rule R1).
 * <li><b>n1, n2</b>, {@code GroupRun#follow}: {@code Begin(LOCKS)}, told as {@code group.begin}; here a lock
 *     manager rebuilds its masters (000-23, 000-24).
 * <li>The same two moves, all {@code Through} and the next {@code PhaseReached}, for STRIPES in version 23, JOURNALS in
 *     24 (the plan names the one node that replays what n3#1 left) and RESUME in 25, where the departed are forgotten.
 *     Each is one {@code group.begin} on each node.
 * <li><b>n1, n2</b>: through RESUME; version 26 says RUNNING, and each announces {@code Recovered(files, 4)}:
 *     {@code group.recovered}.
 * </ol>
 *
 * <h2>What may go wrong, and where it is caught</h2>
 *
 * <ul>
 * <li>n1 dies too, after any step: the next leader reads intents, evidence and phases from the state, is told by
 *     everybody again, and goes on (001-18). What n1 had asked of others is recalled before evidence is agreed.
 * <li>n2 dies in any phase: generation 5 with both departed; {@code GroupRun} gives generation 4 up, and STOP of 5
 *     begins when every participant has answered that nothing of 4 runs (rule R3).
 * <li>Members had said things to each other in generation 3: STOP of 4 is answered only when both survivors were given
 *     the same of them ({@code node.GroupTalk}, {@code group.Channel}); what n3#1 alone had is given to nobody.
 * <li>A participant fails: begun again, three tries in all; then the node withdraws. It gives the generation up, takes
 *     its participants through a last STOP, and only then tells {@code Withdrawn}, upon which the leader lets it out of
 *     the group (rule R4). While that STOP is not answered the node is not called drained by anybody.
 * <li>A member is not through a phase in {@code phaseLimitNs}: the leader puts it out of the cluster, and steps 3 to 15
 *     are done for it. Nobody is ever skipped.
 * <li>n3#1 is heard again although it was called harmless: {@code FenceVoided}; generation 5 begins at STOP and the
 *     fence goes on (rule F4).
 * </ul>
 */
package io.muster.recovery;
