package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.heartbeat.HeartbeatNews.PeerHeard;
import io.muster.heartbeat.HeartbeatNews.PeerLost;
import io.muster.heartbeat.LivenessNews.CalledDown;
import io.muster.heartbeat.LivenessNews.CalledUp;
import io.muster.heartbeat.LivenessNews.StandingChanged;
import io.muster.heartbeat.LivenessNews.Verdict;
import io.muster.heartbeat.Subscription.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Seed 003: methods of heartbeat behind one interface, and the rule over them (B8). */
final class LivenessTest {

    private static final long MS = TimeBudget.MS;
    private static final NodeId N3 = NodeId.of(3);
    private static final Incarnation N3_1 = Incarnation.of(3, 1);
    private static final Incarnation N3_2 = Incarnation.of(3, 2);

    private final Recorded<LivenessNews> out = new Recorded<>();
    private Liveness liveness = new Liveness(new VerdictRule.All());
    private long now = 1_000 * MS;

    @Test
    @DisplayName("003-19 with the network alone its news is handed on as it is, in its order, whichever rule is set")
    void theNetworkAloneIsHandedOn() {
        for (VerdictRule rule : List.of(new VerdictRule.All(), new VerdictRule.Any(), new VerdictRule.AtLeast(2))) {
            for (int seed = 0; seed < 300; seed++) {
                Prng random = new Prng(seed);
                Recorded<HeartbeatNews> raw = new Recorded<>();
                Heartbeat heartbeat = new Heartbeat(
                        Incarnation.of(1, 1), NodeSet.of(NodeId.of(2), N3), 2, TimeBudget.lan(), 0);
                Liveness over = new Liveness(rule);
                List<HeartbeatNews> said = new ArrayList<>();
                long sequence = 0;
                for (long at = 0; at < 8_000 * MS; at += random.between(MS, 300 * MS)) {
                    heartbeat.due(at, raw);
                    if (random.chance(0.6)) {
                        int lives = 1 + (int) (at / (3_000 * MS));
                        Incarnation from = Incarnation.of(2 + random.nextInt(2), 1 + random.nextInt(lives));
                        heartbeat.step(new HeartbeatInput.Arrived(
                                from, random.nextInt(2), new Pulse(++sequence, NodeSet.of(NodeId.of(1)), false)), at, raw);
                    }
                    for (HeartbeatNews news : raw.takeNews()) {
                        said.add(news);
                        over.step(new LivenessInput.OfNetwork(news), at, out);
                    }
                }
                assertThat(out.takeNews()).as("seed %d", seed).isEqualTo(said.stream().map(Verdict::new).toList());
                assertThat(said).hasSizeGreaterThan(3);
            }
        }
        assertThat(liveness.sentence()).isEqualTo("heartbeat by network alone");
    }

    @Test
    @DisplayName("003-9 with three regions, two that show it down call nobody, and the third calls exactly once")
    void downOnlyWhenAllRegionsShowItDown() {
        disks("d0", "d1", "d2");
        subscribe(new Subscription("disk watcher", new Key.OneMethod(Liveness.DISK)));
        up("d0", N3_1);
        up("d1", N3_1);
        up("d2", N3_1);
        assertThat(out.takeNews()).filteredOn(CalledUp.class::isInstance).containsExactly(new CalledUp("disk watcher", N3_1));
        down("d0");
        down("d2");
        assertThat(out.takeNews()).filteredOn(CalledDown.class::isInstance).isEmpty();
        down("d1");
        down("d1");
        assertThat(out.takeNews()).filteredOn(CalledDown.class::isInstance).hasSize(1);
    }

    @Test
    @DisplayName("003-7 003-34 a subscription is keyed on one region or on all, and all are those of every method")
    void callbacksAreKeyed() {
        disks("d0", "d1");
        tell(new LivenessInput.Register("user", "u0"));
        assertThat(liveness.regions()).containsExactly("network", "d0", "d1", "u0");
        subscribe(new Subscription("one", new Key.OneRegion("d1")), new Subscription("all", new Key.AllRegions()),
                new Subscription("user", new Key.OneRegion("u0")));
        up("d0", N3_1);
        up("d1", N3_1);
        tell(new LivenessInput.OfRegion(new RegionEvent.Up("u0", N3_1)));
        assertThat(calls()).containsExactly("all up", "one up", "user up");
        down("d1");
        assertThat(calls()).containsExactly("one down");
        down("d0");
        assertThat(calls()).isEmpty();
        tell(new LivenessInput.OfRegion(new RegionEvent.Down("u0", N3, "the stack says so", 0)));
        assertThat(calls()).containsExactly("all down", "user down");
    }

