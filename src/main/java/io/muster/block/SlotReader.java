package io.muster.block;

import io.muster.base.Bytes;
import io.muster.base.NodeId;

/** Says what lies in a slot, for people; who owns the content of a kind of slot brings one. */
public interface SlotReader {

    /** Knows no more than whether it was ever written. */
    SlotReader UNKNOWN = (_, content) -> DiskHeader.isZero(content.shared())
            ? Reading.NEVER_WRITTEN : new Reading(State.SOUND, "written; its content is not looked into");

    /** How it is with a slot. */
    enum State { NEVER_WRITTEN, SOUND, DAMAGED }

    /** @param text one line: who wrote it, in which life, when; or what is wrong with it */
    record Reading(State state, String text) {
        public static final Reading NEVER_WRITTEN = new Reading(State.NEVER_WRITTEN, "never written");
    }

    /** Never throws, whatever lies there. @param node whose slot it is */
    Reading read(NodeId node, Bytes content);
}
