/**
 * A disk over the network that refuses who was fenced: an NBD server with epochs, its client, and the fence method
 * {@code storage-epoch}. It drives threads, sockets and files, as {@code runtime} does, and knows no protocol of the cluster
 * but a node's lives and the door for fence methods.
 *
 * <p>A node writes under a name with its life, {@code data/n2/17}. When its life 17 is put out, the fence method asks the server
 * to let n2 through from epoch 18 only. The server shuts its gate for all below, records that, waits until every device call of
 * theirs has returned, flushes the disk, and only then answers; {@link io.muster.nbd.Raise} says why in this order. The answer
 * stays true through every crash and restart of the server. The next life of n2, 18, may write.
 *
 * <p>Read {@code Raise}, {@code EpochGate}, {@code EpochStore}; then {@code NbdServer}, {@code Connection}, {@code NbdDevice}.
 */
package io.muster.nbd;
