package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.Optional;

/**
 * One group's messages on one node. It follows the group as the ledger shows it: in a generation from RESUME on it takes
 * messages in order; when the ledger shows a newer one it takes nothing more, and in STOP the members bring each other
 * to the same end before any of them is through (virtual synchrony).
 *
 * <p>Why no message is delivered by one and not by a survivor, be the one dead by now:
 * <ol>
 * <li>In order, a member delivers a position once all members of the generation have received it.
 * <li>Nobody drops what it received before it delivered it; so from then on every member holds it or delivered it.
 * <li>What a member holds when it tells {@code Stopped} only grows by copies from other members in the same STOP, so the
 *     longest of all told is the end of the union, and all that anybody delivered lies before it.
 * <li>In STOP a member delivers up to that end once all members hold all of it, and then it is through. When one dies
 *     in between, the rest begin anew with what they hold: nothing was dropped, and what was delivered all of them hold.
 * </ol>
 */
final class Channel {

    private final GroupName name;
    private final Incarnation self;
    private final TimeBudget times;
    private final Outbox<ChannelNews> out;
    private final Outgoing outgoing = new Outgoing();

    private Optional<Group> shown = Optional.empty();
    private long shownSince;
    private Optional<ChannelLog> log = Optional.empty();
    /** On the lowest member, while the log takes messages. */
    private Optional<Ordering> ordering = Optional.empty();
    /** On the lowest member in STOP. */
    private Optional<Flush> flush = Optional.empty();
    private Optional<Flush.Goal> goal = Optional.empty();
    private long flushedGeneration;
    /** The node's services gave this group up: it takes no part any more. */
    private boolean left;
    private NodeSet toldMissing = NodeSet.NONE;
    private long tellAt = Machine.NEVER;

    Channel(GroupName name, Incarnation self, TimeBudget times, Outbox<ChannelNews> out) {
        this.name = name;
        this.self = self;
        this.times = times;
        this.out = out;
    }

    /** The ledger shows the group, with this node in it. */
    void shown(Group group, long now) {
        boolean newer = shown.isEmpty() || shown.get().generation() < group.generation();
        if (!newer && shown.get().phase() == group.phase()) {
            return;
        }
        shown = Optional.of(group);
        shownSince = now;
        if (newer) {
            ordering = Optional.empty();
            flush = Optional.empty();
            goal = Optional.empty();
            toldMissing = NodeSet.NONE;
        }
        if (left) {
            return;
        }
        if (group.phase() == Phase.STOP) {
            flush = lowest().equals(self.node()) ? Optional.of(new Flush(group)) : Optional.empty();
            tellAt = now;
        } else if (log.isEmpty() || log.get().generation() < group.generation()) {
            Invariant.holds(flushedGeneration == group.generation(),
                    "group %s is in %s of generation %d, and %s told that it was through STOP of %d", name,
                    group.phase(), group.generation(), self, flushedGeneration);
            log = Optional.of(new ChannelLog(group));
        }
        if (isOpen() && ordering.isEmpty() && lowest().equals(self.node())) {
            ordering = Optional.of(new Ordering(self, log.get()));
        }
        if (group.phase() == Phase.RUNNING) {
            outgoing.giveTo(group.generation());
            submit(now);
        }
    }

    /** This node is out of the group, and what it said and did not get back it will not learn about. */
    void gone() {
        outgoing.all().forEach(one -> settled(one, fateUnheard(one), one.generation(), 0));
    }

    /** The services of this node stop for good (rule R4): nothing is told or delivered from here on. */
    void leave() {
        left = true;
        ordering = Optional.empty();
        flush = Optional.empty();
        tellAt = Machine.NEVER;
        gone();
    }

    /** Whether this node is through what STOP of this generation asks of its messages. */
    boolean isFlushed(long generation) {
        return left || flushedGeneration >= generation;
    }

    Optional<String> refusal() {
        if (left) {
            return Optional.of("this node is leaving group " + name);
        }
        return outgoing.isFull()
                ? Optional.of("%d messages of this node to group %s wait already".formatted(
                        GroupChannels.PENDING_LIMIT, name))
                : Optional.empty();
    }

