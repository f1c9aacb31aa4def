# shellcheck shell=bash disable=SC2119,SC2154
# The ways from an application to the leader on a real cluster: good ones, and a PgBouncer that points at a fixed member, before and after a
# real switchover.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=26600 lab_up
register_whole local-ha
old=$(leader)
new=$(replica)
place() { tr ' ' '\n' <<<"$1" | sed -n "s/^$2=//p"; } # CONNINFO KEYWORD
place_of() { local c=LAB_PG_$1; echo "$(place "${!c}" host):$(place "${!c}" port)"; }

# way ENTRY EXPRESSION: of that entry's way (w) in routes as JSON (d)
way() { json "[w for w in d['routes'] if w['entry'] == '$1' and ($2)]" <<<"$("$pgdba" routes --cluster local-ha --format json 2>&1)"; }

expect "a good lab: exit code 0, and each way with its end" 0 "^pgbouncer/app +writes +open +haproxy/rw +$old, the leader" \
    "$pgdba" routes --cluster local-ha
check "as JSON: every hop with its state and age, and the member's own word" way pgbouncer/app \
    "w['state'] == 'open' and [h['kind'] for h in w['hops']] == ['pgbouncer', 'haproxy'] and all(h['age_ms'] < 3000 for h in w['hops'] + w['ends']) and w['ends'][0]['leads'] and 'takes writes (PostgreSQL)' in w['ends'][0]['text']"
check "a configured route goes through the same PgBouncer" way pgbouncer "w['writes'] and [h['name'] for h in w['hops']] == ['pgbouncer', 'pgbouncer', 'haproxy']"

# ---- what is held and what is shut, and back
admin() { psql -XAtqc "$1" "$LAB_PGBOUNCER_ADMIN" >/dev/null; }
admin 'PAUSE app'
expect "a paused database holds the way: exit code 1, and what to do" 1 'RESUME "app" on PgBouncer pgbouncer' "$pgdba" routes --cluster local-ha
admin 'RESUME app'
admin 'DISABLE app'
expect "a disabled one shuts it: exit code 2" 2 'ENABLE "app" on PgBouncer pgbouncer' "$pgdba" routes --cluster local-ha
admin 'ENABLE app'
expect "and it is open again" 0 '^pgbouncer/app +writes +open' "$pgdba" routes --cluster local-ha

# ---- a second PgBouncer beside the lab's, which knows one member only
fixed=$LAB_DIR/fixed
port=$(place "$LAB_PGBOUNCER_STATS" port)
fixed_port=$((port + 80))
mkdir -p "$fixed"
{
    echo "[databases]"
    for db in app app_ro; do
        echo "$db = host=$(place_of "$old" | cut -d: -f1) port=$(place_of "$old" | cut -d: -f2) dbname=app"
    done
    sed -e '/^\[databases\]/d' -e '/^app =/d' -e "s/^listen_port = .*/listen_port = $fixed_port/" "$LAB_DIR/pgbouncer/pgbouncer.ini"
} >"$fixed/pgbouncer.ini"
as=()
if [[ $(id -u) == 0 ]]; then # PgBouncer does not run as root
    chown -R "$(stat -c %U:%G "$LAB_DIR/pgbouncer")" "$fixed"
    as=(setpriv --reuid="$(stat -c %U "$LAB_DIR/pgbouncer")" --regid="$(stat -c %G "$LAB_DIR/pgbouncer")" --clear-groups)
fi
"${as[@]}" pgbouncer "$fixed/pgbouncer.ini" </dev/null >"$work/fixed.log" 2>&1 &
fixed_pid=$!
at_exit "kill $fixed_pid"
stats=${LAB_PGBOUNCER_STATS/port=$port/port=$fixed_port}
fixed_answers() { psql -XAtqc 'SHOW VERSION' "$stats"; }
check "a second PgBouncer answers" wait_until 10 fixed_answers
sed -i "s|^pgbouncer:\$|pgbouncer:\n- {name: fixed, conninfo: \"$stats\"}|" "$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml"

expect "while it points at the leader all is well" 0 "^fixed/app +writes +open +direct +$old, the leader" "$pgdba" routes --cluster local-ha
check "a database named for reading is not for writes" way fixed/app_ro "not w['writes'] and w['state'] == 'open'"

cat >"$work/switch.sh" <<END
url=$(l=LAB_PATRONI_$old; echo "${!l}")
curl -s --max-time 40 -XPOST -d '{"leader": "$old", "candidate": "$new"}' "\$url/switchover" | grep -i switched
END
screen "the pane tells within one refresh after a switchover that writes fail there, and what to do" <<END
timeout 30
spawn 30 160 $pgdba --cluster local-ha
wait healthy
key 9
wait-re fixed/app +direct +open +$old, the leader
never unreachable
run bash $work/switch.sh
begin
latency-re fixed/app +direct +astray +$old, not the leader
wait does not lead: writes fail there
wait-re pgbouncer/app .*open +$new, the leader
key Down Down
key d
wait what to do
wait point it at HAProxy's port for writes
wait RELOAD and RECONNECT
key Esc
key q
expect-exit 0
END
ms=$(sed -n 's/^latency \([0-9]*\).*/\1/p' <<<"$screen_out" | head -1)
echo "# $ms ms from the switchover's answer to the cell"
check "it took one refresh (1 s, and half of one to ask and draw)" test "${ms:-9999}" -le 1500

expect "the command tells it too: exit code 2" 2 "^fixed/app goes to $old \($(place_of "$old")\), which does not lead: writes fail there" \
    "$pgdba" routes --cluster local-ha
expect "and what to do" 2 "what to do: point it at HAProxy's port for writes \(.*\) or at $new \($(place_of "$new")\).*RELOAD and RECONNECT" \
    "$pgdba" routes --cluster local-ha
check "the others follow the leader" way pgbouncer/app "w['state'] == 'open' and w['ends'][0]['name'] == '$new'"
writes() { PGPASSFILE=$LAB_PASSFILE psql -XAtqc 'create table if not exists routes_proof(i int)' "${LAB_PGBOUNCER_APP/port=$port/port=$fixed_port}"; }
expect "they do fail there" 1 'read-only transaction' writes
expect "status knows it as well" 1 'route-not-leader|bouncer-old-leader|does not lead: writes fail there' "$pgdba" status --cluster local-ha

# ---- what was to do is done
sed -i "s/^app = .*/app = host=$(place_of "$new" | cut -d: -f1) port=$(place_of "$new" | cut -d: -f2) dbname=app/" "$fixed/pgbouncer.ini"
psql -XAtqc 'RELOAD' "${LAB_PGBOUNCER_ADMIN/port=$port/port=$fixed_port}" >/dev/null
psql -XAtqc 'RECONNECT' "${LAB_PGBOUNCER_ADMIN/port=$port/port=$fixed_port}" >/dev/null
expect "pointed at the new leader and reloaded, it is open: exit code 0" 0 "^fixed/app +writes +open +direct +$new, the leader" \
    "$pgdba" routes --cluster local-ha

# ---- what does not answer is no way that works
kill "$fixed_pid"
wait "$fixed_pid" 2>/dev/null
expect "a PgBouncer that is gone is no open way: exit code 1" 1 '^fixed.* +unknown' "$pgdba" routes --cluster local-ha
echo "# end of routes"
