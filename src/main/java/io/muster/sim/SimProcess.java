package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.base.Hash64;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.node.ClusterNode;
import io.muster.node.NodeInput;
import io.muster.node.NodeNews;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One process: one life of one node, with its clock. It may be stopped for a while, as by SIGSTOP: then what it is told
 * waits, and its timers are late. When it has ended it hears nothing and does nothing.
 */
final class SimProcess {

    /** Where a process's wishes go. */
    interface Driver {

        void send(SimProcess from, NodeId to, Message message);

        void cast(SimProcess from, NodeId to, int link, Message message);

        void perform(SimProcess from, Effect effect);

        void announced(SimProcess from, NodeNews news);

        /** Told before a process sees a message. */
        void received(SimProcess to, Incarnation from, Message message);

        /** How many wishes of the next step are still carried out before the process dies; usually all of them. */
        int wishesBeforeDeath(SimProcess process, int wishes);

        /** How many wishes of the next step are carried out before the process is stopped; usually all of them. */
        int wishesBeforePause(SimProcess process, int wishes);

        void died(SimProcess process);
    }

    /** What a stopped process's sockets hold for it; more datagrams are dropped. */
    private static final int MAILBOX_LIMIT = 4_096;
    /**
     * A step that tells or writes something is followed by a digest of all that the node knows, and so is each step in
     * so many of the others: every frame is in the trace as it is, so what a node does shows at once, and what it only
     * knows a little later.
     */
    private static final int DIGEST_EVERY = 64;

    private final Incarnation life;
    private final HostProcess where;
    private final NodeSet peers;
    private final SimClock clock;
    private final VirtualTime time;
    private final Trace trace;
    private final Driver driver;
    private final ArrayDeque<NodeInput> mailbox = new ArrayDeque<>();
    private final List<Runnable> wishes = new ArrayList<>();
    /** What a step wanted when the process was stopped in its middle. */
    private final ArrayDeque<Runnable> left = new ArrayDeque<>();
    private Optional<ClusterNode> node = Optional.empty();
    private long timerAt = Machine.NEVER;
    /** By the local clock. */
    private long deadline = Machine.NEVER;
    private boolean paused;
    private boolean ended;
    private boolean stepping;
    private boolean eventful;
    private int stepsSinceDigest;

    SimProcess(
            Incarnation life, HostProcess where, NodeSet peers, SimClock clock, VirtualTime time, Trace trace,
            Driver driver) {
        this.life = life;
        this.where = where;
        this.peers = peers;
        this.clock = clock;
        this.time = time;
        this.trace = trace;
        this.driver = driver;
    }

    /** The node begins to run in this process. */
    void run(ClusterNode begun) {
        node = Optional.of(begun);
        rearm();
    }

    Incarnation life() {
        return life;
    }

    NodeId node() {
        return life.node();
    }

    HostProcess where() {
        return where;
    }

    NodeSet peers() {
        return peers;
    }

    SimClock clock() {
        return clock;
    }

    ClusterNode machine() {
        return node.orElseThrow();
    }

    long localNow() {
        return clock.at(time.now());
    }

    boolean ended() {
        return ended;
    }

    boolean paused() {
        return paused;
    }

    void end() {
        ended = true;
        mailbox.clear();
        left.clear();
    }

    void pause() {
        paused = true;
    }

    /** Goes on. @param timersFirst whether it looks at its clock before its mail */
    void resume(boolean timersFirst) {
        if (!paused || ended) {
            return;
        }
        paused = false;
        // It was stopped in the middle of a step: the rest of it comes first.
        while (!left.isEmpty() && !ended && !paused) {
            left.remove().run();
        }
        if (timersFirst) {
            due();
        }
        int waiting = mailbox.size();
        for (int i = 0; i < waiting && !ended && !paused; i++) {
            input(mailbox.remove());
        }
        if (!timersFirst && !ended) {
            due();
        }
    }

    void input(NodeInput input) {
        if (ended) {
            return;
        }
        if (paused) {
            if (mailbox.size() < MAILBOX_LIMIT || !(input instanceof NodeInput.CastArrived)) {
                mailbox.add(input);
            }
            return;
        }
        traceInput(input);
        if (input instanceof NodeInput.Arrived(Incarnation from, Message message)) {
            driver.received(this, from, message);
        }
        begin();
        machine().step(input, localNow(), outbox);
        carryOut();
    }

