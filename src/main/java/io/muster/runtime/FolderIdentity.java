package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Whose data folder it is: the file {@code identity}, text that people may read and nobody may change.
 *
 * <pre>
 * muster-data 1
 * cluster 32 hexadecimal digits
 * node n3
 * record 16 hexadecimal digits
 * ledger-bytes 1056768
 * founded 2026-11-20T09:30:00Z
 * check CRC-32C of all before this line, 8 hexadecimal digits
 * </pre>
 *
 * @param recordId    under which the cluster knows the acceptor record in this folder (rule L8)
 * @param ledgerBytes length of that record's file
 * @param foundedAt   for people only
 */
public record FolderIdentity(ClusterId cluster, NodeId node, long recordId, int ledgerBytes, String foundedAt) {

    static final int FORMAT = 1;
    static final String FILE = "identity";
    /** The file is shorter than this. */
    static final int LIMIT_BYTES = 4096;

    private static final String HEAD = "muster-data ";
    private static final String CHECK = "check ";

    public FolderIdentity {
        if (!foundedAt.matches("[0-9A-Za-z:.+-]{1,64}")) {
            throw new IllegalArgumentException("\"%s\" is not a time in ISO 8601".formatted(foundedAt));
        }
        if (ledgerBytes < 1) {
            throw new IllegalArgumentException("a ledger of %d bytes".formatted(ledgerBytes));
        }
    }

    byte[] encode() {
        String text = HEAD + FORMAT + "\ncluster " + cluster + "\nnode " + node + "\nrecord %016x".formatted(recordId)
                + "\nledger-bytes " + ledgerBytes + "\nfounded " + foundedAt + "\n";
        return (text + CHECK + checksum(text) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Reads {@link #encode()}.
     *
     * @param file for the message
     * @throws ClusterFault DATA_3 for a newer format, DATA_5 for anything else that is not an identity
     */
    static FolderIdentity decode(byte[] content, Path file) {
        String text = new String(content, StandardCharsets.US_ASCII);
        requireKnownFormat(text, file);
        int check = text.lastIndexOf(CHECK);
        if (check < 0 || !text.substring(check).equals(CHECK + checksum(text.substring(0, check)) + "\n")) {
            throw damaged(file, "its checksum does not fit its text");
        }
        Map<String, String> values = new LinkedHashMap<>();
        text.substring(0, check).lines().forEach(line -> {
            int space = line.indexOf(' ');
            values.put(line.substring(0, Math.max(0, space)), line.substring(space + 1));
        });
        try {
            return new FolderIdentity(
                    ClusterId.parse(value(values, "cluster")),
                    NodeId.parse(value(values, "node")),
                    Long.parseUnsignedLong(value(values, "record"), 16),
                    Integer.parseInt(value(values, "ledger-bytes")),
                    value(values, "founded"));
        } catch (IllegalArgumentException e) {
            throw damaged(file, e.getMessage());
        }
    }

    /** The format is read before anything else, for whatever else a newer one holds cannot be known. */
    private static void requireKnownFormat(String text, Path file) {
        String first = text.lines().findFirst().orElse("");
        if (!first.matches(HEAD + "[1-9][0-9]{0,8}")) {
            throw damaged(file, "it does not begin with \"%s\"".formatted(HEAD.strip()));
        }
        int format = Integer.parseInt(first.substring(HEAD.length()));
        if (format > FORMAT) {
            throw new ClusterFault(FaultCode.DATA_3,
                    "%s has format %d and this program knows up to %d: use the newer program; nothing was changed"
                            .formatted(file, format, FORMAT));
        }
    }

    private static String value(Map<String, String> values, String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("the line \"%s\" is missing".formatted(key));
        }
        return value;
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return "%08x".formatted(crc.getValue());
    }

    private static ClusterFault damaged(Path file, String why) {
        return new ClusterFault(FaultCode.DATA_5,
                "%s is damaged (%s): give the node a new record with `muster ledger fresh`; nothing was changed"
                        .formatted(file, why));
    }
}
