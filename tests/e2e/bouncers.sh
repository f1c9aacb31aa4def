# shellcheck shell=bash disable=SC2119,SC2154
# PgBouncer in full, on the real one: its tables in shell and console, two of them that disagree, rates against pgbench's own figures, and
# a PAUSE that nobody took back.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=28400 lab_up
register_whole local-ha
cluster=(--cluster local-ha)
pgbench=$(compgen -G '/usr/lib/postgresql/*/bin/pgbench' | tail -1)

# A second bouncer beside the lab's: half the pool, and straight to the member that leads now.
second=$work/second
mkdir -p "$second"
second_port=$("$repo/tests/free-ports" 28500 1)
old=$(leader)
old_pg=LAB_PG_$old
old_port=$(grep -o 'port=[0-9]*' <<<"${!old_pg}")
sed -e "s/^app = .*/app = host=127.0.0.1 $old_port dbname=app/" -e "s/^listen_port = .*/listen_port = $second_port/" \
    -e 's/^default_pool_size = .*/default_pool_size = 2/' "$LAB_DIR/pgbouncer/pgbouncer.ini" >"$second/pgbouncer.ini"
as=()
if [[ $(id -u) == 0 ]]; then
    chmod 755 "$second"
    as=(setpriv --reuid="$(stat -c %U "$LAB_DIR/pgbouncer")" --regid="$(stat -c %G "$LAB_DIR/pgbouncer")" --clear-groups)
fi
"${as[@]}" pgbouncer "$second/pgbouncer.ini" </dev/null >"$work/second.log" 2>&1 &
second_pid=$!
at_exit "kill $second_pid"
lab_port=$(grep -o 'port=[0-9]*' <<<"$LAB_PGBOUNCER_ADMIN")
on_second() { echo "${1/$lab_port/port=$second_port}"; }
admin=$(on_second "$LAB_PGBOUNCER_ADMIN")
app=$(on_second "$LAB_PGBOUNCER_APP")
wait_until 10 psql -XAtc 'SHOW VERSION' "$admin" || not_ok "the second bouncer answers" "$(cat "$work/second.log")"
stats=$(on_second "$LAB_PGBOUNCER_STATS")
sed -i "s|^pgbouncer:\$|pgbouncer:\n- {name: second, conninfo: \"$stats\"}|" "$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml"

show() { "$pgdba" "${cluster[@]}" pgb show "$@"; }
show_json() { # VIEW CONDITION: of the document d
    # Its exit code is the cluster's health, which is another question here.
    { show "$1" --format json || true; } | json "$2"
}

# ---- tables. libpq would hand PGOPTIONS on, and PgBouncer show us out.
export PGOPTIONS='-c work_mem=1MB' PGGEQO=off
psql -XAtc 'select 1' "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 && not_ok "PGOPTIONS is poison to PgBouncer 1.18" "psql came through"
check "databases: where each goes, on both" show_json databases \
    "{r['bouncer'] for r in d['rows']} == {'pgbouncer', 'second'} and any('$old' in r['target'] for r in d['rows'] if r['bouncer'] == 'second')"
unset PGOPTIONS PGGEQO
check "no row of the console itself" show_json databases "all(r['name'] == 'app' for r in d['rows'])"
check "config: value, default, changeable, and what the other has" show_json config \
    "any(r['key'] == 'default_pool_size' and r['bouncer'] == 'second' and r['value'] == '2' and r['default'] == '20' and r['set'] == 'yes' and 'pgbouncer: 20' in r['differs'] for r in d['rows'])"
check "lists: clients and their cap" show_json lists "any(r['list'] == 'used_clients' and r['items'] >= 1 for r in d['rows'])"
check "memory" show_json memory "any(r['total'] > 0 for r in d['rows'])"
check "users" show_json users "{'app', 'stats'} <= {r['name'] for r in d['rows']}"
check "names and zones: empty, and answered" show_json dns "d['rows'] == [] and d['sources']['second']['outcome'] == 'answered'"
expect "one bouncer alone" 0 '^second +app' "$pgdba" "${cluster[@]}" pgb show databases --on second
expect "a bouncer that is not there" 64 'no PgBouncer of this cluster is called "third"' "$pgdba" "${cluster[@]}" pgb show databases --on third
expect "a table that is not there" 64 'VIEW expects a table of PgBouncer: .*did you mean "clients"' "$pgdba" "${cluster[@]}" pgb show clints
# Where each goes differs, and both end at the leader: that is no fault. What clients feel is one.
expect "two that go two ways to the leader are alike" 0 'healthy' "$pgdba" "${cluster[@]}" status
screen "two that disagree about the pool are told" <<END
timeout 20
spawn 24 100 $pgdba ${cluster[*]}
wait pgbouncer: default_pool_size is 20, on second 2
key q
expect-exit 0
END

