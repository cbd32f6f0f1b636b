package io.muster.recovery;

import io.muster.base.Clip;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.TimeBudget;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One group on one node: takes the participants of this node through the phases that the ledger shows. Which phase it
 * is comes from the ledger only; what is kept here is how far the own participants are in it.
 *
 * <p>Two promises are kept here. Nothing of a newer generation begins before every participant has answered that
 * nothing of the older one is running (rule R3). And the group is called closed only when its participants have
 * abandoned the generation and are through a last STOP, which is their word that all is shut and drained (rule R4).
 */
final class GroupRun {

    /** Tries of one phase before the node withdraws from the group. */
    static final int ATTEMPTS_LIMIT = 3;

    /** How far this node is in leaving: the stages follow each other. */
    private enum Leaving { STAYS, ABANDONS, STOPS, DRAINED }

    private final GroupName name;
    private final Incarnation self;
    private final List<Participant> participants;
    private final TimeBudget times;
    private final AnswerBox box = new AnswerBox();

    /** As the ledger has it, while this node is in it. */
    private Optional<Group> shown = Optional.empty();
    private long shownSince;

    /** What the participants are in: the plan they were given, the phase, and who has not answered. */
    private Optional<RecoveryPlan> begun = Optional.empty();
    private Phase phase = Phase.STOP;
    private final SortedSet<String> working = new TreeSet<>();
    private final SortedSet<String> abandoning = new TreeSet<>();
    private long abandonedGeneration;
    private final SortedMap<String, Integer> failures = new TreeMap<>();
    private final SortedMap<String, Long> retryAt = new TreeMap<>();

    private Leaving leaving = Leaving.STAYS;
    private boolean closeWanted;
    private Optional<String> withdrawn = Optional.empty();

    GroupRun(GroupName name, Incarnation self, List<Participant> participants, TimeBudget times) {
        this.name = name;
        this.self = self;
        this.participants = participants;
        this.times = times;
    }

    /** The ledger shows this node in the group. */
    void shown(Group group, long now) {
        if (shown.isEmpty() || isNewer(group, shown.get())) {
            shown = Optional.of(group);
            shownSince = now;
        }
    }

    /** The ledger shows that this node is not in the group (any more). */
    void gone(Outbox<RecoveryNews> out) {
        if (shown.isEmpty()) {
            return;
        }
        shown = Optional.empty();
        if (leaving == Leaving.DRAINED) {
            begun = Optional.empty();
        } else if (begun.isPresent()) {
            abandonBegun(out);
        }
        leaving = Leaving.STAYS;
        withdrawn = Optional.empty();
    }

    void closeWanted(Outbox<RecoveryNews> out) {
        closeWanted = true;
        if (leaving == Leaving.DRAINED) {
            announceClosed(out);
        } else if (shown.isPresent()) {
            leave(out);
        }
    }

    /** An answer that came late, or that was given within a call; of anything but what runs now it means nothing. */
    void answered(String participant, Participant.Answer answer, long now, Outbox<RecoveryNews> out) {
        switch (answer) {
            case Participant.Done(_, long generation, Phase done) when isAwaited(participant, generation, done) ->
                working.remove(participant);
            case Participant.Failed(_, long generation, Phase failed, String why)
                    when isAwaited(participant, generation, failed) -> failed(participant, why, now, out);
            case Participant.Abandoned(_, long generation) when generation == abandonedGeneration ->
                abandoning.remove(participant);
            case Participant.Done _, Participant.Failed _, Participant.Abandoned _ -> { /* of another generation */ }
        }
    }

    /** Begins again what failed and is due, and then goes as far as the ledger and the participants let it. */
    void advance(long now, Outbox<RecoveryNews> out) {
        for (Participant participant : participants) {
            Long at = retryAt.get(participant.name());
            if (at != null && at <= now) {
                retryAt.remove(participant.name());
                call(participant, out);
            }
        }
        // Each turn takes in answers or moves by one stage or phase, and there are few of these: it ends.
        do {
            for (var given = box.next(); given.isPresent(); given = box.next()) {
                answered(given.get().participant(), given.get().answer(), now, out);
            }
        } while (move(out));
    }

    /**
     * What the leader has to know, for as long as it does not show in the ledger.
     *
     * @param informed whether this node has applied that all departed of the group are harmless
     */
    Optional<RecoveryMessage> report(boolean informed) {
        if (shown.isEmpty() || !abandoning.isEmpty()) {
            return Optional.empty();
        }
        Group group = shown.get();
        if (leaving == Leaving.DRAINED) {
            return withdrawn.map(why ->
                    new RecoveryMessage.Withdrawn(name, group.generation(), group.phase(), why));
        }
        boolean through = leaving == Leaving.STAYS && working.isEmpty() && phase != Phase.RUNNING
                && begun.filter(plan -> plan.generation() == group.generation()).isPresent() && phase == group.phase();
        return through
                ? Optional.of(new RecoveryMessage.Through(name, group.generation(), phase, informed))
                : Optional.empty();
    }

    void digest(Hash64 into) {
        into.add(shown.map(Group::generation).orElse(-1L)).add(phase.ordinal()).add(working.size());
        into.add(abandoning.size()).add(abandonedGeneration).add(failures.size()).add(leaving.ordinal());
    }

    /** Nothing is left to do here: this node is not in the group and nothing runs for it. */
    boolean isOver() {
        return shown.isEmpty() && abandoning.isEmpty() && !closeWanted;
    }

    long deadline() {
        long next = Machine.NEVER;
        for (long at : retryAt.values()) {
            next = Math.min(next, at);
        }
        return next;
    }

    Optional<Group> shown() {
        return shown;
    }

    long shownSince() {
        return shownSince;
    }

