# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# HAProxy 3.0, of Debian 13: its columns and its words are others; seen and changed through its socket all the same. Left out, with the
# reason, where no Debian 13 can be made.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if ! E2E_ROOT=$("$repo/tests/debian-root" trixie 2>"$work/root.err"); then
    echo "ok - Debian 13's HAProxy # SKIP $(tail -1 "$work/root.err")"
    echo "# end of newer_haproxy"
    exit 0
fi
E2E_PORT=30200 lab_up
register_whole local-ha
. "$here/haproxies.sh"
p() { "$pgdba" "$@" --cluster local-ha; }
lb=$LAB_HAPROXY_SOCKET
cluster local-ha <<<"- {name: lb, url: $LAB_HAPROXY_STATS, socket: $lb}"
cluster page <<<"- {name: lb, url: $LAB_HAPROXY_STATS}"

# ---- seeing

version=$(ha "$lb" 'show info' | sed -n 's/^Version: //p')
check "it is an HAProxy 3.0 or later ($version)" test "${version%%.*}" -ge 3
columns=$(ha "$lb" 'show stat' | head -1 | tr ',' '\n' | grep -c .)
check "its statistics have more columns than those of 2.6 ($columns)" test "$columns" -gt 128
expect "by its socket: the cluster is healthy" 0 'healthy' p status
expect "by its page: the same" 0 'healthy' "$pgdba" status --cluster page
r=$(replica) l=$(leader)
screen "the pane: who is up, who has not the role, who leads; the version on the card" <<END
timeout 20
spawn 70 180 $pgdba --cluster local-ha
wait $l
type :pane haproxy
key Enter
wait-re rw +$l +UP.* +L7OK 200 .*$l leads
wait-re rw +$r +DOWN +L7STS 503
key d
wait $version
wait-re level +admin
key Esc
key q
expect-exit 0
END

# ---- acting

expect "maint: in both backends" 0 "^done: .*lb rw/$r, lb ro/$r" p haproxy maint "$r" --yes
check "it is in MAINT by HAProxy's own word" test "$(status_of "$lb" rw "$r") $(status_of "$lb" ro "$r")" = "MAINT MAINT"
expect "it is a reason" 1 "$r is in MAINT by hand \(rw, ro\)" p status
expect "ready" 0 '^done: ' p haproxy ready "$r" --yes
check "it is out of it" test "$(admin_of "$lb" rw "$r") $(admin_of "$lb" ro "$r")" = "0 0"
expect "drain of one that is down by its role, as rw/$r" 0 "^done: .*lb rw/$r" p haproxy drain "rw/$r" --yes
check "HAProxy has it drained" test "$(admin_of "$lb" rw "$r")" = 8
expect "seen, although its status says DOWN" 1 "$r is in DRAIN by hand \(rw\)" p status
expect "taken back" 0 '^done: ' p haproxy ready "rw/$r" --yes
expect "the last one that takes: no option stands for the word" 4 'always asked for' p haproxy maint "rw/$l" --yes --force-warnings
check "nothing was sent" test "$(status_of "$lb" rw "$l")" = UP

psql -XAtc 'select pg_sleep(60)' "$LAB_HAPROXY_RO" >"$work/psql.out" 2>&1 &
psql=$!
at_exit "kill $psql"
with_session() {
    local m
    for m in $LAB_MEMBERS; do
        [[ $(sessions_of "$lb" ro "$m") == 1 ]] && echo "$m" && return
    done
    return 1
}
check "a session goes through ro" wait_until 10 with_session
s=$(with_session)
expect "its sessions are ended" 0 "^done: .*lb ro/$s" p haproxy shutdown-sessions "ro/$s" --yes
gone() { ! kill -0 "$psql"; }
check "the client was cut off" wait_until 5 gone
healthy() { p status >/dev/null; }
check "all is well at the end" wait_until 20 healthy
echo "# end of newer_haproxy"
