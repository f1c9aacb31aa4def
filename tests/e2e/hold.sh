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
END
chmod 600 "$dir/held.yml"
most_ms=${PGDBA_HOLD_MOST_MS:-}

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
hold() { # in a process of its own: what is killed must be the program
    local to
    to=$(replica)
    (exec "$pgdba" switchover --hold --database app --candidate "$to" --yes --force-warnings --cluster held)
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

# ---- 50 clients that write
serves() { [[ $(app 'SELECT 1') == 1 ]]; }
check "it serves" wait_until 20 serves
(cd "$work" && pgbench -n -c 50 -j 1 -T 20 -f "$work/write.sql" -l --log-prefix="$work/wait" "$LAB_PGBOUNCER_APP" >"$work/pgbench.log" 2>&1) &
bench=$!
check "they write" wait_until 15 busy
to=$(replica)
hold >"$work/hold.log" 2>&1
rc=$?
if [[ $rc == 0 ]] && grep -q "$to leads on timeline .* clients were held for .* nobody waits" "$work/hold.log"; then
    ok "switched over while clients were held"
else
    not_ok "switched over while clients were held" "exit code $rc" "$(cat "$work/hold.log")"
fi
wait "$bench"
rc=$?
worst=$(cat "$work"/wait* | sort -n -k3,3 | tail -1 | awk '{printf "%d", $3 / 1000}')
lines=$(cat "$work"/wait* | wc -l)
echo "# $(grep -o 'clients were held for [0-9.]* m\?s' "$work/hold.log"); the longest of $lines transactions took $worst ms"
check "no client saw an error" bash -c "[[ $rc == 0 ]] && ! grep -qiE 'error|aborted|fatal' '$work/pgbench.log' || { cat '$work/pgbench.log'; false; }"
check "every transaction is there" test "$(app 'SELECT count(*) FROM held_rows')" = "$lines"
[[ -z $most_ms ]] || check "nobody waited for longer than $most_ms ms" test "$worst" -le "$most_ms"
check "it is resumed" resumed
check "server_login_retry is what it was" test "$(retry)" = 15
check "nothing is left to be remembered" test "$(remembered)" = 0
check "the new leader takes writes through PgBouncer" test "$(app 'INSERT INTO held_rows VALUES (0, 0) RETURNING pg_is_in_recovery()' | head -1)" = f
check "the cluster is whole again" wait_until 60 whole

# ---- interrupted: it lets the clients go first
held_by "$work/stopped.log"
check "it holds them" wait_until 15 paused
kill -TERM "$pid"
wait "$pid"
check "interrupted: they go on" resumed
check "interrupted: it says so" grep -q 'interrupted: the switchover goes on\|nothing was switched over: interrupted' "$work/stopped.log"
check "interrupted: server_login_retry is what it was" test "$(retry)" = 15
check "interrupted: nothing is left" bash -c "[[ \$(find '$XDG_STATE_HOME/pgdba/held' -name '*.json' | wc -l) == 0 ]] || { cat '$work/stopped.log'; false; }"
check "interrupted: the cluster is whole" wait_until 60 whole
check "interrupted: it serves" wait_until 20 serves

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
echo "# end of hold"
