package io.muster.sim;

import io.muster.base.Prng;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The services of all lives of a run: what runs in each, and how they behave from now on. */
final class SimServices {

    /** The services of every life, by name, and the phases in which each has something to do. */
    static final SortedMap<String, EnumSet<Phase>> PHASES = Collections.unmodifiableSortedMap(new TreeMap<>(Map.of(
            "locks", EnumSet.of(Phase.STOP, Phase.LOCKS, Phase.RESUME),
            "files", EnumSet.of(Phase.STOP, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME))));

    private final Simulation simulation;
    private final List<SimParticipant> all = new ArrayList<>();
    private SimParticipant.Behaviour behaviour = SimParticipant.Behaviour.HEALTHY;

    SimServices(Simulation simulation) {
        this.simulation = simulation;
    }

    /** Those of a new life. */
    List<Participant> of(SimProcess process, Prng chance) {
        List<SimParticipant> made = new ArrayList<>();
        PHASES.forEach((name, phases) -> made.add(new SimParticipant(
                name, phases, behaviour, simulation.time(), chance.fork(name),
                new ParticipantEar(process.life(), simulation), process::input)));
        all.addAll(made);
        return List.copyOf(made);
    }

    /** From now on, also those that run. */
    void behave(SimParticipant.Behaviour next) {
        behaviour = next;
        all.forEach(participant -> participant.behave(next));
    }

    long faults() {
        return all.stream().mapToLong(SimParticipant::faults).sum();
    }
}
