/**
 * Values that every layer speaks: nodes, their lives, sets, faults, chance, the time budget. Read {@code NodeId},
 * {@code Incarnation}, {@code NodeSet}, then {@code FaultCode}. Knows nothing above it.
 */
package io.muster.base;
