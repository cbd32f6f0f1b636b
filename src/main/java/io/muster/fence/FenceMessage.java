package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.machine.Message;
import java.util.Optional;

/**
 * What the leader and the actors of a fence say to each other. Orders carry the leader's ballot and count up within it;
 * an actor follows the newest (ballot, attempt) of an intent and ignores older ones, however late they come.
 */
public sealed interface FenceMessage extends Message {

    /**
     * Make the victim of this agreed intent harmless; told to the actor until it answers (rule F8: it acts only once
     * the intent is in its applied state and its lease is valid).
     *
     * @param ballot  of the leader that asks
     * @param actor   which life is meant: a later life of the node was never asked, and nobody waits for it to end
     * @param attempt counts up over all methods and actors of the intent in this ballot
     * @param method  the level to carry out, as {@link FenceLevel#label} writes it: one device, or several with a plus
     */
    record Act(Ballot ballot, Incarnation actor, long intent, long attempt, String method) implements FenceMessage {}

    /**
     * The attempt ended.
     *
     * @param evidence label of the evidence class, when the victim is harmless; {@code unseen} when the actor cannot
     *                 reach the device and another one should
     * @param proof    what was observed, or the device's answer
     * @param settled  false while a command of this actor may still be carried out by a device that did not answer
     */
    record Acted(Ballot ballot, long intent, long attempt, Optional<String> evidence, String proof, boolean settled)
            implements FenceMessage {

        /** With nothing that could still come. */
        public Acted(Ballot ballot, long intent, long attempt, Optional<String> evidence, String proof) {
            this(ballot, intent, attempt, evidence, proof, true);
        }
    }

    /**
     * The victim is known to be harmless: begin nothing of this intent up to this attempt, and say when nothing of it
     * runs any more. Told until answered; the evidence is proposed only then, so that no late act hits the next life of
     * the node (rule F7).
     */
    record Cease(Ballot ballot, long intent, long attempt) implements FenceMessage {}

    /** Nothing of this intent runs here, and nothing up to this attempt will. */
    record Ceased(Ballot ballot, long intent, long attempt) implements FenceMessage {}

    /**
     * A person says that the victim of this intent is off; told to the leader until the state shows it.
     *
     * @param agreedAt of the intent the person saw open: a word given before a contradiction is no word about it
     */
    record Acknowledge(long intent, long agreedAt, String person, String remark) implements FenceMessage {}

    /**
     * The sender hears this life although evidence of its end is agreed (rule F4); told to the leader until the state
     * shows that it knows.
     *
     * @param evidencedAt the version that agreed on the evidence
     */
    record SignsOfLife(Incarnation who, long evidencedAt) implements FenceMessage {}

    /**
     * A person opens whatever holds fences back; told to the leader until the state shows it.
     *
     * @param openedAt as the sender's state had it before: a word counts once
     */
    record Open(long openedAt, String person, String remark) implements FenceMessage {}
}
