package io.muster.daemon;

import io.muster.runtime.PortListeners;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** A message for a port as a line: its bytes in base64, and as a text where they are one. */
final class PortJson {

    private PortJson() {}

    static Map<String, Object> of(PortListeners.Message message) {
        byte[] content = message.content().shared();
        Map<String, Object> json = Json.object("from", message.from(), "port", message.port(),
                "base64", Base64.getEncoder().encodeToString(content));
        try {
            json.put("text", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString());
        } catch (CharacterCodingException e) {
            // Not a text; whoever listens has the bytes.
        }
        return json;
    }
}
