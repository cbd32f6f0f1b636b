package io.muster.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tree as a model, without any face. */
class ControlTreeTest {

    private final FakeSource source = new FakeSource();
    private final ControlTree tree = new ControlTree(source);
    private final TreeItem top = new TreeItem.Top();
    private final TreeItem mode = new TreeItem.ModeFile();

    private String text(TreeItem item) {
        return new String(tree.content(item).orElseThrow(), StandardCharsets.UTF_8);
    }

    private Optional<ControlRefusal> write(String value) {
        return tree.write(mode, 0, value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    @DisplayName("001-15 the tree keeps no state: what the source shows next is what every file says next")
    void filesAreOnlyAView() {
        TreeItem state = new TreeItem.NodeFile("n3", TreeItem.NodeField.STATE);
        assertThat(text(state)).isEqualTo("absent\n");
        source.nodes(nodes -> {
            nodes.put("n3", new ControlView.Node(3, "10.0.0.3:7400", 9, "member"));
            return nodes;
        });
        assertThat(text(state)).isEqualTo("member\n");
        assertThat(text(new TreeItem.NodeFile("n3", TreeItem.NodeField.LIFE))).isEqualTo("9\n");
        source.nodes(nodes -> {
            nodes.remove("n3");
            return nodes;
        });
        assertThat(tree.content(state)).isEmpty();
        assertThat(tree.isThere(state)).isFalse();
    }

    @Test
    @DisplayName("003-12 a link in a region says that a node has it up, and each region stands alone")
    void linksTellInterest() {
        source.region("west", "n1", "n2");
        source.region("east", "n2");
        assertThat(tree.children(new TreeItem.RegionFolder("west"))).extracting(ControlTree.Entry::name)
                .containsExactly("n1", "n2");
        assertThat(tree.target(new TreeItem.InterestLink("west", "n1"))).contains("../../nodes/n1");
        assertThat(tree.target(new TreeItem.InterestLink("east", "n1"))).isEmpty();
    }

    @Test
    @DisplayName("003-12 in the modes disk and network links are not made or removed by hand, and the reason is kept")
    void linksAreNotMadeByHand() {
        source.region("west", "n1");
        TreeItem west = new TreeItem.RegionFolder("west");
        assertThat(tree.makeLink(west, "n2", "../../nodes/n2")).map(ControlRefusal::kind)
                .contains(ControlRefusal.Kind.NOT_PERMITTED);
        assertThat(tree.removeFile(west, "n1")).map(ControlRefusal::kind).contains(ControlRefusal.Kind.NOT_PERMITTED);
        assertThat(tree.target(new TreeItem.InterestLink("west", "n1"))).isPresent();
        assertThat(text(new TreeItem.LastErrorFile())).contains("TREE-2 regions/west/n2: in mode disk").contains("mode user");
    }

    @Test
    @DisplayName("003-11 the mode goes between disk and network; the same word again is no change, even with regions")
    void theModeIsSwitched() {
        assertThat(write("network\n")).isEmpty();
        assertThat(text(mode)).isEqualTo("network\n");
        assertThat(tree.makeFolder(new TreeItem.RegionsFolder(), "west")).as("network has no regions").isPresent();
        assertThat(write("disk")).isEmpty();
        assertThat(tree.makeFolder(new TreeItem.RegionsFolder(), "west")).isEmpty();
        assertThat(write("disk\n")).isEmpty();
        assertThat(write("network\n")).map(ControlRefusal::kind).contains(ControlRefusal.Kind.BUSY);
        assertThat(tree.removeFolder(new TreeItem.RegionsFolder(), "west")).isEmpty();
        assertThat(write("network\n")).isEmpty();
    }

    @Test
    @DisplayName("a region is made by hand within bounds; a configured one, or one that is up, is not removed by hand")
    void regionsAreBounded() {
        TreeItem regions = new TreeItem.RegionsFolder();
        for (String bad : new String[] {"", ".hidden", "a/b", "x".repeat(33), "lé"}) {
            assertThat(tree.makeFolder(regions, bad)).as(bad).map(ControlRefusal::kind)
                    .contains(ControlRefusal.Kind.INVALID);
        }
        source.region("configured");
        assertThat(tree.removeFolder(regions, "configured")).map(ControlRefusal::kind)
                .contains(ControlRefusal.Kind.NOT_PERMITTED);
        assertThat(tree.makeFolder(regions, "configured")).map(ControlRefusal::kind).contains(ControlRefusal.Kind.EXISTS);
        for (int i = 1; i < ControlTree.REGIONS_LIMIT; i++) {
            assertThat(tree.makeFolder(regions, "r" + i)).isEmpty();
        }
        assertThat(tree.makeFolder(regions, "more")).map(ControlRefusal::kind).contains(ControlRefusal.Kind.TOO_MANY);
        source.regions(all -> {
            all.put("r1", new ControlView.Region(new TreeSet<>(java.util.List.of("n1")), true));
            return all;
        });
        assertThat(tree.removeFolder(regions, "r1")).map(ControlRefusal::kind).contains(ControlRefusal.Kind.BUSY);
    }

    @Test
    @DisplayName("the newest sixteen refusals are kept, one line each whatever was written")
    void refusalsAreBounded() {
        for (int i = 0; i < 40; i++) {
            assertThat(write("no\u001b[31m\r\nmode " + i)).isPresent();
        }
        assertThat(text(new TreeItem.LastErrorFile()).lines()).hasSize(LastErrors.LIMIT).last().asString()
                .contains("mode 39").doesNotContain("\u001b").doesNotContain("\r");
    }

    @Test
    @DisplayName("003-29 a missing item is no node, no region, no file and no folder, and nothing throws")
    void conversionsTakeNull() {
        assertThat(TreeItem.toNode(null)).isEmpty();
        assertThat(TreeItem.toRegion(null)).isEmpty();
        assertThat(HeartbeatMode.of(null)).isEmpty();
        assertThat(tree.child(null, "n1")).isEmpty();
        assertThat(tree.child(top, null)).isEmpty();
        assertThat(tree.content(null)).isEmpty();
        assertThat(tree.target(null)).isEmpty();
        assertThat(tree.isThere(null)).isFalse();
        assertThat(source.view().node(null)).isEmpty();
        assertThat(source.view().region(null)).isEmpty();
        assertThat(source.view().isInterested(null, "n1")).isFalse();
        assertThat(source.view().isInterested("west", null)).isFalse();
        assertThat(TreeItem.toNode(new TreeItem.InterestLink("west", "n2"))).contains("n2");
        assertThat(TreeItem.toRegion(new TreeItem.InterestLink("west", "n2"))).contains("west");
        assertThat(TreeItem.toRegion(new TreeItem.NodeFolder("n2"))).isEmpty();
    }

    @Test
    @Timeout(60)
    @DisplayName("003-30 look-ups by name beside removals find a whole thing or nothing, never half of one")
    void lookUpsAreSafeBesideRemovals() throws InterruptedException {
        AtomicReference<Throwable> broken = new AtomicReference<>();
        Thread changer = Thread.ofPlatform().unstarted(() -> {
            for (int i = 0; i < 20_000; i++) {
                int round = i;
                source.nodes(nodes -> swap(nodes, round));
                source.regions(regions -> {
                    if (round % 2 == 0) {
                        regions.remove("west");
                    } else {
                        regions.put("west", new ControlView.Region(new TreeSet<>(java.util.List.of("n1", "n2")), false));
                    }
                    return regions;
                });
            }
        });
        changer.setUncaughtExceptionHandler((_, e) -> broken.set(e));
        changer.start();
        long whole = 0;
        long nothing = 0;
        while (changer.isAlive()) {
            Optional<TreeItem> node = tree.child(new TreeItem.NodesFolder(), "n3");
            Optional<byte[]> number = tree.content(new TreeItem.NodeFile("n3", TreeItem.NodeField.NUM));
            number.ifPresent(bytes -> assertThat(bytes).isEqualTo(new byte[] {'3', '\n'}));
            assertThat(TreeItem.toNode(node.orElse(null)).orElse("n3")).isEqualTo("n3");
            int links = tree.children(new TreeItem.RegionFolder("west")).size();
            assertThat(links).isIn(0, 2);
            whole += links == 2 ? 1 : 0;
            nothing += links == 0 ? 1 : 0;
        }
        changer.join();
        assertThat(broken.get()).isNull();
        assertThat(whole + nothing).isPositive();
    }

    private static SortedMap<String, ControlView.Node> swap(SortedMap<String, ControlView.Node> nodes, int round) {
        if (round % 2 == 0) {
            nodes.remove("n3");
        } else {
            nodes.put("n3", new ControlView.Node(3, "10.0.0.3:7400", round, "member"));
        }
        return nodes;
    }
}