    boolean isLeaving() {
        return leaving != Leaving.STAYS || shown.isEmpty();
    }

    /** Participants that have not answered what they were told last. */
    List<String> unanswered() {
        TreeSet<String> names = new TreeSet<>(working);
        names.addAll(abandoning);
        return new ArrayList<>(names);
    }

    /** What this node does in the group, in words. */
    String fact() {
        if (!abandoning.isEmpty()) {
            return "%s of this node has not given up generation %d yet".formatted(
                    String.join(", ", abandoning), abandonedGeneration);
        }
        if (leaving == Leaving.DRAINED) {
            return "this node is drained and waits to be let out of the group";
        }
        if (!working.isEmpty()) {
            return "%s of this node is in %s of generation %d".formatted(
                    String.join(", ", working), phase, begun.orElseThrow().generation());
        }
        return "this node is through " + phase;
    }

    /** @return whether something moved, so that there may be more to do */
    private boolean move(Outbox<RecoveryNews> out) {
        if (!abandoning.isEmpty()) {
            return false;
        }
        if (shown.isEmpty()) {
            if (closeWanted) {
                announceClosed(out);
            }
            return false;
        }
        Group group = shown.get();
        return switch (leaving) {
            case STAYS -> follow(group, out);
            case ABANDONS -> {
                leaving = Leaving.STOPS;
                begin(Phase.STOP, RecoveryPlan.of(group), out);
                yield true;
            }
            case STOPS -> {
                if (!working.isEmpty()) {
                    yield false;
                }
                leaving = Leaving.DRAINED;
                if (closeWanted) {
                    announceClosed(out);
                }
                yield true;
            }
            case DRAINED -> false;
        };
    }

    private boolean follow(Group group, Outbox<RecoveryNews> out) {
        if (begun.isEmpty()) {
            Invariant.holds(group.phase() == Phase.STOP, "group %s is in %s of generation %d, which %s never began",
                    name, group.phase(), group.generation(), self);
            begin(Phase.STOP, RecoveryPlan.of(group), out);
            return true;
        }
        if (begun.get().generation() != group.generation()) {
            if (phase == Phase.RUNNING) {
                // The older generation was recovered to its end: there is nothing of it to give up.
                begun = Optional.empty();
            } else {
                abandonBegun(out);
            }
            return true;
        }
        if (group.phase() == phase) {
            return false;
        }
        // The barrier waits for every member, so the ledger can be one phase ahead of this node and no more (rule R2).
        Invariant.holds(working.isEmpty() && group.phase() == phase.next(),
                "group %s reached %s of generation %d while %s was in %s, waiting for %s",
                name, group.phase(), group.generation(), self, phase, working);
        if (group.phase() == Phase.RUNNING) {
            phase = Phase.RUNNING;
            out.announce(new RecoveryNews.Recovered(name, group.generation()));
        } else {
            begin(group.phase(), begun.get(), out);
        }
        return true;
    }

    private void begin(Phase next, RecoveryPlan plan, Outbox<RecoveryNews> out) {
        begun = Optional.of(plan);
        phase = next;
        failures.clear();
        out.announce(new RecoveryNews.Begin(next, plan));
        List<Participant> called = participants.stream().filter(p -> p.takesPart().contains(next)).toList();
        called.forEach(participant -> working.add(participant.name()));
        called.forEach(participant -> call(participant, out));
    }

    private void call(Participant participant, Outbox<RecoveryNews> out) {
        if (leaving == Leaving.STOPS) {
            participant.stopForGood(begun.orElseThrow(), box.of(participant.name(), out));
        } else {
            participant.begin(phase, begun.orElseThrow(), box.of(participant.name(), out));
        }
    }

    private void abandonBegun(Outbox<RecoveryNews> out) {
        abandonedGeneration = begun.orElseThrow().generation();
        begun = Optional.empty();
        working.clear();
        failures.clear();
        retryAt.clear();
        out.announce(new RecoveryNews.Abandon(name, abandonedGeneration));
        participants.forEach(participant -> abandoning.add(participant.name()));
        participants.forEach(participant ->
                participant.abandon(name, abandonedGeneration, box.of(participant.name(), out)));
    }

    private void failed(String participant, String why, long now, Outbox<RecoveryNews> out) {
        int attempt = failures.merge(participant, 1, Integer::sum);
        out.announce(new RecoveryNews.ParticipantFailed(
                participant, name, begun.orElseThrow().generation(), phase, attempt, why));
        if (leaving == Leaving.STAYS && attempt >= ATTEMPTS_LIMIT) {
            String reason = Clip.text("%s failed %d times in %s: %s".formatted(participant, attempt, phase, why));
            withdrawn = Optional.of(reason);
            out.announce(new RecoveryNews.SelfWithdrawn(name, self.node(), reason));
            leave(out);
        } else {
            // A last STOP is tried without end: without its word this node may not be called drained.
            retryAt.put(participant, now + times.askNs());
        }
    }

    private void leave(Outbox<RecoveryNews> out) {
        if (leaving == Leaving.STAYS) {
            leaving = Leaving.ABANDONS;
            if (begun.isPresent()) {
                abandonBegun(out);
            }
        }
    }

    private void announceClosed(Outbox<RecoveryNews> out) {
        closeWanted = false;
        out.announce(new RecoveryNews.Closed(name));
    }

    private boolean isAwaited(String participant, long generation, Phase answered) {
        return working.contains(participant) && !retryAt.containsKey(participant) && answered == phase
                && begun.filter(plan -> plan.generation() == generation).isPresent();
    }

    private static boolean isNewer(Group group, Group than) {
        return group.generation() != than.generation()
                ? group.generation() > than.generation()
                : group.phase().compareTo(than.phase()) > 0;
    }
}