# ---- a client and its server
psql -XAtc 'select pg_sleep(120)' "$app" >/dev/null 2>&1 &
sleeper=$!
at_exit "kill $sleeper"
client_linked() { show_json clients "any(c['server'] for c in d['rows'] if c['bouncer'] == 'second')"; }
check "clients with their servers, without our own console" wait_until 8 client_linked
check "servers with their clients" show_json servers "any(r['client'] and '$old' in r['target'] for r in d['rows'] if r['bouncer'] == 'second')"

screen "the views, and from a client to its server" <<END
timeout 40
spawn 30 160 $pgdba ${cluster[*]}
wait $old
key b
wait VERSION
wait second
key ]
wait GOES TO
key ]
wait APPLICATION
wait-re second +app +app +active
key /
type active
key Enter
wait-re contain "active"
key d
wait its server
key Esc
key Enter
wait servers
wait CLOSING
wait $old (
key :
type pgb show config
key Enter
wait ELSEWHERE
key /
type default_pool
key Enter
wait default_pool_size
wait pgbouncer: 20
key [
wait USER
absent pgbouncer: 20
key q
expect-exit 0
END

kill "$sleeper"

# ---- rates: ours against pgbench's, over the same load at the same pace
if [[ -n $pgbench ]]; then
    echo 'select 1' >"$work/one.sql"
    "$pgbench" -n -M simple -c 4 -R 300 -T 22 -f "$work/one.sql" "$LAB_PGBOUNCER_APP" >"$work/pgbench.out" 2>&1 &
    bench=$!
    sleep 3 # its connections; a window of ten seconds lies well within the rest
    ours=$("$pgdba" "${cluster[@]}" --refresh 10s stats --format json)
    wait "$bench"
    theirs=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$work/pgbench.out")
    near() { # ours within 5 % of theirs
        python3 -c '
import json, sys
theirs = float(sys.argv[1])
rows = [r for r in json.loads(sys.argv[2])["stats"] if r["bouncer"] == "pgbouncer" and r["database"] == "app"]
print(theirs, rows)
sys.exit(not rows or abs(rows[0]["queries_per_s"] - theirs) > 0.05 * theirs)' "${theirs:-0}" "$ours"
    }
    check "queries a second within 5 % of pgbench's own figure" near
else
    ok "queries a second within 5 % of pgbench's own figure # SKIP there is no pgbench"
fi

# ---- PAUSE of a database that nobody took back, and of everything, which 1.18 does not say
psql -XAtc 'PAUSE "app"' "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1
expect "a PAUSE of before we looked is told" 1 'database app is paused, since before this console looked' "$pgdba" "${cluster[@]}" status
expect "and that one bouncer alone is paused" 1 'database app is paused here, and open on second' "$pgdba" "${cluster[@]}" status
psql -XAtc 'RESUME "app"' "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1
psql -XAtc 'PAUSE' "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1
(PGCONNECT_TIMEOUT=60 psql -XAtc 'select 1' "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 &)
screen "a PAUSE of everything on 1.18 by its signs, once a back-off would be over" <<END
timeout 60
spawn 30 160 $pgdba ${cluster[*]}
wait $old
key v
wait paused as a whole or in login back-off
wait paused as a whole, most likely
key Esc
key q
expect-exit 0
END
# Who may be an admin asks, and knows.
sed "0,/^- {name: pgbouncer, /s||&admin_conninfo: \"$LAB_PGBOUNCER_ADMIN\", |" "$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml" \
    >"$XDG_CONFIG_HOME/pgdba/clusters/admin.yml"
check "the cluster's file has an admin" grep -q admin_conninfo "$XDG_CONFIG_HOME/pgdba/clusters/admin.yml"
(PGCONNECT_TIMEOUT=60 psql -XAtc 'select 1' "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 &)
# The exit code is the cluster's health, which is another question here.
admin_says() { "$pgdba" --cluster admin status 2>&1 || true; }
paused_is_told() { admin_says | grep -Eq 'pgbouncer: (PgBouncer is )?paused as a whole'; }
check "with an admin a PAUSE of everything on 1.18 is known" wait_until 10 paused_is_told
no_back_off() { ! grep -q back-off <<<"$(admin_says)"; }
state_is_shown() { { "$pgdba" --cluster admin pgb show state --on pgbouncer || true; } | grep -Eq 'pgbouncer +PgBouncer 1[^ ]* +no +yes +no'; }
check "and nothing is said of a back-off" no_back_off
check "the state is shown" state_is_shown
psql -XAtc 'RESUME' "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1
resumed_is_told() { ! grep -q 'paused as a whole' <<<"$(admin_says)"; }
check "and its end" wait_until 10 resumed_is_told
echo "# end of bouncers"
