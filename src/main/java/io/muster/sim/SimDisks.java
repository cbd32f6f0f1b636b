package io.muster.sim;

import io.muster.base.ClusterId;
import io.muster.base.DiskTimes;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.block.DiskHeader;
import io.muster.block.DiskId;
import io.muster.block.DiskLayout;
import io.muster.ledger.Ballot;
import io.muster.ledger.DiskLedger;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.node.NodeDisk;
import io.muster.node.NodeInput;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The voting disks of a simulated cluster, and what the checkers are told of them: only what lies on the medium counts. */
final class SimDisks {

    private static final long DISK_BYTES = 64L << 20;
    private static final long MS = TimeBudget.MS;
    /** As short as those of the simulated nodes. */
    static final DiskTimes TIMES = new DiskTimes(50 * MS, 100 * MS, 450 * MS, 650 * MS);

    private final Simulation simulation;
    private final ClusterId cluster;
    private final TreeMap<String, SimSharedDisk> disks = new TreeMap<>();
    private final TreeMap<String, NodeId> voters = new TreeMap<>();

    SimDisks(Simulation simulation, int count, ClusterId cluster, VirtualTime time, Prng chance) {
        this.simulation = simulation;
        this.cluster = cluster;
        for (int number = 1; number <= count; number++) {
            NodeId voter = NodeId.ofDisk(number);
            String name = "shared" + number;
            SimSharedDisk disk = new SimSharedDisk(time, chance.fork(name), new SimSharedDisk.Watch() {
                @Override
                public void landed(NodeId writer, long offset, int length) {
                    headLanded(voter, name, writer, offset);
                }

                @Override
                public void read(SimProcess reader, long offset) {
                    looked(voter, name, reader, offset);
                }
            });
            byte[] header = new DiskHeader(new DiskId(1, number), cluster, recordId(voter), 1, 0, DISK_BYTES, "").encode();
            for (int copy = 0; copy < DiskLayout.HEADER_COPIES; copy++) {
                disk.install(DiskLayout.header(copy), header);
            }
            disks.put(name, disk);
            voters.put(name, voter);
        }
    }

    static NodeSet first(int count) {
        NodeSet all = NodeSet.NONE;
        for (int number = 1; number <= count; number++) {
            all = all.with(NodeId.ofDisk(number));
        }
        return all;
    }

    static long recordId(NodeId voter) {
        return 1_000L + voter.number();
    }

    SortedMap<String, NodeDisk> config() {
        TreeMap<String, NodeDisk> config = new TreeMap<>();
        voters.forEach((name, voter) -> config.put(name, new NodeDisk(Optional.of(voter), TIMES)));
        return config;
    }

    SimSharedDisk disk(int number) {
        return disks.get("shared" + number);
    }

    long faults() {
        return disks.values().stream().mapToLong(SimSharedDisk::faults).sum();
    }

    /** The cable of a node is pulled out or put in: what its kernel says of its links. Cutting them is another matter. */
    void carrier(NodeId node, boolean there) {
        simulation.host(node).carrier(there);
        started(simulation.host(node));
    }

    /** Its process is told what the kernel says. */
    void started(SimHost host) {
        if (!disks.isEmpty()) {
            host.process().ifPresent(process ->
                    process.input(new NodeInput.Carrier(host.carrier() ? simulation.settings().links() : 0)));
        }
    }

    void perform(SimProcess from, Effect.OnDisk order, Consumer<Completion> answer) {
        SimSharedDisk disk = disks.get(order.disk());
        if (disk == null) {
            answer.accept(new Completion.DiskFailed(order.ticket(), "there is no disk " + order.disk()));
        } else {
            disk.perform(from, order, answer);
        }
    }

    /** The disk has accepted what both copies of a head name, unless somebody has promised more there by then (rule D2). */
    private void headLanded(NodeId voter, String name, NodeId writer, long offset) {
        if (offset != DiskLayout.ledgerHead(writer, 1)) {
            return;
        }
        Optional<Ballot> highest = DiskLedger.highest(disks.get(name)::content, cluster, recordId(voter));
        for (DiskLedger.Slot slot : DiskLedger.read(disks.get(name)::content, cluster, recordId(voter))) {
            if (slot.node().equals(writer) && slot.accepted().isPresent() && slot.accepted().equals(highest)) {
                slot.state().flatMap(state -> simulation.truth().chosen().accepted(voter, slot.accepted().get(), state))
                        .ifPresent(simulation::chosen);
            }
        }
    }

    /** Promised is what both copies say: of a promise in the first alone whoever made it has not been told yet. */
    private void looked(NodeId voter, String name, SimProcess reader, long offset) {
        if (offset == DiskLayout.ledgerHeads(1)) {
            Optional<Ballot> highest = DiskLedger.read(disks.get(name)::content, cluster, recordId(voter)).stream()
                    .flatMap(slot -> slot.promised().stream()).max(Comparator.naturalOrder());
            simulation.checkers().diskLooked(reader.life(), voter, highest);
        }
    }
}
