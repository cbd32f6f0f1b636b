package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.ledger.EvidenceClass;

/** What the fence of one of two nodes by the other announces. */
public sealed interface LoneNews {

    /** To be noted durably in the own record before anything is done (rule T8). */
    record Intended(Incarnation other, long intent) implements LoneNews {}

    /** The other is harmless: the own record may say that this node goes on alone (rule T3). */
    record Fenced(Incarnation other, long intent, EvidenceClass evidence, String proof) implements LoneNews {}

    /** A try begins or failed. */
    record Told(FenceNews news) implements LoneNews {}
}
