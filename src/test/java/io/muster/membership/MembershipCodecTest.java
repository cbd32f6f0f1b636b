package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.membership.MembershipMessage.EvictAsk;
import io.muster.membership.MembershipMessage.JoinAsk;
import io.muster.membership.MembershipMessage.LeaseAnswer;
import io.muster.membership.MembershipMessage.LeaseAsk;
import io.muster.membership.MembershipMessage.LeaveAsk;
import io.muster.membership.MembershipMessage.Row;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.CodecChecks;
import io.muster.wire.MalformedFrame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MembershipCodecTest {

    private static final List<MembershipMessage> ONE_OF_EACH = List.of(
            new Row(3, List.of()),
            new Row(Long.MAX_VALUE, List.of(Incarnation.of(1, 1), Incarnation.of(3, 77), Incarnation.of(63, 5))),
            new JoinAsk(HostProcess.UNKNOWN),
            new JoinAsk(new HostProcess("höst", "6f1c", "pid:[4026531836]", 4711, 99_999_999_999L)),
            new LeaveAsk(),
            new EvictAsk(Incarnation.of(2, 9), "rack is on fire"),
            new LeaseAsk(-5),
            new LeaseAnswer(Long.MIN_VALUE, 1_000, 7),
            new Row(9, List.of(Incarnation.of(2, 4)), 8, 255),
            new MembershipMessage.RelayedRow(
                    Incarnation.of(7, 12), new Row(4, List.of(Incarnation.of(1, 1), Incarnation.of(3, 77)), 1, 0)));

    private final MembershipCodec codec = new MembershipCodec();

    @Test
    void encodeThenDecodeIsIdentity() throws MalformedFrame {
        for (MembershipMessage message : ONE_OF_EACH) {
            assertThat(read(encode(message))).isEqualTo(message);
        }
        Prng chance = new Prng(5);
        for (int i = 0; i < 500; i++) {
            List<Incarnation> heard = new ArrayList<>();
            for (int node = 1; node < NodeId.LIMIT; node++) {
                if (chance.chance(0.5)) {
                    heard.add(Incarnation.of(node, 1 + chance.nextLong(1L << 40)));
                }
            }
            Row row = new Row(chance.nextLong() >>> 1, heard);
            assertThat(read(encode(row))).isEqualTo(row);
        }
    }

    @Test
    void everyMessageComesBackAndNothingElsePasses() {
        ONE_OF_EACH.forEach(message -> CodecChecks.check(codec, message));
    }

    @Test
    void noiseIsRefusedOrReadAndNeverThrowsAnythingElse() {
        Prng chance = new Prng(6);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = new byte[chance.nextInt(60)];
            for (int at = 0; at < noise.length; at++) {
                noise[at] = (byte) (at == 0 ? chance.nextInt(8) : chance.nextInt(256));
            }
            try {
                assertThat(encode(read(noise))).isEqualTo(noise);
            } catch (MalformedFrame malformed) {
                refused++;
            }
        }
        assertThat(refused).isBetween(10_000, 19_999);
    }

    @Test
    void aRowHasEachNodeOnceInOrder() {
        byte[] twice = encode(new Row(1, List.of(Incarnation.of(2, 1), Incarnation.of(2, 2))));
        byte[] backwards = encode(new Row(1, List.of(Incarnation.of(3, 1), Incarnation.of(2, 1))));
        assertThatThrownBy(() -> read(twice)).isInstanceOf(MalformedFrame.class).hasMessage("n2#2 after n2 in a row");
        assertThatThrownBy(() -> read(backwards)).isInstanceOf(MalformedFrame.class);
    }

    @Test
    void textsOfAHostProcessAreBounded() {
        ByteWriter writer = new ByteWriter();
        writer.u8(2).text("x".repeat(HostProcess.TEXT_LIMIT + 1)).text("").text("").i64(1).i64(1);
        assertThatThrownBy(() -> read(writer.toArray())).isInstanceOf(MalformedFrame.class);
    }

    private byte[] encode(MembershipMessage message) {
        ByteWriter writer = new ByteWriter();
        codec.encode(message, writer);
        return writer.toArray();
    }

    private MembershipMessage read(byte[] bytes) throws MalformedFrame {
        ByteReader reader = new ByteReader(bytes);
        MembershipMessage message = codec.decode(reader);
        reader.end();
        return message;
    }
}
