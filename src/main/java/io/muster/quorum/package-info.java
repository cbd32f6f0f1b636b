/**
 * Vote arithmetic: pure, and imports only {@code base} (003-3). Which nodes vote is the ledger's business; whether
 * these votes decide is answered here.
 */
package io.muster.quorum;
