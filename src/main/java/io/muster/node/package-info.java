/** The one place where the layers of a node are wired together; it routes and decides nothing. */
package io.muster.node;
