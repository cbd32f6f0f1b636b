/**
 * The laboratory: real daemons in network namespaces of their own, whose links are cut one by one, and scripts that
 * do so and judge by the daemons' logs. For root only, on one machine.
 *
 * <p>Read {@code LabPlan} (names and addresses), {@code LabNetwork} (what is made and dropped), {@code LabKeeper} (why
 * nothing stays behind), {@code Lab} (what can be done), {@code LabScripts} (what is shown), {@code LabCommand}.
 * Example: {@code muster lab up --nodes 3 && muster lab cut n1 && muster lab status && muster lab down}.
 */
package io.muster.cli.lab;
