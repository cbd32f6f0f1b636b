package io.muster.node;

import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.fence.FenceInput;
import io.muster.fence.Fencer;
import io.muster.fence.LoneFence;
import io.muster.group.GroupManager;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.HeartbeatInput;
import io.muster.ledger.Ledger;
import io.muster.ledger.LedgerInput;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import io.muster.membership.Membership;
import io.muster.membership.MembershipInput;
import io.muster.membership.VoterChange;
import io.muster.membership.VoterKeeper;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryCoordinator;
import io.muster.recovery.RecoveryInput;
import java.util.Optional;

/** The layers of one node, bottom to top, and what is asked of all of them together. */
record Layers(
        Heartbeat heartbeat,
        Ledger ledger,
        Membership membership,
        Fencer fencer,
        GroupManager groups,
        RecoveryCoordinator recovery,
        GroupTalk talk,
        VoterKeeper voters,
        LoneFence loneFence,
        Ports ports,
        SharedDisks disks) {

    /** When the first of them wants to be called. */
    long deadline() {
        long below = Math.min(heartbeat.deadline(), Math.min(ledger.deadline(), membership.deadline()));
        long middle = Math.min(fencer.deadline(), Math.min(groups.deadline(), recovery.deadline()));
        long beside = Math.min(talk.deadline(), Math.min(voters.deadline(), loneFence.deadline()));
        return Math.min(Math.min(below, middle), Math.min(beside, Math.min(ports.deadline(), disks.deadline())));
    }

    /** Whatever is due above the heartbeat. */
    void due(long now, LayerOutlets out, Outbox<NodeNews> driver) {
        dueOf(ledger, now, out.ledger);
        dueOf(membership, now, out.membership);
        dueOf(fencer, now, out.fencer);
        dueOf(groups, now, out.groups);
        dueOf(recovery, now, out.recovery);
        ports.due(now, driver);
        talk.due(now);
        dueOf(voters, now, out.voters);
        if (loneFence.deadline() <= now) {
            loneFence.due(now, out.loneFence);
        }
    }

    void configured(NodeConfig config, long now, LayerOutlets out) {
        heartbeat.step(new HeartbeatInput.Configured(config.peers(), config.links()), now, out.heartbeat);
        ledger.step(new LedgerInput.Configured(config.voters()), now, out.ledger);
        membership.step(new MembershipInput.Configured(config.nodes()), now, out.membership);
        fencer.step(new FenceInput.Configured(config.fencing()), now, out.fencer);
        loneFence.configured(config.fencing());
        disks.configured(config.peers(), now);
    }

    private static <N> void dueOf(Machine<?, N> machine, long now, Outbox<N> out) {
        if (machine.deadline() <= now) {
            machine.due(now, out);
        }
    }

    void digest(Hash64 into) {
        heartbeat.digest(into);
        ledger.digest(into);
        membership.digest(into);
        fencer.digest(into);
        groups.digest(into);
        recovery.digest(into);
        talk.digest(into);
        voters.digest(into);
        loneFence.digest(into);
        ports.digest(into);
        disks.digest(into);
    }

    /** Why this node cannot take a request at all; what it can only not do yet is no reason. */
    Optional<Refusal> refusal(Request request, NodeConfig config) {
        return switch (request) {
            case Request.JoinGroup(var group) -> (config.view().witness()
                    ? Optional.of("this node is a witness: it has weight 0 and joins no group")
                    : groups.refusal(group)).map(why -> new Refusal(FaultCode.GROUP_1, why));
            case Request.LeaveGroup(var group) -> groups.refusal(group).map(why -> new Refusal(FaultCode.GROUP_1, why));
            case Request.LeaveCluster() -> Optional.empty();
            case Request.EvictNode(NodeId node, _, _) -> ledger.state().members().containsKey(node)
                    ? Optional.empty()
                    : Optional.of(new Refusal(FaultCode.MEMBER_3, "%s is not a member; members are %s".formatted(
                            node, ledger.state().view().nodes())));
            case Request.Acknowledge(NodeId node, _, _) -> fencer.hasOpenFence(node)
                    ? Optional.empty()
                    : Optional.of(new Refusal(FaultCode.FENCE_4, "%s has no open fence".formatted(node)));
            case Request.SendTo(NodeId node, int port, var content) -> ports.refusal(node, port, content, ledger.state());
            case Request.OpenFences _ -> fencer.openFences().isEmpty()
                    ? Optional.of(new Refusal(FaultCode.FENCE_4, "no fence is open"))
                    : Optional.empty();
            case Request.ToGroup toGroup -> talk.refusal(toGroup);
            case Request.ChangeVoters(var change, _) -> unknown(change, config).or(() -> voters.refusal(change))
                    .map(why -> new Refusal(FaultCode.VOTER_1, why));
        };
    }

    /** What a service says, as the recovery is told it. */
    static RecoveryInput answered(String participant, Participant.Answer answer) {
        return switch (answer) {
            case Participant.Done(var group, long generation, var phase) ->
                new RecoveryInput.Done(participant, group, generation, phase);
            case Participant.Failed(var group, long generation, var phase, String why) ->
                new RecoveryInput.Failed(participant, group, generation, phase, why);
            case Participant.Abandoned(var group, long generation) ->
                new RecoveryInput.Abandoned(participant, group, generation);
        };
    }

    private static Optional<String> unknown(VoterChange change, NodeConfig config) {
        NodeSet named = NodeSet.of(change.votes().keySet()).minus(config.voters());
        return named.isEmpty() ? Optional.empty() : Optional.of("%s is no configured node or voting disk; these are %s"
                .formatted(named, config.voters()));
    }
}
