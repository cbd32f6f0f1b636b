package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.node.NodeEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {

    @TempDir
    Path folder;

    @Test
    @DisplayName("a line tells time, node, life, event, version and fields, in this order")
    void aLineTellsEverything() throws IOException {
        try (EventLog log = new EventLog(folder, Incarnation.of(1, 2), 1_000_000)) {
            log.add(new NodeEvent("heartbeat.lost", 9, new LinkedHashMap<>(Map.of("peer", "n3#1"))), 3_500_000);
        }
        assertThat(Files.readString(folder.resolve(EventLog.FILE))).isEqualTo(
                "{\"t\":2.5,\"mono\":3500000,\"seq\":1,\"node\":\"n1\",\"life\":2,\"event\":\"heartbeat.lost\","
                        + "\"version\":9,\"peer\":\"n3#1\"}\n");
    }

    @Test
    @DisplayName("a field never hides what every line tells")
    void fieldsDoNotHideTheFrame() throws IOException {
        try (EventLog log = new EventLog(folder, Incarnation.of(1, 2), 0)) {
            log.add(new NodeEvent("x", 9, new LinkedHashMap<>(Map.of("node", "n7"))), 0);
        }
        assertThat(Files.readString(folder.resolve(EventLog.FILE))).contains("\"node\":\"n1\"").doesNotContain("n7");
    }

    @Test
    @DisplayName("half a line that a killed life left does not swallow the first line of the next")
    void aTornLineIsEnded() throws IOException {
        Files.writeString(folder.resolve(EventLog.FILE), "{\"whole\":1}\n{\"t\":1.5,\"mo");
        try (EventLog log = new EventLog(folder, Incarnation.of(1, 3), 0)) {
            log.add(new NodeEvent("node.started", 0, new LinkedHashMap<>()), 0);
        }
        assertThat(Files.readAllLines(folder.resolve(EventLog.FILE))).hasSize(3)
                .satisfies(lines -> assertThat(lines.get(2)).startsWith("{\"t\":0.0,").endsWith("\"version\":0}"));
    }

    @Test
    @DisplayName("a reader gets what came after its place, in bounded helpings")
    void readersGoOnFromTheirPlace() throws InterruptedException {
        try (EventLog log = new EventLog(folder, Incarnation.of(1, 1), 0)) {
            for (int i = 0; i < 5; i++) {
                log.add(new NodeEvent("e" + i, i, new LinkedHashMap<>()), i);
            }
            EventLog.Batch first = log.after(1, 3, 0);
            assertThat(first.lines()).hasSize(3);
            assertThat(first.lastSeq()).isEqualTo(4);
            assertThat(log.after(first.lastSeq(), 3, 0).lines()).singleElement().asString().contains("\"event\":\"e4\"");
            assertThat(log.after(5, 3, 0).lines()).isEmpty();
        }
    }

    @Test
    @DisplayName("a log whose disk is gone still serves its listeners")
    void aLogWithoutADiskGoesOn() throws IOException, InterruptedException {
        Path gone = folder.resolve("gone");
        try (EventLog log = new EventLog(gone, Incarnation.of(1, 1), 0)) {
            log.add(new NodeEvent("node.started", 0, new LinkedHashMap<>()), 0);
            assertThat(log.after(0, 10, 0).lines()).hasSize(1);
        }
        assertThat(gone).doesNotExist();
    }
}
