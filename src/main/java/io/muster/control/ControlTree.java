package io.muster.control;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The control tree as a model: what is where, what it says, and whether a change is taken. Knows no face. It keeps nothing
 * but the newest refusals: all else is read from the {@link ControlSource} at each look, so that files are only a view
 * (001-15).
 *
 * <pre>
 * heartbeat_mode            disk, network or user; read and written as one whole word
 * nodes/NODE/num            read-only, as are address, life, state
 * regions/REGION/NODE       a link to ../../nodes/NODE: that node has the region up
 * .last_error               the newest refusals, each with its reason
 * </pre>
 *
 * <p>A refused change has changed nothing and is in {@code .last_error} (003-26). May be used by any thread.
 */
public final class ControlTree {

    public static final String MODE = "heartbeat_mode";
    public static final String LAST_ERROR = ".last_error";
    public static final String NODES = "nodes";
    public static final String REGIONS = "regions";

    /** A longer value is none of ours. */
    public static final int VALUE_LIMIT_BYTES = 64;
    /** As many as the original takes. */
    public static final int REGIONS_LIMIT = 32;
    private static final String REGION_NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,31}";

    private final ControlSource source;
    private final LastErrors errors = new LastErrors();

    public ControlTree(ControlSource source) {
        this.source = source;
    }

    /** A name in a folder. */
    public record Entry(String name, TreeItem item) {}

    /** The picture that all of the tree shows now. */
    ControlView view() {
        return source.view();
    }

    /** What {@code folder} has by that name; empty too when either is missing or null (003-29). */
    public Optional<TreeItem> child(TreeItem folder, String name) {
        if (name == null) {
            return Optional.empty();
        }
        Optional<TreeItem> item = switch (folder) {
            case TreeItem.Top _ -> switch (name) {
                case MODE -> Optional.of(new TreeItem.ModeFile());
                case LAST_ERROR -> Optional.of(new TreeItem.LastErrorFile());
                case NODES -> Optional.of(new TreeItem.NodesFolder());
                case REGIONS -> Optional.of(new TreeItem.RegionsFolder());
                default -> Optional.empty();
            };
            case TreeItem.NodesFolder _ -> Optional.of(new TreeItem.NodeFolder(name));
            case TreeItem.NodeFolder(String node) -> field(name).map(field -> new TreeItem.NodeFile(node, field));
            case TreeItem.RegionsFolder _ -> Optional.of(new TreeItem.RegionFolder(name));
            case TreeItem.RegionFolder(String region) -> Optional.of(new TreeItem.InterestLink(region, name));
            case TreeItem.ModeFile _, TreeItem.LastErrorFile _, TreeItem.NodeFile _, TreeItem.InterestLink _ ->
                    Optional.empty();
            case null -> Optional.empty();
        };
        return item.filter(this::isThere);
    }

    /** All entries of a folder, sorted by name within their kind; empty for what is none or is gone. */
    public List<Entry> children(TreeItem folder) {
        ControlView view = source.view();
        List<Entry> entries = new ArrayList<>();
        switch (folder) {
            case TreeItem.Top _ -> {
                entries.add(new Entry(LAST_ERROR, new TreeItem.LastErrorFile()));
                entries.add(new Entry(MODE, new TreeItem.ModeFile()));
                entries.add(new Entry(NODES, new TreeItem.NodesFolder()));
                entries.add(new Entry(REGIONS, new TreeItem.RegionsFolder()));
            }
            case TreeItem.NodesFolder _ ->
                    view.nodes().keySet().forEach(name -> entries.add(new Entry(name, new TreeItem.NodeFolder(name))));
            case TreeItem.NodeFolder(String node) -> view.node(node).ifPresent(_ -> {
                for (TreeItem.NodeField field : TreeItem.NodeField.values()) {
                    entries.add(new Entry(field.file(), new TreeItem.NodeFile(node, field)));
                }
            });
            case TreeItem.RegionsFolder _ ->
                    view.regions().keySet().forEach(name -> entries.add(new Entry(name, new TreeItem.RegionFolder(name))));
            case TreeItem.RegionFolder(String region) -> view.region(region).ifPresent(found -> found.interested()
                    .forEach(node -> entries.add(new Entry(node, new TreeItem.InterestLink(region, node)))));
            case TreeItem.ModeFile _, TreeItem.LastErrorFile _, TreeItem.NodeFile _, TreeItem.InterestLink _ -> {
                // They have no entries.
            }
        }
        return entries;
    }

    public boolean isThere(TreeItem item) {
        ControlView view = source.view();
        return switch (item) {
            case TreeItem.Top _, TreeItem.ModeFile _, TreeItem.LastErrorFile _, TreeItem.NodesFolder _,
                    TreeItem.RegionsFolder _ -> true;
            case TreeItem.NodeFolder(String node) -> view.node(node).isPresent();
            case TreeItem.NodeFile(String node, TreeItem.NodeField _) -> view.node(node).isPresent();
            case TreeItem.RegionFolder(String region) -> view.region(region).isPresent();
            case TreeItem.InterestLink(String region, String node) -> view.isInterested(region, node);
            case null -> false;
        };
    }

    /** What a file says now; empty for what is no file or is gone. */
    public Optional<byte[]> content(TreeItem file) {
        ControlView view = source.view();
        return switch (file) {
            case TreeItem.ModeFile _ -> Optional.of(line(view.mode().word()));
            case TreeItem.LastErrorFile _ -> Optional.of(errors.text());
            case TreeItem.NodeFile(String node, TreeItem.NodeField field) -> view.node(node).map(of -> line(switch (field) {
                case NUM -> Integer.toString(of.number());
                case ADDRESS -> of.address();
                case LIFE -> Long.toString(of.life());
                case STATE -> of.state();
            }));
            case TreeItem.Top _, TreeItem.NodesFolder _, TreeItem.NodeFolder _, TreeItem.RegionsFolder _,
                    TreeItem.RegionFolder _, TreeItem.InterestLink _ -> Optional.empty();
            case null -> Optional.empty();
        };
    }

    /** Where a link leads; empty for what is no link or is gone. */
    public Optional<String> target(TreeItem link) {
        return link instanceof TreeItem.InterestLink(String _, String node) && isThere(link)
                ? Optional.of(linkTarget(node)) : Optional.empty();
    }

    static String linkTarget(String node) {
        return "../../" + NODES + "/" + node;
    }

    static boolean isWritable(TreeItem item) {
        return item instanceof TreeItem.ModeFile;
    }

    /** Writes a whole value. @param offset where in the file; anything but 0 is a part of a value and refused */
    public Optional<ControlRefusal> write(TreeItem file, long offset, byte[] value) {
        if (!isWritable(file)) {
            return Optional.of(refuse(file.path(), ControlRefusal.notPermitted("it is a view and cannot be written")));
        }
        if (offset != 0) {
            return Optional.of(refuse(file.path(), ControlRefusal.invalid(
                    "a value is written whole and from the beginning, not from byte %d", offset)));
        }
        return remember(file.path(), changeMode(value));
    }

    private synchronized Optional<ControlRefusal> changeMode(byte[] value) {
        if (value.length > VALUE_LIMIT_BYTES) {
            return Optional.of(ControlRefusal.invalid("%d bytes are too long for a value; %s would do", value.length, words()));
        }
        Optional<String> text = text(value);
        if (text.isEmpty()) {
            return Optional.of(ControlRefusal.invalid("the value is no text; %s would do", words()));
        }
        String word = text.get();
        if (word.isEmpty()) {
            return Optional.of(ControlRefusal.invalid("the value is empty; %s would do", words()));
        }
        Optional<HeartbeatMode> mode = HeartbeatMode.of(word);
        if (mode.isEmpty()) {
            return Optional.of(ControlRefusal.invalid("\"%s\" is no heartbeat mode; %s would do", word, words()));
        }
        ControlView view = source.view();
        if (mode.get() == view.mode()) {
            return Optional.empty();
        }
        if (mode.get() == HeartbeatMode.USER) {
            return Optional.of(ControlRefusal.invalid(
                    "user mode is not there yet, it comes with a later version; %s would do", words()));
        }
        if (!view.regions().isEmpty()) {
            return Optional.of(new ControlRefusal(ControlRefusal.Kind.BUSY,
                    "the mode cannot be changed from %s to %s while there are regions: %s".formatted(
                            view.mode().word(), word, String.join(", ", view.regions().keySet()))));
        }
        return source.setMode(mode.get());
    }

    private static String words() {
        return HeartbeatMode.DISK.word() + " or " + HeartbeatMode.NETWORK.word();
    }

    /** A folder made by hand: only a region can be. */
    public Optional<ControlRefusal> makeFolder(TreeItem parent, String name) {
        return remember(parent.path() + "/" + name, parent instanceof TreeItem.RegionsFolder ? makeRegion(name)
                : Optional.of(ControlRefusal.notPermitted("folders can be made only in %s", REGIONS)));
    }

    private synchronized Optional<ControlRefusal> makeRegion(String name) {
        ControlView view = source.view();
        if (!name.matches(REGION_NAME)) {
            return Optional.of(ControlRefusal.invalid("a region's name has 1 to 32 letters, digits, dots, dashes and lines"
                    + " and begins with a letter or a digit"));
        }
        if (view.region(name).isPresent()) {
            return Optional.of(new ControlRefusal(ControlRefusal.Kind.EXISTS, "there is such a region"));
        }
        if (view.mode() == HeartbeatMode.NETWORK) {
            return Optional.of(ControlRefusal.notPermitted(
                    "mode %s has no regions; write %s to %s first", view.mode().word(), HeartbeatMode.DISK.word(), MODE));
        }
        if (view.regions().size() >= REGIONS_LIMIT) {
            return Optional.of(new ControlRefusal(
                    ControlRefusal.Kind.TOO_MANY, "there are %d regions already".formatted(view.regions().size())));
        }
        return source.makeRegion(name);
    }

    public Optional<ControlRefusal> removeFolder(TreeItem parent, String name) {
        Optional<TreeItem> found = child(parent, name);
        return remember(parent.path() + "/" + name, switch (found.orElse(null)) {
            case TreeItem.RegionFolder(String region) -> removeRegion(region);
            case null -> Optional.of(new ControlRefusal(ControlRefusal.Kind.ABSENT, "there is no such folder"));
            case TreeItem _ -> Optional.of(ControlRefusal.notPermitted("only a region that was made by hand can be removed"));
        });
    }

    private synchronized Optional<ControlRefusal> removeRegion(String name) {
        Optional<ControlView.Region> region = source.view().region(name);
        if (region.isEmpty()) {
            return Optional.of(new ControlRefusal(ControlRefusal.Kind.ABSENT, "there is no such region"));
        }
        if (!region.get().made()) {
            return Optional.of(ControlRefusal.notPermitted("this region comes from a configured disk"));
        }
        if (!region.get().interested().isEmpty()) {
            return Optional.of(new ControlRefusal(ControlRefusal.Kind.BUSY,
                    "these nodes have the region up: " + String.join(", ", region.get().interested())));
        }
        return source.removeRegion(name);
    }

    /** A link made by hand: in user mode it would put a node up (003-12); in the others the links are a view. */
    public Optional<ControlRefusal> makeLink(TreeItem parent, String name, String target) {
        return remember(parent.path() + "/" + name, Optional.of(parent instanceof TreeItem.RegionFolder
                ? viewOnly() : ControlRefusal.notPermitted("a link to %s can be made only in a region", target)));
    }

    public Optional<ControlRefusal> removeFile(TreeItem parent, String name) {
        Optional<TreeItem> found = child(parent, name);
        return remember(parent.path() + "/" + name, Optional.of(switch (found.orElse(null)) {
            case TreeItem.InterestLink _ -> viewOnly();
            case null -> new ControlRefusal(ControlRefusal.Kind.ABSENT, "there is no such file");
            case TreeItem _ -> ControlRefusal.notPermitted("it is a view and cannot be removed");
        }));
    }

    private ControlRefusal viewOnly() {
        return ControlRefusal.notPermitted("in mode %s the links show which nodes have a region up and follow the disk;"
                + " making and removing them by hand belongs to mode %s", source.view().mode().word(), HeartbeatMode.USER.word());
    }

    /** Remembers a refusal that a face has found by itself. @return the refusal */
    ControlRefusal refuse(String path, ControlRefusal refusal) {
        errors.add(path, refusal);
        return refusal;
    }

    private Optional<ControlRefusal> remember(String path, Optional<ControlRefusal> refusal) {
        refusal.ifPresent(why -> errors.add(path, why));
        return refusal;
    }

    private static Optional<TreeItem.NodeField> field(String name) {
        for (TreeItem.NodeField field : TreeItem.NodeField.values()) {
            if (field.file().equals(name)) {
                return Optional.of(field);
            }
        }
        return Optional.empty();
    }

    private static byte[] line(String text) {
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** A value as text, without the one line end that `echo` adds. */
    private static Optional<String> text(byte[] value) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
            return Optional.of(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
