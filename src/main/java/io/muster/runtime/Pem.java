package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

/** Certificates and keys as text (RFC 7468). */
final class Pem {

    private static final String KEY_LABEL = "PRIVATE KEY";
    private static final String CERTIFICATE_LABEL = "CERTIFICATE";

    private Pem() {}

    static String certificate(byte[] der) {
        return armour(CERTIFICATE_LABEL, der);
    }

    static String privateKey(byte[] pkcs8) {
        return armour(KEY_LABEL, pkcs8);
    }

    /** @throws ClusterFault CONFIG_1 when the file holds no certificate */
    static List<X509Certificate> readCertificates(Path file) {
        byte[] content = PrivateFiles.read(file);
        try {
            List<X509Certificate> certificates = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(content)).stream()
                    .map(X509Certificate.class::cast).toList();
            if (certificates.isEmpty()) {
                throw unusable(file, "it holds no certificate");
            }
            return certificates;
        } catch (GeneralSecurityException e) {
            throw unusable(file, e.getMessage());
        }
    }

    /**
     * @param algorithm of the certificate's public key, as {@code EC}
     * @throws ClusterFault CONFIG_1 when the file holds no such key or is not private
     */
    static PrivateKey readPrivateKey(Path file, String algorithm) {
        String text = new String(PrivateFiles.readSecret(file), StandardCharsets.US_ASCII);
        String begin = "-----BEGIN " + KEY_LABEL + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END " + KEY_LABEL + "-----");
        if (from < 0 || to < from) {
            throw unusable(file, "it holds no \"%s\" (PKCS#8, without a password)".formatted(begin));
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw unusable(file, e.getMessage());
        }
    }

    private static String armour(String label, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }

    private static ClusterFault unusable(Path file, String why) {
        return new ClusterFault(FaultCode.CONFIG_1,
                "%s cannot be used (%s): name a PEM file as `muster init` makes them".formatted(file, why));
    }
}
