package io.muster.fence;

import java.util.List;

/**
 * Devices that all have to succeed together, as the outlets of both power supplies of one node.
 *
 * @param devices in the order in which they are switched off
 * @param delayNs waited before each try of this level
 */
public record FenceLevel(List<String> devices, long delayNs) {

    /** Devices of one level, at most. */
    public static final int DEVICES_LIMIT = 8;

    public FenceLevel {
        devices = List.copyOf(devices);
        if (devices.isEmpty() || devices.size() > DEVICES_LIMIT || devices.stream().distinct().count() < devices.size()) {
            throw new IllegalArgumentException("a level of devices %s: 1 to %d different ones are allowed".formatted(
                    devices, DEVICES_LIMIT));
        }
        if (delayNs < 0) {
            throw new IllegalArgumentException("a delay of %d ns".formatted(delayNs));
        }
        if (devices.size() > 1 && devices.contains(Fencer.MANUAL)) {
            throw new IllegalArgumentException("\"%s\" stands alone in its level: a machine cannot run it".formatted(
                    Fencer.MANUAL));
        }
    }

    public static FenceLevel of(String... devices) {
        return new FenceLevel(List.of(devices), 0);
    }

    /** The level as orders, events and people name it: {@code psu-a+psu-b}. */
    public String label() {
        return String.join("+", devices);
    }

    /** False when only a person can carry it out. */
    boolean runsByItself() {
        return !devices.contains(Fencer.MANUAL);
    }

    /** Operations of one try: each off; with several, each read again when all are off. */
    int operations() {
        return devices.size() == 1 ? 1 : 2 * devices.size();
    }
}
