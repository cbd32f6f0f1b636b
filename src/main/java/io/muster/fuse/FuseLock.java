package io.muster.fuse;

/**
 * A record lock as asked for, or a whole-file lock ({@code flock}).
 *
 * @param owner who holds it, a number of the kernel's
 * @param start first byte
 * @param end   last byte; {@link Long#MAX_VALUE} for the end of all files
 * @param type  0 read, 1 write, 2 unlock
 * @param whole whether it is of the {@code flock} kind
 */
public record FuseLock(long handle, long owner, long start, long end, int type, int pid, boolean whole) {}
