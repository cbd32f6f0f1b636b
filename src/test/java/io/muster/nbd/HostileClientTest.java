package io.muster.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever strangers send, the server goes on, its nodes are served and nothing is written. */
@Timeout(60)
class HostileClientTest {

    private static final int BLOCK = 4096;
    private static final int RUNS = 400;

    @TempDir
    Path folder;

    private static SocketChannel connected(ServerRig rig) throws IOException {
        SocketChannel channel = Streams.open(rig.clients);
        channel.connect(rig.clients);
        return channel;
    }

    /** A handshake that would do, then requests that would. */
    private static byte[] honest(Prng chance, String export) {
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(4096 * 4);
        bytes.putInt(3);
        if (chance.chance(0.5)) {
            bytes.putLong(Protocol.OPTION_MAGIC).putInt(Protocol.OPTION_STRUCTURED).putInt(0);
        }
        bytes.putLong(Protocol.OPTION_MAGIC).putInt(Protocol.OPTION_LIST).putInt(0);
        bytes.putLong(Protocol.OPTION_MAGIC).putInt(Protocol.OPTION_GO).putInt(name.length + 6)
                .putInt(name.length).put(name).putShort((short) 0);
        for (int i = 0; i < 8; i++) {
            int type = chance.nextInt(8);
            long offset = (long) chance.nextInt(20) * BLOCK;
            new RequestHead(Protocol.REQUEST_MAGIC, chance.nextInt(4), type, i, offset, BLOCK).write(bytes);
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    @Test
    @DisplayName("honest talk with drawn bytes changed or cut off breaks nothing, and strangers write nothing")
    void changedBytesBreakNothing() throws Exception {
        Prng chance = new Prng(11);
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(16, BLOCK)); NbdDevice node = rig.device(1, 1)) {
            for (int run = 0; run < RUNS; run++) {
                byte[] talk = honest(chance, chance.chance(0.8) ? "data" : "data/n99/0");
                for (int changes = chance.nextInt(4); changes > 0; changes--) {
                    talk[chance.nextInt(talk.length)] = (byte) chance.nextLong();
                }
                try (SocketChannel channel = connected(rig)) {
                    Streams.writeFully(channel, ByteBuffer.wrap(talk, 0, 1 + chance.nextInt(talk.length)));
                    channel.shutdownOutput();
                    drain(channel);
                } catch (IOException e) {
                    // It was cut off, as it may be.
                }
            }
            node.read(0, ByteBuffer.allocate(BLOCK));
            assertThat(rig.disk.writes.get()).isZero();
        }
    }

    private static void drain(SocketChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(64 * 1024);
        while (channel.read(bytes.clear()) >= 0) {
            // Until the server has closed too.
        }
    }

