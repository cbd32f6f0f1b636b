package io.muster.heartbeat;

import io.muster.base.Invariant;

/**
 * When a life counts as lost, over the methods that have something to say of it (rule B8): a setting, so that other methods or
 * another rule change no line of the layers above.
 *
 * <p>A method that sees none of its regions abstains. With one method the three rules are the same.
 */
public sealed interface VerdictRule {

    /** Lost when one method calls it silent. */
    record Any() implements VerdictRule {}

    /** Lost only when all methods call it silent. The shipped one. */
    record All() implements VerdictRule {}

    /** Lost when so many methods call it silent, or all that have something to say when they are fewer. */
    record AtLeast(int k) implements VerdictRule {

        public AtLeast {
            Invariant.holds(k >= 1 && k <= RegionBook.METHODS_LIMIT, "a verdict of at least %d methods", k);
        }
    }

    /**
     * @param silent   methods that call it silent
     * @param speaking methods that have something to say
     */
    default boolean isLost(int silent, int speaking) {
        return speaking > 0 && silent >= switch (this) {
            case Any _ -> 1;
            case All _ -> speaking;
            case AtLeast(int k) -> Math.min(k, speaking);
        };
    }

    /** For people, as {@code muster status} prints it. */
    default String sentence() {
        return switch (this) {
            case Any _ -> "a node is lost when one method of heartbeat calls it silent";
            case All _ -> "a node is lost when all methods of heartbeat call it silent";
            case AtLeast(int k) -> "a node is lost when %d methods of heartbeat call it silent".formatted(k);
        };
    }
}
