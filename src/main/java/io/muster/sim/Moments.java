package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.Phase;
import io.muster.machine.Message;
import io.muster.node.NodeEvent;
import io.muster.recovery.RecoveryPlan;
import io.muster.sim.check.ChosenStates;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The moments of a run at which a second fault hurts most, seen as they happen: "when n3 is in LOCKS of g1, then …".
 * Chaos and scripts hang their faults on them, so that a double fault is aimed and not hoped for.
 */
final class Moments {

    /** A kind of moment. */
    enum Kind {
        /** A participant of a life begins the phase. */
        STOP, LOCKS, STRIPES, JOURNALS, RESUME,
        /** A life asks a fence device. */
        FENCING,
        /** The end of a victim was agreed. */
        EVIDENCE,
        /** A life asks for promises, to lead. */
        ELECTION,
        /** A new leader has its adopted state chosen again (rule L5). */
        RECOMMIT,
        /** A new life was admitted. */
        JOINING,
        /** A member asked to be let go. */
        LEAVING;

        static Kind of(Phase phase) {
            return valueOf(phase.name());
        }

        /** Reads {@code LOCKS} or {@code fencing}. */
        static Optional<Kind> find(String word) {
            return List.of(values()).stream().filter(kind -> kind.name().equals(word.toUpperCase(Locale.ROOT))).findFirst();
        }
    }

    /** One moment. @param group whose phase it is; empty for the other kinds */
    record Moment(Kind kind, Incarnation who, Optional<GroupName> group) {}

    /** Told of moments; what it does about one it does later, never within. */
    interface Watcher {

        void seen(Moment moment);
    }

    private final ChosenStates chosen;
    private final List<Watcher> watchers = new ArrayList<>();
    private final TreeSet<Ballot> recommitted = new TreeSet<>();

    Moments(ChosenStates chosen) {
        this.chosen = chosen;
    }

    void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    void began(Incarnation life, Phase phase, RecoveryPlan plan) {
        tell(Kind.of(phase), life, Optional.of(plan.group()));
    }

    void sent(Incarnation from, Message message) {
        if (message instanceof LedgerMessage.Prepare) {
            tell(Kind.ELECTION, from);
        } else if (message instanceof LedgerMessage.Accept(Ballot ballot, var state)
                && chosen.at(state.version()).isPresent() && recommitted.add(ballot)) {
            tell(Kind.RECOMMIT, from);
        }
    }

    void happened(Incarnation life, NodeEvent event) {
        if (event.name().equals("fence.try")) {
            tell(Kind.FENCING, life);
        }
    }

    void chosen(List<LedgerEvent> events) {
        for (LedgerEvent event : events) {
            switch (event) {
                case LedgerEvent.FenceEvidenced(_, Incarnation who, _, _, _) -> tell(Kind.EVIDENCE, who);
                case LedgerEvent.MemberJoined(Incarnation who, _) -> tell(Kind.JOINING, who);
                case LedgerEvent.MemberLeft(Incarnation who) -> tell(Kind.LEAVING, who);
                default -> { /* no moment of its own */ }
            }
        }
    }

    private void tell(Kind kind, Incarnation who) {
        tell(kind, who, Optional.empty());
    }

    private void tell(Kind kind, Incarnation who, Optional<GroupName> group) {
        if (!watchers.isEmpty()) {
            Moment moment = new Moment(kind, who, group);
            List.copyOf(watchers).forEach(watcher -> watcher.seen(moment));
        }
    }
}
