package io.muster.fence;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.ledger.EvidenceClass;
import java.util.Map;

/**
 * A way to make a departed life harmless, found by {@link java.util.ServiceLoader} in any jar on the daemon's path
 * (000-26). One instance serves all calls, one call at a time, on a thread that may block.
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

    /**
     * Makes the victim harmless and observes that it is, asking the device afresh: a state known from before the call
     * is no evidence (rule F2). Already off, when observed in this call, is success. May be called again at any time
     * for the same order, also while an earlier call still has effects.
     *
     * @throws FenceFailed          when the victim is not known to be harmless; the text is the device's answer
     * @throws InterruptedException when the time limit of the order has passed
     */
    Proof fence(Order order) throws FenceFailed, InterruptedException;

    /** Whom to fence. @param intent the agreed intent; give it to the device if it can record it */
    record Order(long intent, Incarnation victim, HostProcess process, long timeLimitNs) {}

    /** What was observed. @param text for people, as {@code "pid 4711 gone, exit observed through its pidfd"} */
    record Proof(EvidenceClass evidence, String text) {}

    /** The victim is not known to be harmless. */
    final class FenceFailed extends Exception {

        private static final long serialVersionUID = 1L;

        public FenceFailed(String answer) {
            super(answer);
        }
    }
}
