package io.muster.node;

import io.muster.base.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The content of a group's message as people and JSON read it: as text where it is UTF-8, otherwise as base64. */
final class MessageText {

    private MessageText() {}

    static boolean isText(Bytes content) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content.shared()));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    static String of(Bytes content) {
        return isText(content)
                ? new String(content.shared(), StandardCharsets.UTF_8)
                : Base64.getEncoder().encodeToString(content.shared());
    }
}
