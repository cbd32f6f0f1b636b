package io.muster.nbd;

import io.muster.base.Incarnation;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The server's side of the handshake of one connection: until both have agreed what is exported, or the caller goes. */
final class Negotiation {

    /** @param structured whether answers to reads are structured */
    record Agreed(ExportName export, boolean structured) {}

    /** Either an export, or why not. */
    private record Choice(Optional<ExportName> export, int error, String why) {}

    private final SocketChannel channel;
    private final Epochs epochs;
    private boolean structured;
    private boolean zeroes;

    Negotiation(SocketChannel channel, Epochs epochs) {
        this.channel = channel;
        this.epochs = epochs;
    }

    /** @return nothing when the connection is to be closed */
    Optional<Agreed> run() throws IOException {
        send(new ByteWriter().i64(Protocol.MAGIC).i64(Protocol.OPTION_MAGIC).u16(Protocol.FIXED_NEWSTYLE | Protocol.NO_ZEROES));
        int flags = ByteBuffer.wrap(Streams.readBytes(channel, 4)).getInt();
        if ((flags & ~(Protocol.FIXED_NEWSTYLE | Protocol.NO_ZEROES)) != 0 || (flags & Protocol.FIXED_NEWSTYLE) == 0) {
            return Optional.empty();
        }
        zeroes = (flags & Protocol.NO_ZEROES) == 0;
        for (int i = 0; i < Protocol.OPTIONS_LIMIT; i++) {
            ByteBuffer head = ByteBuffer.wrap(Streams.readBytes(channel, 16));
            long magic = head.getLong();
            int option = head.getInt();
            int length = head.getInt();
            if (magic != Protocol.OPTION_MAGIC || length < 0 || length > Protocol.OPTION_LIMIT_BYTES) {
                return Optional.empty();
            }
            byte[] data = Streams.readBytes(channel, length);
            switch (option) {
                case Protocol.OPTION_EXPORT_NAME -> {
                    // This option has no way to say no.
                    return begin(choose(text(data)).export());
                }
                case Protocol.OPTION_ABORT -> {
                    reply(option, Protocol.REPLY_ACK, new ByteWriter());
                    return Optional.empty();
                }
                case Protocol.OPTION_LIST -> list(data);
                case Protocol.OPTION_INFO, Protocol.OPTION_GO -> {
                    Optional<ExportName> export = inform(option, data);
                    if (export.isPresent() && option == Protocol.OPTION_GO) {
                        return export.map(name -> new Agreed(name, structured));
                    }
                }
                case Protocol.OPTION_STRUCTURED -> {
                    structured = data.length == 0;
                    reply(option, structured ? Protocol.REPLY_ACK : Protocol.REPLY_INVALID, new ByteWriter());
                }
                default -> refuse(option, Protocol.REPLY_UNSUPPORTED, "this server does not know option " + option);
            }
        }
        return Optional.empty();
    }

    private Optional<Agreed> begin(Optional<ExportName> export) throws IOException {
        if (export.isPresent()) {
            ByteWriter answer = new ByteWriter().i64(epochs.device().bytes()).u16(flags(export.get()));
            send(zeroes ? answer.raw(new byte[Protocol.ZEROES]) : answer);
        }
        return export.map(name -> new Agreed(name, structured));
    }

    private void list(byte[] data) throws IOException {
        if (data.length > 0) {
            refuse(Protocol.OPTION_LIST, Protocol.REPLY_INVALID, "LIST has no data");
            return;
        }
        byte[] name = epochs.disk().getBytes(StandardCharsets.UTF_8);
        reply(Protocol.OPTION_LIST, Protocol.REPLY_SERVER, new ByteWriter().i32(name.length).raw(name));
        reply(Protocol.OPTION_LIST, Protocol.REPLY_ACK, new ByteWriter());
    }

    private Optional<ExportName> inform(int option, byte[] data) throws IOException {
        String name;
        try {
            ByteReader in = new ByteReader(data);
            name = text(in.bytes(Protocol.OPTION_LIMIT_BYTES).shared());
            for (int left = in.u16(); left > 0; left--) {
                in.u16();
            }
            in.end();
        } catch (MalformedFrame e) {
            refuse(option, Protocol.REPLY_INVALID, "the option's data cannot be read");
            return Optional.empty();
        }
        Choice choice = choose(name);
        if (choice.export().isEmpty()) {
            refuse(option, choice.error(), choice.why());
            return Optional.empty();
        }
        reply(option, Protocol.REPLY_INFO, new ByteWriter()
                .u16(Protocol.INFO_EXPORT).i64(epochs.device().bytes()).u16(flags(choice.export().get())));
        reply(option, Protocol.REPLY_INFO, new ByteWriter().u16(Protocol.INFO_BLOCK_SIZE)
                .i32(epochs.device().blockBytes()).i32(Math.max(4096, epochs.device().blockBytes()))
                .i32(Protocol.PAYLOAD_LIMIT_BYTES));
        reply(option, Protocol.REPLY_ACK, new ByteWriter());
        return choice.export();
    }

    private Choice choose(String name) {
        Optional<ExportName> export = ExportName.parse(name.isEmpty() ? epochs.disk() : name)
                .filter(parsed -> parsed.disk().equals(epochs.disk()));
        if (export.isEmpty()) {
            return new Choice(export, Protocol.REPLY_UNKNOWN, ("exported are %s, read-only, and %s/NODE/EPOCH for the nodes"
                    + " of a cluster").formatted(epochs.disk(), epochs.disk()));
        }
        Optional<Incarnation> fenced = export.get().writer().filter(writer -> !epochs.gate().open(writer));
        if (fenced.isPresent()) {
            return new Choice(Optional.empty(), Protocol.REPLY_SHUTDOWN, "%s is fenced: its node is let through from epoch %d"
                    .formatted(fenced.get(), epochs.gate().lowest(fenced.get().node())));
        }
        return new Choice(export, Protocol.OK, "");
    }

    private static int flags(ExportName export) {
        // A flush covers the whole device, whichever connection wrote: several connections are one client.
        int all = Protocol.HAS_FLAGS | Protocol.SEND_FLUSH | Protocol.CAN_MULTI_CONN;
        return all | (export.writer().isPresent() ? Protocol.SEND_FUA | Protocol.SEND_WRITE_ZEROES : Protocol.READ_ONLY);
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    private void refuse(int option, int error, String why) throws IOException {
        reply(option, error, new ByteWriter().raw(why.getBytes(StandardCharsets.UTF_8)));
    }

    private void reply(int option, int type, ByteWriter data) throws IOException {
        byte[] bytes = data.toArray();
        send(new ByteWriter().i64(Protocol.REPLY_MAGIC).i32(option).i32(type).i32(bytes.length).raw(bytes));
    }

    private void send(ByteWriter bytes) throws IOException {
        Streams.writeFully(channel, ByteBuffer.wrap(bytes.toArray()));
    }
}
