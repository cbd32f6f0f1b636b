package io.muster.ledger;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The agreed state and the acceptor's record as bytes. A state has exactly one encoding, its canonical one: maps are
 * written in ascending order of their keys, and a decoder refuses any other order, so equal digests mean equal states.
 *
 * <p>Decoding never ends in anything but a value or {@link MalformedFrame}. It does not find out about every flipped
 * bit, as most numbers are as good as their neighbours: the checksums of the frame and of {@link RecordFile} do that.
 * Whatever is decoded encodes to the very bytes it came from.
 *
 * <pre>
 * state    cluster 2 x u64; feature level u16, which says how the rest is written;
 *          version u63; parent 2 x u64; proposedBy ? ballot; events: u16 n, n x event;
 *          threshold u32; acceptors: u16 n, n x (node u8, votes u16); record ids: u16 n, n x (node u8, id u64);
 *          members: u16 n, n x (life, process, joinedAt u63, features);
 *          departures: u16 n, n x departure;
 *          last lives: u16 n, n x life; clean leavers u64; groups: u16 n, n x group;
 *          nextIntent u63; generationFloor u63; viewChangedAt u63; lapses: u16 n, n x lapse;
 *          counted fences: u16 n, n x (node u8, intent u63); locked members: u16 n, n x life; openedAt u63;
 *          barriers: floor u63; u16 n, n x (group text, name text, version u63, generation u63, members u64);
 *          voting as in {@link VotingCodec}
 * features lowest u16; highest u16
 * ballot   round u63; life          life     node u8; counter u63          ? x   one byte 0, or 1 and x
 * process  three texts; pid u64; start ticks u64                          text  u16 n, n bytes of UTF-8
 * departure life; process; reason; evictedAt u63; ? (id u63, reason, begun ballot, agreedAt u63, ? evidence);
 *          recovered by: u16 n, n x name text
 * lapse    life; fenced bool; count u16; at u63
 * evidence class u8; proof text; actor node u8; agreedAt u63
 * group    name text; generation u63; phase u8; members: u16 n, n x life; departed: u16 n, n x life
 * record   record id u64; promised ? ballot; accepted ? ballot; state; ? lone, as in {@link VotingCodec}
 * </pre>
 */
public final class StateCodec {

    /** The longest state; a proposal beyond it is refused when it is drafted (rule L13). */
    public static final int STATE_LIMIT_BYTES = 128 * 1024;

    /** A group's members and departed, at most: they are lives of distinct nodes, or departures. */
    private static final int DEPARTED_LIMIT = ClusterState.DEPARTURES_LIMIT;

    private StateCodec() {}

