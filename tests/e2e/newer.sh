# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# Debian 13's servers (Patroni 4, PostgreSQL 17, etcd 3.5) under this machine's pgdba: the same actions as on Debian's own, what else
# differs by version, and a leader that is killed. Left out, with the reason, where no Debian 13 can be made.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if ! E2E_ROOT=$("$repo/tests/debian-root" trixie 2>"$work/root.err"); then
    echo "ok - Debian 13's servers # SKIP $(tail -1 "$work/root.err")"
    echo "# end of newer"
    exit 0
fi
E2E_PORT=24600
. "$here/actions.sh"
. "$here/story.sh"

# ---- what is told of it

check "whole" wait_until 60 whole
version=$(of "$(leader)" 'd["patroni"]["version"]')
check "it is a Patroni 4 ($version)" test "${version%%.*}" = 4
check "and a PostgreSQL 17 or later" test "$(sql "$(leader)" 'show server_version_num')" -ge 170000
expect "status: healthy, and who leads" 0 "^local-ha: healthy, leader $(leader)," p status
check "status: roles and states are known words" json \
    "sorted(m['role'] for m in d['members']) == ['leader', 'replica', 'replica'] and
     sorted(m['state'] for m in d['members']) == ['running', 'streaming', 'streaming']" <<<"$(p status --format json)"
expect "lag: both replicas stream" 0 ' 0 B .*live +streaming' p lag
expect "truth: all say the same" 0 "$(leader)" p truth
check "truth: nobody disagrees" json \
    "len(d['members']) == 3 and not any(c.get('contradicts') for m in d['members'] for c in m.values() if isinstance(c, dict))" \
    <<<"$(p truth --format json)"
expect "dcs: etcd's own version" 0 '3\.[5-9]\.' p dcs

# ---- switchover, rebuild, restart of one

old=$(leader) new=$(replica)
expect "switchover" 0 "^done: $new leads" p switchover --candidate "$new" --yes
check "$new leads by its own word" test "$(of "$new" 'd["role"]')" = primary
check "$old is a replica by its own word" test "$(of "$old" 'd["role"]')" = replica
check "whole again" wait_until 60 whole
r=$(replica)
expect "reinit" 0 '^done: ' p reinit "$r" --yes
check "whole again" wait_until 60 whole
expect "reinit --from-leader is refused before 4.1, with the reason" 4 '4\.1' p reinit "$r" --from-leader --yes
expect "restart of the replicas" 0 '^done: ' p restart --role replica --yes
check "whole again" wait_until 60 whole

expect "demote-cluster is refused before 4.1, with the reason" 4 'before 4\.1 a demoted leader' p demote-cluster --host 192.0.2.1 --yes

# ---- quorum commit, which Patroni 3 does not have

quorum_standbys() { p status --format json | json "sum(m['role'].startswith('quorum') for m in d['members']) == $1"; }
expect "quorum commit is set" 0 '^done: ' p config set synchronous_mode=quorum --yes
check "both replicas are quorum standbys" wait_until 30 quorum_standbys 2
old=$(leader) new=$(replica)
expect "switchover to a quorum standby" 0 "^done: $new leads" p switchover --candidate "$new" --yes
check "whole again" wait_until 60 whole
check "both replicas are quorum standbys again" wait_until 30 quorum_standbys 2
expect "quorum commit is taken back" 0 '^done: ' p config set synchronous_mode=false --yes
check "no quorum standby is left" wait_until 30 quorum_standbys 0

# ---- kill -9 of the leader, watched

begin_watch
old=$(leader)
"$lab" kill --dir "$LAB_DIR" "$old"
until_story 60 "kill: a crash failover, all of whose phases come in order" \
    "in_order(fo('crash-failover'), 'last-sign', 'lock-gone', 'lock-taken', 'promoted', 'writable')"
until_story 30 "kill: HAProxy routes to the new leader" "phase(fo('crash-failover'), 'haproxy')"
until_story 40 "kill: the surviving replica streams from the new leader" "phase(fo('crash-failover'), 'replica')"
gone=LAB_PATRONI_$old # its name went with its key in etcd
expect "kill: status says who is missing" 1 "degraded: ${!gone} is configured, gives no answer" p status
"$lab" start --dir "$LAB_DIR" "$old" >/dev/null 2>&1
check "whole again" wait_until 60 whole
until_story 60 "kill: it ends, named with both leaders" \
    "not fo('crash-failover')['open'] and fo('crash-failover')['from'] == '$old' and fo('crash-failover')['to'] == '$(leader)'"
end_watch
expect "failovers: kept, and listed" 0 'crash failover' p failovers

echo "# end of newer"
