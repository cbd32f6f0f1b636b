package io.muster.recovery;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.group.GroupNews;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.ledger.Proposer;
import io.muster.ledger.Standing;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings the services of this node's groups back, in step with all other members (001-25). The phase of a group is read
 * from the ledger, where the leader moves it on once every member of the generation is through and all departed are
 * harmless; a node begins what it has applied and tells that it is through until the next phase shows (rules R1, R2).
 *
 * <p>What may happen at any moment: a newer generation ({@link GroupRun} gives the older one up first, R3), another
 * leader (everybody tells it again), a participant that fails (tried again, then this node withdraws, R4), a member
 * that never gets through (the leader puts it out, R4; nobody is ever skipped).
 */
public final class RecoveryCoordinator implements Machine<RecoveryInput, RecoveryNews>, Proposer {

    /** Groups in which something may run at once, those that this node is being put out of included. */
    static final int RUNS_LIMIT = 2 * ClusterState.GROUPS_LIMIT;

    /** What was told last, to be told again at {@code again}. */
    private record Told(RecoveryMessage message, long again) {}

    private final Incarnation self;
    private final List<Participant> participants;
    private final TimeBudget times;
    private final SortedMap<GroupName, GroupRun> runs = new TreeMap<>();
    private final SortedMap<GroupName, Told> told = new TreeMap<>();
    private final PhaseBook book;
    private Standing standing = Standing.NONE;

    /**
     * @param participants called in this order; take part in the recovery of every group
     * @throws IllegalArgumentException when two have the same name
     */
    public RecoveryCoordinator(Incarnation self, List<Participant> participants, TimeBudget times, long now) {
        this.self = self;
        this.participants = List.copyOf(participants);
        this.times = times;
        this.book = new PhaseBook(times);
        TreeSet<String> names = new TreeSet<>();
        for (Participant participant : participants) {
            if (!names.add(participant.name())) {
                throw new IllegalArgumentException("two participants are named \"%s\"".formatted(participant.name()));
            }
        }
    }

    @Override
    public void step(RecoveryInput input, long now, Outbox<RecoveryNews> out) {
        switch (input) {
            case RecoveryInput.Arrived(Incarnation from, RecoveryMessage message) -> take(from, message);
            case RecoveryInput.Agreed(LedgerNews news) -> agreed(news, now, out);
            // The group manager tells of the same state that the ledger told of; hearing it twice changes nothing.
            case RecoveryInput.Changed(GroupNews.GroupChanged _), RecoveryInput.Changed(GroupNews.GroupClosed _) ->
                followGroups(now, out);
            case RecoveryInput.Done(String participant, GroupName group, long generation, Phase phase) ->
                answered(participant, group, new Participant.Done(group, generation, phase), now, out);
            case RecoveryInput.Failed(String participant, GroupName group, long generation, Phase phase, String why) ->
                answered(participant, group, new Participant.Failed(group, generation, phase, why), now, out);
            case RecoveryInput.Abandoned(String participant, GroupName group, long generation) ->
                answered(participant, group, new Participant.Abandoned(group, generation), now, out);
            case RecoveryInput.CloseWanted(GroupName group) -> {
                GroupRun run = runs.get(group);
                if (run == null) {
                    out.announce(new RecoveryNews.Closed(group));
                } else {
                    run.closeWanted(out);
                }
            }
        }
        work(now, out);
    }

    @Override
    public void due(long now, Outbox<RecoveryNews> out) {
        work(now, out);
    }

    @Override
    public long deadline() {
        long next = book.deadline();
        for (GroupRun run : runs.values()) {
            next = Math.min(next, run.deadline());
        }
        if (standing.leader().isPresent()) {
            for (Told last : told.values()) {
                next = Math.min(next, last.again());
            }
        }
        return next;
    }

    @Override
    public void wants(Draft draft, long now) {
        standing.state().ifPresent(state -> book.wants(draft, state, now));
    }

    /** Every group of this node that is not running, and what it waits for. */
    public List<RecoveryWait> waiting() {
        List<RecoveryWait> waits = new ArrayList<>();
        runs.forEach((name, run) -> {
            boolean recovering = run.shown().filter(group -> group.phase() != Phase.RUNNING).isPresent();
            if (recovering || run.isLeaving()) {
                waits.add(wait(name, run));
            }
        });
        return List.copyOf(waits);
    }

    /** Mixes what decides the next steps into a trace hash. */
    public void digest(Hash64 into) {
        into.add(deadline()).add(told.size());
        runs.forEach((name, run) -> run.digest(into.add(name.text())));
    }

    /** True while what runs here for this group is being given up, until the group was left and nothing runs. */
    public boolean isLeaving(GroupName group) {
        GroupRun run = runs.get(group);
        return run != null && run.isLeaving();
    }

