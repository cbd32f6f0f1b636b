/**
 * Who is heard. Knows peers, links and times of arrival; tells upward which lives are heard, which fell silent, and
 * whether it was this node that was away. Makes no decision about membership.
 */
package io.muster.heartbeat;
