package io.muster.fuse;

/**
 * The numbers of the kernel's FUSE protocol, version 7, as in {@code include/uapi/linux/fuse.h} of Linux 6.18; native byte
 * order, every field at its natural alignment. A request is a header and a body, a reply a header and a body.
 *
 * <pre>
 * request header, 40 bytes       reply header, 16 bytes       attributes, 88 bytes
 *  0 4 length with body           0 4 length with body          0 8 inode    8 8 size      16 8 blocks of 512
 *  4 4 operation                  4 4 error, 0 or negative     24 8 atime   32 8 mtime     40 8 ctime, s
 *  8 8 unique                     8 8 unique                   48 4 atime   52 4 mtime     56 4 ctime, ns
 * 16 8 node                                                    60 4 mode    64 4 links     68 4 uid   72 4 gid
 * 24 4 uid, 28 4 gid, 32 4 pid                                 76 4 rdev    80 4 blksize   84 4 flags
 * </pre>
 */
final class FuseProtocol {

    static final int MAJOR = 7;
    /** The newest minor version whose layouts are spoken here. */
    static final int MINOR = 38;
    /** Since this one the reply to INIT has its 64 bytes. */
    static final int LEAST_MINOR = 23;

    static final int LOOKUP = 1;
    static final int FORGET = 2;
    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int READLINK = 5;
    static final int SYMLINK = 6;
    static final int MKDIR = 9;
    static final int UNLINK = 10;
    static final int RMDIR = 11;
    static final int RENAME = 12;
    static final int LINK = 13;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int FSYNC = 20;
    static final int FLUSH = 25;
    static final int INIT = 26;
    static final int OPENDIR = 27;
    static final int READDIR = 28;
    static final int RELEASEDIR = 29;
    static final int FSYNCDIR = 30;
    static final int GETLK = 31;
    static final int SETLK = 32;
    static final int SETLKW = 33;
    static final int ACCESS = 34;
    static final int CREATE = 35;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int BATCH_FORGET = 42;
    static final int READDIRPLUS = 44;
    static final int RENAME2 = 45;

    static final int NOTIFY_INVAL_INODE = 2;
    static final int NOTIFY_INVAL_ENTRY = 3;

    static final int REQUEST_HEADER_BYTES = 40;
    static final int REPLY_HEADER_BYTES = 16;
    static final int ATTRIBUTES_BYTES = 88;
    /** An entry is: node 8, generation 8, two spans of validity 8 + 8 + 4 + 4, attributes. */
    static final int ENTRY_BYTES = 40 + ATTRIBUTES_BYTES;
    /** Attributes with their validity: 8 + 4, four of padding, attributes. */
    static final int ATTRIBUTES_REPLY_BYTES = 16 + ATTRIBUTES_BYTES;
    static final int OPENED_BYTES = 16;
    static final int STATFS_BYTES = 80;
    static final int INIT_REPLY_BYTES = 64;
    static final int DIRENT_BYTES = 24;
    static final int WRITE_BODY_BYTES = 40;
    static final int LOCK_REPLY_BYTES = 24;

    /** The kernel refuses a smaller buffer for requests. */
    static final int LEAST_BUFFER_BYTES = 8192;
    static final int NAME_LIMIT_BYTES = 255;
    static final int TARGET_LIMIT_BYTES = 4095;

    static final int INIT_ASYNC_READ = 1;
    static final int INIT_POSIX_LOCKS = 1 << 1;
    static final int INIT_ATOMIC_O_TRUNC = 1 << 3;
    static final int INIT_BIG_WRITES = 1 << 5;
    static final int INIT_FLOCK_LOCKS = 1 << 10;
    static final int INIT_DO_READDIRPLUS = 1 << 13;
    static final int INIT_READDIRPLUS_AUTO = 1 << 14;
    static final int INIT_PARALLEL_DIROPS = 1 << 18;
    static final int INIT_MAX_PAGES = 1 << 22;

    private FuseProtocol() {}
}