    /** Groups of which some participant of this node has not answered what it was told last. */
    public List<GroupName> unstopped() {
        return runs.entrySet().stream().filter(run -> !run.getValue().unanswered().isEmpty()).map(Map.Entry::getKey).toList();
    }

    private void take(Incarnation from, RecoveryMessage message) {
        if (standing.leading().isPresent()) {
            standing.state().ifPresent(state -> book.take(from, message, state));
        }
    }

    private void agreed(LedgerNews news, long now, Outbox<RecoveryNews> out) {
        Standing before = standing;
        standing = standing.after(news);
        if (!standing.leading().equals(before.leading())) {
            book.clear();
        }
        if (!standing.ballot().equals(before.ballot())) {
            // A new leader knows nothing of what the former one was told.
            told.clear();
        }
        if (standing.leading().isPresent()) {
            standing.state().ifPresent(state -> book.follow(state, now));
        }
        if (news instanceof LedgerNews.Applied) {
            followGroups(now, out);
        }
    }

    private void followGroups(long now, Outbox<RecoveryNews> out) {
        if (standing.state().isEmpty()) {
            return;
        }
        ClusterState state = standing.state().get();
        runs.forEach((name, run) -> {
            if (!isIn(state, name)) {
                run.gone(out);
            }
        });
        for (Group group : state.groups().values()) {
            if (isIn(state, group.name())) {
                // With no room for one more, this node does not get through, and is put out in time.
                if (runs.size() < RUNS_LIMIT) {
                    runs.computeIfAbsent(group.name(), name -> new GroupRun(name, self, participants, times));
                }
                Optional.ofNullable(runs.get(group.name())).ifPresent(run -> run.shown(group, now));
            }
        }
    }

    private boolean isIn(ClusterState state, GroupName name) {
        Group group = state.groups().get(name);
        return group != null && group.has(self) && state.isMember(self);
    }

    private void answered(
            String participant, GroupName group, Participant.Answer answer, long now, Outbox<RecoveryNews> out) {
        GroupRun run = runs.get(group);
        if (run != null) {
            run.answered(participant, answer, now, out);
        }
    }

    private void work(long now, Outbox<RecoveryNews> out) {
        int before = runs.size();
        runs.values().forEach(run -> run.advance(now, out));
        runs.values().removeIf(GroupRun::isOver);
        if (before == RUNS_LIMIT && runs.size() < before) {
            followGroups(now, out);
            runs.values().forEach(run -> run.advance(now, out));
        }
        report(now, out);
        standing.state().filter(_ -> standing.leading().isPresent()).ifPresent(state -> book.due(state, now, out));
    }

    private void report(long now, Outbox<RecoveryNews> out) {
        told.keySet().removeIf(name -> !runs.containsKey(name));
        if (standing.leader().isEmpty()) {
            return;
        }
        Incarnation leader = standing.leader().get();
        runs.forEach((name, run) -> {
            Optional<RecoveryMessage> report = run.report(isInformed(run));
            Told last = told.get(name);
            if (report.isEmpty()) {
                told.remove(name);
            } else if (last == null || !last.message().equals(report.get()) || last.again() <= now) {
                told.put(name, new Told(report.get(), now + times.askNs()));
                if (leader.equals(self)) {
                    take(self, report.get());
                } else {
                    out.send(leader.node(), report.get());
                }
            }
        });
    }

    private boolean isInformed(GroupRun run) {
        ClusterState state = standing.state().orElseThrow();
        return run.shown().filter(group -> group.departed().stream().allMatch(state::harmless)).isPresent();
    }

    private RecoveryWait wait(GroupName name, GroupRun run) {
        if (run.shown().isEmpty()) {
            return new RecoveryWait(name, 0, Phase.STOP, run.shownSince(), Optional.empty(), new TreeSet<>(),
                    run.unanswered(), true, "this node is out of group %s; %s".formatted(name, run.fact()));
        }
        Group group = run.shown().get();
        SortedSet<Incarnation> unharmed = new TreeSet<>();
        standing.state().ifPresent(state ->
                group.departed().stream().filter(who -> !state.harmless(who)).forEach(unharmed::add));
        Optional<NodeSet> members = book.missing(group);
        return new RecoveryWait(name, group.generation(), group.phase(), run.shownSince(), members, unharmed,
                run.unanswered(), run.isLeaving(), fact(group, run, members, unharmed));
    }

    private static String fact(
            Group group, GroupRun run, Optional<NodeSet> members, SortedSet<Incarnation> unharmed) {
        String head = "group %s is in %s of generation %d; ".formatted(group.name(), group.phase(), group.generation());
        if (!run.unanswered().isEmpty() || run.isLeaving()) {
            return head + run.fact();
        }
        if (members.isPresent() && !members.get().isEmpty()) {
            return head + "not through: " + members.get();
        }
        if (!unharmed.isEmpty()) {
            return head + "not harmless yet: " + unharmed;
        }
        return head + (members.isPresent() ? "a quorum has to agree to the next phase" : run.fact());
    }
}
