package io.muster.ledger;

import io.muster.base.Incarnation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What changed between two states of one ledger, as events, for a learner that missed the versions between (rule L10).
 * Pure.
 *
 * <p>It promises:
 * <ol>
 * <li>Every life that was a member before and is none after goes out, by one {@code MemberLeft} or
 *     {@code MemberEvicted}, before any life of that node comes in. It is {@code MemberLeft} only where the state says
 *     that this life left as planned, {@code MemberDropped} only where the state says that it held nothing; where a
 *     later life of the node hides how it ended, it is the more careful {@code MemberEvicted}.
 * <li>Every life that is a member after and was none before comes in, by one {@code MemberJoined}.
 * <li>A life that came and went between is named, in and out, when it is still a departure of concern; otherwise the
 *     learner never knew it and does not have to.
 * <li>Intents and evidence of departures that are still of concern are named as the later state has them; evidence
 *     that is gone or was given anew is voided first. What became of a departure that is of no concern any more is not
 *     named: ask {@link ClusterState#harmless}, which holds for it.
 * <li>Every group whose members, generation or phase changed is named by a {@code PhaseReached} with its generation and
 *     phase now, after its lives went out ({@code GroupLost} for departed ones, {@code GroupLeft} for members) and came
 *     in. A group that ended is named by its lives going out.
 * <li>Every barrier that was passed between and is still listed is named by a {@code BarrierPassed}, the newest time.
 * <li>A feature level that rose is named by one {@code FeatureRaised}, after the levels that new members speak.
 * <li>An electorate or policy that is another one is named as it is now.
 * </ol>
 * It does not promise that a {@link Draft} of the earlier state would take the events or end in the later state: what
 * counts within (versions, the number of the next intent) and the steps between are not in it.
 */
final class StateDifference {

    private static final String MISSED = "out in a version that this node missed";

    private final ClusterState before;
    private final ClusterState after;
    private final List<LedgerEvent> events = new ArrayList<>();

    private StateDifference(ClusterState before, ClusterState after) {
        this.before = before;
        this.after = after;
    }

    /** The events, lives going out first. */
    static List<LedgerEvent> between(ClusterState before, ClusterState after) {
        StateDifference difference = new StateDifference(before, after);
        difference.membersOut();
        difference.livesBetween();
        difference.fences();
        difference.groupsOut();
        difference.membersIn();
        difference.groupsNow();
        difference.barriers();
        difference.features();
        difference.votersNow();
        return List.copyOf(difference.events);
    }

    private void membersOut() {
        for (Member member : before.members().values()) {
            Incarnation who = member.who();
            if (after.isMember(who)) {
                continue;
            }
            Departure departure = after.departures().get(who);
            if (departure != null) {
                events.add(new LedgerEvent.MemberEvicted(who, departure.reason()));
            } else if (leftAsPlanned(who)) {
                events.add(new LedgerEvent.MemberLeft(who));
            } else if (held(who)) {
                events.add(new LedgerEvent.MemberEvicted(who, MISSED));
            } else {
                events.add(new LedgerEvent.MemberDropped(who, MISSED));
            }
        }
    }

    private boolean held(Incarnation who) {
        Lapse lapse = after.lapses().get(who.node());
        return lapse == null || lapse.life() != who.life() || lapse.fenced();
    }

    private boolean leftAsPlanned(Incarnation who) {
        return after.cleanLeavers().contains(who.node()) && after.lastLives().get(who.node()) == who.life();
    }

    private void livesBetween() {
        for (Departure departure : after.departures().values()) {
            Incarnation who = departure.who();
            if (!before.isMember(who) && !before.departures().containsKey(who)) {
                events.add(new LedgerEvent.MemberJoined(who, departure.process()));
                events.add(new LedgerEvent.MemberEvicted(who, departure.reason()));
            }
        }
    }

    private void fences() {
        for (Departure departure : after.departures().values()) {
            Incarnation who = departure.who();
            Departure earlier = before.departures().get(who);
            Optional<FenceIntent> old = earlier == null ? Optional.empty() : earlier.intent();
            departure.intent().filter(intent -> !old.equals(Optional.of(intent))).ifPresent(now -> {
                if (old.isEmpty()) {
                    events.add(new LedgerEvent.FenceIntended(now.id(), who, now.reason(), now.begun()));
                }
                if (old.flatMap(FenceIntent::evidence).isPresent()) {
                    events.add(new LedgerEvent.FenceVoided(now.id(), who, "voided in a version that this node missed"));
                }
                now.evidence().ifPresent(evidence -> events.add(new LedgerEvent.FenceEvidenced(
                        now.id(), who, evidence.evidenceClass(), evidence.proof(), evidence.actor())));
            });
        }
    }

    private void groupsOut() {
        for (Group group : before.groups().values()) {
            Optional<Group> now = Optional.ofNullable(after.groups().get(group.name()));
            for (Incarnation who : group.members().values()) {
                if (now.filter(g -> g.has(who)).isEmpty()) {
                    events.add(wentOut(group.name(), who));
                }
            }
        }
        for (Group group : after.groups().values()) {
            Optional<Group> earlier = Optional.ofNullable(before.groups().get(group.name()));
            for (Incarnation who : group.departed()) {
                if (earlier.filter(g -> g.has(who) || g.departed().contains(who)).isEmpty()) {
                    events.add(new LedgerEvent.GroupLost(group.name(), who));
                }
            }
        }
    }

    /** A life that is out of the cluster is lost to the group unless it left both as planned. */
    private LedgerEvent wentOut(GroupName group, Incarnation who) {
        return after.isMember(who) || leftAsPlanned(who) || !held(who)
                ? new LedgerEvent.GroupLeft(group, who)
                : new LedgerEvent.GroupLost(group, who);
    }

    private void membersIn() {
        for (Member member : after.members().values()) {
            if (!before.isMember(member.who())) {
                events.add(new LedgerEvent.MemberJoined(member.who(), member.process()));
            }
        }
    }

    private void barriers() {
        after.barriers().newest().forEach((name, passage) -> {
            if (passage.version() > before.version()) {
                events.add(new LedgerEvent.BarrierPassed(name, passage.generation(), passage.members()));
            }
        });
    }

    private void features() {
        for (Member member : after.members().values()) {
            if (!before.isMember(member.who()) && !member.features().equals(FeatureLevels.UNTOLD)) {
                events.add(new LedgerEvent.FeaturesTold(member.who(), member.features()));
            }
        }
        if (after.featureLevel() > before.featureLevel()) {
            events.add(new LedgerEvent.FeatureRaised(after.featureLevel()));
        }
    }

    private void votersNow() {
        Voting voting = after.voting().with(Optional.empty());
        if (!after.acceptors().equals(before.acceptors()) || !voting.equals(before.voting().with(Optional.empty()))) {
            events.add(new LedgerEvent.ElectorateChanged(
                    after.acceptors(), voting, "changed in a version that this node missed"));
        }
    }

    private void groupsNow() {
        for (Group group : after.groups().values()) {
            Group earlier = before.groups().get(group.name());
            if (group.equals(earlier)) {
                continue;
            }
            for (Incarnation who : group.members().values()) {
                if (earlier == null || !earlier.has(who)) {
                    events.add(new LedgerEvent.GroupJoined(group.name(), who));
                }
            }
            events.add(new LedgerEvent.PhaseReached(group.name(), group.generation(), group.phase()));
        }
    }
}
