package io.muster.fence;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How one node is fenced.
 *
 * @param levels        first choice first; after the last the first again, without end
 * @param delayNs       waited before the first try of every fence of this node
 * @param randomDelayNs drawn anew for each fence, below this, and waited on top
 * @param priority      of two sides of an even split, the one with the higher priority shoots first
 * @param unfence       devices that have to switch each new life's access on before it may join a group
 * @param fixedHost     a promise of the operator: this node always runs on one machine and is never cloned or moved, so
 *                      that another boot of it means that the processes of the former boot are gone (rule F5)
 */
public record FencePlan(
        List<FenceLevel> levels, long delayNs, long randomDelayNs, long priority, List<String> unfence,
        boolean fixedHost) {

    /** Only a person can say that it is off. */
    public static final FencePlan NONE = new FencePlan(List.of(), 0, 0, 0, List.of(), false);
    /** Levels of one node, at most. */
    public static final int LEVELS_LIMIT = 8;

    public FencePlan {
        levels = List.copyOf(levels);
        unfence = List.copyOf(unfence);
        if (levels.size() > LEVELS_LIMIT || delayNs < 0 || randomDelayNs < 0) {
            throw new IllegalArgumentException("%d levels of %d; delays of %d ns and %d ns".formatted(
                    levels.size(), LEVELS_LIMIT, delayNs, randomDelayNs));
        }
    }

    /** Each device a level of its own. */
    public static FencePlan flat(List<String> devices) {
        return of(devices.stream().map(FenceLevel::of).toList());
    }

    public static FencePlan of(List<FenceLevel> levels) {
        return new FencePlan(levels, 0, 0, 0, List.of(), false);
    }

    /** The levels that a machine can carry out. */
    List<FenceLevel> runnable() {
        return levels.stream().filter(FenceLevel::runsByItself).toList();
    }

    Optional<FenceLevel> level(String label) {
        return runnable().stream().filter(level -> level.label().equals(label)).findFirst();
    }

    /** All devices it names, for levels and unfencing. */
    public List<String> devices() {
        return Stream.concat(levels.stream().flatMap(level -> level.devices().stream()), unfence.stream())
                .distinct().toList();
    }
}
