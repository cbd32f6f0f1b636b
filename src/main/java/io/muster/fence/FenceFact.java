package io.muster.fence;

import io.muster.base.Incarnation;

/**
 * One agreed fact about a fence that this node saw agreed: others know it as well, whoever leads.
 *
 * @param what {@code intended}, {@code evidenced}, {@code voided} or {@code opened}
 * @param who  the victim; for {@code opened} nobody, and then this is empty text
 */
public record FenceFact(long version, String what, long intent, String who, String text) {

    static FenceFact of(long version, String what, long intent, Incarnation who, String text) {
        return new FenceFact(version, what, intent, who.toString(), text);
    }
}
