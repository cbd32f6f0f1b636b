/**
 * Makes the departed harmless before anybody touches their data. The leader turns departures into agreed intents, picks
 * an actor and a method, and proposes the evidence; tries have no end. {@code FenceMethod} is the door for devices.
 */
package io.muster.fence;
