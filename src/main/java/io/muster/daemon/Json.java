package io.muster.daemon;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One JSON object per line, both ways. Values are {@code Map} (in order), {@code List}, {@code String}, {@code Long},
 * {@code Double}, {@code Boolean}; null stands only inside what was read.
 */
public final class Json {

    /** Objects in objects deeper than this are refused. */
    public static final int DEPTH_LIMIT = 64;

    /** Texts longer than this are refused, in characters. */
    public static final int TEXT_LIMIT = 1 << 16;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_LIMIT)
                    .maxStringLength(TEXT_LIMIT)
                    .maxNumberLength(64)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /** What was said is no JSON object. */
    public static final class NotJson extends Exception {

        private static final long serialVersionUID = 1L;

        NotJson(String message) {
            super(message);
        }
    }

    /** An object from pairs: name, value, name, value. */
    public static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    /** @return one line without its end; characters outside printable ASCII are kept, line ends are escaped */
    public static String write(Map<String, ?> object) {
        StringWriter text = new StringWriter(256);
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            writeValue(out, object);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        return text.toString();
    }

    private static void writeValue(JsonGenerator out, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> map -> {
                out.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.writeFieldName(entry.getKey().toString());
                    writeValue(out, entry.getValue());
                }
                out.writeEndObject();
            }
            case Collection<?> list -> {
                out.writeStartArray();
                for (Object each : list) {
                    writeValue(out, each);
                }
                out.writeEndArray();
            }
            case Long number -> out.writeNumber(number);
            case Integer number -> out.writeNumber(number);
            case Double number -> out.writeNumber(Math.rint(number * 1000) / 1000);
            case Boolean truth -> out.writeBoolean(truth);
            case null -> out.writeNull();
            default -> out.writeString(value.toString());
        }
    }

    /**
     * Reads exactly one object.
     *
     * @throws NotJson for anything else, with a sentence for people
     */
    public static Map<String, Object> read(String line) throws NotJson {
        try (JsonParser in = FACTORY.createParser(line)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw new NotJson("a line is one JSON object");
            }
            Map<String, Object> object = readObject(in);
            if (in.nextToken() != null) {
                throw new NotJson("something follows the JSON object on its line");
            }
            return object;
        } catch (IOException e) {
            String message = e.getMessage();
            int end = message.indexOf('\n');
            throw new NotJson("not JSON: " + (end < 0 ? message : message.substring(0, end)));
        }
    }

    private static Map<String, Object> readObject(JsonParser in) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            in.nextToken();
            object.put(name, readValue(in));
        }
        return object;
    }

    private static Object readValue(JsonParser in) throws IOException {
        return switch (in.currentToken()) {
            case START_OBJECT -> readObject(in);
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (in.nextToken() != JsonToken.END_ARRAY) {
                    list.add(readValue(in));
                }
                yield list;
            }
            case VALUE_NUMBER_INT -> in.getLongValue();
            case VALUE_NUMBER_FLOAT -> in.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> in.getText();
        };
    }

    /** A text of an object; empty when it is absent or of another kind. */
    public static String text(Map<String, Object> object, String name) {
        return object.get(name) instanceof String text ? text : "";
    }

    /** A whole number of an object; {@code otherwise} when it is absent or of another kind. */
    public static long number(Map<String, Object> object, String name, long otherwise) {
        return object.get(name) instanceof Long number ? number : otherwise;
    }

    /** A truth of an object; false when it is absent or of another kind. */
    public static boolean truth(Map<String, Object> object, String name) {
        return Boolean.TRUE.equals(object.get(name));
    }

    /** An object within an object; empty when it is absent or of another kind. */
    public static Map<String, Object> inner(Map<String, Object> object, String name) {
        return object.get(name) instanceof Map<?, ?> map ? named(map) : Map.of();
    }

    /** The objects of a list within an object; empty when it is absent or of another kind. */
    public static List<Map<String, Object>> objects(Map<String, Object> object, String name) {
        List<Map<String, Object>> objects = new ArrayList<>();
        if (object.get(name) instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> map) {
                    objects.add(named(map));
                }
            }
        }
        return objects;
    }

    /** The texts of a list within an object; empty when it is absent or of another kind. */
    public static List<String> texts(Map<String, Object> object, String name) {
        List<String> texts = new ArrayList<>();
        if (object.get(name) instanceof List<?> list) {
            list.forEach(each -> texts.add(String.valueOf(each)));
        }
        return texts;
    }

    private static Map<String, Object> named(Map<?, ?> map) {
        Map<String, Object> named = new LinkedHashMap<>();
        map.forEach((name, value) -> named.put(String.valueOf(name), value));
        return named;
    }
}
