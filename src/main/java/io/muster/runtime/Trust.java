package io.muster.runtime;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.crypto.spec.SecretKeySpec;

/**
 * What this node trusts, changed while it runs: certificate, key, authorities and datagram keys are read anew, all of them
 * or none. New streams use the new ones. With another certificate this node makes its own streams anew, or the
 * peers would still know it by the old one when they drop the authority of that; a peer's stream stays, unless its
 * certificate is not trusted any more.
 * Also says when a certificate ends soon.
 */
final class Trust {

    /** How often the ends of certificates are looked at. */
    private static final long LOOK_HOURS = 12;

    private final SecureContext secure;
    private final DatagramSeal seal;
    private final Path datagramKey;
    private final Links links;
    private final CountDownLatch closed = new CountDownLatch(1);

    Trust(SecureContext secure, DatagramSeal seal, Path datagramKey, Links links) {
        this.secure = secure;
        this.seal = seal;
        this.datagramKey = datagramKey;
        this.links = links;
    }

    /** @throws io.muster.base.ClusterFault CONFIG_1 when one of the files cannot be used; nothing has changed then */
    synchronized void reload() {
        SecureContext.Material material = secure.read();
        List<SecretKeySpec> keys = DatagramSeal.read(datagramKey);
        boolean another = secure.use(material);
        seal.use(keys);
        if (another) {
            links.renew();
        }
        links.recheck();
    }

    List<SecureContext.Expiry> expiries() {
        return secure.expiries();
    }

    /** Tells what ends soon, now and twice a day until {@link #close}. */
    void watch(Consumer<SecureContext.Expiry> soon) {
        Thread.ofPlatform().name("muster-trust").daemon().start(() -> {
            try {
                do {
                    tellSoon(soon);
                } while (!closed.await(LOOK_HOURS, TimeUnit.HOURS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    void tellSoon(Consumer<SecureContext.Expiry> soon) {
        Instant now = Instant.now();
        expiries().stream().filter(expiry -> expiry.soon(now)).forEach(soon);
    }

    void close() {
        closed.countDown();
    }
}
