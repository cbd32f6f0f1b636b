package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.node.NodeEvent;
import io.muster.recovery.RecoveryPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All members are given the same messages in the same order within one generation, and all survivors the same set
 * before the STOP of a newer one is through, all that anybody who died was given included; nothing of an older
 * generation is given out later, nothing twice, and a sender is told the truth about its message.
 */
public final class SameMessagesSameOrder implements Checker {

    private record Turn(String group, long generation) implements Comparable<Turn> {

        @Override
        public int compareTo(Turn other) {
            int byGroup = group.compareTo(other.group);
            return byGroup != 0 ? byGroup : Long.compare(generation, other.generation);
        }
    }

    /** What stands at a position: who said it, its number, and what it is. */
    private record Said(String sender, long number, String content) {}

    /** By turn: what stands at each position, from 1. */
    private final TreeMap<Turn, List<Said>> order = new TreeMap<>();
    /** By turn and life: how many positions this life was given. */
    private final TreeMap<Turn, TreeMap<String, Long>> given = new TreeMap<>();
    private final TreeMap<String, Turn> placeOf = new TreeMap<>();
    private final TreeSet<String> deniedTo = new TreeSet<>();
    /** By group and life: the generation in which this life came in, and the newest it has begun LOCKS of. */
    private final TreeMap<String, Long> inSince = new TreeMap<>();
    private final TreeMap<String, Long> floor = new TreeMap<>();
    private final TreeSet<Turn> compared = new TreeSet<>();
    private long messages;

    /** How many messages were given to somebody; runs without any prove nothing. */
    public long messages() {
        return messages;
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        TreeSet<String> in = new TreeSet<>();
        for (Group group : state.groups().values()) {
            for (Incarnation who : group.members().values()) {
                in.add(key(group.name().text(), who));
                inSince.putIfAbsent(key(group.name().text(), who), group.generation());
            }
        }
        inSince.keySet().retainAll(in);
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase == Phase.LOCKS) {
            stopIsPassed(life, plan.group(), plan.generation(), List.copyOf(plan.survivors().values()));
        }
    }

    @Override
    public void happened(Incarnation life, NodeEvent event) {
        var fields = event.fields();
        if (event.name().equals("group.message")) {
            given(life, (String) fields.get("group"), (long) fields.get("generation"), (long) fields.get("position"),
                    (String) fields.get("sender"), (long) fields.get("number"), String.valueOf(fields.get("text")));
        } else if (event.name().equals("group.sent")) {
            settled(life, (String) fields.get("group"), (long) fields.get("number"), (String) fields.get("fate"),
                    (long) fields.get("generation"), (long) fields.get("position"));
        }
    }

    /** This life is the first or a later one to see that all survivors are through STOP of this generation. */
    public void stopIsPassed(Incarnation life, GroupName group, long generation, List<Incarnation> survivors) {
        floor.merge(key(group.text(), life), generation, Math::max);
        if (!compared.add(new Turn(group.text(), generation))) {
            return;
        }
        order.subMap(new Turn(group.text(), 0), new Turn(group.text(), generation)).forEach((turn, all) -> {
            for (Incarnation survivor : survivors) {
                Long since = inSince.get(key(group.text(), survivor));
                if (since != null && since <= turn.generation()) {
                    long has = given.get(turn).getOrDefault(survivor.toString(), 0L);
                    Violation.unless(has == all.size(), name(),
                            "STOP of %s generation %d is passed, and of the %d messages of generation %d %s was given %d",
                            group, generation, all.size(), turn.generation(), survivor, has);
                }
            }
        });
    }

    /** This life is given a message. */
    public void given(
            Incarnation life, String group, long generation, long position, String sender, long number, String content) {
        messages++;
        Turn turn = new Turn(group, generation);
        Violation.unless(floor.getOrDefault(key(group, life), 0L) <= generation, name(),
                "%s is given message %d of %s generation %d after it began LOCKS of generation %d",
                life, position, group, generation, floor.get(key(group, life)));
        TreeMap<String, Long> counts = given.computeIfAbsent(turn, _ -> new TreeMap<>());
        long before = counts.getOrDefault(life.toString(), 0L);
        Violation.unless(position == before + 1, name(), "%s is given message %d of %s generation %d after message %d",
                life, position, group, generation, before);
        counts.put(life.toString(), position);
        Said said = new Said(sender, number, content);
        List<Said> all = order.computeIfAbsent(turn, _ -> new ArrayList<>());
        String id = group + " " + sender + " " + number;
        if (position > all.size()) {
            all.add(said);
            Violation.unless(placeOf.put(id, turn) == null, name(), "%s was given out before, now again in %s at %d by %s",
                    id, turn, position, life);
            Violation.unless(!deniedTo.contains(id), name(),
                    "%s is given %s in %s, and its sender was told that nobody will be", life, id, turn);
        } else {
            Violation.unless(all.get((int) position - 1).equals(said), name(),
                    "%s is given %s as message %d of %s generation %d, others %s",
                    life, said, position, group, generation, all.get((int) position - 1));
        }
    }

    /** This life is told what became of its message. */
    public void settled(Incarnation life, String group, long number, String fate, long generation, long position) {
        String id = group + " " + life + " " + number;
        switch (fate) {
            case "delivered" -> {
                List<Said> all = order.getOrDefault(new Turn(group, generation), List.of());
                Violation.unless(position >= 1 && position <= all.size()
                                && all.get((int) position - 1).sender().equals(life.toString())
                                && all.get((int) position - 1).number() == number,
                        name(), "%s is told that %s is message %d of generation %d, and it is not", life, id, position,
                        generation);
            }
            case "not-delivered" -> {
                Violation.unless(!placeOf.containsKey(id), name(),
                        "%s is told that %s was not delivered, and it was in %s", life, id, placeOf.get(id));
                deniedTo.add(id);
            }
            default -> { /* it does not know, and says so */ }
        }
    }

    private static String key(String group, Incarnation life) {
        return group + " " + life;
    }
}