    void send(long ticket, long number, Bytes content, long now) {
        outgoing.add(ticket, number, content, now);
        if (isRunning()) {
            long previous = outgoing.givenTo(generation()).stream().mapToLong(Outgoing.Pending::number)
                    .reduce(log.orElseThrow().lastOf(self), Math::max);
            outgoing.giveTo(generation());
            submit(previous, number, content);
            ordering.ifPresent(_ -> pump(now));
            soon(now);
        }
    }

    void arrived(Incarnation from, ChannelMessage message, long now) {
        if (left || shown.isEmpty() || message.generation() != generation() || !shown.get().has(from)) {
            return;
        }
        switch (message) {
            case ChannelMessage.Submit(_, _, long previous, long number, Bytes content) -> ordering.ifPresent(order -> {
                order.submit(from, previous, number, content);
                pump(now);
            });
            case ChannelMessage.Ordered ordered when isOpen() && from.node().equals(lowest()) -> take(ordered, now);
            case ChannelMessage.Have(_, _, long received, long delivered) -> ordering.ifPresent(order -> {
                order.has(from, received);
                if (!pump(now) && delivered < order.stable()) {
                    out.send(from.node(), stable(order));
                }
            });
            case ChannelMessage.Stable(_, _, long position, NodeSet missing) when isOpen() && from.node().equals(lowest()) -> {
                toldMissing = missing;
                deliver(position);
            }
            case ChannelMessage.Stopped(_, _, long held, long received) -> told(from, held, received);
            case ChannelMessage.Union union when from.node().equals(lowest()) -> follow(union);
            case ChannelMessage.Want(_, _, long wanted, long received) -> copy(from.node(), wanted, received);
            case ChannelMessage.Copy copied -> take(copied, now);
            case ChannelMessage.Ordered _, ChannelMessage.Stable _, ChannelMessage.Union _ -> { /* not from whom it has to be */ }
        }
    }

    /** Tells what it has to tell again. */
    void due(long now) {
        if (now < tellAt || shown.isEmpty()) {
            return;
        }
        tellAt = Machine.NEVER;
        if (shown.get().phase() == Phase.STOP) {
            if (!isFlushed(generation())) {
                tellStopped(now);
            }
        } else if (isOpen()) {
            submit(now);
            ordering.ifPresentOrElse(order -> tellAgain(order, now), () -> {
                if (log.get().received() > log.get().delivered()) {
                    tellHave(now);
                }
            });
        }
    }

    long deadline() {
        return tellAt;
    }

    /** Why something of this node does not get on, once it has waited for a while. */
    Optional<ChannelWait> waiting(long now) {
        long patienceNs = GroupChannels.PATIENCE_TELLINGS * times.askNs();
        if (shown.isEmpty() || left) {
            return Optional.empty();
        }
        if (shown.get().phase() == Phase.STOP && !isFlushed(generation()) && now - shownSince >= patienceNs) {
            return Optional.of(stopping());
        }
        if (outgoing.isEmpty() || now - outgoing.since() < patienceNs) {
            return Optional.empty();
        }
        String head = "%d messages of this node to group %s wait: ".formatted(outgoing.size(), name);
        if (!isRunning()) {
            return Optional.of(new ChannelWait(name, true, NodeSet.NONE, head + "the group is in %s of generation %d".formatted(
                    shown.get().phase(), generation())));
        }
        NodeSet missing = ordering.map(Ordering::missing).orElse(toldMissing);
        String fact = missing.isEmpty()
                ? "%s, which orders them, has not answered".formatted(lowest())
                : "%s, which orders them, waits until all members have them; not yet: %s".formatted(lowest(), missing);
        NodeSet on = missing.isEmpty() ? NodeSet.of(lowest()) : missing;
        return Optional.of(new ChannelWait(name, false, on, head + fact));
    }

    private ChannelWait stopping() {
        String head = "the members of group %s compare their messages in STOP of generation %d: ".formatted(name, generation());
        NodeSet silent = flush.map(Flush::silent).orElse(NodeSet.of(lowest()));
        if (flush.isPresent() && silent.isEmpty()) {
            return new ChannelWait(name, false, goal.map(union -> NodeSet.of(union.holder())).orElse(NodeSet.NONE),
                    head + "all have told, and not all hold all of them yet");
        }
        return new ChannelWait(name, false, silent, head + (flush.isPresent()
                ? "not told yet what they hold: " + silent
                : "%s collects what all hold".formatted(lowest())));
    }

