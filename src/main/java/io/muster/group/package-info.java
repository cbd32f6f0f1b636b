/**
 * Who shares what: named groups of lives, joined and left in the ledger's order. Turns wishes into proposals, and an
 * eviction into a loss for each group that the life was in. Read {@code GroupInput}, {@code GroupNews}, then
 * {@code GroupManager}.
 *
 * <p>Example. n2 wants into group "files": {@code JoinWanted} stays a wish, and {@code JoinAsk} with the generation
 * that n2 sees goes to the leader, again and again. While "files" recovers, every draft refuses the join (rule R10).
 * Once it runs, the next version has {@code GroupJoined}; n2 applies it, forgets its wish and announces
 * {@code GroupChanged}: a new generation at STOP, with n2 in it, which {@code recovery} leads through its phases.
 */
package io.muster.group;
