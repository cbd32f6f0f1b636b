package io.muster.ledger;

import java.util.regex.Pattern;

/** A barrier of a group: the group, and a name of 1 to 32 letters, digits, dots, dashes or underscores. */
public record BarrierName(GroupName group, String text) implements Comparable<BarrierName> {

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}");

    public BarrierName {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "\"%s\" is not a barrier name: 1 to 32 letters, digits, . - _, a letter or digit first".formatted(text));
        }
    }

    @Override
    public int compareTo(BarrierName other) {
        int byGroup = group.compareTo(other.group);
        return byGroup != 0 ? byGroup : text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text + " of " + group;
    }
}
