package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.node.NodeEvent;
import io.muster.node.Wait;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** All checkers as one, in the order in which they are asked: the first that objects names the failure. */
public final class Checkers implements Checker {

    private final EveryLossRecovered losses = new EveryLossRecovered();
    private final SameMessagesSameOrder messages = new SameMessagesSameOrder();
    private final List<Checker> all;
    private final List<Checker> listeningToSent;
    private final List<Checker> listeningToReceived;
    private final List<Checker> listeningToMayAct;

    public Checkers(Truth truth, TimeBudget times) {
        all = List.of(
                new DurableBeforeSaid(truth),
                new VersionsOnlyGrow(),
                new OneValuePerVersion(truth),
                new StateIsSumOfEvents(truth),
                new HarmlessBeforeRecovery(truth),
                new ToldBeforeLocks(),
                new OldGenerationIgnored(),
                new BarrierHolds(truth),
                new LeaseTruth(truth, times),
                new OneActingSide(truth),
                new NoLinkLacks(),
                new DroppedHeldNothing(truth),
                new QuietLinksQuietView(truth),
                losses,
                new OneReplayer(truth),
                new EveryWaitNamed(truth),
                new LeavesAndJoinsInOrder(truth),
                new NewerLifeSpared(truth),
                messages,
                new BarrierTogether(),
                new AnyTwoQuorumsMeet(truth),
                new OneLoneSide(truth));
        listeningToSent = listeningTo("sent");
        listeningToReceived = listeningTo("received");
        listeningToMayAct = listeningTo("mayAct");
        Checks.begin();
    }

    /** Losses of groups that were recovered from. */
    public long recoveries() {
        return losses.recovered();
    }

    /** Messages that were given to members of groups. */
    public long messages() {
        return messages.messages();
    }

    public List<String> names() {
        return all.stream().map(Checker::name).toList();
    }

    /** How many checks each promise has made in this world; a promise that was never put to the test has 0. */
    public SortedMap<String, Long> made() {
        TreeMap<String, Long> made = new TreeMap<>();
        names().forEach(name -> made.put(name, 0L));
        made.putAll(Checks.made());
        return Collections.unmodifiableSortedMap(made);
    }

    /** Most checkers take part in few kinds of events, and messages are by far the most: only those are asked who listen. */
    private List<Checker> listeningTo(String event) {
        return all.stream().filter(checker -> Arrays.stream(checker.getClass().getDeclaredMethods())
                .anyMatch(method -> method.getName().equals(event) && !method.isSynthetic())).toList();
    }

    private void ask(Consumer<Checker> what) {
        all.forEach(what);
    }

    @Override
    public void started(Incarnation life) {
        ask(checker -> checker.started(life));
    }

    @Override
    public void ended(Incarnation life) {
        ask(checker -> checker.ended(life));
    }

    @Override
    public void sent(Incarnation from, NodeId to, Message message) {
        for (Checker checker : listeningToSent) {
            checker.sent(from, to, message);
        }
    }

    @Override
    public void received(Incarnation to, Incarnation from, Message message) {
        for (Checker checker : listeningToReceived) {
            checker.received(to, from, message);
        }
    }

    @Override
    public void durable(NodeId node, AcceptorRecord record) {
        ask(checker -> checker.durable(node, record));
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        ask(checker -> checker.chosen(ballot, state));
    }

    @Override
    public void applied(Incarnation life, LedgerNews.Applied news) {
        ask(checker -> checker.applied(life, news));
    }

    @Override
    public void happened(Incarnation life, NodeEvent event) {
        ask(checker -> checker.happened(life, event));
    }

    @Override
    public void mayAct(Incarnation life, long until) {
        for (Checker checker : listeningToMayAct) {
            checker.mayAct(life, until);
        }
    }

    @Override
    public void fencing(Incarnation actor, Effect.Fence act) {
        ask(checker -> checker.fencing(actor, act));
    }

    @Override
    public void struck(Incarnation victim, Incarnation life) {
        ask(checker -> checker.struck(victim, life));
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        ask(checker -> checker.began(life, participant, phase, plan));
    }

    @Override
    public void toldToAbandon(Incarnation life, String participant, GroupName group, long generation) {
        ask(checker -> checker.toldToAbandon(life, participant, group, generation));
    }

    @Override
    public void answered(Incarnation life, String participant, Participant.Answer answer) {
        ask(checker -> checker.answered(life, participant, answer));
    }

    @Override
    public void looked(Incarnation life, boolean blocked, List<Wait> waits) {
        ask(checker -> checker.looked(life, blocked, waits));
    }

    @Override
    public void end() {
        ask(Checker::end);
    }

    @Override
    public void diskLooked(Incarnation who, NodeId disk, Optional<Ballot> highest) {
        ask(checker -> checker.diskLooked(who, disk, highest));
    }
}
