# shellcheck shell=bash disable=SC2119,SC2154
# The real program on a terminal, on a real cluster: what an engineer sees and types.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24200 lab_up
"$pgdba" cluster connect --name local-ha --patroni-url "$LAB_PATRONI_pg1" --patroni-url "$LAB_PATRONI_pg2" \
    --patroni-url "$LAB_PATRONI_pg3" --pgbouncer "$LAB_PGBOUNCER_STATS" >/dev/null
old=$(leader)
new=$(replica)

screen "80x24: the whole cluster, one pane at a time" <<END
spawn 24 80 $pgdba
wait ✓ healthy
wait $old TL
wait-re pg1 .*(leader|streaming|running)
key 2
wait RECEIVE
wait REPLAY
key 3
wait SERVERS
wait app
key 4
wait XACT/S
key 1
wait ROLE
key ?
wait type a command
key Esc
absent type a command
key d
wait up since
key Esc
key q
expect-exit 0
END

screen "switchover typed in the command bar, confirmed by name, seen to its end" <<END
timeout 40
spawn 24 80 $pgdba --cluster local-ha
wait ✓ healthy
key :
type swi
key Tab
wait :switchover
type --candidate $new
key Enter
wait POST http://127.0.0.1
wait Type the new leader's name
type wrong
key Enter
absent done after
key C-u
type $new
key Enter
wait-re (done after|running for|for [0-9.]+ s)
wait done after
wait $new leads on timeline
key Esc
wait-re $new +. leader
wait ✓ healthy
key q
expect-exit 0
END
check "the cluster agrees" test "$(leader)" = "$new"
check "and is whole" wait_until 20 whole
old=$(leader)
m=$(replica)

screen "restart asks y/N; no is no" <<END
spawn 24 80 $pgdba
wait ✓ healthy
key :
type restart $m
key Enter
wait [y/N]
key n Enter
absent [y/N]
key :
type restart $m
key Enter
wait [y/N]
key y
key Enter
timeout 40
wait done after
key Esc
wait ✓ healthy
key q
expect-exit 0
END
check "whole again" wait_until 30 whole

screen "reinit asks for the member's name" <<END
timeout 60
spawn 30 100 $pgdba
wait ✓ healthy
key :
type reinit $m
key Enter
wait DELETED
wait Type
type $m
key Enter
wait done after
key Esc
wait ✓ healthy
key q
expect-exit 0
END
check "whole again" wait_until 30 whole

screen "200x60: every pane at once, and every size down to 40x10" <<END
spawn 60 200 $pgdba
wait ✓ healthy
wait RECEIVE
wait XACT/S
wait transaction
resize 10 40
wait MEMBER
wait ✓ healthy
resize 5 20
wait 40x10 needed
resize 24 80
wait [1Topo]
key q
expect-exit 0
END

screen "refresh timer: interval, freeze, refresh goes on while typing" <<END
spawn 24 80 $pgdba
wait every 1s
key -
wait every 0.5s
key +
key +
wait every 2s
key f
wait FROZEN
key f
absent FROZEN
key :
type interval 1s
wait :interval 1s
wait-re next 0\.[1-5]s
wait-re next 1\.[5-9]s
wait-re next 0\.[1-5]s
key Enter
wait every 1s
key :
type nonsense
key Enter
wait nonsense
key Esc
key :
type theme light
key Enter
wait ✓ healthy
key /
type $m
key Enter
wait $m
key Esc
key q
expect-exit 0
END

screen "read-only: the badge, and refused where requests are sent" <<END
spawn 24 80 $pgdba --read-only
wait ✓ healthy
wait-re (READ|read).?(ONLY|only)
key :
type switchover --candidate $m
key Enter
wait read-only
key Esc
key q
expect-exit 0
END

sed -i 's/^environment:.*//' "$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml"
echo 'environment: production' >>"$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml"
screen "production: the cluster's name is asked for, whatever it is" <<END
spawn 24 80 $pgdba
wait ✓ healthy
wait PRODUCTION
key :
type restart $m
key Enter
wait Type the cluster's name
type $m
key Enter
wait Type the cluster's name
key Esc
absent Type the cluster's name
key q
expect-exit 0
END
check "nothing was changed by it, and the refusals are audited" bash -c "grep -c refusal '$audit' | grep -qv '^0'"

screen "a paste never runs a command" <<END
spawn 24 80 $pgdba
wait ✓ healthy
paste :quit\nq
watch 0.5
wait ✓ healthy
key :
paste quit\n
wait :quit
key Esc
key q
expect-exit 0
END
check "the cluster is what it was" test "$(leader)" = "$old"
echo "# end of console"
