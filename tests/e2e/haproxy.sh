# shellcheck shell=bash disable=SC2119,SC2154
# HAProxy on a real cluster: the lab's own by its Unix socket, and a second one with TLS, a password and a TCP socket: what is shown of
# them, every action, and every refusal. What was done is asked of HAProxy itself, and not of us.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=28200 lab_up
register_whole local-ha
. "$here/haproxies.sh"
p() { "$pgdba" "$@" --cluster local-ha; }

# ---- the second one

port=$("$repo/tests/free-ports" 28310 4)
lb2_stats=127.0.0.1:$port lb2_socket=127.0.0.1:$((port + 1)) lb2_writes=$((port + 2)) lb2_reads=$((port + 3))
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lb2 -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$work/lb2.key" -out "$work/lb2.crt" >/dev/null 2>&1
cat "$work/lb2.crt" "$work/lb2.key" >"$work/lb2.pem"
{
    cat <<-END
	global
	    stats socket $lb2_socket level admin
	    stats socket $work/operator.sock level operator
	defaults
	    mode tcp
	    timeout connect 2s
	    timeout check 2s
	    timeout client 30m
	    timeout server 30m
	listen stats
	    mode http
	    bind $lb2_stats ssl crt $work/lb2.pem
	    stats enable
	    stats uri /haproxy?stats
	    stats auth ops:secret
	listen writes
	    bind 127.0.0.1:$lb2_writes
	    option httpchk
	    http-check send meth OPTIONS uri /primary
	    http-check expect status 200
	    default-server inter 1s fastinter 500ms downinter 500ms fall 3 rise 1
	END
    servers
    # Nothing here ends the sessions of a server that is marked down, as the lab's own does.
    cat <<-END
	listen reads
	    bind 127.0.0.1:$lb2_reads
	    option httpchk
	    http-check send meth OPTIONS uri /replica
	    http-check expect status 200
	    default-server inter 1s fall 3 rise 1
	END
    servers
} >"$work/lb2.cfg"
haproxy -db -f "$work/lb2.cfg" >"$work/lb2.log" 2>&1 &
lb2=$!
at_exit "kill $lb2"

lb1=$LAB_HAPROXY_SOCKET
check "the lab's HAProxy has a socket" ha "$lb1" 'show info'
leader_up() { [[ $(status_of "$lb2_socket" writes "db-${1#pg}") == UP ]]; }
check "the second one finds the leader" wait_until 20 leader_up "$(leader)"

umask 077
echo secret >"$work/password"
tls="url: \"https://$lb2_stats/haproxy?stats\", username: ops, password_file: $work/password, cacert: $work/lb2.crt"
cluster page <<<"- {name: lb2, $tls}"
cluster wrong <<<"- {name: lb2, url: \"https://$lb2_stats/haproxy?stats\", cacert: $work/lb2.crt}"
cluster operator <<<"- {name: lb2, socket: $work/operator.sock}"
cluster away <<<"- {name: lb2, $tls, socket: $work/nothing.sock}"
cluster readers <<<"- {name: lb2, socket: \"$lb2_socket\", write_backend: reads}"
cluster local-ha <<END
- {name: lb1, url: $LAB_HAPROXY_STATS, socket: $lb1}
- {name: lb2, $tls, socket: "$lb2_socket"}
END

# ---- seeing

expect "both sockets: the cluster is healthy" 0 'healthy' p status
expect "the page with TLS and a password, alone: healthy" 0 'healthy' "$pgdba" status --cluster page
expect "without the password it is said" 1 'unauthorised' "$pgdba" status --cluster wrong
expect "a socket that is not there: the page is asked, and it is said" 1 'runtime socket is not used.*there is no socket' "$pgdba" status --cluster away
expect "a wrong socket in the file is refused with its line" 64 'haproxy\[0\]\.socket: expected a socket' \
    "$pgdba" cluster status --name "$(cluster bad <<<'- {name: x, socket: nonsense}'; echo bad)"
rm -f "${file%/*}/bad.yml"
screen "the pane: servers of both, checks, members, who leads" <<END
timeout 20
spawn 70 180 $pgdba --cluster local-ha
wait Topology
type :pane haproxy
key Enter
wait db-1
wait L7OK 200
wait L7STS 503
wait $(leader) leads
key q
expect-exit 0
END

# ---- maint, ready

