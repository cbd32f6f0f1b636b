package io.muster.control;

/**
 * Why a change in the tree was not made; nothing has changed then.
 *
 * @param kind   from which a face makes an error number
 * @param reason a sentence without its stop, with the values and what would do
 */
public record ControlRefusal(Kind kind, String reason) {

    /** What is wrong with a change. */
    public enum Kind {
        /** The value itself; EINVAL. */
        INVALID,
        /** The moment; EBUSY. */
        BUSY,
        /** This cannot be changed by hand; EPERM. */
        NOT_PERMITTED,
        /** Nothing is there; ENOENT. */
        ABSENT,
        /** It is there already; EEXIST. */
        EXISTS,
        /** There are too many; ENOSPC. */
        TOO_MANY
    }

    static ControlRefusal invalid(String format, Object... values) {
        return new ControlRefusal(Kind.INVALID, format.formatted(values));
    }

    static ControlRefusal notPermitted(String format, Object... values) {
        return new ControlRefusal(Kind.NOT_PERMITTED, format.formatted(values));
    }
}
