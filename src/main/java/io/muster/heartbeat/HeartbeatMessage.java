package io.muster.heartbeat;

import io.muster.base.NodeSet;
import io.muster.machine.Message;

/** What travels on one link as datagrams. The sender's life is in the envelope. */
public sealed interface HeartbeatMessage extends Message {

    /**
     * A sign of life. Made once and filled again for each pulse ({@link #become}), so that a quiet heartbeat leaves the
     * collector nothing to do; whoever keeps one beyond the step in which it was told keeps a copy.
     */
    final class Pulse implements HeartbeatMessage {

        private long sequence;
        private NodeSet heard;
        private boolean answer;

        /**
         * @param sequence  counts up on each link in each life; an old or repeated one is ignored
         * @param heard     whom the sender hears on this link, itself not included: so each direction is measured alone
         * @param answer    whether the receiver is asked to pulse back at once (a probe)
         */
        public Pulse(long sequence, NodeSet heard, boolean answer) {
            this.sequence = sequence;
            this.heard = heard;
            this.answer = answer;
        }

        /** Fills it anew; only for who made it, when nobody reads what it was before. */
        public Pulse become(long nextSequence, NodeSet nextHeard, boolean nextAnswer) {
            sequence = nextSequence;
            heard = nextHeard;
            answer = nextAnswer;
            return this;
        }

        public Pulse copy() {
            return new Pulse(sequence, heard, answer);
        }

        public long sequence() {
            return sequence;
        }

        public NodeSet heard() {
            return heard;
        }

        public boolean answer() {
            return answer;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Pulse pulse && pulse.sequence == sequence && pulse.heard.equals(heard)
                    && pulse.answer == answer;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(sequence) * 31 + heard.hashCode();
        }

        @Override
        public String toString() {
            return "Pulse[sequence=%d, heard=%s, answer=%s]".formatted(sequence, heard, answer);
        }
    }
}
