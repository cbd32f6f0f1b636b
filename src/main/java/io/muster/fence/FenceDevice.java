package io.muster.fence;

import io.muster.fence.FenceMethod.Ability;
import java.util.Set;

/**
 * What the machines know of a configured device.
 *
 * @param oneLife    ends the very life it is told and no other; false when it cuts the whole node off (rule F5a)
 * @param reads      tells whether the victim is off without changing anything
 * @param switchesOn can give back what it took
 * @param unfences   can switch a new life's access on
 */
public record FenceDevice(String name, boolean oneLife, boolean reads, boolean switchesOn, boolean unfences) {

    /** As its method declares itself. */
    public static FenceDevice of(String name, Set<Ability> abilities) {
        return new FenceDevice(name, abilities.contains(Ability.ONE_LIFE), abilities.contains(Ability.READ),
                abilities.contains(Ability.ON), abilities.contains(Ability.UNFENCE));
    }

    /** One of which nothing is known: the careful assumption is that it cuts the whole node off and can do no more. */
    static FenceDevice unknown(String name) {
        return new FenceDevice(name, false, false, false, false);
    }
}
