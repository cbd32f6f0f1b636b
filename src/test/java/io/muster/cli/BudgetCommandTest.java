package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.Inequalities;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import io.muster.daemon.ControlSocket;
import io.muster.daemon.EventLog;
import io.muster.daemon.ExitCode;
import io.muster.daemon.FakeNode;
import io.muster.daemon.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetCommandTest {

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private static Run muster(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(code, out.toString(), err.toString());
    }

    private Run asking(FakeNode node, String... words) {
        try (EventLog events = new EventLog(folder, Incarnation.of(1, 2), 0);
                ControlSocket socket = ControlSocket.open(folder.resolve("control.sock"), node, events, Map::of)) {
            assertThat(socket).isNotNull();
            String[] all = java.util.Arrays.copyOf(words, words.length + 2);
            all[words.length] = "--dir";
            all[words.length + 1] = folder.toString();
            return muster(all);
        }
    }

    private Path founded(String times) throws IOException {
        Path cluster = folder.resolve("c");
        assertThat(muster("init", "--dir", cluster.toString(), "n1=127.0.0.1:7400").code()).isZero();
        Path file = cluster.resolve("n1").resolve("muster.toml");
        String text = Files.readString(file);
        for (String each : times.split(", ")) {
            String key = each.substring(0, each.indexOf(' '));
            text = text.replaceAll("(?m)^" + key + " = [0-9]+", each);
        }
        Files.writeString(file, text);
        return file;
    }

    @Test
    @DisplayName("budget of a file shows every inequality with both sides, and ends with 0 when all hold")
    void everyInequalityIsShown() throws IOException {
        Run run = muster("budget", "--config", founded("pulse_ms = 50").toString());

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Inequalities.ALL).allSatisfy(each -> assertThat(run.out()).contains(each.name(), each.formula()));
        assertThat(run.out()).contains("ok   LIVENESS pulses-in-silence       150 <= 600 ms").doesNotContain("NOT");
    }

    @Test
    @DisplayName("an unsafe file is refused with its inequality; a wish that is not met is marked and ends with 3")
    void unsafeSetsAreRefused() throws IOException, Json.NotJson {
        Run unsafe = muster("budget", "--config", founded("lease_ms = 200").getParent().toString());
        assertThat(unsafe.code()).isEqualTo(ExitCode.CONFIGURATION.number());
        assertThat(unsafe.err()).contains("CONFIG-1", "beats-in-lease (rule A1): 3 * beat <= lease must hold, "
                + "and 300 ms is more than 200 ms");

        Files.walk(folder).sorted(java.util.Comparator.reverseOrder()).filter(each -> !each.equals(folder))
                .forEach(each -> each.toFile().delete());
        Run wish = muster("budget", "--json", "--config", founded("lease_ms = 1000").toString());
        assertThat(wish.code()).isEqualTo(ExitCode.BLOCKED.number());
        assertThat(Json.objects(Json.read(wish.out().strip()), "inequalities").stream()
                .filter(each -> !Json.truth(each, "holds")).map(each -> Json.text(each, "name")))
                .containsExactly("lease-over-leader-loss");
    }

    @Test
    @DisplayName("a daemon's budget has what it measured, with the margin to each limit; one that was passed ends with 3")
    void measuredMarginsAreShown() {
        Run fine = asking(new FakeNode(), "budget");
        assertThat(fine.code()).as(fine.err()).isZero();
        assertThat(fine.out()).contains("ok   PULSE_GAP       n2 link 0    median 50 ms, max 60 ms of 600 ms: 10.0 times");

        Run low = asking(new FakeNode().withGapOf(400 * TimeBudget.MS), "budget");
        assertThat(low.code()).isZero();
        assertThat(low.out()).contains("LOW  PULSE_GAP       n3 link 1 ");

        Run passed = asking(new FakeNode().withGapOf(601 * TimeBudget.MS), "budget");
        assertThat(passed.code()).isEqualTo(ExitCode.BLOCKED.number());
        assertThat(passed.out()).contains("NOT  PULSE_GAP       n3 link 1 ");
    }

    @Test
    @DisplayName("docs/CONFIG.md lists every inequality as the program has it")
    void theDocumentListsThemAll() throws IOException {
        String document = Files.readString(Path.of("docs/CONFIG.md"));

        assertThat(Inequalities.ALL).allSatisfy(each -> assertThat(document).contains("| `%s` | %s | %s | `%s` | %s |".formatted(
                each.name(), each.kind(), each.rule(), each.formula(), each.reason())));
        assertThat(WatchdogTimes.CONDITIONS).allSatisfy(each -> assertThat(document).contains(
                "| `%s` | %s | %s | `%s` | %s |".formatted(
                        each.name(), each.kind(), each.rule(), each.formula(), each.reason())));
        // The conditions on a contract about the watchdogs of others stand with its fence method.
        assertThat(document.lines().filter(line -> line.matches("\\| `[a-z-]+` \\| (SAFETY|LIVENESS|CALM|WISH) .*"))
                .filter(line -> !line.startsWith("| `contract-")))
                .hasSize(Inequalities.ALL.size() + WatchdogTimes.CONDITIONS.size());
    }
}
