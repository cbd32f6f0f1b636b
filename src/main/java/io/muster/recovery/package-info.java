/**
 * Brings the services of a group back, phase by phase, with a barrier of all survivors after each (001-25).
 */
package io.muster.recovery;
