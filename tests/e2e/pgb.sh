# shellcheck shell=bash disable=SC2119,SC2154
# What is sent to a real PgBouncer: each command by its effect, as another console sees it; a PAUSE that does not come is undone;
# what is paused is remembered over kill -9; and no console of ours stays.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=26500 lab_up --members 1

# register NAME ADMIN: the lab's PgBouncer twice, under two names; ADMIN "": the stats user alone
register() {
    local dir=$XDG_CONFIG_HOME/pgdba/clusters admin=''
    [[ -z $2 ]] || admin=", admin_conninfo: \"$2\""
    mkdir -p "$dir"
    cat >"$dir/$1.yml" <<-END
	scope: $LAB_SCOPE
	patroni:
	  urls: [${LAB_PATRONI_URLS// /, }]
	haproxy:
	- {name: haproxy, url: $LAB_HAPROXY_STATS}
	pgbouncer:
	- {name: b1, conninfo: "$LAB_PGBOUNCER_STATS"$admin}
	END
    chmod 600 "$dir/$1.yml"
}
register whole "user=admin passfile=$LAB_PASSFILE"
register stats ""
cp "$XDG_CONFIG_HOME/pgdba/clusters/whole.yml" "$XDG_CONFIG_HOME/pgdba/clusters/two.yml"
sed -n 's/name: b1/name: b2/p' "$XDG_CONFIG_HOME/pgdba/clusters/whole.yml" >>"$XDG_CONFIG_HOME/pgdba/clusters/two.yml"

p() { "$pgdba" pgb "$@" --yes --cluster whole; }
admin() { psql -XAtc "$1" "$LAB_PGBOUNCER_ADMIN" 2>&1; }
app() { psql -XAtc "$1" "$LAB_PGBOUNCER_APP" 2>&1; }
database() { admin 'SHOW DATABASES' | awk -F'|' -v c="$1" '$1 == "app" {print $c}'; } # COLUMN
paused() { [[ $(database 12) == 1 ]]; }
resumed() { [[ $(database 12) == 0 ]]; }
disabled() { [[ $(database 13) == 1 ]]; }
setting() { admin 'SHOW CONFIG' | awk -F'|' -v k="$1" '$1 == k {print $2}'; }
consoles() { admin 'SHOW CLIENTS' | awk -F'|' '$3 == "pgbouncer" && $NF == "pgdba" {n++} END {print n + 0}'; }
no_console() { [[ $(consoles) == 0 ]]; }
remembered() { find "$XDG_STATE_HOME/pgdba/held" -name '*.json' 2>/dev/null | wc -l; }
busy() { [[ $(admin 'SHOW POOLS' | awk -F'|' '$1 == "app" {n += $7} END {print n + 0}') -ge 1 ]]; }

check "a cancel is nothing that the program can send" bash -c "! nm -D --undefined-only '$pgdba' '$build'/.libs/pgdba 2>/dev/null | grep -i PQcancel"
app 'SELECT 1' >/dev/null # so that there is a pool

expect "a stats user may not act, which is known before it is tried" 4 'stats is not in admin_users of b1.*admin_conninfo' "$pgdba" pgb reload --yes --cluster stats
expect "two of them: which is meant is said" 64 'say --on NAME' "$pgdba" pgb reload --yes --cluster two
expect "two of them at once, an outcome each" 0 'b1: .*; b2: ' "$pgdba" pgb reload --yes --everywhere --cluster two
expect "a database or the whole: they are two switches" 64 'two switches' p pause
expect "no such database" 4 'has no database nosuch' p pause --database nosuch

expect "pause" 0 'paused, and no server is busy' p pause app
check "PgBouncer says so" paused
check "it is remembered" test "$(remembered)" = 1
expect "the next start says so" 0 'app of b1 is paused since .* by [a-z]+ on .*: pgb resume --left takes it back' "$pgdba" pgb reload --dry-run --cluster whole
expect "paused already: whose it is" 4 'paused .*already' p pause --database app
expect "the other switch does not resume it" 4 'not paused' p resume --all
check "it is paused still" paused
expect "resume" 0 'b1: resumed' p resume --database app
check "PgBouncer says so too" resumed
check "it is forgotten" test "$(remembered)" = 0
expect "a second time" 4 'not paused by its name' p resume --database app

expect "the switch over everything: pause" 0 'paused, and no server' p pause --all
expect "as this version shows it" 1 'already suspended/paused' admin 'PAUSE pgbouncer'
expect "the switch over everything: resume" 0 'resumed' p resume --all
check "and it serves" test "$(app 'SELECT 1')" = 1

# A transaction that does not end.
# hold SECONDS: one through PgBouncer, in the background
hold() {
    psql -Xqc "SELECT pg_sleep($1)" "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 &
    wait_until 10 busy
}
check "somebody is in a transaction" hold 8
expect "a pause that does not come is undone" 5 'not done within 500 ms: 1 server is still in a transaction; it was undone' p pause --database app --within 500ms
check "it is not paused" resumed
check "nothing is remembered of it" test "$(remembered)" = 0
check "the transaction was left alone" busy
admin 'PAUSE' >/dev/null &
expect "a pause of somebody else stays" 4 'already suspended/paused' p pause --all
wait
expect "it is still there" 1 'already suspended/paused' admin 'PAUSE pgbouncer'
admin 'RESUME' >/dev/null

# kill -9 while it waits
check "somebody is in a transaction again" hold 6
"$pgdba" pgb pause --database app --within 20s --yes --cluster whole >/dev/null 2>&1 &
pid=$!
check "its PAUSE is out" wait_until 10 paused
kill -9 "$pid"
wait "$pid" 2>/dev/null
check "killed: it stays paused" paused
check "and is remembered" test "$(remembered)" = 1
screen "the console says so, and takes exactly that back" <<END
timeout 40
spawn 40 120 $pgdba --cluster whole
wait app of b1 is paused since
wait L takes it back
key L
wait pgb resume --left
key Enter
wait-re app of b1: paused since .* by a pgdba that has
wait RESUME "app"
type y
key Enter
wait b1: taken back
key Esc
absent takes it back
key q
expect-exit 0
END
check "it is resumed" resumed
check "and forgotten" test "$(remembered)" = 0
wait

expect "set" 0 'set, as it reads back' p set server_login_retry=3
check "it reads so" test "$(setting server_login_retry)" = 3
expect "what cannot be changed is refused" 4 'cannot be changed while it runs' p set listen_port=1
expect "reload" 0 'has read its files again' p reload
expect "disable" 0 'b1: disabled' p disable --database app
check "so it is" disabled
expect "nobody is let in" 2 'is disabled' psql -Xc 'SELECT 1' "$LAB_PGBOUNCER_APP"
expect "enable" 0 'b1: enabled' p enable --database app
expect "reconnect" 0 'b1: reconnects' p reconnect --all
expect "one client: not with this version" 4 '1.24' p kill --client 3

check "somebody is to be cut off" hold 20
expect "kill warns of whom it cuts off" 4 'cut off' p kill --database app
expect "kill" 0 'killed, and paused' p kill --database app --force-warnings
check "it is paused then" paused
expect "resume after it" 0 'resumed' p resume --database app
check "and it serves again" test "$(app 'SELECT 1')" = 1

check "no console of ours is left" wait_until 5 no_console
expect "shutdown" 0 'nobody listens there any more' p shutdown --force-warnings
expect "nobody listens" 2 'refused' psql -Xc 'SHOW VERSION' "$LAB_PGBOUNCER_ADMIN"
check "the audit log has each of it" test "$(grep -c '"action": *"pgb ' "$XDG_STATE_HOME/pgdba/audit.jsonl")" -ge 20
echo "# end of pgb"
