package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Outbox;
import java.util.EnumSet;
import java.util.TreeMap;

/** A participant that is quick, slow, fails, or never answers, and checks that it is treated as promised. */
final class RandomService implements Participant {

    private static final class Work {
        private long generation;
        private Phase phase = Phase.STOP;
        private boolean running;
        private boolean abandoned = true;
        private long call;
    }

    private final RandomCluster cluster;
    private final ClusterRunNode node;
    private final TreeMap<GroupName, Work> works = new TreeMap<>();

    RandomService(RandomCluster cluster, ClusterRunNode node) {
        this.cluster = cluster;
        this.node = node;
    }

    /** It gave its word for this group: it is through a last STOP, or was never asked for anything. */
    boolean isDrained(GroupName group) {
        Work work = works.get(group);
        return work == null || !work.running && !work.abandoned && work.phase == Phase.STOP;
    }

    /** The group was left, so what was begun in it was stopped for good. */
    void left(GroupName group) {
        Work work = works.get(group);
        if (work != null) {
            work.abandoned = true;
        }
    }

    @Override
    public String name() {
        return "service";
    }

    @Override
    public EnumSet<Phase> takesPart() {
        return EnumSet.of(Phase.STOP, Phase.LOCKS, Phase.JOURNALS, Phase.RESUME);
    }

    @Override
    public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out) {
        Work work = works.computeIfAbsent(plan.group(), _ -> new Work());
        String what = "%s: %s of %s after %d %s".formatted(node.self, phase, plan, work.generation, work.phase);
        assertThat(work.running).as("%s while it runs", what).isFalse();
        if (plan.generation() > work.generation) {
            // Rule R3: the former generation was given up, or recovered to its end.
            assertThat(phase).as(what).isEqualTo(Phase.STOP);
            assertThat(work.abandoned || work.phase == Phase.RESUME).as(what).isTrue();
        } else {
            assertThat(plan.generation()).as(what).isEqualTo(work.generation);
        }
        work.generation = plan.generation();
        work.phase = phase;
        work.running = true;
        work.abandoned = false;
        long call = ++work.call;
        int dice = cluster.faults ? cluster.chance.nextInt(100) : cluster.chance.nextInt(80);
        if (dice < 50) {
            work.running = false;
            passed(plan, phase);
            out.announce(new Done(plan.group(), plan.generation(), phase));
        } else if (dice < 80) {
            cluster.after(cluster.chance.between(1, 2_000) * RandomCluster.MS, () -> {
                if (work.call == call) {
                    work.running = false;
                    passed(plan, phase);
                    node.answered(new RecoveryInput.Done(name(), plan.group(), plan.generation(), phase));
                }
            });
        } else if (dice < 98) {
            work.running = false;
            out.announce(new Failed(plan.group(), plan.generation(), phase, "out of luck"));
        } else {
            cluster.count("never answers");
        }
    }

    @Override
    public void abandon(GroupName group, long generation, Outbox<Answer> out) {
        Work work = works.computeIfAbsent(group, _ -> new Work());
        long call = ++work.call;
        Phase phase = work.phase;
        int dice = cluster.faults ? cluster.chance.nextInt(100) : 0;
        if (dice < 70) {
            stopped(work);
            out.announce(new Abandoned(group, generation));
        } else if (dice < 99) {
            cluster.after(cluster.chance.between(1, 1_000) * RandomCluster.MS, () -> {
                if (work.call == call) {
                    // What was on its way when it was told to give up comes in before the answer.
                    node.answered(new RecoveryInput.Done(name(), group, generation, phase));
                    stopped(work);
                    node.answered(new RecoveryInput.Abandoned(name(), group, generation));
                }
            });
        } else {
            cluster.count("never abandons");
        }
    }

    private static void stopped(Work work) {
        work.running = false;
        work.abandoned = true;
    }

    private void passed(RecoveryPlan plan, Phase phase) {
        cluster.passed.add(new RandomCluster.Passed(plan.group(), plan.generation(), phase, node.self));
        if (phase == Phase.LOCKS) {
            // It takes no part in STRIPES and is through it at once.
            cluster.passed.add(new RandomCluster.Passed(plan.group(), plan.generation(), Phase.STRIPES, node.self));
        }
    }
}
