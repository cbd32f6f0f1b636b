package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.fence.FenceMethod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The fence methods that can be configured: those on the class path, and those in jars of a folder (000-26). */
public final class FenceMethods {

    private FenceMethods() {}

    /**
     * Finds all methods, by name, none prepared yet.
     *
     * @param jarFolder jars directly in it are searched too, in the order of their names
     * @throws ClusterFault CONFIG_1 when the folder or a jar cannot be used, or two methods have one name
     */
    public static SortedMap<String, FenceMethod> load(Optional<Path> jarFolder) {
        ClassLoader own = FenceMethods.class.getClassLoader();
        List<Path> jars = jarFolder.map(FenceMethods::jarsOf).orElse(List.of());
        // Never closed: a method may load a class at any time of the daemon's life.
        ClassLoader loader = jars.isEmpty() ? own : new URLClassLoader("fence-methods", urls(jars), own);
        SortedMap<String, FenceMethod> methods = new TreeMap<>();
        try {
            for (FenceMethod method : ServiceLoader.load(FenceMethod.class, loader)) {
                FenceMethod other = methods.putIfAbsent(checkedName(method), method);
                if (other != null) {
                    throw fault("fence method \"%s\" is offered twice, by %s and %s: remove one of them"
                            .formatted(method.name(), source(other), source(method)));
                }
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            throw fault("a fence method cannot be loaded: %s; check the jars %s".formatted(e.getMessage(), jars));
        }
        return Collections.unmodifiableSortedMap(methods);
    }

    /** A further instance of a method, for a further device of its kind. @throws ClusterFault CONFIG_1 */
    static FenceMethod another(FenceMethod method) {
        try {
            return method.getClass().getConstructor().newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw fault("fence method \"%s\" of %s cannot be made twice (%s): configure one device of that kind"
                    .formatted(method.name(), source(method), e));
        }
    }

    private static String checkedName(FenceMethod method) {
        if (!method.name().matches("[a-z0-9-]{1,32}")) {
            throw fault("fence method \"%s\" of %s: a name is 1 to 32 lower-case letters, digits and dashes"
                    .formatted(method.name(), source(method)));
        }
        return method.name();
    }

    private static List<Path> jarsOf(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> entry.getFileName().toString().endsWith(".jar")).sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            throw fault("the folder of fence methods %s cannot be read (%s): create it or leave it out"
                    .formatted(folder, e));
        }
    }

    private static URL[] urls(List<Path> jars) {
        List<URL> urls = new ArrayList<>();
        for (Path jar : jars) {
            try {
                urls.add(jar.toUri().toURL());
            } catch (MalformedURLException e) {
                throw fault("the jar %s cannot be named in a URL: %s".formatted(jar, e.getMessage()));
            }
        }
        return urls.toArray(URL[]::new);
    }

    private static String source(FenceMethod method) {
        var code = method.getClass().getProtectionDomain().getCodeSource();
        return method.getClass().getName() + (code == null ? "" : " in " + code.getLocation());
    }

    private static ClusterFault fault(String sentence) {
        return new ClusterFault(FaultCode.CONFIG_1, sentence);
    }
}
