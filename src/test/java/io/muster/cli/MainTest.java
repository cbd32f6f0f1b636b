package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.daemon.ControlSocket;
import io.muster.daemon.EventLog;
import io.muster.daemon.ExitCode;
import io.muster.daemon.FakeNode;
import io.muster.daemon.Json;
import io.muster.node.NodeEvent;
import io.muster.node.Request;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class MainTest {

    @TempDir
    Path folder;

    /** What a run of the program printed and ended with. */
    private record Run(int code, String out, String err) {

        Map<String, Object> json() throws Json.NotJson {
            return Json.read(out.strip());
        }
    }

    private static Run muster(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(code, out.toString(), err.toString());
    }

    /** Runs against a daemon with this node. */
    private Run asking(FakeNode node, String... args) {
        try (EventLog events = new EventLog(folder, Incarnation.of(1, 2), 0)) {
            events.add(new NodeEvent("leader.elected", 3, new LinkedHashMap<>(Map.of("ballot", "b1.n1#2"))));
            ControlSocket socket = ControlSocket.open(folder.resolve("control.sock"), node, events, () -> Map.of("events", 1L));
            try (socket) {
                String[] all = java.util.Arrays.copyOf(args, args.length + 2);
                all[args.length] = "--dir";
                all[args.length + 1] = folder.toString();
                return muster(all);
            }
        }
    }

    @ParameterizedTest(name = "muster {0}")
    @CsvSource(delimiter = '|', textBlock = """
            statsu                    | Unmatched argument
            status --colour           | Unknown option: '--colour'
            status --node             | Missing required parameter
            fence                     | Missing required parameter: 'NODE'
            fence ack                 | Missing required parameter: 'NODE'
            fence --dir x ack n3      | Options and node come after ack
            fence n2 ack n3           | Options and node come after ack
            fence --dir x open        | Options and node come after open
            fence n2 history          | Options and node come after history
            fence n3 --wait soon      | Invalid value for option '--wait'
            group                     | Say list, join or leave
            group join                | Missing required parameter: 'GROUP'
            group send files          | Missing required option: '--text
            barrier files             | Missing required parameter: 'NAME'
            barrier files b --timeout soon | Invalid value for option '--timeout'
            demo --script dance       | Invalid value for option '--script'
            demo --nodes 1            | --nodes 1 is not in 2 to 16
            demo --nodes 17           | --nodes 17 is not in 2 to 16
            demo --nodes 2 --script hang | no majority
            init n1=10.0.0.1:7400     | Missing required option: '--dir
            init --dir /tmp/x n1      | "n1" cannot be used: there is no = in it
            init --dir /tmp/x n1=a:0  | the port is not in 1 to 65535
            init --dir /tmp/x n1=a:1 n1=b:1 | n1 is named twice
            init --dir /tmp/x n1=a:1 n2=a:1 | "n2=a:1" cannot be used: a:1 is an address of n1 too
            init --dir /tmp/x n1=a:1,a:2,a:2 | "n1=a:1,a:2,a:2" cannot be used: a:2 is an address of n1 too
            init --dir /tmp/x n1=a:1,a:2,a:3 n2=b:1 | 1 links, and n1 has 2
            init --dir /tmp/x --fence A n1=a:1 | "A" cannot be used: lower-case letters
            init --dir /tmp/x --again n2 | --again takes one node, --dir and --life
            init --dir /tmp/x --again n2 --life 0 | --life 0 is not in 1 to
            init --dir /tmp/x --again n2 --life 9223372036854775807 | --life 9223372036854775807 is not in 1 to
            init --dir /tmp/x --life 3 n1=a:1 | --life goes with --again only
            sim --seeds 0             | --seeds 0 is not at least 1
            sim --nodes 65            | --nodes 65 is not in 2 to 64
            sim --from 9223372036854775807 | leaves no room for 200 seeds
            node --colour             | unknown word "--colour"
            node                      | --config is missing
            """)
    @DisplayName("a command line that cannot be used is one sentence with the code CLI-1, and ends with 64")
    void badCommandLinesAreRefused(String line, String says) {
        java.io.PrintStream before = System.err;
        java.io.ByteArrayOutputStream caught = new java.io.ByteArrayOutputStream();
        System.setErr(new java.io.PrintStream(caught, true, java.nio.charset.StandardCharsets.UTF_8));
        Run run;
        try {
            run = muster(line.split(" "));
        } finally {
            System.setErr(before);
        }
        String err = run.err() + caught.toString(java.nio.charset.StandardCharsets.UTF_8);
        assertThat(run.code()).isEqualTo(ExitCode.USAGE.number());
        assertThat(err).startsWith("CLI-1 ").contains(says);
        assertThat(err.strip()).doesNotContain("\n");
        assertThat(run.out()).isEmpty();
    }

    @Test
    @DisplayName("with --json an error is an object on the output")
    void errorsAreJsonToo() throws Json.NotJson {
        Run run = muster("status", "--json", "--dir", folder.toString());

        assertThat(run.code()).isEqualTo(ExitCode.NO_DAEMON.number());
        assertThat(run.json()).containsEntry("ok", false).containsEntry("code", "CLI-2");
        assertThat(run.err()).isEmpty();
    }

    @Test
    @DisplayName("help and version are no errors")
    void helpIsNoError() {
        assertThat(muster().out()).contains("Usage: muster");
        assertThat(muster("--help").out()).contains("demo", "status", "explain").doesNotContain("warm-up");
        assertThat(muster("--version")).satisfies(run -> assertThat(run.code()).isZero())
                .satisfies(run -> assertThat(run.out()).startsWith("muster "));
        assertThat(muster("--version", "--json").out()).startsWith("{\"program\":\"muster\",\"version\":");
        assertThat(muster("--json", "--version").code()).isZero();
        assertThat(muster("status", "--help").code()).isZero();
        assertThat(muster("help", "fence").out()).contains("muster fence");
        assertThat(muster("sim", "--help").out()).contains("--seeds", "4    a healed cluster did not recover");
        assertThat(muster("lab", "run", "--help").out()).contains("cut_each").doesNotContain("null");
    }

    @Test
    @DisplayName("every command and every command below it says what it does")
    void everyCommandHasHelp() {
        Deque<List<String>> open = new ArrayDeque<>(List.of(List.of()));
        int seen = 0;
        while (!open.isEmpty()) {
            List<String> words = open.remove();
            Run run = muster(Stream.concat(words.stream(), Stream.of("--help")).toArray(String[]::new));
            assertThat(run.code()).as("%s: %s", words, run.err()).isZero();
            // What follows "node" is the daemon's, which prints for itself.
            assertThat(run.out()).as("%s", words).contains(words.equals(List.of("node")) ? "" : "Usage: ");
            seen++;
            run.out().lines().dropWhile(line -> !line.equals("Commands:")).skip(1)
                    .filter(line -> line.matches("  [a-z].*")).map(line -> line.strip().split(" ")[0])
                    .filter(word -> !word.equals("help"))
                    .forEach(word -> open.add(Stream.concat(words.stream(), Stream.of(word)).toList()));
        }
        assertThat(seen).isGreaterThan(30);
    }

    @Test
    @DisplayName("a status names a floor above 1 and the witnesses")
    void votersAreShown() {
        Map<String, Object> voters = Json.object("votes", Json.object("n1", 1L, "n2", 1L, "n3", 1L), "threshold", 2L,
                "policy", "dynamic", "floor", 2L, "may_be_lost", List.of("n1"), "witnesses", List.of("n3"), "ledger", "0");
        assertThat(StatusText.agreed(Json.object("voters", voters))).contains(
                "voters n1=1 n2=1 n3=1 (witness)  2 decide  policy dynamic  floor 2  can lose one of n1");
        voters.put("floor", 1L);
        voters.put("witnesses", List.of());
        assertThat(StatusText.agreed(Json.object("voters", voters))).contains(
                "voters n1=1 n2=1 n3=1  2 decide  policy dynamic  can lose one of n1");
    }

    @Test
    @DisplayName("explain tells meaning and remedy of every code; one that is unknown is a sentence and not 0")
    void everyCodeIsExplained() {
        for (FaultCode code : FaultCode.values()) {
            Run run = muster("explain", code.label().toLowerCase(java.util.Locale.ROOT));
            assertThat(run.code()).isZero();
            assertThat(run.out()).contains(code.label(), code.meaning(), code.remedy());
        }
        assertThat(muster("explain", "FENCE-99")).isEqualTo(new Run(ExitCode.UNKNOWN_CODE.number(), "",
                "\"FENCE-99\" is no code of this program; `muster explain` lists all.\n"));
        assertThat(muster("explain").out().lines()).hasSize(2 * FaultCode.values().length);
    }

    @Test
    @DisplayName("status shows the agreed state and ends with 0 when the node may act and nothing waits")
    void statusOfACalmCluster() {
        Run run = asking(new FakeNode(), "status");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("n1#2  leader, leader n1#2", "may act for another 1.50 s", "safe: n1#2 n2#1 n3#1",
                "group nodes", "group alpha").doesNotContain("ago");
    }

    @Test
    @DisplayName("001-4 status --local shows what this node hears, and nothing that is agreed")
    void localStatusIsApart() {
        Run run = asking(new FakeNode(), "status", "--local");

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("n2#1", "heard", "last 12 ms ago", "n3     NOT heard", "never heard")
                .doesNotContain("view").doesNotContain("group");
    }

    @Test
    @DisplayName("status is not 0 when something waits, and has a code of its own without quorum")
    void statusOfATroubledCluster() {
        Run waiting = asking(FakeNode.withOpenFence(), "status");
        assertThat(waiting.code()).isEqualTo(ExitCode.BLOCKED.number());
        assertThat(waiting.out()).contains(
                "NOT SAFE yet", "fence n3#1 OPEN since version", "└─ FENCE-1  process: no such host");

        Run without = asking(new FakeNode().withoutLease(), "status");
        assertThat(without.code()).isEqualTo(ExitCode.NO_QUORUM.number());
        assertThat(without.out()).contains("may not act");
    }

    @Test
    @DisplayName("why walks from the wait to its root and says what to do there; anything that waits is not 0")
    void whyWalksToTheRoot() throws Json.NotJson {
        Run run = asking(FakeNode.withOpenFence(), "why");
        assertThat(run.code()).isEqualTo(ExitCode.BLOCKED.number());
        assertThat(run.out()).isEqualTo("""
                FENCE-3  n3#1 is not fenced yet
                └─ FENCE-1  process: no such host
                      → %s
                """.formatted(FaultCode.FENCE_1.remedy()));

        assertThat(asking(new FakeNode(), "why")).isEqualTo(new Run(0, "Nothing waits on n1.\n", ""));
        assertThat(Json.objects(asking(FakeNode.withOpenFence(), "why", "--json").json(), "waits")).hasSize(1);
    }

    @Test
    @DisplayName("events prints what the daemon keeps, for people or as it was written")
    void eventsArePrinted() throws Json.NotJson {
        assertThat(asking(new FakeNode(), "events").out()).contains("leader.elected", "ballot=b1.n1#2");
        assertThat(asking(new FakeNode(), "events", "--json").json())
                .containsEntry("event", "leader.elected").containsEntry("seq", 1L);
        assertThat(asking(new FakeNode(), "events", "--since", "1").out()).isEmpty();
    }

    @Test
    @DisplayName("what was asked and does not come true in time ends with 3 and says why")
    void whatDoesNotComeTrueIsBlocked() {
        FakeNode node = FakeNode.withOpenFence();
        Run run = asking(node, "group", "join", "beta", "--wait", "0");

        assertThat(run.code()).isEqualTo(ExitCode.BLOCKED.number());
        assertThat(run.out()).contains("It is asked for and waits:", "FENCE-3");
        assertThat(node.asked).singleElement().isInstanceOf(Request.JoinGroup.class);
    }

    @Test
    @DisplayName("what is so already is fine at once")
    void whatIsSoIsFine() {
        assertThat(asking(new FakeNode(), "group", "leave", "beta")).isEqualTo(new Run(0, "It is not in group beta.\n", ""));
        assertThat(asking(new FakeNode(), "group", "list").out()).contains("nodes", "alpha");
    }

    @Test
    @DisplayName("the command that every hint names, fence ack NODE alone, is enough: the user of the machine says so")
    void anAcknowledgementNeedsNoFurtherWord() {
        FakeNode node = FakeNode.withOpenFence();
        asking(node, "fence", "ack", "n3", "--wait", "0");

        assertThat(node.asked).singleElement().isEqualTo(
                new Request.Acknowledge(NodeId.of(3), System.getProperty("user.name"), ""));
    }

    @Test
    @DisplayName("fence history tells apart what is agreed and what this node alone remembers; fence open names a person")
    void fencesHaveAHistoryAndCanBeOpened() {
        FakeNode node = FakeNode.withOpenFence();
        assertThat(asking(node, "fence", "history").out()).contains(
                "agreed, and still of concern:", "fence n3#1 OPEN", "agreed, as n1 saw it:",
                "version 4  intended n3#1 (intent 1)",
                "tries, in the memory of n1 alone:", "n3#1 try 1 by n2, psu-a+psu-b (psu-a) off: failed after 1500 ms: no route");
        assertThat(asking(node, "fence", "history", "n2").out()).doesNotContain("n3#1");
        assertThat(asking(node, "fence", "history", "n3", "--json").out()).startsWith("{\"node\":\"n1\",\"agreed\":[{")
                .contains("\"operation\":\"off\"", "\"took_ms\":1500.0");

        asking(node, "fence", "open", "--by", "ada", "--remark", "the switch", "--wait", "0");
        assertThat(node.asked).containsExactly(new Request.OpenFences("ada", "the switch"));
    }

    @Test
    @DisplayName("a daemon of another node than --node is not asked")
    void theNodeNamedIsTheOneAsked() {
        FakeNode node = new FakeNode();
        Run run = asking(node, "group", "join", "beta", "--node", "n2");

        assertThat(run.code()).isEqualTo(ExitCode.NO_DAEMON.number());
        assertThat(run.err()).startsWith("CLI-2 the daemon of").contains("is n1 and --node says n2");
        assertThat(node.asked).isEmpty();
        assertThat(asking(node, "status", "--node", "n1").code()).isZero();
    }

    @Test
    @DisplayName("a refused request has a code of its own and says why")
    void refusalsAreTold() {
        Run run = asking(new FakeNode(), "fence", "ack", "n2", "--person", "ada");

        assertThat(run.code()).isEqualTo(ExitCode.REFUSED.number());
        assertThat(run.err()).startsWith("FENCE-4 n2 has no open fence");
    }
}
