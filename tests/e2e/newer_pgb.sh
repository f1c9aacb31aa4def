# shellcheck shell=bash disable=SC1091,SC2034,SC2119,SC2154
# Debian 13's PgBouncer 1.24: the same traps, and those that it has of its own; its tables, its rates, and a switchover of Patroni 4 while
# it holds the clients. Left out, with the reason, where no Debian 13 can be made.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if ! E2E_ROOT=$("$repo/tests/debian-root" trixie 2>"$work/root.err"); then
    echo "ok - Debian 13's PgBouncer # SKIP $(tail -1 "$work/root.err")"
    echo "# end of newer_pgb"
    exit 0
fi
E2E_PORT=29700 E2E_MEMBERS=2
. "$here/pgb_traps.sh"
check "it is 1.24 or later ($version)" test "$minor" -ge 24

# ---- what it shows: each table, by what 1.24 says that 1.18 does not

# A name to look up, and averages of a few seconds; both are read at its start alone.
sed 's/^app = host=[^ ]* \(.*\)/&\nbyname = host=localhost \1/' "$LAB_DIR/pgbouncer/pgbouncer.ini" >"$work/ini"
echo 'stats_period = 5' >>"$work/ini"
cat "$work/ini" >"$LAB_DIR/pgbouncer/pgbouncer.ini" # whose it is stays
"$lab" kill --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
"$lab" start --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
check "it serves after a restart" wait_until 10 serves
timeout 2 psql -XAtc 'SELECT 1' "${LAB_PGBOUNCER_APP/dbname=app/dbname=byname}" >/dev/null 2>&1
pgdba_show() { "$pgdba" --cluster whole pgb show "$1" --format json; }
shows() { # VIEW EXPRESSION: a row of it (r) is so
    # The exit code is the cluster's health, which is another question here.
    { pgdba_show "$1" || true; } >"$work/shown"
    json "d['sources']['b1']['outcome'] == 'answered' and any($2 for r in d['rows'])" <"$work/shown" || { cat "$work/shown"; return 1; }
}
step "a client is there" hold 300
check "pools" shows pools "r['database'] == 'app' and r['sv_active'] == 1 and r['active'] >= 1 and r['mode'] == 'transaction'"
check "stats: with how often a server was assigned" shows stats "r['database'] == 'app' and r['assignments'] >= 1 and r['wait_time'] >= 0"
check "databases: clients and their limit, lifetime" shows databases \
    "r['name'] == 'app' and r['clients'] >= 1 and r['maxclients'] == 0 and r['lifetime'] >= 0 and r['reserve'] == 0 and r['pool'] == 20 and r['state'] == 'ok'"
check "clients: their ids, prepared statements, and what they replicate" shows clients \
    "r['database'] == 'app' and r['id'] >= 1 and r['prepared'] >= 0 and r['replication'] == 'none' and r['server']"
check "servers: their ids" shows servers "r['database'] == 'app' and r['id'] >= 1 and r['pid'] > 1 and r['client'] and r['state'] == 'active'"
check "users: what they may have" shows users "r['name'] == 'app' and r['servers'] >= 1 and r['clients'] >= 1 and r['max'] == 0 and r['maxclients'] == 0"
check "config: what 1.18 has not" shows config "r['key'] == 'max_db_client_connections' and r['value'] == '0' and r['set'] == 'yes'"
check "lists: peers" shows lists "r['list'] == 'peers' and r['items'] == 0"
check "memory" shows memory "r['size'] > 0 and r['total'] > 0 and r['used'] >= 0 and r['free'] >= 0"
check "names that were looked up" shows dns "r['host'] == 'localhost' and r['ttl'] >= 0 and '1' in r['addresses']"
admin 'KILL "byname"' >/dev/null # who waits there, for ::1 listens to nobody
admin 'RESUME "byname"' >/dev/null
check "zones: none, and answered" json "d['rows'] == [] and d['sources']['b1']['outcome'] == 'answered'" <<<"$(pgdba_show zones)"
check "state: by SHOW STATE" shows state "r['active'] == 'yes' and r['paused'] == 'no' and r['suspended'] == 'no'"
step "it goes" let_go

