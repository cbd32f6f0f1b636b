package io.muster.node;

import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.fence.Fencer;
import io.muster.fence.FenceInput;
import io.muster.fence.FenceMessage;
import io.muster.fence.FenceNews;
import io.muster.group.BarrierNews;
import io.muster.group.ChannelNews;
import io.muster.fence.LoneFence;
import io.muster.fence.LoneNews;
import io.muster.group.GroupInput;
import io.muster.group.GroupManager;
import io.muster.group.GroupMessage;
import io.muster.group.GroupNews;
import io.muster.heartbeat.DiskBeatNews;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.HeartbeatInput;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.ClusterState;
import io.muster.ledger.DiskVoterNews;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.Ledger;
import io.muster.ledger.LedgerInput;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Member;
import io.muster.ledger.Proposer;
import io.muster.ledger.RecordFile;
import io.muster.machine.Completion;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.membership.Membership;
import io.muster.membership.MembershipInput;
import io.muster.membership.MembershipMessage;
import io.muster.membership.MembershipNews;
import io.muster.membership.VoterInput;
import io.muster.membership.VoterKeeper;
import io.muster.membership.VoterMessage;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryCoordinator;
import io.muster.recovery.RecoveryInput;
import io.muster.recovery.RecoveryMessage;
import io.muster.recovery.RecoveryNews;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All layers of one node, bottom to top, as one machine. It routes: an input goes to its layer, a layer's news to the
 * layers above in the order in which it was told, and the wishes of all layers into the next version whenever this node
 * leads and none is in flight. It decides nothing.
 */
public final class ClusterNode implements Machine<NodeInput, NodeNews> {

    /** Rounds of routing in one step, at most: news that never ends is a fault of ours. */
    private static final int ROUNDS_LIMIT = 10_000;

    private NodeConfig config;
    private final Incarnation self;
    private final Heartbeat heartbeat;
    private final Ledger ledger;
    private final Membership membership;
    private final Fencer fencer;
    private final GroupManager groups;
    private final RecoveryCoordinator recovery;
    private final GroupTalk talk;
    private final VoterKeeper voters;
    private final LoneFence loneFence;
    private final List<Proposer> proposers;
    private final SelfFence selfFence;
    private final EnvelopeGate gate = new EnvelopeGate();
    private final SharedDisks disks;
    private final DiskDesk desk;
    private final Layers layers;
    private final Waits waits;

    private final LayerOutlets outlets = new LayerOutlets(this::driver);
    private final GroupWishes wishes = new GroupWishes();
    private final Ports ports;
    private PlannedLeave leave = PlannedLeave.NOT_WANTED;
    private Optional<LastVote> lastVote = Optional.empty();
    private boolean stopped;
    private int linksUp;
    private Outbox<NodeNews> driver;

    /**
     * @param loaded       the own acceptor record, as found on disk at start
     * @param participants services that take part in every group's recovery
     */
    public ClusterNode(
            NodeConfig config, RecordFile.Loaded loaded, List<Participant> participants, Prng chance, long now) {
        this.config = config;
        this.self = config.self();
        this.heartbeat = new Heartbeat(self, config.peers(), config.links(), config.times(), now);
        this.ledger = new Ledger(self, config.voters(), config.times(), loaded, chance.fork("ledger"), now);
        this.membership = new Membership(self, config.process(), config.nodes(), config.times(),
                config.view().withDisks(config.diskSilenceNs()), now);
        this.fencer = new Fencer(self, config.fencing(), config.times(), now, chance.fork("fence"), config.process());
        this.groups = new GroupManager(self, config.times(), now);
        this.talk = new GroupTalk(config, outlets.channels, outlets.barriers, now);
        List<Participant> all = Stream.concat(participants.stream(), Stream.of(talk)).toList();
        this.recovery = new RecoveryCoordinator(self, all, config.times(), now);
        this.selfFence = new SelfFence(self, config.times());
        this.voters = new VoterKeeper(self, ledger.record().recordId(), config.times(), now);
        this.loneFence = new LoneFence(self, config.fencing(), config.times(), now);
        this.ports = new Ports(self, config.times().askNs());
        this.disks = new SharedDisks(config, ledger.state(), outlets.disks, outlets::ofVoter, now);
        this.desk = new DiskDesk(disks, ledger, voters, membership, outlets,
                new DiskDesk.Above(this::heard, this::happened, this::rowOnDisk, at -> actUntil(Long.MIN_VALUE, at), this::stop));
        this.layers = new Layers(heartbeat, ledger, membership, fencer, groups, recovery, talk, voters, loneFence, ports,
                disks);
        this.waits = new Waits(config, layers, selfFence);
        this.proposers = List.of(loneFence, membership, fencer, groups, recovery, talk.barriers, voters);
    }

