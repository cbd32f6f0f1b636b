package io.muster.cli.demo;

import java.util.List;

/**
 * One death and what has to follow.
 *
 * @param number      from 1
 * @param victimRole  {@code follower} or {@code leader}, when the signal was sent
 * @param signal      {@code SIGKILL} or {@code SIGSTOP}
 * @param victim      the life that was signalled, as {@code n3#1}
 * @param comeback    the life it came back as, as {@code n3#2}
 * @param survivors   the other nodes, as {@code n1}
 * @param groups      the groups it was in
 * @param signalledAt on the host's monotonic clock, taken before the signal was sent
 */
public record Round(
        int number,
        String victimRole,
        String signal,
        String victim,
        String comeback,
        List<String> survivors,
        List<String> groups,
        long signalledAt) {

    public Round {
        survivors = List.copyOf(survivors);
        groups = List.copyOf(groups);
    }
}
