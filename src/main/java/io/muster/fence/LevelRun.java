package io.muster.fence;

import io.muster.ledger.EvidenceClass;
import io.muster.machine.FenceOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One try of one level on its actor, operation by operation: every device off, and with several devices each read
 * again after the last went off, so that there was one moment at which all were (rule F2). Why that moment is sure:
 *
 * <ol>
 *   <li>The first was seen off at a, the last at b, later than a.
 *   <li>The first is read again after b, and is off. So at b both were, unless somebody switches back and forth by hand.
 *   <li>A supply that came back by itself while the others went off is on at the second reading, and the level failed.
 * </ol>
 *
 * A device that cannot be read is told to switch off again: already off, observed in that call, is success. Knows
 * nothing of time; {@code FenceActor} performs what {@link #next} says.
 */
final class LevelRun {

    /** @param operation OFF or READ */
    record Step(String device, FenceOperation operation) {}

    private final List<Step> steps = new ArrayList<>();
    private final List<String> labels = new ArrayList<>();
    private final List<String> proofs = new ArrayList<>();

    LevelRun(FenceLevel level, Fencing fencing) {
        level.devices().forEach(device -> steps.add(new Step(device, FenceOperation.OFF)));
        if (level.devices().size() > 1) {
            level.devices().forEach(device -> steps.add(new Step(
                    device, fencing.device(device).reads() ? FenceOperation.READ : FenceOperation.OFF)));
        }
    }

    /** The operation that runs or has to be begun; empty when all have succeeded. */
    Optional<Step> next() {
        return labels.size() < steps.size() ? Optional.of(steps.get(labels.size())) : Optional.empty();
    }

    /** The operation of {@link #next} succeeded, with this evidence. */
    void succeeded(String label, String proof) {
        Step step = steps.get(labels.size());
        labels.add(label);
        proofs.add(steps.size() == 1 ? proof : "%s %s: %s".formatted(
                step.device(), step.operation() == FenceOperation.OFF ? "off" : "still off", proof));
    }

    /** The weakest of what the devices proved; a word that is no class when one of them said such. */
    String evidence() {
        Optional<String> strange = labels.stream().filter(label -> EvidenceClass.find(label).isEmpty()).findFirst();
        return strange.orElseGet(() -> labels.stream().map(label -> EvidenceClass.find(label).orElseThrow())
                .max(EvidenceClass::compareTo).orElseThrow().label());
    }

    /** What the devices said; of several, the second readings first, as the text may be cut. */
    String proof() {
        if (proofs.size() == 1) {
            return proofs.getFirst();
        }
        int half = proofs.size() / 2;
        return String.join("; ", proofs.subList(half, proofs.size())) + "; before: "
                + String.join("; ", proofs.subList(0, half));
    }
}
