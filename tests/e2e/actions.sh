# shellcheck shell=bash disable=SC2119,SC2154
# Every action on a real cluster, from the shell and from the command bar: what was asked for is there afterwards, by Patroni's and
# PostgreSQL's own word and not by ours. newer.sh goes through the same list on newer servers.
[[ -n ${E2E_ROOT:-} ]] || . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=${E2E_PORT:-25400} lab_up
register_whole local-ha
p() { "$pgdba" "$@" --cluster local-ha; }
any_url() { local l; l=$(leader) && l=LAB_PATRONI_$l && echo "${!l}"; }
of() { local u=LAB_PATRONI_$1; patroni_get "${!u}/patroni" | json_get "$2"; } # MEMBER EXPRESSION
sql() { local c=LAB_PG_$1; psql -XAtc "$2" "${!c}"; }                          # MEMBER SQL
setting() { patroni_get "$(any_url)/config" | json_get "$1"; }
last_audit() { tail -1 "$XDG_STATE_HOME/pgdba/audit.jsonl" | json_get "$1"; }

# ---- pause, resume

expect "pause: done when every member says so" 0 '^done: every member says that it is paused' p pause --yes
for m in $LAB_MEMBERS; do check "$m is paused by its own word" test "$(of "$m" 'd.get("pause", False)')" = True; done
expect "pause again is refused" 4 'is paused already' p pause --yes
expect "nothing can be scheduled in a pause" 4 'nothing can be scheduled then' p switchover --at +1h --yes
expect "the audit log says what was refused and why" 0 'blocked by a check' last_audit 'd["why"]'
expect "resume" 0 '^done: every member says that it manages again' p resume --wait --yes
for m in $LAB_MEMBERS; do check "$m manages again" test "$(of "$m" 'd.get("pause", False)')" = False; done

# ---- scheduled, and cancelled

expect "a switchover is scheduled" 0 '^done: the switchover is scheduled for' p switchover --candidate "$(replica)" --at +2h --yes
check "Patroni lists it" test "$(patroni_get "$(any_url)/cluster" | json_get 'd["scheduled_switchover"]["from"]')" = "$(leader)"
expect "another one would replace it, and that is said" 4 'this one replaces it' p switchover --at +3h --yes
expect "it is cancelled" 0 '^done: no switchover is scheduled any more' p cancel switchover --yes
check "Patroni lists none" test "$(patroni_get "$(any_url)/cluster" | json_get '"scheduled_switchover" in d')" = False
expect "there is nothing to cancel" 4 'has no scheduled switchover' p cancel switchover --yes
expect "a time that is over" 64 'is in the past|no such time' p switchover --at 2020-01-01T03:00 --yes
r=$(replica)
expect "a restart is scheduled" 0 '^done: scheduled for' p restart "$r" --at +2h --yes
check "$r says so" test "$(of "$r" '"scheduled_restart" in d')" = True
expect "a second one is refused" 4 'makes room' p restart "$r" --at +3h --yes
expect "it is cancelled, where there is one" 0 '^done: no restart is scheduled there any more' p cancel restart --role any --yes
check "$r says so" test "$(of "$r" '"scheduled_restart" in d')" = False

# ---- reload

expect "reload names its members or their role" 64 'needs members' p reload --yes
expect "reload" 0 '^done: each has taken it' p reload --role any --yes
for m in $LAB_MEMBERS; do check "$m's Patroni read its file again" grep -q 'Reloading\|reload' "$LAB_DIR/$m/log"; done

# ---- the configuration

