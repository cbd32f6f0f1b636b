package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a difference of two states has to say, checked by walking its events as a consumer does (rule L10). */
final class DifferenceCheck {

    private DifferenceCheck() {}

    /** Follows up and down per node, and members and generation per group; both have to end as the later state says. */
    static void explains(ClusterState before, List<LedgerEvent> events, ClusterState after) {
        TreeMap<NodeId, Incarnation> up = new TreeMap<>(before.view().members());
        TreeMap<GroupName, TreeMap<NodeId, Incarnation>> groups = new TreeMap<>();
        TreeMap<GroupName, Long> generations = new TreeMap<>();
        before.groups().forEach((name, group) -> {
            groups.put(name, new TreeMap<>(group.members()));
            generations.put(name, group.generation());
        });
        for (LedgerEvent event : events) {
            switch (event) {
                case LedgerEvent.MemberJoined(Incarnation who, _) ->
                    check(up.put(who.node(), who) == null, "%s comes up over another life", who);
                case LedgerEvent.MemberLeft(Incarnation who) -> {
                    check(up.remove(who.node(), who), "%s leaves and was not up", who);
                    check(!after.departures().containsKey(who), "%s left, but is to be fenced", who);
                }
                case LedgerEvent.MemberEvicted(Incarnation who, _) ->
                    check(up.remove(who.node(), who), "%s goes down and was not up", who);
                case LedgerEvent.MemberDropped(Incarnation who, _) -> {
                    check(up.remove(who.node(), who), "%s goes down and was not up", who);
                    check(!after.departures().containsKey(who), "%s was dropped, but is to be fenced", who);
                }
                case LedgerEvent.GroupJoined(GroupName name, Incarnation who) ->
                    check(of(groups, name).put(who.node(), who) == null, "%s joins %s over another", who, name);
                case LedgerEvent.GroupLeft(GroupName name, Incarnation who) ->
                    check(of(groups, name).remove(who.node(), who), "%s leaves %s and was not in", who, name);
                case LedgerEvent.GroupLost(GroupName name, Incarnation who) -> of(groups, name).remove(who.node(), who);
                case LedgerEvent.PhaseReached(GroupName name, long generation, Phase phase) -> {
                    generations.put(name, generation);
                    check(after.groups().get(name).phase() == phase, "%s is not in %s", name, phase);
                }
                case LedgerEvent.FenceIntended _, LedgerEvent.FenceEvidenced _, LedgerEvent.FenceVoided _,
                        LedgerEvent.FenceWindowPassed _, LedgerEvent.FencingOpened _, LedgerEvent.AccessWanted _,
                        LedgerEvent.AccessGranted _ -> { }
                case LedgerEvent.BarrierPassed(BarrierName name, long generation, NodeSet passedBy) ->
                    check(after.barriers().newest().get(name).equals(new Barriers.Passage(
                            after.barriers().newest().get(name).version(), generation, passedBy)), "%s was not passed so", name);
                case LedgerEvent.FeatureRaised(int level) -> check(level == after.featureLevel(), "level %s", level);
                case LedgerEvent.FeaturesTold(Incarnation who, var features) ->
                    check(after.members().get(who.node()).features().equals(features), "%s speaks %s", who, features);
                case LedgerEvent.ElectorateChanged(Acceptors voters, Voting voting, _) -> check(
                        voters.equals(after.acceptors()) && voting.policy() == after.voting().policy(),
                        "the electorate is %s, not %s", after.acceptors(), voters);
                case LedgerEvent.ElectorateSettled _, LedgerEvent.WentAlone _ ->
                    check(false, "%s is no difference of two states", event);
            }
        }
        check(up.equals(after.view().members()), "members are %s, not %s", after.view().members(), up);
        for (Map.Entry<GroupName, Group> entry : after.groups().entrySet()) {
            Group group = entry.getValue();
            check(of(groups, entry.getKey()).equals(group.members()), "%s, not %s", group, groups);
            check(generations.get(entry.getKey()) == group.generation(), "%s, not %s", group, generations);
        }
        after.barriers().newest().forEach((name, passage) -> check(
                passage.version() <= before.version() || events.contains(
                        new LedgerEvent.BarrierPassed(name, passage.generation(), passage.members())),
                "that %s was passed is not told", name));
        groups.forEach((name, lives) -> check(
                lives.isEmpty() || after.groups().containsKey(name), "%s has ended with %s in it", name, lives));
        check(before.acceptors().equals(after.acceptors())
                || events.stream().anyMatch(LedgerEvent.ElectorateChanged.class::isInstance), "a change of votes is not told");
        fencesAreNamed(before, events, after);
    }

    private static void fencesAreNamed(ClusterState before, List<LedgerEvent> events, ClusterState after) {
        for (Departure departure : after.departures().values()) {
            Incarnation who = departure.who();
            boolean wasHarmless = before.departures().containsKey(who) && before.harmless(who);
            boolean evidenced = events.stream().anyMatch(event ->
                    event instanceof LedgerEvent.FenceEvidenced(_, Incarnation victim, _, _, _) && victim.equals(who));
            boolean voided = events.stream().anyMatch(event ->
                    event instanceof LedgerEvent.FenceVoided(_, Incarnation victim, _) && victim.equals(who));
            boolean told = evidenced || wasHarmless && !voided;
            check(told == departure.harmless(), "that %s is harmless=%s is not told", who, departure.harmless());
        }
    }

    private static TreeMap<NodeId, Incarnation> of(
            TreeMap<GroupName, TreeMap<NodeId, Incarnation>> groups, GroupName name) {
        return groups.computeIfAbsent(name, _ -> new TreeMap<>());
    }

    private static void check(boolean holds, String message, Object... values) {
        AgreementChecker.check(holds, "L10: " + message, values);
    }
}
