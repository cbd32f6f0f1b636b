package io.muster.block;

/** What lies where a copy of a disk's header belongs. */
public sealed interface HeaderCopy {

    /** A whole header of this program's format. */
    record Sound(DiskHeader header) implements HeaderCopy {
        @Override
        public String toString() {
            return "sound: disk %s, cluster %s, sequence %d".formatted(header.disk(), header.cluster(), header.sequence());
        }
    }

    /** Nothing but zeros. */
    record Empty() implements HeaderCopy {
        @Override
        public String toString() {
            return "empty";
        }
    }

    /** Something that never was a header of Muster. */
    record Foreign() implements HeaderCopy {
        @Override
        public String toString() {
            return "not of Muster";
        }
    }

    /** A whole header of another program's format. */
    record OtherFormat(int format) implements HeaderCopy {
        @Override
        public String toString() {
            return "of format %d; this program knows format %d".formatted(format, DiskHeader.FORMAT);
        }
    }

    /** It was a header once, or was to become one. */
    record Damaged(String why) implements HeaderCopy {
        @Override
        public String toString() {
            return "damaged: " + why;
        }
    }

    /** The device did not read it. */
    record Unreadable(String why) implements HeaderCopy {
        @Override
        public String toString() {
            return "unreadable: " + why;
        }
    }
}
