package io.muster.daemon;

import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.fence.FenceFact;
import io.muster.fence.FenceTry;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.machine.FenceOperation;
import io.muster.node.FencePast;
import io.muster.node.NodeStatus;
import io.muster.node.Refusal;
import io.muster.node.Request;
import io.muster.node.Wait;
import io.muster.quorum.Electorate;
import io.muster.runtime.Counters;
import io.muster.runtime.PortListeners;
import io.muster.runtime.Latencies;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** A node for the faces: three members, group alpha; n3 can be put out without evidence. It remembers what it was asked. */
public final class FakeNode implements NodePort {

    private static final Incarnation N1 = Incarnation.of(1, 2);

    public final List<Request> asked = new ArrayList<>();
    private final PortListeners listeners = new PortListeners(new Counters());
    private int reloads;
    private NodeStatus status;
    private long longestGapNs = 70_000_000;

    public FakeNode() {
        this(List.of());
    }

    private FakeNode(List<Wait> waits, LedgerEvent... further) {
        Electorate electorate = Electorate.majorityOf(NodeSet.of(NodeId.of(1), NodeId.of(2), NodeId.of(3)));
        TreeMap<NodeId, Long> ids = new TreeMap<>();
        electorate.acceptors().forEach(node -> ids.put(node, 7L + node.number()));
        ClusterState founded = ClusterState.founded(new ClusterId(1, 2), electorate, ids);
        Draft draft = founded.draft(new Ballot(1, N1));
        for (int number = 1; number <= 3; number++) {
            add(draft, new LedgerEvent.MemberJoined(lifeOf(number), HostProcess.UNKNOWN));
        }
        for (int number = 1; number <= 3; number++) {
            add(draft, new LedgerEvent.GroupJoined(new GroupName(number == 1 ? "alpha" : "g" + number), lifeOf(number)));
        }
        for (LedgerEvent event : further) {
            add(draft, event);
        }
        status = new NodeStatus(N1, "leader", Optional.of(N1), draft.whole(Digest.NONE), 1_500_000_000L,
                List.of(new NodeStatus.Peer(NodeId.of(2), Optional.of(lifeOf(2)), true, true, 12_000_000L),
                        new NodeStatus.Peer(NodeId.of(3), Optional.empty(), false, false, -1)),
                waits);
    }

    /** n3 is out and nobody has made it harmless. */
    public static FakeNode withOpenFence() {
        Wait root = Wait.root(FaultCode.FENCE_1, "process: no such host");
        Wait wait = new Wait(FaultCode.FENCE_3, "n3#1 is not fenced yet", List.of(root));
        FakeNode node = new FakeNode(List.of(wait), new LedgerEvent.MemberEvicted(lifeOf(3), "silent"));
        FenceTry failed = new FenceTry(1, 1, lifeOf(3), "psu-a+psu-b", "psu-a", FenceOperation.OFF, NodeId.of(2),
                1_000_000_000L, Optional.of(2_500_000_000L), Optional.empty(), "no route");
        NodeStatus status = node.status;
        node.status = new NodeStatus(status.self(), status.role(), status.leader(), status.state(), status.actingForNs(),
                status.peers(), status.waits(), new FencePast(4_000_000_000L, List.of(failed),
                        List.of(new FenceFact(4, "intended", 1, "n3#1", "silent"))));
        return node;
    }

    public FakeNode withoutLease() {
        status = new NodeStatus(status.self(), "joining", Optional.empty(), status.state(), 0, status.peers(), List.of());
        return this;
    }

    @Override
    public NodeStatus status() {
        return status;
    }

    /** As the real one: n3 alone may be acknowledged, and only where it is out; nodes alone that are in are put out. */
    @Override
    public Optional<Refusal> ask(Request request) {
        Optional<Refusal> refusal = switch (request) {
            case Request.EvictNode(NodeId node, _, _) when !status.state().members().containsKey(node) ->
                Optional.of(new Refusal(FaultCode.MEMBER_3, node + " is not a member"));
            case Request.Acknowledge(NodeId node, _, _) when status.state().members().containsKey(node) ->
                Optional.of(new Refusal(FaultCode.FENCE_4, node + " has no open fence"));
            case Request.JoinGroup(GroupName group) when group.equals(GroupName.NODES) ->
                Optional.of(new Refusal(FaultCode.GROUP_1, "nodes is the membership itself"));
            case Request.SendToGroup(GroupName group, _, _) when group.text().equals("beta") ->
                Optional.of(new Refusal(FaultCode.GROUP_2, "this node is not in group beta"));
            case Request.EnterBarrier(var barrier) when barrier.group().text().equals("beta") ->
                Optional.of(new Refusal(FaultCode.GROUP_2, "this node is not in group beta"));
            default -> Optional.empty();
        };
        if (refusal.isEmpty()) {
            asked.add(request);
        }
        return refusal;
    }

    @Override
    public java.util.Map<String, Object> reload() {
        return Json.object("nodes", List.of("n1", "n2", "n3"), "added", List.of(), "removed", List.of(), "moved", List.of());
    }

    @Override
    public PortListeners.Listener listen(int port) {
        return listeners.listen(port);
    }

    /** The shipped times, and one peer whose pulses came rarely. */
    @Override
    public BudgetReport budget() {
        return new BudgetReport(TimeBudget.lan(), List.of(
                new Latencies.Measured(Latencies.Kind.PULSE_GAP, Optional.of(NodeId.of(2)), 0, 100, 50_000_000, 60_000_000),
                new Latencies.Measured(Latencies.Kind.PULSE_GAP, Optional.of(NodeId.of(3)), 1, 100, 50_000_000, longestGapNs)));
    }

    public FakeNode withGapOf(long ns) {
        longestGapNs = ns;
        return this;
    }

    @Override
    public void reloadTrust() {
        reloads++;
    }

    /** How often trust was read anew. */
    public int reloads() {
        return reloads;
    }

    private static Incarnation lifeOf(int number) {
        return number == 1 ? N1 : Incarnation.of(number, 1);
    }

    private static void add(Draft draft, LedgerEvent event) {
        Optional<String> refused = draft.add(event);
        if (refused.isPresent()) {
            throw new IllegalStateException(event + ": " + refused.get());
        }
    }
}
