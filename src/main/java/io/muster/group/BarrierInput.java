package io.muster.group;

import io.muster.base.Incarnation;
import io.muster.ledger.BarrierName;
import io.muster.ledger.LedgerNews;

/** What the barrier keeper is told. */
public sealed interface BarrierInput {

    record Arrived(Incarnation from, BarrierMessage message) implements BarrierInput {}

    record Agreed(LedgerNews news) implements BarrierInput {}

    /** This node enters and stays there until it is through; entering twice is entering once. */
    record EnterWanted(BarrierName barrier) implements BarrierInput {}
}
