/**
 * The shared disk as the layers above see it: the blocking port of the data path, what goes wrong with it, and where things lie
 * on a disk of Muster. Read {@code BlockDevice}, {@code DiskLayout}.
 */
package io.muster.block;