expect "config show" 0 '"ttl": '"$LAB_TTL" p config show
expect "config set" 0 '^done: the configuration says so now' p config set maximum_lag_on_failover=2097152 --pg work_mem=5MB --yes
check "Patroni has both" test "$(setting 'str(d["maximum_lag_on_failover"]) + d["postgresql"]["parameters"]["work_mem"]')" = 20971525MB
check "PostgreSQL has it" wait_until 20 bash -c "[[ \$(psql -XAtc 'show work_mem' '$(l=LAB_PG_$(leader); echo "${!l}")') == 5MB ]]"
expect "nothing would change" 4 'nothing would change' p config set maximum_lag_on_failover=2097152 --yes
expect "what Patroni would take without a word is refused" 4 'a whole number is wanted' p config set ttl=soon --yes
expect "and what would cost the lock" 4 'less than loop_wait' p config set "retry_timeout=$LAB_TTL" --yes
check "neither was sent" test "$(setting 'str(d["ttl"])')" = "$LAB_TTL"
undo_line=$(p config set --pg work_mem=6MB --dry-run | sed -n 's/.*To undo it: //p')
expect "a dry run sends nothing" 0 'nothing was sent' p config set --pg work_mem=6MB --dry-run
check "it says how to undo it" grep -q 'work_mem":"5MB' <<<"$undo_line"
check "work_mem is as it was" test "$(setting 'd["postgresql"]["parameters"]["work_mem"]')" = 5MB
expect "a setting is taken out" 0 '^done: ' p config set --pg work_mem=null --yes
check "it is gone" test "$(setting '"work_mem" in d["postgresql"]["parameters"]')" = False
# PostgreSQL's own word for what needs a restart, against our list.
known=$(sql "$(leader)" "select string_agg(name, ' ') from pg_settings where context = 'postmaster'")
for name in $known; do
    grep -q "\"$name\"" "$repo/src/analysis/config_restart.c" || not_ok "the list of parameters that need a restart has $name"
done
ok "the list of parameters that need a restart has all that this PostgreSQL has"

# ---- warnings need a word of their own; restart, all of them, one at a time

more() { p config set --pg "max_connections=$1" --yes --force-warnings >"$work/more" 2>&1 && wait_until 30 all_pending; }
all_pending() { local m; for m in $LAB_MEMBERS; do [[ $(of "$m" 'd.get("pending_restart", False)') == True ]] || return 1; done; }
expect "--yes answers no warning" 4 'give --force-warnings' p config set --pg max_connections=120 --yes
check "max_connections is raised all the same" more 120
expect "restart needs to be told of whom" 64 'needs members' p restart --yes
expect "rolling: replicas first, the leader last" 0 '^done: .* were restarted; all are up again' \
    p restart --rolling --role any --pending --yes --force-warnings
for m in $LAB_MEMBERS; do check "$m runs with it" test "$(sql "$m" 'show max_connections')" = 120; done
order=$(tail -1 "$XDG_STATE_HOME/pgdba/audit.jsonl" | json_get '" ".join(r["member"] for r in d["requests"])')
check "the leader was the last ($order)" test "${order##* }" = "$(leader)"
check "the audit log has the warning and who accepted it" test "$(grep '"what":"intent"' "$XDG_STATE_HOME/pgdba/audit.jsonl" | tail -1 |
    json_get '[c["check"] for c in d["checks"] if c["verdict"] == "warn"][0] + " " + d["accepted"]')" = "restart-leader --force-warnings"
old=$(leader)
check "max_connections is raised once more" more 130
expect "rolling, the leader by a switchover" 0 '^done: .* leads now' \
    p restart --rolling --role any --pending --leader-by switchover --yes --force-warnings
for m in $LAB_MEMBERS; do check "$m runs with it" test "$(sql "$m" 'show max_connections')" = 130; done
check "another one leads" test "$(leader)" != "$old"
check "whole again" wait_until 60 whole

# ---- failover, history

old=$(leader) new=$(replica)
expect "a plan says what goes on in the leader's PostgreSQL" 0 'every slot on .* is a member.s' p switchover --candidate "$new" --dry-run
expect "a plan says whether somebody else acts" 0 'nobody else says that he acts' p switchover --candidate "$new" --dry-run
expect "a plan lists who could lead, and marks who was asked for" 0 "^> $new +fit +streams, .* behind" p switchover --candidate "$new" --dry-run
expect "failover without a candidate says who could be one" 64 "needs --candidate.*$new \(fit\)" p failover
expect "failover: a leader that answers is a warning" 4 'switchover does this without losing anything' p failover --candidate "$new" --yes
expect "failover" 0 "^done: $new leads" p failover --candidate "$new" --yes --force-warnings
check "$new leads by its own word" test "$(of "$new" 'd["role"] in ("primary", "master")')" = True
check "whole again" wait_until 60 whole
expect "history: who led after it" 0 "$new" p history
expect "history as JSON" 0 '"new_leader": "'"$new" p history --format json

# ---- the configuration in an editor

