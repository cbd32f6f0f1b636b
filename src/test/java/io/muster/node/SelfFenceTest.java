package io.muster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.machine.Machine;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SelfFenceTest {

    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final GroupName FILES = new GroupName("files");
    private static final long LIMIT_NS = TimeBudget.lan().phaseLimitNs();

    private final SelfFence fence = new SelfFence(N1, TimeBudget.lan());

    @Test
    @DisplayName("003-32, R4: a participant that withdrew and does not stop within the phase limit takes the node out")
    void whatCannotStopTakesTheNodeOut() {
        fence.withdrawn(FILES, 100);
        assertThat(fence.deadline()).isEqualTo(100 + LIMIT_NS);
        assertThat(fence.due(List.of(FILES), 100 + LIMIT_NS - 1)).isEmpty();
        assertThat(fence.due(List.of(FILES), 100 + LIMIT_NS)).hasValueSatisfying(verdict -> {
            assertThat(verdict.cause()).isEqualTo(SelfFence.Cause.CANNOT_STOP);
            assertThat(verdict.cause().code()).isEqualTo(FaultCode.RECOVERY_1);
            assertThat(verdict.reason()).contains("files", "30000 ms");
        });
    }

    @Test
    @DisplayName("R4: whoever has stopped in time, or was let out of the group, takes nobody out, however long nobody leads")
    void whatHasStoppedTakesNobodyOut() {
        fence.withdrawn(FILES, 100);
        assertThat(fence.due(List.of(new GroupName("other")), 100 + LIMIT_NS)).isEmpty();
        assertThat(fence.deadline()).isEqualTo(Machine.NEVER);

        Chain chain = Chain.of(2);
        chain.agree(new LedgerEvent.GroupJoined(FILES, N1));
        fence.withdrawn(FILES, 100);
        fence.agreed(chain.head());
        assertThat(fence.deadline()).as("still in it").isEqualTo(100 + LIMIT_NS);
        chain.agree(new LedgerEvent.GroupLeft(FILES, N1),
                new LedgerEvent.MemberJoined(Incarnation.of(3, 1), HostProcess.UNKNOWN));
        fence.agreed(chain.head());
        assertThat(fence.deadline()).isEqualTo(Machine.NEVER);
    }
}