    void digest(Hash64 into) {
        into.add(name.text()).add(log.map(ChannelLog::generation).orElse(0L)).add(log.map(ChannelLog::received).orElse(0L));
        into.add(log.map(ChannelLog::delivered).orElse(0L)).add(outgoing.size()).add(flushedGeneration).add(tellAt);
        into.add(ordering.map(Ordering::waiting).orElse(-1)).add(left ? 1 : 0);
    }

    // ---- in order

    /** Gives what waits its positions, and tells what is stable now. @return whether members were told */
    private boolean pump(long now) {
        Ordering order = ordering.orElseThrow();
        ChannelLog mine = log.orElseThrow();
        boolean told = false;
        for (var next = order.next(); next.isPresent(); next = order.next()) {
            var said = new ChannelLog.Said(
                    mine.received() + 1, next.get().sender(), next.get().number(), next.get().content());
            Invariant.holds(mine.append(said), "no room for position %d of group %s", said.position(), name);
            peers().forEach(peer -> out.send(peer, ordered(said, order.stable())));
            told = true;
            deliver(order.stable());
        }
        if (order.stable() > mine.delivered()) {
            deliver(order.stable());
            peers().forEach(peer -> out.send(peer, stable(order)));
            told = true;
            return pump(now) || told;
        }
        if (mine.received() > order.stable()) {
            soon(now);
        }
        return told;
    }

    private void take(ChannelMessage.Ordered ordered, long now) {
        ChannelLog mine = log.orElseThrow();
        mine.append(new ChannelLog.Said(ordered.position(), ordered.sender(), ordered.number(), ordered.content()));
        deliver(ordered.stable());
        // Told also of what came twice: it was told again because the word about it was lost.
        tellHave(now);
    }

    private void deliver(long upTo) {
        ChannelLog mine = log.orElseThrow();
        for (var next = mine.deliverNext(upTo); next.isPresent(); next = mine.deliverNext(upTo)) {
            var said = next.get();
            out.announce(new ChannelNews.Delivered(
                    name, mine.generation(), said.position(), said.sender(), said.number(), said.content()));
            if (said.sender().equals(self)) {
                outgoing.settle(said.number()).forEach(one -> settled(
                        one, ChannelNews.Fate.DELIVERED, mine.generation(), said.position()));
            }
        }
    }

    /** Gives what has no position yet to the node that orders, all of it and in order. */
    private void submit(long now) {
        if (!isRunning()) {
            return;
        }
        long previous = log.orElseThrow().lastOf(self);
        for (Outgoing.Pending one : outgoing.givenTo(generation())) {
            if (one.number() > previous) {
                submit(previous, one.number(), one.content());
                previous = one.number();
            }
        }
        ordering.ifPresent(_ -> pump(now));
        if (!outgoing.isEmpty()) {
            soon(now);
        }
    }

    private void submit(long previous, long number, Bytes content) {
        if (ordering.isPresent()) {
            ordering.get().submit(self, previous, number, content);
        } else {
            out.send(lowest(), new ChannelMessage.Submit(name, generation(), previous, number, content));
        }
    }

    private void tellAgain(Ordering order, long now) {
        ChannelLog mine = log.orElseThrow();
        if (mine.received() == order.stable()) {
            return;
        }
        for (Incarnation who : mine.members().values()) {
            if (!who.equals(self)) {
                mine.after(order.receivedBy(who)).forEach(said -> out.send(who.node(), ordered(said, order.stable())));
                out.send(who.node(), stable(order));
            }
        }
        soon(now);
    }

    private void tellHave(long now) {
        ChannelLog mine = log.orElseThrow();
        out.send(lowest(), new ChannelMessage.Have(name, generation(), mine.received(), mine.delivered()));
        if (mine.received() > mine.delivered()) {
            soon(now);
        }
    }

    private ChannelMessage ordered(ChannelLog.Said said, long stable) {
        return new ChannelMessage.Ordered(
                name, generation(), said.position(), said.sender(), said.number(), stable, said.content());
    }

    private ChannelMessage stable(Ordering order) {
        return new ChannelMessage.Stable(name, generation(), order.stable(), order.missing());
    }

