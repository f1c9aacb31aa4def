# shellcheck shell=bash disable=SC2119,SC2154
# Frozen and dead parts: every key answers at once, and the screen says what is stale.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24400 lab_up
"$pgdba" cluster connect --name local-ha --patroni-url "$LAB_PATRONI_pg1" --patroni-url "$LAB_PATRONI_pg2" \
    --patroni-url "$LAB_PATRONI_pg3" --pgbouncer "$LAB_PGBOUNCER_STATS" >/dev/null
node() { printf '%s --dir %s' "$lab $1" "$LAB_DIR"; }

# keys NAME: the screen's latencies, all of them under a generous bound (the benchmark has the real one)
keys() {
    local worst
    worst=$(awk '/^latency/ { if ($2 > w) w = $2 } END { print w + 0 }' <<<"$screen_out")
    if awk -v w="$worst" 'BEGIN { exit !(w > 0 && w < 500) }'; then ok "$1: every key at once (worst $worst ms)"; else
        not_ok "$1: every key at once" "worst $worst ms" "$screen_out"; fi
}
answering='key 2
latency RECEIVE
key 1
latency ROLE
key :
latency Enter
type interval
latency :interval
key Esc
key ?
latency type a command
key Esc
latency MEMBER'

# What one test left frozen when it failed must not fail the next.
mend() {
    local n
    for n in etcd1 etcd2 etcd3 $LAB_MEMBERS pgbouncer haproxy; do
        "$lab" thaw --dir "$LAB_DIR" "$n" >/dev/null 2>&1
        "$lab" start --dir "$LAB_DIR" "$n" >/dev/null 2>&1
    done
    wait_until 60 whole || rebuild
    check "whole again" wait_until 60 whole
}

m=$(replica)
screen "a frozen replica: said, and since when" <<END
timeout 30
spawn 24 80 $pgdba
wait ✓ healthy
run $(node freeze) $m
wait degraded
wait-re $m .*timed out
$answering
run $(node thaw) $m
timeout 60
wait ✓ healthy
key q
expect-exit 0
END
keys "a frozen replica"
mend

l=$(leader)
screen "a frozen leader is never called healthy; its successor is shown" <<END
timeout 60
spawn 24 80 $pgdba
wait ✓ healthy
run $(node freeze) $l
absent healthy
never ✓ healthy
$answering
wait-re (pg[123]) +. leader
never
run $(node thaw) $l
wait ✓ healthy
key q
expect-exit 0
END
keys "a frozen leader"
mend

# Frozen, it would keep the request in its socket, and carry it out when it thaws.
l=$(leader) m=$(replica)
screen "the leader froze since the plan was shown: nothing goes out" <<END
timeout 40
spawn 24 80 $pgdba
wait ✓ healthy
type :switchover --candidate $m
key Enter
wait Type the new leader
type $m
run $(node freeze) $l
key Enter
wait Nothing was sent
key Esc
run $(node thaw) $l
wait ✓ healthy
key q
expect-exit 0
END
check "it leads on" test "$(leader)" = "$l"
mend

for e in etcd1 etcd2 etcd3; do
    screen "frozen $e: keys go on" <<END
timeout 40
spawn 24 80 $pgdba
wait ✓ healthy
run $(node freeze) $e
watch 3
$answering
run $(node thaw) $e
wait ✓ healthy
key q
expect-exit 0
END
    keys "frozen $e"
    mend
done

screen "etcd's quorum lost: not healthy, and said" <<END
timeout 60
spawn 24 100 $pgdba
wait ✓ healthy
run $(node freeze) etcd1
run $(node freeze) etcd2
absent healthy
never ✓ healthy
$answering
never
run $(node thaw) etcd1
run $(node thaw) etcd2
wait ✓ healthy
key q
expect-exit 0
END
keys "etcd's quorum lost"
mend

screen "PgBouncer frozen, then gone: its last picture stays, with its age" <<END
timeout 30
spawn 24 100 $pgdba
wait ✓ healthy
key 3
wait SERVERS
run $(node freeze) pgbouncer
wait degraded
wait timed out
wait app
run $(node thaw) pgbouncer
wait ✓ healthy
run $(node kill) pgbouncer
wait refused
wait app
run $(node start) pgbouncer
timeout 60
wait ✓ healthy
key q
expect-exit 0
END

l=$(leader)
screen "a killed leader: gone, remembered, replaced" <<END
timeout 60
spawn 24 100 $pgdba
wait ✓ healthy
run $(node kill) $l
wait critical
wait-re $l.*(last seen|gone)
wait-re ✓ lock taken
type 1
wait-re pg[123] +. leader
run $(node start) $l
wait ✓ healthy
key q
expect-exit 0
END
mend

# Somebody else switches over while a plan is shown: refused at Enter, and said.
l=$(leader)
m=$(replica)
url=LAB_PATRONI_$l
screen "the leader moved while the plan was shown: refused at Enter" <<END
timeout 60
spawn 24 100 $pgdba
wait ✓ healthy
key :
type restart $m
key Enter
wait [y/N]
run curl -s -m 40 -X POST -d '{"leader":"$l","candidate":"$m"}' ${!url}/switchover
watch 2
key y
key Enter
wait the plan was made with
key Esc
wait-re $m +. leader
key q
expect-exit 0
END
mend
echo "# end of faults"
