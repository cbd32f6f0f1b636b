package io.muster.fuse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Real tools on a tree, as a person would use them; bounded, so that a hung mount fails a test and not the run. */
public record Shell(int status, String out) {

    private static final long LIMIT_S = 30;

    /** Runs a script in {@code folder}; what it says on both outputs is {@code out}. */
    public static Shell run(Path folder, String script) throws IOException, InterruptedException {
        Process process = start(folder, script);
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("still runs after %d s: %s".formatted(LIMIT_S, script));
        }
        return new Shell(process.exitValue(), out);
    }

    public static Process start(Path folder, String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                "timeout", "-k", "1", Long.toString(LIMIT_S), "bash", "-c", "cd \"$1\" && " + script, "bash", folder.toString());
        builder.environment().put("LC_ALL", "C");
        return builder.redirectErrorStream(true).start();
    }
}
