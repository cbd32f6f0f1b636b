package io.muster.daemon;

import io.muster.runtime.RuntimeConfig.Endpoint;

/** {@code host:port} as people write it; an IPv6 address stands in brackets. */
public final class NodeAddress {

    public static final String WOULD_DO = "an address as \"10.0.0.1:7400\" or \"[fd00::1]:7400\"";

    private NodeAddress() {}

    /** @throws IllegalArgumentException when it is none */
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("there is no colon between host and port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("an IPv6 address stands in brackets");
        }
        int port;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the port is no number", e);
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("the port is not in 1 to 65535");
        }
        return new Endpoint(host, port);
    }

    public static String write(Endpoint address) {
        String host = address.host();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.port();
    }
}
