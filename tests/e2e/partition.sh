# shellcheck shell=bash disable=SC2119,SC2154
# A network that breaks between the leader and everybody else, us included: packets vanish, nobody is told, and what it does on its side
# cannot be known. Where a machine allows no network namespaces the lab says so; frozen processes (failover.sh) are what is left then.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
old=pg1
lab_may_be_apart() { # else $why_not
    local out
    out=$("$lab" up --dir "$work/try" --base-port "$("$repo/tests/free-ports" 24900 100 "$$")" --members 1 --apart pg1 2>&1)
    local rc=$?
    "$lab" down --dir "$work/try" >/dev/null 2>&1
    why_not=$(grep -oE 'a member cannot be apart on this machine.*|only root may give a member.*' <<<"$out")
    [[ $rc == 0 || -z $why_not ]] # anything else that is wrong is a failure, which lab_up will tell
}
if ! lab_may_be_apart; then
    echo "ok - a leader that is cut off # SKIP $why_not; see the frozen leader in failover.sh"
    echo "# end of partition"
    exit 0
fi
E2E_PORT=24900 lab_up --apart "$old"
register_whole local-ha
. "$here/story.sh"

lead() { # MEMBER: it leads, everybody streams, HAProxy has followed
    wait_until 60 whole
    [[ $(leader) == "$1" ]] || "$pgdba" switchover --cluster local-ha --candidate "$1" --yes >"$work/switchover" 2>&1
    wait_until 60 whole && wait_until 30 routed && [[ $(leader) == "$1" ]]
}
cut() { date +%s.%N >"$work/cut" && "$lab" cut --dir "$LAB_DIR" "$old"; }
join() { date +%s.%N >"$work/join" && "$lab" join --dir "$LAB_DIR" "$old"; }
at_exit join

# ---- cut off and back, in a console with a write probe and in `watch`

check "the member with a network of its own leads" lead "$old"
begin_watch
screen "cut off: every phase is shown, never healthy; what cannot be known is said; joined, it comes back" <<END
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
run date +%s.%N >$work/cut && $lab cut --dir $LAB_DIR $old
wait critical
absent ✓ healthy
never ✓ healthy
wait its lock goes any moment
wait crash failover
wait-re ✓ lock gone
wait-re ✓ lock taken
wait-re ✓ promoted
wait-re ✓ writable
wait-re ✓ haproxy routes
wait-re ✓ first write
wait $old: may still take writes
wait-re $old +not listed +[0-9]+[sm] primary .*timed out.* [0-9]+[sm] primary .*timed out
wait-re ▶ $old streams|✗ $old streams
run python3 $here/watch.py wait $lines 20 "phase(fo('crash-failover'), 'haproxy') and [e for e in ev('verdict') if 'may still take' in e['text']]"
dump
never
run date +%s.%N >$work/join && $lab join --dir $LAB_DIR $old
wait-re ✓ $old streams
wait ✓ healthy
key q
expect-exit 0
END
[[ -e $work/join ]] || join # the screen has failed before it came to that
cut_at=$(<"$work/cut") join_at=$(<"$work/join")
between="$cut_at < e['wall_us'] / 1e6 < $join_at"
until_story 30 "cut off: a crash failover, all of whose phases come in order" \
    "in_order(fo('crash-failover'), 'last-sign', 'lock-gone', 'lock-taken', 'promoted', 'writable')"
until_story 60 "joined: it ends, from the old leader to the new one" \
    "not fo('crash-failover')['open'] and fo('crash-failover')['from'] == '$old' and fo('crash-failover')['to'] not in ('', '$old')"
story "the last sign of the old leader is from about when it was cut off" \
    "$cut_at - 2 < wall(fo('crash-failover'), 'last-sign') < $cut_at + 2"
story "its lock went by its lease, within ttl, not by a request" \
    "ev('lock-gone')[0]['subject'] == '$old' and not ev('requested') and 10 < at(fo('crash-failover'), 'lock-gone') < $LAB_TTL + 5"
story "etcd's own order: gone, then taken, by revision" \
    "ev('lock-gone')[0]['revision'] < ev('lock-taken')[0]['revision'] == phase(fo('crash-failover'), 'lock-taken')['revision']"
story "HAProxy routes to the new leader, before the old one is back" \
    "wall(fo('crash-failover'), 'haproxy') < $join_at and fo('crash-failover')['to'] in phase(fo('crash-failover'), 'haproxy')['note']"
story "both of its voices are told to be silent, by time, not refused" \
    "ev('api-silent', subject='$old', now='timed out') and ev('postgres-silent', subject='$old', now='timed out')"
story "while it is cut off nothing is told of it as if it had been heard: no role, no recovery, no timeline" \
    "not [e for e in E if $between and e['subject'] == '$old' and e['kind'] in ('member-role', 'member-timeline', 'postgres-recovery', 'postgres-timeline', 'postgres-back', 'api-back')]"
story "while it is cut off the cluster is never called healthy" \
    "not [e for e in ev('verdict') if $between and e['now'] == 'healthy'] and [e for e in ev('verdict') if $between and e['now'] == 'critical']"
story "that it may still take writes is a verdict" \
    "[e for e in ev('verdict') if $between and '$old: may still take writes' in e['text']]"
until_story 60 "joined: that it has demoted itself is told by both of its voices" \
    "[e for e in ev('member-role', subject='$old', old='primary', now='replica') + ev('postgres-recovery', subject='$old', now='in recovery') if e['wall_us'] / 1e6 > $join_at][1:]"
story "joined: it follows the new leader" "(wall(fo('crash-failover'), 'replica', '$old') or 0) > $join_at"

# ---- the same as an application sees it

check "the member with a network of its own leads again" lead "$old"
report=$work/report.json
"$pgdba" probe start --cluster local-ha --via haproxy --write --every 50ms --for 55s --yes --format json >"$report" 2>"$work/probe.err" &
probe_pid=$!
at_exit "kill $probe_pid"
writes() { [[ $(PGPASSFILE=$LAB_PASSFILE psql -XAtc "select count(*) > 20 from pgdba_probe.heartbeat where sent_at > now() - interval '5 s'" "$LAB_HAPROXY_RW" 2>/dev/null) == t ]]; }
check "the probe writes" wait_until 20 writes
cut
taken() { local l && l=$(leader) && [[ $l != "$old" ]] && routed; }
check "another leads, and is routed to" wait_until 60 taken
wait "$probe_pid"
check "the probe's report came to its end" test $? = 0
check "clients were cut off for as long as the lease took, and that is said" \
    json "d['probe']['failed'] > 0 and 10000 < d['probe']['longest_outage_ms'] < ($LAB_TTL + 20) * 1000" <"$report"
check "lost and ghost rows are counted" json "d['probe']['answered'] > 100 and d['probe']['lost_rows'] >= 0 and d['probe']['ghost_rows'] >= 0" <"$report"
join
check "whole again" wait_until 60 whole
echo "# end of partition"
