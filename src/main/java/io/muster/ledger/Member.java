package io.muster.ledger;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.VersionRange;

/**
 * A life that is in the cluster.
 *
 * @param joinedAt the version that admitted it
 * @param features the feature levels that its program speaks
 */
public record Member(Incarnation who, HostProcess process, long joinedAt, VersionRange features) {

    /** Of a life that has told nothing of its feature levels. */
    public Member(Incarnation who, HostProcess process, long joinedAt) {
        this(who, process, joinedAt, FeatureLevels.UNTOLD);
    }
}
