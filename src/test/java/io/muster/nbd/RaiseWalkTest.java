package io.muster.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.block.BlockDevice;
import io.muster.nbd.Raise.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every order in which two writes of an old life, a fence, deaths of the server, losses of power at each operation on its file,
 * and its restarts can come, with the gate, the record and the steps that the server itself uses.
 */
class RaiseWalkTest {

    private static final NodeId NODE = NodeId.of(2);
    private static final Incarnation OLD = new Incarnation(NODE, 1);
    private static final long LOWEST = 2;
    private static final int WRITES = 2;
    private static final int DEATHS = 3;

    /** ORPHAN: the process is gone and the kernel still has the call. CACHED: in the disk's own cache. */
    private enum Write { TO_COME, INSIDE, DONE, ORPHAN, CACHED, ON_MEDIUM, REFUSED, GONE }

    /** One state of everything, reached by a list of choices. */
    private static final class World {

        private final List<Step> order;
        private final boolean locked;
        private final Write[] writes = new Write[WRITES];
        private final SimMedium medium = new SimMedium(EpochStore.founding("data"));
        private Optional<EpochGate> gate = Optional.empty();
        private Optional<EpochStore> store = Optional.empty();
        private Optional<Raise> raise = Optional.empty();
        private int deaths;
        private boolean answered;
        private String broken = "";

        World(List<Step> order, boolean locked) {
            this.order = order;
            this.locked = locked;
            Arrays.fill(writes, Write.TO_COME);
            restart(Integer.MAX_VALUE);
        }

        /** What can happen next; the first word says what. */
        List<String> events() {
            List<String> events = new ArrayList<>();
            for (int i = 0; i < WRITES; i++) {
                switch (writes[i]) {
                    case TO_COME -> addIf(events, gate.isPresent(), "enter " + i);
                    case INSIDE -> events.add("do " + i);
                    case DONE -> events.add("leave " + i);
                    case ORPHAN -> events.add("orphan " + i);
                    case CACHED -> events.add("sink " + i);
                    case ON_MEDIUM, REFUSED, GONE -> { /* Nothing more comes of it. */ }
                }
            }
            boolean die = deaths < DEATHS;
            if (gate.isEmpty()) {
                boolean orphans = Arrays.asList(writes).contains(Write.ORPHAN);
                addIf(events, !locked || !orphans, "restart");
                for (int alive = 0; die && alive < 4 && (!locked || !orphans); alive++) {
                    events.add("restart " + alive);
                }
            } else {
                addIf(events, !answered, "fence");
                addIf(events, die, "kill");
                for (int alive = 0; die && alive < 3 && raise.isPresent() && raise.get().next() == Step.RECORD; alive++) {
                    events.add("fence " + alive);
                }
            }
            int fates = (int) Math.pow(3, medium.unforced());
            for (int fate = 0; die && fate < fates; fate++) {
                events.add("power " + fate);
            }
            return events;
        }

        private static void addIf(List<String> events, boolean condition, String event) {
            if (condition) {
                events.add(event);
            }
        }

        void happen(String event) throws IOException {
            String[] words = event.split(" ");
            int number = words.length > 1 ? Integer.parseInt(words[1]) : Integer.MAX_VALUE;
            switch (words[0]) {
                case "enter" -> writes[number] = gate.orElseThrow().enter(OLD) ? Write.INSIDE : Write.REFUSED;
                case "do" -> {
                    changes("a call reaches the disk");
                    writes[number] = Write.DONE;
                }
                case "leave" -> {
                    gate.orElseThrow().leave(OLD);
                    writes[number] = Write.CACHED;
                }
                case "orphan" -> {
                    changes("a call of a former server reaches the disk");
                    writes[number] = Write.CACHED;
                }
                case "sink" -> {
                    changes("a write sinks from the disk's cache onto the medium");
                    writes[number] = Write.ON_MEDIUM;
                }
                case "fence" -> fence(number);
                case "kill" -> kill();
                case "power" -> {
                    kill();
                    medium.losePower(number);
                    for (int i = 0; i < WRITES; i++) {
                        writes[i] = switch (writes[i]) {
                            case ORPHAN, CACHED -> Write.GONE;
                            default -> writes[i];
                        };
                    }
                }
                case "restart" -> restart(number);
                default -> throw new IllegalArgumentException(event);
            }
        }

        private void changes(String what) {
            if (answered) {
                broken = what + " after the answer";
            }
        }

        private void fence(int alive) throws IOException {
            if (raise.isEmpty()) {
                raise = Optional.of(new Raise(gate.orElseThrow(), store.orElseThrow(), new Flushing(), NODE, LOWEST, order));
            }
            medium.alive = alive;
            try {
                raise.get().step();
            } catch (SimMedium.Died e) {
                kill();
                return;
            } finally {
                medium.alive = Integer.MAX_VALUE;
            }
            answered = raise.get().next() == Step.ANSWER;
        }

