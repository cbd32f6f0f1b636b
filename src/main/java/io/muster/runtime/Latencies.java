package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.ledger.Ballot;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How long things take on this node, for {@code muster budget} to hold against the times that were promised. Sees what
 * the node's thread is told and what it wants, and allocates nothing once every peer was heard. For that one thread.
 */
public final class Latencies {

    /** What is measured. */
    public enum Kind {
        /** Between two pulses of a peer on a link. */
        PULSE_GAP,
        /** Between a deadline of this node and being run. */
        LATENESS,
        /** From a beat of this leader to its answer. */
        BEAT_ROUND_TRIP,
        /** Write and flush of the own record, with the wait for its turn. */
        RECORD_WRITE,
        /** From this node's candidacy to its leadership. */
        ELECTION,
        /** How much of the acting lease was used up when it was renewed. */
        LEASE_USED
    }

    /**
     * One series of delays.
     *
     * @param peer       whose, where it is one of a peer's
     * @param link       on which link; 0 where there is none
     * @param greatestNs of the last five to ten minutes
     */
    public record Measured(Kind kind, Optional<NodeId> peer, int link, long count, long medianNs, long greatestNs) {}

    private static final int RING = 64;
    private static final int LINKS = NodeConfig.LINKS_LIMIT;

    private final long leaseNs;
    private final Peak[] gaps = new Peak[NodeId.LIMIT * LINKS];
    private final long[] heardAt = new long[NodeId.LIMIT * LINKS];
    private final long[] heardLife = new long[NodeId.LIMIT * LINKS];
    private final Peak lateness = new Peak();
    private final Peak beats = new Peak();
    private final Peak writes = new Peak();
    private final Peak elections = new Peak();
    private final Peak leaseUsed = new Peak();

    private final long[] beatAt = new long[RING];
    private final long[] beatSequence = new long[RING];
    private final long[] writeAt = new long[RING];
    private final long[] writeTicket = new long[RING];
    private Optional<Ballot> ballot = Optional.empty();
    private Optional<Ballot> candidacy = Optional.empty();
    private long candidateAt;
    private long actUntil = Long.MIN_VALUE;

    /** @param leaseNs how long a whole lease is */
    Latencies(long leaseNs) {
        this.leaseNs = leaseNs;
    }

    void late(long byNs, long now) {
        lateness.add(byNs, now);
    }

    void told(NodeInput input, long now) {
        switch (input) {
            case NodeInput.CastArrived(var from, int link, _) when link >= 0 && link < LINKS ->
                pulse(from.node().number() * LINKS + link, from.life(), now);
            case NodeInput.Arrived(_, LedgerMessage.BeatHeard(Ballot of, long sequence, _)) when sequence > 0 ->
                beatHeard(of, sequence, now);
            case NodeInput.Completed(Completion.Written(long ticket)) -> {
                int at = (int) Math.floorMod(ticket, (long) RING);
                if (writeTicket[at] == ticket) {
                    writes.add(now - writeAt[at], now);
                }
            }
            default -> { /* tells nothing of time */ }
        }
    }

    void sent(Message message, long now) {
        if (message instanceof LedgerMessage.Beat(Ballot of, long sequence, _)) {
            if (ballot.isEmpty() || !ballot.get().equals(of)) {
                ballot = Optional.of(of);
                Arrays.fill(beatSequence, 0);
            }
            int at = (int) (sequence % RING);
            if (beatSequence[at] != sequence) {
                beatSequence[at] = sequence;
                beatAt[at] = now;
            }
        } else if (message instanceof LedgerMessage.Prepare(Ballot of)
                && (candidacy.isEmpty() || !candidacy.get().equals(of))) {
            candidacy = Optional.of(of);
            candidateAt = now;
        }
    }

    void writing(Effect.Write write, long now) {
        int at = (int) Math.floorMod(write.ticket(), (long) RING);
        writeTicket[at] = write.ticket();
        writeAt[at] = now;
    }

    void happened(NodeEvent event, long now) {
        if (event.name().equals("leader.elected") && candidacy.isPresent()) {
            elections.add(now - candidateAt, now);
            candidacy = Optional.empty();
        }
    }

    /** A gate that was shut before is no renewal: it was opened. */
    void actUntil(long until, long now) {
        if (until > actUntil && actUntil > now) {
            leaseUsed.add(leaseNs - (actUntil - now), now);
        }
        actUntil = until;
    }

    /** All that was measured so far. */
    public List<Measured> all(long now) {
        List<Measured> all = new ArrayList<>();
        for (int at = 0; at < gaps.length; at++) {
            if (gaps[at] != null) {
                all.add(measured(Kind.PULSE_GAP, Optional.of(NodeId.of(at / LINKS)), at % LINKS, gaps[at], now));
            }
        }
        all.add(measured(Kind.LATENESS, Optional.empty(), 0, lateness, now));
        all.add(measured(Kind.BEAT_ROUND_TRIP, Optional.empty(), 0, beats, now));
        all.add(measured(Kind.RECORD_WRITE, Optional.empty(), 0, writes, now));
        all.add(measured(Kind.ELECTION, Optional.empty(), 0, elections, now));
        all.add(measured(Kind.LEASE_USED, Optional.empty(), 0, leaseUsed, now));
        all.removeIf(each -> each.count() == 0);
        return List.copyOf(all);
    }

    private static Measured measured(Kind kind, Optional<NodeId> peer, int link, Peak peak, long now) {
        return new Measured(kind, peer, link, peak.count(), peak.medianNs(), peak.greatestNs(now));
    }

    private void pulse(int at, long life, long now) {
        if (gaps[at] == null) {
            gaps[at] = new Peak();
        }
        // What lies between two lives of a node is no gap in its pulses.
        if (heardLife[at] == life) {
            gaps[at].add(now - heardAt[at], now);
        }
        heardLife[at] = life;
        heardAt[at] = now;
    }

    private void beatHeard(Ballot of, long sequence, long now) {
        int at = (int) (sequence % RING);
        if (ballot.isPresent() && ballot.get().equals(of) && beatSequence[at] == sequence) {
            beats.add(now - beatAt[at], now);
        }
    }
}
