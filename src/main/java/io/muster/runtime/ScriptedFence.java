package io.muster.runtime;

import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import io.muster.ledger.EvidenceClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
 * unseen    cannot be reached from this node
 * </pre>
 *
 * The setting {@code abilities}, words with blanks between them, says what it can do beside switching off: {@code read},
 * {@code on}, {@code unfence}, {@code one-life}; without it {@code read one-life}. What it does on {@code on} and
 * {@code unfence} is to say so.
 */
public final class ScriptedFence implements FenceMethod {

    public static final String NAME = "scripted";

    /** The longest {@code slow}. */
    private static final long SLOW_LIMIT_MS = 3_600_000;

    private final ProcessFence process = new ProcessFence();
    private Optional<Path> file = Optional.empty();
    private Set<Ability> abilities = EnumSet.of(Ability.READ, Ability.ONE_LIFE);

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
        boolean choosy = settings.containsKey("abilities");
        if (name == null || settings.size() != (choosy ? 2 : 1)) {
            throw new FenceFailed("the method \"scripted\" takes the settings \"file\" and \"abilities\", but has "
                    + settings.keySet());
        }
        file = Optional.of(Path.of(name));
        abilities = choosy ? abilitiesOf(settings.get("abilities")) : abilities;
        process.prepare(Map.of());
        behaviour();
    }

    @Override
    public Set<Ability> abilities() {
        return abilities;
    }

    private static Set<Ability> abilitiesOf(String words) throws FenceFailed {
        EnumSet<Ability> abilities = EnumSet.noneOf(Ability.class);
        for (String word : words.strip().split(" +")) {
            try {
                abilities.add(Ability.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_')));
            } catch (IllegalArgumentException e) {
                throw new FenceFailed("\"%s\" is no ability; write read, on, unfence, one-life".formatted(word));
            }
        }
        return abilities;
    }

    @Override
    public Proof fence(Order order) throws FenceFailed, InterruptedException {
        String behaviour = behaviour();
        switch (behaviour) {
            case "works" -> {
                return done(order);
            }
            case "unseen" -> throw new DeviceUnseen("the scripted device is not reachable from here");
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
                return done(order);
            }
        }
    }

    private Proof done(Order order) throws FenceFailed, InterruptedException {
        return switch (order.operation()) {
            case OFF, READ -> process.fence(order);
            case ON, UNFENCE -> new Proof(EvidenceClass.ASSUMED, "the scripted device did %s for %s".formatted(
                    order.operation(), order.victim()));
        };
    }

    private String behaviour() throws FenceFailed {
        Path path = file.orElseThrow(() -> new FenceFailed("the method \"scripted\" was not prepared"));
        try {
            String behaviour = Files.readString(path).lines().findFirst().orElse("").strip();
            if (!behaviour.matches("works|fails|hangs|lies|unseen|slow [0-9]{1,7}")) {
                throw new FenceFailed("%s says \"%s\"; write works, fails, hangs, lies, unseen or slow MS"
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
