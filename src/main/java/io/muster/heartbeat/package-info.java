/**
 * Who is heard. Knows peers, links and times of arrival; tells upward which lives are heard, which fell silent, and
 * whether it was this node that was away. Makes no decision about membership.
 *
 * <p>Read {@code Heartbeat}, then its leaves {@code SilenceDetector}, {@code PauseDetector}, {@code StreamProbe},
 * and {@code LinkBook}, which says of each link how it stands, for people.
 *
 * <p>Example: n3 is killed. Its kernel closes the stream to n1: {@code StreamClosed(n3)}. n1 probes n3 on all links;
 * nobody answers. The driver tries to open the stream again and n3's host says that nobody listens:
 * {@code StreamRefused(n3)}. Four probes and 20 ms later n1 announces {@code PeerLost(n3#1, "its stream was closed,
 * ...")}. Had n3 been stopped instead, no stream would have been closed, and n1 would have waited for the silence
 * limit.
 *
 * <p>Beside the network there are shared disks, one region each: read {@code DiskHeartbeat}, then its leaves {@code SlotWatch}
 * (what successive looks at a slot prove), {@code StorageReach} (whether this node itself gets through), {@code OwnSlot},
 * {@code DiskMail}, {@code Latencies}, and {@code DiskBlockCodec} for the bytes. {@code Liveness} is the registry of all methods
 * and the one rule over them, which tells the layers above in the words of the network's news; its leaf is {@code RegionBook}.
 *
 * <p>Example: the link between n1 and n2 is cut. The network says {@code PeerLost(n2#1)}; the disk still shows its slot getting
 * newer, so {@code Liveness} tells nobody of a loss but {@code StandingChanged(n2, CUT_OFF)}. Were n2 dead, its slot would be
 * silent 3 s later, and {@code PeerLost} would be told then.
 */
package io.muster.heartbeat;
