package io.muster.nbd;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an NBD client asks for by name. A node writes under {@code DISK/NODE/EPOCH}, as {@code data/n2/17}, where the epoch is
 * the number of that node's life; everybody else gets the plain {@code DISK}, and reads only.
 *
 * @param disk   1 to 32 lower-case letters, digits and dashes
 * @param writer the life that writes, or nobody
 */
record ExportName(String disk, Optional<Incarnation> writer) {

    private static final Pattern DISK = Pattern.compile("[a-z0-9-]{1,32}");
    /** 18 digits are less than the largest long. */
    private static final Pattern NAME = Pattern.compile("(" + DISK + ")(?:/(n[1-9][0-9]?)/([1-9][0-9]{0,17}))?");

    ExportName {
        if (!isDisk(disk)) {
            throw new IllegalArgumentException(
                    "\"%s\" is no name of a disk: 1 to 32 lower-case letters, digits and dashes".formatted(disk));
        }
    }

    static boolean isDisk(String name) {
        return DISK.matcher(name).matches();
    }

    /** Nothing for what is no such name, whatever it is. */
    static Optional<ExportName> parse(String text) {
        Matcher parts = NAME.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        if (parts.group(2) == null) {
            return Optional.of(new ExportName(parts.group(1), Optional.empty()));
        }
        int number = Integer.parseInt(parts.group(2).substring(1));
        if (number >= NodeId.LIMIT) {
            return Optional.empty();
        }
        return Optional.of(new ExportName(
                parts.group(1), Optional.of(Incarnation.of(number, Long.parseLong(parts.group(3))))));
    }

    @Override
    public String toString() {
        return disk + writer.map(who -> "/" + who.node() + "/" + who.life()).orElse("");
    }
}