p config show >"$work/config.json"
sed 's/"maximum_lag_on_failover": [0-9]*/"maximum_lag_on_failover": 3145728/' "$work/config.json" >"$work/edited.json"
expect "config edit: without a terminal it needs a file" 64 'give --file' p config edit
expect "config edit --file: what would be sent is the difference alone" 0 '^  PATCH .* \{"maximum_lag_on_failover":3145728\}$' \
    p config edit --file "$work/edited.json" --dry-run
expect "config edit --file" 0 '^done: the configuration says so now' p config edit --file "$work/edited.json" --yes
check "Patroni has it" test "$(setting 'str(d["maximum_lag_on_failover"])')" = 3145728
expect "config edit: nothing would change" 4 'nothing would change' p config edit --file "$work/edited.json" --yes
expect "config edit: what is no JSON is refused, and named" 64 'edited configuration' p config edit --file /etc/passwd --yes
cat >"$work/editor" <<'END'
#!/bin/bash
# The first time what it leaves cannot be used; then it is made good.
n=first
if [[ -e ${0%/*}/edited-once ]]; then
    n=second
    sed -i '1s/^{*/{/; s/"maximum_lag_on_failover": [0-9]*/"maximum_lag_on_failover": 1048576/' "$1"
else
    touch "${0%/*}/edited-once"
    sed -i '1s/^{/{{/' "$1"
fi
stat -c %a "$1" >"${0%/*}/edited-mode"
read -rp "the editor has the terminal, $n: " _
END
chmod 755 "$work/editor"
screen "config edit: the editor has the terminal, and the console takes it back; a bad text is kept" <<END
timeout 40
spawn 40 120 env EDITOR=$work/editor TMPDIR=$work XDG_RUNTIME_DIR= $pgdba --cluster local-ha
wait ✓ healthy
type :config edit
key Enter
wait the editor has the terminal, first:
key Enter
wait This cannot be used
wait config edit opens it again
key Esc
type :config edit
key Enter
wait the editor has the terminal, second:
key Enter
wait - maximum_lag_on_failover: 3145728
wait + maximum_lag_on_failover: 1048576
type y
key Enter
wait the configuration says so now
key Esc
key q
expect-exit 0
END
check "its file was its owner's alone" test "$(cat "$work/edited-mode")" = 600
check "and is gone" test -z "$(compgen -G "$work/pgdba-local-ha-*.json")"
check "Patroni has what was edited" test "$(setting 'str(d["maximum_lag_on_failover"])')" = 1048576
watch_out=$work/ttl.watch
p watch --for 8s >"$watch_out" &
watching=$!
check "the watch begins" wait_until 10 grep -q 'leads on timeline' "$watch_out"
expect "ttl is changed" 0 '^done: ' p config set "ttl=$((LAB_TTL + 5))" --yes
wait "$watching"
check "the new lease is told" grep -q 'holds the leader lock by a new lease' "$watch_out"
check "and is no failover" test "$(grep -c 'a failover begins' "$watch_out")" = 0
expect "ttl is as it was" 0 '^done: ' p config set "ttl=$LAB_TTL" --yes

# ---- SQL

expect "dsn: the leader's" 0 "^host=.* port=$(sql "$(leader)" 'show port')\$" p dsn
expect "dsn: a member's" 0 "port=$(sql "$(replica)" 'show port')\$" p dsn "$(replica)"
expect "query: the leader" 0 '^f$' p query --role leader 'select pg_is_in_recovery()'
expect "query: a replica, as JSON" 0 '"role": "replica"' p query --role replica 'select 1' --format json
expect "query: nothing is written" 5 'in a read-only transaction' p query --role leader 'create table e2e_never (i int)'
expect "query: one statement" 5 'multiple commands' p query --role leader 'commit; create table e2e_never (i int)'
expect "query: nor by what ends the transaction" 4 'do is not stopped by a read-only transaction' \
    p query --role leader 'do $$ begin commit; create table e2e_never (i int); end $$'
expect "query: what a read-only transaction does not stop is not sent" 4 'pg_promote is not stopped .*query --write' \
    p query --role replica --read-only 'select pg_promote()'
check "query: and the replica is one still" whole
expect "query: a time limit" 5 'statement timeout' p query --role leader --timeout 200ms 'select pg_sleep(20)'
check "nothing was written" test "$(sql "$(leader)" "select to_regclass('e2e_never') is null")" = t
# An etcd that was slow may have let go what says who is acting: it is said again, as long as it is so.
acting() { # PATH: every key under our own prefix asked for or deleted; what etcd says
    curl -s --max-time 5 "${LAB_ETCD_URLS%% *}/v3/kv/$1" -d '{"key": "L3BnZGJhLw==", "range_end": "L3BnZGJhMA=="}'
}
is_said() { acting range | json 'd.get("kvs")'; }
p query --role leader --write --yes --timeout 60s 'select pg_sleep(25)' >"$work/long" 2>&1 </dev/null &
long=$!
check "who is acting is said in etcd" wait_until 10 is_said
check "and is lost there" json 'int(d["deleted"]) >= 1' < <(acting deleterange)
check "it is said again" wait_until 14 is_said
wait "$long"
check "the operation ends well" grep -q '^done: ' "$work/long"
check "and nobody says so then" json 'not d.get("kvs")' < <(acting range)
expect "query --write: a dry run sends nothing" 0 'nothing was sent' p query --role leader --write 'create table e2e_rows (i int)' --dry-run
expect "query --write" 0 '^done: .* says: INSERT 0 3' p query --role leader --write --yes \
    'create table e2e_rows (i int); insert into e2e_rows select generate_series(1, 3)'
expect "query --write: rows that come back" 0 '^ *3$' p query --role leader --write --yes 'delete from e2e_rows where i = 3 returning i'
check "the leader has what was written" test "$(sql "$(leader)" 'select count(*) from e2e_rows')" = 2
expect "the audit log has the statement" 0 'delete from e2e_rows' tail -2 "$XDG_STATE_HOME/pgdba/audit.jsonl"
expect "query --write on a replica: a warning" 4 'nothing can be written there' p query "$(replica)" --write 'drop table e2e_rows' --yes
expect "query --write: refused, and said" 4 'nothing was changed' p query --role leader --write 'drop table e2e_none' --yes
expect "query: --read-only asks nothing as a superuser" 5 'superuser.*read-only here; give --username' p --read-only query --role replica 'select 1'
expect "query: --read-only asks as somebody who is none" 0 '^ *monitor' p --read-only query -U monitor --role replica 'select current_user'
expect "query --write: with --read-only nothing is sent" 4 'read-only' p --read-only query --role leader --write 'drop table e2e_rows' --yes
check "it is still there" test "$(sql "$(leader)" 'select count(*) from e2e_rows')" = 2

# ---- from the command bar

screen "the command bar: SQL, the configuration, the history" <<END
timeout 40
spawn 40 120 $pgdba --cluster local-ha
wait ✓ healthy
type :query --role leader select i, 'it''s' as said from e2e_rows
key Enter
wait SQL on
wait it's
wait SELECT 2
key Esc
type :query --role leader insert into e2e_rows values (9)
key Enter
wait read-only transaction
key Esc
type :query --role leader --write insert into e2e_rows values (9)
key Enter
wait It may write
type y
key Enter
wait INSERT 0 1
key Esc
type :config show
key Enter
wait maximum_lag_on_failover
key Esc
type :history
key Enter
wait led after it
key Esc
type :dsn
key Enter
wait PostgreSQL at
key q
expect-exit 0
END
check "only what was confirmed was written" test "$(sql "$(leader)" 'select count(*) from e2e_rows')" = 3

screen "the command bar: pause, and resume; each member is named" <<END
timeout 40
spawn 40 120 $pgdba --cluster local-ha
wait ✓ healthy
type :pause
key Enter
wait Pause local-ha
type y
key Enter
wait every member says that it is paused
key Esc
type :resume
key Enter
wait Resume local-ha
type y
key Enter
wait every member says that it manages again
key Esc
key q
expect-exit 0
END
screen "the command bar: a warning asks once more, and no is no" <<END
timeout 40
spawn 40 120 $pgdba --cluster local-ha
wait ✓ healthy
type :config set --pg max_connections=140
key Enter
wait only when PostgreSQL is restarted
type y
key Enter
wait All the same?
type n
key Enter
wait nothing was sent
key q
expect-exit 0
END
check "nothing was sent" test "$(setting 'd["postgresql"]["parameters"]["max_connections"]')" = 130

echo "# end of actions"
