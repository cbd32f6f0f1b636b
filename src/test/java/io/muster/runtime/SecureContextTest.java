package io.muster.runtime;

import static io.muster.runtime.Inbox.awaitCount;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.node.NodeInput;
import io.muster.runtime.Counters.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecureContextTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final ClusterId OTHER = new ClusterId(1, 2);

    @TempDir
    Path folder;

    private TestCluster cluster;

    @BeforeEach
    void found() {
        cluster = new TestCluster(folder.resolve("keys"), 2, 1);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    @DisplayName("two nodes speak TLS 1.3 and each knows the other by its certificate")
    void bothEndsKnowEachOther() throws Exception {
        cluster.start(1, 1);
        try (SSLSocket stream = cluster.secure(2).dialled(
                new Socket(InetAddress.getLoopbackAddress(), cluster.stream(1).port()))) {
            assertThat(TestCluster.introduce(stream, Incarnation.of(2, 1))).isEqualTo(Dialler.WELCOME);
            assertThat(stream.getSession().getProtocol()).isEqualTo("TLSv1.3");
            assertThat(cluster.secure(2).peer(stream.getSession())).isEqualTo(N1);
        }
    }

    @Test
    @DisplayName("a peer that resumes its TLS session is known as well as at its first handshake")
    void aResumedSessionKnowsItsPeer() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        SecureContext one = cluster.secure(2);
        SortedSet<Long> handshakes = new TreeSet<>();
        for (int round = 0; round < 3; round++) {
            try (SSLSocket stream = one.dialled(
                    new Socket(InetAddress.getLoopbackAddress(), cluster.stream(1).port()))) {
                stream.startHandshake();
                assertThat(TestCluster.introduce(stream, Incarnation.of(2, 1))).isEqualTo(Dialler.WELCOME);
                assertThat(one.peer(stream.getSession())).isEqualTo(N1);
                stream.getOutputStream().write(new TestFrames(TestCluster.CLUSTER, Incarnation.of(2, 1))
                        .encode(TestFrames.Words.of("round " + round)));
                n1.inbox().await(new NodeInput.Arrived(
                        Incarnation.of(2, 1), TestFrames.Words.of("round " + round)));
                handshakes.add(stream.getSession().getCreationTime());
            }
            n1.inbox().await(new NodeInput.StreamClosed(N2));
        }
        assertThat(n1.counters().count(Kind.PEER_REFUSED)).isZero();
        assertThat(handshakes).as("all rounds go back to one").hasSize(1);
    }

    @Test
    @DisplayName("a certificate of another authority is refused, although it names a node of this cluster")
    void anotherAuthorityIsRefused() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        Path strangers = folder.resolve("strangers");
        Certificates.found(strangers, TestCluster.CLUSTER, NodeSet.of(N2));
        // Theirs, so that they can use it, and ours, so that they take us for their own.
        Files.write(strangers.resolve("ca.pem"), Files.readAllBytes(cluster.keys().resolve("ca.pem")),
                StandardOpenOption.APPEND);
        assertRefused(SecureContext.load(Certificates.files(strangers, N2), TestCluster.CLUSTER, N2));
        awaitCount(n1.counters(), Kind.HANDSHAKE_FAILED, 1);
    }

    @Test
    @DisplayName("LINK-1: a certificate of our authority for another cluster is refused")
    void anotherClusterIsRefused() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        Path others = copyOfAuthority("others");
        Certificates.open(others, OTHER).issue(N2);
        assertRefused(SecureContext.load(Certificates.files(others, N2), OTHER, N2));
        awaitCount(n1.counters(), Kind.PEER_REFUSED, 1);
    }

    @Test
    @DisplayName("LINK-1: a node that is not configured is refused")
    void aNodeThatIsNotConfiguredIsRefused() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        Certificates.open(cluster.keys(), TestCluster.CLUSTER).issue(NodeId.of(9));
        assertRefused(cluster.secure(9));
        awaitCount(n1.counters(), Kind.PEER_REFUSED, 1);
        assertRefused(cluster.secure(1));
        awaitCount(n1.counters(), Kind.PEER_REFUSED, 2);
    }

    @Test
    @DisplayName("LINK-1: who answers at a peer's address with another node's certificate is refused, again and again")
    void theWrongNodeAtAnAddressIsRefused() throws Exception {
        Certificates.open(cluster.keys(), TestCluster.CLUSTER).issue(NodeId.of(3));
        SecureContext third = cluster.secure(3);
        try (ServerSocket fake = new ServerSocket()) {
            fake.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), cluster.stream(2).port()));
            TestCluster.Node n1 = cluster.start(1, 1);
            for (int attempt = 1; attempt <= 2; attempt++) {
                try (SSLSocket stream = third.accepted(fake.accept())) {
                    assertNotWelcome(stream);
                }
                awaitCount(n1.counters(), Kind.PEER_REFUSED, attempt);
            }
            assertThat(n1.inbox().seen()).doesNotContain(new NodeInput.StreamOpened(N2));
        }
    }

    @Test
    @DisplayName("a peer that refuses our certificate has not opened a stream, although our handshake ended well")
    void aStreamIsOpenOnlyWhenThePeerSaysSo() throws Exception {
        Path others = copyOfAuthority("others");
        Certificates.open(others, OTHER).issue(N2);
        try (ServerSocket fake = new ServerSocket()) {
            fake.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), cluster.stream(2).port()));
            TestCluster.Node n1 = cluster.start(1, 1);
            try (SSLSocket stream = cluster.secure(2).accepted(fake.accept())) {
                stream.startHandshake();
            }
            awaitCount(n1.counters(), Kind.HANDSHAKE_FAILED, 1);
            assertThat(n1.inbox().seen())
                    .doesNotContain(new NodeInput.StreamOpened(N2), new NodeInput.StreamClosed(N2));
        }
    }

    @Test
    @DisplayName("without a certificate nobody gets in")
    void noCertificateIsRefused() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        SSLContext nobody = SSLContext.getInstance("TLS");
        nobody.init(null, new TrustManager[] {new Trusting()}, null);
        try (SSLSocket stream = plain(nobody)) {
            assertNotWelcome(stream);
        }
        awaitCount(n1.counters(), Kind.HANDSHAKE_FAILED, 1);
    }

    @Test
    @DisplayName("TLS 1.2 is refused, whatever certificate comes with it")
    void olderTlsIsRefused() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        Path key = Certificates.files(cluster.keys(), N2).key();
        List<X509Certificate> chain = Pem.readCertificates(Certificates.files(cluster.keys(), N2).certificate());
        SSLContext old = SSLContext.getInstance("TLS");
        old.init(new KeyManager[] {new OwnKey(chain, Pem.readPrivateKey(key, "EC"))},
                new TrustManager[] {new Trusting()}, null);
        try (SSLSocket stream = plain(old)) {
            stream.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(stream::startHandshake).isInstanceOf(SSLException.class);
        }
        awaitCount(n1.counters(), Kind.HANDSHAKE_FAILED, 1);
        try (SSLSocket stream = plain(old)) {
            stream.setEnabledProtocols(new String[] {"TLSv1.3"});
            stream.startHandshake();
            assertThat(TestCluster.introduce(stream, Incarnation.of(2, 1))).as("the same with 1.3").isEqualTo(Dialler.WELCOME);
        }
    }

    @Test
    @DisplayName("secrets are readable by their owner only; one that everybody may read is refused at start")
    void secretsArePrivate() throws Exception {
        try (Stream<Path> files = Files.list(cluster.keys())) {
            for (Path file : files.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString()).isEqualTo("rw-------");
            }
        }
        Path key = Certificates.files(cluster.keys(), N1).key();
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        assertConfigFault(() -> cluster.secure(1), key.toString(), "rw-r--r--", "chmod 600");
        Path datagramKey = Certificates.datagramKey(cluster.keys());
        Files.setPosixFilePermissions(datagramKey, PosixFilePermissions.fromString("rw----r--"));
        assertConfigFault(cluster::seal, datagramKey.toString());
    }

    @Test
    @DisplayName("files that are missing or hold something else are refused with their name")
    void uselessFilesAreRefused() throws Exception {
        RuntimeConfig.TlsFiles files = Certificates.files(cluster.keys(), N1);
        assertConfigFault(() -> SecureContext.load(new RuntimeConfig.TlsFiles(
                files.authority(), folder.resolve("none.pem"), files.key()), TestCluster.CLUSTER, N1), "none.pem");
        assertConfigFault(() -> SecureContext.load(new RuntimeConfig.TlsFiles(
                files.authority(), files.key(), files.key()), TestCluster.CLUSTER, N1), "n1-key.pem");
        assertConfigFault(() -> SecureContext.load(new RuntimeConfig.TlsFiles(
                files.authority(), files.certificate(), files.certificate()), TestCluster.CLUSTER, N1), "PRIVATE KEY");
        Path datagramKey = Certificates.datagramKey(cluster.keys());
        Files.writeString(datagramKey, "not a key");
        assertConfigFault(cluster::seal, datagramKey.toString(), "64 hexadecimal digits");
    }

    @Test
    @DisplayName("keys that exist are not overwritten")
    void keysAreNotOverwritten() throws Exception {
        byte[] before = Files.readAllBytes(Certificates.files(cluster.keys(), N1).key());
        assertConfigFault(() -> Certificates.open(cluster.keys(), TestCluster.CLUSTER).issue(N1), "n1-key.pem");
        assertConfigFault(() -> Certificates.found(cluster.keys(), TestCluster.CLUSTER, NodeSet.of(N1)), "ca-key.pem");
        assertThat(Files.readAllBytes(Certificates.files(cluster.keys(), N1).key())).isEqualTo(before);
    }

    @Test
    @DisplayName("the files of another node, or of another cluster, are refused at start with CONFIG-1")
    void foreignFilesAreRefusedAtStart() {
        assertConfigFault(() -> SecureContext.load(Certificates.files(cluster.keys(), N1), TestCluster.CLUSTER, N2),
                "n1.pem", "this node is n2");
        assertConfigFault(() -> SecureContext.load(Certificates.files(cluster.keys(), N1), OTHER, N1),
                "n1.pem", OTHER.toString());
    }

    private static void assertConfigFault(ThrowingCallable call, String... words) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(FaultCode.CONFIG_1))
                .hasMessageContainingAll(words);
    }

    private Path copyOfAuthority(String name) throws IOException {
        Path copy = Files.createDirectory(folder.resolve(name));
        for (String file : List.of("ca.pem", "ca-key.pem")) {
            Files.copy(cluster.keys().resolve(file), copy.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        return copy;
    }

    private SSLSocket plain(SSLContext context) throws IOException {
        return (SSLSocket) context.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), cluster.stream(1).port());
    }

    private void assertRefused(SecureContext as) throws IOException {
        try (SSLSocket stream = as.dialled(
                new Socket(InetAddress.getLoopbackAddress(), cluster.stream(1).port()))) {
            assertNotWelcome(stream);
        }
    }

    /** The refusal may meet us within our handshake or, as TLS 1.3 ends it early, behind it. */
    private static void assertNotWelcome(SSLSocket stream) throws IOException {
        stream.setSoTimeout(30_000);
        try {
            stream.startHandshake();
            int first = stream.getInputStream().read();
            assertThat(first).isIn(Handshake.REFUSAL, -1);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("neither welcomed nor refused", e);
        } catch (IOException e) {
            assertThat(e).isNotNull();
        }
    }

    /** Trusts everybody, so that only the other end can refuse. */
    private static final class Trusting extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
