package io.muster.fuse;

/**
 * What {@code stat} tells of a file.
 *
 * @param node      its number in the session, from 1, which is the root
 * @param sizeBytes its length
 * @param mode      type and permissions as in {@code st_mode}
 * @param links     hard links
 * @param changedNs the last change, nanoseconds since 1970; stands for all three times
 */
public record FuseAttributes(long node, long sizeBytes, int mode, int links, int uid, int gid, long changedNs) {

    public static final int TYPE_MASK = 0170000;
    public static final int FOLDER = 0040000;
    public static final int REGULAR = 0100000;
    public static final int SYMLINK = 0120000;

    public FuseAttributes {
        if (node <= 0 || sizeBytes < 0 || changedNs < 0) {
            throw new IllegalArgumentException("node %d with %d bytes, changed at %d".formatted(node, sizeBytes, changedNs));
        }
    }

    /** The type as a folder's entry has it. */
    int entryType() {
        return (mode & TYPE_MASK) >> 12;
    }
}
