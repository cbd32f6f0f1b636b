package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.FeatureLevels;
import io.muster.ledger.Lapse;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Member;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * Says on the leader who may come in: a life that has a fresh two-way link with the leader and with each member, so
 * that no view is ever proposed with a link missing (001-6), and whose former life is out for good.
 */
final class Admission {

    /** The longest cool-down, in ask periods. */
    static final int COOL_DOWN_MAX_ASKS = 64;

    private final Incarnation self;
    private final TimeBudget times;
    private final LinkMatrix matrix;
    private final LocalView local;
    /** Rows are told once in an ask period; a second one covers the way. */
    private final long freshNs;

    Admission(Incarnation self, TimeBudget times, LinkMatrix matrix, LocalView local) {
        this.self = self;
        this.times = times;
        this.matrix = matrix;
        this.local = local;
        this.freshNs = 2 * times.askNs();
    }

    /**
     * Adds whoever may come; the leader first, as with nobody in it is the one who can admit the others.
     *
     * @param goingNow lives that this draft puts out or lets go
     * @param whole    whether the members that stay all hear each other
     * @return what stands against each of the others
     */
    SortedMap<NodeId, String> admit(
            Draft draft, List<Wishes.Join> wishes, SortedSet<Incarnation> goingNow, boolean whole, long now) {
        List<Wishes.Join> joins = new ArrayList<>(wishes);
        joins.sort((one, other) -> Boolean.compare(other.who().equals(self), one.who().equals(self)));
        SortedMap<NodeId, String> obstacles = new TreeMap<>();
        for (Wishes.Join join : joins) {
            if (!draft.state().isMember(join.who())) {
                notWhole(whole, draft.state())
                        .or(() -> obstacle(join, draft.state(), goingNow, now))
                        .or(() -> FeatureLevels.refusal(draft.state(), join.features()))
                        .or(() -> draft.add(new LedgerEvent.MemberJoined(join.who(), join.process())))
                        .or(() -> tellFeatures(draft, join))
                        .ifPresent(text -> obstacles.put(join.who().node(), text));
            }
        }
        return Collections.unmodifiableSortedMap(obstacles);
    }

    private static Optional<String> notWhole(boolean whole, ClusterState state) {
        return whole || state.members().isEmpty()
                ? Optional.empty()
                : Optional.of("the members do not all hear each other, and the view has to change first");
    }

    /** How long a node that goes out again and again has to ask: nothing the first time, then it doubles (rule V4). */
    static long coolDownNs(int lapses, TimeBudget times) {
        return lapses <= 1 ? 0 : Math.min(COOL_DOWN_MAX_ASKS, 1L << Math.min(lapses - 2, 32)) * times.askNs();
    }

    /** In the very version that admits it: until it is known what a member speaks, it stands for the first level. */
    private static Optional<String> tellFeatures(Draft draft, Wishes.Join join) {
        return join.features().equals(FeatureLevels.UNTOLD)
                ? Optional.empty()
                : draft.add(new LedgerEvent.FeaturesTold(join.who(), join.features()));
    }

    private Optional<String> obstacle(
            Wishes.Join join, ClusterState state, SortedSet<Incarnation> goingNow, long now) {
        Incarnation who = join.who();
        // No readmission in the version that puts out (rule V4). Only with nobody left in, the leader goes first at
        // once, or nobody could.
        boolean goes = goingNow.stream().anyMatch(life -> life.node().equals(who.node()));
        if (goes && !(who.equals(self) && state.members().isEmpty())) {
            return Optional.of("its former life goes in this very version");
        }
        int lapses = Optional.ofNullable(state.lapses().get(who.node())).map(Lapse::count).orElse(0);
        long leftNs = coolDownNs(lapses, times) - (now - join.since());
        if (leftNs > 0 && !state.members().isEmpty()) {
            return Optional.of("%s went out %d times lately: it has to wait for another %d ms".formatted(
                    who.node(), lapses, leftNs / TimeBudget.MS));
        }
        if (!linked(self, who, now)) {
            return Optional.of("%s and %s do not hear each other yet".formatted(self, who));
        }
        for (Member member : state.members().values()) {
            if (!linked(member.who(), who, now)) {
                return Optional.of("%s and %s do not hear each other yet".formatted(member.who(), who));
            }
        }
        return Optional.empty();
    }

    /** Both ways, by fresh word of both (rule V1, for joining); the own word is what is heard now. */
    private boolean linked(Incarnation one, Incarnation other, long now) {
        if (one.equals(other)) {
            return true;
        }
        if (one.equals(self) || other.equals(self)) {
            Incarnation peer = one.equals(self) ? other : one;
            return local.hears(peer) && matrix.fresh(peer, freshNs, now) && matrix.hears(peer, self);
        }
        return matrix.bothWays(one, other, freshNs, now);
    }
}
