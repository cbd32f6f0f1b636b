package io.muster.cli.demo;

import io.muster.runtime.ProcStat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A small shell that outlives the demo, in a session of its own, and removes what the demo leaves behind, however the
 * demo ends: it reads a pipe that ends with the demo. The demo tells it each process that it starts; a process is
 * killed only when it is still the one that was told, by its start time. Nothing here is needed while all goes well:
 * the daemons end with their parent by themselves.
 */
final class Janitor implements AutoCloseable {

    private static final long GONE_WITHIN_S = 5;

    /**
     * $1 a folder to remove, or nothing; $2 "all" or "content" of it; $3 the folder of running daemons. A line on the
     * pipe is the number and the start time of a process, or the word cluster and its id.
     */
    private static final String SCRIPT = """
            trap '' INT TERM HUP QUIT
            folder=$1 what=$2 running=$3 cluster=none children=
            while read -r pid start; do
                case $pid in
                    cluster) cluster=$start ;;
                    *) children="$children $pid:$start" ;;
                esac
            done
            is_there() {
                read -r line < "/proc/$1/stat" || return 1
                rest=${line##*) }
                set -- "$2" $rest
                [ "$2" != Z ] && [ "${21}" = "$1" ]
            } 2> /dev/null
            tries=0
            while [ $tries -lt 50 ]; do
                left=
                for child in $children; do
                    if is_there "${child%:*}" "${child#*:}"; then
                        kill -KILL "${child%:*}" 2> /dev/null
                        left=yes
                    fi
                done
                if [ -n "$folder" ]; then
                    if [ "$what" = all ]; then rm -rf -- "$folder"; else rm -rf -- "$folder"/*; fi
                fi 2> /dev/null
                rm -f -- "$running/$cluster"-* 2> /dev/null
                if [ -z "$left" ] && [ -z "$folder" -o ! -e "$folder/authority" ]; then
                    rmdir -- "$running" 2> /dev/null # goes only when it is empty: no other daemon of this user runs
                    exit 0
                fi
                tries=$((tries + 1))
                sleep 0.1
            done
            """;

    private final Process process;
    private final OutputStream pipe;

    private Janitor(Process process) {
        this.process = process;
        this.pipe = process.getOutputStream();
    }

    /** What is removed at the end. */
    enum Remove {
        NOTHING,
        /** The folder was there before: what is in it goes. */
        CONTENT,
        ALL
    }

    static Janitor start(Path folder, Remove remove, Path running) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
            command.add("/usr/bin/setsid");
        }
        command.addAll(List.of("/bin/sh", "-c", SCRIPT, "muster-janitor",
                remove == Remove.NOTHING ? "" : folder.toString(), remove == Remove.ALL ? "all" : "content",
                running.toString()));
        return new Janitor(new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    /** Told before the first process: under this id daemons say that they run. */
    void cluster(String id) throws IOException {
        tell("cluster " + id);
    }

    /** Told for each process right after it was started. */
    void watch(long pid) throws IOException {
        tell(pid + " " + ProcStat.aliveSince(pid).orElse(0L));
    }

    /** Lets it do its work and waits for that. */
    @Override
    public void close() {
        try {
            pipe.close();
            process.waitFor(GONE_WITHIN_S, TimeUnit.SECONDS);
        } catch (IOException e) {
            // It has ended; nothing more can be told.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(String line) throws IOException {
        pipe.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        pipe.flush();
    }
}
