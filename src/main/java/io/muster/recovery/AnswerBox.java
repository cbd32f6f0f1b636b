package io.muster.recovery;

import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The outbox that participants are given: it keeps what they answer in a call until the call is over, and passes their
 * messages on. It takes no effects, so no participant can fence (000-18) or write through the coordinator.
 */
final class AnswerBox {

    /** Answers within one call; a participant gives one. */
    static final int ANSWERS_LIMIT = 256;

    /** An answer and who gave it. */
    record Given(String participant, Participant.Answer answer) {}

    private final Deque<Given> answers = new ArrayDeque<>();

    Optional<Given> next() {
        return Optional.ofNullable(answers.poll());
    }

    /** The outbox for one call of this participant. */
    Outbox<Participant.Answer> of(String participant, Outbox<?> through) {
        return new Outbox<>() {
            @Override
            public void send(NodeId to, Message message) {
                through.send(to, message);
            }

            @Override
            public void cast(NodeId to, int link, Message message) {
                through.cast(to, link, message);
            }

            @Override
            public void perform(Effect effect) {
                Invariant.holds(false, "participant %s asked for %s; participants perform no effects", participant,
                        effect);
            }

            @Override
            public void announce(Participant.Answer answer) {
                Invariant.holds(answers.size() < ANSWERS_LIMIT, "participant %s answers without end", participant);
                answers.add(new Given(participant, answer));
            }
        };
    }
}
