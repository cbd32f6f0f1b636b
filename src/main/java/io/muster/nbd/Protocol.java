package io.muster.nbd;

/**
 * Numbers of the NBD protocol (fixed newstyle; NetworkBlockDevice/nbd doc/proto.md). All integers are big-endian.
 *
 * <p>What is left out of the protocol: TLS, meta contexts, extended headers, TRIM (a {@link io.muster.block.BlockDevice} has
 * none), CACHE and sparse answers. What is left out is not advertised, and refused when it is asked for all the same.
 */
final class Protocol {

    static final long MAGIC = 0x4e42444d41474943L;
    static final long OPTION_MAGIC = 0x49484156454F5054L;
    static final long REPLY_MAGIC = 0x3e889045565a9L;
    static final int REQUEST_MAGIC = 0x25609513;
    static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    static final int CHUNK_MAGIC = 0x668e33ef;

    /** The server's flags and the client's have the same bits. */
    static final int FIXED_NEWSTYLE = 1;
    static final int NO_ZEROES = 2;

    static final int OPTION_EXPORT_NAME = 1;
    static final int OPTION_ABORT = 2;
    static final int OPTION_LIST = 3;
    static final int OPTION_INFO = 6;
    static final int OPTION_GO = 7;
    static final int OPTION_STRUCTURED = 8;

    static final int REPLY_ACK = 1;
    static final int REPLY_SERVER = 2;
    static final int REPLY_INFO = 3;
    private static final int ERROR = 1 << 31;
    static final int REPLY_UNSUPPORTED = ERROR + 1;
    static final int REPLY_POLICY = ERROR + 2;
    static final int REPLY_INVALID = ERROR + 3;
    static final int REPLY_UNKNOWN = ERROR + 6;
    static final int REPLY_SHUTDOWN = ERROR + 7;

    static final int INFO_EXPORT = 0;
    static final int INFO_BLOCK_SIZE = 3;

    static final int HAS_FLAGS = 1;
    static final int READ_ONLY = 1 << 1;
    static final int SEND_FLUSH = 1 << 2;
    static final int SEND_FUA = 1 << 3;
    static final int SEND_WRITE_ZEROES = 1 << 6;
    static final int CAN_MULTI_CONN = 1 << 8;

    static final int READ = 0;
    static final int WRITE = 1;
    static final int DISCONNECT = 2;
    static final int FLUSH = 3;
    static final int WRITE_ZEROES = 6;

    static final int FLAG_FUA = 1;
    static final int FLAG_NO_HOLE = 2;

    static final int CHUNK_DONE = 1;
    static final int CHUNK_DATA = 1;
    static final int CHUNK_ERROR = 0x8001;

    static final int OK = 0;
    static final int EPERM = 1;
    static final int EIO = 5;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    /** Of a former epoch: the storage refuses this life for ever. */
    static final int ESHUTDOWN = 108;

    static final int REQUEST_BYTES = 28;
    static final int SIMPLE_REPLY_BYTES = 16;
    static final int CHUNK_BYTES = 20;
    /** Zeros that end the answer to EXPORT_NAME. */
    static final int ZEROES = 124;

    /** The most data in one request or answer. */
    static final int PAYLOAD_LIMIT_BYTES = 8 * 1024 * 1024;
    /** Longest data of one option, and of an answer to one. */
    static final int OPTION_LIMIT_BYTES = 8192;
    /** Options of one handshake, and answers to one option. */
    static final int OPTIONS_LIMIT = 64;

    private Protocol() {}
}
