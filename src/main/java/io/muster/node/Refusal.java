package io.muster.node;

import io.muster.base.FaultCode;

/** Why a request is not taken at all. @param sentence with values, without the code */
public record Refusal(FaultCode code, String sentence) {}
