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
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Proves that a datagram was made by a member of the cluster, for this node and this link.
 *
 * <pre>
 * offset length meaning
 *      0      n the frame
 *      n     16 HMAC-SHA256 with the cluster's key over: receiver u8, link u8, the frame; its first 16 bytes
 * </pre>
 *
 * Receiver and link are covered but not sent: a pulse that is caught and sent on to another node or over another link
 * is refused there, so that each direction of each link stays measured alone. The tag is cut to 128 bits as RFC 2104
 * section 5 allows; guessing one takes 2^127 datagrams. A datagram that is sent again unchanged passes: pulses carry
 * a sequence, and old ones are ignored by the heartbeat. Usable from any thread.
 */
final class DatagramSeal {

    static final int TAG_BYTES = 16;
    static final int KEY_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;
    /** A {@link Mac} is work space for one thread at a time. */
    private final ThreadLocal<Mac> macs = ThreadLocal.withInitial(this::newMac);

    DatagramSeal(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key of %d bytes instead of %d".formatted(key.length, KEY_BYTES));
        }
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /**
     * Reads the cluster's key file: 64 hexadecimal digits.
     *
     * @throws ClusterFault CONFIG_1 when the file cannot be read, is not private or is no key
     */
    static DatagramSeal load(Path file) {
        String text = new String(PrivateFiles.readSecret(file), StandardCharsets.US_ASCII).strip();
        if (!text.matches("[0-9a-fA-F]{" + 2 * KEY_BYTES + "}")) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "%s is no datagram key: it should hold %d hexadecimal digits; use the file that `muster init` made"
                            .formatted(file, 2 * KEY_BYTES));
        }
        return new DatagramSeal(HexFormat.of().parseHex(text));
    }

    /** Appends to {@code into} the frame and its tag. */
    void seal(NodeId to, int link, byte[] frame, ByteBuffer into) {
        into.put(frame).put(tag(to, link, frame, frame.length), 0, TAG_BYTES);
    }

    /** The frame of a datagram that this node received; empty when its tag is wrong. Takes the same time either way. */
    Optional<byte[]> open(NodeId self, int link, byte[] datagram) {
        int length = datagram.length - TAG_BYTES;
        if (length < 0) {
            return Optional.empty();
        }
        byte[] wanted = Arrays.copyOf(tag(self, link, datagram, length), TAG_BYTES);
        byte[] found = Arrays.copyOfRange(datagram, length, datagram.length);
        return MessageDigest.isEqual(wanted, found)
                ? Optional.of(Arrays.copyOf(datagram, length))
                : Optional.empty();
    }

    private byte[] tag(NodeId to, int link, byte[] frame, int length) {
        Mac mac = macs.get();
        mac.update((byte) to.number());
        mac.update((byte) link);
        mac.update(frame, 0, length);
        return mac.doFinal();
    }

    private Mac newMac() {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
