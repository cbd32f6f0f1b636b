package io.muster.membership;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** One question of which view to choose, answered the obvious way: by the words of rules V2 and V3, set by set. */
final class ViewOracle {

    final long[] reach;
    long current;
    long kept;
    long candidates;

    private final int count;
    private final Electorate electorate;
    private final boolean[][] hears;
    private final int[] weight;
    private final int[] evidence;

    /** Nodes 1 to {@code count}, all candidates; nobody hears anybody. */
    ViewOracle(int count, Electorate electorate) {
        this.count = count;
        this.electorate = electorate;
        this.hears = new boolean[count + 1][count + 1];
        this.weight = new int[count + 1];
        this.evidence = new int[count + 1];
        this.reach = new long[count + 1];
        this.candidates = (1L << count + 1) - 2;
    }

    static ViewOracle random(Prng chance, int count, boolean weighted) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        int total = 0;
        int outsiders = chance.nextInt(4);
        for (int node = 1; node <= count + outsiders; node++) {
            int share = chance.nextInt(4);
            if (share > 0 || node == 1) {
                votes.put(NodeId.of(node), Math.max(1, share));
                total += Math.max(1, share);
            }
        }
        ViewOracle asked = new ViewOracle(count, new Electorate(votes, total / 2 + 1));
        double density = 0.3 + (count > 12 ? 0.6 : 0.68) * chance.nextDouble();
        for (int one = 1; one <= count; one++) {
            for (int other = 1; other <= count; other++) {
                asked.hears[one][other] = one != other && chance.chance(Math.sqrt(density));
            }
            asked.weight[one] = weighted ? chance.nextInt(4) : 0;
            asked.evidence[one] = chance.nextInt(3);
            asked.reach[one] = (chance.nextLong() & (1L << outsiders) - 1) << count + 1;
        }
        long mask = asked.candidates;
        asked.current = chance.nextInt(3) == 0 ? mask : chance.nextLong() & mask & chance.nextLong();
        asked.kept = chance.nextLong() & mask & chance.nextLong();
        asked.candidates = chance.nextInt(3) == 0 ? chance.nextLong() & mask | asked.kept : mask;
        return asked;
    }

    /** Bit k: the k-th ordered pair of different nodes, one hears the other. */
    void oneWay(long matrix) {
        int bit = 0;
        for (int one = 1; one <= count; one++) {
            for (int other = 1; other <= count; other++) {
                if (one != other) {
                    hears[one][other] = (matrix >>> bit++ & 1) == 1;
                }
            }
        }
    }

    /** The same question to the product. */
    ViewChoice choice() {
        long[] links = new long[NodeId.LIMIT];
        for (int one = 1; one <= count; one++) {
            for (int other = 1; other <= count; other++) {
                if (hears[one][other] && hears[other][one]) {
                    links[one] |= 1L << other;
                }
            }
        }
        ViewChoice choice = new ViewChoice(new NodeSet(candidates), links, electorate)
                .current(new NodeSet(current)).keep(new NodeSet(kept & candidates));
        for (int node = 1; node <= count; node++) {
            choice.weight(NodeId.of(node), weight[node]).evidence(NodeId.of(node), evidence[node]);
            choice.reach(NodeId.of(node), new NodeSet(reach[node]));
        }
        return choice;
    }

    Optional<NodeSet> byAllSets() {
        List<List<Integer>> sets = new ArrayList<>();
        for (long bits = 0; bits < 1L << count + 1; bits += 2) {
            if ((bits & ~candidates) == 0 && isClique(nodes(bits))) {
                sets.add(nodes(bits));
            }
        }
        return best(sets);
    }

    /** A set that is better for being larger is best among those to which nobody can be added. */
    Optional<NodeSet> byMaximalCliques() {
        List<List<Integer>> sets = new ArrayList<>();
        grow(new ArrayList<>(), nodes(candidates), new ArrayList<>(), sets);
        return best(sets);
    }

    private void grow(List<Integer> clique, List<Integer> open, List<Integer> done, List<List<Integer>> found) {
        if (open.isEmpty() && done.isEmpty()) {
            found.add(List.copyOf(clique));
            return;
        }
        List<Integer> left = new ArrayList<>(open);
        List<Integer> past = new ArrayList<>(done);
        while (!left.isEmpty()) {
            int node = left.removeFirst();
            List<Integer> larger = new ArrayList<>(clique);
            larger.add(node);
            grow(larger, linked(left, node), linked(past, node), found);
            past.add(node);
        }
    }

    private List<Integer> linked(List<Integer> nodes, int to) {
        return nodes.stream().filter(node -> hears[node][to] && hears[to][node]).toList();
    }

    private Optional<NodeSet> best(List<List<Integer>> cliques) {
        List<Integer> now = nodes(current);
        if (!now.isEmpty() && (current & ~candidates) == 0 && isClique(now) && hasQuorum(now)) {
            return Optional.of(new NodeSet(current));
        }
        Comparator<List<Integer>> order = Comparator
                .<List<Integer>>comparingInt(set -> set.stream().mapToInt(node -> weight[node]).sum())
                .thenComparingInt(List::size)
                .thenComparingInt(set -> set.stream().mapToInt(node -> evidence[node]).sum())
                .thenComparingInt(set -> (int) set.stream().filter(node -> (kept >>> node & 1) == 1).count())
                .thenComparing(ViewOracle::byIds);
        return cliques.stream().filter(this::hasQuorum).max(order).map(set -> {
            List<Integer> sorted = set.stream().sorted().toList();
            return NodeSet.of(sorted.stream().map(NodeId::of).toList());
        });
    }

    /** Of two sets of one size: the one that has the lowest node in which they differ. */
    private static int byIds(List<Integer> one, List<Integer> other) {
        for (int node = 1; node < NodeId.LIMIT; node++) {
            if (one.contains(node) != other.contains(node)) {
                return one.contains(node) ? 1 : -1;
            }
        }
        return 0;
    }

    private boolean isClique(List<Integer> set) {
        for (int one : set) {
            for (int other : set) {
                if (one != other && !(hears[one][other] && hears[other][one])) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean hasQuorum(List<Integer> set) {
        if (votes(set, 0) >= electorate.threshold()) {
            return true;
        }
        for (int node : set) {
            if (reach[node] != 0 && votes(set, reach[node]) >= electorate.threshold()) {
                return true;
            }
        }
        return false;
    }

    private int votes(List<Integer> set, long more) {
        int sum = 0;
        for (var vote : electorate.votes().entrySet()) {
            int node = vote.getKey().number();
            sum += set.contains(node) || (more >>> node & 1) == 1 && (candidates >>> node & 1) == 0 ? vote.getValue() : 0;
        }
        return sum;
    }

    private static List<Integer> nodes(long bits) {
        List<Integer> nodes = new ArrayList<>();
        for (int node = 1; node < NodeId.LIMIT; node++) {
            if ((bits >>> node & 1) == 1) {
                nodes.add(node);
            }
        }
        return nodes;
    }

    @Override
    public String toString() {
        return "hears %s candidates %s current %s kept %s weight %s evidence %s reach %s %s".formatted(
                Arrays.deepToString(hears), nodes(candidates), nodes(current), nodes(kept), Arrays.toString(weight),
                Arrays.toString(evidence), Arrays.toString(reach), electorate);
    }
}