    @Override
    public void step(NodeInput input, long now, Outbox<NodeNews> out) {
        if (stopped) {
            return;
        }
        driver = out;
        switch (input) {
            case NodeInput.Arrived(Incarnation from, Message message) -> arrived(from, message, now);
            case NodeInput.CastArrived(Incarnation from, int link, HeartbeatMessage pulse) when isPeer(from) -> {
                pulsed(from, link, pulse, now);
                if (outlets.rising.isEmpty()) {
                    return; // most of all inputs are pulses that change nothing: what time changes is asked by timers
                }
            }
            case NodeInput.CastArrived _ -> { /* only heartbeats travel as datagrams */ }
            case NodeInput.StreamOpened(var peer) ->
                heartbeat.step(new HeartbeatInput.StreamOpened(peer), now, outlets.heartbeat);
            case NodeInput.StreamClosed(var peer) ->
                heartbeat.step(new HeartbeatInput.StreamClosed(peer), now, outlets.heartbeat);
            case NodeInput.StreamRefused(var peer) ->
                heartbeat.step(new HeartbeatInput.StreamRefused(peer), now, outlets.heartbeat);
            case NodeInput.Completed(Completion completion) -> completed(completion, now);
            case NodeInput.Asked(Request request) -> asked(request, now);
            case NodeInput.Answered(var by, var answer) ->
                recovery.step(Layers.answered(by, answer), now, outlets.recovery);
            case NodeInput.Configured next -> configured(next, now);
            case NodeInput.Carrier(int links) -> membership.step(new MembershipInput.Carriers(links), now, outlets.membership);
            case NodeInput.OtherLedger other ->
                selfFence.met(other, ledger.state().voting().ledger()).ifPresent(this::stop);
        }
        settle(now);
    }

    @Override
    public void due(long now, Outbox<NodeNews> out) {
        if (stopped) {
            return;
        }
        driver = out;
        if (heartbeat.deadline() <= now) {
            heartbeat.due(now, outlets.heartbeat);
        }
        if (heartbeat.linksUp() != linksUp) {
            linksUp = heartbeat.linksUp();
            membership.step(new MembershipInput.LinksUp(linksUp), now, outlets.membership);
        }
        disks.due(now);
        route(now); // a pause of our own is known before any other timer is believed
        layers.due(now, outlets, driver);
        settle(now);
        if (!stopped && selfFence.deadline() <= now) {
            driver = out;
            selfFence.due(recovery.unstopped(), now).ifPresent(this::stop);
        }
    }

    @Override
    public long deadline() {
        if (stopped) {
            return NEVER;
        }
        long own = Math.min(selfFence.deadline(), lastVote.map(LastVote::until).orElse(NEVER));
        return Math.min(own, layers.deadline());
    }

    /** A picture for the faces. */
    public NodeStatus status(long now) {
        return StatusPicture.of(config, layers, waits.all(leave, now), leave, stopped, now);
    }

    /** Why this node cannot take a request at all; what it can only not do yet is no reason. */
    public Optional<Refusal> refusal(Request request) {
        return layers.refusal(request, config);
    }

    /** Why this node cannot take up another configuration. */
    public Optional<Refusal> refusal(NodeInput.Configured next) {
        return Reconfiguration.refusal(config, next, ledger.state());
    }

    /** Mixes all that this node knows into a trace hash. */
    public void digest(Hash64 into) {
        layers.digest(into);
        gate.digest(into);
        wishes.digest(into);
        into.add(leave.ordinal()).add(stopped ? 1 : 0);
    }

    private void pulsed(Incarnation from, int link, HeartbeatMessage message, long now) {
        switch (message) {
            case HeartbeatMessage.Pulse pulse -> heartbeat.pulsed(from, link, pulse, now, outlets.heartbeat);
        }
    }

    private boolean isPeer(Incarnation from) {
        return config.peers().contains(from.node());
    }

    private void arrived(Incarnation from, Message message, long now) {
        if (!isPeer(from)) {
            return;
        }
        if (message instanceof LedgerMessage agreed) {
            ledger.step(new LedgerInput.Arrived(from, agreed), now, outlets.ledger);
        } else if (gate.judge(from, message, ledger.state()) == EnvelopeGate.Verdict.PASS) {
            deliver(from, message, now);
        }
    }

