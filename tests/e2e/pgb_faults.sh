# shellcheck shell=bash disable=SC2119,SC2154
# PgBouncer's commands when it freezes after the plan, or dies while one runs: what was not heard is not sent, also when it thaws. And
# what of each is written down: who, which requests, which checks, how it ended; and what a policy refuses.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=27500 lab_up --members 1

dir=$XDG_CONFIG_HOME/pgdba/clusters
mkdir -p "$dir"
cat >"$dir/whole.yml" <<-END
	scope: $LAB_SCOPE
	patroni:
	  urls: [${LAB_PATRONI_URLS// /, }]
	haproxy:
	- {name: haproxy, url: $LAB_HAPROXY_STATS, socket: $LAB_HAPROXY_SOCKET}
	pgbouncer:
	- {name: b1, conninfo: "$LAB_PGBOUNCER_STATS", admin_conninfo: "user=admin passfile=$LAB_PASSFILE"}
END
chmod 600 "$dir/whole.yml"
cp "$dir/whole.yml" "$dir/local-ha.yml" # as they know it
. "$here/haproxies.sh"
audit=$XDG_STATE_HOME/pgdba/audit.jsonl

p() { "$pgdba" pgb "$@" --yes --force-warnings --cluster whole; }
admin() { timeout 20 psql -XAtc "$1" "$LAB_PGBOUNCER_ADMIN" 2>&1; }
field() { # TABLE COLUMN WHERE IS: of every such row
    timeout 20 psql -XAc "SHOW $1" "$LAB_PGBOUNCER_ADMIN" 2>/dev/null | IS=$4 awk -F'|' -v c="$2" -v k="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) { if ($i == c) a = i; if ($i == k) b = i }; next } a && b && $b == ENVIRON["IS"] { print $a }'
}
# What any of the commands would have changed: paused, disabled, the setting, and the client that stays.
picture() { echo "paused $(field DATABASES paused name app), disabled $(field DATABASES disabled name app), retry $(field CONFIG value key server_login_retry), client $(field CLIENTS connect_time database app | sort | head -1)"; }
serves() { [[ $(timeout 10 psql -XAtc 'SELECT 1' "$LAB_PGBOUNCER_APP" 2>&1) == 1 ]]; }
remembered() { [[ $(find "$XDG_STATE_HOME/pgdba/held" -name '*.json' 2>/dev/null | wc -l) == "$1" ]]; }
frozen() { "$lab" freeze --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1; }
thawed() { "$lab" thaw --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1; }

check "it serves" wait_until 20 serves
{ echo 'SELECT 1;'; sleep 300; } | psql -XAt "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 &
at_exit "kill $!"
client_there() { [[ -n $(field CLIENTS connect_time database app) ]]; }
check "a client stays" wait_until 10 client_there
before=$(picture)

# ---- frozen since the plan

screen "the console: a PgBouncer that freezes while the plan is read is told nothing" <<END
timeout 40
spawn 40 120 $pgdba --cluster whole
wait transaction
type :pgb kill app
key Enter
wait Type the database's name
run $lab freeze --dir $LAB_DIR pgbouncer >$work/freeze.log 2>&1
type app
key Enter
type y
key Enter
wait Nothing was sent
wait-re b1.*(has not answered|answered last|does not answer)
key Esc
key q
expect-exit 0
END
thawed
check "thawed: it has done nothing" wait_until 5 test "$(picture)" = "$before"
check "nothing is remembered" remembered 0
screen "the shell: the same" <<END
timeout 40
spawn 40 120 $pgdba pgb kill app --cluster whole
wait Type the database's name
run $lab freeze --dir $LAB_DIR pgbouncer >$work/freeze.log 2>&1
type app
key Enter
wait Go on all the same
type y
key Enter
wait-re b1.*(has not answered|answered last|does not answer)
expect-exit 4
END
thawed
check "thawed: it has done nothing then either" wait_until 5 test "$(picture)" = "$before"
check "both refusals are written down, with the reason" test "$(grep -c '"what":"refusal".*"action":"pgb kill".*"why":"[^"]*b1 ' "$audit")" = 2

# ---- frozen before: told to act all the same, each says that nothing was sent

verbs=('pause app' 'resume app' 'reload' 'reconnect app' 'disable app' 'enable app' 'set server_login_retry=14' 'kill app' 'shutdown')
cycle() { # WORD...: their names, as files can have them
    local IFS=-
    echo "${*//[^a-z]/-}"
}
frozen
pids=()
for v in "${verbs[@]}"; do
    # shellcheck disable=SC2086 # words
    p $v >"$work/frozen.$(cycle $v)" 2>&1 &
    pids+=($!)
done
for i in "${!verbs[@]}"; do
    wait "${pids[i]}"
    rc=$?
    # shellcheck disable=SC2086
    said=$(cat "$work/frozen.$(cycle ${verbs[i]})")
    if [[ $rc == 4 ]] && grep -qE 'nothing was sent|b1 (does not answer|answered last)' <<<"$said"; then
        ok "frozen: ${verbs[i]}: nothing is sent"
    else
        not_ok "frozen: ${verbs[i]}: nothing is sent" "exit code $rc" "$said"
    fi
done
thawed
check "thawed: none of them has done anything" wait_until 10 test "$(picture)" = "$before"
check "nothing is remembered" remembered 0

# ---- it dies while each runs: an end that is told in time, and is no yes unless it was seen

for v in "${verbs[@]}"; do
    [[ $v != 'kill app' ]] || continue # it would be paused, or not: by the moment
    lines=$(grep -c '"what":"outcome"' "$audit")
    # shellcheck disable=SC2086
    timeout 40 "$pgdba" pgb $v --yes --force-warnings --cluster whole >"$work/dies" 2>&1 &
    pid=$!
    intent() { [[ $(grep -c '"what":"intent"' "$audit") -gt $lines ]] || ! kill -0 "$pid"; }
    for ((n = 0; n < 200; n++)); do ! intent || break; sleep 0.02; done
    "$lab" kill --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
    wait "$pid"
    rc=$?
    if [[ $rc == [045] ]]; then ok "dies: $v: ends ($(tail -1 "$work/dies" | cut -c1-100))"; else not_ok "dies: $v" "exit code $rc" "$(cat "$work/dies")"; fi
    "$lab" start --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
    check "dies: $v: it serves again" wait_until 15 serves
done
p resume --left >/dev/null 2>&1
check "nothing is left" remembered 0

# ---- each, and what is written of it

{ echo 'SELECT 1;'; sleep 300; } | psql -XAt "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 &
at_exit "kill $!"
check "a client stays again" wait_until 10 client_there
: >"$audit"
for v in "${verbs[@]}"; do
    # shellcheck disable=SC2086
    expect "$v" 0 '^done' p $v
    if [[ $v == 'kill app' ]]; then expect "resume after it" 0 'resumed' p resume app; fi
done
cat >"$work/audit.py" <<'END'
import getpass, json, sys
want = [("pgb pause", 'PAUSE "app"'), ("pgb resume", 'RESUME "app"'), ("pgb reload", "RELOAD"), ("pgb reconnect", 'RECONNECT "app"'),
        ("pgb disable", 'DISABLE "app"'), ("pgb enable", 'ENABLE "app"'), ("pgb set", "SET server_login_retry = '14'"),
        ("pgb kill", 'KILL "app"'), ("pgb resume", 'RESUME "app"'), ("pgb shutdown", "SHUTDOWN")]
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) == 2 * len(want), [(line["what"], line["action"]) for line in lines]
for i, (action, sql) in enumerate(want):
    intent, outcome = lines[2 * i], lines[2 * i + 1]
    assert intent["what"] == "intent" and outcome["what"] == "outcome", (intent, outcome)
    assert intent["id"] == outcome["id"] and intent["id"] != lines[2 * i - 1]["id"], (intent, outcome)
    for line in intent, outcome:
        assert line["action"] == action and line["cluster"] == "whole" and line["user"] == getpass.getuser(), line
        assert line["command"].startswith(f"pgdba {action} --cluster whole") and line["command"].endswith("--on b1"), line
        assert len(line["requests"]) == 1 and sql in json.dumps(line["requests"][0]).replace('\\"', '"'), line
        assert "geheim" not in json.dumps(line) and "passfile" not in json.dumps(line), line
    names = {c["check"] for c in intent["checks"]}
    assert names, intent
    assert all(c["verdict"] in ("pass", "warn") and c["reason"] for c in intent["checks"]), intent
    assert outcome["outcome"] == "done" and "b1" in outcome["observed"], outcome
    assert outcome["phases"] and outcome["phases"][0]["state"] == "done", outcome
    assert outcome["duration_ms"] >= 0, outcome
END
check "each has its intent and its outcome: who, which request, which checks, how it ended" python3 "$work/audit.py" "$audit"
"$lab" start --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
check "it serves after all that" wait_until 15 serves

# ---- a policy that leaves none of it

printf 'policy: [{actions: [restart]}]\n' >"$XDG_CONFIG_HOME/pgdba/pgdba.yml"
chmod 600 "$XDG_CONFIG_HOME/pgdba/pgdba.yml"
: >"$audit"
before=$(picture)
# Of each server its name and what was done to it.
ha_servers() { ha "$LAB_HAPROXY_SOCKET" 'show servers state' | awk 'NF > 7 {print $2, $4, $7}'; }
ha_before=$(ha_servers)
check "HAProxy says what was done to its servers" grep -q "$LAB_MEMBERS" <<<"$ha_before"
n=0
for v in "${verbs[@]}"; do
    # shellcheck disable=SC2086
    expect "policy: pgb ${v%% *} is refused" 4 "policy does not leave pgb ${v%% *}" p $v
    n=$((n + 1))
done
member=${LAB_MEMBERS%% *}
for v in ready drain maint shutdown-sessions; do
    expect "policy: haproxy $v is refused" 4 "policy does not leave haproxy $v" "$pgdba" haproxy "$v" "$member" --backend ro --yes --force-warnings --cluster whole
    n=$((n + 1))
done
check "policy: each refusal is written down, with policy as its reason" test \
    "$(grep '"what":"refusal"' "$audit" | grep -cE '"check": ?"policy"')" = "$n"
check "policy: nothing else is written down" test "$(wc -l <"$audit")" = "$n"
check "policy: PgBouncer is as it was" test "$(picture)" = "$before"
check "policy: HAProxy too" test "$(ha_servers)" = "$ha_before"
echo "# end of pgb_faults"
