package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import io.muster.fence.FenceLevel;
import io.muster.fence.FenceLimits;
import io.muster.fence.FencePlan;
import io.muster.ledger.EvidenceClass;
import io.muster.membership.ViewSettings;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.RuntimeConfig.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {

    private static final String GOOD = """
            format = 1

            [cluster]
            id = "000102030405060708090a0b0c0d0e0f"

            [node]
            name = "n1"

            [trust]
            authority = "ca.pem"
            certificate = "n1.pem"
            key = "n1-key.pem"
            datagram_key = "datagram.key"

            [times]
            pulse_ms = 20

            [nodes.n1]
            stream = "10.0.0.1:7400"
            links = ["10.0.0.1:7400"]
            fence = ["process", "manual"]

            [nodes.n2]
            stream = "[fd00::2]:7400"
            links = ["n2.example:7401"]

            [fence.process]
            grace = 3
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void makeFiles() throws IOException {
        for (String name : List.of("ca.pem", "n1.pem", "n1-key.pem", "datagram.key")) {
            Files.writeString(folder.resolve(name), "");
        }
    }

    @Test
    @DisplayName("a good file is read as a whole; what it leaves out has the shipped values")
    void aGoodFileIsRead() throws IOException {
        DaemonConfig config = read(GOOD);

        assertThat(config.self()).isEqualTo(NodeId.of(1));
        assertThat(config.times().pulseNs()).isEqualTo(20 * TimeBudget.MS);
        assertThat(config.times().silenceNs()).isEqualTo(TimeBudget.lan().silenceNs());
        assertThat(config.machine().dataFolder()).isEqualTo(folder);
        assertThat(config.machine().nodes().get(NodeId.of(2)).stream()).isEqualTo(new Endpoint("fd00::2", 7400));
        assertThat(config.machine().nodes().get(NodeId.of(2)).links()).containsExactly(new Endpoint("n2.example", 7401));
        assertThat(config.fencing().plans()).containsEntry(NodeId.of(1), FencePlan.flat(List.of("process", "manual")))
                .containsEntry(NodeId.of(2), FencePlan.flat(List.of()));
        assertThat(config.machine().fencing().methods()).containsEntry("process", Map.of("grace", "3"))
                .containsEntry("manual", Map.of());
        assertThat(config.machine().fencing().jarFolder()).isEqualTo(Optional.empty());
    }

    @Test
    @DisplayName("what is written is read back the same")
    void writtenIsReadBack() throws IOException {
        DaemonConfig config = read(GOOD);

        assertThat(read(ConfigWriter.write(config))).isEqualTo(config);
        assertThat(config.view()).isEqualTo(ViewSettings.DEFAULT);
        DaemonConfig witness = read(GOOD + "[view]\npolicy = \"weight\"\nweight = 0\n");
        assertThat(witness.view()).isEqualTo(new ViewSettings(ViewSettings.Policy.WEIGHT, 0));
        assertThat(witness.view().witness()).isTrue();
        assertThat(read(ConfigWriter.write(witness))).isEqualTo(witness);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pulse_ms = 20   | pulse_ms = 18446744073709551636   | times.pulse_ms = 18446744073709551636
            pulse_ms = 20   | pulse_ms = 99999999999999999999   | times.pulse_ms = 99999999999999999999
            pulse_ms = 20   | pulse_ms = -18446744073709551596  | times.pulse_ms = -18446744073709551596
            pulse_ms = 20   | pulse_ms = 18_446_744_073_709_551_636 | times.pulse_ms = 18_446_744_073_709_551_636
            pulse_ms = 20   | pulse_ms = 0x10000000000000014    | times.pulse_ms = 0x10000000000000014
            pulse_ms = 20   | pulse_ms=9223372036854775808 # ms | times.pulse_ms = 9223372036854775808
            format = 1      | format = 18446744073709551617     | key format = 18446744073709551617
            grace = 3       | grace = 18446744073709551619      | fence.process.grace = 18446744073709551619
            stream = "[     | fence_level_delays_ms = [1, 18446744073709551617]@stream = "[ | nodes.n2.fence_level_delays_ms = 184
            """)
    @DisplayName("a number beyond 64 bits is refused with its key and as it was written, and never wrapped around")
    void numbersAreNotWrapped(String good, String bad, String named) {
        assertThat(GOOD).contains(good);
        assertThatThrownBy(() -> read(GOOD.replace(good, bad.replace('@', '\n')))).isInstanceOf(ClusterFault.class)
                .hasMessageContainingAll("CONFIG-1 ", named);
    }

    @Test
    @DisplayName("long digits in texts, remarks, fractions and names are no numbers, and the largest number is one")
    void whatIsNoNumberIsLetBe() {
        for (String fine : List.of(
                "# 18446744073709551617", "a = \"x = 18446744073709551617\"", "a = 'x\\' # 18446744073709551617",
                "a = \"\"\"\nb = 18446744073709551617 \"\n\"\"\"", "a = 1.18446744073709551617", "18446744073709551617 = 1",
                "a = 9223372036854775807", "a = -9223372036854775808", "[t.18446744073709551617]",
                "a = \"\\\"\" # 18446744073709551617", "a = \"", "a = '''", "a = \"\\", "[", "a = [")) {
            assertThat(TomlNumbers.tooLarge(fine)).as(fine).isEmpty();
        }
        assertThat(TomlNumbers.tooLarge("a = \"\\\\\"\nb = [[1],\n 18446744073709551617]")).contains(
                new TomlNumbers.TooLarge("b", "18446744073709551617"));
        assertThat(TomlNumbers.tooLarge("[[t]]\na = { b = 'x', c = 18446744073709551617 }")).contains(
                new TomlNumbers.TooLarge("t.c", "18446744073709551617"));
    }

    @Test
    @DisplayName("shared disks are read with what they leave out, written back the same, and wrong ones refused by name")
    void disksAreRead() throws IOException {
        DaemonConfig config = read(GOOD + """
                [disk.shared]
                path = "shared.img"

                [disk.other-1]
                path = "/dev/sdz"
                direct = false
                time_limit_ms = 250
                """);
        assertThat(config.machine().disks()).containsOnlyKeys("shared", "other-1")
                .containsEntry("shared", new RuntimeConfig.Disk(
                        folder.resolve("shared.img"), true, RuntimeConfig.Disk.TIME_LIMIT_NS))
                .containsEntry("other-1", new RuntimeConfig.Disk(Path.of("/dev/sdz"), false, 250 * TimeBudget.MS));
        assertThat(read(ConfigWriter.write(config))).isEqualTo(config);
        for (String wrong : List.of("[disk.Big]\npath = \"a\"", "[disk.a]\ndirect = true", "[disk.a]\npath = \"a\"\ndirect = 1",
                "[disk.a]\npath = \"a\"\ntime_limit_ms = 0", "[disk.a]\npath = \"a\"\n[disk.b]\npath = \"./a\"",
                "[disk.a]\npath = \"a\"\nspeed = 3")) {
            assertThatThrownBy(() -> read(GOOD + wrong)).as(wrong).isInstanceOf(ClusterFault.class)
                    .hasMessageContaining("disk.").hasMessageNotContaining("\n");
        }
    }

    @Test
    @DisplayName("a watchdog is read and written back the same; one that does not go with the times is refused")
    void aWatchdogIsRead() throws IOException {
        DaemonConfig keeper = read(GOOD + "[watchdog]\nprocess = true\nreboot = true\ntimeout_ms = 2500\n");
        assertThat(keeper.machine().watchdog()).contains(new RuntimeConfig.OwnWatchdog(
                Optional.empty(), true, new WatchdogTimes(2_500 * TimeBudget.MS)));
        assertThat(read(ConfigWriter.write(keeper))).isEqualTo(keeper);
        DaemonConfig device = read(GOOD + "[watchdog]\ndevice = \"/dev/watchdog1\"\ntimeout_ms = 10000\n");
        assertThat(device.machine().watchdog()).contains(new RuntimeConfig.OwnWatchdog(
                Optional.of(Path.of("/dev/watchdog1")), false, new WatchdogTimes(10_000 * TimeBudget.MS)));
        assertThat(read(ConfigWriter.write(device))).isEqualTo(device);
        assertThat(read(GOOD).machine().watchdog()).isEmpty();

        assertThatThrownBy(() -> read(GOOD + "[watchdog]\nprocess = true\ntimeout_ms = 900\n"))
                .isInstanceOf(ClusterFault.class)
                .hasMessageContaining("watchdog-pauses (rule H2): 4 * pause <= watchdog_timeout must hold, and 1000 ms is more");
        for (String wrong : List.of("timeout_ms = 10000", "process = true",
                "process = true\ndevice = \"/dev/w\"\ntimeout_ms = 9000",
                "device = \"w\"\ntimeout_ms = 10000", "device = \"/dev/w\"\ntimeout_ms = 10500",
                "device = \"/dev/w\"\nreboot = true\ntimeout_ms = 10000", "process = true\ntimeout_ms = 9000\nspeed = 3")) {
            assertThatThrownBy(() -> read(GOOD + "[watchdog]\n" + wrong)).as(wrong).isInstanceOf(ClusterFault.class)
                    .hasMessageContaining("watchdog.").hasMessageNotContaining("\n");
        }
    }

    @Test
    @DisplayName("A3: a contract about others' watchdogs that does not cover this node's own settings is refused")
    void aContractHasToCoverTheSettings() throws IOException {
        String text = GOOD.replace("fence = [\"process\", \"manual\"]", "fence = [\"process\", \"dog\"]") + """
                [fence.dog]
                kind = "watchdog"
                watchdog = "hardware"
                nodes = "n1 n2"
                timeout_ms = "2000"
                lease_ms = "2000"
                write_ms = "5000"
                drain_ms = "5000"
                clock_error_ppm = "1000"
                """;
        assertThat(read(ConfigWriter.write(read(text)))).isEqualTo(read(text));
        assertThatThrownBy(() -> read(text.replace("lease_ms = \"2000\"", "lease_ms = \"1999\"")))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("fence.dog")
                .hasMessageContaining("contract-lease (rule A3)");
        assertThatThrownBy(() -> read(text + "[disk.a]\npath = \"a\"\ntime_limit_ms = 5001\n"))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("contract-write (rule A4)");
        assertThatThrownBy(() -> read(text + "[fencing]\ndrain_ms = 5001\n"))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("contract-drain (rule A3)");
    }

    @Test
    @DisplayName("levels of several devices, delays, unfencing and limits are read, and written back the same")
    void fencingIsReadAsAWhole() throws IOException {
        String text = GOOD.replace("fence = [\"process\", \"manual\"]", """
                fence = [["psu-a", "psu-b"], "process", ["manual"]]
                fence_level_delays_ms = [0, 500]
                fence_delay_ms = 20
                fence_random_delay_ms = 30
                fence_priority = 9
                unfence = ["port"]
                fixed_host = true""") + """
                [fence.psu-a]
                kind = "scripted"

                [fencing]
                limit_nodes = 0
                window_ms = 1000
                priority_delay_ms = 2000
                drain_ms = 3000
                settle_ms = 4000
                least_evidence = "process-ended"
                """;
        DaemonConfig config = read(text);

        FencePlan plan = config.fencing().plan(NodeId.of(1));
        assertThat(plan).isEqualTo(new FencePlan(
                List.of(FenceLevel.of("psu-a", "psu-b"), new FenceLevel(List.of("process"), 500 * TimeBudget.MS),
                        FenceLevel.of("manual")),
                20 * TimeBudget.MS, 30 * TimeBudget.MS, 9, List.of("port"), true));
        assertThat(config.fencing().limits()).isEqualTo(new FenceLimits(FenceLimits.OFF, TimeBudget.SECOND,
                2 * TimeBudget.SECOND, 3 * TimeBudget.SECOND, 4 * TimeBudget.SECOND, EvidenceClass.PROCESS_ENDED));
        assertThat(config.machine().fencing().methods().keySet())
                .containsExactly("manual", "port", "process", "psu-a", "psu-b");
        assertThat(read(ConfigWriter.write(config))).isEqualTo(config);
        assertThat(read(GOOD).fencing().limits()).isEqualTo(FenceLimits.shipped(2));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            fence = [["process", "manual"]] | "manual" stands alone in its level
            fence = [["process", "process"]] | 1 to 8 different ones are allowed
            fence = ["process", ["process"]] | names a level twice
            fence = [[]] | holds a list of 0
            fence = [7] | holds 7, which is no text
            fence = ["process"]\\nfence_level_delays_ms = [1, 2] | has 2 values for 1 levels
            fence = ["process"]\\nfence_level_delays_ms = ["1"] | a list of at most 8 whole numbers
            fence = ["process"]\\nfixed_host = 1 | is no truth
            fence = ["process"]\\nunfence = ["Port"] | "Port", which cannot be used
            """)
    void badPlansAreRefused(String line, String words) {
        assertThatThrownBy(() -> read(GOOD.replace("fence = [\"process\", \"manual\"]", line.replace("\\n", "\n"))))
                .isInstanceOf(ClusterFault.class).hasMessageContaining(words);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            format = 1 | format = 2 | CONFIG_1 | key format = 2 is not of this program; format = 1 would
            format = 1 | `` | CONFIG_1 | key format is missing
            format = 1 | format = "1" | CONFIG_1 | key format = "1" is no whole number
            format = 1 | format = 1\\ncolour = "red" | CONFIG_3 | key colour = "red" is not known; the top of the file may have
            [cluster] | [claster] | CONFIG_1 | key cluster is missing; a table [cluster] would do
            id = "0001 | id = "xx01 | CONFIG_1 | key cluster.id = "xx0102030405060708
            name = "n1" | name = "node1" | CONFIG_1 | key node.name = "node1" cannot be used
            name = "n1" | name = 1 | CONFIG_1 | key node.name = 1 is no text; a node name
            name = "n1" | name = "n3" | CONFIG_1 | is not among the nodes [n1, n2]
            name = "n1" | name = "n1"\\nnmae = "n1" | CONFIG_3 | key node.nmae = "n1" is not known; [node] may have data
            key = "n1-key.pem" | key = "gone.pem" | CONFIG_1 | gone.pem is no file that this user may read
            datagram_key | datagramkey | CONFIG_1 | key trust.datagram_key is missing
            pulse_ms = 20 | pulse_ms = 0 | CONFIG_1 | key times.pulse_ms = 0 is out of range; a whole number
            pulse_ms = 20 | pulse_ms = 2.5 | CONFIG_1 | key times.pulse_ms = 2.5 is no whole number
            pulse_ms = 20 | pulse_ms = 500 | CONFIG_1 | [times] does not hold together: pulses-in-silence
            pulse_ms = 20 | puls_ms = 20 | CONFIG_3 | key times.puls_ms = 20 is not known
            [nodes.n2] | [nodes.two] | CONFIG_1 | key nodes.two cannot be used
            stream = "10.0.0.1:7400" | stream = "10.0.0.1" | CONFIG_1 | there is no colon
            stream = "10.0.0.1:7400" | stream = "10.0.0.1:x" | CONFIG_1 | the port is no number
            stream = "10.0.0.1:7400" | stream = "10.0.0.1:70000" | CONFIG_1 | the port is not in 1 to 65535
            stream = "10.0.0.1:7400" | stream = "fd00::1:7400" | CONFIG_1 | an IPv6 address stands in brackets
            stream = "10.0.0.1:7400" | stream = "[fd00::2]:7400" | CONFIG_1 | is also an address of n1
            links = ["10.0.0.1:7400"] | links = [] | CONFIG_1 | key nodes.n1.links has 0 values
            links = ["10.0.0.1:7400"] | links = "10.0.0.1:7400" | CONFIG_1 | = "10.0.0.1:7400" is no list
            links = ["10.0.0.1:7400"] | links = ["a:1", "b:2"] | CONFIG_1 | has 1 addresses but n1 has 2; the same number
            fence = ["process", "manual"] | fence = ["Pro cess"] | CONFIG_1 | holds "Pro cess", which
            fence = ["process", "manual"] | fence = ["manual"] | CONFIG_1 | sets a fence method that no node has; one of [manual]
            grace = 3 | grace = [3] | CONFIG_1 | key fence.process.grace is a table or a list
            [node] | [node | CONFIG_2 | it is not TOML
            name = "n1" | name = "n1"\\nname = "n2" | CONFIG_2 | it is not TOML
            """)
    @DisplayName("every bad file is refused with a code and a sentence that names file, key, value, reason and remedy")
    void badFilesAreRefused(String good, String bad, FaultCode code, String says) {
        assertThat(GOOD).contains(good);
        String text = GOOD.replaceFirst(java.util.regex.Pattern.quote(good),
                java.util.regex.Matcher.quoteReplacement(bad.replace("\\n", "\n")));

        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(code))
                .hasMessageContaining(says)
                .hasMessageContaining(file().toString())
                .hasMessageNotContaining("\n");
    }

    @Test
    @DisplayName("a file that is absent, a folder, too large or no text is refused")
    void unreadableFilesAreRefused() throws IOException {
        assertFault(folder.resolve("none.toml"), "it does not exist");
        assertFault(folder, "it is a folder");
        Path large = folder.resolve("large.toml");
        Files.write(large, new byte[(int) ConfigReader.FILE_LIMIT_BYTES + 1]);
        assertFault(large, "larger than");
        Path noText = folder.resolve("bytes.toml");
        Files.write(noText, new byte[] {(byte) 0xFF, (byte) 0xFE, 0});
        assertFault(noText, "has to be a text in UTF-8");
    }

    private static void assertFault(Path file, String says) {
        assertThatThrownBy(() -> ConfigReader.read(file))
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.CONFIG_2))
                .hasMessageContaining(file.toString()).hasMessageContaining(says);
    }

    @Test
    @DisplayName("docs/CONFIG.md explains every key")
    void theDocumentIsWhole() throws IOException {
        String document = Files.readString(Path.of("docs/CONFIG.md"));

        assertThat(ConfigWriter.TIME_KEYS).allSatisfy(key -> assertThat(document).contains("`" + key.name() + "`"));
        assertThat(List.of("format", "id", "name", "data", "fence_jars", "authority", "certificate", "key", "datagram_key",
                "stream", "links", "fence", "policy",
                "weight", "path", "direct", "time_limit_ms", "tree"))
                .allSatisfy(key -> assertThat(document).contains("`" + key + "`"));
    }

    @Test
    @DisplayName("a control tree is off unless it is named; its path is seen from the file's folder")
    void theControlTreeIsNamed() throws IOException {
        assertThat(read(GOOD).tree()).isEmpty();
        DaemonConfig config = read(GOOD + "\n[control]\ntree = \"here/tree\"\n");
        assertThat(config.tree()).contains(folder.resolve("here/tree"));
        assertThat(read(ConfigWriter.write(config))).isEqualTo(config);
        assertThatThrownBy(() -> read(GOOD + "\n[control]\ntree = 3\n")).hasMessageContaining("control.tree");
        assertThatThrownBy(() -> read(GOOD + "\n[control]\ntrees = \"x\"\n")).hasMessageContaining("control.trees");
    }

    private Path file() {
        return folder.resolve("muster.toml");
    }

    private DaemonConfig read(String text) throws IOException {
        Files.writeString(file(), text);
        return ConfigReader.read(file());
    }
}
