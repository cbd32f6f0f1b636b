package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.fence.FenceNews;
import io.muster.group.BarrierNews;
import io.muster.group.ChannelNews;
import io.muster.group.GroupNews;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.LinkState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.View;
import io.muster.membership.MembershipNews;
import io.muster.membership.ViewProposal;
import io.muster.quorum.Electorate;
import io.muster.recovery.RecoveryNews;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The words in which news of the layers is told to people and outside stacks; docs/EVENTS.md lists them. */
final class NodeEvents {

    private NodeEvents() {}

    static Optional<NodeEvent> of(HeartbeatNews news, long version) {
        return switch (news) {
            case HeartbeatNews.PeerHeard(Incarnation who) -> Optional.of(event("heartbeat.heard", version, "peer", who));
            case HeartbeatNews.PeerLost(Incarnation who, String reason, long silentNs) ->
                Optional.of(event("heartbeat.lost", version,
                        "peer", who, "reason", reason, "silent_ms", silentNs / TimeBudget.MS));
            case HeartbeatNews.LinksChanged _ -> Optional.empty();
            case HeartbeatNews.SelfPaused(long awayNs) ->
                Optional.of(event("self.paused", version, "away_ms", awayNs / TimeBudget.MS));
            case HeartbeatNews.LinkChanged(Incarnation who, int link, LinkState state, long afterNs) ->
                Optional.of(event("heartbeat.link", version, "peer", who, "link", (long) link,
                        "state", state.words(), "after_ms", afterNs / TimeBudget.MS));
        };
    }

    static NodeEvent configured(NodeConfig config, long version) {
        return event("config.taken", version, "nodes", config.nodes(), "links", (long) config.links());
    }

    static NodeEvent refused(Refusal refusal, long version) {
        return event("config.refused", version, "code", refusal.code().label(), "reason", refusal.sentence());
    }

    static NodeEvent undelivered(Incarnation who, int messages, long version) {
        return event("port.dropped", version, "who", who, "messages", (long) messages);
    }

    /** The events of a new version that no layer tells by itself: intents, evidence, groups. */
    static List<NodeEvent> of(LedgerNews.Applied applied) {
        List<NodeEvent> told = new ArrayList<>();
        long version = applied.state().version();
        for (LedgerEvent event : applied.events()) {
            switch (event) {
                case LedgerEvent.FenceIntended(long id, Incarnation who, String reason, var begun) -> told.add(event(
                        "fence.intent", version, "who", who, "intent", id, "reason", reason, "ballot", begun));
                case LedgerEvent.FenceEvidenced(long id, Incarnation who, var evidence, String proof, var actor) ->
                    told.add(event("fence.evidence", version,
                            "who", who, "intent", id, "class", evidence.label(), "proof", proof, "actor", actor));
                case LedgerEvent.FenceVoided(long id, Incarnation who, String reason) -> told.add(event(
                        "fence.voided", version, "who", who, "intent", id, "reason", reason));
                case LedgerEvent.GroupJoined(var group, Incarnation who) ->
                    told.add(event("group.joined", version, "group", group, "who", who));
                case LedgerEvent.GroupLeft(var group, Incarnation who) ->
                    told.add(event("group.left", version, "group", group, "who", who));
                case LedgerEvent.GroupLost(var group, Incarnation who) ->
                    told.add(event("group.lost", version, "group", group, "who", who));
                case LedgerEvent.MemberEvicted(Incarnation who, String reason) ->
                    told.add(event("node.evicted", version, "who", who, "reason", reason));
                case LedgerEvent.MemberJoined _, LedgerEvent.MemberLeft _ -> { /* told by the membership */ }
                case LedgerEvent.FeatureRaised(int level) -> told.add(event("cluster.feature", version, "level", level));
                case LedgerEvent.FeaturesTold _ -> { /* shown where they stand against a join or a higher level */ }
                case LedgerEvent.PhaseReached _ -> { /* told by the recovery of those whom it concerns */ }
                case LedgerEvent.MemberDropped(Incarnation who, String reason) ->
                    told.add(event("node.dropped", version, "who", who, "reason", reason));
                case LedgerEvent.FenceWindowPassed _ -> { /* only counts back */ }
                case LedgerEvent.FencingOpened(String person, String remark) ->
                    told.add(event("fence.opened", version, "person", person, "remark", remark));
                case LedgerEvent.AccessWanted(Incarnation who) -> told.add(event("access.wanted", version, "who", who));
                case LedgerEvent.AccessGranted(Incarnation who, String proof, var actor) ->
                    told.add(event("access.granted", version, "who", who, "proof", proof, "actor", actor));
                case LedgerEvent.BarrierPassed(var barrier, long generation, var members) -> told.add(event(
                        "barrier.passed", version, "group", barrier.group(), "barrier", barrier.text(),
                        "generation", generation, "members", words(members)));
                case LedgerEvent.ElectorateChanged(var acceptors, var voting, String reason) -> told.add(event(
                        "voters.changed", version, "votes", votes(acceptors.electorate()),
                        "threshold", acceptors.electorate().threshold(), "policy", voting.policy().label(),
                        "reason", reason));
                case LedgerEvent.ElectorateSettled _ -> { /* the change itself was told */ }
                case LedgerEvent.WentAlone(Incarnation lost) -> told.add(event("voters.alone", version,
                        "lost", lost, "votes", votes(applied.state().electorate())));
            }
        }
        return applied.compacted() ? told.stream().map(NodeEvents::asCompacted).toList() : told;
    }

