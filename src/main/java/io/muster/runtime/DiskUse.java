package io.muster.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Who of this machine uses a block device or an image file, as far as the kernel lists it by name. */
final class DiskUse {

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final Path BLOCKS = Path.of("/sys/block");

    private DiskUse() {}

    /** One phrase for each user; what cannot be read is not listed, for the kernel's own refusal is what counts. */
    static List<String> of(Path path) {
        List<String> users = new ArrayList<>();
        try {
            Path real = path.toRealPath();
            mounts(number(real), users);
            loops(real, users);
            holders(real, users);
        } catch (IOException e) {
            Log.warn("who uses %s cannot be found out: %s", path, e);
        }
        return users;
    }

    /** As {@code 8:16}; empty for what is no device. */
    private static String number(Path real) throws IOException {
        if ((int) Files.getAttribute(real, "unix:mode") >> 12 != 6) {
            return "";
        }
        long device = (long) Files.getAttribute(real, "unix:rdev");
        long major = device >>> 8 & 0xFFF | device >>> 32 & ~0xFFFL;
        long minor = device & 0xFF | device >>> 12 & ~0xFFL & 0xFFFFFFFFL;
        return major + ":" + minor;
    }

    private static void mounts(String number, List<String> users) throws IOException {
        for (String line : Files.readAllLines(MOUNTS)) {
            String[] fields = line.split(" ");
            if (fields.length > 4 && fields[2].equals(number)) {
                users.add("it is mounted at " + fields[4]);
            }
        }
    }

    private static void loops(Path real, List<String> users) throws IOException {
        try (DirectoryStream<Path> loops = Files.newDirectoryStream(BLOCKS, "loop*")) {
            for (Path loop : loops) {
                Path backing = loop.resolve("loop/backing_file");
                if (Files.exists(backing) && Files.readString(backing).strip().equals(real.toString())) {
                    users.add("it is the file behind /dev/" + loop.getFileName());
                }
            }
        }
    }

    private static void holders(Path real, List<String> users) throws IOException {
        Path holders = BLOCKS.resolve(real.getFileName().toString()).resolve("holders");
        if (real.startsWith("/dev") && Files.isDirectory(holders)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(holders)) {
                all.forEach(holder -> users.add("it is part of /dev/" + holder.getFileName()));
            }
        }
    }
}
