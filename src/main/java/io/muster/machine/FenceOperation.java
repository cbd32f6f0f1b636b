package io.muster.machine;

/** What a fence device is asked to do with a victim. */
public enum FenceOperation {
    /** Make the victim harmless and observe afresh that it is; already off is success. */
    OFF,
    /** Ask afresh whether the victim is still off, and change nothing. */
    READ,
    /** Give back what OFF took away; proves nothing. */
    ON,
    /** Switch a new life's access on before it may join a group; proves nothing. */
    UNFENCE
}
