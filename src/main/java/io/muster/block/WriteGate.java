package io.muster.block;

/** Whether this host may write now. Closes by time alone, without anybody's help (rule A4). */
public interface WriteGate {

    /** Asked immediately before each write, by any thread: no lock, no wait. */
    boolean open();
}
