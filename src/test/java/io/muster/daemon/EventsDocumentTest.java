package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EventsDocumentTest {

    private static final Pattern TOLD =
            Pattern.compile("(?:\\bevent|\\bview|NodeEvent)\\(\"([a-z]+\\.[a-z.]+)\"|\"event\", \"([a-z.]+)\"");

    @Test
    @DisplayName("docs/EVENTS.md lists every event that the program tells")
    void everyEventIsListed() throws IOException {
        TreeSet<String> told = new TreeSet<>();
        for (String folder : new String[] {"node", "daemon"}) {
            try (Stream<Path> files = Files.list(Path.of("src/main/java/io/muster", folder))) {
                for (Path file : files.toList()) {
                    Matcher event = TOLD.matcher(Files.readString(file).replaceAll("\\(\\s+", "("));
                    while (event.find()) {
                        told.add(event.group(1) == null ? event.group(2) : event.group(1));
                    }
                }
            }
        }
        assertThat(told).hasSizeGreaterThan(20);
        String document = Files.readString(Path.of("docs/EVENTS.md"));
        assertThat(told).allSatisfy(name -> assertThat(document).contains("`" + name + "`"));
    }

    @Test
    @DisplayName("docs/CONTROL.md lists every request and every field of a status")
    void everyRequestIsListed() throws IOException {
        String document = Files.readString(Path.of("docs/CONTROL.md"));

        assertThat(ControlRequests.known()).allSatisfy(verb -> assertThat(document).contains("{\"do\":\"" + verb + "\""));
        assertThat(StatusJson.of(new FakeNode().status()).keySet())
                .allSatisfy(field -> assertThat(document).contains("`" + field + "`"));
    }
}
