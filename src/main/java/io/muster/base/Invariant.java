package io.muster.base;

/** Always-on checks of what must hold; a broken one stops this node. */
public final class Invariant {

    private Invariant() {}

    /** @throws BrokenInvariant when {@code condition} is false, with the message formatted as by {@link String#format} */
    public static void holds(boolean condition, String message, Object... values) {
        if (!condition) {
            throw new BrokenInvariant(message.formatted(values));
        }
    }
}
