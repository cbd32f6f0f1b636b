package io.muster.base;

/** We are wrong: something that must always hold does not. It stops this node; the others recover it. */
public final class BrokenInvariant extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BrokenInvariant(String message) {
        super(message);
    }
}
