package io.muster.ledger;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** States for tests, made the only way there is: by events. */
final class States {

    static final ClusterId CLUSTER = new ClusterId(0x11, 0x22);
    static final GroupName DATA = new GroupName("data");

    private States() {}

    static NodeSet nodes(int count) {
        return new NodeSet(((1L << count) - 1) << 1);
    }

    static Incarnation life(int node, long life) {
        return Incarnation.of(node, life);
    }

    static Ballot ballot(long round, int node) {
        return new Ballot(round, life(node, 1));
    }

    /** Founded with {@code voters} acceptors of one vote; the record of node i has the id 100 + i. */
    static ClusterState founded(int voters) {
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        nodes(voters).forEach(node -> recordIds.put(node, 100L + node.number()));
        return ClusterState.founded(CLUSTER, Electorate.majorityOf(nodes(voters)), recordIds);
    }

    static AcceptorRecord record(int node, ClusterState founded) {
        return AcceptorRecord.founding(100 + node, founded);
    }

    /** The next version with these events, all of which have to fit. */
    static ClusterState next(ClusterState from, Ballot ballot, LedgerEvent... events) {
        Draft draft = from.draft(ballot);
        for (LedgerEvent event : events) {
            draft.add(event).ifPresent(why -> {
                throw new AssertionError(event + ": " + why);
            });
        }
        return draft.whole(StateCodec.digest(from));
    }

    static LedgerEvent joined(Incarnation who) {
        return new LedgerEvent.MemberJoined(who, new HostProcess("host", "boot", "ns", 40 + who.life(), 7));
    }

    /** Adds up to {@code wanted} random events that fit. */
    static void addRandom(Draft draft, Prng chance, int nodes, int wanted) {
        int tries = 0;
        while (draft.events().size() < wanted && tries++ < 200) {
            draft.add(randomEvent(draft.state(), draft.ballot(), chance, nodes));
        }
    }

    static LedgerEvent randomEvent(ClusterState state, Ballot ballot, Prng chance, int nodes) {
        NodeId node = NodeId.of(1 + chance.nextInt(nodes));
        Member member = state.members().get(node);
        Incarnation who = member != null
                ? member.who()
                : new Incarnation(node, state.lastLives().getOrDefault(node, 0L) + 1 + chance.nextInt(2));
        List<Departure> departures = new ArrayList<>(state.departures().values());
        Incarnation departed = departures.isEmpty()
                ? who
                : departures.get(chance.nextInt(departures.size())).who();
        long intent = state.departures().containsKey(departed)
                ? state.departures().get(departed).intent().map(FenceIntent::id).orElse(state.nextIntent())
                : state.nextIntent();
        GroupName group = new GroupName("g" + chance.nextInt(3));
        Group known = state.groups().get(group);
        return switch (chance.nextInt(17)) {
            case 16 -> barrierPassed(state, new GroupName(chance.nextInt(2) == 0 ? "nodes" : group.text()), chance.nextInt(4));
            case 0, 1 -> joined(who);
            case 2 -> new LedgerEvent.MemberLeft(who);
            case 3 -> new LedgerEvent.MemberEvicted(who, "silent for 600 ms");
            case 4 -> new LedgerEvent.FenceIntended(state.nextIntent(), departed, "evicted", ballot);
            case 5 -> new LedgerEvent.FenceEvidenced(
                    intent, departed, EvidenceClass.PROCESS_ENDED, "pid 41 is gone", NodeId.of(1));
            case 6 -> new LedgerEvent.FenceVoided(intent, departed, "it pulsed again");
            case 7 -> new LedgerEvent.GroupJoined(group, who);
            case 8 -> new LedgerEvent.GroupLeft(group, who);
            case 9 -> new LedgerEvent.GroupLost(group, departed);
            case 10 -> new LedgerEvent.MemberDropped(who, "silent for 600 ms");
            case 12 -> chance.nextInt(4) == 0
                    ? new LedgerEvent.FencingOpened("ada", "it was the switch")
                    : new LedgerEvent.FenceWindowPassed(1 + chance.nextInt((int) state.nextIntent()));
            case 13 -> new LedgerEvent.AccessWanted(who);
            case 14 -> new LedgerEvent.AccessGranted(who, "port 3 is up", NodeId.of(2));
            default -> known == null || known.phase() == Phase.RUNNING
                    ? new LedgerEvent.GroupJoined(group, who)
                    : new LedgerEvent.PhaseReached(group, known.generation(), known.phase().next());
        };
    }

    /** Of a group that is not there, nobody passes it, and a draft refuses that. */
    private static LedgerEvent barrierPassed(ClusterState state, GroupName name, int number) {
        return new LedgerEvent.BarrierPassed(new BarrierName(name, "b" + number),
                state.group(name).map(Group::generation).orElse(0L), state.group(name).map(Group::nodes).orElse(NodeSet.NONE));
    }

    /** A chain of versions by random events: index = version. */
    static List<ClusterState> randomChain(long seed, int nodes, int versions) {
        Prng chance = new Prng(seed);
        List<ClusterState> chain = new ArrayList<>(List.of(founded(nodes)));
        while (chain.size() <= versions) {
            ClusterState last = chain.getLast();
            Draft draft = last.draft(ballot(1 + chain.size() / 4, 1 + chance.nextInt(nodes)));
            addRandom(draft, chance, nodes, 1 + chance.nextInt(4));
            if (!draft.isEmpty()) {
                chain.add(draft.whole(StateCodec.digest(last)));
            }
        }
        return chain;
    }
}
