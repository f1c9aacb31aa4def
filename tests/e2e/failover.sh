# shellcheck shell=bash disable=SC2119,SC2154
# Real faults on a real cluster, watched by `pgdba watch` and by a console: the phases, their order and their times, and what the
# screen calls the leader meanwhile. Every wait is for a condition, with a bound.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24600 lab_up
register_whole local-ha
. "$here/story.sh"

mend() {
    local n
    for n in etcd1 etcd2 etcd3 $LAB_MEMBERS pgbouncer haproxy; do
        "$lab" thaw --dir "$LAB_DIR" "$n" >/dev/null 2>&1
        "$lab" start --dir "$LAB_DIR" "$n" >/dev/null 2>&1
    done
    wait_until 60 whole || rebuild
    wait_until 60 whole || not_ok "whole again" "$("$lab" status --dir "$LAB_DIR")"
    wait_until 30 routed || not_ok "HAProxy routes to the leader again"
}
patch_config() { curl -sf --max-time 10 -X PATCH -d "$1" "$(any_url)/config" >/dev/null; }

# When PostgreSQL itself says that it took writes after the promotion, as seconds since 1970: by its own log.
promoted_at() { # MEMBER TIMELINE
    # "selected new timeline ID: 5" and then the first "database system is ready to accept connections" of that server
    python3 - "$LAB_DIR" "$1" "$2" <<'PY'
import calendar, re, sys, time
directory, member, timeline = sys.argv[1:]
selected = ready = None
for line in open(f"{directory}/{member}/log", encoding="utf-8", errors="replace"):
    m = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{3}) \S+ \[", line)
    if not m:
        continue
    at = calendar.timegm(time.strptime(m[1], "%Y-%m-%d %H:%M:%S")) + int(m[2]) / 1000
    if f"selected new timeline ID: {timeline}" in line:
        selected, ready = at, None
    if selected and not ready and "database system is ready to accept connections" in line:
        ready = at
print(ready if ready else "none")
PY
}

# ---- kill -9 of the leader, with a write probe through HAProxy, in a console and in `watch`

old=$(leader)
begin_watch
screen "the leader is killed: the console shows every phase and never calls it healthy" <<END
timeout 60
spawn 60 200 $pgdba --cluster local-ha
wait ✓ healthy
type :probe start --via haproxy --write
key Enter
wait pgdba_probe
type y
key Enter
wait done
key Esc
wait probe
run $lab kill --dir $LAB_DIR $old
absent ✓ healthy
never ✓ healthy
wait crash failover
wait-re waiting [0-9].* for: 
wait-re ✓ lock taken
wait-re ✓ writable
wait-re ✓ first write
dump
key q
expect-exit 0
END
until_story 60 "kill: a crash failover, all of whose phases come in order" \
    "in_order(fo('crash-failover'), 'last-sign', 'lock-gone', 'lock-taken', 'promoted', 'writable')"
until_story 30 "kill: HAProxy routes to the new leader" "phase(fo('crash-failover'), 'haproxy')"
until_story 40 "kill: the surviving replica streams from the new leader" "phase(fo('crash-failover'), 'replica')"
story "kill: the lock went by its lease, within ttl, not by a request" \
    "ev('lock-gone')[0]['subject'] == '$old' and not ev('requested') and 10 < at(fo('crash-failover'), 'lock-gone') < $LAB_TTL + 5"
story "kill: etcd's own order: gone, then taken, by revision" \
    "ev('lock-gone')[0]['revision'] < ev('lock-taken')[0]['revision'] == phase(fo('crash-failover'), 'lock-taken')['revision']"
new=$(leader)
tl=$(curl -s "$(any_url)/cluster" | json_get 'next(m["timeline"] for m in d["members"] if m["role"] == "leader")')
log_at=$(promoted_at "$new" "$tl")
story "kill: writable agrees with PostgreSQL's own log ($log_at) within 100 ms" \
    "abs(wall(fo('crash-failover'), 'writable') - float('$log_at')) < 0.1"
mend
until_story 60 "kill: it ends, named with both leaders" \
    "not fo('crash-failover')['open'] and fo('crash-failover')['from'] == '$old' and fo('crash-failover')['to'] == '$new'"

# ---- a switchover raises no critical verdict

begin_watch
old=$(leader) new=$(replica)
expect "switchover by the shell" 0 'done' "$pgdba" switchover --cluster local-ha --candidate "$new" --yes
until_story 30 "switchover: all phases in order" \
    "in_order(fo('switchover'), 'requested', 'lock-gone', 'lock-taken', 'promoted', 'writable')"
until_story 60 "switchover: it ends with everybody streaming" \
    "not fo('switchover')['open'] and len([p for p in fo('switchover')['phases'] if p['phase'] == 'replica' and p['state'] == 'done']) == 2"
story "switchover: from, to, one timeline more" \
    "(lambda f: (f['from'], f['to'], f['new_timeline'] - f['old_timeline']) == ('$old', '$new', 1))(fo('switchover'))"
story "switchover: no critical verdict" "not [e for e in ev('verdict') if e['now'] == 'critical']"
story "switchover: the leaderless gap is told in milliseconds" \
    "0 <= wall(fo('switchover'), 'lock-taken') - wall(fo('switchover'), 'lock-gone') < 2"
mend

# ---- manual failover while paused

