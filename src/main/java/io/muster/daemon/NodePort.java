package io.muster.daemon;

import io.muster.node.NodeStatus;
import io.muster.node.Refusal;
import io.muster.node.Request;
import io.muster.runtime.PortListeners;
import java.util.Map;
import java.util.Optional;

/** The running node, as far as its control socket needs it. Both calls may come from any thread and do not block long. */
public interface NodePort {

    NodeStatus status();

    /**
     * Hands over a wish; the status shows how far it is.
     *
     * @return why it is not taken at all; then nothing has changed
     */
    Optional<Refusal> ask(Request request);

    /**
     * Reads the configuration file again and takes up what has changed, all of it or nothing.
     *
     * @return what has changed, for people
     * @throws io.muster.base.ClusterFault what stands against it
     */
    Map<String, Object> reload();

    /** Listens on a port for {@code send}. @throws IllegalStateException when too many listen already */
    PortListeners.Listener listen(int port);

    /** The times of this node, and what it has measured against them. */
    BudgetReport budget();

    /**
     * Reads certificates and keys anew.
     *
     * @throws io.muster.base.ClusterFault CONFIG-1 when one cannot be used; then nothing has changed
     */
    void reloadTrust();
}
