package io.muster.runtime;

import java.lang.System.Logger.Level;

/** The log of the drivers. The logging system is woken by the first line only, for it costs tens of milliseconds. */
final class Log {

    private static final String NAME = "io.muster.runtime";

    private Log() {}

    static void warn(String message, Object... values) {
        System.getLogger(NAME).log(Level.WARNING, () -> message.formatted(values));
    }

    static void error(String message, Object... values) {
        System.getLogger(NAME).log(Level.ERROR, () -> message.formatted(values));
    }

    static void error(String message, Throwable cause) {
        System.getLogger(NAME).log(Level.ERROR, message, cause);
    }
}
