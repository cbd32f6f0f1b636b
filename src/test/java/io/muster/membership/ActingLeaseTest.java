package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class ActingLeaseTest {

    private static final long MS = TimeBudget.MS;
    private static final TimeBudget LAN = TimeBudget.lan();
    private static final long L = LAN.leaseNs();
    private static final long START = 10_000 * MS;

    private final ActingLease lease = new ActingLease(LAN, START);

    @Test
    @DisplayName("A6: after a boot the gate is shut until a round trip")
    void itBeginsShut() {
        assertThat(lease.until()).isEqualTo(START);
    }

    @Test
    @DisplayName("A2: actUntil = s - age * (1 + rho) + L")
    void aLeaseCountsFromTheAskLessTheAgeOfTheProof() {
        long stamp = lease.ask(START + 5 * MS);
        lease.answered(stamp, 100 * MS, 7, 7, START + 9 * MS);
        assertThat(lease.until()).isEqualTo(START + 5 * MS - 100 * MS - 100 * MS / 1_000 + L);
    }

    @Test
    @DisplayName("A2, S5: an answer that was under way for long renews only what was left")
    void delayIsNeverWon() {
        long stamp = lease.ask(START);
        lease.answered(stamp, 900 * MS, 1, 1, START + 5_000 * MS);
        assertThat(lease.until()).isLessThan(START + L);
    }

    @Test
    @DisplayName("A2: a message without the echo of an ask renews nothing")
    void anAnswerToNoAskOfThisLifeRenewsNothing() {
        lease.ask(START + 1);
        lease.answered(START + 2, 0, 1, 1, START + 3);
        lease.answered(START - 500, 0, 1, 1, START + 3);
        lease.answered(Long.MIN_VALUE, 0, 1, 1, START + 3);
        assertThat(lease.until()).isEqualTo(START);
    }

    @Test
    void anAgeThatCannotBeRenewsNothing() {
        long stamp = lease.ask(START);
        lease.answered(stamp, -1, 1, 1, START + 1);
        lease.answered(stamp, L + 1, 1, 1, START + 1);
        lease.answered(stamp, Long.MAX_VALUE, 1, 1, START + 1);
        assertThat(lease.until()).isEqualTo(START);
    }

    @Test
    @DisplayName("A2: a lease of a version before the one that has us in is not for us")
    void anOlderVersionDoesNotCount() {
        long stamp = lease.ask(START);
        lease.answered(stamp, 0, 6, 7, START + 1);
        assertThat(lease.until()).isEqualTo(START);
        lease.answered(stamp, 0, 7, 7, START + 1);
        assertThat(lease.until()).isEqualTo(START + L);
    }

    @Test
    void anOvertakenAnswerDoesNotShortenTheLease() {
        long first = lease.ask(START);
        long second = lease.ask(START + 100 * MS);
        lease.answered(second, 0, 1, 1, START + 110 * MS);
        lease.answered(first, 0, 1, 1, START + 120 * MS);
        assertThat(lease.until()).isEqualTo(START + 100 * MS + L);
    }

    @Test
    void onlySoManyAsksAreRemembered() {
        long first = lease.ask(START);
        for (int i = 1; i <= ActingLease.OUTSTANDING_LIMIT; i++) {
            lease.ask(START + i);
        }
        lease.answered(first, 0, 1, 1, START + 100);
        assertThat(lease.until()).isEqualTo(START);
    }

    @Test
    @DisplayName("A6: after a pause nothing counts but what is asked from then on")
    void aPauseShutsTheGateUntilAFreshRoundTrip() {
        long before = lease.ask(START);
        lease.answered(before, 0, 1, 1, START + 1);
        lease.paused(START + 500 * MS);
        assertThat(lease.until()).isEqualTo(START + 500 * MS);
        lease.answered(before, 0, 1, 1, START + 501 * MS);
        lease.proven(START + 499 * MS, START + 501 * MS);
        assertThat(lease.until()).isEqualTo(START + 500 * MS);
        long after = lease.ask(START + 502 * MS);
        lease.answered(after, 0, 1, 1, START + 503 * MS);
        assertThat(lease.until()).isEqualTo(START + 502 * MS + L);
    }

    @Test
    void aLeaseThatRanOutBeforeThePauseDoesNotComeBackByIt() {
        lease.answered(lease.ask(START), 0, 1, 1, START + 1);
        lease.paused(START + 3 * L);
        assertThat(lease.until()).isEqualTo(START + L);
    }

    @Test
    @DisplayName("A2: on eviction the lease falls at once, and for good")
    void theEndIsForGood() {
        long stamp = lease.ask(START);
        lease.answered(stamp, 0, 1, 1, START + 1);
        lease.end(START + 10);
        assertThat(lease.until()).isEqualTo(START + 10);
        lease.answered(stamp, 0, 1, 1, START + 11);
        lease.proven(START + 11, START + 12);
        assertThat(lease.until()).isEqualTo(START + 10);
    }

    @Test
    @DisplayName("A5: the leader acts by its own proof, counted from when the beat was sent")
    void theLeaderFollowsItsOwnProof() {
        lease.proven(START + 3 * MS, START + 40 * MS);
        assertThat(lease.until()).isEqualTo(START + 3 * MS + L);
    }

    @Test
    @DisplayName("A2: in true time no lease ends after q + L (1 + rho), whatever the clocks and the network do")
    void noLeaseOutlivesTheProofByMoreThanItsLength() {
        Prng chance = new Prng(3);
        int renewed = 0;
        double rho = LAN.clockErrorPpm() / 1e6;
        for (int i = 0; i < 20_000; i++) {
            // Rates of the two clocks against true time, apart by rho at most; offsets as they like.
            double leaderRate = 1 + (chance.nextDouble() - 0.5) * rho;
            double memberRate = 1 + (chance.nextDouble() - 0.5) * rho;
            double memberOffset = chance.between(0, 1_000_000) * 1e6;
            double provenTrue = chance.between(1, 1_000) * 1e6;
            double askedTrue = provenTrue + chance.between(-500, 2_500) * 1e6;
            double answeredTrue = Math.max(provenTrue, askedTrue) + chance.between(0, 2_500) * 1e6;
            double learnedTrue = answeredTrue + chance.between(0, 10_000) * 1e6;
            long ageNs = (long) ((answeredTrue - provenTrue) * leaderRate);
            ActingLease member = new ActingLease(LAN, 0);
            long stamp = member.ask((long) (askedTrue * memberRate + memberOffset));
            if (stamp < 0) {
                continue;
            }
            member.answered(stamp, ageNs, 1, 1, (long) (learnedTrue * memberRate + memberOffset));
            double untilTrue = (member.until() - memberOffset) / memberRate;
            if (member.until() > 0) {
                renewed++;
                assertThat(untilTrue).isLessThanOrEqualTo(provenTrue + L * (1 + rho) + 10);
            }
        }
        assertThat(renewed).isGreaterThan(1_000);
    }
}
