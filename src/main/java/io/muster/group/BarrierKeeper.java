package io.muster.group;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.BarrierName;
import io.muster.ledger.Barriers;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.Group;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.ledger.Proposer;
import io.muster.ledger.Standing;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Public barriers of groups, of the membership too (001-13, 001-14): who enters waits until all members of the group
 * have entered. A barrier is passed by a version, one for each time, however many members there are; who has entered is
 * told to the leader, again and again, so a new leader knows it a moment later.
 *
 * <p>Whom it waits for is decided in the generation in which it is passed: a member that died or left is not waited for
 * any more, and one that joined is. It is passed only while the group runs, for the membership while the view is safe:
 * nobody gets through on account of a death before the dead is harmless and recovered from.
 *
 * <p>Passed once is passed: the word of a former time is never counted for the next, because each names the version up
 * to which its sender has not got through, and only what was said after the last passage counts.
 */
public final class BarrierKeeper implements Machine<BarrierInput, BarrierNews>, Proposer {

    /** Barriers that a node may wait in at once. */
    public static final int ENTERED_LIMIT = 64;

    /** Barriers that the leader keeps; who enters more tells it again. */
    static final int BOOK_LIMIT = 4 * Barriers.LIMIT;

    private static final class Own {
        private long since;
        private final long at;
        private NodeSet missing = NodeSet.NONE;

        private Own(long since, long at) {
            this.since = since;
            this.at = at;
        }
    }

    private static final class Page {
        private final TreeMap<Incarnation, Long> entered = new TreeMap<>();
        private final long at;

        private Page(long at) {
            this.at = at;
        }
    }

    private final Incarnation self;
    private final TimeBudget times;
    private final SortedMap<BarrierName, Own> own = new TreeMap<>();
    /** On the leader: who has entered, and what it said. */
    private final SortedMap<BarrierName, Page> book = new TreeMap<>();
    private Standing standing = Standing.NONE;
    private long tellAt;

    public BarrierKeeper(Incarnation self, TimeBudget times, long now) {
        this.self = self;
        this.times = times;
        this.tellAt = now;
    }

    @Override
    public void step(BarrierInput input, long now, Outbox<BarrierNews> out) {
        switch (input) {
            case BarrierInput.Arrived(Incarnation from, BarrierMessage.Enter(BarrierName barrier, long since)) -> {
                take(from, barrier, since, now);
                missing(barrier).filter(_ -> standing.leading().isPresent()).ifPresent(nodes ->
                        out.send(from.node(), new BarrierMessage.Missing(barrier, nodes)));
            }
            case BarrierInput.Arrived(_, BarrierMessage.Missing(BarrierName barrier, NodeSet nodes)) ->
                Optional.ofNullable(own.get(barrier)).ifPresent(mine -> mine.missing = nodes);
            case BarrierInput.Agreed(LedgerNews news) -> agreed(news, now, out);
            case BarrierInput.EnterWanted(BarrierName barrier) -> {
                if (refusal(barrier).isEmpty() && !own.containsKey(barrier)) {
                    own.put(barrier, new Own(standing.state().orElseThrow().version(), now));
                    out.announce(new BarrierNews.Entered(barrier));
                    tellAt = now;
                }
                return; // here first, then everywhere: a step that is cut short tells nobody of what nobody here has heard
            }
        }
        tell(now, out);
    }

    @Override
    public void due(long now, Outbox<BarrierNews> out) {
        tell(now, out);
    }

    @Override
    public long deadline() {
        return own.isEmpty() || standing.leader().isEmpty() ? NEVER : tellAt;
    }

    @Override
    public void wants(Draft draft, long now) {
        book.forEach((barrier, page) -> {
            Optional<Group> group = draft.state().group(barrier.group()).filter(known ->
                    known.phase() == Phase.RUNNING && !known.members().isEmpty());
            if (group.isPresent() && page.entered.keySet().containsAll(group.get().members().values())) {
                draft.add(new LedgerEvent.BarrierPassed(barrier, group.get().generation(), group.get().nodes()));
            }
        });
    }

    /** Why this node cannot enter, or empty when it can. */
    public Optional<String> refusal(BarrierName barrier) {
        if (group(barrier).filter(group -> group.has(self)).isEmpty()) {
            return Optional.of("this node is not in group " + barrier.group());
        }
        return own.containsKey(barrier) || own.size() < ENTERED_LIMIT
                ? Optional.empty()
                : Optional.of("this node waits in %d barriers already".formatted(ENTERED_LIMIT));
    }

