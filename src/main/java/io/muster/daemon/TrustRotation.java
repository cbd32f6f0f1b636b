package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.runtime.Certificates;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Changes all that a cluster trusts, its authority included, while it runs. Three steps; after each one the files of every
 * node are carried to its machine and every daemon reads them ({@code muster trust reload}) before the next step is made.
 *
 * <pre>
 * step     a node shows         a node accepts            datagrams are sealed with, opened with
 * before   old certificate      old authority             old        old
 * BEGIN    old certificate      old and new authority     old        old, new
 * SWITCH   new certificate      old and new authority     new        old, new
 * END      new certificate      new authority             new        new
 * </pre>
 *
 * Whoever is one step behind or ahead of another understands it in both directions; that is the whole argument. A step that
 * was interrupted may be made again. The new authority waits in {@code FOLDER/authority/next}, and what it took the place of
 * is kept in {@code FOLDER/authority/before}.
 */
public final class TrustRotation {

    static final String NEXT = "next";
    static final String BEFORE = "before";

    /** What there is to do, in order. */
    public enum Step { BEGIN, SWITCH, END }

    private final Path folder;
    private final Path authority;
    private final Path next;
    private final ClusterId cluster;
    private final NodeSet nodes;

    private TrustRotation(Path folder, ClusterId cluster, NodeSet nodes) {
        this.folder = folder;
        this.authority = folder.resolve(ClusterFounder.AUTHORITY);
        this.next = authority.resolve(NEXT);
        this.cluster = cluster;
        this.nodes = nodes;
    }

    /**
     * Opens the folder that {@code muster init} made.
     *
     * @throws ClusterFault CONFIG-1 when it has no authority or no nodes
     */
    public static TrustRotation of(Path folder) {
        if (!Files.isRegularFile(folder.resolve(ClusterFounder.AUTHORITY).resolve("ca-key.pem"))) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "%s holds no authority: name the folder in which `muster init` founded the cluster.".formatted(folder));
        }
        List<NodeId> found = new ArrayList<>();
        Optional<ClusterId> cluster = Optional.empty();
        for (int number = 1; number < NodeId.LIMIT; number++) {
            Path config = folder.resolve("n" + number).resolve(DaemonConfig.FILE);
            if (Files.exists(config)) {
                found.add(NodeId.of(number));
                cluster = cluster.or(() -> Optional.of(ConfigReader.read(config).cluster()));
            }
        }
        ClusterId id = cluster.orElseThrow(() -> new ClusterFault(FaultCode.CONFIG_1,
                "%s holds no folder of a node: name the folder in which `muster init` founded the cluster.".formatted(folder)));
        return new TrustRotation(folder, id, NodeSet.of(found));
    }

    /**
     * Makes one step.
     *
     * @param until the last moment of the new certificates; asked for by {@link Step#BEGIN} only
     * @return the nodes whose files have changed
     * @throws ClusterFault CONFIG-1 when another step is due, DATA-4 when a file cannot be written
     */
    public NodeSet make(Step step, Instant until) {
        try {
            switch (step) {
                case BEGIN -> begin(until);
                case SWITCH -> change();
                case END -> end();
            }
        } catch (NoSuchFileException e) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "%s is missing, so `muster trust rotate %s` is not due: make BEGIN, SWITCH and END in this order."
                            .formatted(e.getFile(), step.name().toLowerCase(java.util.Locale.ROOT)), e);
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s cannot be changed (%s): free space or make it writable."
                    .formatted(folder, e), e);
        }
        return nodes;
    }

    private void begin(Instant until) throws IOException {
        if (!Files.exists(next)) {
            // Made aside, so that what is there is whole.
            Path making = authority.resolve(NEXT + ".making");
            clear(making);
            Certificates.found(making, cluster, nodes, until);
            Files.move(making, next, StandardCopyOption.ATOMIC_MOVE);
        } else if (shows(nodes.iterator().next())) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "the nodes show new certificates already: end that change with `muster trust rotate end` first.");
        }
        for (NodeId node : nodes) {
            put(node, "ca.pem", joined(authority.resolve("ca.pem"), next.resolve("ca.pem")));
            put(node, "datagram.key", joined(Certificates.datagramKey(authority), Certificates.datagramKey(next)));
        }
    }

    private void change() throws IOException {
        for (NodeId node : nodes) {
            RuntimeConfig.TlsFiles files = Certificates.files(next, node);
            put(node, files.key().getFileName().toString(), Files.readAllBytes(files.key()));
            put(node, files.certificate().getFileName().toString(), Files.readAllBytes(files.certificate()));
            put(node, "datagram.key", joined(Certificates.datagramKey(next), Certificates.datagramKey(authority)));
        }
    }

    private void end() throws IOException {
        Files.readAllBytes(next.resolve("ca.pem"));
        for (NodeId node : nodes) {
            if (!shows(node)) {
                throw new ClusterFault(FaultCode.CONFIG_1, ("%s still shows its old certificate, which nobody would accept"
                        + " afterwards: make `muster trust rotate switch` first.").formatted(node));
            }
        }
        for (NodeId node : nodes) {
            put(node, "ca.pem", Files.readAllBytes(next.resolve("ca.pem")));
            put(node, "datagram.key", Files.readAllBytes(Certificates.datagramKey(next)));
        }
        Path before = authority.resolve(BEFORE);
        clear(before);
        Files.createDirectory(before, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        for (Path file : files(authority)) {
            Files.move(file, before.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
        }
        for (Path file : files(next)) {
            Files.move(file, authority.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
        }
        Files.delete(next);
    }

    /** Whether the node's folder holds its new certificate. */
    private boolean shows(NodeId node) throws IOException {
        Path name = Certificates.files(Path.of(""), node).certificate();
        return Files.mismatch(next.resolve(name), folder.resolve(node.toString()).resolve(name)) < 0;
    }

    private void put(NodeId node, String name, byte[] content) throws IOException {
        Path file = folder.resolve(node.toString()).resolve(name);
        Path aside = file.resolveSibling(name + ".next");
        Files.deleteIfExists(aside);
        Files.createFile(aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(aside, content);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] joined(Path first, Path second) throws IOException {
        return (Files.readString(first).strip() + "\n" + Files.readString(second).strip() + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static void clear(Path place) throws IOException {
        if (Files.isDirectory(place)) {
            for (Path file : files(place)) {
                Files.delete(file);
            }
            Files.delete(place);
        }
    }

    private static List<Path> files(Path place) throws IOException {
        try (var all = Files.list(place)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
