# shellcheck shell=bash disable=SC2119,SC2154
# What a console says of a real PgBouncer in trouble: each trouble is made with real clients, and told by the rule that is for it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=29100 lab_up
register_whole local-ha
old=$(leader)
old_pg=LAB_PG_$old
old_port=$(grep -o 'port=[0-9]*' <<<"${!old_pg}")

# A backend that takes the connection and says nothing.
python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0), backlog=64)
print(s.getsockname()[1], flush=True)
time.sleep(300)' >"$work/silent.port" &
silent_pid=$!
at_exit "kill $silent_pid"
wait_until 5 test -s "$work/silent.port"
silent=$(cat "$work/silent.port")

# A PgBouncer of our own beside the lab's: one server connection a database, and room for twelve clients.
mine=$work/signals
mkdir -p "$mine"
port=$("$repo/tests/free-ports" 29250 1)
{
    echo "[databases]"
    for db in slow idle closing many; do echo "$db = host=127.0.0.1 $old_port dbname=app"; done
    echo "stuck = host=127.0.0.1 port=$silent dbname=app"
    sed -e '/^\[databases\]/d' -e '/^app = /d' -e "s/^listen_port = .*/listen_port = $port/" -e 's/^default_pool_size = .*/default_pool_size = 1/' \
        -e '/^reserve_pool_size/d' -e 's/^max_client_conn = .*/max_client_conn = 12/' "$LAB_DIR/pgbouncer/pgbouncer.ini"
} >"$mine/pgbouncer.ini"
as=()
if [[ $(id -u) == 0 ]]; then # PgBouncer does not run as root
    chmod 755 "$mine"
    as=(setpriv --reuid="$(stat -c %U "$LAB_DIR/pgbouncer")" --regid="$(stat -c %G "$LAB_DIR/pgbouncer")" --clear-groups)
fi
"${as[@]}" pgbouncer "$mine/pgbouncer.ini" </dev/null >"$work/signals.log" 2>&1 &
bouncer_pid=$!
at_exit "kill $bouncer_pid"
lab_port=$(grep -o 'port=[0-9]*' <<<"$LAB_PGBOUNCER_ADMIN")
on_mine() { echo "${1/$lab_port/port=$port}"; }
admin=$(on_mine "$LAB_PGBOUNCER_ADMIN")
wait_until 10 psql -XAtc 'SHOW VERSION' "$admin" || not_ok "the PgBouncer answers" "$(cat "$work/signals.log")"
stats=$(on_mine "$LAB_PGBOUNCER_STATS")
sed -i "s|^pgbouncer:\$|pgbouncer:\n- {name: signals, conninfo: \"$stats\"}|" "$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml"

# clients.sh start DATABASE N: N clients that say what DATABASE.sql says, in process groups of their own; stop DATABASE ends them
app=$(on_mine "$LAB_PGBOUNCER_APP")
printf 'select pg_sleep(0.7);\n%.0s' {1..60} >"$work/slow.sql"
printf 'begin; select 1; \\! sleep 0.7\ncommit;\n%.0s' {1..60} >"$work/idle.sql"
printf 'begin; select 1; \\! sleep 150\n' >"$work/closing.sql"
printf 'select 1; \\! sleep 60\n' >"$work/many.sql"
echo 'select 1' >"$work/stuck.sql"
# One that is turned away comes again: a place that somebody else had for a moment must not stay free.
cat >"$work/client.sh" <<END
for ((k = 0; k < 100; k++)); do
    psql -Xq -f "$work/\$1.sql" "\$2" && break
    sleep 0.3
done
END
cat >"$work/clients.sh" <<END
db=\$2
if [[ \$1 == stop ]]; then
    while read -r pid; do kill -- "-\$pid" 2>/dev/null; done <"$work/\$db.pids"
    exit 0
fi
app="$app"
for ((i = 0; i < \$3; i++)); do
    PGCONNECT_TIMEOUT=60 setsid bash "$work/client.sh" "\$db" "\${app/dbname=app/dbname=\$db}" >>"$work/\$db.out" 2>&1 </dev/null &
    echo "\$!" >>"$work/\$db.pids"
done
END
for db in slow idle closing many stuck; do at_exit "bash $work/clients.sh stop $db"; done
# RECONNECT while a client is in its transaction: the server has to go, and cannot.
cat >"$work/close.sh" <<END
bash "$work/clients.sh" start closing 1
busy() { psql -XAtc 'SHOW SERVERS' "$admin" | grep -q '|closing|active|'; }
for ((i = 0; i < 50; i++)); do busy && break; sleep 0.1; done
psql -XAtc 'RECONNECT "closing"' "$admin"
END
check "a client holds a server that is to be closed" bash "$work/close.sh"
check "a client cannot log in" bash "$work/clients.sh" start stuck 1

screen "what is wrong with a PgBouncer is told, each by its rule" <<END
timeout 30
spawn 50 200 $pgdba --cluster local-ha
wait $old
key v
wait signals: stuck/app: 1 waiting, all of them still to log in, no server: a login at
wait 127.0.0.1:$silent is under way, and none has come through for
run bash $work/clients.sh stop stuck
run bash $work/clients.sh start slow 3
wait-re signals: slow/app: every server is busy and a query takes [0-9.]+ m?s
absent slow/app: idle in transaction
run bash $work/clients.sh stop slow
run bash $work/clients.sh start idle 3
wait signals: idle/app: idle in transaction: of a transaction's
absent idle/app: every server is busy
run bash $work/clients.sh stop idle
run bash $work/clients.sh start many 14
wait-re signals: 1[2-9] of 12 clients \(max_client_conn\): others are turned away
run bash $work/clients.sh stop many
timeout 75
wait-re signals: server connections of closing are to be closed \(close_needed\), for [0-9]+ s
run bash $work/clients.sh stop closing
timeout 15
wait healthy: every rule was looked at and none fired
key Esc
key q
expect-exit 0
END
check "PgBouncer turned clients away meanwhile" grep -q 'no more connections allowed' "$work/many.out"
echo "# end of signals"
