package io.muster.sim;

/** A script cannot be read, or what it expects is not so. The message says where and what. */
public final class ScriptFault extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A script that cannot be read is a mistake of its writer; one whose expectation fails shows one of the product. */
    public enum Kind { UNREADABLE, NOT_SO }

    private final Kind kind;

    ScriptFault(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    static ScriptFault unreadable(String message, Object... values) {
        return new ScriptFault(Kind.UNREADABLE, message.formatted(values));
    }

    static ScriptFault notSo(String message, Object... values) {
        return new ScriptFault(Kind.NOT_SO, message.formatted(values));
    }

    /** The same, with the place in the file. */
    ScriptFault at(int line, String command) {
        return new ScriptFault(kind, "line %d, \"%s\": %s".formatted(line, command, getMessage()));
    }

    public Kind kind() {
        return kind;
    }
}
