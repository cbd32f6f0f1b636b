package io.muster.control;

import java.util.Optional;

/**
 * A place in the control tree by its name, whether anything is there now or not: items are kept by faces over any change of
 * the picture, and looked up anew at each use.
 */
public sealed interface TreeItem {

    /** The top. */
    record Top() implements TreeItem {}

    record ModeFile() implements TreeItem {}

    record LastErrorFile() implements TreeItem {}

    record NodesFolder() implements TreeItem {}

    record NodeFolder(String node) implements TreeItem {}

    record NodeFile(String node, NodeField field) implements TreeItem {}

    record RegionsFolder() implements TreeItem {}

    record RegionFolder(String region) implements TreeItem {}

    /** Node {@code node} has region {@code region} up. */
    record InterestLink(String region, String node) implements TreeItem {}

    /** What is told of a node, each in a file. */
    enum NodeField {
        NUM("num"),
        ADDRESS("address"),
        LIFE("life"),
        STATE("state");

        private final String file;

        NodeField(String file) {
            this.file = file;
        }

        String file() {
            return file;
        }
    }

    /** The node an item is or belongs to; empty for every other item, and for none (003-29). */
    static Optional<String> toNode(TreeItem item) {
        return switch (item) {
            case NodeFolder(String node) -> Optional.of(node);
            case NodeFile(String node, NodeField _) -> Optional.of(node);
            case InterestLink(String _, String node) -> Optional.of(node);
            case null -> Optional.empty();
            case Top _, ModeFile _, LastErrorFile _, NodesFolder _, RegionsFolder _, RegionFolder _ -> Optional.empty();
        };
    }

    /** The region an item is or belongs to; empty for every other item, and for none (003-29). */
    static Optional<String> toRegion(TreeItem item) {
        return switch (item) {
            case RegionFolder(String region) -> Optional.of(region);
            case InterestLink(String region, String _) -> Optional.of(region);
            case null -> Optional.empty();
            case Top _, ModeFile _, LastErrorFile _, NodesFolder _, NodeFolder _, NodeFile _, RegionsFolder _ ->
                    Optional.empty();
        };
    }

    /** The item's name from the top, for people. */
    default String path() {
        return switch (this) {
            case Top _ -> ".";
            case ModeFile _ -> ControlTree.MODE;
            case LastErrorFile _ -> ControlTree.LAST_ERROR;
            case NodesFolder _ -> ControlTree.NODES;
            case NodeFolder(String node) -> ControlTree.NODES + "/" + node;
            case NodeFile(String node, NodeField field) -> ControlTree.NODES + "/" + node + "/" + field.file();
            case RegionsFolder _ -> ControlTree.REGIONS;
            case RegionFolder(String region) -> ControlTree.REGIONS + "/" + region;
            case InterestLink(String region, String node) -> ControlTree.REGIONS + "/" + region + "/" + node;
        };
    }
}