# ---- everything paused, asked once

port=$(sed -n 's/.*\bport=\([0-9]*\).*/\1/p' <<<"$LAB_HAPROXY_RW")
sed "s|url: $LAB_HAPROXY_STATS|&, write_addresses: [\"127.0.0.1:$port\", \"localhost:$port\"]|" "$dir/whole.yml" >"$dir/known.yml"
chmod 600 "$dir/known.yml"
admin PAUSE >/dev/null
expect "status tells it, asked once" 2 'b1.*paused as a whole, since before' "$pgdba" status --cluster whole
# What the other database's way comes to is another question here.
way() { grep -E "^b1/app +writes +$2" <<<"$("$pgdba" routes --cluster "$1")"; }
check "and so do the routes" way known held
check "with what to do" grep 'what to do: RESUME on PgBouncer b1' <<<"$("$pgdba" routes --cluster known)"
check "also where they do not know where it goes on" way whole held
check "and the table of states" shows state "r['active'] == 'no' and r['paused'] == 'yes'"
admin RESUME >/dev/null
check "and its end" way known open

# ---- rates: ours against pgbench's own, where clients wait for one of two servers

pgbench=$(compgen -G '/usr/lib/postgresql/*/bin/pgbench' | tail -1)
if [[ -n $pgbench ]]; then
    admin 'SET default_pool_size = 2' >/dev/null
    admin 'RECONNECT "app"' >/dev/null
    echo 'SELECT pg_sleep(0.02)' >"$work/sleep.sql"
    "$pgbench" -n -M simple -c 8 -T 22 -f "$work/sleep.sql" "$LAB_PGBOUNCER_APP" >"$work/pgbench.out" 2>&1 &
    bench=$!
    sleep 4 # its connections; ten seconds lie well within the rest
    ours=$("$pgdba" --cluster whole --refresh 10s stats --format json)
    own=$(field STATS avg_wait_time database app)
    wait "$bench"
    figures() { sed -n "s/^$1 = \([0-9.]*\).*/\1/p" "$work/pgbench.out"; }
    near() { # NAME OURS THEIRS
        check "$1 within 5 % ($2, $3)" python3 -c 'import sys; a, b = map(float, sys.argv[1:]); sys.exit(not b or abs(a - b) > 0.05 * b)' "$2" "$3"
    }
    of_app() { json_get "next(($1 for r in d['stats'] if r['database'] == 'app'), 0)" <<<"$ours"; }
    near "queries a second: pgbench's" "$(of_app "r['queries_per_s']")" "$(figures tps)"
    # PgBouncer counts a query from when it has come, before there is a server for it.
    near "asked, with what was waited: pgbench's latency" "$(of_app "r['mean_query_ms']")" "$(figures 'latency average')"
    near "waited: PgBouncer's own average, of each assignment since 1.23" "$(of_app "1000 * r['mean_wait_ms']")" "${own:-0}"
    admin 'SET default_pool_size = 20' >/dev/null
else
    ok "rates within 5 % of pgbench's own figures # SKIP there is no pgbench"
fi

# ---- a switchover of Patroni 4 while 1.24 holds the clients

