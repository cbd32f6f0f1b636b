package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogContract;
import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import io.muster.ledger.EvidenceClass;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Waits until a watchdog of the victim must have ended it: method {@code watchdog}. It does nothing to the victim and observes
 * nothing; its evidence is {@link EvidenceClass#ASSUMED}, and rests on a contract that the administrator has written down before
 * (rule A3, DESIGN 4).
 *
 * <p>Only a watchdog that goes on while its machine stands still makes a contract (rule A4): hardware, or the host of a virtual
 * machine. A kernel's software watchdog and a keeper stand still with the machine, and would let a write that was about to be
 * made be made after the wait. Those, and a victim of which nothing is written down, are refused.
 *
 * <p>The wait begins with the order, which is given only after the intent was chosen; each try begins it anew, for another node
 * and another leader may have chosen. It is counted on a clock that stands still while this machine is suspended, so a waiter
 * who slept waits the longer.
 */
public final class WatchdogFence implements FenceMethod {

    public static final String NAME = "watchdog";

    /** What the key {@code watchdog} says of the victims' machines. */
    private static final String HARDWARE = "hardware";
    private static final Set<String> WEAK = Set.of("softdog", "keeper", "process");

    private NodeSet nodes = NodeSet.NONE;
    private WatchdogContract contract;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public MemoryClass memoryClass() {
        return MemoryClass.IN_PROCESS;
    }

    /** It does nothing to anybody, so a newer life of the victim's node has nothing to fear from it (rule F5a). */
    @Override
    public Set<Ability> abilities() {
        return EnumSet.of(Ability.ONE_LIFE);
    }

    @Override
    public void prepare(Map<String, String> settings) throws FenceFailed {
        String kind = settings.getOrDefault("watchdog", "");
        if (WEAK.contains(kind)) {
            throw new FenceFailed(("the victims' watchdog is of the kind \"%s\", which stands still with its machine, so that"
                    + " nothing can be assumed when its time has passed (rule A4): name another method, or one in hardware")
                            .formatted(kind));
        }
        if (!kind.equals(HARDWARE)) {
            throw new FenceFailed(("key \"watchdog\" is \"%s\": write \"hardware\" if the victims' machines have one that goes on"
                    + " while they stand still, and name another method if they do not").formatted(kind));
        }
        contract = contract(settings);
        nodes = nodes(settings.getOrDefault("nodes", ""));
    }

    /**
     * The contract in a device's settings.
     *
     * @throws FenceFailed with the key and what would do
     */
    public static WatchdogContract contract(Map<String, String> settings) throws FenceFailed {
        Set<String> unknown = new TreeSet<>(settings.keySet());
        unknown.removeAll(Set.of("kind", "watchdog", "nodes", "timeout_ms", "lease_ms", "write_ms", "drain_ms",
                "clock_error_ppm"));
        if (!unknown.isEmpty()) {
            throw new FenceFailed("the method \"%s\" does not know %s".formatted(NAME, unknown));
        }
        long timeoutMs = number(settings, "timeout_ms");
        long leaseMs = number(settings, "lease_ms");
        long writeMs = number(settings, "write_ms");
        long drainMs = number(settings, "drain_ms");
        try {
            return new WatchdogContract(leaseMs * TimeBudget.MS, timeoutMs * TimeBudget.MS, writeMs * TimeBudget.MS,
                    drainMs * TimeBudget.MS, number(settings, "clock_error_ppm"));
        } catch (IllegalArgumentException e) {
            throw new FenceFailed("the contract of method \"%s\" cannot be: %s".formatted(NAME, e.getMessage()));
        }
    }

    private static long number(Map<String, String> settings, String key) throws FenceFailed {
        String text = settings.getOrDefault(key, "");
        if (!text.matches("[0-9]{1,9}")) {
            throw new FenceFailed("key \"%s\" of method \"%s\" is \"%s\": a contract is written out whole, in whole numbers"
                    .formatted(key, NAME, text));
        }
        return Long.parseLong(text);
    }

    private static NodeSet nodes(String text) throws FenceFailed {
        try {
            return NodeSet.of(Arrays.stream(text.strip().split(" +")).map(NodeId::parse).toList());
        } catch (IllegalArgumentException e) {
            throw new FenceFailed("key \"nodes\" is \"%s\": name the nodes whose machines keep this contract, as \"n3 n4\""
                    .formatted(text));
        }
    }

    @Override
    public Proof fence(Order order) throws FenceFailed, InterruptedException {
        NodeId victim = order.victim().node();
        if (!nodes.contains(victim)) {
            throw new FenceFailed("nothing is written down about a watchdog of %s, only of %s".formatted(victim, nodes));
        }
        long waitNs = contract.waitNs();
        if (waitNs >= order.timeLimitNs()) {
            throw new FenceFailed("the contract takes %d ms and a try %d ms: raise fence_limit_ms".formatted(
                    ms(waitNs), ms(order.timeLimitNs())));
        }
        long begun = System.nanoTime();
        for (long left = waitNs; left > 0; left = waitNs - (System.nanoTime() - begun)) {
            TimeUnit.NANOSECONDS.sleep(left);
        }
        return new Proof(EvidenceClass.ASSUMED, ("nothing was heard for %d ms since the order; by contract %s has ended: lease %d"
                + " + 3 * watchdog %d + write %d + drain %d ms, clocks %d ppm apart").formatted(
                        ms(System.nanoTime() - begun), order.victim(), ms(contract.leaseNs()), ms(contract.timeoutNs()),
                        ms(contract.writeNs()), ms(contract.drainNs()), contract.clockErrorPpm()));
    }

    private static long ms(long ns) {
        return ns / TimeBudget.MS;
    }
}