    private void traceInput(NodeInput input) {
        Hash64 hash = trace.hash().add(time.now()).add(life.node().number()).add(life.life());
        switch (input) {
            case NodeInput.Arrived _ -> hash.add(1);
            case NodeInput.CastArrived _ -> hash.add(2);
            case NodeInput.StreamOpened(NodeId peer) -> hash.add(3).add(peer.number());
            case NodeInput.StreamClosed(NodeId peer) -> hash.add(4).add(peer.number());
            case NodeInput.StreamRefused(NodeId peer) -> hash.add(5).add(peer.number());
            case NodeInput.Completed(var completion) -> hash.add(6).add(completion.toString());
            case NodeInput.Asked(var request) -> hash.add(7).add(request.toString());
            case NodeInput.Answered(String participant, var answer) ->
                hash.add(8).add(participant).add(answer.toString());
            case NodeInput.Configured configured -> hash.add(10).add(configured.toString());
            case NodeInput.OtherLedger other -> hash.add(11).add(other.toString());
            case NodeInput.Carrier(int links) -> hash.add(12).add(links);
        }
        trace.line(time.now(), Optional.of(life), input);
    }

    private void due() {
        if (ended || paused) {
            return;
        }
        // Nothing was told to the machine since it was asked for its deadline.
        if (deadline <= localNow()) {
            trace.hash().add(time.now()).add(life.node().number()).add(9);
            begin();
            machine().due(localNow(), outbox);
            carryOut();
        } else {
            rearm();
        }
    }

    private void begin() {
        if (stepping) {
            throw new IllegalStateException("%s is told something in the middle of a step".formatted(life));
        }
        stepping = true;
        eventful = false;
        trace.stepped();
    }

    /** Carries out what the step wished for. Nothing of it leads back into this process at once. */
    private void carryOut() {
        stepping = false;
        int wanted = wishes.size();
        int carriedOut = driver.wishesBeforeDeath(this, wanted);
        int atOnce = carriedOut == wanted ? driver.wishesBeforePause(this, wanted) : carriedOut;
        for (int i = 0; i < atOnce && !ended; i++) {
            wishes.get(i).run();
        }
        Invariant.holds(wishes.size() == wanted, "%s wished for more while its wishes were carried out", life);
        if (carriedOut == wanted) {
            left.addAll(wishes.subList(atOnce, wanted));
        }
        wishes.clear();
        if (carriedOut < wanted && !ended) {
            driver.died(this);
        }
        if (!ended) {
            if (eventful || ++stepsSinceDigest >= DIGEST_EVERY) {
                stepsSinceDigest = 0;
                machine().digest(trace.hash());
            }
            rearm();
        }
    }

    private void rearm() {
        deadline = machine().deadline();
        if (deadline == Machine.NEVER) {
            return;
        }
        long at = Math.max(time.now(), clock.trueTimeOf(deadline));
        if (timerAt <= time.now() || at < timerAt) {
            timerAt = at;
            time.at(at, () -> {
                if (timerAt == at) {
                    timerAt = Machine.NEVER;
                    due();
                }
            });
        }
    }

    private final Outbox<NodeNews> outbox = new Outbox<>() {

        @Override
        public void send(NodeId to, Message message) {
            wishes.add(() -> driver.send(SimProcess.this, to, message));
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            wishes.add(() -> driver.cast(SimProcess.this, to, link, message));
        }

        @Override
        public void perform(Effect effect) {
            eventful = true;
            wishes.add(() -> {
                traceEffect(effect);
                driver.perform(SimProcess.this, effect);
            });
        }

        @Override
        public void announce(NodeNews news) {
            eventful |= !(news instanceof NodeNews.ActUntil);
            wishes.add(() -> driver.announced(SimProcess.this, news));
        }
    };

    private void traceEffect(Effect effect) {
        switch (effect) {
            case Effect.Write(long ticket, String file, long offset, Bytes bytes) ->
                trace.hash().add(ticket).add(file).add(offset).add(bytes.shared());
            case Effect.Fence fence -> trace.hash().add(fence.toString());
            case Effect.ReadDisk read -> trace.hash().add(read.toString());
            case Effect.WriteDisk(long ticket, String disk, long offset, Bytes bytes, _) ->
                trace.hash().add(ticket).add(disk).add(offset).add(bytes.shared());
        }
        trace.line(time.now(), Optional.of(life), effect);
    }
}
