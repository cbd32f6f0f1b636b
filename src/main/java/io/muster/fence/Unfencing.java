package io.muster.fence;

import io.muster.base.Clip;
import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Member;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.FenceOperation;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Switches the access of new lives on, on the leader: a node whose plan names devices for that is admitted, and joins no
 * group before all of them have said that it is done and that is agreed (rule F11). Tried without end; it proves nothing
 * about anybody.
 *
 * <p>An operation that is late could give access back to a life that is being fenced. So no fence of such a node begins
 * before every member has said that nothing of this runs there ({@code FenceCase}), and a node that was told so by a
 * later leader begins nothing any more.
 */
final class Unfencing {

    private record Running(long ticket, long number, String device) {}

    private static final class Work {
        private int done;
        private final List<String> proofs = new ArrayList<>();
        private Optional<Running> running = Optional.empty();
        private int failures;
        private long nextAt;
        private String lastAnswer = "";
        /** Until then a device that did not answer may still switch on. */
        private long unsettledUntil = Long.MIN_VALUE;
    }

    private final Incarnation self;
    private Fencing fencing;
    private final TimeBudget times;
    private final FenceHistory history;
    private final Tickets numbers;
    private final SortedMap<Incarnation, Work> works = new TreeMap<>();
    private Optional<Ballot> newestOrder = Optional.empty();
    private long workedAt = Long.MIN_VALUE;

    Unfencing(Incarnation self, Fencing fencing, TimeBudget times, FenceHistory history, Tickets numbers) {
        this.self = self;
        this.fencing = fencing;
        this.times = times;
        this.history = history;
        this.numbers = numbers;
    }

    /** Taken up by what begins from here on. */
    void configured(Fencing next) {
        fencing = next;
    }

    /** Some leader gives orders in this ballot: an older one may not begin anything any more. */
    void ordered(Ballot ballot) {
        newestOrder = newestOrder.filter(known -> known.compareTo(ballot) >= 0).or(() -> Optional.of(ballot));
    }

    void work(ClusterState state, Optional<Ballot> leading, long actUntil, long now, Outbox<FenceNews> out) {
        workedAt = now;
        boolean leads = leading.isPresent() && newestOrder.filter(b -> b.compareTo(leading.get()) > 0).isEmpty();
        works.entrySet().removeIf(work -> work.getValue().running.isEmpty() && now >= work.getValue().unsettledUntil
                && (!leads || !state.fences().locked().contains(work.getKey())));
        if (!leads || !state.isMember(self) || now >= actUntil) {
            return;
        }
        for (Incarnation life : state.fences().locked()) {
            Work work = works.computeIfAbsent(life, _ -> new Work());
            List<String> devices = fencing.plan(life.node()).unfence();
            if (work.running.isEmpty() && work.done < devices.size() && now >= work.nextAt) {
                String device = devices.get(work.done);
                long ticket = numbers.next();
                long number = history.began(new FenceTry(0, work.failures + 1, life, "unfence", device,
                        FenceOperation.UNFENCE, self.node(), now, Optional.empty(), Optional.empty(), ""));
                work.running = Optional.of(new Running(ticket, number, device));
                out.perform(new Effect.Fence(ticket, 0, device, life, state.members().get(life.node()).process(),
                        times.fenceLimitNs(), FenceOperation.UNFENCE));
            }
        }
    }

    /** @return false when the effect is none of ours */
    boolean ended(Completion.FenceEnded end, long now) {
        for (Work work : works.values()) {
            Optional<Running> running = work.running.filter(r -> r.ticket() == end.ticket());
            if (running.isEmpty()) {
                continue;
            }
            work.running = Optional.empty();
            history.ended(running.get().number(), end.evidence(), end.proof(), now);
            work.lastAnswer = Clip.text("%s: %s".formatted(running.get().device(), end.proof()));
            if (end.evidence().filter(Completion.FenceEnded.UNKNOWN::equals).isPresent()) {
                work.unsettledUntil = now + fencing.limits().settleNs();
            }
            if (end.evidence().filter(Completion.FenceEnded.DONE::equals).isPresent()) {
                work.done++;
                work.proofs.add(work.lastAnswer);
                work.failures = 0;
            } else {
                work.failures++;
                work.nextAt = now + Math.min(TimeBudget.FENCE_RETRY_MAX_NS,
                        times.fenceRetryNs() << Math.min(work.failures - 1, 16));
            }
            return true;
        }
        return false;
    }

    /** A new member that needs its access switched on is locked in the version that admits it. */
    void wants(Draft draft, Optional<ClusterState> state) {
        for (Member member : List.copyOf(draft.state().members().values())) {
            boolean isNew = state.filter(known -> known.isMember(member.who())).isEmpty();
            if (isNew && !fencing.plan(member.who().node()).unfence().isEmpty()) {
                draft.add(new LedgerEvent.AccessWanted(member.who()));
            }
        }
        works.forEach((life, work) -> {
            if (work.done > 0 && work.done == fencing.plan(life.node()).unfence().size()) {
                draft.add(new LedgerEvent.AccessGranted(life, String.join("; ", work.proofs), self.node()));
            }
        });
    }

    /** Whether an operation for any life of this one's node may still have effects. */
    boolean mayStillAct(Incarnation life, long now) {
        return works.entrySet().stream().anyMatch(work -> work.getKey().node().equals(life.node())
                && (work.getValue().running.isPresent() || now < work.getValue().unsettledUntil));
    }

    boolean isRunning() {
        for (Work work : works.values()) {
            if (work.running.isPresent()) {
                return true;
            }
        }
        return false;
    }

    long deadline() {
        long next = Long.MAX_VALUE;
        for (Work work : works.values()) {
            if (work.running.isEmpty() && work.nextAt > workedAt) {
                next = Math.min(next, work.nextAt);
            }
        }
        return next;
    }

    /** What the devices said last about each life that waits; empty before the first answer. */
    String lastAnswer(Incarnation life) {
        Work work = works.get(life);
        return work == null ? "" : work.lastAnswer;
    }
}