r=$(replica) l=$(leader)
expect "a dry run shows the exact lines" 0 "set server rw/$r state maint" p haproxy maint "$r" --dry-run
expect "maint of a member: on both, in each backend" 0 "^done: .*lb1 rw/$r, lb1 ro/$r, lb2 writes/db-${r#pg}, lb2 reads/db-${r#pg}" p haproxy maint "$r" --yes
check "lb1 has it in MAINT" test "$(status_of "$lb1" rw "$r") $(status_of "$lb1" ro "$r")" = "MAINT MAINT"
check "lb2 has it in MAINT, by its own name for it" test "$(status_of "$lb2_socket" writes "db-${r#pg}")" = MAINT
expect "what is left behind is a reason" 1 "$r is in MAINT by hand \(rw, ro\)" p status
expect "maint again warns" 4 'is in maintenance already' p haproxy maint "$r" --yes
expect "ready, on one of them" 0 "^done: .*lb2 writes/db-${r#pg}, lb2 reads" p haproxy ready "$r" --on lb2 --yes
# Its check, which begins anew, may not have found it DOWN yet.
check "only lb2 is back" test "$(admin_of "$lb2_socket" writes "db-${r#pg}") $(status_of "$lb1" rw "$r")" = "0 MAINT"
expect "ready, on the other" 0 "^done: .*lb1 rw/$r, lb1 ro/$r" p haproxy ready "$r" --on lb1 --yes
healthy() { p status >/dev/null; }
check "then all is well" wait_until 20 healthy
expect "the audit log has the line" 0 "set server rw/$r state ready" tail -2 "$audit"

# ---- a drain that its status hides

expect "drain of a server that is down by its role" 0 '^done: ' p haproxy drain "$r" --backend rw --on lb1 --yes
check "HAProxy calls it DOWN all the same" test "$(status_of "$lb1" rw "$r")" = DOWN
check "and has it drained" test "$(admin_of "$lb1" rw "$r")" = 8
expect "it is seen" 1 "$r is in DRAIN by hand \(rw\)" p status
expect "and taken back" 0 '^done: ' p haproxy ready "$r" --backend rw --on lb1 --yes
check "it is not drained any more" test "$(admin_of "$lb1" rw "$r")" = 0

# ---- refusals

expect "the last one that takes: no option stands for the word" 4 'always asked for' p haproxy drain "$l" --backend rw --on lb1 --yes --force-warnings
check "nothing was sent" test "$(status_of "$lb1" rw "$l")" = UP
expect "no such server" 64 'has a server "pg9".*did you mean' p haproxy maint pg9 --yes
expect "no such backend" 64 'backend with servers "rx".*did you mean "rw"' p haproxy maint "$r" --backend rx --yes
expect "no such HAProxy" 64 'no HAProxy "lb3".*did you mean "lb' p haproxy maint "$r" --on lb3 --yes
expect "no server" 64 "needs a server's name" p haproxy maint --yes
expect "sessions in several backends" 64 'say which with --backend' p haproxy shutdown-sessions "$r" --yes
expect "a socket that may not" 4 'only of level operator' "$pgdba" haproxy maint "db-${r#pg}" --cluster operator --yes
expect "no socket at all" 4 'has no socket in the cluster' "$pgdba" haproxy maint "db-${r#pg}" --cluster page --yes
expect "a socket that is away" 4 'cannot be used: there is no socket' "$pgdba" haproxy maint "db-${r#pg}" --cluster away --yes
expect "read-only" 4 'read-only' p haproxy maint "$r" --read-only --yes
check "nothing of that was sent" test "$(status_of "$lb2_socket" writes "db-${r#pg}")" = DOWN

# ---- sessions

psql -XAtc 'select pg_sleep(120)' "${LAB_HAPROXY_RO/port=$(part "$LAB_HAPROXY_RO" port)/port=$lb2_reads}" >"$work/psql.out" 2>&1 &
psql=$!
at_exit "kill $psql"
with_session() {
    for m in $LAB_MEMBERS; do
        [[ $(sessions_of "$lb2_socket" reads "db-${m#pg}") == 1 ]] && echo "$m" && return
    done
    return 1
}
check "a session goes through reads" wait_until 10 with_session
s=$(with_session)
expect "maint lets it be, and says so" 0 'with 1 session' p haproxy maint "$s" --backend reads --yes
stays() { grep -E "1 session of reads stays on $s" <<<"$("$pgdba" status --cluster readers)"; }
check "stale sessions of a write backend are a reason" wait_until 15 stays
expect "they are ended" 0 "^done: .*lb2 reads/db-${s#pg}" p haproxy shutdown-sessions "$s" --backend reads --yes
gone() { ! kill -0 "$psql"; }
check "the client was cut off" wait_until 5 gone
check "none is left" test "$(sessions_of "$lb2_socket" reads "db-${s#pg}")" = 0
expect "ready again" 0 '^done: ' p haproxy ready "$s" --backend reads --yes

# ---- by the command bar, with the word

screen "the leader's server, last of its backend, out of service by the command bar: its backend's name is typed" <<END
timeout 40
spawn 70 180 $pgdba --cluster local-ha
type :pane haproxy
key Enter
wait db-1
type :haproxy maint $l --backend rw --on lb1
key Enter
wait set server rw/$l state maint
wait nobody is left that takes connections in rw
wait the backend that nobody is left in, rw
type ro
key Enter
wait nothing was sent
key C-u
type rw
key Enter
wait All the same
type y
key Enter
wait seen in the statistics
key Esc
key q
expect-exit 0
END
check "it is in MAINT" test "$(status_of "$lb1" rw "$l")" = MAINT
no_target() { grep -E 'HAProxy has no server to route writes to|the server of the leader .* is in MAINT by hand' <<<"$(p status)"; }
check "that nobody gets writes is a reason" wait_until 15 no_target
expect "ready brings it back" 0 '^done: ' p haproxy ready "$l" --backend rw --on lb1 --yes
check "writes go there again" wait_until 10 leader_up "$l"
check "all is well at the end" wait_until 30 healthy

# ---- registering

expect "cluster connect takes sockets" 0 "socket: $lb1" "$pgdba" cluster connect --name again --patroni-url "${LAB_PATRONI_URLS%% *}" \
    --haproxy "$LAB_HAPROXY_STATS" --haproxy-socket "$lb1" --haproxy-socket "$lb2_socket" --dry-run
echo "# end of haproxy"
