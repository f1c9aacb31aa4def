# shellcheck shell=bash disable=SC2119,SC2154
# Acting by keys on a real cluster: the menu of a member, marked members as a set, names brought into the command bar. Nothing happens but by
# a plan that was confirmed.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24400 lab_up
register_whole local-ha
old=$(leader)
read -r one two < <(for m in $LAB_MEMBERS; do [[ $m == "$old" ]] || printf '%s ' "$m"; done)
started() { local c=LAB_PG_$1; psql -XAtc 'select pg_postmaster_start_time()' "${!c}"; }
intents() { if [[ -e $audit ]]; then grep -c '"what":"intent"' "$audit"; else echo 0; fi; }
down_to() { # MEMBER: keys from the first row of the topology, which is the leader's, to the member's
    local m
    for m in $LAB_MEMBERS; do
        [[ $m == "$old" ]] || echo "key Down"
        [[ $m != "$1" ]] || return 0
    done
}

screen "the menu says what can be done, and why not what cannot" <<END
spawn 24 80 $pgdba --cluster local-ha
wait ✓ healthy
wait Enter actions
key Enter
wait Actions on $old
wait restart $old
wait-re switch over to it +not now: $old leads already
wait-re cancel its scheduled restart +not now: no restart is scheduled on $old
key Enter
wait up since
key Esc
absent up since
key q
expect-exit 0
END
check "nothing was asked of the cluster" test "$(intents)" = 0

screen "menu, switchover, Esc: nothing is done; Enter Enter is no confirmation" <<END
timeout 20
spawn 30 100 $pgdba --cluster local-ha
wait ✓ healthy
$(down_to "$one")
key Enter
wait Actions on $one
key Down Down Down Down Down Down Down Down
key Enter
wait Type the new leader's name
wait POST http
key Enter
wait type $one, or Esc
key Enter
wait type $one, or Esc
key Esc
wait nothing was sent
key Enter
wait Actions on $one
key Down Down Down Down
key Enter
wait [y/N]
key Enter
wait nothing was sent
key q
expect-exit 0
END
check "$old leads as before" test "$(leader)" = "$old"
check "no request was meant to go out" test "$(intents)" = 0

before_one=$(started "$one") before_two=$(started "$two") before_old=$(started "$old")
screen "two replicas are marked, and restarted through one plan" <<END
timeout 60
spawn 30 100 $pgdba --cluster local-ha
wait ✓ healthy
$(down_to "$one")
key m
wait 1 marked
key g
$(down_to "$two")
key m
wait 2 marked
wait-re 2 marked +$one, $two
key g
key Enter
wait Actions on 2 marked: $one, $two
wait-re switch over to it +not now: one at a time
key Down Down Down Down
key Enter
wait Restart local-ha: $one, $two
wait [y/N]
key y
key Enter
wait restart $one: up again
wait restart $two: up again
wait all are up again
key Esc
wait 2 marked
key Esc
absent 2 marked
key q
expect-exit 0
END
check "$one was restarted" test "$(started "$one")" != "$before_one"
check "$two was restarted" test "$(started "$two")" != "$before_two"
check "$old was not" test "$(started "$old")" = "$before_old"
check "it was one intent with two requests" test "$(intents) $(grep '"what":"outcome"' "$audit" | tail -1 |
    json_get 'str(len(d["requests"])) + " " + d["outcome"]')" = "1 2 done"
check "whole again" wait_until 30 whole

before_two=$(started "$two")
screen "R takes the marked; Space brings the name into the bar, open or not" <<END
timeout 40
spawn 30 100 $pgdba --cluster local-ha
wait ✓ healthy
$(down_to "$two")
key m
wait 1 marked
key R
wait :restart $two
key C-c
key M
absent marked
key R
wait :restart
key Space
wait :restart $two
key C-c
key Space
type restart
wait :restart $two
key Enter
wait [y/N]
key y
key Enter
wait done after
key Esc
wait ✓ healthy
key 3
wait SERVERS
key Space
wait-re : app
key Esc
key q
expect-exit 0
END
check "$two was restarted" test "$(started "$two")" != "$before_two"
check "whole again" wait_until 30 whole

screen "a read-only console greys what changes something" <<END
spawn 24 80 $pgdba --cluster local-ha --read-only
wait ✓ healthy
key Enter
wait-re restart +not now: this console is read-only
key Down Down Down Down
key Enter
wait Actions on $old
absent [y/N]
key g Down
key Enter
wait-re $old: PostgreSQL at 127.0.0.1:[0-9]+
key Enter
key Down Down
key Enter
wait :query $old
type select 6*7 as answer
key Enter
wait not asked: PostgreSQL's login here is a superuser's
key Esc
key q
expect-exit 0
END
screen "a mark is seen without colours and in ASCII; it goes with M; a filter and a sort keep it" <<END
spawn 24 80 env NO_COLOR=1 $pgdba --cluster local-ha --ascii
wait healthy
$(down_to "$two")
key m
wait-re [+]. $two
wait 1 marked
key > >
wait-re [+]$two
key 2
wait-re [+]$two
key /
type $one
key Enter
wait contain
wait-re 1 marked +$two
key M
absent marked
key q
expect-exit 0
END
check "nothing more was sent" test "$(intents)" = 2
echo "# end of keys"