    private void rowOnDisk(Incarnation from, MembershipMessage.Row row, long now) {
        if (isPeer(from) && gate.judge(from, row, ledger.state()) == EnvelopeGate.Verdict.PASS) {
            deliver(from, row, now);
        }
    }

    private void deliver(Incarnation from, Message message, long now) {
        switch (message) {
            case MembershipMessage m -> {
                if (m instanceof MembershipMessage.JoinAsk(var process, _)) {
                    fencer.step(new FenceInput.Arriving(from, process), now, outlets.fencer);
                }
                membership.step(new MembershipInput.Arrived(from, m), now, outlets.membership);
            }
            case FenceMessage m -> fencer.step(new FenceInput.Arrived(from, m), now, outlets.fencer);
            case GroupMessage m -> groups.step(new GroupInput.Arrived(from, m), now, outlets.groups);
            case RecoveryMessage m -> recovery.step(new RecoveryInput.Arrived(from, m), now, outlets.recovery);
            case PortMessage m -> ports.arrived(from, m, ledger.state(), now, driver);
            case VoterMessage m -> voters.step(new VoterInput.Arrived(from, m), now, outlets.voters);
            default -> talk.arrived(from, message, now);
        }
    }

    private void completed(Completion completion, long now) {
        switch (completion) {
            case Completion.Written _, Completion.WriteFailed _ ->
                ledger.step(new LedgerInput.Completed(completion), now, outlets.ledger);
            case Completion.OfDisk ended -> disks.completed(ended, now);
            case Completion.FenceEnded end -> {
                fencer.step(new FenceInput.Completed(completion), now, outlets.fencer);
                loneFence.ended(end, now, outlets.loneFence);
            }
        }
    }

    private void asked(Request request, long now) {
        switch (request) {
            case Request.JoinGroup(var group) -> {
                if (leave == PlannedLeave.NOT_WANTED && !config.view().witness()
                        && wishes.join(group, recovery.isLeaving(group))) {
                    groups.step(new GroupInput.JoinWanted(group), now, outlets.groups);
                }
            }
            case Request.LeaveGroup(var group) -> {
                wishes.leave(group);
                leaveGroup(group, now);
            }
            case Request.LeaveCluster() -> {
                if (leave == PlannedLeave.NOT_WANTED) {
                    leave = PlannedLeave.LEAVING_GROUPS;
                    groups.waiting().forEach(wish -> groups.step(new GroupInput.LeaveWanted(wish.group()), now, outlets.groups));
                    wishes.leaveAll();
                }
            }
            case Request.EvictNode(NodeId node, String person, String reason) -> {
                Member member = ledger.state().members().get(node);
                if (member != null) {
                    membership.step(new MembershipInput.EvictWanted(
                            member.who(), "asked for by " + person + ": " + reason), now, outlets.membership);
                }
            }
            case Request.Acknowledge(NodeId node, String person, String remark) ->
                fencer.step(new FenceInput.AcknowledgeWanted(node, person, remark), now, outlets.fencer);
            case Request.SendTo(NodeId node, int port, var content) ->
                ports.send(node, port, content, ledger.state(), now, driver);
            case Request.OpenFences(String person, String remark) ->
                fencer.step(new FenceInput.OpenWanted(person, remark), now, outlets.fencer);
            case Request.ToGroup toGroup -> talk.asked(toGroup, now);
            case Request.ChangeVoters(var change, String person) ->
                voters.step(new VoterInput.ChangeWanted(change, "asked for by " + person), now, outlets.voters);
        }
    }

    /** Every layer that knows the configured nodes takes them up in the same step. */
    private void configured(NodeInput.Configured next, long now) {
        Optional<Refusal> refusal = refusal(next);
        if (refusal.isPresent()) {
            happened(NodeEvents.refused(refusal.get(), version()));
            return;
        }
        config = config.with(next);
        layers.configured(config, now, outlets);
        happened(NodeEvents.configured(config, version()));
    }

    /** Rule R4: a group is left only once what runs for it here is stopped and drained. */
    private void leaveGroup(GroupName group, long now) {
        recovery.step(new RecoveryInput.CloseWanted(group), now, outlets.recovery);
    }

