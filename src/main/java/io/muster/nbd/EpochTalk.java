package io.muster.nbd;

import io.muster.base.NodeId;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a fence is asked for: lines of text, one question a connection.
 *
 * <pre>
 * server  muster-epochs 1 NONCE
 * caller  raise DISK NODE LOWEST WITHIN_MS [MAC]     let the node through from epoch LOWEST on only
 *         look DISK NODE LOWEST WITHIN_MS [MAC]      is that so?
 * server  refuses DISK NODE LOWEST TEXT  [MAC]       yes: nothing below reaches the disk any more
 *         lets DISK NODE EPOCH TEXT [MAC]            no: from this lower epoch on everything is let through
 *         not TEXT [MAC]                             it is not known to be so; nothing may be concluded
 * </pre>
 *
 * <p>On a Unix socket the socket's permissions say who may ask, and MAC is left out. Over TCP both sides know a secret: MAC is
 * the HMAC-SHA256 of all lines so far, joined by line ends, in hexadecimal. The nonce is the server's and new each time, so
 * that neither question nor answer can be said again by somebody who heard them.
 */
final class EpochTalk {

    static final int LINE_LIMIT_BYTES = 1024;
    static final String GREETING = "muster-epochs 1 ";
    static final int NONCE_BYTES = 16;
    /** Shorter secrets can be guessed. */
    static final int SECRET_LEAST_BYTES = 16;

    private static final int MAC_DIGITS = 64;
    private static final Pattern QUESTION =
            Pattern.compile("(raise|look) ([a-z0-9-]{1,32}) (n[1-9][0-9]?) ([1-9][0-9]{0,17}) ([1-9][0-9]{0,6})");
    private static final Pattern ANSWER =
            Pattern.compile("(refuses|lets) ([a-z0-9-]{1,32}) (n[1-9][0-9]?) ([0-9]{1,18}) (.*)");

    enum Verb { RAISE, LOOK }

    /** @param lowest epochs below are to be refused */
    record Question(Verb verb, String disk, NodeId node, long lowest, long withinMs) {

        String line() {
            return "%s %s %s %d %d".formatted(verb == Verb.RAISE ? "raise" : "look", disk, node, lowest, withinMs);
        }

        static Optional<Question> parse(String line) {
            Matcher parts = QUESTION.matcher(line);
            if (!parts.matches() || Integer.parseInt(parts.group(3).substring(1)) >= NodeId.LIMIT) {
                return Optional.empty();
            }
            return Optional.of(new Question(parts.group(1).equals("raise") ? Verb.RAISE : Verb.LOOK, parts.group(2),
                    NodeId.parse(parts.group(3)), Long.parseLong(parts.group(4)), Long.parseLong(parts.group(5))));
        }
    }

    /** What the server says. */
    sealed interface Answer {

        String text();

        record Refuses(String disk, NodeId node, long lowest, String text) implements Answer {}

        record Lets(String disk, NodeId node, long lowest, String text) implements Answer {}

        record Unknown(String text) implements Answer {}

        default String line() {
            String line = switch (this) {
                case Refuses(String disk, NodeId node, long lowest, String text) ->
                        "refuses %s %s %d %s".formatted(disk, node, lowest, text);
                case Lets(String disk, NodeId node, long lowest, String text) ->
                        "lets %s %s %d %s".formatted(disk, node, lowest, text);
                case Unknown(String text) -> "not " + text;
            };
            String oneLine = line.replaceAll("\\s+", " ");
            return oneLine.substring(0, Math.min(oneLine.length(), LINE_LIMIT_BYTES / 2));
        }

        static Answer parse(String line) {
            Matcher parts = ANSWER.matcher(line);
            if (!parts.matches() || Integer.parseInt(parts.group(3).substring(1)) >= NodeId.LIMIT) {
                return new Unknown(line.startsWith("not ") ? line.substring(4) : "an answer that is none: " + line);
            }
            NodeId node = NodeId.parse(parts.group(3));
            long lowest = Long.parseLong(parts.group(4));
            return parts.group(1).equals("refuses")
                    ? new Refuses(parts.group(2), node, lowest, parts.group(5))
                    : new Lets(parts.group(2), node, lowest, parts.group(5));
        }
    }

    private final SocketChannel channel;
    private final Optional<byte[]> secret;
    private final StringBuilder sofar = new StringBuilder();

    EpochTalk(SocketChannel channel, Optional<byte[]> secret) {
        this.channel = channel;
        this.secret = secret;
    }

    /** The next line as it is. */
    String hear() throws IOException {
        String line = line();
        sofar.append(line).append('\n');
        return line;
    }

    /** The next line without its MAC. @throws IOException when a secret is needed and the other end does not know it */
    String hearSealed() throws IOException {
        if (secret.isEmpty()) {
            return hear();
        }
        String line = line();
        int space = line.length() - MAC_DIGITS - 1;
        if (space < 0 || line.charAt(space) != ' ') {
            throw new IOException("the other end gives no proof that it knows the secret");
        }
        String words = line.substring(0, space);
        sofar.append(words).append('\n');
        if (!MessageDigest.isEqual(line.substring(space + 1).getBytes(StandardCharsets.UTF_8),
                mac().getBytes(StandardCharsets.UTF_8))) {
            throw new IOException("the other end does not know the secret");
        }
        return words;
    }

    void say(String line) throws IOException {
        sofar.append(line).append('\n');
        send(line);
    }

    void saySealed(String line) throws IOException {
        sofar.append(line).append('\n');
        send(secret.isEmpty() ? line : line + " " + mac());
    }

    private void send(String line) throws IOException {
        Streams.writeFully(channel, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    private String line() throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        byte[] bytes = new byte[LINE_LIMIT_BYTES];
        for (int length = 0; length < bytes.length; length++) {
            if (channel.read(one.clear()) < 0) {
                throw new EOFException("the other end closed the connection");
            }
            if (one.get(0) == '\n') {
                return new String(bytes, 0, length, StandardCharsets.UTF_8);
            }
            bytes[length] = one.get(0);
        }
        throw new IOException("a line is longer than %d bytes".formatted(LINE_LIMIT_BYTES));
    }

    private String mac() throws IOException {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.orElseThrow(), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(sofar.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IOException("this Java cannot compute an HMAC", e);
        }
    }
}
