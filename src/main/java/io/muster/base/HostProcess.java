package io.muster.base;

/**
 * Where one life of a node runs, in facts that name a process beyond doubt: a process number alone is used again.
 *
 * @param host         the host's name, for people
 * @param bootId       the kernel's id of this boot; empty when the host offers none
 * @param pidNamespace the namespace that {@code pid} counts in; empty when unknown
 * @param pid          process number
 * @param startTicks   the process's start time in clock ticks since boot, as the kernel tells it
 */
public record HostProcess(String host, String bootId, String pidNamespace, long pid, long startTicks) {

    /** For nodes whose process is not known, as in the simulator. */
    public static final HostProcess UNKNOWN = new HostProcess("", "", "", 0, 0);

    /** The longest text in any field, in characters. */
    public static final int TEXT_LIMIT = 128;

    public HostProcess {
        if (host.length() > TEXT_LIMIT || bootId.length() > TEXT_LIMIT || pidNamespace.length() > TEXT_LIMIT) {
            throw new IllegalArgumentException("a text of a host process is longer than " + TEXT_LIMIT);
        }
    }
}
