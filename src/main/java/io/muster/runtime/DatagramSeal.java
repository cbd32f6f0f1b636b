package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Proves that a datagram was made by a member of the cluster, for this node and this link.
 *
 * <pre>
 * offset length meaning
 *      0      n the frame
 *      n      8 the datagram's number: its sender uses none twice in a life ({@link ReplayGuard})
 *    n+8     16 HMAC-SHA256 with the cluster's key over: receiver u8, link u8, frame, number; its first 16 bytes
 * </pre>
 *
 * Receiver and link are covered but not sent: a pulse that is caught and sent on to another node or over another link
 * is refused there, so that each direction of each link stays measured alone. The tag is cut to 128 bits as RFC 2104
 * section 5 allows; guessing one takes 2^127 datagrams. A datagram that is sent again unchanged opens: the guard knows
 * its number.
 *
 * <p>While the cluster changes its key there are two: the first one seals, and each opens (a node's file then has two
 * lines). {@link #use} takes other keys. Usable from any thread.
 */
final class DatagramSeal {

    static final int TAG_BYTES = 16;
    static final int NUMBER_BYTES = 8;
    /** What a seal adds to a frame. */
    static final int ADDED_BYTES = NUMBER_BYTES + TAG_BYTES;
    /** Keys in one file: the one in use, and while it is changed another. */
    static final int KEYS_LIMIT = 2;
    static final int KEY_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";

    private volatile List<SecretKeySpec> keys;
    /** A {@link Mac} is work space for one thread at a time; made anew when its key is not in use any more. */
    private final ThreadLocal<Map<SecretKeySpec, Mac>> macs = ThreadLocal.withInitial(LinkedHashMap::new);

    /** What was sealed. */
    record Opened(byte[] frame, long number) {}

    DatagramSeal(byte[] key) {
        this(List.of(keyOf(key)));
    }

    private DatagramSeal(List<SecretKeySpec> keys) {
        this.keys = List.copyOf(keys);
    }

    /**
     * Reads the cluster's key file: 64 hexadecimal digits, and while the key is changed a second such line.
     *
     * @throws ClusterFault CONFIG_1 when the file cannot be read, is not private or is no key
     */
    static DatagramSeal load(Path file) {
        return new DatagramSeal(read(file));
    }

    /** The keys of a file, for {@link #use}. @throws ClusterFault CONFIG_1 as {@link #load} */
    static List<SecretKeySpec> read(Path file) {
        List<String> lines = new String(PrivateFiles.readSecret(file), StandardCharsets.US_ASCII).lines()
                .map(String::strip).filter(line -> !line.isEmpty()).toList();
        if (lines.isEmpty() || lines.size() > KEYS_LIMIT
                || !lines.stream().allMatch(line -> line.matches("[0-9a-fA-F]{" + 2 * KEY_BYTES + "}"))) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "%s is no datagram key: it should hold %d hexadecimal digits, in one line or in %d; use the file that"
                            .formatted(file, 2 * KEY_BYTES, KEYS_LIMIT) + " `muster init` or `muster trust rotate` made");
        }
        return lines.stream().map(line -> keyOf(HexFormat.of().parseHex(line))).toList();
    }

    /** From now on these: the first one seals, each opens. */
    void use(List<SecretKeySpec> next) {
        keys = List.copyOf(next);
    }

    /** Appends to {@code into} the frame, the number and the tag. */
    void seal(NodeId to, int link, long number, byte[] frame, ByteBuffer into) {
        into.put(frame).putLong(number);
        byte[] sealed = ByteBuffer.allocate(frame.length + NUMBER_BYTES).put(frame).putLong(number).array();
        into.put(tag(keys.getFirst(), to, link, sealed, sealed.length), 0, TAG_BYTES);
    }

    /** What is in a datagram that this node received; empty when its tag fits no key. */
    Optional<Opened> open(NodeId self, int link, byte[] datagram) {
        int length = datagram.length - TAG_BYTES;
        if (length < NUMBER_BYTES) {
            return Optional.empty();
        }
        byte[] found = Arrays.copyOfRange(datagram, length, datagram.length);
        for (SecretKeySpec key : keys) {
            if (MessageDigest.isEqual(Arrays.copyOf(tag(key, self, link, datagram, length), TAG_BYTES), found)) {
                int frameLength = length - NUMBER_BYTES;
                return Optional.of(new Opened(
                        Arrays.copyOf(datagram, frameLength), ByteBuffer.wrap(datagram).getLong(frameLength)));
            }
        }
        return Optional.empty();
    }

    private byte[] tag(SecretKeySpec key, NodeId to, int link, byte[] sealed, int length) {
        Map<SecretKeySpec, Mac> own = macs.get();
        if (own.size() > KEYS_LIMIT) {
            own.clear();
        }
        Mac mac = own.computeIfAbsent(key, DatagramSeal::newMac);
        mac.update((byte) to.number());
        mac.update((byte) link);
        mac.update(sealed, 0, length);
        return mac.doFinal();
    }

    private static SecretKeySpec keyOf(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key of %d bytes instead of %d".formatted(key.length, KEY_BYTES));
        }
        return new SecretKeySpec(key, ALGORITHM);
    }

    private static Mac newMac(SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
