# shellcheck shell=bash disable=SC2119,SC2153,SC2154
# pgdba is killed (-9) in the middle of each action on a real cluster: after the request has reached Patroni, before pgdba has heard
# of it (hold.py keeps the answers back). What was asked for takes its course; the next start says what was left without an end, who
# led then and who leads now, once; the audit log has all of it; and nothing is sent again.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24400 lab_up

held=$work/held
: >"$held"
fronts=()
for m in $LAB_MEMBERS; do
    url=LAB_PATRONI_$m
    fronts+=("$m=${!url}")
done
coproc HOLD { exec python3 "$here/hold.py" "$held" "${fronts[@]}"; }
hold_pid=$HOLD_PID
at_exit "kill $hold_pid"
mkdir -p "$XDG_CONFIG_HOME/pgdba/clusters"
urls='' members=''
while read -r -t 10 name url <&"${HOLD[0]}" && [[ $name != ready ]]; do
    urls+="${urls:+, }$url" members+="${members:+, }$name: $url"
done
cat >"$XDG_CONFIG_HOME/pgdba/clusters/held.yml" <<END
scope: $LAB_SCOPE
patroni:
  urls: [$urls]
  member_urls: {$members}
postgres:
  conninfo: "$(tr ' ' '\n' <<<"${LAB_PG_pg1:?}" | grep -vE '^(host|port)=' | tr '\n' ' ')"
END
chmod 600 "$XDG_CONFIG_HOME/pgdba/clusters/held.yml"

p() { "$pgdba" "$@" --cluster held; }
of() { local u=LAB_PATRONI_$1; patroni_get "${!u}/patroni" | json_get "$2"; } # MEMBER EXPRESSION
sql() { local c=LAB_PG_$1; psql -XAtc "$2" "${!c}"; }                          # MEMBER SQL
any_url() { local l; l=$(leader) && l=LAB_PATRONI_$l && echo "${!l}"; }
cluster() { patroni_get "$(any_url)/cluster" | json_get "$1"; }
timeline() { cluster 'next(m["timeline"] for m in d["members"] if m["role"] == "leader")'; }
setting() { patroni_get "$(any_url)/config" | json_get "$1"; }
sent() { grep -c '^sent' "$held"; }
answered() { grep -c '^answered' "$held"; }
more_than() { (($("$2") > $1)); }
all_answered() { (($(answered) == $(sent))); }
audit_last() { tail -1 "$audit" | json "$1"; }

# What is the same of all of them: remembered before, judged after.
was_sent=0 was_leader='' was_timeline=0
before() { was_sent=$(sent) was_leader=$(leader) was_timeline=$(timeline); }

# How the next start says that it ended, where the cluster shows it.
declare -A ends=(
    [pause]='that is what was asked for' [resume]='that is what was asked for' [config]='the configuration says so now'
    [reload]='the cluster does not show whether it was carried out' [restart]='has been started since' [reinit]='has been started since'
    ['scheduled switchover']='a switchover is scheduled for' ['cancel switchover']='no switchover is scheduled'
)
# A Patroni that has just found its PostgreSQL up says "running" a moment before it can say more.
all_up() {
    local url
    for url in $LAB_PATRONI_URLS; do
        patroni_get "$url/patroni" | json_get '"postmaster_start_time" in d' | grep -q True || return 1
    done
}
# A member answers from what it last heard of the DCS.
configured() {
    local url
    for url in $LAB_PATRONI_URLS; do
        patroni_get "$url/config" | json_get 'd["maximum_lag_on_failover"] == 2097152' | grep -q True || return 1
    done
}

# the_truth WORDS ACTION: pgdba has been killed, and what it had asked for is over.
the_truth() {
    local name=$1 action=$2 now tl said
    check "$name: an intent without an outcome is the last line of the audit log" audit_last "d['what'] == 'intent' and d['action'] == '$action'"
    check "$name: it takes its course" wait_until 60 all_answered
    check "$name: the cluster is whole" wait_until 60 whole
    check "$name: every PostgreSQL says since when it runs" wait_until 30 all_up
    [[ $action != config ]] || check "$name: every member has heard of it" wait_until 30 configured
    now=$(leader) tl=$(timeline)
    said="$was_leader led on timeline $was_timeline then; $now leads on timeline $tl now"
    expect "$name: the next start says what was left without an end ($said)" 0 \
        "$action of .* by .* was left without an end: $said" p reload --role any --dry-run
    check "$name: and so does the audit log" python3 - "$audit" "$action" "$said" <<'PY'
import json, sys
path, action, said = sys.argv[1:]
intent, outcome = [json.loads(line) for line in open(path, encoding="utf-8")][-2:]
print(intent["action"], outcome)
sys.exit(not (intent["what"] == "intent" and outcome["what"] == "outcome" and intent["id"] == outcome["id"]
              and intent["action"] == outcome["action"] == action and intent["leader"] == said.split()[0]
              and outcome["outcome"] == "not followed to its end" and said in outcome["observed"]))
PY
    [[ -z ${ends[$action]:-} ]] ||
        check "$name: and how it ended (${ends[$action]})" audit_last "'${ends[$action]}' in d['observed']"
    check "$name: said once" bash -c "! '$pgdba' reload --role any --dry-run --cluster held 2>&1 | grep 'left without'"
    check "$name: nothing was sent again" test "$(sent)" = $((was_sent + 1))
}

# crash ACTION WORDS...: from the shell
crash() {
    local action=$1 pid
    shift
    before
    "$pgdba" "$@" --yes --force-warnings --cluster held >"$work/crashed" 2>&1 </dev/null &
    pid=$!
    if ! wait_until 20 more_than "$was_sent" sent; then
        not_ok "$*: it is sent" "$(cat "$work/crashed")"
        kill "$pid"
        return 1
    fi
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    the_truth "$*" "$action"
}

