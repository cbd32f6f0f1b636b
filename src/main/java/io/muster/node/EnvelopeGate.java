package io.muster.node;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.fence.FenceMessage;
import io.muster.group.ChannelMessage;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.machine.Message;
import io.muster.recovery.RecoveryMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The one place that drops messages of former lives and former generations, and holds those of versions that this node
 * has not applied yet (rules R2, R9). Heartbeat and ledger messages pass it by: they carry their own order.
 */
final class EnvelopeGate {

    /** Held messages, at most; beyond it the oldest goes, and is told again by its sender. */
    static final int HELD_LIMIT = 256;

    /** What to do with a message. */
    enum Verdict { PASS, HOLD, DROP }

    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private long dropped;

    /** A message that waits for this node to apply what its sender has applied. */
    record Held(Incarnation from, Message message) {}

    /** Judges a message and keeps it when it is to be held. */
    Verdict judge(Incarnation from, Message message, ClusterState state) {
        Verdict verdict = verdict(from, message, state);
        switch (verdict) {
            case PASS -> { /* the caller hands it on */ }
            case DROP -> dropped++;
            case HOLD -> {
                Held entry = new Held(from, message);
                held.remove(entry);
                if (held.size() == HELD_LIMIT) {
                    held.removeFirst();
                    dropped++;
                }
                held.addLast(entry);
            }
        }
        return verdict;
    }

    /** After a new state was applied: what may pass now, in order of arrival. */
    List<Held> released(ClusterState state) {
        if (held.isEmpty()) {
            return List.of();
        }
        List<Held> ready = new ArrayList<>();
        for (int left = held.size(); left > 0; left--) {
            Held entry = held.removeFirst();
            switch (verdict(entry.from(), entry.message(), state)) {
                case PASS -> ready.add(entry);
                case HOLD -> held.addLast(entry);
                case DROP -> dropped++;
            }
        }
        return ready;
    }

    void digest(Hash64 into) {
        into.add(held.size()).add(dropped);
    }

    private static Verdict verdict(Incarnation from, Message message, ClusterState state) {
        if (state.isPast(from)) {
            return Verdict.DROP;
        }
        return switch (message) {
            case RecoveryMessage.Through(GroupName group, long generation, _, _) -> byGeneration(group, generation, state);
            case RecoveryMessage.Withdrawn(GroupName group, long generation, _, _) ->
                byGeneration(group, generation, state);
            case ChannelMessage said -> byGeneration(said.group(), said.generation(), state);
            case FenceMessage.Act(_, _, long intent, _, _) -> intent < state.nextIntent() ? Verdict.PASS : Verdict.HOLD;
            default -> Verdict.PASS;
        };
    }

    private static Verdict byGeneration(GroupName name, long generation, ClusterState state) {
        Group group = state.groups().get(name);
        long known = group == null ? state.generationFloor() : group.generation();
        if (generation > known) {
            return Verdict.HOLD;
        }
        return generation == known && group != null ? Verdict.PASS : Verdict.DROP;
    }
}
