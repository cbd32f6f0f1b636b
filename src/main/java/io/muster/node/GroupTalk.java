package io.muster.node;

import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.group.BarrierInput;
import io.muster.group.BarrierKeeper;
import io.muster.group.BarrierMessage;
import io.muster.group.BarrierNews;
import io.muster.group.ChannelInput;
import io.muster.group.ChannelMessage;
import io.muster.group.ChannelNews;
import io.muster.group.GroupChannels;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryInput;
import io.muster.recovery.RecoveryPlan;
import java.util.EnumSet;
import java.util.Optional;

/**
 * What members of groups say to each other, on one node: messages in order and public barriers, and the part they take
 * in recovery. A node is through STOP only when it was given all that the other survivors were (virtual synchrony);
 * that comes as {@link ChannelNews.Flushed}, before or after STOP is begun here.
 */
final class GroupTalk implements Participant {

    static final String NAME = "messages";

    final GroupChannels channels;
    final BarrierKeeper barriers;
    private final Outbox<ChannelNews> fromChannels;
    private final Outbox<BarrierNews> fromBarriers;

    GroupTalk(NodeConfig config, Outbox<ChannelNews> fromChannels, Outbox<BarrierNews> fromBarriers, long now) {
        this.channels = new GroupChannels(config.self(), config.times());
        this.barriers = new BarrierKeeper(config.self(), config.times(), now);
        this.fromChannels = fromChannels;
        this.fromBarriers = fromBarriers;
    }

    void arrived(Incarnation from, Message message, long now) {
        switch (message) {
            case ChannelMessage m -> channels.step(new ChannelInput.Arrived(from, m), now, fromChannels);
            case BarrierMessage m -> barriers.step(new BarrierInput.Arrived(from, m), now, fromBarriers);
            default -> { /* heartbeats do not travel on streams */ }
        }
    }

    void agreed(LedgerNews news, long now) {
        channels.step(new ChannelInput.Agreed(news), now, fromChannels);
        barriers.step(new BarrierInput.Agreed(news), now, fromBarriers);
    }

    void asked(Request.ToGroup request, long now) {
        switch (request) {
            case Request.SendToGroup(var group, long ticket, var content) ->
                channels.step(new ChannelInput.SendWanted(group, ticket, content), now, fromChannels);
            case Request.EnterBarrier(var barrier) ->
                barriers.step(new BarrierInput.EnterWanted(barrier), now, fromBarriers);
        }
    }

    Optional<Refusal> refusal(Request.ToGroup request) {
        Optional<String> why = switch (request) {
            case Request.SendToGroup(var group, _, var content) -> channels.refusal(group, content);
            case Request.EnterBarrier(var barrier) -> barriers.refusal(barrier);
        };
        return why.map(sentence -> new Refusal(FaultCode.GROUP_2, sentence));
    }

    /** What the recovery has to be told of this. */
    static Optional<RecoveryInput> answer(ChannelNews news) {
        return news instanceof ChannelNews.Flushed(GroupName group, long generation)
                ? Optional.of(new RecoveryInput.Done(NAME, group, generation, Phase.STOP))
                : Optional.empty();
    }

    void due(long now) {
        if (channels.deadline() <= now) {
            channels.due(now, fromChannels);
        }
        if (barriers.deadline() <= now) {
            barriers.due(now, fromBarriers);
        }
    }

    long deadline() {
        return Math.min(channels.deadline(), barriers.deadline());
    }

    void digest(Hash64 into) {
        channels.digest(into);
        barriers.digest(into);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public EnumSet<Phase> takesPart() {
        return EnumSet.of(Phase.STOP);
    }

    @Override
    public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> answers) {
        if (channels.isFlushed(plan.group(), plan.generation())) {
            answers.announce(new Done(plan.group(), plan.generation(), phase));
        }
    }

    /** What is exchanged in STOP belongs to older generations, and the next one begins with it anew. */
    @Override
    public void abandon(GroupName group, long generation, Outbox<Answer> answers) {
        answers.announce(new Abandoned(group, generation));
    }

    @Override
    public void stopForGood(RecoveryPlan plan, Outbox<Answer> answers) {
        channels.leave(plan.group(), fromChannels);
        answers.announce(new Done(plan.group(), plan.generation(), Phase.STOP));
    }
}
