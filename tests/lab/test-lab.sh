#!/bin/bash
# deployments/local/lab, on real processes: two labs side by side, every verb, what it says when something is wrong,
# and that nothing of it stays behind. Takes a minute and a half. As root it also tries the lab as an ordinary user, and one
# with a member in a network of its own.
#
#   LAB_TEST_BASE_PORT  the first of the 400 ports used (27000)

# What `lab env` assigns:
# shellcheck disable=SC2154

set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
lab=$top/deployments/local/lab
base=${LAB_TEST_BASE_PORT:-$("$(dirname "$0")/../free-ports" 27000 400 "$$")}
unset LAB_DIR
passed=0 failed=0

tmp=$(mktemp -d)
chmod 755 "$tmp" # the lab's user must reach what is in it
finish() {
    trap - EXIT
    local d
    for d in a b c; do [[ ! -e $tmp/$d ]] || "$lab" down --dir "$tmp/$d"; done
    if [[ -d $tmp/home ]]; then "$lab" down --dir "$tmp/home/.local/state/pgdba/lab" >/dev/null; fi
    rm -rf -- "$tmp"
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0))
    exit
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

ok() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok - $what"
    else
        failed=$((failed + 1))
        echo "not ok - $what   (line ${BASH_LINENO[0]})"
    fi
}

