package io.muster.fence;

import io.muster.base.Incarnation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which level is tried by whom: all levels of the victim in turn, first by the leader, which needs no message, then
 * by the other members in ascending order, and around again without end. Pure.
 */
record FenceChoice(String method, Incarnation actor) {

    /**
     * @param attempt counts from 1
     * @param methods levels that a machine can run, first choice first
     * @param members ascending
     * @return empty when there is no method or nobody to run one
     */
    static Optional<FenceChoice> of(
            long attempt, List<String> methods, Incarnation leader, List<Incarnation> members, Incarnation victim) {
        return of(attempt, methods, leader, members, victim, false);
    }

    /** @param leaderLast as after a loss of many at once: the leader's own links are the first suspects (rule F6) */
    static Optional<FenceChoice> of(
            long attempt, List<String> methods, Incarnation leader, List<Incarnation> members, Incarnation victim,
            boolean leaderLast) {
        List<Incarnation> actors = new ArrayList<>();
        // A newer life of the victim's node may act: it is another process, and may be all that is left (rule F8).
        members.stream().filter(who -> !who.equals(victim)).forEach(actors::add);
        if (methods.isEmpty() || actors.isEmpty()) {
            return Optional.empty();
        }
        if (actors.remove(leader)) {
            actors.add(leaderLast ? actors.size() : 0, leader);
        }
        long turn = attempt - 1;
        return Optional.of(new FenceChoice(
                methods.get((int) (turn % methods.size())),
                actors.get((int) (turn / methods.size() % actors.size()))));
    }
}
