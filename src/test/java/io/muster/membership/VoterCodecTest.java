package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.ledger.VotePolicy;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The bytes of what is said about voters. */
class VoterCodecTest {

    @Test
    @DisplayName("001-23: a change that names nodes and disks comes back from its bytes, asked for on whichever node")
    void aChangeComesBack() throws Exception {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        votes.put(NodeId.of(64), 0);
        votes.put(NodeId.ofDisk(1), 1);
        votes.put(NodeId.ofDisk(NodeId.DISKS_LIMIT), 3);
        VoterMessage asked = new VoterMessage.ChangeAsk(new VoterChange(votes, 2, Optional.of(VotePolicy.DYNAMIC), 1), "Ada");
        ByteWriter to = new ByteWriter();
        new VoterCodec().encode(asked, to);
        assertThat(new VoterCodec().decode(new ByteReader(to.toArray()))).isEqualTo(asked);
    }
}
