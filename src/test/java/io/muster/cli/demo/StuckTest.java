package io.muster.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.daemon.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StuckTest {

    private static final Round ROUND =
            new Round(1, "follower", "SIGKILL", "n3#1", "n3#2", List.of("n1", "n2"), List.of("alpha"), 0);

    private static List<Map<String, Object>> chain(String group, String fence, String rootCode, String root) {
        Map<String, Object> cause = Json.object("code", rootCode, "what", root, "because", List.of());
        Map<String, Object> open = Json.object("code", "FENCE-3", "what", fence, "because", List.of(cause));
        return List.of(Json.object("code", "FENCE-3", "what", "recovery of group " + group, "because", List.of(open)));
    }

    private static final List<Map<String, Object>> LEADER =
            chain("alpha", "n3#1: try 3 failed", "FENCE-1", "try 3; last answer: the scripted device answered: failed");
    private static final List<Map<String, Object>> FOLLOWER =
            chain("alpha", "n3#1 is not fenced yet", "FENCE-3", "the leader n1#1 tries it: ask `muster why --node n1`");

    @Test
    @DisplayName("a chain down to the device on the leader, and to the leader on the other, is whole")
    void aWholeChain() {
        assertThat(Stuck.missing(ROUND, Map.of("n1", LEADER, "n2", FOLLOWER))).isEmpty();
    }

    @Test
    @DisplayName("a survivor that is silent, names another victim or group, or stops above the root is found out")
    void brokenChainsAreFound() {
        assertThat(Stuck.missing(ROUND, Map.of("n1", LEADER))).singleElement().asString().startsWith("n2 does not say");
        assertThat(Stuck.missing(ROUND, Map.of("n1", LEADER, "n2", chain("beta", "n3#1", "FENCE-3", "muster why --node n1"))))
                .hasSize(1);
        assertThat(Stuck.missing(ROUND, Map.of("n1", LEADER, "n2", chain("alpha", "n2#1", "FENCE-3", "muster why --node n1"))))
                .hasSize(1);
        assertThat(Stuck.missing(ROUND, Map.of("n1", FOLLOWER, "n2", FOLLOWER)))
                .containsExactly("nobody tells the answer of the fence device");
        assertThat(Stuck.missing(ROUND, Map.of("n1", LEADER, "n2", chain("alpha", "n3#1", "FENCE-1", "no answer yet"))))
                .containsExactly("n2 does not say what the fence of n3#1 waits for");
    }
}
