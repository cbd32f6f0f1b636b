package io.muster.nbd;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.FenceOperation;
import io.muster.nbd.EpochTalk.Answer;
import io.muster.nbd.EpochTalk.Question;
import io.muster.nbd.EpochTalk.Verb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Has the server of a disk refuse the victim's life: method {@code storage-epoch}. The victim may go on running; on that disk it
 * can do nothing any more, and its next life can.
 *
 * <p>The epoch of a node is the number of its life, so to let it through from {@code life + 1} on only ends exactly this life
 * and the ones before. The evidence, {@link EvidenceClass#STORAGE_REFUSED}, is what the server answers after it recorded that,
 * and drained and flushed what was under way ({@link Raise}). It is about this one disk: a node that writes on several needs a
 * device for each in one level.
 */
public final class StorageEpochFence implements FenceMethod {

    public static final String NAME = "storage-epoch";

    private static final Set<String> KEYS = Set.of("control", "disk", "secret");
    private static final int SECRET_LIMIT_BYTES = 4096;
    /** Of an order's time, how much the server may use to drain; the rest is for the way. */
    private static final double SERVER_SHARE = 0.9;

    private SocketAddress control;
    private String disk = "";
    private Optional<byte[]> secret = Optional.empty();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public MemoryClass memoryClass() {
        return MemoryClass.IN_PROCESS;
    }

    /** A newer life is let through, and to look changes nothing. */
    @Override
    public Set<Ability> abilities() {
        return EnumSet.of(Ability.ONE_LIFE, Ability.READ);
    }

    @Override
    public void prepare(Map<String, String> settings) throws FenceFailed {
        Set<String> unknown = new TreeSet<>(settings.keySet());
        unknown.removeAll(KEYS);
        if (!unknown.isEmpty()) {
            throw new FenceFailed("the method \"%s\" does not know %s; it knows %s"
                    .formatted(NAME, unknown, new TreeSet<>(KEYS)));
        }
        disk = settings.getOrDefault("disk", "");
        if (!ExportName.isDisk(disk)) {
            throw new FenceFailed("key \"disk\" is the name under which the server offers the disk, as in `muster disk serve"
                    + " --name data`: 1 to 32 lower-case letters, digits and dashes");
        }
        control = address(settings.getOrDefault("control", ""));
        secret = settings.containsKey("secret") ? Optional.of(secret(Path.of(settings.get("secret")))) : Optional.empty();
        if (secret.isEmpty() && control instanceof InetSocketAddress) {
            throw new FenceFailed("key \"secret\" names a file with what the server at %s knows too; it is left out only with"
                    .formatted(settings.get("control")) + " a Unix socket");
        }
        rehearse();
    }

    private static SocketAddress address(String text) throws FenceFailed {
        if (text.startsWith("/")) {
            return UnixDomainSocketAddress.of(text);
        }
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon > 0 && port > 0 && port < 65536) {
                return InetSocketAddress.createUnresolved(text.substring(0, colon).replaceAll("[\\[\\]]", ""), port);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new FenceFailed("key \"control\" is \"%s\": name the server's control socket, as /run/data.control or"
                .formatted(text) + " 10.0.0.9:10810");
    }

    static byte[] secret(Path file) throws FenceFailed {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.contains(PosixFilePermission.OTHERS_READ)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new FenceFailed("the secret %s may be used by everybody: make it private, chmod 600".formatted(file));
            }
            if (Files.size(file) < EpochTalk.SECRET_LEAST_BYTES || Files.size(file) > SECRET_LIMIT_BYTES) {
                throw new FenceFailed("the secret %s has %d bytes: %d to %d will do".formatted(
                        file, Files.size(file), EpochTalk.SECRET_LEAST_BYTES, SECRET_LIMIT_BYTES));
            }
            return Files.readAllBytes(file);
        } catch (IOException | UncheckedIOException e) {
            throw new FenceFailed("the secret %s cannot be read: %s".formatted(file, e));
        }
    }

    /** Walks the way of a fence once, with a question that changes nothing; a server that is away now may come later. */
    private void rehearse() {
        try {
            EpochCaller.ask(control, secret, new Question(Verb.LOOK, disk, NodeId.of(1), 1, 1));
        } catch (IOException e) {
            // Then a part of the way was not walked.
        }
    }

    @Override
    public Proof fence(Order order) throws FenceFailed, InterruptedException {
        Incarnation victim = order.victim();
        long lowest = victim.life() + 1;
        Verb verb = order.operation() == FenceOperation.READ ? Verb.LOOK : Verb.RAISE;
        long withinMs = Math.clamp((long) (order.timeLimitNs() / 1_000_000 * SERVER_SHARE), 1, 9_999_999);
        Answer answer;
        try {
            answer = EpochCaller.ask(control, secret, new Question(verb, disk, victim.node(), lowest, withinMs));
        } catch (ClosedByInterruptException e) {
            throw new InterruptedException("no answer in time");
        } catch (EpochCaller.Unreachable e) {
            throw new DeviceUnseen(e.getMessage());
        } catch (IOException e) {
            // It may have been raised all the same, which hurts nobody but the victim.
            throw new FenceFailed("the server of disk \"%s\" gave no answer: %s".formatted(disk, e.getMessage()));
        }
        return switch (answer) {
            case Answer.Refuses(String of, var node, long from, String text)
                    when of.equals(disk) && node.equals(victim.node()) && from == lowest ->
                    new Proof(EvidenceClass.STORAGE_REFUSED, "disk \"%s\" lets %s through from epoch %d on only: %s".formatted(
                            of, node, from, text));
            case Answer.Refuses _ -> throw new FenceFailed("the server answers about something else: " + answer.line());
            case Answer.Lets _ -> throw new FenceFailed("disk \"%s\" lets %s through: %s".formatted(disk, victim, answer.line()));
            case Answer.Unknown(String text) -> throw new FenceFailed("the server of disk \"%s\": %s".formatted(disk, text));
        };
    }
}
