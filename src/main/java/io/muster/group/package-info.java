/**
 * Who shares what: named groups of lives, joined and left in the ledger's order; and what their members say to each
 * other. Three machines that do not know each other:
 *
 * <ul>
 * <li>{@code GroupManager} turns wishes into proposals, and an eviction into a loss for each group that the life was in.
 *     Read {@code GroupInput}, {@code GroupNews}, then it.
 * <li>{@code GroupChannels} gives all members the same messages in the same order. Read {@code ChannelMessage},
 *     {@code ChannelLog} (what one member has), {@code Ordering} (what the lowest member keeps), {@code Flush} (what it
 *     collects in STOP), {@code Channel} with its argument, and {@code GroupChannels} with all the bounds.
 * <li>{@code BarrierKeeper} is the public barriers. That one was passed is a version of the ledger, so that it is the same
 *     for all and outlives every leader. Who has entered is not in the ledger but told to the leader again and again: 64
 *     members in many barriers would otherwise cost a version for each that enters, and it is nobody's business but the
 *     leader's.
 * </ul>
 *
 * <p>Example. n2 wants into group "files": {@code JoinWanted} stays a wish, and {@code JoinAsk} with the generation
 * that n2 sees goes to the leader, again and again. While "files" recovers, every draft refuses the join (rule R10).
 * Once it runs, the next version has {@code GroupJoined}; n2 applies it, forgets its wish and announces
 * {@code GroupChanged}: a new generation at STOP, with n2 in it, which {@code recovery} leads through its phases.
 *
 * <h2>A message, and a death in the middle of it</h2>
 *
 * n1, n2 and n3 are in generation 4 of "files", which runs; n1 is the lowest and orders.
 * <ol>
 * <li><b>n3</b> says something: {@code Submit} to n1, again and again until n3 has it back with a position.
 * <li><b>n1</b> gives it position 9: {@code Ordered} to n2 and n3. They take it, for it is the next, and tell {@code Have}.
 * <li><b>n1</b> has heard both: position 9 is stable. It gives it out, {@code Stable} lets n2 and n3 do so too, and n3
 *     learns the fate: {@code DELIVERED} in generation 4 at 9.
 * <li>n1 dies after {@code Ordered} reached n3 and not n2. Generation 5 shows n2 and n3 at STOP: each takes nothing more by
 *     way of order, and tells n2, the lowest now, what it holds: {@code Stopped(5, log 4, 8)} and {@code (5, log 4, 9)}.
 * <li><b>n2</b> was told by all: {@code Union(log 4, 9, holder n3)}, not held by all. n2 asks n3, {@code Want}, {@code Copy},
 *     tells 9 itself; {@code Union(..., held)}. Both give out 9, n3 learns {@code DELIVERED}, both are {@code Flushed}, and
 *     the recovery may call them through STOP. Had n3 died too in between, generation 6 would begin anew with what the
 *     rest holds.
 * <li>What n3 had submitted and n1 had not ordered is in nobody's log: {@code NOT_DELIVERED}; sending it again is n3's
 *     choice, and cannot make two of it.
 * </ol>
 */
package io.muster.group;
