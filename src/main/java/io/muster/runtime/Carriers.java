package io.muster.runtime;

import io.muster.node.NodeInput;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * On how many of its links this node has a carrier: evidence of who is cut off when two do not hear each other (rule V3, 003-36).
 * Linux tells it of each interface in {@code /sys/class/net/NAME/carrier}; where it does not, the link counts as having one, so
 * that what is not known never speaks against a node.
 */
final class Carriers implements AutoCloseable {

    /** Between two looks. */
    static final long EVERY_MS = 250;
    private static final Path INTERFACES = Path.of("/sys/class/net");

    private final List<InetAddress> links;
    private final Mailbox mailbox;
    private final Thread thread;

    /** @param links of this node; their names are looked up here, and never again */
    Carriers(List<RuntimeConfig.Endpoint> links, Mailbox mailbox) {
        this.links = links.stream().map(link -> link.resolve().getAddress()).toList();
        this.mailbox = mailbox;
        this.thread = Thread.ofPlatform().name("muster-carrier").daemon().unstarted(this::watch);
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /** Told at the start, too: a node of which nothing is known is worth no less than one that has lost its carrier. */
    private void watch() {
        int told = -1;
        try {
            while (true) {
                int now = count();
                if (now != told && mailbox.offer(new NodeInput.Carrier(now))) {
                    told = now;
                }
                Thread.sleep(EVERY_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int count() {
        int count = 0;
        for (InetAddress link : links) {
            count += interfaceOf(link).map(name -> has(INTERFACES.resolve(name))).orElse(true) ? 1 : 0;
        }
        return count;
    }

    private static Optional<String> interfaceOf(InetAddress address) {
        try {
            return address.isAnyLocalAddress()
                    ? Optional.empty()
                    : Optional.ofNullable(NetworkInterface.getByInetAddress(address)).map(NetworkInterface::getName);
        } catch (SocketException e) {
            return Optional.empty();
        }
    }

    /** @param folder of one interface: its file {@code carrier} holds 1 or 0, and cannot be read while the interface is down */
    static boolean has(Path folder) {
        if (!Files.exists(folder.resolve("carrier"))) {
            return true;
        }
        try {
            return !Files.readString(folder.resolve("carrier")).strip().equals("0");
        } catch (IOException e) {
            return false;
        }
    }
}