    @Test
    @DisplayName("callers who say nothing take only places of strangers, and a node that is connected is served")
    void silentCallersHoldUpNobody() throws Exception {
        List<SocketChannel> silent = new ArrayList<>();
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(16, BLOCK)); NbdDevice node = rig.device(1, 1)) {
            int refused = 0;
            for (int i = 0; i < NbdServer.CONNECTIONS_LIMIT; i++) {
                SocketChannel channel = connected(rig);
                silent.add(channel);
                refused += channel.read(ByteBuffer.allocate(18)) < 0 ? 1 : 0;
            }
            assertThat(refused).isEqualTo(NbdServer.CONNECTIONS_LIMIT - NbdServer.STRANGERS_LIMIT);
            node.write(0, ServerRig.block(BLOCK, 1));
        } finally {
            silent.forEach(Streams::closeQuietly);
        }
    }

    @Test
    @DisplayName("a caller that stops in the middle of a handshake or of a request is cut off")
    void aStalledCallerIsCutOff() throws Exception {
        try (EpochFile file = EpochFile.open(folder.resolve("epochs"), "data", true)) {
            NbdServer server = new NbdServer(
                    "data", new MemoryDisk(16, BLOCK), EpochStore.open(file, "data", "x"), 50_000_000L);
            var address = server.listen(UnixDomainSocketAddress.of(folder.resolve("s")));
            try (server; SocketChannel shaking = Streams.open(address); SocketChannel writing = Streams.open(address)) {
                shaking.connect(address);
                drain(shaking);
                writing.connect(address);
                byte[] talk = honest(new Prng(1), "data/n1/1");
                int requests = 8 * Protocol.REQUEST_BYTES;
                Streams.writeFully(writing, ByteBuffer.wrap(talk, 0, talk.length - requests));
                ByteBuffer head = ByteBuffer.allocate(Protocol.REQUEST_BYTES + 100);
                new RequestHead(Protocol.REQUEST_MAGIC, 0, Protocol.WRITE, 1, 0, BLOCK).write(head);
                Streams.writeFully(writing, head.clear());
                drain(writing);
            }
        }
    }

    @Test
    @DisplayName("requests that cannot be are refused one by one with the error that fits, and the connection goes on")
    void whatCannotBeIsRefused() {
        MemoryDisk disk = new MemoryDisk(16, BLOCK);
        long end = disk.bytes();
        record Case(int flags, int type, long offset, long length, int error) {}
        for (Case each : List.of(
                new Case(0, Protocol.READ, 0, BLOCK, Protocol.OK),
                new Case(0, Protocol.READ, 1, BLOCK, Protocol.EINVAL),
                new Case(0, Protocol.READ, 0, 0, Protocol.EINVAL),
                new Case(0, Protocol.READ, end, BLOCK, Protocol.EINVAL),
                new Case(0, Protocol.READ, -BLOCK, BLOCK, Protocol.EINVAL),
                new Case(0, Protocol.READ, 0, 0xFFFFF000L, Protocol.EINVAL),
                new Case(0, Protocol.WRITE, end - BLOCK, 2 * BLOCK, Protocol.ENOSPC),
                new Case(0, Protocol.WRITE, Long.MAX_VALUE - BLOCK + 1, BLOCK, Protocol.ENOSPC),
                new Case(64, Protocol.WRITE, 0, BLOCK, Protocol.EINVAL),
                new Case(1, Protocol.WRITE, 0, BLOCK, Protocol.OK),
                new Case(0, Protocol.WRITE_ZEROES, 0, 0xFFFFF000L, Protocol.ENOSPC),
                new Case(16, Protocol.WRITE_ZEROES, 0, BLOCK, Protocol.EINVAL),
                new Case(0, Protocol.FLUSH, 0, 0, Protocol.OK),
                new Case(0, 4, 0, BLOCK, Protocol.EINVAL),
                new Case(0, 77, 0, BLOCK, Protocol.EINVAL))) {
            RequestHead head =
                    new RequestHead(Protocol.REQUEST_MAGIC, each.flags(), each.type(), 1, each.offset(), each.length());
            assertThat(head.refusal(disk, false)).as(each.toString()).isEqualTo(each.error());
            if (each.type() == Protocol.WRITE || each.type() == Protocol.WRITE_ZEROES) {
                assertThat(head.refusal(disk, true)).isEqualTo(Protocol.EPERM);
            }
        }
        assertThat(new RequestHead(Protocol.REQUEST_MAGIC, 0, Protocol.WRITE, 1, 0, 0xFFFFF000L).isHopeless()).isTrue();
        assertThat(new RequestHead(1, 0, Protocol.READ, 1, 0, BLOCK).isHopeless()).isTrue();
    }

    @Test
    @DisplayName("only names of the form DISK and DISK/NODE/EPOCH are names")
    void namesAreStrict() {
        for (String good : List.of("data", "data/n2/17", "d-1/n64/999999999999999999")) {
            assertThat(ExportName.parse(good).map(ExportName::toString)).contains(good);
        }
        for (String bad : List.of("", "Data", "data/", "data/n0/1", "data/n65/1", "data/n2/0", "data/n2/-1", "data/n2/017",
                "data/n2/9999999999999999999", "data/n2/1/", "data/n2", "data\n", "../data", "data/n2/1 ", "data/n\u0662/1")) {
            assertThat(ExportName.parse(bad)).as(bad).isEqualTo(Optional.empty());
        }
    }
}
