package io.muster;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The three rules of the house: imports go down, the protocol is deterministic, the drivers are siblings. */
class LayersTest {

    /** Bottom to top; packages of one row are siblings and do not know each other. */
    private static final List<List<String>> ROWS = List.of(
            List.of("base"),
            List.of("machine"),
            List.of("block", "wire", "quorum"),
            List.of("heartbeat"),
            List.of("ledger"),
            List.of("membership"),
            List.of("fence"),
            List.of("group"),
            List.of("recovery"),
            List.of("node"),
            List.of("nbd"),
            List.of("runtime", "sim", "fuse"),
            List.of("control"),
            List.of("daemon"),
            List.of("cli"));

    private static final String[] DETERMINISTIC = Stream.of(
                    "base", "machine", "block", "wire", "quorum", "heartbeat", "ledger", "membership", "fence", "group",
                    "recovery", "node")
            .map(name -> "io.muster." + name + "..")
            .toArray(String[]::new);

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.muster");

    @Test
    @DisplayName("001-25 001-28 a package imports only packages below it")
    void importsGoDown() {
        TreeMap<String, Integer> rowOf = new TreeMap<>();
        for (int row = 0; row < ROWS.size(); row++) {
            for (String name : ROWS.get(row)) {
                rowOf.put(name, row);
            }
        }
        List<String> upward = new ArrayList<>();
        TreeSet<String> unplaced = new TreeSet<>();
        for (JavaClass from : CLASSES) {
            String source = layerOf(from.getPackageName());
            if (!rowOf.containsKey(source)) {
                unplaced.add(source);
                continue;
            }
            from.getDirectDependenciesFromSelf().stream()
                    .map(d -> d.getTargetClass().getBaseComponentType())
                    .filter(to -> to.getPackageName().startsWith("io.muster"))
                    .filter(to -> !layerOf(to.getPackageName()).equals(source))
                    .filter(to -> rowOf.getOrDefault(layerOf(to.getPackageName()), ROWS.size()) >= rowOf.get(source))
                    .forEach(to -> upward.add(from.getName() + " -> " + to.getName()));
        }
        assertThat(unplaced).as("packages without a place in the house").isEmpty();
        assertThat(upward).isEmpty();
    }

    @Test
    @DisplayName("003-3 quorum imports only base, and has no heartbeat")
    void quorumIsPure() {
        noClasses().that().resideInAPackage("io.muster.quorum..")
                .should().dependOnClassesThat().resideOutsideOfPackages("io.muster.quorum..", "io.muster.base..", "java..")
                .check(CLASSES);
    }

    @Test
    @DisplayName("from base to node nothing knows a thread, socket, file, clock, chance or hash order")
    void theProtocolIsDeterministic() {
        noClasses().that().resideInAnyPackage(DETERMINISTIC)
                .should().dependOnClassesThat().resideInAnyPackage(
                        "java.io..", "java.net..", "java.nio.channels..", "java.nio.file..", "java.time..",
                        "java.util.concurrent..", "java.lang.foreign..", "javax.net..", "java.util.random..")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.Thread")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.Random")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.UUID")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.HashMap")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.HashSet")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.IdentityHashMap")
                .check(CLASSES);
        noClasses().that().resideInAnyPackage(DETERMINISTIC)
                .should().callMethod(System.class, "nanoTime")
                .orShould().callMethod(System.class, "currentTimeMillis")
                .orShould().callMethod(System.class, "identityHashCode", Object.class)
                .orShould().callMethod(Math.class, "random")
                .check(CLASSES);
        List<String> hashOrdered = new ArrayList<>();
        for (JavaClass from : CLASSES) {
            if (isDeterministic(from)) {
                from.getMethodCallsFromSelf().stream()
                        .filter(call -> Set.of("java.util.Set", "java.util.Map").contains(call.getTargetOwner().getName()))
                        .filter(call -> Set.of("of", "copyOf", "ofEntries").contains(call.getName()))
                        .forEach(call -> hashOrdered.add(call.getDescription()));
                from.getMethodCallsFromSelf().stream()
                        .filter(call -> call.getTargetOwner().getName().equals("java.util.stream.Collectors"))
                        .filter(call -> Set.of("toSet", "toMap", "groupingBy", "toUnmodifiableSet", "toUnmodifiableMap")
                                .contains(call.getName()))
                        .forEach(call -> hashOrdered.add(call.getDescription()));
            }
        }
        assertThat(hashOrdered).isEmpty();
    }

    @Test
    @DisplayName("runtime and sim are siblings, and nothing below knows which one drives it")
    void theDriversAreSiblings() {
        noClasses().that().resideInAPackage("io.muster.daemon..")
                .should().dependOnClassesThat().resideInAPackage("io.muster.sim..")
                .check(CLASSES);
        noClasses().that().resideInAPackage("io.muster.sim..")
                .should().dependOnClassesThat().resideInAnyPackage("io.muster.runtime..", "io.muster.nbd..")
                .check(CLASSES);
    }

    private static boolean isDeterministic(JavaClass type) {
        return Stream.of(DETERMINISTIC)
                .map(pattern -> pattern.substring(0, pattern.length() - 1))
                .anyMatch((type.getPackageName() + ".")::startsWith);
    }

    private static String layerOf(String packageName) {
        String below = packageName.replaceFirst("^io\\.muster\\.?", "");
        int dot = below.indexOf('.');
        return dot < 0 ? below : below.substring(0, dot);
    }
}
