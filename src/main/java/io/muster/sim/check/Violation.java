package io.muster.sim.check;

/** A promise of the cluster was broken. */
public final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String checker;

    public Violation(String checker, String what) {
        super(what);
        this.checker = checker;
    }

    /** @throws Violation when {@code holds} is false, with the message formatted as by {@link String#format} */
    public static void unless(boolean holds, String checker, String message, Object... values) {
        Checks.count(checker);
        if (!holds) {
            throw new Violation(checker, message.formatted(values));
        }
    }

    /** The name of the promise. */
    public String checker() {
        return checker;
    }
}
