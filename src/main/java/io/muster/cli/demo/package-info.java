/**
 * The demo: a whole cluster of real processes on one machine, and scripts that hurt it and check how it comes back.
 * Read {@code DemoCommand}, {@code DemoFolder} (what lies where), {@code DemoNode} (one process), {@code Janitor} (why
 * nothing stays behind), {@code Script} (what is done), {@code TimelineCheck} (what has to hold).
 */
package io.muster.cli.demo;
