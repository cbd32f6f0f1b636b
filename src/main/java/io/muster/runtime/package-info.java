/** The driver on a real machine: threads, sockets, files, the clock. */
package io.muster.runtime;
