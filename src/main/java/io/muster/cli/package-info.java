/**
 * The command line: parses, asks a daemon, prints; decides nothing. Read {@code Main}, then {@code DaemonFinder} (which
 * daemon is asked), {@code StatusCommand} as an example of all others, and the package {@code demo}.
 */
package io.muster.cli;