within() { # SECONDS COMMAND...: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

not() { ! "$@"; }
equals() { [[ $1 == "$2" ]] || { echo "# '$1' is not '$2'"; return 1; }; }
has() { [[ $1 == *"$2"* ]] || { echo "# no '$2' in: $1"; return 1; }; }
A() { "$lab" "$@" --dir "$tmp/a"; }
B() { "$lab" "$@" --dir "$tmp/b"; }
load_env() { eval "$("$lab" env --dir "$tmp/$1")"; }
answers() { curl -q -s --noproxy '*' --max-time 1 -o /dev/null "$@"; }
http_code() { curl -q -s --noproxy '*' --max-time 3 -o /dev/null -w '%{http_code}' "$@"; }
sql() { PGCONNECT_TIMEOUT=3 timeout 5 psql -XAtqw -d "$1" -c "$2" 2>/dev/null; }
sql_is() { equals "$(sql "$1" "$2")" "$3" >/dev/null; }
state_of() { A status | awk -v n="$1" '$1 == n { print $2 }'; }
role_of() { A status | awk -v n="$1" '$1 == n { print $5 }'; }
state_is() { [[ $(state_of "$1") == "$2" ]]; }
role_is() { [[ $(role_of "$1") == "$2" ]]; }
leader() { awk '$5 == "leader" { print $1 }' < <(A status); }
leader_is_not() { local l && l=$(leader) && [[ $l == pg* && $l != "$1" ]]; }
processes_in() { find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1*" 2>/dev/null; }
quiet() { "$@" >/dev/null 2>&1; }
mode_is() { equals "$(stat -c %a "$1")" "$2"; }

# --- up -------------------------------------------------------------------------------------------------------------

A up --base-port "$base" --ttl 8 --loop-wait 2 >"$tmp/up-a" 2>&1 &
up_a=$!
B up --base-port $((base + 100)) --members 2 --scope second --auth --tls --sync >"$tmp/up-b" 2>&1 &
up_b=$!
ok "a lab comes up" wait $up_a
ok "another one beside it, with --auth --tls --sync" wait $up_b
((failed == 0)) || cat "$tmp/up-a" "$tmp/up-b"
ok "it says who leads" grep -q 'pg[123] leads' "$tmp/up-a"

# --- env and status -------------------------------------------------------------------------------------------------

load_env a
ok "env: the members" equals "$LAB_MEMBERS" "pg1 pg2 pg3"
ok "env: the timing as given, the rest by Patroni's rule" equals "$LAB_TTL $LAB_LOOP_WAIT $LAB_RETRY_TIMEOUT" "8 2 3"
for url in $LAB_PATRONI_URLS; do ok "env: Patroni at $url answers" equals "$(http_code "$url/health")" 200; done
for url in $LAB_ETCD_URLS; do ok "env: etcd at $url answers" equals "$(http_code "$url/health")" 200; done
ok "env: HAProxy's page" equals "$(http_code "$LAB_HAPROXY_STATS")" 200
ok "env: HAProxy's page as CSV" has "$(curl -s "$LAB_HAPROXY_STATS;csv")" "rw,pg1,"
ok "env: the read-write port leads to the leader" sql_is "$LAB_HAPROXY_RW" "select pg_is_in_recovery()" f
ok "env: the read-only port leads to a replica" sql_is "$LAB_HAPROXY_RO" "select pg_is_in_recovery()" t
ok "env: the monitor asks PostgreSQL itself" sql_is "$LAB_PG_pg1 $LAB_PG_MONITOR" "select current_user" monitor
ok "env: through PgBouncer to the leader" sql_is "$LAB_PGBOUNCER_APP" "select pg_is_in_recovery()" f
ok "env: PgBouncer's console as admin" has "$(sql "$LAB_PGBOUNCER_ADMIN" "show version")" PgBouncer
ok "env: PgBouncer's console as stats" has "$(sql "$LAB_PGBOUNCER_STATS" "show pools")" "app|app|"
ok "env: PostgreSQL of a member" sql_is "$LAB_PG_pg2" "select 1" 1
ok "env: patronictl's file" has "$(patronictl -c "$LAB_PATRONICTL" list 2>&1)" "Cluster: lab"
ok "env: no password in it" not grep -qf <(cut -d: -f5 "$LAB_PASSFILE" | sort -u) <(A env)
ok "the passfile is private" mode_is "$LAB_PASSFILE" 600
ok "nothing in the lab is open to others" equals "$(find "$tmp/a" -type f -perm /077 | head -3)" ""
ok "no password is needed in vain: a wrong one is refused" not sql_is "$LAB_PG_pg1 passfile=/dev/null password=x" "select 1" 1

status=$(A status)
ok "status: well" test $? -eq 0
ok "status: all nodes run" equals "$(grep -c ' running ' <<<"$status")" 8
ok "status: one leader" equals "$(grep -c ' leader$' <<<"$status")" 1
ok "status: two replicas" equals "$(grep -c ' replica$' <<<"$status")" 2
listeners=$(awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6)
open=0
for ((p = base; p < base + 200; p++)); do
    if grep -qi ":$(printf %04X "$p")$" <<<"$listeners" && ! grep -qi "^0100007F:$(printf %04X "$p")$" <<<"$listeners"; then open=1; fi
done
ok "everything listens on 127.0.0.1 alone" equals "$open" 0

# --- what it refuses, and what it says ------------------------------------------------------------------------------

out=$(A up 2>&1)
ok "up again: succeeds" test $? -eq 0
ok "up again: says so" has "$out" "already up"
out=$(A up --members 5 2>&1)
ok "up again with other settings: refused" test $? -ne 0
ok "up again with other settings: says which" has "$out" "members is 3"
out=$("$lab" up --dir "$tmp/c" --base-port "$base" 2>&1)
ok "a port in use: refused" test $? -ne 0
ok "a port in use: says which, whose, and the cure" has "$out" "port $base, meant for haproxy-rw, is in use by another program: choose other ports with --base-port"
ok "a port in use: leaves nothing" test ! -e "$tmp/c"
out=$("$lab" up --dir "$tmp/c" --ttl 20 --loop-wait 10 --retry-timeout 10 2>&1)
ok "impossible timing: refused with the rule" has "$out" "loop_wait + 2 x retry_timeout <= ttl"
ok "an unknown node is refused with the known ones" has "$(A kill pg9 2>&1)" "etcd1 etcd2 etcd3 pg1 pg2 pg3"
ok "a directory without a lab" has "$("$lab" status --dir "$tmp/none" 2>&1)" "there is no lab in $tmp/none"

mkdir "$tmp/bin"
printf '#!/bin/sh\necho "haproxy: out of tune" >&2\nexit 1\n' >"$tmp/bin/haproxy"
chmod 755 "$tmp/bin" "$tmp/bin/haproxy"
start=$SECONDS
out=$(PATH=$tmp/bin:$PATH "$lab" up --dir "$tmp/c" --base-port $((base + 200)) --members 1 2>&1)
ok "a part that does not start: refused" test $? -ne 0
ok "a part that does not start: is named" has "$out" "haproxy has ended"
ok "a part that does not start: the end of its log" has "$out" "out of tune"
ok "a part that does not start: not waited for to the deadline" test $((SECONDS - start)) -lt 30
ok "a part that does not start: the lab is taken away again" test ! -e "$tmp/c"
ok "a part that does not start: and its processes" equals "$(processes_in "$tmp/c")" ""

mkdir "$tmp/few"
ln -s /bin/* /usr/bin/* "$tmp/few/" 2>/dev/null
rm -f -- "$tmp/few/etcd" "$tmp/few/patroni"
out=$(PATH=$tmp/few "$lab" up --dir "$tmp/c" --base-port $((base + 200)) 2>&1)
ok "missing programs are named by package" has "$out" "apt-get install etcd-server patroni"

# --- one node -------------------------------------------------------------------------------------------------------

old=$(leader)
for replica in $LAB_MEMBERS; do [[ $replica == "$old" ]] || break; done
url=LAB_PATRONI_$replica pg=LAB_PG_$replica

A freeze "$replica"
ok "freeze: status says frozen" state_is "$replica" frozen
ok "freeze: its Patroni does not answer" not answers "${!url}/health"
ok "freeze: its PostgreSQL does not answer" not sql_is "${!pg}" "select 1" 1
ok "freeze: no process of it runs" equals "$(for p in $(processes_in "$tmp/a/$replica"); do awk '{ print $3 }' "${p%/cwd}/stat"; done | sort -u)" T
ok "freeze: it cannot be stopped in order" not quiet A stop "$replica"
A thaw "$replica"
ok "thaw: its Patroni answers" within 10 answers "${!url}/health"
ok "thaw: its PostgreSQL answers" within 10 sql_is "${!pg}" "select 1" 1

A freeze etcd2
ok "freeze etcd2: it does not answer" not answers "${LAB_ETCD_URLS##* }/../" --connect-to "::127.0.0.1:$((base + 12))"
A thaw etcd2
ok "thaw etcd2: it answers" within 10 answers "http://127.0.0.1:$((base + 12))/health"
A freeze pgbouncer
ok "freeze pgbouncer: it does not answer" not sql_is "$LAB_PGBOUNCER_APP" "select 1" 1
A thaw pgbouncer
ok "thaw pgbouncer: it answers" within 10 sql_is "$LAB_PGBOUNCER_APP" "select 1" 1

ok "stop a member" A stop "$replica"
ok "stop: status says stopped" state_is "$replica" stopped
ok "stop: status fails" not quiet A status
ok "stop: no process of it is left" equals "$(processes_in "$tmp/a/$replica")" ""
ok "start a member" A start "$replica"
ok "start: it is a replica again" within 20 role_is "$replica" replica
for node in etcd3 haproxy pgbouncer; do
    ok "stop $node" A stop $node
    ok "stop $node: status says stopped" state_is $node stopped
    ok "start $node" A start $node
    ok "start $node: status says running" state_is $node running
done

pid=$(sql "${!pg}" "select pg_backend_pid()")
ok "kill PostgreSQL alone" A kill "$replica/postgres"
ok "kill PostgreSQL alone: its Patroni runs on" answers "${!url}/liveness"
ok "kill PostgreSQL alone: Patroni starts it again" A start "$replica/postgres"
ok "kill PostgreSQL alone: it answers" within 20 sql_is "${!pg}" "select 1" 1
ok "kill PostgreSQL alone: it is another" not test "$(sql "${!pg}" "select pg_backend_pid()")" = "$pid"

ok "kill Patroni alone" A kill "$replica/patroni"
ok "kill Patroni alone: its PostgreSQL runs on" sql_is "${!pg}" "select 1" 1
ok "kill Patroni alone: start brings it back" A start "$replica"
ok "kill Patroni alone: it is a replica" within 20 role_is "$replica" replica

ok "kill the leader" A kill "$old"
ok "kill: status says stopped" state_is "$old" stopped
ok "kill: no process of it is left" equals "$(processes_in "$tmp/a/$old")" ""
ok "kill: another member leads" within 60 leader_is_not "$old"
ok "kill: PgBouncer follows the new leader" within 30 sql_is "$LAB_PGBOUNCER_APP" "select pg_is_in_recovery()" f
ok "start what was killed" A start "$old"
ok "start what was killed: it comes back as a replica" within 60 role_is "$old" replica

A kill pgbouncer
A kill etcd1
ok "up completes a lab of which parts are gone" quiet A up
ok "up completes: status is well" quiet A status

# --- auth, tls, sync ------------------------------------------------------------------------------------------------

load_env b
ok "second lab: its members" equals "$LAB_MEMBERS" "pg1 pg2"
ok "tls: Patroni with the lab's CA" equals "$(http_code --cacert "$LAB_CACERT" "$LAB_PATRONI_pg1/health")" 200
ok "tls: not without it" not answers "$LAB_PATRONI_pg1/health"
ok "tls: not in clear" not answers "${LAB_PATRONI_pg1/https/http}/health"
ok "auth: reading needs no password" equals "$(http_code --cacert "$LAB_CACERT" "$LAB_PATRONI_pg1/cluster")" 200
ok "auth: a change does" equals "$(http_code --cacert "$LAB_CACERT" -X POST "$LAB_PATRONI_pg1/reload")" 401
ok "auth: and is let in with it" equals "$(http_code --cacert "$LAB_CACERT" -X POST "$LAB_PATRONI_pg1/reload" -K - <<<"user = \"$LAB_REST_USER:$(<"$LAB_REST_PASSFILE")\"")" 202
etcd=${LAB_ETCD_URLS%% *}
case $(curl -s --cacert "$LAB_CACERT" "$etcd/version") in *'"3.3.'*) etcd+=/v3beta ;; *) etcd+=/v3 ;; esac
ok "auth: etcd refuses strangers" equals "$(http_code --cacert "$LAB_CACERT" -d '{"key":"AA=="}' "$etcd/kv/range")" 400
ok "auth: etcd lets Patroni's user in" equals "$(http_code --cacert "$LAB_CACERT" -d @- "$etcd/auth/authenticate" <<<"{\"name\":\"$LAB_ETCD_USER\",\"password\":\"$(<"$LAB_ETCD_PASSFILE")\"}")" 200
ok "auth: patronictl's file has what it needs" has "$(patronictl -c "$LAB_PATRONICTL" list 2>&1)" "Cluster: second"
ok "sync: a synchronous standby" has "$(patronictl -c "$LAB_PATRONICTL" list 2>&1)" "Sync Standby"
ok "tls: HAProxy's checks pass" sql_is "$LAB_HAPROXY_RW" "select pg_is_in_recovery()" f

# --- down -----------------------------------------------------------------------------------------------------------

segments=$(for d in "$tmp"/[ab]/pg*/data; do sed -n 7p "$d/postmaster.pid" | awk '{ print $2 }'; done)
ok "there is shared memory to give back" test -n "$segments"
A freeze pg1
A kill pg2/postgres
for x in a b; do
    ok "down $x" "$lab" down --dir "$tmp/$x"
    ok "down $x: no file" test ! -e "$tmp/$x"
    ok "down $x: no process" equals "$(processes_in "$tmp/$x")" ""
done
left=$(awk -v ids="$segments" 'BEGIN { n = split(ids, a); for (i = 1; i <= n; i++) was[a[i]] = 1 } $2 in was' /proc/sysvipc/shm)
ok "down: no shared memory" equals "$left" ""
ok "down: nothing listens" not answers "http://127.0.0.1:$base/"
ok "down: again is no error" quiet A down

# --- a member apart -------------------------------------------------------------------------------------------------

C() { "$lab" "$@" --dir "$tmp/c"; }
networks() { cat /sys/class/net/pgdba-lab-*/ifalias 2>/dev/null | grep -Fx "$tmp/c"; }
apart_tests() {
    local pids
    load_env c
    ok "apart: the member has an address of its own" has "$LAB_PATRONI_pg2" "https://10.213."
    ok "apart: its Patroni answers there, and its certificate says so" equals "$(http_code --cacert "$LAB_CACERT" "$LAB_PATRONI_pg2/health")" 200
    ok "apart: so does its PostgreSQL" sql_is "$LAB_PG_pg2" "select 1" 1
    ok "apart: and the other, which it must reach" has "$(sql "$LAB_PG_pg1" "select pg_is_in_recovery() || ' ' || inet_server_addr()")" "10.213."
    ok "apart: no server has the right to enter networks" equals "$(for p in $(processes_in "$tmp/c"); do sed -n 's/^CapEff:\t0*//p' "${p%/cwd}/status"; done)" ""
    ok "cut: not what shares its network" has "$(C cut pg1 2>&1)" "pg1 shares its network"
    ok "cut: not what is not there" has "$(C cut pg9 2>&1)" "there is no node 'pg9'"
    ok "cut" C cut pg2
    ok "cut: status says so" has "$(C status)" "cut off"
    ok "cut: its Patroni is not reached" not answers --cacert "$LAB_CACERT" "$LAB_PATRONI_pg2/health"
    ok "cut: nobody is told (curl's 28 is a timeout)" equals "$(answers --cacert "$LAB_CACERT" "$LAB_PATRONI_pg2/health"; echo $?)" 28
    ok "cut: its PostgreSQL is not reached" not sql_is "$LAB_PG_pg2" "select 1" 1
    ok "cut: its processes run on" test -n "$(processes_in "$tmp/c/pg2/data")"
    ok "cut: the other member is reached" within 10 answers --cacert "$LAB_CACERT" "$LAB_PATRONI_pg1/liveness"
    ok "join" C join pg2
    ok "join: its Patroni answers" within 10 answers --cacert "$LAB_CACERT" "$LAB_PATRONI_pg2/liveness"
    ok "apart: stop" C stop pg2
    ok "apart: start" C start pg2
    ok "apart: started again, it is where it was" within 20 sql_is "$LAB_PG_pg2" "select 1" 1
    C cut pg2
    ok "up completes a lab of which a member is cut off" quiet C up
    ok "up completes: status is well" quiet C status
    ok "another member apart: refused" has "$(C up --apart pg1 2>&1)" "its apart is pg2, not pg1"
    ok "down, of a lab with a member apart" C down
    ok "down: its network is gone" equals "$(networks)" ""

    C up --members 1 --apart pg1 --base-port $((base + 200)) >/dev/null 2>&1
    ok "apart, another lab: it has a network" equals "$(networks)" "$tmp/c"
    C stop pg1 # it gives its shared memory back
    mapfile -t pids < <(processes_in "$tmp/c" | tr -dc '0-9\n')
    kill -KILL "${pids[@]}"
    rm -rf -- "${tmp:?}/c"
    ok "down of a lab whose directory somebody removed" quiet C down
    ok "down: its network is gone, too" equals "$(networks)" ""
}

if [[ $(id -u) -eq 0 ]]; then
    # Whether this machine allows it is for the lab to say.
    if out=$(C up --members 2 --tls --apart pg2 --base-port $((base + 200)) 2>&1); then
        apart_tests
    elif [[ $out == *"a member cannot be apart on this machine"* ]]; then
        echo "# skipped: a member apart: $out"
    else
        ok "a lab with a member apart comes up" has "$out" "leads"
    fi
    out=$(setpriv --bounding-set=-sys_admin "$lab" up --apart pg1 --dir "$tmp/c" --base-port $((base + 200)) 2>&1)
    ok "apart where it is not allowed: refused, and why" has "$out" "a member cannot be apart on this machine: no network namespace is allowed here"
    ok "apart where it is not allowed: leaves nothing" test ! -e "$tmp/c"
    out=$(C up --apart pg4 2>&1)
    ok "apart: a member that is not there: refused" has "$out" "there is no member pg4 to set apart: --members is 3"
    ok "apart: refused, it leaves no network" equals "$(networks)" ""
fi

# --- servers inside another root directory (newer.sh of the end-to-end tests has a lab with them) ----------------------

if [[ $(id -u) -eq 0 ]]; then
    mkdir -m 755 "$tmp/inside"
    inside_up() { C up --members 1 --base-port $((base + 200)) --root "$@" 2>&1; }
    ok "inside nothing: refused, and why" has "$(inside_up "$tmp/none")" "that is no system's root directory"
    ok "inside an empty directory: refused" has "$(inside_up "$tmp/inside")" "that is no system's root directory"
    mkdir -p "$tmp/inside/proc" "$tmp/inside/dev" "$tmp/inside/usr/bin" "$tmp/inside/etc"
    touch "$tmp/inside/etc/passwd" "$tmp/inside/etc/group"
    install -m 755 /usr/bin/env "$tmp/inside/usr/bin/env"
    ok "inside what has no servers: refused, and named" has "$(inside_up "$tmp/inside")" "missing programs in $tmp/inside; on Debian and Ubuntu: apt-get install etcd-server patroni"
    chmod 777 "$tmp/inside"
    ok "inside what others can change: refused" has "$(inside_up "$tmp/inside")" "others than root can change $tmp/inside"
    ok "inside the lab's own directory: refused" has "$(inside_up "$tmp/c/r")" "must not contain each other"
    ok "inside, refused: leaves nothing" test ! -e "$tmp/c"
    ok "inside, refused: leaves no mount point" test ! -e "$tmp/inside$tmp"
    rm -rf -- "${tmp:?}/inside"
fi

# --- as an ordinary user --------------------------------------------------------------------------------------------

if [[ $(id -u) -eq 0 ]]; then
    mkdir -m 755 "$tmp/local" "$tmp/local/lib"
    install -m 755 "$lab" "$tmp/local/lab"
    install -m 644 "$top"/deployments/local/lib/*.sh "$tmp/local/lib/"
    install -d -o postgres "$tmp/home"
    user() {
        setpriv --reuid=postgres --regid=postgres --init-groups env -u XDG_STATE_HOME HOME="$tmp/home" \
            sh -c 'cd / && exec "$@"' sh "$tmp/local/lab" "$@"
    }
    ok "as an ordinary user: up" quiet user up --members 1 --base-port $((base + 300))
    ok "as an ordinary user: in its own place" test -d "$tmp/home/.local/state/pgdba/lab"
    ok "as an ordinary user: status" quiet user status
    ok "as an ordinary user: nothing can be cut off" has "$(user cut pg1 2>&1)" "pg1 shares its network"
    ok "as an ordinary user: down" user down
    ok "as an ordinary user: no member apart" has "$(user up --apart pg1 2>&1)" "only root may give a member a network of its own"
    ok "as an ordinary user: inside no other root" has "$(user up --root / 2>&1)" "only root may run the servers inside another root directory"
    ok "as an ordinary user: nothing is left" equals "$(find "$tmp/home" -type f)$(processes_in "$tmp/home")" ""
fi
