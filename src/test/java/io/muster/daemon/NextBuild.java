package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * A build of the next version of this program: the same sources with the ranges raised by one, and with a field more in
 * every frame of protocol 2 and in every state of feature level 2. Only what differs is compiled, to stand in front of the
 * classes of this build.
 */
final class NextBuild {

    private static final Path SOURCES = Path.of("src/main/java/io/muster");

    /** What is changed: file, text, what stands there in the next build. */
    private static final List<List<String>> CHANGES = List.of(
            List.of("wire/FrameHeader.java", "PROTOCOLS = new VersionRange(1, 1);", "PROTOCOLS = new VersionRange(1, 2);"),
            List.of("ledger/FeatureLevels.java", "SPOKEN = new VersionRange(FIRST, FIRST);",
                    "SPOKEN = new VersionRange(FIRST, FIRST + 1);"),
            List.of("node/FrameCodec.java", "codecs.encode(message, body);",
                    "codecs.encode(message, body); if (protocol >= 2) { body.u8(0x5A); }"),
            List.of("node/FrameCodec.java", "Message message = codecs.decode(header.kind(), body);",
                    "Message message = codecs.decode(header.kind(), body);"
                            + " if (header.protocol() >= 2 && body.u8() != 0x5A) { throw new MalformedFrame(\"stamp\"); }"),
            List.of("ledger/StateCodec.java", "to.u16(state.featureLevel());",
                    "to.u16(state.featureLevel()); if (state.featureLevel() >= 2) { to.u16(0xBEE); }"),
            List.of("ledger/StateCodec.java", "int featureLevel = featureLevel(from);",
                    "int featureLevel = featureLevel(from);"
                            + " if (featureLevel >= 2 && from.u16() != 0xBEE) { throw new MalformedFrame(\"stamp\"); }"));

    private NextBuild() {}

    /** Compiles it. @return the folder with its classes */
    static Path into(Path place) throws IOException {
        Map<String, String> changed = new LinkedHashMap<>();
        for (List<String> change : CHANGES) {
            String source = changed.containsKey(change.getFirst())
                    ? changed.get(change.getFirst())
                    : Files.readString(SOURCES.resolve(change.getFirst()));
            assertThat(source).as(change.getFirst()).containsOnlyOnce(change.get(1));
            changed.put(change.getFirst(), source.replace(change.get(1), change.get(2)));
        }
        Path classes = Files.createDirectories(place.resolve("classes"));
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, String> each : changed.entrySet()) {
            Path file = place.resolve(each.getKey());
            Files.createDirectories(file.getParent());
            files.add(Files.writeString(file, each.getValue()));
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        boolean compiled = compiler.getTask(said, null, null,
                List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString()), null,
                compiler.getStandardFileManager(null, null, null).getJavaFileObjectsFromPaths(files)).call();
        assertThat(compiled).as(said.toString()).isTrue();
        return classes;
    }
}
