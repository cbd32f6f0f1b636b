package io.muster.daemon;

import io.muster.base.FaultCode;

/**
 * How a process of this program ends, in one table for scripts; docs/EXIT-CODES.md is the same table for people.
 * Anything that waits or is blocked is not 0. The launcher's own ends are here too, so that no number is used twice.
 */
public enum ExitCode {
    FINE(0, "Done; for status: quorate, and nothing waits."),
    TESTS_FAILED(1, "`muster test`: Maven's own code, a test failed."),
    BLOCKED(3, "Something waits: `why` lists it; or what was asked did not come true in the time given."),
    NO_QUORUM(4, "The node asked may not act: no quorum, or it is not a member."),
    NO_DAEMON(5, "No daemon could be chosen: none found, or more than one fits."),
    NO_ANSWER(6, "The daemon does not answer on its control socket."),
    REFUSED(7, "The daemon refused the request; nothing was changed."),
    EVICTED(8, "The daemon ended because the others put it out."),
    BUILD_FAILED(9, "The launcher could not build the program."),
    NOT_HELD(10, "A script of the demo or of the lab found that something did not hold; the last lines say what."),
    UNKNOWN_CODE(11, "`explain` does not know the code."),
    USAGE(64, "The command line cannot be used."),
    MISSING(69, "Something this needs is not installed: a JDK, Maven."),
    INTERNAL(70, "An error of this program: an invariant is broken or an exception nobody expected."),
    DATA_FOLDER(73, "A folder was refused: in use, of another cluster, of a newer format, full or read-only."),
    ADDRESS(74, "An address could not be listened on."),
    DISK(75, "A shared disk was refused, or a check found something damaged on it."),
    CONFIGURATION(78, "The configuration cannot be used."),
    INTERRUPTED(130, "Ended by Ctrl-C."),
    TERMINATED(143, "Ended by SIGTERM.");

    private final int number;
    private final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    public int number() {
        return number;
    }

    public String meaning() {
        return meaning;
    }

    /** With which number a process ends that this fault has ended. */
    public static ExitCode of(FaultCode code) {
        return switch (code) {
            case CONFIG_1, CONFIG_2, CONFIG_3 -> CONFIGURATION;
            case CLI_1 -> USAGE;
            case CLI_2 -> NO_DAEMON;
            case CLI_3 -> NO_ANSWER;
            case DATA_1, DATA_2, DATA_3, DATA_4, DATA_5, STORAGE_1, STORAGE_2 -> DATA_FOLDER;
            case LINK_2 -> ADDRESS;
            case MEMBER_2, RECOVERY_2, VOTER_3 -> EVICTED;
            case DISK_1, DISK_2, DISK_3, DISK_4, DISK_5 -> DISK;
            case QUORUM_1, MEMBER_1 -> NO_QUORUM;
            case FENCE_1, FENCE_2, FENCE_3, FENCE_5, FENCE_6, FENCE_7, RECOVERY_1, RECOVERY_3, GROUP_3 -> BLOCKED;
            case MEMBER_3, FENCE_4, GROUP_1, GROUP_2, LINK_1, SELF_2, CONFIG_4, PORT_1, VOTER_1, VOTER_2,
                    TREE_1, TREE_2 -> REFUSED;
            case SELF_1, WATCHDOG_1 -> INTERNAL;
        };
    }
}
