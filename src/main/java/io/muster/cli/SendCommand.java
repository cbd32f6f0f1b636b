package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster send}: a message to a port of a member, wherever its addresses are. */
@Command(name = "send", description = {
        "Send a message to a port of a member. Example: muster send n2 7 --text hello",
        "It comes once and in order as long as both nodes stay members, and never to another life of the node."})
final class SendCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "NODE", description = "To whom, as n2.")
    String to;

    @Parameters(index = "1", paramLabel = "PORT", description = "0 to 65535.")
    long port;

    @Option(names = "--text", paramLabel = "TEXT", description = "What to send.")
    String text;

    @Option(names = "--data", paramLabel = "BASE64", description = "What to send, when it is no text.")
    String data;

    @Override
    boolean anyMember() {
        return false;
    }

    @Override
    void check() {
        if ((text == null) == (data == null)) {
            throw new ClusterFault(FaultCode.CLI_1, "a message is either --text or --data. See `muster send --help`.");
        }
    }

    @Override
    ExitCode run(ControlClient daemon) {
        Map<String, Object> request = Json.object("do", "send", "node", to, "port", port);
        request.put(text == null ? "base64" : "text", text == null ? data : text);
        daemon.ask(request, answerLimitMs);
        return ended(daemon, ExitCode.FINE, "Sent to port %d of %s.".formatted(port, to), "");
    }
}
