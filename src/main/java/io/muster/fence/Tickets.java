package io.muster.fence;

/** Numbers for the fence effects of one node, over all who ask for any. */
final class Tickets {

    private long last;

    long next() {
        return ++last;
    }
}