    @Test
    @DisplayName("003-5 a region belongs to the method that registered it first; of what nobody registered nothing is said")
    void methodsRegisterThemselves() {
        disks("d0");
        tell(new LivenessInput.Register("user", "d0"));
        tell(new LivenessInput.OfRegion(new RegionEvent.Up("nowhere", N3_1)));
        assertThat(liveness.regions()).containsExactly("network", "d0");
        assertThat(liveness.sentence()).isEqualTo(
                "heartbeat by network and disk: a node is lost when all methods of heartbeat call it silent");
        assertThat(out.takeNews()).isEmpty();
    }

    @Test
    @DisplayName("B8 silent on the network and heard on disk is cut off, and lost only when the disk is silent too")
    void cutOffIsNotLost() {
        disks("d0");
        heard(N3_1);
        up("d0", N3_1);
        out.takeNews();
        lost(N3_1);
        assertThat(liveness.standing(N3)).isEqualTo(Standing.CUT_OFF);
        assertThat(out.takeNews()).containsExactly(new StandingChanged(
                N3, Optional.of(N3_1), Standing.CUT_OFF, "network: silent, gone; disk: hears n3#1"));
        now += 2_000 * MS;
        down("d0");
        assertThat(out.takeNews()).containsExactly(
                new Verdict(new PeerLost(N3_1, "network: silent, gone; disk: silent, its slot did not change", 1_400 * MS)),
                new StandingChanged(N3, Optional.of(N3_1), Standing.LOST,
                        "network: silent, gone; disk: silent, its slot did not change"));
    }

    @Test
    void heardOnTheNetworkAndSilentOnDiskHasNoStorage() {
        disks("d0");
        heard(N3_1);
        down("d0");
        assertThat(liveness.standing(N3)).isEqualTo(Standing.NO_STORAGE);
        assertThat(out.takeNews()).filteredOn(Verdict.class::isInstance).containsExactly(new Verdict(new PeerHeard(N3_1)));
        up("d0", N3_1);
        assertThat(liveness.standing(N3)).isEqualTo(Standing.HEARD);
    }

    @Test
    @DisplayName("B8 a disk that this node does not reach abstains: the network alone decides, as without it")
    void aBlindRegionAbstains() {
        disks("d0");
        heard(N3_1);
        up("d0", N3_1);
        lost(N3_1);
        out.takeNews();
        tell(new LivenessInput.OfDisk(new DiskBeatNews.StorageLost("d0", 2_000 * MS, "no answer")));
        assertThat(out.takeNews()).filteredOn(Verdict.class::isInstance).hasSize(1)
                .allMatch(news -> ((Verdict) news).news() instanceof PeerLost);
        tell(new LivenessInput.OfDisk(new DiskBeatNews.StorageBack("d0", 3_000 * MS)));
        assertThat(out.takeNews()).isEmpty();
        up("d0", N3_1);
        assertThat(liveness.standing(N3)).isEqualTo(Standing.CUT_OFF);
        assertThat(out.takeNews()).contains(new Verdict(new PeerHeard(N3_1)));
    }

    @Test
    @DisplayName("003-9 a region that is not seen neither holds back a verdict nor gives one")
    void aBlindRegionOfSeveralAbstains() {
        disks("d0", "d1");
        up("d0", N3_1);
        up("d1", N3_1);
        tell(new LivenessInput.OfDisk(new DiskBeatNews.OwnSlotLate("d1", 2_000 * MS, "no answer")));
        assertThat(liveness.standing(N3)).isEqualTo(Standing.CUT_OFF);
        down("d0");
        assertThat(liveness.standing(N3)).isEqualTo(Standing.LOST);
    }

    @Test
    @DisplayName("B8 a region that has not judged yet holds back the verdict")
    void doubtHoldsBack() {
        heard(N3_1);
        disks("d0");
        out.takeNews();
        lost(N3_1);
        assertThat(out.takeNews()).filteredOn(Verdict.class::isInstance).isEmpty();
        down("d0");
        assertThat(out.takeNews()).filteredOn(Verdict.class::isInstance).hasSize(1);
    }

