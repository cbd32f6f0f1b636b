/**
 * Who is in, who is safe, and until when this node may act. Reads the heartbeat and the ledger, proposes members in
 * and out to the ledger. Holds no recovery code (001-25).
 */
package io.muster.membership;