begin_watch
patch_config '{"pause": true}'
until_story 20 "pause is told" "ev('paused')"
new=$(replica)
curl -s --max-time 60 -X POST -d "{\"candidate\": \"$new\"}" "$(any_url)/failover" >/dev/null &
until_story 60 "manual failover in pause: its kind, its new leader" "fo('manual-failover') and fo('manual-failover')['to'] == '$new'"
until_story 30 "manual failover in pause: promoted and writable" "in_order(fo('manual-failover'), 'lock-taken', 'promoted', 'writable')"
patch_config '{"pause": null}'
until_story 20 "resume is told" "ev('resumed')"
mend

# ---- PostgreSQL crashes, Patroni lives

begin_watch
old=$(leader)
"$lab" kill --dir "$LAB_DIR" "$old/postgres"
until_story 60 "PostgreSQL killed: local crash recovery, the lock stays" "fo('local-crash-recovery') and not ev('lock-gone')"
until_story 60 "PostgreSQL killed: the same member leads on" "not fo('local-crash-recovery')['open'] and fo('local-crash-recovery')['to'] == '$old'"
mend

# ---- the leader's Patroni hangs, its PostgreSQL lives on: the worst of a partition

begin_watch
old=$(leader)
screen "Patroni hangs: two members out of recovery are said, and both named" <<END
timeout 60
spawn 60 200 $pgdba --cluster local-ha
wait ✓ healthy
run $lab freeze --dir $LAB_DIR $old/patroni
wait crash failover
wait-re ✓ lock taken
wait-re split brain
wait critical
key q
expect-exit 0
END
until_story 10 "Patroni hangs: another takes the lock" "ev('lock-taken') and ev('lock-taken')[-1]['now'] != '$old'"
until_story 10 "Patroni hangs: that two are out of recovery is critical, and both are named" \
    "[e for e in ev('verdict') if e['now'] == 'critical' and 'out of recovery' in e['text'] and '$old' in e['text'] and ev('lock-taken')[-1]['now'] in e['text']]"
"$lab" thaw --dir "$LAB_DIR" "$old/patroni"
mend

# ---- the whole leader hangs

begin_watch
old=$(leader)
screen "a frozen leader, watched: its lease runs out, it is never called healthy" <<END
timeout 60
spawn 24 80 $pgdba --cluster local-ha
wait ✓ healthy
run $lab freeze --dir $LAB_DIR $old
absent ✓ healthy
never ✓ healthy
wait crash failover
wait-re ✓ writable
never
run $lab thaw --dir $LAB_DIR $old
key q
expect-exit 0
END
until_story 60 "frozen: a crash failover, all phases" "in_order(fo('crash-failover'), 'last-sign', 'lock-gone', 'lock-taken', 'promoted', 'writable')"
mend

# ---- one etcd node, then the quorum, with and without failsafe mode

begin_watch
"$lab" kill --dir "$LAB_DIR" etcd1
until_story 20 "one etcd node lost: told, no failover" "ev('dcs-endpoint-lost') and not F"
mend
until_story 30 "one etcd node lost: back" "ev('dcs-endpoint-back')"

patch_config '{"failsafe_mode": true}'
failsafe_is() { patroni_get "$(any_url)/config" | json "d.get('failsafe_mode', False) == $1"; }
has_failsafe_key() { PGPASSFILE=$LAB_PASSFILE curl -sf -X POST -d "{\"key\":\"$(printf '/service/%s/failsafe' "$LAB_SCOPE" | base64 -w0)\"}" "${LAB_ETCD_URLS%% *}/v3/kv/range" | grep -q '"kvs"'; }
check "failsafe mode is on" wait_until 30 has_failsafe_key
begin_watch
old=$(leader)
"$lab" freeze --dir "$LAB_DIR" etcd1
"$lab" freeze --dir "$LAB_DIR" etcd2
until_story 30 "quorum lost: told" "ev('dcs-lost')"
until_story 60 "quorum lost with failsafe: members run on failsafe" "ev('failsafe')"
"$lab" thaw --dir "$LAB_DIR" etcd1
"$lab" thaw --dir "$LAB_DIR" etcd2
until_story 60 "quorum back with failsafe: survived, the same leader" "fo('dcs-outage-failsafe') and not fo('dcs-outage-failsafe')['open']"
mend
check "the leader is who it was" test "$(leader)" = "$old"

patch_config '{"failsafe_mode": false}'
check "failsafe mode is off" wait_until 30 failsafe_is False
begin_watch
"$lab" freeze --dir "$LAB_DIR" etcd1
"$lab" freeze --dir "$LAB_DIR" etcd2
until_story 90 "quorum lost without failsafe: the primary demotes itself" "ev('postgres-recovery', now='in recovery')"
"$lab" thaw --dir "$LAB_DIR" etcd1
"$lab" thaw --dir "$LAB_DIR" etcd2
until_story 90 "quorum back without failsafe: told as what it was" "fo('dcs-outage-demotion') and not fo('dcs-outage-demotion')['open']"
mend

# ---- a replica is built anew: events, and no failover

begin_watch
r=$(replica)
expect "reinit by the shell" 0 'done' "$pgdba" reinit "$r" --cluster local-ha --yes
until_story 30 "reinit: the replica goes and streams again, no failover" "ev('member-state', subject='$r') and not F"
end_watch
expect "failovers: kept, and listed" 0 'crash failover' "$pgdba" failovers --cluster local-ha

echo "# end of failover"
