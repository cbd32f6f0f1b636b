package io.muster.node;

import io.muster.base.FaultCode;
import java.util.List;

/** Something that waits, and why: the causes are what {@code muster why} walks to the root. */
public record Wait(FaultCode code, String what, List<Wait> because) {

    public Wait {
        because = List.copyOf(because);
    }

    public static Wait root(FaultCode code, String what) {
        return new Wait(code, what, List.of());
    }
}
