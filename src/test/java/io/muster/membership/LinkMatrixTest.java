package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("V1: who hears whom, by life, as published")
final class LinkMatrixTest {

    private static final Incarnation A = Incarnation.of(1, 1);
    private static final Incarnation B = Incarnation.of(2, 1);
    private static final Incarnation B2 = Incarnation.of(2, 2);

    private final LinkMatrix matrix = new LinkMatrix();

    @Test
    void aLinkIsUpOnlyWhenBothPublishItOfTheSameLives() {
        matrix.put(A, new MembershipMessage.Row(1, List.of(B)), 0);
        assertThat(matrix.bothWays(A, B, 100, 0)).isFalse();
        matrix.put(B, new MembershipMessage.Row(1, List.of(A)), 0);
        assertThat(matrix.bothWays(A, B, 100, 0)).isTrue();
        matrix.put(B2, new MembershipMessage.Row(1, List.of(A)), 0);
        assertThat(matrix.bothWays(A, B, 100, 0)).as("the row of B is the new life's now").isFalse();
        assertThat(matrix.bothWays(A, B2, 100, 0)).as("A has published the old life").isFalse();
        matrix.put(A, new MembershipMessage.Row(2, List.of(B2)), 0);
        assertThat(matrix.bothWays(A, B2, 100, 0)).isTrue();
    }

    @Test
    void anOldRowDoesNotCountForJoining() {
        matrix.put(A, new MembershipMessage.Row(1, List.of(B)), 0);
        matrix.put(B, new MembershipMessage.Row(1, List.of(A)), 50);
        assertThat(matrix.bothWays(A, B, 100, 100)).isTrue();
        assertThat(matrix.bothWays(A, B, 100, 101)).isFalse();
    }

    @Test
    void overtakenRowsAndRowsOfFormerLivesChangeNothing() {
        matrix.put(B2, new MembershipMessage.Row(5, List.of(A)), 0);
        matrix.put(B2, new MembershipMessage.Row(5, List.of()), 1);
        matrix.put(B2, new MembershipMessage.Row(4, List.of()), 2);
        matrix.put(B, new MembershipMessage.Row(99, List.of()), 3);
        assertThat(matrix.hears(B2, A)).isTrue();
        assertThat(matrix.toldAt(B2)).isZero();
        assertThat(matrix.toldAt(B)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void leavingOutIsCountedFromTheFirstRowThatDoes() {
        matrix.put(A, new MembershipMessage.Row(1, List.of(B)), 0);
        assertThat(matrix.leftOutForNs(A, B, 500)).isZero();
        matrix.put(A, new MembershipMessage.Row(2, List.of()), 600);
        matrix.put(A, new MembershipMessage.Row(3, List.of()), 700);
        assertThat(matrix.leftOutForNs(A, B, 800)).isEqualTo(200);
        matrix.put(A, new MembershipMessage.Row(4, List.of(B)), 900);
        assertThat(matrix.leftOutForNs(A, B, 1_000)).isZero();
        matrix.put(A, new MembershipMessage.Row(5, List.of(B2)), 1_100);
        assertThat(matrix.leftOutForNs(A, B, 1_150)).isEqualTo(50);
        assertThat(matrix.leftOutForNs(B, A, 1_150)).as("no row is known").isZero();
    }
}
