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
 */
package io.muster.heartbeat;
