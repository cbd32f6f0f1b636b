package io.muster.base;

import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * One condition on a {@link TimeBudget}: {@code left <= right}, with the words for people.
 *
 * @param name    stable, as {@code pulses-in-silence}
 * @param rule    of docs/RULES.md that it belongs to
 * @param formula both sides in the names of the configuration's keys
 * @param reason  what happens without it
 */
public record Inequality(
        String name, Kind kind, String rule, String formula, String reason, Unit unit, ToLongFunction<TimeBudget> left,
        ToLongFunction<TimeBudget> right) {

    /** What a violation costs. */
    public enum Kind {
        /** Somebody would act who may not. Refused. */
        SAFETY(true),
        /** The cluster would not form, or not recover. Refused. */
        LIVENESS(true),
        /** A node that is held up no longer than the pause limit would be put out, or lose its place. Refused. */
        CALM(true),
        /** A stop that could be spared. Taken, and told by {@code muster budget}. */
        WISH(false);

        private final boolean refused;

        Kind(boolean refused) {
            this.refused = refused;
        }

        /** Whether a set that violates it is refused. */
        public boolean refused() {
            return refused;
        }
    }

    /** What both sides count. */
    public enum Unit {
        NANOSECONDS,
        PARTS_PER_MILLION
    }

    /** What the left side comes to. */
    public long leftOf(TimeBudget times) {
        return left.applyAsLong(times);
    }

    /** What the right side comes to. */
    public long rightOf(TimeBudget times) {
        return right.applyAsLong(times);
    }

    public boolean holds(TimeBudget times) {
        return leftOf(times) <= rightOf(times);
    }

    /** The inequality with its numbers; empty when it holds. */
    public Optional<String> violation(TimeBudget times) {
        return holds(times)
                ? Optional.empty()
                : Optional.of("%s (rule %s): %s must hold, and %s is more than %s: otherwise %s".formatted(
                        name, rule, formula, text(leftOf(times)), text(rightOf(times)), reason));
    }

    /** A value of either side for people: {@code 350.4 ms}, {@code 1000 ppm}. */
    public String text(long value) {
        return switch (unit) {
            case NANOSECONDS -> milliseconds(value);
            case PARTS_PER_MILLION -> value + " ppm";
        };
    }

    /** Without trailing zeros; what is below a nanosecond is nothing. */
    public static String milliseconds(long ns) {
        long ms = ns / TimeBudget.MS;
        long rest = Math.abs(ns % TimeBudget.MS);
        String sign = ns < 0 && ms == 0 ? "-" : "";
        return rest == 0
                ? ms + " ms"
                : sign + "%d.%06d".formatted(ms, rest).replaceAll("0+$", "") + " ms";
    }
}
