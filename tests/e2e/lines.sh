# shellcheck shell=bash disable=SC2119,SC2154
# What goes on and what is kept, from the shell on a real cluster: truth, dcs, watch, record, replay, probe, events, failovers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24800 lab_up
p() { "$pgdba" "$@" --cluster local-ha; }
sql() { PGPASSFILE=$LAB_PASSFILE psql -XAtqc "$1" "$LAB_HAPROXY_RW" 2>/dev/null; }

# ---- a whole cluster, registered by words alone
etcd=()
for url in $LAB_ETCD_URLS; do etcd+=(--etcd "$url"); done
expect "connect takes all of it, and says what it reached" 0 'etcd http.* answered, watched' \
    "$pgdba" cluster connect --name local-ha --patroni-url "$LAB_PATRONI_pg1" --patroni-url "$LAB_PATRONI_pg2" \
    --patroni-url "$LAB_PATRONI_pg3" --pgbouncer "$LAB_PGBOUNCER_STATS" "${etcd[@]}" --haproxy "$LAB_HAPROXY_STATS" \
    --haproxy-write-backend rw --pg-conninfo "$LAB_PG_MONITOR" --route "haproxy=$LAB_HAPROXY_RW" \
    --route "pgbouncer=$LAB_PGBOUNCER_APP" --environment test
expect "a password in a route is refused and not repeated" 64 'does not belong on the command line' \
    "$pgdba" cluster connect --name x --patroni-url "$LAB_PATRONI_pg1" --route 'a=host=h password=geheim'

# ---- reads
old=$(leader)
expect "truth: the leader by every system's word" 0 "^$old +lock.*primary.*primary.*rw UP" p truth
out=$(p truth --format json)
check "the same as JSON" json \
    "[[m[k]['word'] for k in ('lock', 'rest', 'postgresql', 'haproxy')] for m in d['members'] if m['name'] == '$old'] == [['leader'] * 4]" \
    <<<"$out"
check "nobody contradicts" json "not any(m[k]['contradicts'] for m in d['members'] for k in ('lock', 'rest', 'postgresql', 'haproxy', 'pgbouncer'))" \
    <<<"$out"
expect "dcs: who holds the lock, and for how long" 0 "^$old holds the leader lock, lease left: [0-9]" p dcs
check "the same as JSON" json \
    "d['watched'] and d['keys']['leader'] == '$old' and d['keys']['lease_left_ms'] > 0 and [e['health'] for e in d['endpoints']] == ['healthy'] * 3" \
    <<<"$(p dcs --format json)"

# ---- the probe
check "a read probe through PgBouncer reaches a primary" json \
    "d['probe']['answered'] >= 5 and d['probe']['failed'] == 0 and not d['probe']['in_recovery']" \
    <<<"$(p probe start --via pgbouncer --for 2s --format json 2>/dev/null)"
expect "a route that is not there is refused, and says which are" 64 'haproxy, pgbouncer' p probe start --via vip --for 1s
expect "a dry run of the write probe shows its SQL" 0 'CREATE SCHEMA IF NOT EXISTS pgdba_probe' p probe start --via haproxy --write --dry-run
check "and creates nothing" test -z "$(sql "select to_regnamespace('pgdba_probe')")"
expect "without a terminal and --yes it is refused" 4 'give --yes' p probe start --via haproxy --write
expect "read-only refuses it" 4 'read-only' p probe start --via haproxy --write --yes --read-only
check "and still there is nothing" test -z "$(sql "select to_regnamespace('pgdba_probe')")"

