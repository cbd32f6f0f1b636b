package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The language of scripts: what is wrong is said with its line, and an expectation that fails says what is so instead. */
class ScriptTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "kill n7                         | \"n7\" is no node of this cluster, which has {n1 n2 n3}",
        "kill                            | a node is missing at the end",
        "shout                           | there is no command \"shout\"",
        "cluster of 3                    | there is a cluster already",
        "wait 5                          | \"5\" is no span of time: write 800ms, 5s or 2min",
        "wait 5s and more                | \"and more\" is too much",
        "pause n1 for a while            | \"a\" is no span of time: write 800ms, 5s or 2min",
        "when n1 sleeps kill n2          | after \"when\" and a node comes \"is in\" and a moment",
        "when n1 is in TROUBLE kill n2   | \"TROUBLE\" is none of [STOP, LOCKS, STRIPES, JOURNALS, RESUME, FENCING,",
        "fence dances                    | \"dances\" is none of [WORKS, SLOW, FAILS, HITS_BUT_FAILS, HANGS, LIES]",
        "expect n1 is happy              | \"is happy\" is nothing that can be said of a node",
        "expect peace                    | \"peace\" begins no condition",
        "expect why on n1 is because     | after \"why on n1\" comes \"says\" and a text",
        "ask n1 to dance                 | nobody can be asked to \"dance\"",
        "power n1                        | after \"power\" comes \"on\" or \"off\"",
        "at 2s                           | a command is missing at the end"
    })
    void whatCannotBeReadIsSaidWithItsLine(String command, String why) {
        assertThatExceptionOfType(ScriptFault.class)
                .isThrownBy(() -> Script.carryOut(List.of("A story", "> cluster of 3", "> " + command)))
                .satisfies(fault -> assertThat(fault.kind()).isEqualTo(ScriptFault.Kind.UNREADABLE))
                .withMessageStartingWith("line 3, \"" + command + "\": ").withMessageContaining(why);
    }

    @Test
    void aScriptWithoutAClusterOrWithoutACommandIsNone() {
        assertThatExceptionOfType(ScriptFault.class).isThrownBy(() -> Script.carryOut(List.of("> kill n1")))
                .withMessageContaining("begin with \"cluster of 3\"");
        assertThatExceptionOfType(ScriptFault.class).isThrownBy(() -> Script.carryOut(List.of("Once upon a time")))
                .withMessageContaining("there is no command in it");
        assertThatExceptionOfType(ScriptFault.class).isThrownBy(() -> Script.carryOut(List.of(">kill n1")))
                .withMessageContaining("a command begins with \"> \"");
    }

    @Test
    void anExpectationThatFailsSaysWhatIsSoInstead() {
        assertThatExceptionOfType(ScriptFault.class)
                .isThrownBy(() -> Script.carryOut(List.of("> cluster of 3", "> until whole", "> expect within 5s n2 is out")))
                .satisfies(fault -> assertThat(fault.kind()).isEqualTo(ScriptFault.Kind.NOT_SO))
                .withMessageContaining("not \"n2 is out\" within 5000 ms: members are [n1, n2, n3]");
        assertThatExceptionOfType(ScriptFault.class)
                .isThrownBy(() -> Script.carryOut(List.of(
                        "> cluster of 3", "> until whole", "> in 1s kill n2", "> expect for 4s n2 runs")))
                .withMessageContaining("not \"n2 runs\" after 1000 ms: n2 does not run");
    }

    @Test
    void aNodeThatWasNotStoppedIsNotReplaced() {
        assertThatExceptionOfType(ScriptFault.class)
                .isThrownBy(() -> Script.carryOut(List.of("> cluster of 3", "> until whole", "> replace n3")))
                .withMessageContaining("n3 is not paused");
    }

    @Test
    void whatHappensIsShownBelowItsCommandInPlaceOfWhatStoodThere() {
        List<String> carriedOut = Script.carryOut(List.of(
                "Prose.", "> quietly cluster of 3", "  something old", "> quietly until whole", "> show node.evicted",
                "> kill n3", "> until recovered", "  something older", "More prose."));

        assertThat(carriedOut).containsExactly(
                "Prose.", "> quietly cluster of 3", "> quietly until whole", "> show node.evicted", "> kill n3",
                "> until recovered", "  n1#1 node.evicted n3#1", "  n2#1 node.evicted n3#1", "More prose.");
    }

    @Test
    void aMomentIsMetEachTimeItIsWaitedForAndOnlyOnce() {
        for (String phase : List.of("STOP", "LOCKS", "STRIPES", "JOURNALS", "RESUME")) {
            List<String> story = new ArrayList<>(List.of(
                    "> quietly cluster of 5", "> quietly until whole", "> when n2 is in " + phase + " of g1 kill n2",
                    "> quietly kill n5", "> quietly until recovered", "> expect n2 is out", "> quietly start n2 n5",
                    "> quietly expect within 20s whole"));
            assertThat(Script.carryOut(story)).as(phase).hasSameSizeAs(story);
        }
    }
}
