package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.machine.Message;

/** Where a node's words go. Called by the node's thread; never blocks, promises nothing. */
interface Transport {

    /** Over the stream to a peer. */
    void send(NodeId to, Message message);

    /** As one datagram over one link. */
    void cast(NodeId to, int link, Message message);
}
