package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A cluster's own authority, for `muster init` and the demo: makes the keys and certificates that
 * {@link SecureContext} and {@link DatagramSeal} read. EC P-256. The only user of Bouncy Castle; a daemon's start
 * does not come here.
 *
 * <pre>
 * ca.pem        certificate of the authority; every node needs it
 * ca-key.pem    its key; needed only to let further nodes in: keep it elsewhere
 * datagram.key  the cluster's key for datagrams; every node needs it
 * n3.pem        certificate of node n3: CN=n3, OU=cluster id, DNS name n3.CLUSTERID.muster
 * n3-key.pem    its key
 * </pre>
 *
 * Certificates are valid from 1970 to 9999 unless somebody wants them to end:
 * whether two nodes talk must not hang on a wall clock (RFC 5280 section
 * 4.1.2.5 has that last date for those without a good one). A node is put out by the cluster, not by a calendar.
 */
public final class Certificates {

    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final Date FROM = Date.from(Instant.EPOCH);
    /** The last moment of a certificate that does not end. */
    public static final Instant NO_END = Instant.parse("9999-12-31T23:59:59Z");
    private static final int SERIAL_BITS = 127;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final ClusterId cluster;
    private final X509Certificate authority;
    private final PrivateKey authorityKey;
    private final Instant until;

    private Certificates(
            Path folder, ClusterId cluster, X509Certificate authority, PrivateKey authorityKey, Instant until) {
        this.folder = folder;
        this.cluster = cluster;
        this.authority = authority;
        this.authorityKey = authorityKey;
        this.until = until;
    }

    /**
     * Makes an authority, the datagram key and the certificates of these nodes in a folder.
     *
     * @throws ClusterFault CONFIG_1 when the folder cannot be written or one of the files exists
     */
    public static Certificates found(Path folder, ClusterId cluster, NodeSet nodes) {
        return found(folder, cluster, nodes, NO_END);
    }

    /** As above, with certificates that end: whoever wants that has to make new ones in time. */
    public static Certificates found(Path folder, ClusterId cluster, NodeSet nodes, Instant until) {
        try {
            Files.createDirectories(folder, PrivateFiles.FOLDER);
        } catch (IOException e) {
            throw unwritable(folder, e);
        }
        KeyPair keys = newKeys();
        X500Principal name = new X500Principal("CN=muster authority, OU=" + cluster);
        X509Certificate authority = sign(builder(name, keys.getPrivate(), name, keys.getPublic(), true, until),
                keys.getPrivate());
        writeNew(folder.resolve("ca-key.pem"), Pem.privateKey(keys.getPrivate().getEncoded()));
        writeNew(folder.resolve("ca.pem"), Pem.certificate(encoded(authority)));
        byte[] datagramKey = new byte[DatagramSeal.KEY_BYTES];
        RANDOM.nextBytes(datagramKey);
        writeNew(datagramKey(folder), HexFormat.of().formatHex(datagramKey) + "\n");
        Certificates certificates = new Certificates(folder, cluster, authority, keys.getPrivate(), until);
        nodes.forEach(certificates::issue);
        return certificates;
    }

    /**
     * Opens the authority of a folder to let further nodes in.
     *
     * @throws ClusterFault CONFIG_1 when its files cannot be read
     */
    public static Certificates open(Path folder, ClusterId cluster) {
        X509Certificate authority = Pem.readCertificates(folder.resolve("ca.pem")).getFirst();
        PrivateKey key = Pem.readPrivateKey(folder.resolve("ca-key.pem"), authority.getPublicKey().getAlgorithm());
        return new Certificates(folder, cluster, authority, key, NO_END);
    }

    /**
     * Makes key and certificate of a node.
     *
     * @throws ClusterFault CONFIG_1 when a file of it exists or cannot be written
     */
    public void issue(NodeId node) {
        KeyPair keys = newKeys();
        X500Principal name = new X500Principal("CN=" + node + ", OU=" + cluster);
        JcaX509v3CertificateBuilder certificate =
                builder(authority.getSubjectX500Principal(), authorityKey, name, keys.getPublic(), false, until);
        try {
            certificate.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(
                    new GeneralName(GeneralName.dNSName, SecureContext.nodeName(node, cluster))));
            certificate.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(
                    new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
        } catch (IOException e) {
            throw new IllegalStateException("extensions of a certificate", e);
        }
        writeNew(files(folder, node).key(), Pem.privateKey(keys.getPrivate().getEncoded()));
        writeNew(files(folder, node).certificate(), Pem.certificate(encoded(sign(certificate, authorityKey))));
    }

    /** Where a node's files are in such a folder. */
    public static RuntimeConfig.TlsFiles files(Path folder, NodeId node) {
        return new RuntimeConfig.TlsFiles(
                folder.resolve("ca.pem"), folder.resolve(node + ".pem"), folder.resolve(node + "-key.pem"));
    }

    public static Path datagramKey(Path folder) {
        return folder.resolve("datagram.key");
    }

    private static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has EC " + CURVE, e);
        }
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Principal issuer, PrivateKey issuerKey, X500Principal subject, PublicKey key, boolean authority,
            Instant until) {
        BigInteger serial = new BigInteger(SERIAL_BITS, RANDOM).add(BigInteger.ONE);
        JcaX509v3CertificateBuilder builder =
                new JcaX509v3CertificateBuilder(issuer, serial, FROM, Date.from(until), subject, key);
        try {
            builder.addExtension(Extension.basicConstraints, true,
                    authority ? new BasicConstraints(0) : new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true,
                    new KeyUsage(authority ? KeyUsage.keyCertSign : KeyUsage.digitalSignature));
            builder.addExtension(Extension.subjectKeyIdentifier, false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
            return builder;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("extensions of a certificate signed by " + issuerKey.getAlgorithm(), e);
        }
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key) {
        try {
            byte[] der = builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)).getEncoded();
            return (X509Certificate) java.security.cert.CertificateFactory.getInstance("X.509")
                    .generateCertificate(new java.io.ByteArrayInputStream(der));
        } catch (OperatorException | GeneralSecurityException | IOException e) {
            throw new IllegalStateException("signing a certificate", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate just made cannot be encoded", e);
        }
    }

    private static void writeNew(Path file, String text) {
        try (FileChannel channel = FileChannel.open(file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PrivateFiles.FILE)) {
            DataFolder.writeAll(channel, text.getBytes(StandardCharsets.US_ASCII), 0);
            channel.force(true);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static ClusterFault unwritable(Path path, IOException cause) {
        if (cause instanceof FileAlreadyExistsException) {
            return new ClusterFault(FaultCode.CONFIG_1,
                    "%s is there already: name a folder that holds no keys yet".formatted(path), cause);
        }
        return new ClusterFault(FaultCode.DATA_4,
                "%s cannot be written (%s): free space or name a folder that this user may write".formatted(path, cause),
                cause);
    }
}