# ---- a switchover, watched, recorded and probed at once
lines=$work/watch.jsonl text=$work/watch.txt
"$pgdba" watch --cluster local-ha --format json >"$lines" 2>&1 &
watch=$!
"$pgdba" watch --cluster local-ha --for 10m >"$text" 2>&1 &
reader=$!
"$pgdba" record --cluster local-ha "$work/night.jsonl" >"$work/record.txt" 2>&1 &
record=$!
"$pgdba" probe start --cluster local-ha --via haproxy --write --yes --format json >"$work/probe.json" 2>"$work/probe.err" &
probe=$!
at_exit "kill $watch $reader $record $probe"
check "the watch begins with the cluster" wait_until 20 grep -q '^{"type":"cluster".*"etcd":"watched"' "$lines"
check "the probe writes" wait_until 20 sql 'select 1 from pgdba_probe.heartbeat limit 1'
wait_until 20 test -s "$work/night.jsonl"
new=$(replica)
expect "switchover $old -> $new" 0 '^done: ' p switchover --candidate "$new" --yes
told() { python3 "$here/watch.py" wait "$lines" 30 "$1"; }
check "who took the lock is told with etcd's revision" told "any(e['subject'] == '$new' and e.get('revision') for e in ev('lock-taken'))"
check "the failover is told as a switchover" told "fo('switchover') is not None"
check "and in words" wait_until 20 grep -qE "^[0-9-]+ [0-9:]+\.[0-9]{3} $new took the leader lock \(etcd, revision [0-9]+\)" "$text"
wait_until 30 whole
PGPASSFILE=$LAB_PASSFILE psql "$LAB_PGBOUNCER_APP" -qAtc 'select 1' >/dev/null 2>&1 # so that PgBouncer has a server that points somewhere
check "and to its end" python3 "$here/watch.py" wait "$lines" 90 "not fo('switchover')['open']"

ended() { # NAME PID: by an interrupt, and well
    kill -INT "$2"
    wait "$2"
    check "$1 ends well by an interrupt" test $? = 0
}
ended "the watch" "$watch"
ended "the one with --for" "$reader"
ended "the recording" "$record"
ended "the probe" "$probe"
check "every line of the watch is an object with a type" python3 -c "
import json, sys
assert all(json.loads(l)['type'] in ('cluster', 'event', 'failover') for l in open(sys.argv[1]))" "$lines"
check "the probe saw the outage, and no row is lost that was acknowledged" json \
    "d['operation']['state'] == 'done' and d['probe']['outages'] and d['probe']['longest_outage_ms'] > 100 and d['probe']['lost_rows'] == 0" \
    <"$work/probe.json"
expect "the schema is dropped by plan" 0 '^done: ' p probe drop --via haproxy --yes
check "and is gone" test -z "$(sql "select to_regnamespace('pgdba_probe')")"

# ---- the other end of the pipe
# shellcheck disable=SC2016
check "a reader that has seen enough ends it" timeout 10 bash -c '"$1" watch --cluster local-ha | head -1 | grep -q leads' sh "$pgdba"
expect "a full disk is an error" 5 'cannot write' bash -c "'$pgdba' watch --cluster local-ha --for 5s >/dev/full"

# ---- what is kept
expect "events of before are there" 0 "$new took the leader lock" p events
check "as JSON, the newest only" json "len(d['events']) == 3" <<<"$(p events --limit 3 --format json)"
expect "the switchover is kept" 0 "switchover +$old +$new" p failovers
n=$(p failovers --format json | json_get "max(f['number'] for f in d['failovers'])")
expect "and has its phases" 0 '^lock taken +done .*etcd, revision' p failovers "$n"
expect "one that is not there" 64 'no failover 4711' p failovers 4711

# ---- the recording
check "it has a header and no secret" python3 - "$work/night.jsonl" "$LAB_PASSFILE" <<'PY'
import json, sys
text = open(sys.argv[1]).read()
head = json.loads(text.splitlines()[0])
assert head["pgdba-recording"] == 1 and head["cluster"] == "local-ha", head
for line in open(sys.argv[2]):
    secret = line.rstrip("\n").rsplit(":", 1)[1]
    assert len(secret) < 4 or secret not in text, "a password of the lab is in it"
PY
expect "a second one to the same file is refused" 4 'night\.jsonl' p record "$work/night.jsonl" --for 1s
expect "replay needs a terminal" 64 'needs a terminal' "$pgdba" replay "$work/night.jsonl"
screen "a demo that is not installed says so" <<END
spawn 24 80 env PGDBA_RECORDINGS=$work/none $pgdba demo
wait not installed
expect-exit 64
END
screen "the recording plays in the console, from where it is told" <<END
timeout 30
spawn 24 100 $pgdba replay $work/night.jsonl --speed 10x
wait RECORDING
wait $old
type :replay seek +10m
key Enter
wait ★ $new
key q
expect-exit 0
END
echo "# end of lines"
