package io.muster.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BytesTest {

    @Test
    @DisplayName("what is written is read back, and nothing is left")
    void writtenIsRead() throws MalformedFrame {
        byte[] bytes = sample();
        ByteReader reader = new ByteReader(bytes);
        assertThat(reader.u8()).isEqualTo(200);
        assertThat(reader.u16()).isEqualTo(65_000);
        assertThat(reader.i32()).isEqualTo(-5);
        assertThat(reader.i64()).isEqualTo(Long.MIN_VALUE + 1);
        assertThat(reader.bool()).isTrue();
        assertThat(reader.node()).isEqualTo(NodeId.of(63));
        assertThat(reader.nodes()).isEqualTo(NodeSet.of(NodeId.of(1), NodeId.of(63)));
        assertThat(reader.incarnation()).isEqualTo(Incarnation.of(2, 9));
        assertThat(reader.text()).isEqualTo("größer");
        assertThat(reader.bytes(10)).isEqualTo(Bytes.copyOf(new byte[] {1, 2, 3}));
        reader.end();
    }

    @Test
    @DisplayName("everything cut short is refused, and never by an index error")
    void truncationIsRefused() {
        byte[] bytes = sample();
        for (int length = 0; length < bytes.length; length++) {
            ByteReader reader = new ByteReader(bytes, 0, length);
            assertThatThrownBy(() -> {
                        reader.u8();
                        reader.u16();
                        reader.i32();
                        reader.i64();
                        reader.bool();
                        reader.node();
                        reader.nodes();
                        reader.incarnation();
                        reader.text();
                        reader.bytes(10);
                    })
                    .isInstanceOf(MalformedFrame.class);
        }
    }

    @Test
    @DisplayName("odd values are refused: node 0, a truth of 2, life 0, a negative length, broken UTF-8")
    void oddValuesAreRefused() {
        assertThatThrownBy(() -> new ByteReader(new byte[] {0}).node()).isInstanceOf(MalformedFrame.class);
        assertThatThrownBy(() -> new ByteReader(new byte[] {65}).node()).isInstanceOf(MalformedFrame.class);
        assertThatThrownBy(() -> new ByteReader(new byte[] {2}).bool()).isInstanceOf(MalformedFrame.class);
        assertThatThrownBy(() -> new ByteReader(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0}).incarnation())
                .isInstanceOf(MalformedFrame.class);
        assertThatThrownBy(() -> new ByteReader(new byte[] {-1, -1, -1, -1}).bytes(10))
                .isInstanceOf(MalformedFrame.class);
        assertThatThrownBy(() -> new ByteReader(new byte[] {0, 1, (byte) 0xC0}).text())
                .isInstanceOf(MalformedFrame.class);
        assertThatThrownBy(() -> new ByteReader(new byte[] {1}).end()).isInstanceOf(MalformedFrame.class);
    }

    @Test
    @DisplayName("a frame's length is bounded before anything is allocated for it")
    void frameLengthIsBounded() {
        byte[] huge = new ByteWriter().i32(FrameHeader.MAGIC).i32(FrameHeader.LIMIT_BYTES + 1).toArray();
        assertThatThrownBy(() -> FrameHeader.lengthOf(huge)).hasMessageContaining("a frame of");
        byte[] negative = new ByteWriter().i32(FrameHeader.MAGIC).i32(-1).toArray();
        assertThatThrownBy(() -> FrameHeader.lengthOf(negative)).isInstanceOf(MalformedFrame.class);
        byte[] stranger = new ByteWriter().i32(0x47455420).i32(100).toArray();
        assertThatThrownBy(() -> FrameHeader.lengthOf(stranger)).hasMessageContaining("magic 47455420");
    }

    private static byte[] sample() {
        return new ByteWriter(1).u8(200).u16(65_000).i32(-5).i64(Long.MIN_VALUE + 1).bool(true).node(NodeId.of(63))
                .nodes(NodeSet.of(NodeId.of(1), NodeId.of(63))).incarnation(Incarnation.of(2, 9)).text("größer")
                .bytes(Bytes.copyOf(new byte[] {1, 2, 3})).toArray();
    }
}
