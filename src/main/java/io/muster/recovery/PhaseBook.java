package io.muster.recovery;

import io.muster.base.Clip;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the leader keeps about recovering groups: who is through, who withdrew, since when it waits. It lasts for one
 * time of leading; the next leader starts its count anew and is told again by everybody.
 */
final class PhaseBook {

    private static final class Page {
        private PhaseBarrier barrier;
        private final SortedMap<Incarnation, String> withdrawn = new TreeMap<>();
        /** Who has applied that all departed are harmless. */
        private final SortedSet<Incarnation> informed = new TreeSet<>();
        private long since;
        /** Since when all departed are harmless, as this node has it applied. */
        private long harmlessSince = Machine.NEVER;
        private NodeSet toldWaiting = NodeSet.NONE;

        private Page(PhaseBarrier barrier, long since) {
            this.barrier = barrier;
            this.since = since;
        }
    }

    private final TimeBudget times;
    private final SortedMap<GroupName, Page> pages = new TreeMap<>();
    private long tickAt;

    PhaseBook(TimeBudget times) {
        this.times = times;
    }

    void clear() {
        pages.clear();
    }

    /** One page for each group that is recovering, a fresh one for each generation and phase. */
    void follow(ClusterState state, long now) {
        if (pages.isEmpty()) {
            tickAt = now + times.askNs();
        }
        pages.keySet().removeIf(name -> !isRecovering(state.groups().get(name)));
        for (Group group : state.groups().values()) {
            Page page = pages.get(group.name());
            if (isRecovering(group) && (page == null || !page.barrier.isOf(group))) {
                page = new Page(PhaseBarrier.before(group), now);
                pages.put(group.name(), page);
            }
            if (isRecovering(group) && page.harmlessSince == Machine.NEVER && allHarmless(group, state)) {
                page.harmlessSince = now;
            }
        }
    }

    /** A member tells how far it is. What it says of another generation or phase is overtaken (rules R2, R9). */
    void take(Incarnation from, RecoveryMessage message, ClusterState state) {
        switch (message) {
            case RecoveryMessage.Through(GroupName name, long generation, Phase phase, boolean informed) -> {
                Page page = pages.get(name);
                if (page != null && state.groups().get(name).has(from)) {
                    page.barrier = page.barrier.with(from, generation, phase);
                    if (informed && page.barrier.generation() == generation && page.barrier.phase() == phase) {
                        page.informed.add(from);
                    }
                }
            }
            case RecoveryMessage.Withdrawn(GroupName name, long generation, _, String reason) -> {
                Page page = pages.get(name);
                if (page != null && state.groups().get(name).has(from) && page.barrier.generation() == generation) {
                    page.withdrawn.put(from, Clip.text(reason));
                }
            }
        }
    }

    void wants(Draft draft, ClusterState state, long now) {
        noticePause(now);
        SortedMap<Incarnation, String> late = new TreeMap<>();
        pages.forEach((name, page) -> {
            Group group = state.groups().get(name);
            page.withdrawn.keySet().forEach(who -> draft.add(new LedgerEvent.GroupLeft(name, who)));
            // Agreed in an earlier version, not in the one being drafted: whoever applies LOCKS has applied the
            // evidence before (rule R1).
            boolean harmless = allHarmless(group, state);
            boolean told = group.phase() != Phase.STOP || page.informed.containsAll(group.members().values());
            if (page.barrier.passed(group) && harmless && told && group.equals(draft.state().groups().get(name))) {
                draft.add(new LedgerEvent.PhaseReached(name, group.generation(), group.phase().next()));
            } else {
                late(group, page, now).forEach(who -> late.putIfAbsent(who,
                        "RECOVERY-2 %s did not pass %s of group %s, generation %d, within %d ms".formatted(
                                who, group.phase(), name, group.generation(), times.phaseLimitNs() / TimeBudget.MS)));
            }
        });
        Incarnation leader = draft.ballot().leader();
        late.forEach((who, reason) -> {
            if (!who.equals(leader)) {
                draft.add(new LedgerEvent.MemberEvicted(who, reason));
            }
        });
        if (late.containsKey(leader) && mayPutItselfOut(draft, state)) {
            draft.add(new LedgerEvent.MemberEvicted(leader, late.get(leader)));
        }
    }

    /**
     * The leader comes last (rule R4a): while somebody stays, or when it was alone before and all who went are known to
     * have ended. A version with nobody in it, which one of them has accepted, can be made by none of those who run on:
     * it puts all of them out, and who is out may not lead (rule L11).
     */
    private static boolean mayPutItselfOut(Draft draft, ClusterState state) {
        return draft.state().members().size() > 1 || state.members().size() == 1 && state.safe();
    }

    /** Whose clock went on while it was away itself judges nobody by it (rule H2): mail may still lie unread. */
    private void noticePause(long now) {
        if (!pages.isEmpty() && now - tickAt > times.pauseNs()) {
            pages.values().forEach(page -> page.since = now);
            tickAt = now;
        }
    }

    /** Who has had its time: to get through the phase, or to learn what this node has known for as long. */
    private SortedSet<Incarnation> late(Group group, Page page, long now) {
        SortedSet<Incarnation> late = new TreeSet<>();
        if (now - page.since >= times.phaseLimitNs()) {
            late.addAll(page.barrier.missing(group));
        }
        if (page.harmlessSince != Machine.NEVER
                && now - Math.max(page.since, page.harmlessSince) >= times.phaseLimitNs()) {
            late.addAll(group.members().values());
            late.removeIf(who -> page.informed.contains(who) && page.barrier.through().contains(who));
        }
        return late;
    }

    void due(ClusterState state, long now, Outbox<RecoveryNews> out) {
        if (pages.isEmpty() || now < tickAt) {
            return;
        }
        noticePause(now);
        tickAt = now + times.askNs();
        pages.forEach((name, page) -> {
            NodeSet missing = PhaseBarrier.nodesOf(page.barrier.missing(state.groups().get(name)));
            if (now - page.since >= times.askNs() && !missing.equals(page.toldWaiting)) {
                page.toldWaiting = missing;
                if (!missing.isEmpty()) {
                    out.announce(new RecoveryNews.Waiting(
                            name, page.barrier.generation(), page.barrier.phase(), missing));
                }
            }
        });
    }

    long deadline() {
        return pages.isEmpty() ? Machine.NEVER : tickAt;
    }

    /** Who holds the barrier of this group up; empty when no page is kept about it. */
    Optional<NodeSet> missing(Group group) {
        return Optional.ofNullable(pages.get(group.name()))
                .map(page -> PhaseBarrier.nodesOf(page.barrier.missing(group)));
    }

    private static boolean allHarmless(Group group, ClusterState state) {
        return group.departed().stream().allMatch(state::harmless);
    }

    private static boolean isRecovering(Group group) {
        return group != null && group.phase() != Phase.RUNNING && !group.members().isEmpty();
    }
}