    // ---- in STOP

    private void tellStopped(long now) {
        soon(now);
        long held = log.map(ChannelLog::generation).orElse(0L);
        long received = log.map(ChannelLog::received).orElse(0L);
        if (lowest().equals(self.node())) {
            told(self, held, received);
        } else {
            out.send(lowest(), new ChannelMessage.Stopped(name, generation(), held, received));
        }
    }

    /** On the lowest member: somebody told what it holds, and hears the union; all do when that changes. */
    private void told(Incarnation from, long held, long received) {
        if (flush.isEmpty() || !flush.get().tell(from, held, received)) {
            return;
        }
        Optional<Flush.Goal> now = flush.get().goal();
        if (now.isEmpty()) {
            return;
        }
        boolean changed = !now.equals(goal);
        goal = now;
        ChannelMessage.Union union = new ChannelMessage.Union(
                name, generation(), now.get().log(), now.get().position(), now.get().holder(), now.get().held());
        if (changed) {
            peers().forEach(peer -> out.send(peer, union));
            follow(union);
        } else if (from.equals(self)) {
            follow(union);
        } else {
            out.send(from.node(), union);
        }
    }

    private void follow(ChannelMessage.Union union) {
        if (shown.orElseThrow().phase() != Phase.STOP || isFlushed(generation())) {
            return;
        }
        goal = Optional.of(new Flush.Goal(union.log(), union.position(), union.holder(), union.held()));
        boolean mine = log.filter(own -> own.generation() == union.log()).isPresent();
        if (!union.held()) {
            if (mine && log.get().received() < union.position() && !union.holder().equals(self.node())) {
                out.send(union.holder(), new ChannelMessage.Want(name, generation(), union.log(), log.get().received()));
            }
            return;
        }
        if (mine && log.get().received() != union.position()) {
            return; // of a word that was overtaken: what this node told last is told again
        }
        if (mine) {
            deliver(union.position());
        }
        flushedGeneration = generation();
        tellAt = Machine.NEVER;
        outgoing.closed(generation() - 1).forEach(one ->
                settled(one, ChannelNews.Fate.NOT_DELIVERED, one.generation(), 0));
        out.announce(new ChannelNews.Flushed(name, generation()));
    }

    private void copy(NodeId to, long wanted, long received) {
        log.filter(own -> own.generation() == wanted).ifPresent(own -> own.after(received).forEach(said ->
                out.send(to, new ChannelMessage.Copy(name, generation(), wanted, said.position(), said.sender(),
                        said.number(), said.content()))));
    }

    private void take(ChannelMessage.Copy copied, long now) {
        if (shown.orElseThrow().phase() != Phase.STOP || isFlushed(generation())
                || log.filter(own -> own.generation() == copied.log()).isEmpty()) {
            return;
        }
        boolean next = log.get().append(new ChannelLog.Said(
                copied.position(), copied.sender(), copied.number(), copied.content()));
        if (next && goal.filter(union -> union.position() == log.get().received()).isPresent()) {
            tellStopped(now);
        }
    }

    // ----

    private void settled(Outgoing.Pending one, ChannelNews.Fate fate, long generation, long position) {
        out.announce(new ChannelNews.Settled(name, one.ticket(), one.number(), fate, generation, position));
    }

    private static ChannelNews.Fate fateUnheard(Outgoing.Pending one) {
        return one.generation() == 0 ? ChannelNews.Fate.NOT_DELIVERED : ChannelNews.Fate.UNKNOWN;
    }

    private boolean isOpen() {
        Phase phase = shown.orElseThrow().phase();
        return !left && (phase == Phase.RESUME || phase == Phase.RUNNING)
                && log.filter(own -> own.generation() == generation()).isPresent();
    }

    private boolean isRunning() {
        return !left && shown.filter(group -> group.phase() == Phase.RUNNING).isPresent();
    }

    private long generation() {
        return shown.orElseThrow().generation();
    }

    private NodeId lowest() {
        return shown.orElseThrow().members().firstKey();
    }

    private NodeSet peers() {
        return shown.orElseThrow().nodes().without(self.node());
    }

    private void soon(long now) {
        tellAt = Math.min(tellAt, now + times.askNs());
    }
}
