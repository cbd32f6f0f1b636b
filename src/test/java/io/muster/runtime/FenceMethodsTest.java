package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 000-26: a fence method is a small interface, loaded from a jar of its own. */
class FenceMethodsTest {

    private static final String SOURCE = """
            package outside;
            import io.muster.fence.FenceMethod;
            import io.muster.fence.MemoryClass;
            import io.muster.ledger.EvidenceClass;
            import java.util.Map;
            public final class Plug implements FenceMethod {
                private String outlet = "";
                public String name() { return "NAME"; }
                public MemoryClass memoryClass() { return MemoryClass.IN_PROCESS; }
                public void prepare(Map<String, String> settings) throws FenceFailed {
                    outlet = settings.getOrDefault("outlet", "");
                    if (outlet.isEmpty()) { throw new FenceFailed("name an outlet"); }
                }
                public Proof fence(Order order) {
                    return new Proof(EvidenceClass.POWER_OFF, "outlet " + outlet + " of " + order.victim() + " reads off");
                }
            }
            """;

    @TempDir
    Path temp;

    @Test
    @DisplayName("000-26: a method in a separate jar is found in the folder, prepared with its settings, and run")
    void aMethodInASeparateJarRuns() throws Exception {
        Path jars = Files.createDirectory(temp.resolve("methods"));
        jar(jars.resolve("plug.jar"), SOURCE.replace("NAME", "plug"));
        Files.writeString(jars.resolve("README"), "not a jar");
        BlockingQueue<Completion> completions = new LinkedBlockingQueue<>();
        var methods = FenceMethods.load(Optional.of(jars));
        assertThat(methods.keySet()).containsExactly("manual", "plug", "process", "scripted", "storage-epoch", "watchdog");
        try (FenceRunner runner = new FenceRunner(methods, Map.of("plug", Map.of("outlet", "7")), completions::add)) {
            runner.run(new Effect.Fence(5, 1, "plug", Incarnation.of(3, 2), HostProcess.UNKNOWN, Inbox.LIMIT_NS));
            assertThat(completions.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isEqualTo(
                    new Completion.FenceEnded(5, Optional.of("power-off"), "outlet 7 of n3#2 reads off"));
        }
    }

    @Test
    @DisplayName("the shipped methods are found without any folder")
    void theShippedMethodsAreFound() {
        assertThat(FenceMethods.load(Optional.empty()).keySet())
                .containsExactly("manual", "process", "scripted", "storage-epoch", "watchdog");
    }

    @Test
    @DisplayName("a method that takes the name of another is refused with both sources")
    void twoMethodsOfOneNameAreRefused() throws Exception {
        jar(temp.resolve("second.jar"), SOURCE.replace("NAME", "process"));
        assertRefused(Optional.of(temp), "\"process\"", "twice", "second.jar", ProcessFence.class.getName());
    }

    @Test
    @DisplayName("a bad name, a jar whose class is missing, and a folder that is missing are refused")
    void uselessJarsAreRefused() throws Exception {
        assertRefused(Optional.of(temp.resolve("nothing")), "nothing");
        jar(temp.resolve("loud.jar"), SOURCE.replace("NAME", "LOUD"));
        assertRefused(Optional.of(temp), "\"LOUD\"", "lower-case");
        Files.delete(temp.resolve("loud.jar"));
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(temp.resolve("hollow.jar")))) {
            entry(jar, "META-INF/services/io.muster.fence.FenceMethod", "outside.Nowhere\n".getBytes(StandardCharsets.US_ASCII));
        }
        assertRefused(Optional.of(temp), "outside.Nowhere", "hollow.jar");
    }

    private static void assertRefused(Optional<Path> folder, String... words) {
        assertThatThrownBy(() -> FenceMethods.load(folder))
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(FaultCode.CONFIG_1))
                .hasMessageContainingAll(words);
    }

    private void jar(Path file, String source) throws IOException {
        Path work = Files.createTempDirectory(temp, "build");
        Path java = Files.writeString(Files.createDirectories(work.resolve("outside")).resolve("Plug.java"), source);
        int result = ToolProvider.getSystemJavaCompiler().run(null, OutputStream.nullOutputStream(), null,
                "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", work.toString(), java.toString());
        assertThat(result).as("compiled").isZero();
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
            entry(jar, "outside/Plug.class", Files.readAllBytes(work.resolve("outside/Plug.class")));
            entry(jar, "META-INF/services/io.muster.fence.FenceMethod", "outside.Plug\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static void entry(JarOutputStream jar, String name, byte[] content) throws IOException {
        jar.putNextEntry(new JarEntry(name));
        jar.write(content);
        jar.closeEntry();
    }
}