    /** Routes until nothing is told any more, and proposes what the layers want. */
    private void settle(long now) {
        route(now);
        desk.see(now);
        route(now);
        loneFence.see(ledger.enteredWith(), ledger.record().state().nextIntent(), ledger.lone(), ledger.state(), now,
                outlets.loneFence);
        followWishes(now);
        while (!stopped && ledger.proposable()) {
            Draft draft = ledger.draft();
            proposers.forEach(proposer -> proposer.wants(draft, now));
            if (draft.isEmpty()) {
                break;
            }
            membership.drafted(draft); // rule A3: no lease for those whom this puts out, from before it is proposed
            membership.proposal().ifPresent(proposal -> happened(NodeEvents.of(proposal, version())));
            ledger.step(new LedgerInput.Propose(draft), now, outlets.ledger);
            route(now);
        }
        disks.carry(ledger.leading() ? ledger.following() : Optional.empty(), now);
        if (!stopped && lastVote.filter(vote -> vote.isOver(self, ledger.state(), now)).isPresent()) {
            stop(FaultCode.MEMBER_2, lastVote.get().reason(), true);
        }
        driver = null;
    }

    private void route(long now) {
        int rounds = 0;
        for (LayerNews news = outlets.rising.poll(); news != null && !stopped; news = outlets.rising.poll()) {
            Invariant.holds(++rounds < ROUNDS_LIMIT, "news without end: %s", news);
            switch (news) {
                case LayerNews.OfHeartbeat(HeartbeatNews n) -> desk.network(n, now);
                case LayerNews.OfLedger(LedgerNews n) -> agreed(n, now);
                case LayerNews.OfMembership(MembershipNews n) -> membershipChanged(n, now);
                case LayerNews.OfFence(FenceNews n) -> happened(NodeEvents.of(n, version()));
                case LayerNews.OfGroup(GroupNews n) -> {
                    NodeEvents.of(n, version()).ifPresent(this::happened);
                    recovery.step(new RecoveryInput.Changed(n), now, outlets.recovery);
                }
                case LayerNews.OfRecovery(RecoveryNews n) -> recovered(n, now);
                case LayerNews.OfChannel(ChannelNews n) -> {
                    NodeEvents.of(n, version()).ifPresent(this::happened);
                    GroupTalk.answer(n).ifPresent(answer -> recovery.step(answer, now, outlets.recovery));
                }
                case LayerNews.OfBarrier(BarrierNews n) -> happened(NodeEvents.of(n, version()));
                case LayerNews.OfLone(LoneNews n) -> lone(n, now);
                case LayerNews.ToDisk(NodeId disk, LedgerMessage asked) -> disks.ask(disk, asked, ledger.newestKnown(), now);
                case LayerNews.OfVoter(NodeId disk, DiskVoterNews n) -> desk.voted(disk, n, now);
                case LayerNews.OfDisk(DiskBeatNews n) -> desk.told(n, now);
            }
        }
    }

    /** Of two nodes: what the own record has to say about the fence of the other (rules T3, T8). */
    private void lone(LoneNews news, long now) {
        switch (news) {
            case LoneNews.Intended(Incarnation other, long intent) ->
                ledger.step(new LedgerInput.FenceNoted(other, intent), now, outlets.ledger);
            case LoneNews.Fenced(Incarnation other, long intent, var evidence, String proof) ->
                ledger.step(new LedgerInput.OtherFenced(other, intent, evidence, proof), now, outlets.ledger);
            case LoneNews.Told(FenceNews told) -> happened(NodeEvents.of(told, version()));
        }
    }

    private void heard(HeartbeatNews news, long now) {
        NodeEvents.of(news, version()).ifPresent(this::happened);
        if (news instanceof HeartbeatNews.LinksChanged(_, var twoWay)) {
            ledger.step(new LedgerInput.TwoWay(twoWay.union(disks.leadersAway())), now, outlets.ledger);
        }
        membership.step(new MembershipInput.Heard(news), now, outlets.membership);
        fencer.step(new FenceInput.Heard(news), now, outlets.fencer);
        voters.step(new VoterInput.Heard(news), now, outlets.voters);
        loneFence.heard(news, now, outlets.loneFence);
    }

