package io.muster.node;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.VersionRange;
import io.muster.fence.FenceMessage;
import io.muster.group.BarrierMessage;
import io.muster.group.ChannelMessage;
import io.muster.group.GroupMessage;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.BarrierName;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.StateCodec;
import io.muster.machine.Message;
import io.muster.membership.MembershipMessage;
import io.muster.membership.VoterMessage;
import io.muster.quorum.Electorate;
import io.muster.recovery.RecoveryMessage;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Messages of every kind there is, with random content that a codec has to take. The kinds are read from the sealed
 * families, so a message that is added is made here too, or the test says which type has to be taught.
 */
public final class RandomMessages {

    private static final List<Class<? extends Message>> FAMILIES = List.of(
            HeartbeatMessage.class, LedgerMessage.class, MembershipMessage.class, FenceMessage.class, GroupMessage.class,
            RecoveryMessage.class, PortMessage.class, ChannelMessage.class, BarrierMessage.class, VoterMessage.class);

    private final Prng chance;
    private final ClusterId cluster;
    private final int nodes;

    /** @param nodes lives and ballots are of the nodes 1 to this */
    public RandomMessages(Prng chance, ClusterId cluster, int nodes) {
        this.chance = chance;
        this.cluster = cluster;
        this.nodes = nodes;
    }

    /** Every kind of message of all families. */
    public static List<Class<?>> kinds() {
        List<Class<?>> kinds = new ArrayList<>();
        FAMILIES.forEach(family -> kinds.addAll(List.of(family.getPermittedSubclasses())));
        return List.copyOf(kinds);
    }

    public Message any() {
        List<Class<?>> kinds = kinds();
        return of(kinds.get(chance.nextInt(kinds.size())));
    }

    public Message of(Class<?> kind) {
        return kind == HeartbeatMessage.Pulse.class
                ? new HeartbeatMessage.Pulse(number(), new NodeSet(chance.nextLong()), chance.nextInt(2) == 0)
                : (Message) record(kind);
    }

    private Object record(Class<?> type) {
        RecordComponent[] parts = type.getRecordComponents();
        Object[] values = new Object[parts.length];
        Class<?>[] types = new Class<?>[parts.length];
        for (int i = 0; i < parts.length; i++) {
            types[i] = parts[i].getType();
            values[i] = value(parts[i].getGenericType(), parts[i].getType());
        }
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("%s with %s".formatted(type, List.of(values)), e);
        }
    }

    private Object value(Type generic, Class<?> type) {
        if (type == long.class) {
            return number();
        } else if (type == int.class) {
            return 1 + chance.nextInt(60);
        } else if (type == boolean.class) {
            return chance.nextInt(2) == 0;
        } else if (type == String.class) {
            return text();
        } else if (type == Bytes.class) {
            return Bytes.owning(new byte[chance.nextInt(100)]);
        } else if (type == NodeId.class) {
            return NodeId.of(1 + chance.nextInt(nodes));
        } else if (type == NodeSet.class) {
            return new NodeSet(chance.nextLong());
        } else if (type == Incarnation.class) {
            return Incarnation.of(1 + chance.nextInt(nodes), 1 + chance.nextInt(4));
        } else if (type == Ballot.class) {
            return new Ballot(1 + chance.nextInt(40), (Incarnation) value(Incarnation.class, Incarnation.class));
        } else if (type == GroupName.class) {
            return new GroupName("g" + (1 + chance.nextInt(3)));
        } else if (type == BarrierName.class) {
            return new BarrierName(new GroupName("g" + (1 + chance.nextInt(3))), "b" + chance.nextInt(3));
        } else if (type == VersionRange.class) {
            int lowest = 1 + chance.nextInt(3);
            return new VersionRange(lowest, lowest + chance.nextInt(3));
        } else if (type == ClusterState.class) {
            return state();
        } else if (type == AcceptorRecord.class) {
            Ballot promised = (Ballot) value(Ballot.class, Ballot.class);
            Optional<Ballot> accepted = chance.nextInt(2) == 0 ? Optional.empty() : Optional.of(promised);
            return new AcceptorRecord(chance.nextLong(), Optional.of(promised), accepted, state());
        } else if (type == Optional.class) {
            Class<?> inner = inner(generic);
            return chance.nextInt(2) == 0 ? Optional.empty() : Optional.of(value(inner, inner));
        } else if (type == Electorate.class) {
            return Electorate.majorityOf(NodeSet.of(NodeId.of(1), NodeId.of(1 + chance.nextInt(nodes))));
        } else if (type == SortedMap.class) {
            TreeMap<NodeId, Integer> votes = new TreeMap<>();
            for (int node = 1; node <= nodes; node += 1 + chance.nextInt(2)) {
                votes.put(NodeId.of(node), chance.nextInt(Electorate.VOTES_LIMIT));
            }
            return votes;
        } else if (type == List.class) {
            return list(inner(generic));
        } else if (type.isEnum()) {
            Object[] constants = type.getEnumConstants();
            return constants[chance.nextInt(constants.length)];
        } else if (type.isRecord()) {
            return record(type);
        } else if (type.isSealed()) {
            Class<?>[] kinds = type.getPermittedSubclasses();
            return record(kinds[chance.nextInt(kinds.length)]);
        }
        throw new AssertionError("RandomMessages has to be taught the type " + generic);
    }

    /** Lives are told in the order of their nodes, one each. */
    private List<?> list(Class<?> inner) {
        List<Object> values = new ArrayList<>();
        if (inner == Incarnation.class) {
            for (int node = 1; node <= nodes; node++) {
                if (chance.nextInt(2) == 0) {
                    values.add(Incarnation.of(node, 1 + chance.nextInt(4)));
                }
            }
        } else {
            for (int left = chance.nextInt(4); left > 0; left--) {
                values.add(value(inner, inner));
            }
        }
        return values;
    }

    private ClusterState state() {
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        NodeSet voters = NodeSet.NONE;
        for (int node = 1; node <= nodes; node++) {
            voters = voters.with(NodeId.of(node));
            recordIds.put(NodeId.of(node), 1_000L + node);
        }
        ClusterState state = ClusterState.founded(cluster, Electorate.majorityOf(voters), recordIds);
        for (int versions = chance.nextInt(4); versions > 0; versions--) {
            Draft draft = state.draft((Ballot) value(Ballot.class, Ballot.class));
            for (int tries = 0; tries < 12; tries++) {
                draft.add((LedgerEvent) value(LedgerEvent.class, LedgerEvent.class));
            }
            if (!draft.isEmpty()) {
                state = draft.whole(StateCodec.digest(state));
            }
        }
        return state;
    }

    private long number() {
        return chance.nextInt(4) == 0 ? chance.nextLong(1L << 40) : 1 + chance.nextInt(8);
    }

    private String text() {
        String[] words = {"", "n3", "timed out ä😀", "power-off", "x".repeat(100), "../etc", "a b\nc"};
        return words[chance.nextInt(words.length)];
    }

    private static Class<?> inner(Type generic) {
        return (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
    }
}
