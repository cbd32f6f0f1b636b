package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OwnProcessTest {

    @Test
    @DisplayName("a child that asked for it is killed with its parent, however that ends")
    void aChildDiesWithItsParent() throws Exception {
        Process parent = new ProcessBuilder(TestProcesses.java(), "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), Parent.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        long child = Long.parseLong(parent.inputReader().readLine());
        ProcessHandle handle = ProcessHandle.of(child).orElseThrow();
        parent.destroyForcibly();
        assertThat(handle.onExit().get(Inbox.LIMIT_NS, java.util.concurrent.TimeUnit.NANOSECONDS).isAlive()).isFalse();
    }

    @Test
    @DisplayName("a child whose parent ended before it could ask ends by itself")
    void aChildWithoutItsParentEnds() throws Exception {
        Process orphan = new ProcessBuilder(TestProcesses.java(), "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), Orphan.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertThat(orphan.waitFor()).isEqualTo(1);
    }

    /** Starts a child from its main thread, tells its number, and lives on. */
    static final class Parent {

        public static void main(String[] arguments) throws Exception {
            Process child = new ProcessBuilder(TestProcesses.java(), "-XX:+UseSerialGC", "-cp",
                    System.getProperty("java.class.path"), Child.class.getName()).start();
            child.inputReader().readLine();
            System.out.println(child.pid());
            new CountDownLatch(1).await();
        }
    }

    static final class Child {

        public static void main(String[] arguments) throws Exception {
            OwnProcess.dieWithParent();
            System.out.println("bound");
            new CountDownLatch(1).await();
        }
    }

    static final class Orphan {

        /** No process number is this large. */
        private static final long NO_PARENT = 1L << 40;

        public static void main(String[] arguments) throws Exception {
            OwnProcess.dieWithParent(NO_PARENT);
            System.out.println("still here");
        }
    }
}
