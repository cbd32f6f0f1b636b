package io.muster.heartbeat;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatNews.PeerHeard;
import io.muster.heartbeat.HeartbeatNews.PeerLost;
import io.muster.heartbeat.LivenessNews.CalledDown;
import io.muster.heartbeat.LivenessNews.CalledUp;
import io.muster.heartbeat.LivenessNews.StandingChanged;
import io.muster.heartbeat.LivenessNews.Verdict;
import io.muster.heartbeat.RegionBook.Together;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The registry of heartbeat methods (003-4 to 003-9): each says of its regions who is up and down, one rule joins them, and the
 * layers above hear one verdict. Who uses a region is none of its business (003-1, 003-2).
 *
 * <p>With the network alone it hands on what the network heartbeat says, news for news (003-19). With more methods a life is lost
 * by {@link VerdictRule}; shipped: when all call it silent. A life that one still hears is {@link Standing#CUT_OFF} or
 * {@link Standing#NO_STORAGE}, and whose fault that is, the view decides by evidence. A method that sees none of its regions
 * abstains, so that the loss of a disk leaves what there was before.
 *
 * <p>No timer of its own, as silence is the methods' to judge (003-8).
 */
public final class Liveness implements Machine<LivenessInput, LivenessNews> {

    /** Name of the method, and of its only region, that is there always. */
    public static final String NETWORK = "network";
    /** Name of the method whose regions are shared disks. */
    public static final String DISK = "disk";
    static final int SUBSCRIPTIONS_LIMIT = 64;

    private final RegionBook regions = new RegionBook();
    private VerdictRule rule;
    private List<Subscription> subscriptions = List.of();
    /** Of whom it was said above that it is heard. */
    private final SortedMap<NodeId, Incarnation> heard = new TreeMap<>();
    /** The highest life that any method ever showed. */
    private final SortedMap<NodeId, Incarnation> known = new TreeMap<>();
    /** When some method heard it last, as far as it was told. */
    private final SortedMap<NodeId, Long> heardAt = new TreeMap<>();
    private final SortedMap<NodeId, Standing> standings = new TreeMap<>();
    /** For each subscription by its place, whom it was told to be up. */
    private List<SortedMap<NodeId, Incarnation>> called = List.of();

    public Liveness(VerdictRule rule) {
        this.rule = rule;
        regions.register(NETWORK, NETWORK, true);
    }

    @Override
    public void step(LivenessInput input, long now, Outbox<LivenessNews> out) {
        switch (input) {
            case LivenessInput.OfNetwork(HeartbeatNews news) -> network(news, now, out);
            case LivenessInput.OfDisk(DiskBeatNews news) ->
                eventOf(news).ifPresent(event -> told(event, Optional.empty(), now, out));
            case LivenessInput.OfRegion(RegionEvent event) -> told(event, Optional.empty(), now, out);
            case LivenessInput.Register(String method, String region) -> {
                regions.register(method, region, false);
                all(now, out);
            }
            case LivenessInput.Unregister(String region) -> {
                Invariant.holds(!region.equals(NETWORK), "the network is no region that can be taken away");
                regions.unregister(region);
                all(now, out);
            }
            case LivenessInput.Subscribe(List<Subscription> next) -> {
                Invariant.holds(next.size() <= SUBSCRIPTIONS_LIMIT, "%d subscriptions", next.size());
                subscribe(next);
                all(now, out);
            }
            case LivenessInput.Rule(VerdictRule next) -> {
                rule = next;
                all(now, out);
            }
        }
    }

    @Override
    public void due(long now, Outbox<LivenessNews> out) {
        // Nothing is judged by time here.
    }

    @Override
    public long deadline() {
        return NEVER;
    }

    /** How this node stands now. */
    public Standing standing(NodeId node) {
        return standings.getOrDefault(node, Standing.UNKNOWN);
    }

    /** All regions of all methods, in the order in which they came (003-34). */
    public List<String> regions() {
        return regions.names();
    }

    /** The methods in the order in which they came, and the rule over them, for {@code muster status}. */
    public String sentence() {
        List<String> methods = regions.methods();
        return methods.size() == 1
                ? "heartbeat by %s alone".formatted(methods.getFirst())
                : "heartbeat by %s: %s".formatted(String.join(" and ", methods), rule.sentence());
    }

    /** One line for each region, for people. */
    public List<String> regionLines() {
        return regions.lines();
    }

    /** What each method says of a node, for people. */
    public String why(NodeId node) {
        List<String> parts = new ArrayList<>();
        for (String method : regions.methods()) {
            parts.add(method + ": " + switch (regions.ofMethod(method, node)) {
                case Together.Up(Incarnation who) -> "hears " + who;
                case Together.Down(String reason) -> "silent, " + reason;
                case Together.Doubt _ -> "cannot tell yet";
                case Together.Nothing _ -> "sees no region";
            });
        }
        return String.join("; ", parts);
    }

    /** Mixes all that decides what this machine does next. */
    public void digest(Hash64 into) {
        regions.digest(into);
        into.add(rule.sentence()).add(subscriptions.size());
        heard.forEach((node, who) -> into.add(node.number()).add(who.life()));
        standings.forEach((node, standing) -> into.add(node.number()).add(standing.ordinal()));
    }

    private void network(HeartbeatNews news, long now, Outbox<LivenessNews> out) {
        switch (news) {
            case PeerHeard(Incarnation who) -> told(new RegionEvent.Up(NETWORK, who), Optional.of(news), now, out);
            case PeerLost(Incarnation who, String reason, long silentNs) ->
                told(new RegionEvent.Down(NETWORK, who.node(), reason, silentNs), Optional.of(news), now, out);
            case HeartbeatNews.LinksChanged _, HeartbeatNews.LinkChanged _, HeartbeatNews.SelfPaused _ ->
                out.announce(new Verdict(news));
        }
    }

    private static Optional<RegionEvent> eventOf(DiskBeatNews news) {
        return switch (news) {
            case DiskBeatNews.PeerUp(String region, Incarnation who) -> Optional.of(new RegionEvent.Up(region, who));
            case DiskBeatNews.PeerDown(String region, NodeId node, _, String reason, long silentNs) ->
                Optional.of(new RegionEvent.Down(region, node, reason, silentNs));
            case DiskBeatNews.OwnSlotLate(String region, long ns, String why) ->
                blind(region, "no write", ns, why);
            case DiskBeatNews.StorageLost(String region, long ns, String why) ->
                blind(region, "no read", ns, why);
            case DiskBeatNews.StorageBack(String region, _) -> Optional.of(new RegionEvent.Sees(region));
            case DiskBeatNews.LastWord(String region, _) -> Optional.of(new RegionEvent.Blind(region, "signed off there"));
            case DiskBeatNews.PeerTold _, DiskBeatNews.OwnSlotStolen _, DiskBeatNews.BlockFaulty _, DiskBeatNews.RegionSlow _,
                 DiskBeatNews.RegionFast _, DiskBeatNews.PoisonPill _, DiskBeatNews.PillTaken _ ->
                Optional.empty();
        };
    }

    private static Optional<RegionEvent> blind(String region, String what, long ns, String why) {
        return Optional.of(new RegionEvent.Blind(
                region, "%s has got through for %d ms: %s".formatted(what, ns / 1_000_000, why)));
    }

    /** @param cause news of the network that led here; handed on as it is when it says just what the rule says */
    private void told(RegionEvent event, Optional<HeartbeatNews> cause, long now, Outbox<LivenessNews> out) {
        if (!regions.note(event)) {
            return;
        }
        switch (event) {
            case RegionEvent.Up(_, Incarnation who) -> {
                known.merge(who.node(), who, (a, b) -> a.life() >= b.life() ? a : b);
                heardAt.put(who.node(), now);
                judge(who.node(), cause, now, out);
            }
            case RegionEvent.Down(_, NodeId node, _, long silentNs) -> {
                heardAt.merge(node, now - silentNs, Math::max);
                judge(node, cause, now, out);
            }
            case RegionEvent.Blind _, RegionEvent.Sees _ -> all(now, out);
        }
    }

    private void all(long now, Outbox<LivenessNews> out) {
        for (NodeId node : new TreeSet<>(known.keySet())) {
            judge(node, Optional.empty(), now, out);
        }
    }

    private void judge(NodeId node, Optional<HeartbeatNews> cause, long now, Outbox<LivenessNews> out) {
        Optional<Incarnation> up = highestUp(node);
        Optional<Incarnation> before = Optional.ofNullable(heard.get(node));
        if (before.isPresent() && up.isPresent() && up.get().life() > before.get().life()) {
            lose(before.get(), cause, "a newer life %s is heard".formatted(up.get()), now, out);
        } else if (before.isPresent() && isLost(before.get())) {
            lose(before.get(), cause, why(node), now, out);
        }
        if (up.isPresent() && !heard.containsKey(node) && !isLost(up.get()) && isNewest(up.get())) {
            heard.put(node, up.get());
            out.announce(new Verdict(new PeerHeard(up.get())));
        }
        stand(node, up, out);
        call(node, out);
    }

    private void lose(Incarnation who, Optional<HeartbeatNews> cause, String reason, long now, Outbox<LivenessNews> out) {
        heard.remove(who.node());
        boolean same = cause.isPresent() && cause.get() instanceof PeerLost lost && lost.who().equals(who)
                && regions.methods().size() == 1;
        out.announce(new Verdict(same
                ? cause.get()
                : new PeerLost(who, reason, now - heardAt.get(who.node()))));
    }

    /** A life that was superseded does not come back because one method lags behind the others. */
    private boolean isNewest(Incarnation who) {
        return known.get(who.node()).equals(who);
    }

    private boolean isLost(Incarnation who) {
        int silent = 0;
        int speaking = 0;
        for (String method : regions.methods()) {
            switch (regions.ofMethod(method, who.node())) {
                case Together.Up(Incarnation up) -> {
                    speaking++;
                    silent += up.equals(who) ? 0 : 1;
                }
                case Together.Down _ -> {
                    speaking++;
                    silent++;
                }
                // In doubt nobody is lost: it speaks, and does not call it silent.
                case Together.Doubt _ -> speaking++;
                case Together.Nothing _ -> { /* it abstains */ }
            }
        }
        return rule.isLost(silent, speaking);
    }

    private Optional<Incarnation> highestUp(NodeId node) {
        Optional<Incarnation> highest = Optional.empty();
        for (String method : regions.methods()) {
            if (regions.ofMethod(method, node) instanceof Together.Up(Incarnation who)
                    && (highest.isEmpty() || highest.get().life() < who.life())) {
                highest = Optional.of(who);
            }
        }
        return highest;
    }

    private void stand(NodeId node, Optional<Incarnation> up, Outbox<LivenessNews> out) {
        Standing unheard = known.containsKey(node) ? Standing.LOST : Standing.UNKNOWN;
        Standing next = heard.containsKey(node) ? among(heard.get(node)) : unheard;
        if (standings.put(node, next) != next && regions.methods().size() > 1) {
            Optional<Incarnation> who = up.or(() -> Optional.ofNullable(known.get(node)));
            out.announce(new StandingChanged(node, who, next, why(node)));
        }
    }

    private Standing among(Incarnation who) {
        boolean onNetwork = false;
        boolean otherwise = false;
        boolean silentOtherwise = false;
        for (String method : regions.methods()) {
            Together shown = regions.ofMethod(method, who.node());
            boolean hears = shown instanceof Together.Up(Incarnation up) && up.equals(who);
            if (method.equals(NETWORK)) {
                onNetwork = hears;
            } else {
                otherwise |= hears;
                silentOtherwise |= shown instanceof Together.Down || shown instanceof Together.Up && !hears;
            }
        }
        if (!onNetwork) {
            return Standing.CUT_OFF;
        }
        return silentOtherwise && !otherwise ? Standing.NO_STORAGE : Standing.HEARD;
    }

    private void subscribe(List<Subscription> next) {
        List<SortedMap<NodeId, Incarnation>> kept = new ArrayList<>();
        for (Subscription each : next) {
            int before = subscriptions.indexOf(each);
            kept.add(before < 0 ? new TreeMap<>() : called.get(before));
        }
        subscriptions = next;
        called = kept;
    }

    private void call(NodeId node, Outbox<LivenessNews> out) {
        for (int i = 0; i < subscriptions.size(); i++) {
            String subscriber = subscriptions.get(i).subscriber();
            Together shown = switch (subscriptions.get(i).key()) {
                case Subscription.Key.OneRegion(String region) -> regions.ofRegion(region, node);
                case Subscription.Key.OneMethod(String method) -> regions.ofMethod(method, node);
                case Subscription.Key.AllRegions _ -> regions.ofAll(node);
            };
            SortedMap<NodeId, Incarnation> up = called.get(i);
            switch (shown) {
                case Together.Up(Incarnation who) when !who.equals(up.get(node)) -> {
                    if (up.put(node, who) != null) {
                        out.announce(new CalledDown(subscriber, node, "a newer life %s is up".formatted(who)));
                    }
                    out.announce(new CalledUp(subscriber, who));
                }
                case Together.Down(String reason) when up.remove(node) != null ->
                    out.announce(new CalledDown(subscriber, node, reason));
                case Together.Up _, Together.Down _ -> { /* told already */ }
                case Together.Doubt _, Together.Nothing _ -> { /* nothing new can be said */ }
            }
        }
    }
}
