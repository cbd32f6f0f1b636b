package io.muster.ledger;

import java.util.regex.Pattern;

/** The name of a group: 1 to 32 letters, digits, dots, dashes or underscores, beginning with a letter. */
public record GroupName(String text) implements Comparable<GroupName> {

    private static final Pattern FORM = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,31}");

    /** Node membership is the group of this name (001-3); it can be neither joined nor left by hand. */
    public static final GroupName NODES = new GroupName("nodes");

    public GroupName {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "\"%s\" is not a group name: 1 to 32 letters, digits, . - _ and a letter first".formatted(text));
        }
    }

    @Override
    public int compareTo(GroupName other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
