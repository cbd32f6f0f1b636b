package io.muster.node;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.group.GroupManager;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What people asked of this node about groups, where it cannot be done at once: a group that is being left is joined
 * again only when it was left to the end, because its participants have given the generation up (rule R4); and a group
 * is left also when an earlier wish to join it comes true only after the wish to leave it.
 */
final class GroupWishes {

    private final TreeSet<GroupName> joinAgain = new TreeSet<>();
    private final TreeSet<GroupName> unwanted = new TreeSet<>();

    /** @return whether it can be asked for now; otherwise it is kept until the group was left */
    boolean join(GroupName group, boolean leaving) {
        unwanted.remove(group);
        if (leaving && joinAgain.size() < GroupManager.WISHES_LIMIT) {
            joinAgain.add(group);
        }
        return !leaving;
    }

    void leave(GroupName group) {
        joinAgain.remove(group);
        if (unwanted.size() < GroupManager.WISHES_LIMIT) {
            unwanted.add(group);
        }
    }

    /** Nothing is wanted any more but to be out of everything. */
    void leaveAll() {
        joinAgain.clear();
    }

    /** Groups that were left to the end and are to be joined again; they are forgotten here. */
    List<GroupName> joinsDue(Predicate<GroupName> leaving) {
        List<GroupName> due = new ArrayList<>(joinAgain);
        due.removeIf(leaving);
        due.forEach(joinAgain::remove);
        return due;
    }

    /** Groups that this node is in and does not want to be in, and has not begun to leave. */
    List<GroupName> leavesDue(Incarnation self, ClusterState state, boolean all, Predicate<GroupName> leaving) {
        List<GroupName> due = new ArrayList<>();
        if (all || !unwanted.isEmpty()) {
            for (Group group : state.groups().values()) {
                if (group.has(self) && (all || unwanted.contains(group.name())) && !leaving.test(group.name())) {
                    due.add(group.name());
                }
            }
        }
        return due;
    }

    void digest(Hash64 into) {
        joinAgain.forEach(group -> into.add(group.text()));
        unwanted.forEach(group -> into.add(group.text()));
    }
}
