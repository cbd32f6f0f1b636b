package io.muster.ledger;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;

/** A life that is in the cluster. @param joinedAt the version that admitted it */
public record Member(Incarnation who, HostProcess process, long joinedAt) {}
