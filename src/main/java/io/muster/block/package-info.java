/**
 * The shared disk as the layers above see it: the blocking port of the data path, what goes wrong with it, where things lie
 * on a disk of Muster, and what makes it one. Read {@code BlockDevice}, {@code DiskFault}, {@code DiskLayout}; then
 * {@code DiskHeader} with {@code HeaderCopy} and {@code HeaderChoice}, {@code DiskFormat} with {@code ForeignContent}, and
 * {@code DiskCheck} with {@code SlotReader}; then {@code GatedDevice} with {@code WriteGate}. Devices that are real, and those
 * that give up after a time, are in {@code runtime}.
 *
 * <p>Example: a formatting is torn while it writes copy 1 of the new header. Copies 0 and 2 are looked at too: 0 is sound,
 * 1 is damaged, 2 is empty, so 0 holds; the slots behind it are all zeros and were flushed before.
 */
package io.muster.block;
