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
streaming_from() { [[ $(leader) == "$1" && $(streaming | wc -l) == 2 ]]; }
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

# switch.sh FROM TO: a switchover; ends as soon as some member says that TO has the lock, and not when Patroni is done with it
cat >"$work/switch.sh" <<'END'
from=LAB_PATRONI_$1 to=LAB_PATRONI_$2
curl -s --max-time 40 -XPOST -d "{\"leader\": \"$1\", \"candidate\": \"$2\"}" "${!from}/switchover" >"$0.said" &
for ((i = 0; i < 600; i++)); do
    curl -s --max-time 1 "${!to}/cluster" | python3 -c '
import json, sys
sys.exit(not any(m["name"] == sys.argv[1] and m["role"] == "leader" for m in json.load(sys.stdin)["members"]))' "$2" 2>/dev/null && exit 0
    sleep 0.02
done
cat "$0.said"
exit 1
END
for m in $LAB_MEMBERS; do export "LAB_PATRONI_$m"; done
refreshes() { # NAME: of the screen before: the cell is there within one refresh of 1 s, and half of one to ask and draw
    ms=$(sed -n 's/^latency \([0-9]*\).*/\1/p' <<<"$screen_out" | tail -1)
    echo "# $ms ms from the lock's change to the cell"
    check "$1" test "${ms:-9999}" -le 1500
}
wait_until 20 streaming_from "$old"
screen "the pane tells within one refresh after a switchover that writes fail there, and what to do" <<END
timeout 30
spawn 24 80 $pgdba --cluster local-ha
wait ✓ healthy
key 9
wait-re fixed/app .*open +$old, the leader
never unreachable
run bash $work/switch.sh $old $new
begin
latency-re fixed/app .*astray .*$old, not the leader
wait fixed/app goes to $old
wait which does not lead: writes fail
wait What to do: point it at HAProxy's port for writes
wait RECONNECT.
wait-re pgbouncer/app .*open +$new, the leader
resize 60 200
wait-re fixed/app +direct +astray +$old, not the leader
wait which does not lead: writes fail there
wait then RELOAD and RECONNECT.
key Down Down
key d
wait what to do
wait point it at HAProxy's port for writes
wait said
key Esc
key q
expect-exit 0
END
refreshes "it took one refresh"

expect "the command tells it too: exit code 2" 2 "^fixed/app goes to $old \($(place_of "$old")\), which does not lead: writes fail there" \
    "$pgdba" routes --cluster local-ha
expect "and what to do" 2 "what to do: point it at HAProxy's port for writes \(.*\) or at $new \($(place_of "$new")\).*RELOAD and RECONNECT" \
    "$pgdba" routes --cluster local-ha
expect "as JSON: the same exit code" 2 '"state": "astray"' "$pgdba" routes --cluster local-ha --format json
check "... and the same judgement" way fixed/app \
    "w['state'] == 'astray' and 'writes fail there' in w['reason'] and 'RELOAD' in w['cure'] and not w['ends'][0]['leads'] and d['state'] == 'astray' and d['leader'] == '$new'"
check "... in words that the manual has" python3 -c "
import json, re, subprocess
d = json.loads(subprocess.run(['$pgdba', 'routes', '--cluster', 'local-ha', '--format', 'json'], stdout=subprocess.PIPE).stdout)
man = open('$repo/man/pgdba.1.in').read()
man = man[man.index('.B routes\n.B state'):]
keys = set(d) | {k for w in d['routes'] for k in w} | {k for w in d['routes'] for h in w['hops'] + w['ends'] for k in h}
missing = sorted(k for k in keys - {'document', 'version', 'cluster', 'time'} if not re.search(r'\b%s\b' % k, man[:2000]))
assert not missing and len(keys) > 15, missing"
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