    /** This node missed the versions in between: the line is a difference of two states, not what happened just now. */
    private static NodeEvent asCompacted(NodeEvent event) {
        LinkedHashMap<String, Object> fields = new LinkedHashMap<>(event.fields());
        fields.put("compacted", true);
        return new NodeEvent(event.name(), event.version(), fields);
    }

    static Optional<NodeEvent> of(LedgerNews news, long version) {
        return switch (news) {
            case LedgerNews.Leading(var ballot) -> Optional.of(event("leader.elected", version, "ballot", ballot));
            case LedgerNews.NotLeading(String reason) -> Optional.of(event("leader.lost", version, "reason", reason));
            case LedgerNews.Following(var ballot) ->
                Optional.of(event("leader.following", version, "leader", ballot.leader(), "ballot", ballot));
            case LedgerNews.RecordFailed(String why) -> Optional.of(event("record.failed", version, "why", why));
            case LedgerNews.LoneNoted(var line) -> Optional.of(event("fence.lone", version,
                    "other", line.other(), "intent", line.intent(), "alone", line.alone()));
            case LedgerNews.Applied _, LedgerNews.Proven _ -> Optional.empty();
        };
    }

    static Optional<NodeEvent> of(MembershipNews news, long version) {
        return switch (news) {
            case MembershipNews.ViewFormed(View view) -> Optional.of(view("view.formed", view));
            case MembershipNews.ViewInstalled(View view) -> Optional.of(view("view.installed", view));
            case MembershipNews.NodeDead(Incarnation who, long intent) ->
                Optional.of(event("node.dead", version, "who", who, "intent", intent));
            case MembershipNews.NodeJoined(Incarnation who) -> Optional.of(event("node.joined", version, "who", who));
            case MembershipNews.NodeLeft(Incarnation who) -> Optional.of(event("node.left", version, "who", who));
            case MembershipNews.ActUntil _, MembershipNews.RowTold _ -> Optional.empty();
            case MembershipNews.SelfOut(boolean planned, String reason) ->
                Optional.of(event("self.out", version, "planned", planned, "reason", reason));
        };
    }

    static NodeEvent of(ViewProposal proposal, long version) {
        return event("view.proposed", version, "members", words(proposal.members()), "lacking", proposal.lacking(),
                "matrix", proposal.matrix());
    }

    static NodeEvent of(FenceNews news, long version) {
        return switch (news) {
            case FenceNews.Trying(long intent, Incarnation victim, String method, var actor, long attempt) ->
                event("fence.try", version, "who", victim, "intent", intent, "method", method, "actor", actor,
                        "attempt", attempt);
            case FenceNews.TryFailed(long intent, Incarnation victim, String method, var actor, long attempt, String answer) ->
                event("fence.failed", version, "who", victim, "intent", intent, "method", method, "actor", actor,
                        "attempt", attempt, "answer", answer);
        };
    }