    /** The first 128 bits of the SHA-256 over the canonical encoding (rule L1). */
    public static Digest digest(ClusterState state) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes(state));
            ByteReader reader = new ByteReader(hash);
            return new Digest(reader.i64(), reader.i64());
        } catch (NoSuchAlgorithmException | MalformedFrame e) {
            throw new IllegalStateException("every JDK has SHA-256, of 32 bytes", e);
        }
    }

    /** How many bytes the state takes. */
    public static int lengthOf(ClusterState state) {
        ByteWriter writer = new ByteWriter(1024);
        encode(state, writer);
        return writer.length();
    }

    /** The canonical encoding. */
    public static byte[] bytes(ClusterState state) {
        ByteWriter writer = new ByteWriter(1024);
        encode(state, writer);
        return writer.toArray();
    }

    public static void encode(ClusterState state, ByteWriter to) {
        to.i64(state.cluster().high()).i64(state.cluster().low());
        to.u16(state.featureLevel());
        to.i64(state.version());
        to.i64(state.parent().high()).i64(state.parent().low());
        encode(state.proposedBy(), to);
        to.u16(state.events().size());
        state.events().forEach(event -> EventCodec.encode(event, to));
        VotingCodec.encode(state.acceptors(), to);
        to.u16(state.members().size());
        state.members().values().forEach(member -> {
            to.incarnation(member.who());
            encode(member.process(), to);
            to.i64(member.joinedAt()).range(member.features());
        });
        to.u16(state.departures().size());
        state.departures().values().forEach(departure -> encode(departure, to));
        to.u16(state.lastLives().size());
        state.lastLives().forEach((node, life) -> to.node(node).i64(life));
        to.nodes(state.cleanLeavers()).u16(state.groups().size());
        state.groups().values().forEach(group -> encode(group, to));
        to.i64(state.nextIntent()).i64(state.generationFloor()).i64(state.viewChangedAt());
        to.u16(state.lapses().size());
        state.lapses().forEach((node, lapse) -> to.incarnation(new Incarnation(node, lapse.life()))
                .bool(lapse.fenced()).u16(lapse.count()).i64(lapse.at()));
        encode(state.fences(), to);
        to.i64(state.barriers().floor()).u16(state.barriers().newest().size());
        state.barriers().newest().forEach((name, passage) -> {
            encode(name, to);
            to.i64(passage.version()).i64(passage.generation()).nodes(passage.members());
        });
        VotingCodec.encode(state.voting(), to);
    }

    public static ClusterState decode(ByteReader from) throws MalformedFrame {
        int before = from.left();
        ClusterId cluster = new ClusterId(from.i64(), from.i64());
        int featureLevel = featureLevel(from);
        long version = number(from);
        Digest parent = new Digest(from.i64(), from.i64());
        Optional<Ballot> proposedBy = optionalBallot(from);
        List<LedgerEvent> events = new ArrayList<>();
        for (int left = from.size(ClusterState.EVENTS_LIMIT); left > 0; left--) {
            events.add(EventCodec.decode(from));
        }
        Acceptors acceptors = VotingCodec.acceptors(from);
        TreeMap<NodeId, Member> members = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            Member member = new Member(from.incarnation(), process(from), number(from), from.range());
            put(members, member.who().node(), member);
        }
        TreeMap<Incarnation, Departure> departures = new TreeMap<>();
        for (int left = from.size(ClusterState.DEPARTURES_LIMIT + ClusterState.REMEMBERED_LIMIT); left > 0; left--) {
            Departure departure = departure(from);
            put(departures, departure.who(), departure);
        }
        TreeMap<NodeId, Long> lastLives = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            Incarnation last = from.incarnation();
            put(lastLives, last.node(), last.life());
        }
        var cleanLeavers = from.nodes();
        TreeMap<GroupName, Group> groups = new TreeMap<>();
        for (int left = from.size(ClusterState.GROUPS_LIMIT); left > 0; left--) {
            Group group = group(from);
            put(groups, group.name(), group);
        }
        ClusterState state = new ClusterState(
                cluster, version, parent, proposedBy, events, acceptors.electorate(), acceptors.recordIds(), members,
                departures, lastLives, cleanLeavers, groups, number(from), number(from), number(from), lapses(from),
                fences(from), barriers(from), featureLevel, VotingCodec.voting(from));
        if (before - from.left() > STATE_LIMIT_BYTES) {
            throw new MalformedFrame("a state of %d bytes".formatted(before - from.left()));
        }
        return state;
    }

    /** A state of a level that this program does not speak has a form that it does not know. */
    private static int featureLevel(ByteReader from) throws MalformedFrame {
        int level = from.u16();
        if (!FeatureLevels.SPOKEN.contains(level)) {
            throw new MalformedFrame("a state of feature level %d; this program speaks %s".formatted(
                    level, FeatureLevels.SPOKEN));
        }
        return level;
    }

    /** The feature level of the state in a record, whether this program speaks it or not. */
    static int featureLevelOf(ByteReader record) throws MalformedFrame {
        record.i64();
        optionalBallot(record);
        optionalBallot(record);
        record.i64();
        record.i64();
        return record.u16();
    }

    public static void encode(AcceptorRecord record, ByteWriter to) {
        to.i64(record.recordId());
        encode(record.promised(), to);
        encode(record.accepted(), to);
        encode(record.state(), to);
        VotingCodec.encode(record.lone(), to);
    }

    public static AcceptorRecord decodeRecord(ByteReader from) throws MalformedFrame {
        long recordId = from.i64();
        Optional<Ballot> promised = optionalBallot(from);
        Optional<Ballot> accepted = optionalBallot(from);
        ClusterState state = decode(from);
        Optional<Lone> lone = VotingCodec.lone(from);
        try {
            return new AcceptorRecord(recordId, promised, accepted, state, lone);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }

    public static void encode(Ballot ballot, ByteWriter to) {
        to.i64(ballot.round()).incarnation(ballot.leader());
    }

    /** Reads a ballot, with its round in bounds; for the codecs of all layers that name one. */
    public static Ballot ballot(ByteReader from) throws MalformedFrame {
        long round = number(from);
        if (round == 0) {
            throw new MalformedFrame("ballot round 0");
        }
        return new Ballot(round, from.incarnation());
    }

    static void encode(HostProcess process, ByteWriter to) {
        to.text(process.host()).text(process.bootId()).text(process.pidNamespace());
        to.i64(process.pid()).i64(process.startTicks());
    }

    static HostProcess process(ByteReader from) throws MalformedFrame {
        String host = text(from, HostProcess.TEXT_LIMIT);
        String bootId = text(from, HostProcess.TEXT_LIMIT);
        String pidNamespace = text(from, HostProcess.TEXT_LIMIT);
        return new HostProcess(host, bootId, pidNamespace, from.i64(), from.i64());
    }

    /** A barrier's name: the group's, then its own. */
    public static void encode(BarrierName barrier, ByteWriter to) {
        to.text(barrier.group().text()).text(barrier.text());
    }

    public static BarrierName barrierName(ByteReader from) throws MalformedFrame {
        GroupName group = groupName(from);
        String text = from.text();
        try {
            return new BarrierName(group, text);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }

    private static Barriers barriers(ByteReader from) throws MalformedFrame {
        long floor = number(from);
        TreeMap<BarrierName, Barriers.Passage> newest = new TreeMap<>();
        for (int left = from.size(Barriers.LIMIT); left > 0; left--) {
            put(newest, barrierName(from), new Barriers.Passage(number(from), number(from), from.nodes()));
        }
        return new Barriers(newest, floor);
    }

    static GroupName groupName(ByteReader from) throws MalformedFrame {
        String text = from.text();
        try {
            return new GroupName(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }

    /** A version, round, generation or intent: not negative, and so far from the end that counting on is safe. */
    static long number(ByteReader from) throws MalformedFrame {
        long value = from.count();
        if (value > ClusterState.VERSION_LIMIT) {
            throw new MalformedFrame("a number of " + value);
        }
        return value;
    }

    /** A text that no constructor will cut. */
    static String text(ByteReader from, int limit) throws MalformedFrame {
        String text = from.text();
        if (text.length() > limit) {
            throw new MalformedFrame("a text of %d characters".formatted(text.length()));
        }
        return text;
    }

    static <E extends Enum<E>> E constant(ByteReader from, E[] values) throws MalformedFrame {
        int ordinal = from.u8();
        if (ordinal >= values.length) {
            throw new MalformedFrame("%d of %d alternatives".formatted(ordinal, values.length));
        }
        return values[ordinal];
    }

    private static void encode(Optional<Ballot> ballot, ByteWriter to) {
        to.bool(ballot.isPresent());
        ballot.ifPresent(present -> encode(present, to));
    }

    private static Optional<Ballot> optionalBallot(ByteReader from) throws MalformedFrame {
        return from.bool() ? Optional.of(ballot(from)) : Optional.empty();
    }

    private static void encode(Departure departure, ByteWriter to) {
        to.incarnation(departure.who());
        encode(departure.process(), to);
        to.text(departure.reason()).i64(departure.evictedAt()).bool(departure.intent().isPresent());
        departure.intent().ifPresent(intent -> {
            to.i64(intent.id()).text(intent.reason());
            encode(intent.begun(), to);
            to.i64(intent.agreedAt()).bool(intent.evidence().isPresent());
            intent.evidence().ifPresent(evidence -> to.u8(evidence.evidenceClass().ordinal())
                    .text(evidence.proof()).node(evidence.actor()).i64(evidence.agreedAt()));
        });
        to.u16(departure.recoveredBy().size());
        departure.recoveredBy().forEach(name -> to.text(name.text()));
    }

    private static Departure departure(ByteReader from) throws MalformedFrame {
        Incarnation who = from.incarnation();
        HostProcess process = process(from);
        String reason = text(from, LedgerEvent.TEXT_LIMIT);
        long evictedAt = number(from);
        if (!from.bool()) {
            return new Departure(who, process, reason, evictedAt, Optional.empty(), recoveredBy(from));
        }
        long id = number(from);
        String why = text(from, LedgerEvent.TEXT_LIMIT);
        Ballot begun = ballot(from);
        long agreedAt = number(from);
        Optional<Evidence> evidence = from.bool()
                ? Optional.of(new Evidence(constant(from, EvidenceClass.values()),
                        text(from, LedgerEvent.TEXT_LIMIT), from.node(), number(from)))
                : Optional.empty();
        Optional<FenceIntent> intent = Optional.of(new FenceIntent(id, why, begun, agreedAt, evidence));
        return new Departure(who, process, reason, evictedAt, intent, recoveredBy(from));
    }

    private static TreeSet<GroupName> recoveredBy(ByteReader from) throws MalformedFrame {
        TreeSet<GroupName> names = new TreeSet<>();
        for (int left = from.size(ClusterState.GROUPS_LIMIT); left > 0; left--) {
            GroupName name = groupName(from);
            if (!names.isEmpty() && names.last().compareTo(name) >= 0) {
                throw new MalformedFrame("%s after %s".formatted(name, names.last()));
            }
            names.add(name);
        }
        return names;
    }

    private static TreeMap<NodeId, Lapse> lapses(ByteReader from) throws MalformedFrame {
        TreeMap<NodeId, Lapse> lapses = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            Incarnation who = from.incarnation();
            boolean fenced = from.bool();
            int count = from.u16();
            try {
                put(lapses, who.node(), new Lapse(who.life(), fenced, count, number(from)));
            } catch (IllegalArgumentException e) {
                throw new MalformedFrame(e.getMessage());
            }
        }
        return lapses;
    }

    private static void encode(FenceAccount fences, ByteWriter to) {
        to.u16(fences.counted().size());
        fences.counted().forEach((node, intent) -> to.node(node).i64(intent));
        to.u16(fences.locked().size());
        fences.locked().forEach(to::incarnation);
        to.i64(fences.openedAt());
    }

    private static FenceAccount fences(ByteReader from) throws MalformedFrame {
        TreeMap<NodeId, Long> counted = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            put(counted, from.node(), number(from));
        }
        TreeMap<Incarnation, Boolean> locked = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            put(locked, from.incarnation(), true);
        }
        return new FenceAccount(counted, new TreeSet<>(locked.keySet()), number(from));
    }

    private static void encode(Group group, ByteWriter to) {
        to.text(group.name().text()).i64(group.generation()).u8(group.phase().ordinal()).u16(group.members().size());
        group.members().values().forEach(to::incarnation);
        to.u16(group.departed().size());
        group.departed().forEach(to::incarnation);
    }

    private static Group group(ByteReader from) throws MalformedFrame {
        GroupName name = groupName(from);
        long generation = number(from);
        Phase phase = constant(from, Phase.values());
        TreeMap<NodeId, Incarnation> members = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            Incarnation who = from.incarnation();
            put(members, who.node(), who);
        }
        TreeSet<Incarnation> departed = new TreeSet<>();
        for (int left = from.size(DEPARTED_LIMIT); left > 0; left--) {
            Incarnation who = from.incarnation();
            if (!departed.isEmpty() && departed.last().compareTo(who) >= 0) {
                throw new MalformedFrame("%s after %s".formatted(who, departed.last()));
            }
            departed.add(who);
        }
        return new Group(name, generation, phase, members, departed);
    }

    /** Puts what was read, which has to be in ascending order: one state, one encoding. */
    static <K extends Comparable<? super K>, V> void put(SortedMap<K, V> into, K key, V value)
            throws MalformedFrame {
        if (!into.isEmpty() && into.lastKey().compareTo(key) >= 0) {
            throw new MalformedFrame("%s after %s".formatted(key, into.lastKey()));
        }
        into.put(key, value);
    }
}
