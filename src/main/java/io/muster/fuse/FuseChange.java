package io.muster.fuse;

import java.util.OptionalLong;

/** What a caller wants changed of a file's attributes; what is empty stays. {@code mode}, {@code uid}: 32 bits. */
public record FuseChange(OptionalLong sizeBytes, OptionalLong mode, OptionalLong uid, OptionalLong gid, OptionalLong handle) {

    static final int VALID_MODE = 1;
    static final int VALID_UID = 1 << 1;
    static final int VALID_GID = 1 << 2;
    static final int VALID_SIZE = 1 << 3;
    static final int VALID_HANDLE = 1 << 6;
}