        private void kill() {
            deaths++;
            gate = Optional.empty();
            store = Optional.empty();
            raise = Optional.empty();
            for (int i = 0; i < WRITES; i++) {
                writes[i] = switch (writes[i]) {
                    case INSIDE -> Write.ORPHAN;
                    case DONE -> Write.CACHED;
                    default -> writes[i];
                };
            }
        }

        private void restart(int alive) {
            medium.alive = alive;
            try {
                EpochStore opened = EpochStore.open(medium, "data", "the file");
                store = Optional.of(opened);
                gate = Optional.of(new EpochGate(opened.current()));
            } catch (SimMedium.Died e) {
                deaths++;
            } finally {
                medium.alive = Integer.MAX_VALUE;
            }
        }

        String fingerprint() {
            return Arrays.toString(writes) + deaths + answered + raise.map(Raise::next) + gate.map(g -> g.lowest(NODE))
                    + store.map(EpochStore::current) + Arrays.hashCode(medium.read()) + " " + medium.unforced()
                    + " " + Arrays.hashCode(medium.durable());
        }

        /** The disk of the writes: a flush moves all that returned onto the medium. */
        private final class Flushing implements BlockDevice {

            @Override
            public int blockBytes() {
                return 4096;
            }

            @Override
            public long bytes() {
                return 4096;
            }

            @Override
            public void read(long offset, ByteBuffer into) {}

            @Override
            public void write(long offset, ByteBuffer from) {}

            @Override
            public void flush() {
                for (int i = 0; i < WRITES; i++) {
                    writes[i] = writes[i] == Write.CACHED ? Write.ON_MEDIUM : writes[i];
                }
            }

            @Override
            public void close() {}
        }
    }

    /** @param broken the first list of events after which the promise did not hold, with what happened */
    private record Walk(int states, int answered, Optional<String> broken) {}

    private static Walk walk(List<Step> order, boolean locked) throws IOException {
        Set<String> seen = new HashSet<>();
        List<List<String>> open = new ArrayList<>(List.of(List.of()));
        int answered = 0;
        while (!open.isEmpty()) {
            List<String> path = open.removeLast();
            World world = new World(order, locked);
            for (String event : path) {
                world.happen(event);
            }
            if (!world.broken.isEmpty()) {
                return new Walk(seen.size(), answered, Optional.of(world.broken + ": " + path));
            }
            if (!seen.add(world.fingerprint())) {
                continue;
            }
            answered += world.answered ? 1 : 0;
            for (String event : world.events()) {
                List<String> next = new ArrayList<>(path);
                next.add(event);
                open.add(next);
            }
        }
        return new Walk(seen.size(), answered, Optional.empty());
    }

    @Test
    @DisplayName("F3 clusterfs G5: after the answer no write of the old life reaches the disk, whatever died in between")
    void nothingOfTheOldLifeComesAfterTheAnswer() throws IOException {
        Walk walk = walk(Raise.ORDER, true);
        assertThat(walk.broken()).isEmpty();
        assertThat(walk.states()).isGreaterThan(2_000);
        assertThat(walk.answered()).isGreaterThan(100);
    }

    static Stream<Step> stepsThatMatter() {
        return Stream.of(Step.SHUT, Step.RECORD, Step.DRAIN, Step.FLUSH);
    }

    @ParameterizedTest
    @MethodSource("stepsThatMatter")
    @DisplayName("without any one of its steps a fence does not keep its promise, and the walk sees it")
    void everyStepIsNeeded(Step left) throws IOException {
        List<Step> order = Raise.ORDER.stream().filter(step -> step != left).toList();
        assertThat(walk(order, true).broken()).isPresent();
    }

    @Test
    @DisplayName("an answer before the drain, or a drain before the gate is shut, does not keep the promise")
    void theOrderIsNeeded() throws IOException {
        assertThat(walk(List.of(Step.SHUT, Step.RECORD, Step.ANSWER, Step.DRAIN, Step.FLUSH), true).broken()).isPresent();
        assertThat(walk(List.of(Step.DRAIN, Step.SHUT, Step.RECORD, Step.FLUSH, Step.ANSWER), true).broken()).isPresent();
        assertThat(walk(List.of(Step.SHUT, Step.RECORD, Step.FLUSH, Step.DRAIN, Step.ANSWER), true).broken()).isPresent();
    }

    @Test
    @DisplayName("a server that does not wait for the lock of a former one cannot keep the promise")
    void theLockIsNeeded() throws IOException {
        assertThat(walk(Raise.ORDER, false).broken()).get().asString().startsWith("a call of a former server");
    }
}
