/** The driver on virtual time: whole clusters in one thread with seeded faults. */
package io.muster.sim;
