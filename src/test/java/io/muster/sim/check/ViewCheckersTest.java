package io.muster.sim.check;

import static io.muster.sim.check.LedgerCheckersTest.assertViolates;
import static io.muster.sim.check.World.B1;
import static io.muster.sim.check.World.GROUP;
import static io.muster.sim.check.World.N1;
import static io.muster.sim.check.World.N2;
import static io.muster.sim.check.World.N3;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.node.NodeEvent;
import java.util.LinkedHashMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("001-6, 001-7, F9: the checkers of views object to what breaks each rule, and to nothing else")
class ViewCheckersTest {

    private final World world = new World();
    private final ClusterState three = World.next(world.founding, B1, joined(N1), joined(N2), joined(N3));

    @Test
    void aViewMayNotBeProposedWithALinkLacking() {
        NoLinkLacks checker = new NoLinkLacks();
        assertThatNoException().isThrownBy(() -> checker.happened(N1, proposed("")));
        assertViolates("NoLinkLacks", () -> checker.happened(N1, proposed("n2-n3")));
    }

    @Test
    void whoRunsMayNotBePutOutOnceNothingHasHappenedForLong() {
        QuietLinksQuietView checker = new QuietLinksQuietView(world.truth);
        world.now = QuietLinksQuietView.REST_NS - 1;
        assertThatNoException().isThrownBy(() -> checker.chosen(B1, dropped("not heard")));
        world.now++;
        assertViolates("QuietLinksQuietView", () -> checker.chosen(B1, dropped("not heard")));
        assertThatNoException().isThrownBy(() -> checker.chosen(B1, dropped("asked for by anna: rack moves")));
        world.truth.pauses(N1);
        world.now += QuietLinksQuietView.REST_NS;
        assertThatNoException().as("a stopped process is no rest").isThrownBy(
                () -> checker.chosen(B1, dropped("not heard")));
        world.truth.goesOn(N1);
        world.now += QuietLinksQuietView.REST_NS;
        assertViolates("QuietLinksQuietView", () -> checker.chosen(B1, dropped("not heard")));
        world.truth.ends(N3);
        assertThatNoException().isThrownBy(() -> checker.chosen(B1, dropped("not heard")));
    }

    @Test
    void whoHasSomethingOpenMayNotBeDropped() {
        DroppedHeldNothing checker = new DroppedHeldNothing(world.truth);
        checker.began(N3, "locks", Phase.STOP, World.planWithoutN3(2));
        assertViolates("DroppedHeldNothing", () -> checker.chosen(B1, dropped("not heard")));
        checker.chosen(B1, World.next(World.next(three, B1, new LedgerEvent.GroupJoined(GROUP, N3)), B1,
                new LedgerEvent.GroupLeft(GROUP, N3)));
        assertThatNoException().isThrownBy(() -> checker.chosen(B1, dropped("not heard")));
    }

    private ClusterState dropped(String reason) {
        return World.next(three, B1, new LedgerEvent.MemberDropped(N3, reason));
    }


    private static NodeEvent proposed(String lacking) {
        LinkedHashMap<String, Object> fields = new LinkedHashMap<>();
        fields.put("members", "n1 n2 n3");
        fields.put("lacking", lacking);
        fields.put("matrix", "00000000");
        return new NodeEvent("view.proposed", 1, fields);
    }

    private static LedgerEvent joined(Incarnation who) {
        return new LedgerEvent.MemberJoined(who, HostProcess.UNKNOWN);
    }
}
