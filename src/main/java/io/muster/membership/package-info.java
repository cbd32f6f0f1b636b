/**
 * Who is in, who is safe, and until when this node may act. Reads the heartbeat and the ledger, proposes members in
 * and out to the ledger. Holds no recovery code (001-25).
 *
 * <p>Read {@code Membership}, then its leaves: {@code LocalView} (what this node sees), {@code LinkMatrix} (what
 * everybody has published), {@code Wishes}, {@code RowTeller}, {@code ViewJudge} with {@code MatrixSnapshot} and
 * {@code ViewChoice} (who has to go), {@code ViewProposal},
 * {@code ActingLease} (rules A1 to A6), {@code ViewNews} (what is told upward).
 *
 * <p>Example: n1 leads n1, n2, n3, and n3 dies. The heartbeat of n1 says {@code PeerLost(n3#1)}. When the ledger of n1
 * can propose, {@code wants} adds {@code MemberEvicted(n3#1)}, and from that moment n1 answers no lease of n3#1. The
 * version is chosen; n1 and n2 apply it and announce {@code ViewFormed({n1 n2}, not safe)}. The fence layer has n3#1
 * made harmless; the version with the evidence makes both announce {@code ViewInstalled({n1 n2}, safe)}, then
 * {@code NodeDead(n3#1)}. n3#2 comes up and asks to join; once it and each member hear each other both ways,
 * {@code MemberJoined(n3#2)} is agreed: {@code ViewInstalled({n1 n2 n3})}, {@code NodeJoined(n3#2)}.
 */
package io.muster.membership;