{
    cat <<-END
	scope: $LAB_SCOPE
	patroni:
	  urls: [${LAB_PATRONI_URLS// /, }]
	etcd:
	  urls: [${LAB_ETCD_URLS// /, }]
	END
    sed -n '/^haproxy:/,$p' "$dir/whole.yml"
    echo "postgres:"
    echo "  conninfo: \"$(tr ' ' '\n' <<<"${LAB_PG_pg1:?}" | grep -vE '^(host|port)=' | tr '\n' ' ')\""
} >"$dir/held.yml"
chmod 600 "$dir/held.yml"
check "the cluster is whole" wait_until 60 whole
if [[ -n $pgbench ]]; then
    app 'CREATE TABLE held_rows (client int, n int)' >/dev/null
    echo 'INSERT INTO held_rows VALUES (:client_id, 1)' >"$work/write.sql"
    for option in '' --release-lock; do
        rows=$(app 'SELECT count(*) FROM held_rows') to=$(replica)
        "$pgbench" -n -c 5 -T 20 -f "$work/write.sql" "$LAB_PGBOUNCER_APP" >"$work/pgbench.log" 2>&1 &
        bench=$!
        check "they write" wait_until 15 busy
        # shellcheck disable=SC2086
        expect "switched over while they are held (${option:-as Patroni does it})" 0 "$to leads on timeline .* clients were held for .* nobody waits" \
            "$pgdba" switchover --hold $option --database app --candidate "$to" --yes --force-warnings --cluster held
        wait "$bench"
        rc=$?
        check "no client saw an error" bash -c "[[ $rc == 0 ]] && ! grep -qiE 'error|aborted|fatal' '$work/pgbench.log' || { cat '$work/pgbench.log'; false; }"
        check "every transaction is there" test "$(app 'SELECT count(*) FROM held_rows')" = \
            "$((rows + $(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$work/pgbench.log")))"
        check "$to leads" test "$(leader)" = "$to"
        check "it is resumed" resumed
        check "nothing is remembered" remembered 0
        check "the cluster is whole again" wait_until 60 whole
    done
else
    ok "a switchover while clients are held # SKIP there is no pgbench"
fi

# ---- links

step "a client has an id, and its link leads to a server" hold 300
pgdba_show clients >"$work/clients"
check "clients by their ids" json "any(r.get('database') == 'app' and r.get('id') for r in d['rows'])" <"$work/clients"
check "no console among them" json "all(r.get('database') != 'pgbouncer' for r in d['rows'])" <"$work/clients"

# ---- 3: a console is never killed: 1.24 would die of it

psql -XAt "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1 < <(sleep 60) &
console=$!
at_exit "kill $console"
console_id() { field CLIENTS id database pgbouncer | head -1; }
check "somebody has a console open" wait_until 5 test -n "$(console_id)"
for id in $(field CLIENTS id database pgbouncer); do
    expect "a console's id is refused ($id)" 4 'is a console, which is never killed|it has no client' p kill --client "$id"
done
check "PgBouncer lives" test "$(admin 'SHOW VERSION')" = "$version"
id=$(field CLIENTS id database app | head -1)
expect "a client is killed by its id" 0 'the client is gone' p kill --client "$id"
check "it is gone" wait_until 5 calm
expect "and is not there a second time" 4 'it has no client' p kill --client "$id"
check "PgBouncer lives still" test "$(admin 'SHOW VERSION')" = "$version"
kill "$console"

# ---- everything paused is seen in SHOW STATE

expect "pause of everything" 0 'paused, and no server is busy' p pause --all
check "SHOW STATE says so" test "$(field STATE value key paused)" = yes
expect "paused already" 4 'as a whole already' p pause app
admin RESUME >/dev/null
cat >"$work/quit" <<END
timeout 20
spawn 40 120 $pgdba --cluster whole
wait somebody else has seen to it
key q
expect-exit 0
END
screen "resumed by somebody else: it is forgotten" <"$work/quit"
check "nothing is remembered" remembered 0

# ---- 7: consoles are clients to a shutdown that waits for them: ours leave

cat >"$work/down" <<END
timeout 60
spawn 40 120 $pgdba --cluster whole
wait transaction
type :pgb shutdown --wait-for clients
key Enter
wait WAIT_FOR_CLIENTS
type b1
key Enter
wait nobody listens
END
screen "a shutdown that waits for clients" <<END
$(cat "$work/down")
key Esc
key q
expect-exit 0
END
gone() { ! "$lab" status --dir "$LAB_DIR" 2>/dev/null | grep -E '^ *pgbouncer' | grep -qiE 'runs|running|up'; }
check "it ends: no console of ours holds it up" wait_until 30 gone
echo "# end of newer_pgb"
