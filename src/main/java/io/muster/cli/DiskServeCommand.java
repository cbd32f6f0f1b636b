package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.ExitCode;
import io.muster.daemon.SocketPath;
import io.muster.nbd.ServedDisk;
import io.muster.nbd.ServedFile;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster disk serve}: offers a disk of this machine over NBD, and refuses the lives that were fenced. */
@Command(name = "serve", description = {
        "Offer a device or an image file over NBD, until ended.",
        "Nodes write under NAME/NODE/LIFE, as data/n2/17; everybody else reads NAME. Whoever reaches the address may call"
                + " himself any node: choose loopback, a Unix socket, or a network of the storage alone."})
final class DiskServeCommand implements Callable<Integer> {

    private static final int PORTS = 65536;

    @Spec
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "PATH", description = "A block device, or an image file of whole 4 KiB blocks.")
    Path path;

    @Option(names = "--name", required = true, paramLabel = "NAME",
            description = "The disk's name for clients and fence methods.")
    String name;

    @Option(names = "--listen", paramLabel = "HOST:PORT", description = "Where clients call (default: 127.0.0.1:10809 unless"
            + " --socket is given).")
    String listen = "";

    @Option(names = "--socket", paramLabel = "FILE", description = "A Unix socket for clients; may be added to --listen.")
    Path socket;

    @Option(names = "--control", required = true, paramLabel = "FILE",
            description = "A Unix socket for the fence method storage-epoch; its user may fence.")
    Path control;

    @Option(names = "--control-listen", paramLabel = "HOST:PORT", description = "Also here, for those who know the secret.")
    String controlListen = "";

    @Option(names = "--control-secret", paramLabel = "FILE", description = "What they have to know: 16 to 4096 bytes, chmod 600.")
    Path controlSecret;

    @Option(names = "--state", required = true, paramLabel = "FILE",
            description = "Where the epochs are kept. As precious as the disk: without it fenced nodes could write again.")
    Path state;

    @Option(names = "--found", description = "Make that file if it is not there: when no node was ever fenced from this disk.")
    boolean found;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    boolean help;

    @Override
    public Integer call() throws InterruptedException {
        if (!controlListen.isEmpty() && controlSecret == null) {
            throw new ClusterFault(FaultCode.CLI_1, "--control-listen needs --control-secret FILE.");
        }
        ServedFile device = ServedFile.open(path);
        ServedDisk disk;
        try {
            disk = open(device);
        } catch (ClusterFault e) {
            device.close();
            throw e;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            disk.close();
            device.close();
        }));
        new CountDownLatch(1).await();
        return ExitCode.FINE.number();
    }

    private ServedDisk open(ServedFile device) {
        PrintWriter out = spec.commandLine().getOut();
        ServedDisk disk = ServedDisk.open(name, device, state, found);
        try {
            // Those who fence before those who write.
            out.println("fences: " + shown(disk.listenForFences(unix(control), Optional.empty())));
            if (!controlListen.isEmpty()) {
                out.println("fences: " + shown(disk.listenForFences(tcp(controlListen), Optional.of(controlSecret))));
            }
            if (socket != null) {
                disk.listen(unix(socket));
                out.println("clients: nbd+unix:///%s?socket=%s".formatted(name, socket.toAbsolutePath()));
            }
            if (!listen.isEmpty() || socket == null) {
                SocketAddress where = disk.listen(tcp(listen.isEmpty() ? "127.0.0.1:10809" : listen));
                out.println("clients: nbd://%s/%s".formatted(shown(where), name));
            }
            out.println("serving %s, %d bytes%s".formatted(path, device.bytes(), device.direct()
                    ? "" : "; its file system has no direct access, so the page cache is used"));
            return disk;
        } catch (ClusterFault e) {
            disk.close();
            throw e;
        }
    }

    private static String shown(SocketAddress address) {
        return address instanceof InetSocketAddress tcp ? tcp.getHostString() + ":" + tcp.getPort() : address.toString();
    }

    private static SocketAddress unix(Path file) {
        Path absolute = file.toAbsolutePath();
        if (absolute.toString().getBytes(StandardCharsets.UTF_8).length > SocketPath.LIMIT_BYTES) {
            throw new ClusterFault(FaultCode.CLI_1, "%s is too long for a Unix socket: at most %d bytes.".formatted(
                    absolute, SocketPath.LIMIT_BYTES));
        }
        return UnixDomainSocketAddress.of(absolute);
    }

    private static SocketAddress tcp(String text) {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon > 0 && port >= 0 && port < PORTS) {
                return new InetSocketAddress(text.substring(0, colon).replaceAll("[\\[\\]]", ""), port);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new ClusterFault(FaultCode.CLI_1, "\"%s\" is no address: write HOST:PORT, as 127.0.0.1:10809.".formatted(text));
    }
}
