package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The command line of {@code muster node}. Read by hand: a daemon that is started after a failure has better things to
 * load than a command line library.
 *
 * @param config the configuration file; empty when only help was asked for
 * @param parent end when this process does, the one that started us
 */
record DaemonOptions(Optional<Path> config, OptionalLong parent) {

    static final String USAGE = """
            Usage: muster node --config FILE [--die-with-parent PID]
            Run the daemon of a node until it is told to leave (muster leave, or SIGTERM).

              --config FILE           its configuration; a folder means the file muster.toml in it
              --die-with-parent PID   end when the process PID, which started this one, ends,
                                      or when the standard input does
              -h, --help              show this help
            """;

    /** @throws ClusterFault CLI-1 */
    static DaemonOptions parse(List<String> words) {
        Optional<Path> config = Optional.empty();
        OptionalLong parent = OptionalLong.empty();
        Iterator<String> left = words.iterator();
        while (left.hasNext()) {
            String word = left.next();
            int equals = word.startsWith("--") ? word.indexOf('=') : -1;
            String name = equals < 0 ? word : word.substring(0, equals);
            switch (name) {
                case "-h", "--help" -> {
                    return new DaemonOptions(Optional.empty(), OptionalLong.empty());
                }
                case "--config" -> config = Optional.of(Path.of(value(word, equals, left)));
                case "--die-with-parent" -> parent = OptionalLong.of(pid(value(word, equals, left)));
                default -> throw unusable("unknown word \"%s\"".formatted(word));
            }
        }
        if (config.isEmpty()) {
            throw unusable("--config is missing");
        }
        return new DaemonOptions(config.map(DaemonOptions::fileOf), parent);
    }

    private static Path fileOf(Path given) {
        return Files.isDirectory(given) ? given.resolve(DaemonConfig.FILE) : given;
    }

    private static String value(String word, int equals, Iterator<String> left) {
        if (equals >= 0) {
            return word.substring(equals + 1);
        }
        if (!left.hasNext()) {
            throw unusable("%s needs a value".formatted(word));
        }
        return left.next();
    }

    private static long pid(String text) {
        if (!text.matches("[1-9][0-9]{0,9}")) {
            throw unusable("--die-with-parent \"%s\" is no process number".formatted(text));
        }
        return Long.parseLong(text);
    }

    private static ClusterFault unusable(String why) {
        return new ClusterFault(FaultCode.CLI_1, "%s; write muster node --config FILE. See `muster node --help`."
                .formatted(why));
    }
}
