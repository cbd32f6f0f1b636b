package io.muster.heartbeat;

/**
 * Who is to be told of ups and downs, keyed on one region or on all of them (003-7).
 *
 * @param subscriber name, given back with each call
 */
public record Subscription(String subscriber, Key key) {

    /** Which regions it is about. */
    public sealed interface Key {

        /** One region: each up and down there. */
        record OneRegion(String region) implements Key {}

        /** All regions of one method: up with the first that shows it, down when all of them show it down (003-9). */
        record OneMethod(String method) implements Key {}

        /** All regions on the list, of whatever method (003-34): as {@link OneMethod}. */
        record AllRegions() implements Key {}
    }
}
