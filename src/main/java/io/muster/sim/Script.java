package io.muster.sim;

import io.muster.sim.check.Violation;
import java.util.ArrayList;
import java.util.List;

/**
 * A story that is carried out: prose, commands on lines that begin with {@code >}, and indented below each what the
 * nodes then say. {@link Scenario} knows the commands; docs/TESTING.md teaches them.
 */
public final class Script {

    private static final String COMMAND = "> ";
    private static final String SHOWN = "  ";

    private Script() {}

    /**
     * Carries a script out.
     *
     * @return its lines, with what the nodes say now in place of what the script shows
     * @throws ScriptFault with the line, when it cannot be read, when what it expects is not so, or when a promise was
     *                     broken
     */
    public static List<String> carryOut(List<String> script) {
        Scenario scenario = new Scenario();
        List<String> lines = new ArrayList<>();
        int commands = 0;
        for (int number = 1; number <= script.size(); number++) {
            String line = script.get(number - 1);
            if (line.startsWith(COMMAND)) {
                commands++;
                lines.add(line);
                carryOut(scenario, line.substring(COMMAND.length()), number).forEach(event -> lines.add(SHOWN + event));
            } else if (line.startsWith(">")) {
                throw ScriptFault.unreadable("a command begins with \"> \"").at(number, line);
            } else if (!line.startsWith(SHOWN)) {
                lines.add(line);
            }
        }
        if (commands == 0) {
            throw ScriptFault.unreadable("there is no command in it: commands stand on lines that begin with \"> \"");
        }
        return List.copyOf(lines);
    }

    private static List<String> carryOut(Scenario scenario, String command, int number) {
        try {
            return scenario.carryOut(command);
        } catch (ScriptFault e) {
            throw e.at(number, command);
        } catch (Violation e) {
            throw ScriptFault.notSo("the promise %s was broken: %s", e.checker(), e.getMessage()).at(number, command);
        }
    }
}
