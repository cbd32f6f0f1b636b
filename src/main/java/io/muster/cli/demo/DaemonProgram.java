package io.muster.cli.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a small daemon is started from this program: the same Java, the same classes. */
public final class DaemonProgram {

    private DaemonProgram() {}

    /** The daemon's own words follow. */
    public static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        String cache = System.getProperty("muster.aot", "");
        if (!cache.isEmpty()) {
            command.add("-XX:AOTCache=" + cache);
        }
        command.addAll(List.of(
                "-Xlog:disable", "-Xlog:all=error:stderr", "-Xlog:aot*=off:stderr", "-Xlog:cds*=off:stderr",
                // A daemon of the demo is small: a fixed heap that is there from the beginning, no file in /tmp.
                "-XX:+UseSerialGC", "-Xms40m", "-Xmx40m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), "io.muster.daemon.Main"));
        return command;
    }
}