    private void agreed(LedgerNews news, long now) {
        if (news instanceof LedgerNews.Applied applied) {
            driver.announce(new NodeNews.Agreed(applied));
            NodeEvents.of(applied).forEach(this::happened);
            selfFence.agreed(applied.state());
        }
        NodeEvents.of(news, version()).ifPresent(this::happened);
        membership.step(new MembershipInput.Agreed(news), now, outlets.membership);
        fencer.step(new FenceInput.Agreed(news), now, outlets.fencer);
        groups.step(new GroupInput.Agreed(news), now, outlets.groups);
        talk.agreed(news, now); // before the recovery, which asks in this very state how far the messages are
        recovery.step(new RecoveryInput.Agreed(news), now, outlets.recovery);
        voters.step(new VoterInput.Agreed(news), now, outlets.voters);
        if (news instanceof LedgerNews.Applied(_, ClusterState state, _, _)) {
            ports.applied(state).forEach((who, count) -> happened(NodeEvents.undelivered(who, count, version())));
            gate.released(state).forEach(held -> deliver(held.from(), held.message(), now));
        }
        if (news instanceof LedgerNews.RecordFailed(String why)) {
            stop(new SelfFence.Verdict(SelfFence.Cause.OWN_DISK, why));
        }
    }

    /** What people want is compared with what is so at every step: a version in flight may have overtaken a wish. */
    private void followWishes(long now) {
        if (stopped) {
            return;
        }
        boolean leavesAll = leave != PlannedLeave.NOT_WANTED;
        wishes.leavesDue(self, ledger.state(), leavesAll, recovery::isLeaving).forEach(group -> leaveGroup(group, now));
        wishes.joinsDue(recovery::isLeaving)
                .forEach(group -> groups.step(new GroupInput.JoinWanted(group), now, outlets.groups));
        PlannedLeave next = fencer.isActing() ? leave : leave.next(self, ledger.state()); // rule F7
        if (next != leave) {
            leave = next;
            membership.step(new MembershipInput.LeaveWanted(), now, outlets.membership);
        }
        route(now);
    }

    private void membershipChanged(MembershipNews news, long now) {
        NodeEvents.of(news, version()).ifPresent(this::happened);
        switch (news) {
            case MembershipNews.ActUntil(long until) -> actUntil(desk.pilled() ? Long.MIN_VALUE : until, now);
            case MembershipNews.RowTold(var row) -> disks.row(row);
            case MembershipNews.SelfOut(boolean planned, String reason) -> {
                ledger.step(new LedgerInput.StandDown(reason), now, outlets.ledger);
                if (planned && VoterKeeper.votesLast(self.node(), ledger.state())) {
                    lastVote = Optional.of(new LastVote(reason, now + config.times().phaseLimitNs()));
                } else if (planned) {
                    stop(FaultCode.MEMBER_2, reason, true);
                } else {
                    stop(new SelfFence.Verdict(SelfFence.Cause.OUT, reason));
                }
            }
            case MembershipNews.ViewFormed _, MembershipNews.ViewInstalled _, MembershipNews.NodeDead _,
                 MembershipNews.NodeJoined _, MembershipNews.NodeLeft _ -> { /* read from the ledger by the layers above */ }
        }
    }

    private void actUntil(long until, long now) {
        driver.announce(new NodeNews.ActUntil(until));
        fencer.step(new FenceInput.ActUntil(until), now, outlets.fencer);
        loneFence.actUntil(until, now, outlets.loneFence);
    }

    private void recovered(RecoveryNews news, long now) {
        NodeEvents.of(news, version()).ifPresent(this::happened);
        switch (news) {
            case RecoveryNews.Closed(var group) -> groups.step(new GroupInput.LeaveWanted(group), now, outlets.groups);
            case RecoveryNews.SelfWithdrawn(var group, _, _) -> selfFence.withdrawn(group, now);
            case RecoveryNews.Begin _, RecoveryNews.Abandon _, RecoveryNews.Recovered _,
                 RecoveryNews.ParticipantFailed _, RecoveryNews.Waiting _ -> {
                /* the participants were told by the coordinator itself */
            }
        }
    }

    private void happened(NodeEvent event) {
        driver.announce(new NodeNews.Happened(event));
    }

    private void stop(SelfFence.Verdict verdict) {
        happened(NodeEvents.of(verdict, version()));
        stop(verdict.cause().code(), verdict.reason(), false);
    }

    private void stop(FaultCode code, String reason, boolean planned) {
        stopped = true;
        driver.announce(new NodeNews.ActUntil(Long.MIN_VALUE));
        driver.announce(new NodeNews.Stop(code, reason, planned));
    }

    private long version() {
        return ledger.state().version();
    }

    private Outbox<NodeNews> driver() {
        return driver;
    }
}
