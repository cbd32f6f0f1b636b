/**
 * What must hold in every run of the simulator: each promise of the cluster as one class with a name, told of every
 * event of the simulated world. Checkers compare what nodes say and do with the truth, which only the simulator knows.
 * Read {@code Checker}, {@code Truth}, {@code ChosenStates}, then the checkers.
 */
package io.muster.sim.check;