# ---- the same by Patroni's REST API alone, without etcd's watch, and in the shell: not one answer that names the new leader calls it open
dir=$XDG_CONFIG_HOME/pgdba/clusters
sed '/^etcd:/,/^  urls/d' "$dir/local-ha.yml" >"$dir/plain.yml"
chmod 600 "$dir/plain.yml"
whole_again() { whole && [[ $(leader) == "$new" ]]; }
wait_until 60 whole_again || not_ok "the lab is whole before the second switchover" "$(patroni_get "${LAB_PATRONI_URLS%% *}/cluster")"
cat >"$work/follow.py" <<'END'
import json, subprocess, sys, time
pgdba, new, wanted = sys.argv[1:]
seen, end = 0, time.time() + 40
while time.time() < end:
    p = subprocess.run([pgdba, "routes", "--cluster", "plain", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    d = json.loads(p.stdout)
    w = [w for w in d["routes"] if w["entry"] == "fixed/app"][0]
    print(p.returncode, d["leader"], w["state"], d["state"], flush=True)
    if d["leader"] == new:
        seen += 1
        if w["state"] == "open" or p.returncode == 0:
            sys.exit("open, or exit code 0, with the new leader known: " + json.dumps(w))
        if w["state"] == wanted and p.returncode == 2:
            sys.exit(seen > 1)
sys.exit("never told")
END
timeout 60 python3 "$work/follow.py" "$pgdba" "$old" astray >"$work/follow.txt" 2>&1 &
follow=$!
screen "the pane without etcd, too" <<END
timeout 30
spawn 60 200 $pgdba --cluster plain
wait-re fixed/app .*open +$new, the leader
run bash $work/switch.sh $new $old
begin
latency-re fixed/app .*astray .*$new, not the leader
wait What to do: point it at HAProxy's port for writes
key q
expect-exit 0
END
refreshes "that took one refresh as well"
wait "$follow"
rc=$?
check "the first answer of the command that names the new leader tells it" test "$rc" -eq 0
[[ $rc == 0 ]] || cat "$work/follow.txt"
wait_until 60 whole || not_ok "the lab is whole again" "$(patroni_get "${LAB_PATRONI_URLS%% *}/cluster")"
[[ $(leader) == "$old" ]] && { tmp=$old; old=$new; new=$tmp; }
repoint() { # TO: "fixed" has every database there
    sed -i -E "s/^(app|app_ro) = .*/\1 = host=$(place_of "$1" | cut -d: -f1) port=$(place_of "$1" | cut -d: -f2) dbname=app/" "$fixed/pgbouncer.ini"
    reload
}
reload() {
    psql -XAtqc 'RELOAD' "${LAB_PGBOUNCER_ADMIN/port=$port/port=$fixed_port}" >/dev/null
    psql -XAtqc 'RECONNECT' "${LAB_PGBOUNCER_ADMIN/port=$port/port=$fixed_port}" >/dev/null
}
repoint "$new"
all_open() { "$pgdba" routes --cluster local-ha >/dev/null; }
check "all is well again" wait_until 20 all_open

# ---- a unix socket, names, several hosts, a database of "*", one that is only for logins
new_port=$(place_of "$new" | cut -d: -f2)
sock=$(l=LAB_PG_$new; psql -XAtc 'show unix_socket_directories' "${!l}" | cut -d, -f1)
[[ $sock == /* ]] || sock=
sed -i "/^app_ro = /a\\
${sock:+by_socket = host=$sock port=$new_port dbname=app\\
}by_name = host=localhost port=$new_port dbname=app\\
nowhere = host=no-such-host.invalid port=$new_port dbname=app\\
nobody = host=192.0.2.7 port=$new_port dbname=app\\
logins = host=127.0.0.1 port=$new_port dbname=postgres\\
* = host=127.0.0.1 port=$new_port" "$fixed/pgbouncer.ini"
reload
ask() { PGCONNECT_TIMEOUT=${2:-5} psql -XAtqc 'select 1' "$(sed "s/port=$port/port=$fixed_port/; s/dbname=app/dbname=$1/" <<<"$LAB_PGBOUNCER_APP")"; }
if [[ -n $sock ]]; then
    check "a unix socket is the bouncer's own host" way fixed/by_socket "w['state'] == 'open' and w['ends'][0]['name'] == '$new'"
else
    echo "ok - a unix socket is the bouncer's own host # SKIP the lab's members listen on none"
fi
check "localhost is its own host" way fixed/by_name "w['state'] == 'open' and w['ends'][0]['name'] == '$new'"
check "an address of nobody is no open way" way fixed/nobody "w['state'] == 'unknown' and '192.0.2.7' in w['reason'] and w['ends'][0]['age_ms'] is None"
check "a name that was never looked up is not known" way fixed/nowhere "w['state'] == 'unknown' and 'where it leads is not known' in w['reason']"
ask nowhere 2 >/dev/null 2>&1
unresolved() { way fixed/nowhere "w['state'] in ('unknown', 'held') and 'a name that PgBouncer cannot resolve now' in w['reason'] and 'name service' in w['cure']"; }
check "one that PgBouncer cannot resolve is told as that" wait_until 20 unresolved
check "a database of * is there once it is used" ask app
ask postgres >/dev/null 2>&1
check "... and judged as the others are" way fixed/postgres "w['state'] == 'open' and w['ends'][0]['leads']"
expect "unknown is never exit code 0" 1 '^fixed/nobody +writes +unknown' "$pgdba" routes --cluster local-ha
sed -i -E '/^(by_socket|by_name|nowhere|nobody|logins|\*) = /d' "$fixed/pgbouncer.ini"
reload
check "all is well without them" wait_until 20 all_open

# ---- a recording shows the ways as they were shown
"$pgdba" record --cluster local-ha "$work/ways.jsonl" >"$work/record.txt" 2>&1 &
rec=$!
has_rounds() { [[ $(grep -c pgbouncer.servers "$work/ways.jsonl" 2>/dev/null) -ge 4 ]]; }
wait_until 20 has_rounds || not_ok "something is recorded" "$(cat "$work/record.txt")"
kill -INT "$rec"
wait "$rec"
"$pgdba" routes --cluster local-ha | awk '/^ENTRY/ { on = 1 } on && NF { print $1, $3, $NF == "now" ? "" : "" }' | tail -n +2 >"$work/live.txt"
check "a recording says where ways begin and which port is for writes" python3 -c "
import json
c = json.loads(open('$work/ways.jsonl').readline())['config']
assert [r['name'] for r in c['routes']] == ['haproxy', 'pgbouncer'], c
assert all(p['port'] > 0 and p['host'] for r in c['routes'] for p in r['places']), c"
screen "a replay shows the same ways" <<END
timeout 30
spawn 24 120 $pgdba replay $work/ways.jsonl
key 9
$(awk '{ print "wait-re " $1 " +.*" $2 }' "$work/live.txt")
wait-re pgbouncer/app +haproxy/rw +open +$new, the leader
wait-re pgbouncer +pgbouncer/app . haproxy/rw +open +$new, the leader
key q
expect-exit 0
END

# ---- a second HAProxy on the same host, first in the file: whose port it is goes by the port
second=$(("${fixed_port}" + 1))
sed -e "s|stats socket .*|stats socket $work/second.sock level admin|" -e "s/:$((LAB_BASE_PORT + 2))\$/:$((second + 2))/" \
    -e "s/:$((LAB_BASE_PORT + 0))\$/:$second/; s/:$((LAB_BASE_PORT + 1))\$/:$((second + 1))/" "$LAB_DIR/haproxy/haproxy.cfg" >"$work/second.cfg"
haproxy -db -f "$work/second.cfg" >"$work/second.log" 2>&1 &
second_pid=$!
at_exit "kill $second_pid"
second_answers() { curl -s --max-time 2 "http://127.0.0.1:$((second + 2))/;csv" | grep -q '^rw,.*,UP,'; }
check "a second HAProxy answers" wait_until 10 second_answers || cat "$work/second.log"
cp "$dir/local-ha.yml" "$work/local-ha.yml"
sed -i "s|^haproxy:\$|haproxy:\n- {name: second, url: 'http://127.0.0.1:$((second + 2))/'}|; s|url: $LAB_HAPROXY_STATS}|socket: $LAB_HAPROXY_SOCKET}|" "$dir/local-ha.yml"
expect "which of two is at a port is not guessed: exit code 1" 1 'which of 2 HAProxies is there is not known' "$pgdba" routes --cluster local-ha
sed -i "s|socket: $LAB_HAPROXY_SOCKET}|socket: $LAB_HAPROXY_SOCKET, write_addresses: ['127.0.0.1:$LAB_BASE_PORT']}|" "$dir/local-ha.yml"
expect "where it is said, the way goes through that one" 0 "^pgbouncer/app +writes +open +haproxy/rw +$new, the leader" "$pgdba" routes --cluster local-ha
check "both have a way of their own" way second/rw "w['state'] == 'open' and w['ends'][0]['name'] == '$new'"
sed -i "s|'127.0.0.1:$LAB_BASE_PORT'|'127.0.0.1:no-port'|" "$dir/local-ha.yml"
expect "an address that is none: clear words" 64 "haproxy\[1\]: write_addresses.*no-port" "$pgdba" routes --cluster local-ha
cp "$work/local-ha.yml" "$dir/local-ha.yml"
kill "$second_pid"

# ---- registered by words alone
given() { "$pgdba" cluster connect --name given --replace --patroni-url "$LAB_PATRONI_pg1" --pg-conninfo "$LAB_PG_MONITOR" --pgbouncer "$LAB_PGBOUNCER_STATS" "$@"; }
expect "connect: who acts on PgBouncer, and HAProxy's port for writes" 0 'Written: ' given --pgbouncer-admin "user=admin passfile=$LAB_PASSFILE" \
    --haproxy "$LAB_HAPROXY_STATS" --haproxy-socket "$LAB_HAPROXY_SOCKET" --haproxy-write-address "127.0.0.1:$LAB_BASE_PORT,db-rw.lab:5000"
check "... are in the file" python3 -c "
t = open('$dir/given.yml').read()
assert 'user=admin' in t and '127.0.0.1:$LAB_BASE_PORT' in t and 'db-rw.lab:5000' in t and '$LAB_HAPROXY_SOCKET' in t, t"
expect "... and the way is whole" 0 "^pgbouncer?[^ ]*/app|/app +writes +open +[^ ]+/rw +$new, the leader" "$pgdba" routes --cluster given
expect "... that user acts" 0 '^done: ' "$pgdba" pgb reconnect --database app --cluster given --yes
expect "a user who is no admin does not" 4 'admin' bash -c "'$pgdba' cluster connect --name given --replace --patroni-url '$LAB_PATRONI_pg1' \
    --pgbouncer '$LAB_PGBOUNCER_STATS' >/dev/null && '$pgdba' pgb reconnect --database app --cluster given --yes"
expect "no address" 64 'write_addresses: .*got "5000"' given --haproxy "$LAB_HAPROXY_STATS" --haproxy-write-address 5000
expect "more addresses than HAProxies" 64 '2 of --haproxy-write-address for 1 HAProxy' given --haproxy "$LAB_HAPROXY_STATS" \
    --haproxy-write-address a:1 --haproxy-write-address b:2
expect "an address of none" 64 'haproxy-write-address goes with --haproxy' given --haproxy-write-address a:1
expect "an admin of none" 64 'pgbouncer-admin goes with --pgbouncer' "$pgdba" cluster connect --name x --patroni-url "$LAB_PATRONI_pg1" --pgbouncer-admin user=admin
expect "an admin's password on the command line: refused, and not repeated" 64 'does not belong on the command line' given --pgbouncer-admin 'user=admin password=geheim'
expect "an admin that is no conninfo" 64 'admin_conninfo' given --pgbouncer-admin 'admin'
expect "a password file without an admin" 64 'goes with --pgbouncer-admin' given --pgbouncer-admin-password-file "$LAB_PASSFILE"

# ---- a frozen HAProxy
"$lab" freeze --dir "$LAB_DIR" haproxy >/dev/null
silent() { way pgbouncer/app "w['state'] == 'unknown' and 'does not answer' in w['reason']"; }
check "a frozen HAProxy makes its way unknown" wait_until 30 silent
expect "exit code 1" 1 'HAProxy haproxy does not answer' "$pgdba" routes --cluster local-ha
"$lab" thaw --dir "$LAB_DIR" haproxy >/dev/null
check "and thawed, it is open" wait_until 30 all_open

# ---- what does not answer is no way that works
kill "$fixed_pid"
wait "$fixed_pid" 2>/dev/null
expect "a PgBouncer that is gone is no open way: exit code 1" 1 '^fixed.* +unknown' "$pgdba" routes --cluster local-ha
echo "# end of routes"
