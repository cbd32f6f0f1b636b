package io.muster.daemon;

import com.electronwill.nightconfig.core.Config;
import com.electronwill.nightconfig.core.UnmodifiableConfig;
import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * One table of a configuration file, read strictly: every key that is asked for is a known one, and {@link #end()}
 * refuses all others. Every refusal is one sentence with file, key, value, reason and what would do.
 */
final class ConfigSection {

    private final Path file;
    private final String name;
    private final UnmodifiableConfig table;
    private final TreeSet<String> known = new TreeSet<>();

    /** @param name of the table as {@code nodes.n1}; empty for the top of the file */
    ConfigSection(Path file, String name, UnmodifiableConfig table) {
        this.file = file;
        this.name = name;
        this.table = table;
    }

    /** A text that has to be there. @param wouldDo what a value has to look like, for people */
    String text(String key, String wouldDo) {
        return value(key, wouldDo, text -> text);
    }

    /** A text that has to be there and be readable by {@code reader}, whose exception says why not. */
    <T> T value(String key, String wouldDo, Function<String, T> reader) {
        return optional(key, wouldDo, reader).orElseThrow(() -> fault(key, "is missing", wouldDo));
    }

    <T> Optional<T> optional(String key, String wouldDo, Function<String, T> reader) {
        Object raw = raw(key);
        if (raw == null) {
            return Optional.empty();
        }
        if (!(raw instanceof String text)) {
            throw fault(key, "= %s is no text".formatted(show(raw)), wouldDo);
        }
        try {
            return Optional.of(reader.apply(text));
        } catch (IllegalArgumentException e) {
            throw fault(key, "= \"%s\" cannot be used: %s".formatted(text, e.getMessage()), wouldDo);
        }
    }

    /** A whole number in a range, both ends included. */
    long whole(String key, long least, long most, Optional<Long> otherwise) {
        String wouldDo = "a whole number from %d to %d".formatted(least, most);
        Object raw = raw(key);
        if (raw == null) {
            return otherwise.orElseThrow(() -> fault(key, "is missing", wouldDo));
        }
        if (!(raw instanceof Integer || raw instanceof Long)) {
            throw fault(key, "= %s is no whole number".formatted(show(raw)), wouldDo);
        }
        long number = ((Number) raw).longValue();
        if (number < least || number > most) {
            throw fault(key, "= %d is out of range".formatted(number), wouldDo);
        }
        return number;
    }

    /** A list of texts, each readable by {@code reader}; empty when the key is absent and {@code least} is 0. */
    <T> List<T> list(String key, int least, int most, String wouldDo, Function<String, T> reader) {
        Object raw = raw(key);
        List<?> values = raw == null ? List.of() : raw instanceof List<?> list ? list : List.of(raw);
        if (raw == null && least > 0) {
            throw fault(key, "is missing", wouldDo);
        }
        if (raw != null && !(raw instanceof List<?>)) {
            throw fault(key, "= %s is no list".formatted(show(raw)), wouldDo);
        }
        if (values.size() < least || values.size() > most) {
            throw fault(key, "has %d values".formatted(values.size()), "%d to %d of %s".formatted(least, most, wouldDo));
        }
        List<T> read = new ArrayList<>();
        for (Object each : values) {
            if (!(each instanceof String text)) {
                throw fault(key, "holds %s, which is no text".formatted(show(each)), wouldDo);
            }
            try {
                read.add(reader.apply(text));
            } catch (IllegalArgumentException e) {
                throw fault(key, "holds \"%s\", which cannot be used: %s".formatted(text, e.getMessage()), wouldDo);
            }
        }
        return read;
    }

    /** A truth. */
    boolean truth(String key, boolean otherwise) {
        Object raw = raw(key);
        if (raw != null && !(raw instanceof Boolean)) {
            throw fault(key, "= %s is no truth".formatted(show(raw)), "true or false");
        }
        return raw == null ? otherwise : (Boolean) raw;
    }

    /** A list of whole numbers from 0; empty when the key is absent. */
    List<Long> wholes(String key, int most, long largest) {
        String wouldDo = "a list of at most %d whole numbers from 0 to %d".formatted(most, largest);
        Object raw = raw(key);
        if (raw == null) {
            return List.of();
        }
        if (!(raw instanceof List<?> values) || values.size() > most) {
            throw fault(key, "= %s cannot be used".formatted(show(raw)), wouldDo);
        }
        List<Long> read = new ArrayList<>();
        for (Object each : values) {
            if (!(each instanceof Integer || each instanceof Long) || ((Number) each).longValue() < 0
                    || ((Number) each).longValue() > largest) {
                throw fault(key, "holds %s".formatted(show(each)), wouldDo);
            }
            read.add(((Number) each).longValue());
        }
        return read;
    }

    /** A list in which each value is a text or a list of texts; empty when the key is absent. */
    <T> List<List<T>> lists(String key, int most, int mostWithin, String wouldDo, Function<String, T> reader) {
        Object raw = raw(key);
        if (raw != null && !(raw instanceof List<?>)) {
            throw fault(key, "= %s is no list".formatted(show(raw)), wouldDo);
        }
        List<?> values = raw == null ? List.of() : (List<?>) raw;
        if (values.size() > most) {
            throw fault(key, "has %d values".formatted(values.size()), "at most %d of %s".formatted(most, wouldDo));
        }
        List<List<T>> read = new ArrayList<>();
        for (Object each : values) {
            List<?> within = each instanceof List<?> list ? list : List.of(each);
            if (within.isEmpty() || within.size() > mostWithin) {
                throw fault(key, "holds a list of %d".formatted(within.size()), "1 to %d names".formatted(mostWithin));
            }
            List<T> one = new ArrayList<>();
            for (Object text : within) {
                if (!(text instanceof String word)) {
                    throw fault(key, "holds %s, which is no text".formatted(show(text)), wouldDo);
                }
                try {
                    one.add(reader.apply(word));
                } catch (IllegalArgumentException e) {
                    throw fault(key, "holds \"%s\", which cannot be used: %s".formatted(word, e.getMessage()), wouldDo);
                }
            }
            read.add(one);
        }
        return read;
    }

    /** A table that has to be there. */
    ConfigSection section(String key) {
        return optionalSection(key).orElseThrow(() -> fault(key, "is missing", "a table [%s]".formatted(path(key))));
    }

    Optional<ConfigSection> optionalSection(String key) {
        Object raw = raw(key);
        if (raw == null) {
            return Optional.empty();
        }
        if (!(raw instanceof Config inner)) {
            throw fault(key, "= %s is no table".formatted(show(raw)), "a table [%s]".formatted(path(key)));
        }
        return Optional.of(new ConfigSection(file, path(key), inner));
    }

    /** All keys of this table, for tables whose keys are names; they count as known. */
    List<String> names() {
        List<String> names = table.entrySet().stream().map(UnmodifiableConfig.Entry::getKey).sorted().toList();
        known.addAll(names);
        return names;
    }

    /** All plain values of this table as texts, for settings that something else checks. */
    Map<String, String> settings() {
        Map<String, String> settings = new TreeMap<>();
        for (String key : names()) {
            Object raw = raw(key);
            if (raw instanceof Config || raw instanceof List<?>) {
                throw fault(key, "is a table or a list", "a text, a number or a truth");
            }
            settings.put(key, String.valueOf(raw));
        }
        return settings;
    }

    /** Refuses every key that nobody asked for. @throws ClusterFault CONFIG-3 */
    void end() {
        for (UnmodifiableConfig.Entry entry : table.entrySet()) {
            if (!known.contains(entry.getKey())) {
                throw new ClusterFault(FaultCode.CONFIG_3, "%s: key %s = %s is not known; %s may have %s.".formatted(
                        file, path(entry.getKey()), show(entry.getValue()),
                        name.isEmpty() ? "the top of the file" : "[" + name + "]",
                        known.isEmpty() ? "no keys" : String.join(", ", known)));
            }
        }
    }

    /** @throws ClusterFault never returns one, so that callers can write {@code throw section.fault(…)} */
    ClusterFault fault(String key, String why, String wouldDo) {
        return new ClusterFault(FaultCode.CONFIG_1, "%s: key %s %s; %s would do.".formatted(file, path(key), why, wouldDo));
    }

    private Object raw(String key) {
        known.add(key);
        return table.getRaw(List.of(key));
    }

    private String path(String key) {
        return name.isEmpty() ? key : name + "." + key;
    }

    private static String show(Object value) {
        return switch (value) {
            case String text -> "\"" + text + "\"";
            case Config _ -> "a table";
            default -> String.valueOf(value);
        };
    }
}
