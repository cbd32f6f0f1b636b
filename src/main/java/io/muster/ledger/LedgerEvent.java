package io.muster.ledger;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.VersionRange;
import java.util.Optional;

/** One agreed change. A version is a list of these, and a state is exactly the sum of the events before it (001-11). */
public sealed interface LedgerEvent {

    /** The longest reason or proof, in characters; a longer one is cut, so that no text of a device stops a version. */
    int TEXT_LIMIT = 256;

    /** A new life is a member, and is granted access from here on (001-10). */
    record MemberJoined(Incarnation who, HostProcess process) implements LedgerEvent {}

    /** A planned leave: its groups were left before and its gate is shut; it need not be fenced. */
    record MemberLeft(Incarnation who) implements LedgerEvent {}

    /** Out without a word, or put out: it has to be made harmless before anybody touches its data. */
    record MemberEvicted(Incarnation who, String reason) implements LedgerEvent {

        public MemberEvicted {
            reason = bounded(reason);
        }
    }

    /**
     * Somebody will be made harmless; agreed before anybody acts (rule F1).
     *
     * @param id    {@link ClusterState#nextIntent()} at that point
     * @param begun the ballot it was begun in
     */
    record FenceIntended(long id, Incarnation who, String reason, Ballot begun) implements LedgerEvent {

        public FenceIntended {
            reason = bounded(reason);
        }
    }

    /**
     * The victim of an intent is harmless; agreed before anybody recovers (rule F2).
     *
     * @param proof what was observed
     * @param actor which node observed it
     */
    record FenceEvidenced(long id, Incarnation who, EvidenceClass evidence, String proof, NodeId actor)
            implements LedgerEvent {

        public FenceEvidenced {
            proof = bounded(proof);
        }
    }

    /** Evidence was contradicted by a sign of life (rule F4): the fence is open again and recovery starts over. */
    record FenceVoided(long id, Incarnation who, String reason) implements LedgerEvent {

        public FenceVoided {
            reason = bounded(reason);
        }
    }

    /** A member joins a group, which is made when it is not there; only while the group is RUNNING (rule R10). */
    record GroupJoined(GroupName group, Incarnation who) implements LedgerEvent {}

    /** A member left a group with its own gate for it shut and drained. */
    record GroupLeft(GroupName group, Incarnation who) implements LedgerEvent {}

    /** An evicted life is taken out of a group and has to be recovered from. */
    record GroupLost(GroupName group, Incarnation who) implements LedgerEvent {}

    /** All members of this generation are through the phase before; this one begins (rule R2). */
    record PhaseReached(GroupName group, long generation, Phase phase) implements LedgerEvent {}

    /** Fences up to this intent lie so far back that they count for the limiter no more (rule F6). */
    record FenceWindowPassed(long upTo) implements LedgerEvent {}

    /** A person opened what held fences back: the limiter, and the hold for newer lives (rules F5a, F6). */
    record FencingOpened(String person, String remark) implements LedgerEvent {

        public FencingOpened {
            person = bounded(person);
            remark = bounded(remark);
        }
    }

    /** This new member's access has to be switched on before it may join a group; in the version that admits it. */
    record AccessWanted(Incarnation who) implements LedgerEvent {}

    /** It has been. @param proof what the devices said */
    record AccessGranted(Incarnation who, String proof, NodeId actor) implements LedgerEvent {

        public AccessGranted {
            proof = bounded(proof);
        }
    }

    /**
     * Out without a word, or put out, like {@link MemberEvicted}; but it is agreed that it holds nothing, being in no
     * group and with no act under way, and so it need not be fenced (rule F9, {@link ClusterState#mayHoldDirtyState}).
     */
    record MemberDropped(Incarnation who, String reason) implements LedgerEvent {

        public MemberDropped {
            reason = bounded(reason);
        }
    }

    /** All members of a running generation have entered a barrier (001-13). */
    record BarrierPassed(BarrierName barrier, long generation, NodeSet members) implements LedgerEvent {}

    /** What feature levels a member's program speaks; in the version that admits it. */
    record FeaturesTold(Incarnation who, VersionRange features) implements LedgerEvent {}

    /** All members and voters speak this feature level, and from this version on it may be used. */
    record FeatureRaised(int level) implements LedgerEvent {}

    /**
     * Who votes, with which votes and by which policy, is as named from here on: chosen by a quorum of the configuration
     * before and of this one (rule Q3).
     *
     * @param voting without a configuration before: the version names it
     */
    record ElectorateChanged(Acceptors acceptors, Voting voting, String reason) implements LedgerEvent {

        public ElectorateChanged {
            voting = voting.with(Optional.empty());
            reason = bounded(reason);
        }
    }

    /** The change of the electorate in the version before is chosen, so the configuration before it counts no more. */
    record ElectorateSettled() implements LedgerEvent {}

    /**
     * Of two nodes this one goes on alone, because the other is harmless (rule T2). Comes before the events that evict
     * it, intend its fence and name the evidence, all in this one version (rule T8).
     */
    record WentAlone(Incarnation lost) implements LedgerEvent {}

    /**
     * The text, cut to {@link #TEXT_LIMIT} characters and with half surrogates replaced, so that it comes back from its
     * UTF-8 bytes as it was.
     */
    static String bounded(String text) {
        StringBuilder bounded = new StringBuilder();
        text.codePoints()
                .map(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? '?' : point)
                .takeWhile(point -> bounded.length() + Character.charCount(point) <= TEXT_LIMIT)
                .forEach(bounded::appendCodePoint);
        return bounded.toString();
    }
}
