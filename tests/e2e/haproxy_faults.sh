# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# HAProxy in trouble, and pgdba with it: limits and queues, checks that fail in every way, servers by other names, a leader that hangs, a
# socket that hangs, talks nonsense, is left over or closed to us, and a reload in the middle of a change.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=28600 lab_up
register_whole local-ha
. "$here/haproxies.sh"
p() { "$pgdba" "$@" --cluster local-ha; }
b() { "$pgdba" "$@" --cluster lb3; }
says() { grep -E -- "$2" <<<"$("$pgdba" status --cluster "$1" 2>&1)"; } # CLUSTER REGEX
lb1=$LAB_HAPROXY_SOCKET lb3=$work/lb3.sock

# ---- one of our own: it leaves sessions where they are, sends anywhere in "every", and one at a time through "narrow"

port=$("$repo/tests/free-ports" 28710 4)
l=$(leader)
c=LAB_PG_$l
{
    cat <<-END
	global
	    stats socket $lb3 mode 600 level admin expose-fd listeners
	defaults
	    mode tcp
	    timeout connect 2s
	    timeout check 1s
	    timeout queue 60s
	    timeout client 30m
	    timeout server 30m
	listen writes
	    bind 127.0.0.1:$port
	    option httpchk OPTIONS /primary
	    http-check expect status 200
	    default-server inter 2s fastinter 1s downinter 1s fall 3 rise 1
	END
    servers
    printf '%s\n' "listen every" "    bind 127.0.0.1:$((port + 1))" "    default-server inter 1s fall 3 rise 1"
    servers
    printf '%s\n' "listen narrow" "    bind 127.0.0.1:$((port + 2))" "    server only $(part "${!c}" host):$(part "${!c}" port) maxconn 1"
} >"$work/lb3.cfg"
haproxy -W -db -f "$work/lb3.cfg" >"$work/lb3.log" 2>&1 &
master=$!
at_exit "kill $master"
is_up() { [[ $(status_of "$lb3" writes "db-${1#pg}") == UP ]]; }
check "the second one finds the leader" wait_until 20 is_up "$l"
pid_of() { ha "$lb3" 'show info' | sed -n 's/^Pid: //p'; }
via() { echo "${LAB_HAPROXY_RW/port=$(part "$LAB_HAPROXY_RW" port)/port=$1}"; } # PORT

umask 077
cluster lb3 <<<"- {name: lb3, socket: $lb3, write_backend: writes}"
cluster every <<<"- {name: lb3, socket: $lb3, write_backend: every}"
cluster two <<END
- {name: lb1, socket: $lb1}
- {name: lb3, socket: $lb3, write_backend: every}
END

# ---- the write backend has several; two HAProxys that differ

check "servers of a write backend that are all up" wait_until 10 says every 'HAProxy \(lb3\) routes writes to 3 servers'
check "two HAProxys that send writes to different members" wait_until 30 says two 'HAProxys differ: lb3 sends writes here, lb1 does not \(DOWN, L7STS 503'
expect "which is what the routes say, too" 2 'lb3' "$pgdba" routes --cluster every

# ---- limits

expect "one at a time, and nobody there: no reason" 0 'healthy' b status
for i in 1 2; do
    psql -XAtc 'select pg_sleep(6)' "$(via $((port + 2)))" >/dev/null 2>&1 &
    at_exit "kill $!"