# ---- what is over soon

crash pause pause
for m in $LAB_MEMBERS; do check "$m is paused" wait_until 15 test "$(of "$m" 'd.get("pause", False)')" = True; done
crash resume resume
for m in $LAB_MEMBERS; do check "$m is not paused" wait_until 15 test "$(of "$m" 'd.get("pause", False)')" = False; done
crash config config set maximum_lag_on_failover=2097152
check "the configuration has it" test "$(setting 'd["maximum_lag_on_failover"]')" = 2097152
crash reload reload "$(replica)"
r=$(replica)
crash 'scheduled switchover' switchover --candidate "$r" --at +2h
check "it is scheduled" test "$(cluster 'd["scheduled_switchover"]["to"]')" = "$r"
crash 'cancel switchover' cancel switchover
check "it is not scheduled any more" test "$(cluster '"scheduled_switchover" in d')" = False
crash 'scheduled restart' restart "$r" --at +2h
check "it is scheduled" test "$(of "$r" '"scheduled_restart" in d')" = True
crash 'cancel restart' cancel restart "$r"
check "it is not scheduled any more" test "$(of "$r" '"scheduled_restart" in d')" = False

# ---- what takes its time

started=$(of "$r" 'd["postmaster_start_time"]')
crash restart restart "$r"
check "$r was restarted" test "$(of "$r" 'd["postmaster_start_time"]')" != "$started"
l=$(leader)
for m in $LAB_MEMBERS; do declare "started_$m=$(of "$m" 'd["postmaster_start_time"]')"; done
crash 'rolling restart' restart --rolling --role any
restarted=0
for m in $LAB_MEMBERS; do
    s=started_$m
    [[ $(of "$m" 'd["postmaster_start_time"]') == "${!s}" ]] || restarted=$((restarted + 1))
done
check "one of them was restarted, and nobody went on" test "$restarted" = 1
s=started_$l
check "the leader was not" test "$(of "$l" 'd["postmaster_start_time"]')" = "${!s}"
system=$(of "$r" 'd["postmaster_start_time"]')
crash reinit reinit "$r"
check "$r was built anew" test "$(of "$r" 'd["postmaster_start_time"]')" != "$system"

# ---- in the console: the leader changes meanwhile

cat >"$work/until-sent" <<END
#!/bin/bash
# What it prints lets vtrun read on.
until (("\$(grep -c '^sent' $held)" > \$1)); do echo . && sleep 0.05; done
END
chmod 755 "$work/until-sent"

# crash_console ACTION CANDIDATE: y is asked for where the plan warns
crash_console() {
    local action=$1 to=$2 confirm=
    [[ $action == failover ]] && confirm=$'wait All the same\ntype y\nkey Enter'
    before
    screen "$action in the console: killed while it runs" <<END || return 1
timeout 40
spawn 40 120 $pgdba --cluster held
wait ✓ healthy
wait 3 of 3 members answer
type :config show
key Enter
until loop_wait
key Esc
absent loop_wait
type :$action --candidate $to
key Enter
wait Type the new leader
type $to
key Enter
$confirm
run timeout 20 $work/until-sent $was_sent
signal KILL
expect-exit 137
END
    check "$action in the console: it takes its course" wait_until 60 all_answered
    check "$action in the console: the cluster is whole" wait_until 60 whole
    check "$action in the console: $to leads" test "$(leader)" = "$to"
    check "$action in the console: the audit log has no end of it" audit_last "d['what'] == 'intent' and d['action'] == '$action'"
    screen "$action in the console: the next one says so, with who leads now" <<END
timeout 20
spawn 40 200 $pgdba --cluster held
wait $action of
wait was left without an end: $was_leader led on timeline $was_timeline then; $to leads on timeline $(timeline) now
type :pane events
key Enter
wait was left without an end
key q
expect-exit 0
END
    check "$action in the console: and the audit log" audit_last \
        "d['what'] == 'outcome' and d['action'] == '$action' and d['outcome'] == 'not followed to its end'"
    check "$action in the console: nothing was sent again" test "$(sent)" = $((was_sent + 1))
}
crash_console switchover "$(replica)"
crash_console failover "$(replica)"

# ---- SQL that writes

before
name="query --write"
sql "$was_leader" 'create table e2e_crash (i int)' >/dev/null
p query --role leader --write --yes "insert into e2e_crash select 1 from pg_sleep(4)" >"$work/crashed" 2>&1 </dev/null &
pid=$!
runs() { [[ $(sql "$was_leader" "select count(*) from pg_stat_activity where state = 'active' and query like 'insert into e2e_crash%'") == 1 ]]; }
check "$name: it runs" wait_until 20 runs
kill -9 "$(pgrep -P "$pid" || echo "$pid")"
wait "$pid" 2>/dev/null
check "$name: an intent without an outcome" audit_last "d['what'] == 'intent' and d['action'] == 'query'"
over() { ! runs; }
check "$name: it comes to its end" wait_until 20 over
check "$name: it was carried out all the same" test "$(sql "$was_leader" 'select count(*) from e2e_crash')" = 1
expect "$name: the next start says so" 0 "query of .* was left without an end: $was_leader led" p reload --role any --dry-run
check "$name: and the audit log" audit_last "d['what'] == 'outcome' and d['outcome'] == 'not followed to its end'"
check "$name: it was sent once" test "$(sql "$was_leader" 'select count(*) from e2e_crash')" = 1

echo "# end of crash"
