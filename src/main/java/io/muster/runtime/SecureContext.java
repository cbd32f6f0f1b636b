package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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
import javax.net.ssl.X509TrustManager;

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

    /** A certificate that ends sooner is worth a warning. */
    static final long WARNING_DAYS = 30;

    private final ClusterId cluster;
    private final NodeId self;
    private final RuntimeConfig.TlsFiles files;
    private volatile Material material;

    /**
     * What was read from the files at one time.
     *
     * @param own         this node's certificate, then its chain
     * @param authorities whoever signs for this cluster; two while it changes from one to the other
     */
    record Material(
            SSLContext context, X509TrustManager trust, List<X509Certificate> own, List<X509Certificate> authorities) {}

    private SecureContext(ClusterId cluster, NodeId self, RuntimeConfig.TlsFiles files, Material material) {
        this.cluster = cluster;
        this.self = self;
        this.files = files;
        this.material = material;
    }

    /**
     * Reads a node's own files.
     *
     * @throws ClusterFault CONFIG_1 when a file cannot be used, or the certificate is not that of this node
     */
    public static SecureContext load(RuntimeConfig.TlsFiles files, ClusterId cluster, NodeId self) {
        return new SecureContext(cluster, self, files, read(files, cluster, self));
    }

    /**
     * Reads the files as they are now, for {@link #use}.
     *
     * @throws ClusterFault CONFIG_1 as {@link #load}; what is in use stays in use
     */
    Material read() {
        return read(files, cluster, self);
    }

    /** From now on new streams use this; those that stand stay. @return whether it has another certificate */
    boolean use(Material next) {
        boolean another = !next.own().equals(material.own());
        material = next;
        return another;
    }

    private static Material read(RuntimeConfig.TlsFiles files, ClusterId cluster, NodeId self) {
        List<X509Certificate> chain = Pem.readCertificates(files.certificate());
        requireOwn(chain.getFirst(), cluster, self, files.certificate());
        PrivateKey key = Pem.readPrivateKey(files.key(), chain.getFirst().getPublicKey().getAlgorithm());
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int index = 0;
            List<X509Certificate> authorities = Pem.readCertificates(files.authority());
            for (X509Certificate authority : authorities) {
                trusted.setCertificateEntry("authority" + index++, authority);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {new OwnKey(chain, key)}, trust.getTrustManagers(), null);
            X509TrustManager manager = (X509TrustManager) trust.getTrustManagers()[0];
            requireFit(chain, key, manager, files);
            return new Material(context, manager, chain, authorities);
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

    /** Whether who is at the other end of a standing stream would still be trusted. */
    void recheck(SSLSession session) throws PeerRefused {
        try {
            X509Certificate[] chain = Arrays.stream(session.getPeerCertificates())
                    .map(X509Certificate.class::cast).toArray(X509Certificate[]::new);
            material.trust().checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
        } catch (CertificateException | SSLPeerUnverifiedException e) {
            throw new PeerRefused("its certificate is not trusted any more: " + e.getMessage());
        }
    }

    /** When what is in use ends, by the wall clock: this node's certificate and each authority's. */
    List<Expiry> expiries() {
        Material now = material;
        List<Expiry> expiries = new ArrayList<>();
        expiries.add(new Expiry(files.certificate().toString(), now.own().getFirst().getNotAfter().toInstant()));
        now.authorities().forEach(authority ->
                expiries.add(new Expiry(files.authority().toString(), authority.getNotAfter().toInstant())));
        return List.copyOf(expiries);
    }

    /** @param until the last moment at which peers trust the certificate in this file */
    public record Expiry(String file, Instant until) {

        /** Whole days that are left; negative when it has ended. */
        public long daysLeft(Instant now) {
            return Math.floorDiv(until.getEpochSecond() - now.getEpochSecond(), 86_400L);
        }

        public boolean soon(Instant now) {
            return daysLeft(now) < WARNING_DAYS;
        }
    }

    /**
     * A key of another certificate, or a certificate that our own authority would refuse, would cut this node off as soon
     * as it is used.
     */
    private static void requireFit(
            List<X509Certificate> chain, PrivateKey key, X509TrustManager trust, RuntimeConfig.TlsFiles files)
            throws GeneralSecurityException {
        X509Certificate own = chain.getFirst();
        byte[] probe = "muster".getBytes(StandardCharsets.US_ASCII);
        String algorithm = "SHA256with" + (key.getAlgorithm().equals("EC") ? "ECDSA" : key.getAlgorithm());
        Signature signature = Signature.getInstance(key.getAlgorithm().startsWith("Ed") ? key.getAlgorithm() : algorithm);
        signature.initSign(key);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(own.getPublicKey());
        signature.update(probe);
        if (!signature.verify(signed)) {
            throw new ClusterFault(FaultCode.CONFIG_1, "%s is not the key of the certificate in %s: put both in place together"
                    .formatted(files.key(), files.certificate()));
        }
        try {
            trust.checkClientTrusted(chain.toArray(X509Certificate[]::new), own.getPublicKey().getAlgorithm());
        } catch (CertificateException e) {
            throw new ClusterFault(FaultCode.CONFIG_1, "no authority in %s stands for the certificate in %s (%s): put both in"
                    .formatted(files.authority(), files.certificate(), e.getMessage()) + " place together", e);
        }
    }

    /** The name by which a node's certificate is known, as {@code n3.0011….muster}. */
    static String nodeName(NodeId node, ClusterId cluster) {
        return node + "." + cluster + ".muster";
    }

    private SSLSocket over(Socket socket) throws IOException {
        SSLSocket secure = (SSLSocket) material.context().getSocketFactory().createSocket(
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
