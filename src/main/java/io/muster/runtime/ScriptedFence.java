package io.muster.runtime;

import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import io.muster.ledger.EvidenceClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A device that behaves as a file says, for tests and demonstrations: method {@code scripted}. The file is named by
 * the setting {@code file} and read at each call; its first line is one of
 *
 * <pre>
 * works     ends the victim's process as the method "process" does, and proves it
 * slow MS   the same after so many milliseconds
 * fails     answers that it cannot
 * hangs     never answers
 * lies      claims that the power is off, and does nothing
 * </pre>
 */
public final class ScriptedFence implements FenceMethod {

    public static final String NAME = "scripted";

    /** The longest {@code slow}. */
    private static final long SLOW_LIMIT_MS = 3_600_000;

    private final ProcessFence process = new ProcessFence();
    private Optional<Path> file = Optional.empty();

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
        String name = settings.get("file");
        if (name == null || settings.size() != 1) {
            throw new FenceFailed("the method \"scripted\" takes the one setting \"file\", but has " + settings.keySet());
        }
        file = Optional.of(Path.of(name));
        process.prepare(Map.of());
        behaviour();
    }

    @Override
    public Proof fence(Order order) throws FenceFailed, InterruptedException {
        String behaviour = behaviour();
        switch (behaviour) {
            case "works" -> {
                return process.fence(order);
            }
            case "fails" -> throw new FenceFailed("the scripted device answered: failed");
            case "hangs" -> {
                new CountDownLatch(1).await();
                throw new FenceFailed("the scripted device hung");
            }
            case "lies" -> {
                return new Proof(EvidenceClass.POWER_OFF, "the scripted device claims that %s is off"
                        .formatted(order.victim()));
            }
            default -> {
                TimeUnit.MILLISECONDS.sleep(slowMs(behaviour));
                return process.fence(order);
            }
        }
    }

    private String behaviour() throws FenceFailed {
        Path path = file.orElseThrow(() -> new FenceFailed("the method \"scripted\" was not prepared"));
        try {
            String behaviour = Files.readString(path).lines().findFirst().orElse("").strip();
            if (!behaviour.matches("works|fails|hangs|lies|slow [0-9]{1,7}")) {
                throw new FenceFailed("%s says \"%s\"; write works, fails, hangs, lies or slow MS"
                        .formatted(path, behaviour));
            }
            return behaviour;
        } catch (IOException e) {
            throw new FenceFailed("%s cannot be read: %s".formatted(path, e));
        }
    }

    private static long slowMs(String behaviour) {
        return Math.min(SLOW_LIMIT_MS, Long.parseLong(behaviour.substring("slow ".length())));
    }
}
