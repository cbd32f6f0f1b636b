package io.muster.cli.lab;

import io.muster.runtime.ProcStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A small shell that outlives whoever made the lab and takes it down when its time is over, when its folder's mark is
 * gone before, or when the process that owns it has ended, however it ended: so nothing of a lab that was forgotten, or
 * whose maker was killed, stays behind. It is started before the first namespace is made. The owner is named, by its
 * process number and start time, in a file of the folder; a lab without that file has none, and lives out its time.
 * Everything that runs in one of the lab's own namespaces is the lab's; nothing else is ended.
 */
final class LabKeeper {

    private static final String OWNER = "lab-owner";

    /**
     * $1 the folder, $2 seconds, then the namespaces. Behind the last bracket of /proc/PID/stat the first field is the state,
     * the 20th the start.
     */
    private static final String SCRIPT = """
            trap '' INT TERM HUP QUIT
            folder=$1 left=$2
            shift 2
            owned() {
                pid= since=
                { read -r pid since < "$folder/lab-owner"; } 2> /dev/null || return 0
                line=
                { read -r line < "/proc/$pid/stat"; } 2> /dev/null || return 1
                set -- ${line##*) }
                [ "$1" != Z ] && [ "${20}" = "$since" ]
            }
            while [ "$left" -gt 0 ] && [ -e "$folder/lab.json" ] && owned; do
                sleep 1
                left=$((left - 1))
            done
            tries=0
            while [ $tries -lt 20 ]; do
                for namespace in "$@"; do
                    for pid in $(ip netns pids "$namespace" 2> /dev/null); do kill -KILL "$pid"; done
                    ip netns del "$namespace"
                done 2> /dev/null
                if [ -e "$folder/lab.json" ]; then rm -rf -- "$folder"; fi 2> /dev/null
                if ! ip netns list | grep -q "^${1%-*}-" && [ ! -e "$folder/lab.json" ]; then exit 0; fi
                tries=$((tries + 1))
                sleep 0.2
            done
            """;

    private LabKeeper() {}

    static void start(Path folder, LabPlan plan, Duration limit) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.addAll(List.of("/bin/sh", "-c", SCRIPT, "muster-lab-keeper", folder.toString(),
                Long.toString(limit.toSeconds())));
        command.addAll(plan.namespaces());
        long self = ProcessHandle.current().pid();
        Files.writeString(folder.resolve(OWNER), "%d %d%n".formatted(self, ProcStat.aliveSince(self).orElse(0L)));
        new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** From now on the lab does not end with this process. */
    static void release(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(OWNER));
    }
}
