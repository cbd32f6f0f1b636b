package io.muster.ledger;

import io.muster.base.NodeId;

/** Why a fence has ended. @param agreedAt the version that agreed on it */
public record Evidence(EvidenceClass evidenceClass, String proof, NodeId actor, long agreedAt) {}
