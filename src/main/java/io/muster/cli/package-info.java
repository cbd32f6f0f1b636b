/** The command line: parses, asks a daemon, prints; decides nothing. */
package io.muster.cli;
