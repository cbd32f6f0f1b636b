package io.muster.fence;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.FenceOperation;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * A way to make a departed life harmless, found by {@link java.util.ServiceLoader} in any jar on the daemon's path
 * (000-26). One instance is one device and serves all calls, one call at a time, on a thread that may block; a
 * configuration that names several devices of one kind gets as many instances.
 *
 * <p>A method that overrides nothing but the first four methods only ever gets {@link FenceOperation#OFF}.
 */
public interface FenceMethod {

    /** The name in configuration files; lower-case letters, digits and dashes. */
    String name();

    MemoryClass memoryClass();

    /**
     * Called once at start, with the method's section of the configuration: refuse what cannot work, and load and open
     * here whatever {@link #fence} will need.
     *
     * @throws FenceFailed with the key and what would do
     */
    void prepare(Map<String, String> settings) throws FenceFailed;

    /** What it can do beside {@link FenceOperation#OFF}; asked once, after {@link #prepare}. */
    default Set<Ability> abilities() {
        return EnumSet.noneOf(Ability.class);
    }

    /** What a device may be able to do, or to promise. */
    enum Ability {
        /** Serves {@link FenceOperation#READ}: evidence when the victim is off now, {@link FenceFailed} when not. */
        READ,
        /** Serves {@link FenceOperation#ON}; the proof's class is not looked at. */
        ON,
        /** Serves {@link FenceOperation#UNFENCE}; the proof's class is not looked at. */
        UNFENCE,
        /** Ends the very life it is told and never another one of that node (rule F5a). */
        ONE_LIFE
    }

    /**
     * Carries out the order's operation. OFF makes the victim harmless and observes that it is, asking the device
     * afresh: a state known from before the call is no evidence (rule F2). Already off, when observed in this call, is
     * success. May be called again at any time for the same order, also while an earlier call still has effects.
     *
     * @throws FenceFailed          when the victim is not known to be harmless, and nothing of this call will still take
     *                              effect: otherwise let the time run out; the text is the device's answer
     * @throws InterruptedException when the time limit of the order has passed
     */
    Proof fence(Order order) throws FenceFailed, InterruptedException;

    /** Whom to fence. @param intent the agreed intent; give it to the device if it can record it; 0 for UNFENCE */
    record Order(long intent, Incarnation victim, HostProcess process, long timeLimitNs, FenceOperation operation) {

        /** Switches off. */
        public Order(long intent, Incarnation victim, HostProcess process, long timeLimitNs) {
            this(intent, victim, process, timeLimitNs, FenceOperation.OFF);
        }
    }

    /** What was observed. @param text for people, as {@code "pid 4711 gone, exit observed through its pidfd"} */
    record Proof(EvidenceClass evidence, String text) {}

    /** The victim is not known to be harmless. */
    class FenceFailed extends Exception {

        private static final long serialVersionUID = 1L;

        public FenceFailed(String answer) {
            super(answer);
        }
    }

    /** The device cannot be reached from this node, or not for this victim: another node is asked at once. */
    final class DeviceUnseen extends FenceFailed {

        private static final long serialVersionUID = 1L;

        public DeviceUnseen(String answer) {
            super(answer);
        }
    }
}