done
check "a server as full as it may be" wait_until 10 says lb3 '1 of 1 sessions of narrow/only are taken: new ones wait'
check "and who waits for it" wait_until 10 says lb3 '1 wait for a server in narrow'
check "both are gone with the clients" wait_until 30 b status
screen "new sessions a second, and the last change, in the pane" <<END
timeout 20
spawn 70 180 $pgdba --cluster lb3
wait Topology
type :pane haproxy
key Enter
wait-re writes +db-${l#pg} +UP +L7OK 200
run for i in 1 2 3 4 5 6; do psql -XAtc 'select 1' '$(via "$port")' >/dev/null || exit 1; done
wait-re writes +db-${l#pg} +UP +L7OK 200 +[0-9]+ +0 +[1-9][0-9]* +[0-9]
key q
expect-exit 0
END

# ---- a socket that hangs, is asked to change something, and is reloaded

kill -STOP "$(pid_of)"
stopped=$(pgrep -P "$master")
at_exit "kill -CONT $stopped"
expect "a HAProxy that hangs" 1 'no answer from HAProxy' b status
expect "nothing is planned for one that does not answer" 3 'has answered yet' b haproxy maint "db-${l#pg}" --yes
# shellcheck disable=SC2086
kill -CONT $stopped
check "it goes on" wait_until 15 b status
r=$(replica)
screen "it hangs while the plan is read: nothing is sent" <<END
timeout 30
spawn 70 180 $pgdba --cluster lb3
wait L7OK 200
type :haproxy maint writes/db-${r#pg}
key Enter
wait Go ahead?
run kill -STOP $(pid_of)
type y
key Enter
wait-re (nothing|Nothing) was sent
run kill -CONT $(pid_of)
key Esc
key q
expect-exit 0
END
check "HAProxy has it as it was" test "$(admin_of "$lb3" writes "db-${r#pg}")" = 0

# relay STOP|RELOAD: what comes in at relay.sock goes on to lb3; at "set server" HAProxy is stopped before it hears of it, or takes it
# and is reloaded
cat >"$work/relay.py" <<'END'
import os, signal, socket, subprocess, sys
what, path, to, master = sys.argv[1:]
worker = lambda: int(subprocess.run(["pgrep", "-P", master], capture_output=True, text=True).stdout.split()[-1])
here = socket.socket(socket.AF_UNIX)
here.bind(path)
here.listen(16)
done = False
while True:
    near, _ = here.accept()
    line = near.recv(65536)
    change = line.startswith(b"set server") and not done
    if change and what == "STOP":
        os.kill(worker(), signal.SIGSTOP)
    far = socket.socket(socket.AF_UNIX)
    far.connect(to)
    far.sendall(line)
    if os.fork():
        near.close()
        far.close()
        done = done or change
        continue
    while data := far.recv(65536):
        near.sendall(data)
    near.close()
    if change and what == "RELOAD":
        os.kill(int(master), signal.SIGUSR2)
    os._exit(0)
END
cluster relayed <<<"- {name: lb3, socket: $work/relay.sock, write_backend: writes}"
relay() {
    rm -f "$work/relay.sock"
    python3 "$work/relay.py" "$1" "$work/relay.sock" "$lb3" "$master" 2>"$work/relay.err" &
    relay=$!
    at_exit "kill $relay"
    wait_until 5 test -S "$work/relay.sock"
}
relay STOP
expect "it hangs with the request: not known, and so it says" 5 'not seen after .*lb3 writes/db-.*no answer' \
    "$pgdba" haproxy maint "writes/db-${r#pg}" --cluster relayed --yes
kill "$relay"
# shellcheck disable=SC2046
kill -CONT $(pgrep -P "$master")
in_maint() { [[ $(status_of "$lb3" writes "db-${r#pg}") == MAINT ]]; }
check "for when it goes on it does as it was asked" wait_until 10 in_maint
expect "which is a reason" 1 "$r is in MAINT by hand \(writes\)" b status
before=$(pid_of)
relay RELOAD
expect "reloaded after it took it: it has forgotten it" 5 'forgotten by lb3 writes/db-.* \(it was reloaded meanwhile: process' \
    "$pgdba" haproxy drain "writes/db-${r#pg}" --cluster relayed --yes
kill "$relay"
check "it is another process" test "$(pid_of)" != "$before"
check "all is well in it" wait_until 20 b status

# ---- checks that fail in every way, and servers that only their names, or the cluster's file, give to a member

odd=$("$repo/tests/free-ports" 28730 5) lb4=$work/lb4.sock
cat >"$work/odd.py" <<'END'
import socket, sys, threading
says = {"silent": None, "nonsense": b"I am no HTTP server, nor one of TLS\r\n", "500": b"HTTP/1.0 500 broken\r\n\r\n"}
def serve(s, answer):
    kept = []
    while True:
        c, _ = s.accept()
        if answer is None:
            kept = kept[-50:] + [c]
            continue
        try:
            c.recv(4096)
            c.sendall(answer)
        except OSError:
            pass
        c.close()
for port, answer in zip(range(int(sys.argv[1]), 65536), says.values()):
    threading.Thread(target=serve, args=(socket.create_server(("127.0.0.1", port)), answer)).start()
END
python3 "$work/odd.py" "$odd" 2>"$work/odd.err" &
at_exit "kill $!"
listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
check "servers that are none" wait_until 5 listens "$((odd + 2))"
r=$(replica)
{
    cat <<-END
	global
	    stats socket $lb4 mode 600 level admin
	defaults
	    mode tcp
	    timeout connect 1s
	    timeout check 500ms
	    timeout client 30m
	    timeout server 30m
	    option httpchk OPTIONS /primary
	    http-check expect status 200
	    default-server inter 1s fall 2 rise 1
	backend checks
	    server l4con 127.0.0.1:$((odd + 3)) check
	    server l6rsp 127.0.0.1:$((odd + 1)) check check-ssl verify none
	    server l6tout 127.0.0.1:$odd check check-ssl verify none
	    server l7rsp 127.0.0.1:$((odd + 1)) check
	    server l7tout 127.0.0.1:$odd check
	    server l7sts 127.0.0.1:$((odd + 2)) check
	END
    for i in named:srv- told:box-; do
        echo "backend ${i%:*}"
        for m in $LAB_MEMBERS; do
            u=LAB_PATRONI_$m
            name=${i#*:}$m.lan
            [[ $i == named:* ]] || name=${i#*:}${m#pg}
            echo "    server $name 127.0.0.9:1 check addr 127.0.0.1 port ${!u##*:}" # an address of no member's
        done
    done
    # As the lab's own, but that it cannot ask one of them.
    printf '%s\n' "backend ro" "    option httpchk OPTIONS /replica"
    for m in $LAB_MEMBERS; do
        c=LAB_PG_$m u=LAB_PATRONI_$m
        rest=${!u##*:}
        [[ $m != "$r" ]] || rest=$((odd + 3))
        echo "    server $m $(part "${!c}" host):$(part "${!c}" port) check port $rest"
    done
} >"$work/lb4.cfg"
haproxy -db -f "$work/lb4.cfg" >"$work/lb4.log" 2>&1 &
at_exit "kill $!"
cluster odd <<<"- {name: lb4, socket: $lb4, write_backend: named, servers: {box-1: pg1, box-2: pg2, box-3: pg3}}"
cluster untold <<<"- {name: lb4, socket: $lb4, write_backend: named}"
cluster both <<END
- {name: lb1, socket: $lb1}
- {name: lb4, socket: $lb4, write_backend: named}
END
for i in 'l4con L4CON' 'l6rsp L6RSP' 'l6tout L6TOUT' 'l7rsp L7RSP' 'l7tout L7TOUT' 'l7sts L7STS 500'; do
    check "a check that fails with ${i#* } is a fault" wait_until 15 says odd "the check of ${i%% *} fails \(checks\): DOWN, ${i#* }"
done
none_of() { ! says odd 'the check of (srv|box)-'; }
check "one that has not the role is none" none_of
m=$(leader)
screen "members by their names, and by the file" <<END
timeout 20
spawn 70 180 $pgdba --cluster odd
wait Topology
type :pane haproxy
key Enter
wait-re named +srv-$m.lan +UP +L7OK 200 .*$m leads
wait-re told +box-${m#pg} +UP +L7OK 200 .*$m
key q
expect-exit 0
END
for i in "named srv-$r.lan" "told box-${r#pg}"; do
    b=${i% *} s=${i#* }
    expect "maint of a member is that of $b/$s" 0 "^done: .*lb4 $b/$s" "$pgdba" haproxy maint "$r" --backend "$b" --yes --cluster odd
    check "HAProxy has $b/$s in MAINT" test "$(status_of "$lb4" "$b" "$s")" = MAINT
    expect "and ready takes it back" 0 "^done: " "$pgdba" haproxy ready "$r" --backend "$b" --yes --cluster odd
done
expect "without the file nobody knows whose it is" 64 "has a server \"$r\"" "$pgdba" haproxy maint "$r" --backend told --yes --cluster untold
check "two HAProxys that read from different members" wait_until 30 \
    says both "$r: HAProxys differ: lb1 sends connections of ro here, lb4 does not \(DOWN, L4CON"

# ---- sockets that are none

cat >"$work/nonsense.py" <<'END'
import os, socket, sys
what, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(16)
while True:
    c, _ = s.accept()
    if os.fork():
        c.close()
        continue
    try:
        c.recv(4096)
        if what == "garbage":
            c.sendall(bytes(range(256)) * 16 + b"\x1b]0;owned\x07\n")
        elif what == "long":
            c.sendall(b"# pxname," + b"x" * 2000000 + b"\n")
        elif what == "endless":
            while True:
                c.sendall(b"y" * 65536)
        elif what == "thousands":
            rows = "".join(f"web,w{i},0,0,0,0,,5,0,0,,0,,0,0,0,0,DOWN,1,0,0,1,1,9,9,,1,2,{i},,0,,2,0,,0,L4CON,,0\n" for i in range(9000))
            c.sendall(b"""# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration
""" + rows.encode() + b"""evil; shutdown,a b\x1b[2J,0,0,0,0,,5,0,0,,0,,0,0,0,0,UP,1,0,0,1,1,9,9,,1,2,1,,0,,2,0,,0,L7OK,200,0

""")
    except OSError:
        pass
    c.close()
    os._exit(0)
END
nonsense() { # WHAT
    python3 "$work/nonsense.py" "$1" "$work/$1.sock" &
    at_exit "kill $!"
    wait_until 5 test -S "$work/$1.sock"
    cluster "$1" <<<"- {name: odd, socket: $work/$1.sock}"
}
for i in garbage long endless thousands; do nonsense "$i"; done
expect "garbage is said to be that" 1 'HAProxy.*the socket says' "$pgdba" status --cluster garbage
check "and reaches no terminal" bash -c "! '$pgdba' status --cluster garbage 2>&1 | grep -q $'\x1b'"
expect "a line of 2 MB" 1 'HAProxy' "$pgdba" status --cluster long
expect "an answer without an end" 1 'reply from .* is over 8388608 bytes|not finished within' "$pgdba" status --cluster endless
screen "9000 servers that fail, and the keys go on" <<END
timeout 20
spawn 50 160 $pgdba --cluster thousands
wait Topology
type :pane haproxy
key Enter
wait w2
key G
latency evil; shutdown
key q
expect-exit 0
END
ms=$(sed -n 's/^latency //p' <<<"$screen_out")
check "a key on 9000 rows takes less than 1.5 s, also under a sanitizer ($ms ms)" test "${ms%.*}" -lt 1500
expect "few words for thousands of checks" 1 '8980 more checks of servers fail' "$pgdba" status --cluster thousands
expect "a name that would be a command is none" 64 'cannot be named in a command' "$pgdba" haproxy maint $'a b\xef\xbf\xbd[2J' --cluster thousands --yes

# ---- a leader that hangs: its check turns, nobody gets writes, and whoever was connected stays there

psql -XAtc 'select pg_sleep(120)' "$(via "$port")" >/dev/null 2>&1 &
at_exit "kill $!"
connected() { [[ $(sessions_of "$lb3" writes "db-${l#pg}") == 1 ]]; }
check "a client is connected to the leader" wait_until 10 connected
"$lab" freeze --dir "$LAB_DIR" "$l"
check "the leader's check turns: UP 2/3 or 1/3" wait_until 15 says lb3 "check of the leader $l begins to fail \(writes: UP [12]/3\): L[47]TOUT"
check "in time nobody gets writes" wait_until 15 says lb3 'HAProxy has no server to route writes to \(writes\)'
next() { [[ $(leader) != "$l" ]]; }
check "another leads" wait_until 60 next
# A member whose key has run out is nobody's to a program that only now begins to look: its server's name stands for it then.
check "the client still hangs where nothing can be written" wait_until 40 says lb3 "1 session of writes stays on ($l|db-${l#pg}), which takes none any more \(DOWN"
check "a check that is no answer is a fault" says lb3 "the check of db-${l#pg} fails \(writes(, every)?\): DOWN, L[47]TOUT"
expect "its session is ended" 0 '^done: ' b haproxy shutdown-sessions "writes/db-${l#pg}" --yes
check "none stays there" test "$(sessions_of "$lb3" writes "db-${l#pg}")" = 0
"$lab" thaw --dir "$LAB_DIR" "$l"
wait_until 60 whole || rebuild
check "whole again" wait_until 60 whole
check "and healthy" wait_until 30 b status

# ---- a socket that is closed to us, and one that is left over

chmod 000 "$lb3"
as() { "$@"; }
[[ $(id -u) != 0 ]] || as() {
    setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/nobody" XDG_CONFIG_HOME="$work/nobody" XDG_STATE_HOME="$work/nobody" "$@"
}
mkdir -p "$work/nobody/pgdba/clusters"
cp "${file%/*}/lb3.yml" "$work/nobody/pgdba/clusters/"
chmod -R a+rX "$work/nobody"
[[ $(id -u) != 0 ]] || chown -R 65534:65534 "$work/nobody"
expect "a socket without permission" 1 'no permission to connect to' as "$pgdba" status --cluster lb3
chmod 600 "$lb3"
kill -9 "$(pid_of)" "$master" 2>/dev/null
dead() { [[ -S $lb3 ]] && ! ha "$lb3" 'show info'; }
check "HAProxy is gone, its socket is not" wait_until 5 dead
expect "the socket of one that is gone" 1 'connection refused by' b status
expect "and nothing can be changed by it" 3 'has answered yet' b haproxy maint "db-${r#pg}" --yes
echo "# end of haproxy_faults"
