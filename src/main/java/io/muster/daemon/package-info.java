/** A node as a process: configuration in, a running node and its control socket out. */
package io.muster.daemon;