    @Test
    @DisplayName("B8 the rule is data: any, all, and k of n over every way in which three methods can speak")
    void theRuleIsData() {
        for (int silent = 0; silent <= 3; silent++) {
            for (int speaking = silent; speaking <= 3; speaking++) {
                assertThat(new VerdictRule.Any().isLost(silent, speaking)).isEqualTo(silent > 0);
                assertThat(new VerdictRule.All().isLost(silent, speaking)).isEqualTo(speaking > 0 && silent == speaking);
                assertThat(new VerdictRule.AtLeast(2).isLost(silent, speaking))
                        .isEqualTo(silent >= 2 || silent == 1 && speaking == 1);
            }
        }
        liveness = new Liveness(new VerdictRule.Any());
        disks("d0");
        heard(N3_1);
        up("d0", N3_1);
        assertThat(out.takeNews()).contains(new Verdict(new PeerHeard(N3_1)));
        down("d0");
        assertThat(out.takeNews()).filteredOn(Verdict.class::isInstance).hasSize(1);
        tell(new LivenessInput.Rule(new VerdictRule.All()));
        assertThat(out.takeNews()).contains(new Verdict(new PeerHeard(N3_1)));
    }

    @Test
    @DisplayName("a newer life is heard only after the former one was lost, whichever method tells first")
    void aNewerLifeEndsTheFormerOne() {
        disks("d0");
        heard(N3_1);
        up("d0", N3_1);
        out.takeNews();
        up("d0", N3_2);
        assertThat(verdicts()).containsExactly("lost n3#1", "heard n3#2");
        lost(N3_1);
        heard(N3_2);
        up("d0", N3_1);
        assertThat(verdicts()).isEmpty();
        assertThat(liveness.standing(N3)).isEqualTo(Standing.NO_STORAGE);
        lost(N3_2);
        assertThat(verdicts()).containsExactly("lost n3#2");
    }

    @Test
    @DisplayName("003-6 003-18 methods are swapped and whoever listens to verdicts hears the same words")
    void methodsAreSwapped() {
        List<List<String>> heardAbove = new ArrayList<>();
        for (String method : List.of("network", Liveness.DISK, "user")) {
            liveness = new Liveness(new VerdictRule.All());
            if (method.equals(Liveness.DISK)) {
                disks("r");
            } else if (!method.equals("network")) {
                tell(new LivenessInput.Register(method, "r"));
            }
            for (Incarnation who : List.of(N3_1, N3_2)) {
                switch (method) {
                    case "network" -> {
                        heard(who);
                        lost(who);
                    }
                    case "disk" -> {
                        up("r", who);
                        down("r");
                    }
                    default -> {
                        tell(new LivenessInput.OfRegion(new RegionEvent.Up("r", who)));
                        tell(new LivenessInput.OfRegion(new RegionEvent.Down("r", N3, "the stack says so", 0)));
                    }
                }
            }
            heardAbove.add(verdicts());
        }
        assertThat(heardAbove.getFirst()).containsExactly("heard n3#1", "lost n3#1", "heard n3#2", "lost n3#2");
        assertThat(heardAbove).containsOnly(heardAbove.getFirst());
    }

    @Test
    @DisplayName("who was heard only in a region that is taken away is lost by that")
    void takingARegionAwayIsTold() {
        disks("d0");
        up("d0", N3_1);
        out.takeNews();
        tell(new LivenessInput.Unregister("d0"));
        assertThat(verdicts()).containsExactly("lost n3#1");
        assertThat(liveness.sentence()).isEqualTo("heartbeat by network alone");
    }

    private void disks(String... names) {
        for (String name : names) {
            tell(new LivenessInput.Register(Liveness.DISK, name));
        }
    }

    private void subscribe(Subscription... subscriptions) {
        tell(new LivenessInput.Subscribe(List.of(subscriptions)));
    }

    private void heard(Incarnation who) {
        tell(new LivenessInput.OfNetwork(new PeerHeard(who)));
    }

    private void lost(Incarnation who) {
        tell(new LivenessInput.OfNetwork(new PeerLost(who, "gone", 600 * MS)));
    }

    private void up(String region, Incarnation who) {
        tell(new LivenessInput.OfDisk(new DiskBeatNews.PeerUp(region, who)));
    }

    private void down(String region) {
        tell(new LivenessInput.OfDisk(new DiskBeatNews.PeerDown(
                region, N3, Optional.of(N3_1), "its slot did not change", 1_400 * MS)));
    }

    private void tell(LivenessInput input) {
        liveness.step(input, now, out);
    }

    private List<String> calls() {
        return out.takeNews().stream().flatMap(news -> switch (news) {
            case CalledUp up -> List.of(up.subscriber() + " up").stream();
            case CalledDown down -> List.of(down.subscriber() + " down").stream();
            case Verdict _, StandingChanged _ -> List.<String>of().stream();
        }).toList();
    }

    private List<String> verdicts() {
        return out.takeNews().stream().filter(Verdict.class::isInstance).map(news -> switch (((Verdict) news).news()) {
            case PeerHeard(Incarnation who) -> "heard " + who;
            case PeerLost(Incarnation who, _, _) -> "lost " + who;
            case HeartbeatNews other -> other.toString();
        }).toList();
    }
}
