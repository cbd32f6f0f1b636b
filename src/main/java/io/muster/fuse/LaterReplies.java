package io.muster.fuse;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The requests of a session whose answers were put off; bounded. */
final class LaterReplies {

    private final int limit;
    private final ConcurrentHashMap<Long, LaterReply> open = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();

    LaterReplies(int limit) {
        this.limit = limit;
    }

    /** @return empty when there are too many already */
    Optional<LaterReply> add(long unique, ReplySink sink) {
        if (count.incrementAndGet() > limit) {
            count.decrementAndGet();
            return Optional.empty();
        }
        LaterReply later = new LaterReply(unique, sink, this);
        if (open.putIfAbsent(unique, later) != null) {
            // Two requests of one number: the kernel never does that, so this one is made up.
            count.decrementAndGet();
            return Optional.empty();
        }
        return Optional.of(later);
    }

    Optional<LaterReply> find(long unique) {
        return Optional.ofNullable(open.get(unique));
    }

    void gone(LaterReply later) {
        if (open.remove(later.unique(), later)) {
            count.decrementAndGet();
        }
    }

    int size() {
        return count.get();
    }

    /** Answers all that are left. */
    void failAll(int errno) {
        List.copyOf(open.values()).forEach(later -> later.error(errno));
    }
}
