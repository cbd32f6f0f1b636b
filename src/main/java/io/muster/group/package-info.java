/**
 * Who shares what: named groups of lives, joined and left in the ledger's order. Turns wishes into proposals, and an
 * eviction into a loss for each group that the life was in.
 */
package io.muster.group;
