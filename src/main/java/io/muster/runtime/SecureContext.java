package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Mutual TLS 1.3 between the nodes of one cluster, and the name of who is at the other end.
 *
 * <p>A certificate is trusted when the cluster's authority signed it, and names its node by the one subject
 * alternative name {@code n3.CLUSTERID.muster}. The cluster id is in it because an authority may serve several
 * clusters.
 */
public final class SecureContext {

    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final String[] CIPHERS = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"};
    private static final Pattern NODE_NAME = Pattern.compile("(n[1-9][0-9]?)\\.([0-9a-f]{32})\\.muster");
    private static final int DNS_NAME = 2;

    private final ClusterId cluster;
    private final SSLContext context;

    private SecureContext(ClusterId cluster, SSLContext context) {
        this.cluster = cluster;
        this.context = context;
    }

    /**
     * Reads a node's own files.
     *
     * @throws ClusterFault CONFIG_1 when a file cannot be used, or the certificate is not that of this node
     */
    public static SecureContext load(RuntimeConfig.TlsFiles files, ClusterId cluster, NodeId self) {
        List<X509Certificate> chain = Pem.readCertificates(files.certificate());
        requireOwn(chain.getFirst(), cluster, self, files.certificate());
        PrivateKey key = Pem.readPrivateKey(files.key(), chain.getFirst().getPublicKey().getAlgorithm());
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int index = 0;
            for (X509Certificate authority : Pem.readCertificates(files.authority())) {
                trusted.setCertificateEntry("authority" + index++, authority);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {new OwnKey(chain, key)}, trust.getTrustManagers(), null);
            return new SecureContext(cluster, context);
        } catch (GeneralSecurityException | IOException e) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "TLS cannot be set up from %s, %s and %s: %s".formatted(
                            files.authority(), files.certificate(), files.key(), e.getMessage()), e);
        }
    }

    /** TLS over a connected socket, as the one who dialled. Closing the socket underneath ends it at once. */
    SSLSocket dialled(Socket socket) throws IOException {
        SSLSocket secure = over(socket);
        secure.setUseClientMode(true);
        return secure;
    }

    /** TLS over an accepted socket; the other end has to show a certificate. */
    SSLSocket accepted(Socket socket) throws IOException {
        SSLSocket secure = over(socket);
        secure.setUseClientMode(false);
        secure.setNeedClientAuth(true);
        return secure;
    }

    /** Which node is at the other end, after the handshake. */
    NodeId peer(SSLSession session) throws PeerRefused {
        Certificate certificate;
        try {
            certificate = session.getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            throw new PeerRefused("it showed no certificate");
        }
        if (!(certificate instanceof X509Certificate x509)) {
            throw new PeerRefused("it showed a certificate of type " + certificate.getType());
        }
        Matcher name = nodeName(x509).orElseThrow(() -> new PeerRefused(
                "its certificate \"%s\" names no node of a cluster".formatted(x509.getSubjectX500Principal())));
        if (!name.group(2).equals(cluster.toString())) {
            throw new PeerRefused("its certificate is for cluster %s, this is %s".formatted(name.group(2), cluster));
        }
        return NodeId.parse(name.group(1));
    }

    /** The name by which a node's certificate is known, as {@code n3.0011….muster}. */
    static String nodeName(NodeId node, ClusterId cluster) {
        return node + "." + cluster + ".muster";
    }

    private SSLSocket over(Socket socket) throws IOException {
        SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(
                socket, socket.getInetAddress().getHostAddress(), socket.getPort(), true);
        secure.setEnabledProtocols(PROTOCOLS);
        secure.setEnabledCipherSuites(CIPHERS);
        return secure;
    }

    private static void requireOwn(X509Certificate certificate, ClusterId cluster, NodeId self, Path file) {
        String wanted = nodeName(self, cluster);
        String found = nodeName(certificate).map(Matcher::group).orElse("no node");
        if (!found.equals(wanted)) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "%s is a certificate for %s and this node is %s: name the certificate made for it"
                            .formatted(file, found, wanted));
        }
    }

    /** The one name of that shape; a certificate with two of them could pass for either node. */
    private static Optional<Matcher> nodeName(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            List<Matcher> found = names == null ? List.of() : names.stream()
                    .filter(name -> name.get(0).equals(DNS_NAME))
                    .map(name -> NODE_NAME.matcher(String.valueOf(name.get(1))))
                    .filter(Matcher::matches)
                    .filter(name -> Integer.parseInt(name.group(1).substring(1)) < NodeId.LIMIT)
                    .toList();
            return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
        } catch (CertificateParsingException e) {
            return Optional.empty();
        }
    }
}
