/**
 * A node as a process: configuration in, a running node and its control socket out. Read {@code Main}, {@code Daemon},
 * {@code ConfigReader} (what is refused before anything is promised), {@code EventLog}, {@code ControlSocket}. The words
 * of the socket are in docs/CONTROL.md, those of the log in docs/EVENTS.md.
 */
package io.muster.daemon;
