package io.muster.runtime;

import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import java.util.Map;

/** No device at all: a person has to look and to say so. Method {@code manual}; it never proves anything by itself. */
public final class ManualFence implements FenceMethod {

    public static final String NAME = "manual";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public MemoryClass memoryClass() {
        return MemoryClass.IN_PROCESS;
    }

    @Override
    public void prepare(Map<String, String> settings) throws FenceFailed {
        if (!settings.isEmpty()) {
            throw new FenceFailed("the method \"manual\" takes no settings, but has " + settings.keySet());
        }
    }

    @Override
    public Proof fence(Order order) throws FenceFailed {
        throw new FenceFailed("waits for a person: make sure that %s is off, then confirm: muster fence ack %s"
                .formatted(order.victim().node(), order.victim().node()));
    }
}