    /** What was entered some time ago and was not passed: here, and on the leader everywhere. */
    public List<BarrierWait> waiting(long now) {
        long patienceNs = GroupChannels.PATIENCE_TELLINGS * times.askNs();
        List<BarrierWait> waits = new ArrayList<>();
        own.forEach((barrier, mine) -> {
            if (now - mine.at >= patienceNs) {
                waits.add(wait(barrier, true, missing(barrier).orElse(mine.missing)));
            }
        });
        book.forEach((barrier, page) -> {
            if (now - page.at >= patienceNs && !own.containsKey(barrier)) {
                waits.add(wait(barrier, false, missing(barrier).orElse(NodeSet.NONE)));
            }
        });
        return List.copyOf(waits);
    }

    /** Mixes what decides the next steps into a trace hash. */
    public void digest(Hash64 into) {
        into.add(deadline()).add(book.size());
        own.forEach((barrier, mine) -> into.add(barrier.toString()).add(mine.since));
        book.forEach((barrier, page) -> into.add(barrier.toString()).add(page.entered.size()));
    }

    private void agreed(LedgerNews news, long now, Outbox<BarrierNews> out) {
        Standing before = standing;
        standing = standing.after(news);
        if (!standing.leading().equals(before.leading())) {
            book.clear();
        }
        if (!standing.ballot().equals(before.ballot())) {
            tellAt = now; // a new leader knows nothing of what the former one was told
        }
        if (news instanceof LedgerNews.Applied(_, ClusterState state, _, _)) {
            own.entrySet().removeIf(entry -> isOver(entry.getKey(), entry.getValue(), state, out));
            book.forEach((barrier, page) -> page.entered.entrySet().removeIf(entry ->
                    entry.getValue() < lastPassed(barrier, state)
                            || group(barrier).filter(group -> group.has(entry.getKey())).isEmpty()));
            book.values().removeIf(page -> page.entered.isEmpty());
        }
    }

    /** Looks at a version for the first time: through, given up, or still waiting in it. */
    private boolean isOver(BarrierName barrier, Own mine, ClusterState state, Outbox<BarrierNews> out) {
        Barriers.Passage passage = state.barriers().newest().get(barrier);
        if (passage != null && passage.version() > mine.since && passage.members().contains(self.node())) {
            return true;
        }
        if (passage == null && state.barriers().floor() > mine.since) {
            out.announce(new BarrierNews.GivenUp(barrier, "more barriers were passed meanwhile than are remembered"));
            return true;
        }
        if (group(barrier).filter(group -> group.has(self)).isEmpty()) {
            out.announce(new BarrierNews.GivenUp(barrier, "this node is not in group %s any more".formatted(barrier.group())));
            return true;
        }
        mine.since = state.version();
        return false;
    }

    private void take(Incarnation from, BarrierName barrier, long since, long now) {
        boolean ofMember = group(barrier).filter(group -> group.has(from)).isPresent();
        if (standing.leading().isEmpty() || !ofMember || since < lastPassed(barrier, standing.state().orElseThrow())
                || !book.containsKey(barrier) && book.size() >= BOOK_LIMIT) {
            return;
        }
        book.computeIfAbsent(barrier, _ -> new Page(now)).entered.put(from, since);
    }

    private static long lastPassed(BarrierName barrier, ClusterState state) {
        Barriers.Passage passage = state.barriers().newest().get(barrier);
        return passage == null ? state.barriers().floor() : passage.version();
    }

    private void tell(long now, Outbox<BarrierNews> out) {
        if (now < tellAt || own.isEmpty() || standing.leader().isEmpty()) {
            return;
        }
        tellAt = now + times.askNs();
        Incarnation leader = standing.leader().get();
        own.forEach((barrier, mine) -> {
            if (leader.equals(self)) {
                take(self, barrier, mine.since, now);
            } else {
                out.send(leader.node(), new BarrierMessage.Enter(barrier, mine.since));
            }
        });
    }

    /** Who has not entered, as the leader's book has it. */
    private Optional<NodeSet> missing(BarrierName barrier) {
        Page page = book.get(barrier);
        if (page == null) {
            return Optional.empty();
        }
        return group(barrier).map(group -> {
            NodeSet missing = group.nodes();
            for (Incarnation entered : page.entered.keySet()) {
                missing = missing.without(entered.node());
            }
            return missing;
        });
    }

    private Optional<Group> group(BarrierName barrier) {
        return standing.state().flatMap(state -> state.group(barrier.group()));
    }

    private BarrierWait wait(BarrierName barrier, boolean isOwn, NodeSet missing) {
        Phase phase = group(barrier).map(Group::phase).orElse(Phase.STOP);
        String fact = phase != Phase.RUNNING
                ? "barrier %s cannot be passed: the group is in %s".formatted(barrier, phase)
                : missing.isEmpty()
                        ? "barrier %s was told to the leader, and a quorum has to agree that it is passed".formatted(barrier)
                        : "barrier %s waits for those that have not entered: %s".formatted(barrier, missing);
        return new BarrierWait(barrier, isOwn, missing, phase == Phase.RUNNING, fact);
    }
}
