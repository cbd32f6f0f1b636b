#!/bin/bash
# Two nodes in namespaces of their own, with a voting disk; the cable of one is pulled on the switch's side (003-20 to 003-24, 003-36).
#   cut-with-a-disk.sh FOLDER n1|n2 COMMAND...      COMMAND runs muster; needs root
# Says what the two end as: "OUT <node>" for the one that takes itself out, "GOES ON <node>" for the one that recovers.
set -u
dir=$1 cut=$2
shift 2
tag=m$$
limit_s=60
declare -A pid
end() {
    for node in n1 n2; do [ -n "${pid[$node]:-}" ] && kill -9 "${pid[$node]}" 2>/dev/null; done
    for space in "$tag"s "$tag"n1 "$tag"n2; do ip netns del "$space" 2>/dev/null; done
}
trap end EXIT
status() { "${muster[@]}" status --dir "$dir/$1" 2>/dev/null; }
# A condition that has to come true in time.
await() {
    local until=$((SECONDS + limit_s))
    until "$@"; do [ "$SECONDS" -lt "$until" ] || { echo "never: $*"; status n1; status n2; exit 1; }; done
}
shows() { status "$1" | grep -q "$2"; }
muster=("$@")

for space in s n1 n2; do ip netns add "$tag$space"; done
ip -n "$tag"s link add br0 type bridge
ip -n "$tag"s link set br0 up
for node in n1 n2; do
    ip link add "$node" netns "$tag"s type veth peer name eth0 netns "$tag$node"
    ip -n "$tag"s link set "$node" master br0 up
    ip -n "$tag$node" addr add "10.36.0.${node#n}/24" dev eth0
    ip -n "$tag$node" link set eth0 up
    ip -n "$tag$node" link set lo up
done
"${muster[@]}" init --dir "$dir" --fence process,manual n1=10.36.0.1:7971 n2=10.36.0.2:7971 >/dev/null || exit 1
"${muster[@]}" disk format "$dir/q.img" --config "$dir/n1/muster.toml" --size 67108864 >/dev/null || exit 1
for node in n1 n2; do
    printf '\n[disk.q1]\npath = "%s/q.img"\nvoter = "d1"\n' "$dir" >> "$dir/$node/muster.toml"
    ip netns exec "$tag$node" "${muster[@]}" node --config "$dir/$node/muster.toml" > "$dir/$node.out" 2>&1 &
    pid[$node]=$!
done
await shows n1 "n1#1 n2#1"
"${muster[@]}" voter add d1 --dir "$dir/n1" >/dev/null
await shows n1 "d1=1"
for node in n1 n2; do "${muster[@]}" group join data --dir "$dir/$node" >/dev/null; done
await shows n1 "data .*RUNNING   n1#1 n2#1"
# The carrier counts as evidence once it has been there for a while (rule V3).
await bash -c "[ \$(( \$(date +%s) - $(date +%s) )) -ge 4 ]"

ip -n "$tag"s link set "$cut" down
other=n1
[ "$cut" = n1 ] && other=n2
await bash -c "! kill -0 ${pid[$cut]} 2>/dev/null"
echo "OUT $cut"
await shows "$other" "data .*RUNNING   $other#1\$"
shows "$other" "view .*safe: $other#1\$" && echo "GOES ON $other"
