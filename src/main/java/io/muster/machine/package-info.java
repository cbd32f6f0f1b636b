/**
 * The contract between protocol machines and their drivers: {@code Machine}, {@code Outbox}, {@code Effect},
 * {@code Completion}. Drivers are {@code runtime} (threads, sockets, disks) and {@code sim} (virtual time, seeded
 * faults); no machine can tell which one it has.
 */
package io.muster.machine;