    static NodeEvent of(SelfFence.Verdict verdict, long version) {
        return event("self.fenced", version, "cause", verdict.cause().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "code", verdict.cause().code().label(), "reason", verdict.reason());
    }

    static Optional<NodeEvent> of(GroupNews news, long version) {
        return switch (news) {
            case GroupNews.GroupChanged _ -> Optional.empty();
            case GroupNews.GroupClosed(var group) -> Optional.of(event("group.closed", version, "group", group));
        };
    }

    static Optional<NodeEvent> of(ChannelNews news, long version) {
        return switch (news) {
            case ChannelNews.Delivered(var group, long generation, long position, var sender, long number, var content) -> {
                String text = MessageText.of(content);
                boolean isText = MessageText.isText(content);
                yield Optional.of(event("group.message", version, "group", group, "generation", generation,
                        "position", position, "sender", sender, "number", number, "base64", !isText, "text", text));
            }
            case ChannelNews.Settled(var group, long ticket, long number, var fate, long generation, long position) ->
                Optional.of(event("group.sent", version, "group", group, "ticket", ticket, "number", number,
                        "fate", fate.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        "generation", generation, "position", position));
            case ChannelNews.Flushed _ -> Optional.empty();
        };
    }

    static NodeEvent of(BarrierNews news, long version) {
        return switch (news) {
            case BarrierNews.Entered(var barrier) -> event("barrier.entered", version,
                    "group", barrier.group(), "barrier", barrier.text());
            case BarrierNews.GivenUp(var barrier, String why) -> event("barrier.left", version,
                    "group", barrier.group(), "barrier", barrier.text(), "why", why);
        };
    }

    static Optional<NodeEvent> of(RecoveryNews news, long version) {
        return switch (news) {
            case RecoveryNews.Begin(var phase, var plan) -> Optional.of(event("group.begin", version,
                    "group", plan.group(), "generation", plan.generation(), "phase", phase,
                    "survivors", words(plan.survivors().values()), "departed", words(plan.departed())));
            case RecoveryNews.Abandon(var group, long generation) ->
                Optional.of(event("group.abandon", version, "group", group, "generation", generation));
            case RecoveryNews.Recovered(var group, long generation) ->
                Optional.of(event("group.recovered", version, "group", group, "generation", generation));
            case RecoveryNews.ParticipantFailed(
                            String participant, var group, long generation, var phase, int attempt, String why) ->
                Optional.of(event("group.failed", version, "group", group, "generation", generation, "phase", phase,
                        "participant", participant, "attempt", attempt, "why", why));
            case RecoveryNews.SelfWithdrawn(var group, _, String why) ->
                Optional.of(event("group.withdrawn", version, "group", group, "why", why));
            case RecoveryNews.Closed(var group) -> Optional.of(event("group.drained", version, "group", group));
            case RecoveryNews.Waiting _ -> Optional.empty();
        };
    }

    private static NodeEvent view(String name, View view) {
        return event(name, view.version(), "view", view.version(), "members", words(view.members().values()),
                "safe", view.safe());
    }

    private static String votes(Electorate electorate) {
        List<String> votes = new ArrayList<>();
        electorate.votes().forEach((node, own) -> votes.add(node + "=" + own));
        return words(votes);
    }

    private static String words(Iterable<?> things) {
        StringBuilder text = new StringBuilder();
        for (Object thing : things) {
            text.append(text.isEmpty() ? "" : " ").append(thing);
        }
        return text.toString();
    }

    /** @param namesAndValues name, value, name, value; whatever is no number and no truth value is told as text */
    static NodeEvent event(String name, long version, Object... namesAndValues) {
        LinkedHashMap<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            fields.put((String) namesAndValues[i], switch (value) {
                case Integer number -> (Object) number.longValue();
                case Long number -> number;
                case Boolean truth -> truth;
                default -> value.toString();
            });
        }
        return new NodeEvent(name, version, fields);
    }
}
