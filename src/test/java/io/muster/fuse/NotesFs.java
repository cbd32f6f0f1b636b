package io.muster.fuse;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A file system for tests: {@code note} can be read and written and is kept by the kernel for an hour, {@code slow} is
 * answered when somebody says so, {@code broken} throws, {@code mute} is never answered by its handler.
 */
final class NotesFs implements FuseHandler {

    static final long HOUR_NS = 3_600_000_000_000L;
    private static final long LIMIT_BYTES = 1 << 20;
    private static final List<String> NAMES = List.of("note", "slow", "broken", "mute");

    volatile byte[] note = "first\n".getBytes(StandardCharsets.UTF_8);
    final BlockingQueue<LaterReply> waiting = new LinkedBlockingQueue<>();
    final BlockingQueue<Long> interrupts = new LinkedBlockingQueue<>();

    private FuseAttributes attributes(long node) {
        if (node == 1) {
            return new FuseAttributes(1, 0, FuseAttributes.FOLDER | 0755, 2, 0, 0, 0);
        }
        return new FuseAttributes(node, node == 2 ? note.length : 6, FuseAttributes.REGULAR | 0644, 1, 0, 0, 0);
    }

    @Override
    public void lookup(FuseCall call, long parent, FuseName name) {
        int at = NAMES.indexOf(name.text());
        if (at < 0) {
            call.error(Errno.ENOENT);
        } else {
            call.entry(attributes(at + 2), HOUR_NS);
        }
    }

    @Override
    public void getattr(FuseCall call, long node) {
        call.attributes(attributes(node), HOUR_NS);
    }

    @Override
    public void setattr(FuseCall call, long node, FuseChange change) {
        if (change.sizeBytes().isPresent()) {
            if (change.sizeBytes().getAsLong() > LIMIT_BYTES || change.sizeBytes().getAsLong() < 0) {
                call.error(Errno.EINVAL);
                return;
            }
            note = java.util.Arrays.copyOf(note, (int) change.sizeBytes().getAsLong());
        }
        call.attributes(attributes(node), HOUR_NS);
    }

    @Override
    public void open(FuseCall call, long node, int flags) {
        call.opened(node, node == 2 ? FuseCall.OPEN_KEEP_CACHE : FuseCall.OPEN_DIRECT);
    }

    @Override
    public void read(FuseCall call, long node, long handle, long offset, int size) {
        if (node == 3) {
            call.later().ifPresent(waiting::add);
        } else if (node == 4) {
            throw new IllegalStateException("broken on purpose");
        } else if (node == 2) {
            byte[] now = note;
            int from = (int) Math.min(offset, now.length);
            call.data(now, from, Math.min(size, now.length - from));
        }
    }

    @Override
    public void write(FuseCall call, long node, long handle, long offset, MemorySegment data) {
        if (offset > LIMIT_BYTES) {
            call.error(Errno.EINVAL);
            return;
        }
        byte[] next = java.util.Arrays.copyOf(note, (int) Math.max(note.length, offset + data.byteSize()));
        MemorySegment.copy(data, 0, MemorySegment.ofArray(next), offset, data.byteSize());
        note = next;
        call.written((int) data.byteSize());
    }

    @Override
    public void flush(FuseCall call, long node, long handle, long lockOwner) {
        call.ok();
    }

    @Override
    public void readdir(FuseCall call, long node, long handle, long offset) {
        FuseListing listing = call.listing();
        for (int i = (int) Math.max(0, Math.min(offset, NAMES.size())); i < NAMES.size(); i++) {
            if (!listing.add(NAMES.get(i).getBytes(StandardCharsets.UTF_8), attributes(i + 2), i + 1, HOUR_NS)) {
                break;
            }
        }
        listing.send();
    }

    @Override
    public void interrupted(LaterReply later) {
        interrupts.add(later.unique());
        later.error(Errno.EINTR);
    }
}
