package io.muster.base;

import java.util.Locale;
import java.util.Optional;

/**
 * The catalogue of stable codes, shared by logs, CLI and documentation; {@code muster explain CODE} prints an entry.
 * A code is never reused for another meaning.
 */
public enum FaultCode {

    // Configuration and command line
    CONFIG_1("A configuration value is missing or cannot be used.",
            "Correct the named key in the named file; the message says which values would do."),
    CONFIG_2("The configuration file cannot be read.",
            "Check that the file exists, is readable by this user and is TOML."),
    CONFIG_3("A configuration key is not known.",
            "Remove it or correct its spelling; the message lists the keys of that section."),
    CONFIG_4("A running node cannot take up this change of its configuration.",
            "The message says what stands against it; nothing was changed. Some keys need a restart."),
    CLI_1("The command line cannot be used.", "See `muster help COMMAND`."),
    CLI_2("No daemon could be chosen.",
            "Name one with --node, --dir or MUSTER_SOCKET; the message lists the candidates."),
    CLI_3("The daemon does not answer on its control socket.",
            "It may have ended or be stopped: look at its log, or start it with `muster node`."),

    // Data folder
    DATA_1("The data folder is in use by another daemon.", "One daemon a folder: stop the other, or name another folder."),
    DATA_2("The data folder belongs to another cluster or node.",
            "Start the daemon with the folder that was founded for it; nothing was changed."),
    DATA_3("The data folder has a newer format than this program.", "Use the newer program; nothing was changed."),
    DATA_4("The data folder cannot be written.", "Free space or make it writable; the daemon promised nothing."),
    DATA_5("The node's agreed record is missing or damaged.",
            "This node may not vote with a record it doubts. Give it a new one (muster ledger fresh), then its vote anew."),

    // Transport
    LINK_1("A peer was refused.", "Its certificate, cluster or version does not fit; the message says which."),
    LINK_2("An address cannot be listened on.", "Free the port or configure another."),

    // Agreement and membership
    QUORUM_1("This side has no quorum.", "Start or reconnect the nodes named; `muster why` shows what is missing."),
    MEMBER_1("This node is not a member.", "It waits to be admitted; `muster why` shows by whom."),
    MEMBER_2("This node was evicted by the others.", "It stopped; start it again and it joins as a new incarnation."),
    MEMBER_3("The node is not a member.", "See `muster status` for the members."),

    VOTER_1("The electorate cannot be changed as asked.",
            "The message says why and what would do; `muster status` shows votes, threshold and policy."),
    VOTER_2("A node has a vote, and its record is not the one the cluster knows.",
            "Its old record is lost or given up: `muster voter remove NODE`, then `muster voter add NODE`."),

    VOTER_3("A node keeps to another ledger of this cluster: voters were given up on one side.",
            "See with `muster ledger show` which is to go on; the others get a record of it: `muster ledger fresh --ledger ID`."),

    // Fencing
    FENCE_1("A fence method failed.", "The fence is tried again without end; the message names the device's answer."),
    FENCE_2("No fence method is configured for the node.",
            "Confirm by hand that it is off: `muster fence ack NODE`, or configure a method."),
    FENCE_3("A node is not fenced yet.", "Data of its groups stays locked; see the message for the device's answer."),
    FENCE_4("There is nothing to acknowledge.", "The named node has no open fence."),
    FENCE_5("The limiter of mass fencing holds a fence.", "Find what took so many nodes; then `muster fence open`, or wait."),
    FENCE_6("A newer life of the node is heard, and no device could spare it.",
            "Stop the newer life, or confirm by hand that the former one has ended: `muster fence ack NODE`."),
    FENCE_7("The access of a new member is not switched on yet.",
            "It joins no group before; the message has the device's answer."),

    // Groups and recovery
    GROUP_1("The group cannot be changed as asked.", "The message says why."),
    RECOVERY_1("A participant failed in a recovery phase.", "It is tried again; then the node withdraws."),
    RECOVERY_2("A node did not pass a recovery phase in time.", "It is evicted and fenced, and the others go on."),
    GROUP_2("A message to a group or a barrier is not taken.", "Nothing was sent or entered; the message says why."),
    GROUP_3("A message to a group or a barrier waits.",
            "It waits for members of the group: `muster why` names them; those that are gone for good are put out in time."),
    RECOVERY_3("A group has lost all its members.", "Let a node join it: the first one in recovers what they left."),

    // Ourselves
    SELF_1("An invariant is broken.", "The daemon stopped so that nothing is hurt. Please report the last log lines."),
    SELF_2("The control request is not understood.", "See docs/CONTROL.md for the requests."),

    // Messages between nodes
    PORT_1("A message cannot be sent as asked.", "The message says why; nothing was sent."),

    // Shared disks
    DISK_1("A shared disk is not one of this cluster, or its header is missing or damaged.",
            "Name the right disk, or make one with `muster disk format`; `muster disk check` says what is on it."),
    DISK_2("A shared disk cannot be opened, read or written.",
            "Look at its path and at the kernel's log; a daemon tries to open it again by itself."),
    DISK_3("A disk is in use and was not formatted.",
            "Stop what uses it, on every machine that sees it; nothing was written."),
    DISK_4("A disk looks like somebody else's and was not formatted.",
            "Make sure that it is the right one; then --force. Nothing was written."),
    DISK_5("This node has ended itself for what it read on a shared disk.",
            "A node that fences it asked for its end there, or another daemon runs under its number; the message says which."),

    // The control tree
    TREE_1("The control tree cannot be served as asked.", "The node runs on; the message says what stands against it."),
    TREE_2("A change in the control tree was refused.", "Nothing has changed; the message says why and what would do."),

    // Disks that are served
    STORAGE_1("The record of the epochs that a served disk lets through cannot be used.",
            "The disk is not served without it, for nodes that were fenced could write again; the message says what would do."),
    STORAGE_2("A disk cannot be served.", "The message says what stands against it; nothing was changed."),

    // The own watchdog
    WATCHDOG_1("The watchdog of a node cannot be used, was lost, or has ended the node.",
            "A node that is to have one does not run without it; the message says what happened. Start the daemon again.");

    private final String meaning;
    private final String remedy;

    FaultCode(String meaning, String remedy) {
        this.meaning = meaning;
        this.remedy = remedy;
    }

    /** The code as people see it: {@code FENCE-3}. */
    public String label() {
        return name().replace('_', '-');
    }

    public String meaning() {
        return meaning;
    }

    public String remedy() {
        return remedy;
    }

    /** Finds {@code FENCE-3} in any case. */
    public static Optional<FaultCode> find(String label) {
        String wanted = label.toUpperCase(Locale.ROOT).replace('-', '_');
        for (FaultCode code : values()) {
            if (code.name().equals(wanted)) {
                return Optional.of(code);
            }
        }
        return Optional.empty();
    }
}
