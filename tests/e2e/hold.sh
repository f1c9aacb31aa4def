# shellcheck shell=bash disable=SC2119,SC2154
# A switchover while PgBouncer holds the clients: 50 of them write and see no error; what speaks against it is refused with nothing
# changed; killed in the middle, the next start mends it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=26700 lab_up
dir=$XDG_CONFIG_HOME/pgdba/clusters
mkdir -p "$dir"
cat >"$dir/held.yml" <<END
scope: $LAB_SCOPE
patroni:
  urls: [${LAB_PATRONI_URLS// /, }]
etcd:
  urls: [${LAB_ETCD_URLS// /, }]
haproxy:
- {name: haproxy, url: $LAB_HAPROXY_STATS}
pgbouncer:
- {name: b1, conninfo: "$LAB_PGBOUNCER_STATS", admin_conninfo: "user=admin passfile=$LAB_PASSFILE"}
postgres:
  conninfo: "$(tr ' ' '\n' <<<"${LAB_PG_pg1:?}" | grep -vE '^(host|port)=' | tr '\n' ' ')"
END
chmod 600 "$dir/held.yml"
admin() { psql -XAtc "$1" "$LAB_PGBOUNCER_ADMIN" 2>&1; }
app() { psql -XAtc "$1" "$LAB_PGBOUNCER_APP" 2>&1; }
paused() { [[ $(admin 'SHOW DATABASES' | awk -F'|' '$1 == "app" {print $12}') == 1 ]]; }
resumed() { ! paused; }
retry() { admin 'SHOW CONFIG' | awk -F'|' '$1 == "server_login_retry" {print $2}'; }
remembered() { find "$XDG_STATE_HOME/pgdba/held" -name '*.json' 2>/dev/null | wc -l; }
replica() { # one that does not lead
    local m l
    l=$(leader) || return 1
    for m in $LAB_MEMBERS; do [[ $m == "$l" ]] || { echo "$m"; return; }; done
}
hold() { # OPTION...
    local to
    to=$(replica)
    "$pgdba" switchover --hold --database app --candidate "$to" --yes --force-warnings --cluster held "$@"
}
held_by() { # LOG: in the background; $pid
    local to
    to=$(replica)
    "$pgdba" switchover --hold --database app --candidate "$to" --yes --force-warnings --cluster held >"$1" 2>&1 &
    pid=$!
}
busy() { [[ $(admin 'SHOW POOLS' | awk -F'|' '$1 == "app" {n += $7} END {print n + 0}') -ge 1 ]]; }

check "the cluster is whole" wait_until 60 whole
app 'CREATE TABLE held_rows (client int, n int)' >/dev/null
echo 'INSERT INTO held_rows VALUES (:client_id, 1)' >"$work/write.sql"

# ---- what speaks against it
was=$(leader)
expect "refused: a transaction that does not end" 5 'nothing was switched over: b1: not done within 500 ms' bash -c "
    psql -Xqc 'SELECT pg_sleep(6)' '$LAB_PGBOUNCER_APP' >/dev/null 2>&1 & sleep 1
    '$pgdba' switchover --hold --within 500ms --candidate $(replica) --yes --force-warnings --cluster held; rc=\$?; wait; exit \$rc"
admin 'SET query_wait_timeout = 5' >/dev/null
expect "refused: clients would be disconnected before its end" 4 'query_wait_timeout is 5' hold
admin 'SET query_wait_timeout = 120' >/dev/null
admin 'PAUSE app' >/dev/null
expect "refused: somebody else has paused it" 4 'paused .*already' hold
admin 'RESUME app' >/dev/null
admin 'SET pool_mode = session' >/dev/null
expect "refused: pooling by session" 4 'by session' hold
admin 'SET pool_mode = transaction' >/dev/null
"$lab" freeze --dir "$LAB_DIR" pgbouncer >/dev/null
expect "refused: PgBouncer does not answer" 4 'b1 (does not answer|answered last)' hold
"$lab" thaw --dir "$LAB_DIR" pgbouncer >/dev/null
expect "--hold needs somebody to watch" 64 'exclude each other' "$pgdba" switchover --hold --at +2h --cluster held
check "none of it has moved the lead" test "$(leader)" = "$was"
check "nor left anything paused" resumed
check "nor another server_login_retry" test "$(retry)" = 15
check "nor anything to be remembered" test "$(remembered)" = 0

# ---- a second bouncer: everywhere or nowhere
second=$work/second
mkdir -p "$second"
second_port=$("$repo/tests/free-ports" 26900 1)
leader_port=$(eval "echo \$LAB_PG_$(leader)" | grep -o 'port=[0-9]*' | cut -d= -f2)
sed -e "s/^app = .*/app = host=127.0.0.1 port=$leader_port dbname=app/" -e "s/^listen_port = .*/listen_port = $second_port/" \
    "$LAB_DIR/pgbouncer/pgbouncer.ini" >"$second/pgbouncer.ini"
as=()
if [[ $(id -u) == 0 ]]; then # PgBouncer refuses root
    chmod 755 "$second"
    as=(setpriv --reuid="$(stat -c %U "$LAB_DIR/pgbouncer")" --regid="$(stat -c %G "$LAB_DIR/pgbouncer")" --clear-groups)
fi
"${as[@]}" pgbouncer "$second/pgbouncer.ini" </dev/null >"$work/second.log" 2>&1 &
second_pid=$!
at_exit "kill $second_pid"
lab_port=$(grep -o 'port=[0-9]*' <<<"$LAB_PGBOUNCER_ADMIN")
on_second() { echo "${1/$lab_port/port=$second_port}"; }
second_paused() { [[ $(psql -XAtc 'SHOW DATABASES' "$(on_second "$LAB_PGBOUNCER_ADMIN")" | awk -F'|' '$1 == "app" {print $12}') == 1 ]]; }
second_serves() { [[ $(psql -XAtc 'SELECT 1' "$(on_second "$LAB_PGBOUNCER_APP")") == 1 ]]; }
check "a second PgBouncer serves" wait_until 10 second_serves
sed "s|^- {name: b1.*|&\n- {name: b2, conninfo: \"$(on_second "$LAB_PGBOUNCER_STATS")\", admin_conninfo: \"user=admin passfile=$LAB_PASSFILE\"}|" \
    "$dir/held.yml" >"$dir/two.yml"
chmod 600 "$dir/two.yml"
expect "one that is wired to the leader itself is warned of" 4 "app of b2 is wired to $was: clients wait until its file names" \
    "$pgdba" switchover --hold --database app --candidate "$(replica)" --yes --cluster two
psql -Xqc 'SELECT pg_sleep(5)' "$(on_second "$LAB_PGBOUNCER_APP")" >/dev/null 2>&1 &
sleeper=$!
second_busy() { [[ $(psql -XAtc 'SHOW POOLS' "$(on_second "$LAB_PGBOUNCER_ADMIN")" | awk -F'|' '$1 == "app" {n += $7} END {print n + 0}') -ge 1 ]]; }
check "b2 is in a transaction" wait_until 5 second_busy
expect "one of two that does not drain: nothing is switched over" 5 'nothing was switched over: b1: .*b2: not done within 500 ms' \
    "$pgdba" switchover --hold --database app --within 500ms --candidate "$(replica)" --yes --force-warnings --cluster two
check "neither stays paused" bash -c "! [[ $(paused && echo 1; second_paused && echo 1) ]]"
check "the lead has not moved" test "$(leader)" = "$was"
check "and nothing is to be remembered" test "$(remembered)" = 0
wait "$sleeper"
kill "$second_pid"

# ---- 50 clients that write
serves() { [[ $(app 'SELECT 1') == 1 ]]; }
check "it serves" wait_until 20 serves
of_log() { # MEMBER WORDS: when its log said so last, in seconds of today
    grep -aE "$2" "$LAB_DIR/$1/log" | tail -1 | sed 's/,/./' | awk '{split($2, t, ":"); printf "%.3f", t[1] * 3600 + t[2] * 60 + t[3]}'
}
figures() { # OLD NEW LOG...: the longest wait, and what it was waited for
    local old=$1 new=$2
    shift 2
    cat "$@" | sort -n -k3,3 | tail -1 | awk -v "stop=$(of_log "$old" 'received fast shutdown')" -v "down=$(of_log "$old" 'database system is shut down')" \
        -v "lock=$(of_log "$new" 'after acquiring leader')" -v "ready=$(of_log "$new" 'ready to accept connections')" '{
            served = ($5 % 86400) + $6 / 1000000; paused = served - $3 / 1000000
            printf "# ms from the pause: shutdown begun %d, PostgreSQL down %d, lock taken %d, writable %d, served %d\n",
                1000 * (stop - paused), 1000 * (down - paused), 1000 * (lock - paused), 1000 * (ready - paused), $3 / 1000}'
}
hand_over() { # NAME OPTION...: 50 clients write meanwhile; $worst
    local name=$1 old to rc bench lines rows
    shift
    rm -f "$work"/wait*
    rows=$(app 'SELECT count(*) FROM held_rows')
    (cd "$work" && pgbench -n -c 50 -j 1 -T 25 -f "$work/write.sql" -l --log-prefix="$work/wait" "$LAB_PGBOUNCER_APP" >"$work/pgbench.log" 2>&1) &
    bench=$!
    check "$name: they write" wait_until 15 busy
    old=$(leader) to=$(replica)
    hold "$@" >"$work/hold.log" 2>&1
    rc=$?
    if [[ $rc == 0 ]] && grep -q "$to leads on timeline .* clients were held for .* nobody waits" "$work/hold.log"; then
        ok "$name: switched over while clients were held"
    else
        not_ok "$name: switched over while clients were held" "exit code $rc" "$(cat "$work/hold.log")"
    fi
    wait "$bench"
    rc=$?
    worst=$(cat "$work"/wait* | sort -n -k3,3 | tail -1 | awk '{printf "%d", $3 / 1000}')
    lines=$(cat "$work"/wait* | wc -l)
    echo "# $name: $(grep -o 'clients were held for [0-9.]* m\?s' "$work/hold.log"); the longest of $lines transactions took $worst ms"
    figures "$old" "$to" "$work"/wait*
    check "$name: no client saw an error" bash -c "[[ $rc == 0 ]] && ! grep -qiE 'error|aborted|fatal' '$work/pgbench.log' || { cat '$work/pgbench.log'; false; }"
    check "$name: every transaction is there" test "$(app 'SELECT count(*) FROM held_rows')" = "$((rows + lines))"
    check "$name: they were there when they were held" test "$worst" -ge 300
    check "$name: its phases are told in the order in which they came" bash -c "awk '/^  +[0-9.]+ m?s  / {t = \$1 * (\$2 == \"s\" ? 1000 : 1); if (t < last - 99) exit 1; last = t}' '$work/hold.log' || { cat '$work/hold.log'; false; }"
    check "$name: it is resumed" resumed
    check "$name: server_login_retry is what it was" test "$(retry)" = 15
    check "$name: nothing is left to be remembered" test "$(remembered)" = 0
    check "$name: the new leader takes writes through PgBouncer" test "$(app 'INSERT INTO held_rows VALUES (0, 0) RETURNING pg_is_in_recovery()' | head -1)" = f
    check "$name: the cluster is whole again" wait_until 60 whole
}
: >"$audit"
# How long it took is for the benchmark to judge, beside a peer in the same run; here it is that it can be done without an error.
hand_over "held"
cat >"$work/audit.py" <<'END'
import json, sys
ADMIN = sys.argv[2]
lines = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
assert [l["what"] for l in lines] == ["intent", "outcome"] * (len(lines) // 2) and lines, [l["what"] for l in lines]
for before, after in zip(lines[::2], lines[1::2]):
    old, new = before["leader"], after["observed"].split()[0]
    assert before["action"] == "switchover --hold" and before["cluster"] == "held" and before["user"], before
    for key in "id", "user", "uid", "pid", "host", "cluster", "environment", "action", "command", "requests", "leader", "timeline":
        assert before[key] == after[key], (key, before[key], after[key])
    assert before["command"].startswith(f"pgdba switchover --hold --cluster held --leader {old} --candidate {new} --database app --on b1"), before["command"]
    asked = [(r["member"], r["method"], r["url"].split("/")[-1] if r["method"] == "POST" else r["url"].split("/")[0], r["body"]) for r in before["requests"]]
    assert asked[1:3] + asked[4:] == [("b1", "PgBouncer", ADMIN, "SET server_login_retry = '1'"), ("b1", "PgBouncer", ADMIN, 'PAUSE "app"'),
                                      ("b1", "PgBouncer", ADMIN, 'RESUME "app"')], asked
    assert asked[0][:2] + asked[0][3:] == (old, "SQL", "CHECKPOINT"), asked[0]
    assert asked[3][:3] == (old, "POST", "switchover") and json.loads(asked[3][3]) == {"leader": old, "candidate": new}, asked[3]
    checks = {c["check"]: c["verdict"] for c in before["checks"]}
    assert {"bouncer-answers", "bouncer-databases", "bouncer-paused", "bouncer-mode", "dcs-quorum", "leader-named"} <= set(checks), checks
    assert "block" not in checks.values(), checks
    assert after["outcome"] == "done" and "clients were held for" in after["observed"], after
    assert after["answer"].startswith("HTTP 200"), after["answer"]
    assert after["duration_ms"] >= max(p["after_ms"] for p in after["phases"]) > 300, after
    told = [p["phase"] for p in after["phases"] if p["state"] == "done"]
    at = [told.index(next(t for t in told if w in t)) for w in ("CHECKPOINT", "server_login_retry", "PAUSE", "requested", "lock released", "new leader", "clients go on", "old leader back")]
    assert at == sorted(at), told
    assert "assw" not in json.dumps(before), "a secret"
END
check "written down: who, which requests, which checks, how it ended" python3 "$work/audit.py" "$audit" "127.0.0.1:${lab_port#port=}"
check "a CHECKPOINT came first" grep -q 'CHECKPOINT on pg[1-3]$' "$work/hold.log"
hand_over "held, and the lock released" --release-lock
check "the lock was deleted from here" grep -q 'its lock was deleted once its PostgreSQL had stopped' "$work/hold.log"

# ---- two operators at once: one of them
hold >"$work/one.log" 2>&1 &
one=$!
hold >"$work/other.log" 2>&1 &
other=$!
wait "$one"
rc=$?
wait "$other"
rc="$rc $?"
if [[ $rc == "0 "[1-9]* || $rc == [1-9]*" 0" || $rc == [1-9]*" "[1-9]* ]]; then
    ok "two at once: one at the most hands over"
else
    not_ok "two at once: one at the most hands over" "exit codes $rc" "$(tail -3 "$work/one.log")" "$(tail -3 "$work/other.log")"
fi
echo "# two at once: exit codes $rc; $(tail -qn 1 "$work/one.log" "$work/other.log" | cut -c1-160 | tr '\n' '|')"
check "two at once: it is resumed" wait_until 40 resumed
check "two at once: server_login_retry is what it was" test "$(retry)" = 15
check "two at once: nothing is left to be remembered" test "$(remembered)" = 0
check "two at once: the cluster is whole" wait_until 60 whole
check "two at once: it serves" wait_until 20 serves

# ---- interrupted: it lets the clients go first
for signal in TERM HUP INT; do
    held_by "$work/stopped.log"
    check "SIG$signal: it holds them" wait_until 15 paused
    kill -"$signal" "$pid"
    wait "$pid"
    check "SIG$signal: they go on" resumed
    check "SIG$signal: it says so" grep -q 'interrupted: the switchover goes on\|nothing was switched over: interrupted' "$work/stopped.log"
    check "SIG$signal: server_login_retry is what it was" test "$(retry)" = 15
    check "SIG$signal: nothing is left" bash -c "[[ \$(find '$XDG_STATE_HOME/pgdba/held' -name '*.json' | wc -l) == 0 ]] || { cat '$work/stopped.log'; false; }"
    check "SIG$signal: the cluster is whole" wait_until 60 whole
    check "SIG$signal: it serves" wait_until 20 serves
done

# ---- and so does the console, when it is left
to=$(replica)
screen "left by q while it holds them, the console waits until they go on" <<END
timeout 60
spawn 40 120 $pgdba --cluster held
wait ✓ healthy
wait transaction
key :
type switchover --hold --database app --candidate $to
key Enter
wait Type the new leader's name
type $to
key Enter
wait old leader stopping
run $lab freeze --dir $LAB_DIR haproxy >$work/freeze.log 2>&1
wait the way to $to
key Esc
run psql -XAtc 'SHOW DATABASES' "$LAB_PGBOUNCER_ADMIN" >$work/then
key q
wait Leave?
type y
key Enter
expect-exit 0
END
check "console: they were held until then" bash -c "[[ \$(awk -F'|' '\$1 == \"app\" {print \$12}' '$work/then') == 1 ]]"
check "console: they go on" resumed
"$lab" thaw --dir "$LAB_DIR" haproxy >/dev/null
check "console: server_login_retry is what it was" test "$(retry)" = 15
check "console: nothing is left" test "$(remembered)" = 0
check "console: the cluster is whole" wait_until 60 whole
check "console: it serves" wait_until 20 serves

# ---- killed between pause and resume
held_by "$work/killed.log"
check "it holds them again" wait_until 15 paused
kill -9 "$pid"
wait "$pid" 2>/dev/null
check "killed: they are held still" paused
check "killed: it is remembered" test "$(remembered)" = 2
expect "the next start says what is left, and mends it" 0 'b1: taken back' "$pgdba" pgb resume --left --yes --force-warnings --cluster held
check "mended: they go on" resumed
check "mended: server_login_retry is what it was" test "$(retry)" = 15
check "mended: nothing is remembered" test "$(remembered)" = 0
check "mended: the cluster is whole" wait_until 60 whole
check "mended: it serves" wait_until 20 serves

# ---- a policy that leaves one half of it
as_before() { [[ $(leader) == "$was" && $(retry) == 15 && $(remembered) == 0 ]] && ! paused; }
for half in switchover 'pgb pause'; do
    printf 'policy: [{actions: [%s]}]\n' "$half" >"$XDG_CONFIG_HOME/pgdba/pgdba.yml"
    chmod 600 "$XDG_CONFIG_HOME/pgdba/pgdba.yml"
    : >"$audit"
    was=$(leader)
    other='pgb pause'
    [[ $half == switchover ]] || other=switchover
    expect "a policy of $half alone refuses it" 4 "policy does not leave $other" hold
    check "a policy of $half alone: it is written down, nothing else is" test \
        "$(grep -c '"what":"refusal".*"check":"policy"' "$audit") $(wc -l <"$audit")" = "1 1"
    check "a policy of $half alone: nothing was done" as_before
done
rm "$XDG_CONFIG_HOME/pgdba/pgdba.yml"
echo "# end of hold"
