/**
 * The control tree: what a node knows, as files for people and scripts ({@code heartbeat_mode}, {@code nodes/},
 * {@code regions/}; docs/CONTROL.md). A view, and never more: nothing of the node waits for it or rests on it (001-15).
 *
 * <p>Read {@code ControlTree} (the model: what is where and which changes are taken), {@code ControlSource} and
 * {@code ControlView} (where its picture comes from), then the faces behind {@code ControlFace}: {@code FuseTree}, a file
 * system of its own, and {@code FolderTree}, a plain folder that is watched, where there is no FUSE. Both say the same and
 * refuse the same.
 *
 * <p>Thread: {@code muster-tree} watches and renews a plain folder; a mount has those of {@code io.muster.fuse}.
 *
 * <p>Example: {@code echo never > heartbeat_mode}. Mounted, the write itself fails with EINVAL. In a plain folder it
 * succeeds, the watch reads "never" as the file is closed, the model refuses it, and {@code disk} is put back. In both,
 * {@code .last_error} then says {@code TREE-2 heartbeat_mode: "never" is no heartbeat mode; disk or network would do.}
 */
package io.muster.control;
