package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.WatchdogTimes;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * A keeper as a timer: starts {@link WatchdogKeeper}, tells it how long this process is well, and sees that it hears.
 *
 * <p>A keeper that is gone, or does not hear any more, would not end this process; that is trouble, and this node then ends
 * itself (rule G3 for this pair). Another keeper is not started: what the first one knew is not known to the second.
 */
final class KeeperTimer implements WatchdogTimer {

    /** A keeper that does not have us in hand after this is none. */
    private static final long READY_LIMIT_S = 30;
    /** How long a released keeper may take to end. */
    private static final long FAREWELL_LIMIT_MS = 1_000;
    /** Periods without an answer after which the keeper counts as lost: half a timeout. */
    private static final int UNHEARD_LIMIT = WatchdogTimes.VOUCHES / 2;
    private static final List<String> JVM_WORDS = List.of("-Xrs", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData", "-Xms16m", "-Xmx16m", "-XX:+AlwaysPreTouch", "--enable-native-access=ALL-UNNAMED");
    /** What would put words into a JVM's mouth that this one is not to have. */
    private static final List<String> JVM_VARIABLES = List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS");

    private final long timeoutNs;
    private final Process process;
    private final OutputStream words;
    private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
    private volatile boolean ended;
    private volatile long heard = Long.MIN_VALUE;
    private long told = Long.MIN_VALUE;
    private int unheard;
    private Optional<String> broken = Optional.empty();

    private KeeperTimer(long timeoutNs, Process process) {
        this.timeoutNs = timeoutNs;
        this.process = process;
        this.words = process.getOutputStream();
    }

    /**
     * Starts a keeper for this process and waits until it has it in hand.
     *
     * @param reboot where it may write {@code b} to start the machine anew; empty when it may not
     * @throws ClusterFault WATCHDOG_1
     */
    static KeeperTimer start(WatchdogTimes times, Optional<Path> reboot) {
        HostProcess self = OwnProcess.facts();
        if (self.startTicks() == 0) {
            throw fault("its keeper needs /proc of this pid namespace; mount it, or name a device", null);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_WORDS);
        command.addAll(List.of("-cp", absolute(System.getProperty("java.class.path")), WatchdogKeeper.class.getName(),
                Long.toString(self.pid()), Long.toString(self.startTicks()), Long.toString(times.timeoutNs())));
        reboot.ifPresent(trigger -> command.add(trigger.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        JVM_VARIABLES.forEach(builder.environment()::remove);
        KeeperTimer timer;
        try {
            timer = new KeeperTimer(times.timeoutNs(), builder.start());
        } catch (IOException e) {
            throw fault("its keeper cannot be started: " + e.getMessage(), e);
        }
        Thread.ofPlatform().name("muster-keeper").daemon().start(timer::listen);
        try {
            timer.awaitReady();
            return timer;
        } catch (ClusterFault e) {
            timer.process.destroyForcibly();
            throw e;
        }
    }

    private void awaitReady() {
        try {
            if (ready.get(READY_LIMIT_S, TimeUnit.SECONDS)) {
                return;
            }
            throw fault("its keeper ended before it began; its last words are in the log", null);
        } catch (TimeoutException e) {
            throw fault("its keeper was not ready after %d s".formatted(READY_LIMIT_S), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw fault("the start of its keeper was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void arm(long now) {
        say(KeeperFrames.PET, now + timeoutNs);
    }

    @Override
    public void pet(long vouchedAt, long now) {
        say(KeeperFrames.PET, vouchedAt + timeoutNs);
    }

    @Override
    public Optional<String> trouble() {
        if (ended) {
            broken = Optional.of("its keeper, process %d, has ended".formatted(process.pid()));
        }
        // Counted in periods, not in time: after a pause of this process the answers are in the pipe, and are read by then.
        unheard = heard >= told ? 0 : unheard + 1;
        if (unheard >= UNHEARD_LIMIT && broken.isEmpty()) {
            broken = Optional.of("its keeper, process %d, does not answer".formatted(process.pid()));
        }
        return broken;
    }

    @Override
    public void release() {
        say(KeeperFrames.RELEASE, 0);
        try {
            words.close();
            if (!process.waitFor(FAREWELL_LIMIT_MS, TimeUnit.MILLISECONDS)) {
                // Stopped, perhaps: it would still take us for one who ended without a farewell.
                process.destroyForcibly();
            }
        } catch (IOException e) {
            // It has ended.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void abandon() {
        // The pipe stays open: it ends with this process, or the keeper ends both.
    }

    @Override
    public String about() {
        return "keeper, process %d".formatted(process.pid());
    }

    /** Its process number. */
    long pid() {
        return process.pid();
    }

    private void say(byte kind, long at) {
        try {
            words.write(KeeperFrames.of(kind, at));
            words.flush();
            told = kind == KeeperFrames.PET ? Math.max(told, at) : told;
        } catch (IOException e) {
            // A pipe that nobody reads.
            ended = true;
        }
    }

    private void listen() {
        KeeperFrames frames = new KeeperFrames();
        byte[] bytes = new byte[KeeperFrames.BYTES * WatchdogTimes.VOUCHES];
        try (InputStream in = process.getInputStream()) {
            for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
                frames.feed(bytes, length, this::answered);
            }
        } catch (IOException e) {
            // As if it had ended.
        } finally {
            ended = true;
            ready.complete(false);
        }
    }

    private void answered(byte kind, long at) {
        switch (kind) {
            case KeeperFrames.READY -> ready.complete(true);
            case KeeperFrames.HEARD -> heard = Math.max(heard, at);
            default -> { /* of no meaning */ }
        }
    }

    /** The keeper may run in another folder one day; a class path is seen from ours. */
    private static String absolute(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator)).map(each -> Path.of(each).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static ClusterFault fault(String why, Throwable cause) {
        return new ClusterFault(FaultCode.WATCHDOG_1, "the watchdog of this node: %s; nothing was started".formatted(why), cause);
    }
}
