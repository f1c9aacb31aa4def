# shellcheck shell=bash disable=SC1091,SC2119,SC2154
# The traps of a real PgBouncer, each sprung: what a console that goes away leaves behind, WAIT_CLOSE, two switches, the login
# back-off, consoles that hold up a shutdown; names of every kind; two programs at once; a PgBouncer that is frozen or dies in the
# middle; a state directory that takes nothing. With E2E_ROOT (newer_pgb.sh) the same on another version.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=${E2E_PORT:-27300} lab_up --members "${E2E_MEMBERS:-1}"

dir=$XDG_CONFIG_HOME/pgdba/clusters
mkdir -p "$dir"
cat >"$dir/whole.yml" <<-END
	scope: $LAB_SCOPE
	patroni:
	  urls: [${LAB_PATRONI_URLS// /, }]
	haproxy:
	- {name: haproxy, url: $LAB_HAPROXY_STATS}
	pgbouncer:
	- {name: b1, conninfo: "$LAB_PGBOUNCER_STATS", admin_conninfo: "user=admin passfile=$LAB_PASSFILE"}
END
chmod 600 "$dir/whole.yml"

p() { "$pgdba" pgb "$@" --yes --cluster whole; }
admin() { timeout 20 psql -XAtc "$1" "$LAB_PGBOUNCER_ADMIN" 2>&1; }
app() { timeout 30 psql -XAtc "$1" "$LAB_PGBOUNCER_APP" 2>&1; }
# By the names of the columns: they move between versions.
field() { # TABLE COLUMN WHERE IS: of every such row
    timeout 20 psql -XAc "SHOW $1" "$LAB_PGBOUNCER_ADMIN" 2>/dev/null | IS=$4 awk -F'|' -v c="$2" -v k="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) { if ($i == c) a = i; if ($i == k) b = i }; next } a && b && $b == ENVIRON["IS"] { print $a }'
}
paused() { [[ $(field DATABASES paused name "${1:-app}") == 1 ]]; }
resumed() { [[ $(field DATABASES paused name "${1:-app}") == 0 ]]; }
all_paused() { grep -q 'already suspended/paused' <<<"$(admin 'PAUSE pgbouncer')"; }
none_paused() { grep -q 'cannot pause admin db' <<<"$(admin 'PAUSE pgbouncer')"; }
busy() { [[ $(field POOLS sv_active database app) -ge 1 ]]; }
calm() { [[ $(field POOLS sv_active database app) == 0 ]]; }
remembered() { [[ $(find "$XDG_STATE_HOME/pgdba/held" -name '*.json' 2>/dev/null | wc -l) == "$1" ]]; }
serves() { [[ $(app 'SELECT 1') == 1 ]]; }
hold() { # a transaction that goes on
    psql -Xqc "SELECT pg_sleep($1)" "$LAB_PGBOUNCER_APP" >/dev/null 2>&1 &
    holder=$!
    at_exit "kill $holder"
    wait_until 10 busy
}
let_go() {
    kill "$holder"
    wait "$holder" 2>/dev/null
    wait_until 10 calm
}
# step NAME COMMAND...: as check, but in this very shell, for what starts something
step() {
    local name=$1
    shift
    if "$@" >"$work/step" 2>&1; then ok "$name"; else not_ok "$name" "$* failed" "$(cat "$work/step")"; fi
}
version=$(admin 'SHOW VERSION')
echo "# $version"
# shellcheck disable=SC2034
minor=$(sed -n 's/.* 1\.\([0-9]*\)\..*/\1/p' <<<"$version")
check "there is a pool" serves

# ---- 1: a console that goes away resumes nothing of others, and undoes what it has paused itself

# Somebody else's PAUSE of everything, beside ours that waits.
others_pause() {
    psql -XAtc PAUSE "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1 &
    other=$!
    at_exit "kill $other"
    wait_until 10 all_paused
}
others_resume() {
    admin RESUME >/dev/null
    kill "$other" 2>/dev/null
    wait "$other" 2>/dev/null
    wait_until 10 none_paused
}
ours() { # WITHIN
    "$pgdba" pgb pause app --within "$1" --yes --cluster whole >"$work/ours" 2>&1 &
    pid=$!
    wait_until 10 paused
}
ended() { # CODE TEXT: of ours
    local rc
    wait "$pid"
    rc=$?
    if [[ $rc != "$1" ]] || ! grep -q -- "$2" "$work/ours"; then
        echo "exit code $rc"
        cat "$work/ours"
        return 1
    fi
}
step "a client is busy" hold 300

step "timed out: our PAUSE waits" ours 3s
step "timed out: and somebody else's, of everything" others_pause
step "timed out: it is undone" ended 5 'not done within 3.0 s: 1 server is still in a transaction; it was undone'
check "timed out: ours is not paused any more" resumed
check "timed out: the other one's stays" all_paused
step "it is resumed by whom it belongs to" others_resume

step "interrupted: our PAUSE waits" ours 60s
step "interrupted: and somebody else's" others_pause
kill -INT "$pid"
step "interrupted: it is undone" ended 5 'interrupted; it was undone'
check "interrupted: ours is not paused any more" resumed
check "interrupted: the other one's stays" all_paused
check "interrupted: nothing is remembered" remembered 0
step "it is resumed by whom it belongs to" others_resume

cat >"$work/others" <<END
#!/bin/bash
psql -XAtc PAUSE "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1 &
echo \$! >"$work/other"
END
chmod 755 "$work/others"
screen "hung up: a console whose terminal is lost undoes what it waits for" <<END
timeout 40
spawn 40 120 $pgdba --cluster whole
wait transaction
type :pgb pause app --within 60s
key Enter
wait PAUSE "app"
type y
key Enter
wait still in a transaction
run $work/others
signal HUP
expect-exit 0
END
other=$(cat "$work/other")
at_exit "kill $other"
check "hung up: ours is not paused any more" wait_until 10 resumed
check "hung up: the other one's stays" wait_until 10 all_paused
check "hung up: nothing is remembered" remembered 0
step "it is resumed by whom it belongs to" others_resume

step "killed: our PAUSE waits" ours 60s
step "killed: and somebody else's" others_pause
kill -9 "$pid"
wait "$pid" 2>/dev/null
check "killed: it stays paused, and is remembered" remembered 1
check "killed: PgBouncer says so" paused
check "killed: the other one's stays" all_paused
expect "killed: exactly that is taken back" 0 'b1: taken back' p resume --left
check "killed: ours is not paused any more" resumed
check "killed: the other one's stays after that too" all_paused
step "it is resumed by whom it belongs to" others_resume
check "the client was left alone all the time" busy

# ---- 5, and two programs at once

step "the client goes" let_go
expect "paused by its name" 0 'paused, and no server is busy' p pause app
expect "another operator: it is paused already" 4 'paused .*already' env XDG_STATE_HOME="$work/other-state" "$pgdba" pgb pause app --yes --cluster whole
expect "the switch over everything does not resume it" 4 'not paused' p resume --all
check "it is paused still" paused
pids=()
for i in 1 2 3 4; do
    p resume --left >"$work/left.$i" 2>&1 &
    pids+=($!)
done
wait "${pids[@]}"
check "four at once: it is resumed" resumed
check "four at once: one of them did it, the others found it done or being done" test \
    "$(cat "$work"/left.? | grep -cE 'b1: taken back|taking it back at this moment|been taken back meanwhile|nothing is remembered')" -ge 4
check "four at once: nothing is remembered" remembered 0
# Two that pause the same at the same time: one is told of the other, and what is paused in the end is what is remembered.
pids=()
for i in 1 2; do
    p pause app >"$work/two.$i" 2>&1 &
    pids+=($!)
done
wait "${pids[@]}"
check "two at once: it is paused" paused
check "two at once: one of them says so, the other why not" test \
    "$(cat "$work"/two.? | grep -c 'b1: paused, and no server is busy')" = 1
check "two at once: remembered once" remembered 1

# Somebody else sees to it while a console shows it.
cat >"$work/resume" <<END
#!/bin/bash
psql -XAtc 'RESUME "app"' "$LAB_PGBOUNCER_ADMIN" >/dev/null
END
chmod 755 "$work/resume"
screen "what somebody else has resumed is forgotten, and said to be" <<END
timeout 20
spawn 40 120 $pgdba --cluster whole
wait app of b1 is paused since
wait L takes it back
run $work/resume
wait somebody else has seen to it
absent L takes it back
key q
expect-exit 0
END
check "and gone from the disk" remembered 0

# ---- names

long=$(printf 'x%.0s' {1..63})
# Its file knows few kinds of names: the others come with clients, by the entry "*".
names=('My db' 'a"b' "it's" 'UPPER' '100%s%n' 'größe数' 'a;b --' 'a\b')
sed 's/^app = \(.*\)/app = \1\n* = \1/' "$LAB_DIR/pgbouncer/pgbouncer.ini" >"$work/ini"
cat "$work/ini" >"$LAB_DIR/pgbouncer/pgbouncer.ini" # whose it is stays
expect "reload" 0 'has read its files again' p reload
check "any name is served" wait_until 10 psql -XAtc 'SELECT 1' "${LAB_PGBOUNCER_APP/dbname=app/} dbname=any"
# A client of that database, that stays; one that has just come can be out of sight all the same.
comes() {
    local q=${1//\\/\\\\}
    q=${q//\'/\\\'}
    { echo 'SELECT 1;'; sleep 60; } | psql -XAt "${LAB_PGBOUNCER_APP/dbname=app/} dbname='$q'" >/dev/null 2>&1 &
    comers+=($!)
    at_exit "kill $!"
    wait_until 3 resumed "$1"
}
comers=()
there() { resumed "$1" || comes "$1" || comes "$1" || comes "$1"; }
for name in "${names[@]}"; do
    step "a client comes by <$name>" there "$name"
    expect "pause <$name>" 0 'paused, and no server is busy' p pause --database "$name"
    check "it is that which is paused, and nothing else: <$name>" test "$(field DATABASES name paused 1)" = "$name"
    expect "resume <$name>" 0 'resumed' p resume --database "$name"
done
expect "64 bytes are no name" 64 'at most 63 bytes' p pause --database "${long}x"
check "nothing is paused" test "$(field DATABASES name paused 1 | wc -l)" = 0
step "two of them" there 'My db'
step "are there" there UPPER
expect "several at once" 0 'paused, and no server is busy' p pause 'My db' UPPER
expect "and back" 0 'resumed' p resume 'My db' UPPER
# Paused, and its clients gone: 1.18 lists it no more, and it is paused all the same.
step "a client comes by <hidden>" there hidden
expect "one that goes out of sight is paused" 0 'paused, and no server is busy' p pause hidden
kill "${comers[@]}" 2>/dev/null
hidden() { [[ -z $(field DATABASES name name hidden) ]]; }
check "out of sight" wait_until 10 hidden
expect "it is not blocked for that" 0 'Dry run' "$pgdba" pgb resume hidden --dry-run --cluster whole
check "it is remembered still" remembered 1
check "its clients wait" test "$(timeout 2 psql -XAtc 'SELECT 1' "${LAB_PGBOUNCER_APP/dbname=app/} dbname=hidden" 2>&1)" = ''
expect "and is resumed" 0 'b1: resumed' p resume hidden
check "its clients are served" test "$(timeout 5 psql -XAtc 'SELECT 1' "${LAB_PGBOUNCER_APP/dbname=app/} dbname=hidden" 2>&1)" = 1
check "nothing is remembered" remembered 0

# ---- 4: KILL never without a name

expect "KILL needs a name" 64 "needs a database's name" p kill

# ---- 6: a login that failed once is not tried for 15 s; SET shortens that at once

check "PgBouncer waits for as long as it does where nobody has set it" wait_until 1 admin 'SET server_login_retry=15'
"$lab" kill --dir "$LAB_DIR" haproxy >/dev/null 2>&1
failing() { grep -q 'server_login_retry' <<<"$(timeout 2 psql -XAtc 'SELECT 1' "$LAB_PGBOUNCER_APP" 2>&1)"; }
check "while the way to PostgreSQL is shut a login fails" wait_until 30 failing
"$lab" start --dir "$LAB_DIR" haproxy >/dev/null 2>&1
check "the way is open" wait_until 10 psql -XAtc 'SELECT 1' "$LAB_HAPROXY_RW"
check "and its clients are still turned away" failing
expect "set does" 0 'set, as it reads back' p set server_login_retry=1
check "within 3 s they are served" wait_until 3 serves
expect "and it is put back" 0 'set, as it reads back' p set server_login_retry=15

# ---- what cannot be remembered is not done

mv "$XDG_STATE_HOME/pgdba/held" "$work/held"
: >"$XDG_STATE_HOME/pgdba/held"
expect "no directory for it: nothing is paused" 4 "nothing was sent: .*$XDG_STATE_HOME/pgdba/held" p pause app
check "PgBouncer heard nothing of it" resumed
rm "$XDG_STATE_HOME/pgdba/held"
mkdir -m 700 "$XDG_STATE_HOME/pgdba/held"
if mount -t tmpfs -o size=4k,mode=700 tmpfs "$XDG_STATE_HOME/pgdba/held" 2>/dev/null; then
    at_exit "umount $XDG_STATE_HOME/pgdba/held"
    head -c 4096 /dev/zero >"$XDG_STATE_HOME/pgdba/held/full" 2>/dev/null
    expect "a full disk: nothing is paused" 4 'nothing was sent: .*No space left' p pause app
    check "PgBouncer heard nothing of that either" resumed
    umount "$XDG_STATE_HOME/pgdba/held"
else
    echo "ok - a full disk # SKIP nothing can be mounted here"
fi

# ---- who may not

expect "read-only" 4 'read-only' p pause app --read-only
sed "s/user=admin passfile=[^\"]*/user=admin passfile=\/dev\/null/" "$dir/whole.yml" >"$dir/wrong.yml"
chmod 600 "$dir/wrong.yml"
expect "a login that fails says whose" 4 'nothing was sent: .*(password|SASL|authentication)' "$pgdba" pgb pause app --yes --cluster wrong
check "nothing of it was done" resumed
# shellcheck disable=SC2016
check "the audit log has each intent and its end" python3 -c '
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
pgb = [l for l in lines if str(l.get("action", "")).startswith("pgb ")]
assert len(pgb) > 50, len(pgb)
' "$audit"

# ---- in the middle of it the daemon freezes, or dies

step "a client is busy again" hold 300
step "frozen: our PAUSE waits" ours 2s
"$lab" freeze --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
step "frozen: it could not be undone, which is said and remembered" ended 5 'could not be undone: app is still to be resumed there, which is remembered'
"$lab" thaw --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
check "thawed: it is paused, and remembered" remembered 1
expect "and taken back" 0 'b1: taken back' p resume --left
check "it is resumed" resumed
step "dies: our PAUSE waits" ours 60s
"$lab" kill --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
"$lab" start --dir "$LAB_DIR" pgbouncer >/dev/null 2>&1
step "dies: with it the pause is gone, and that is seen" ended 5 'it was undone'
check "dies: it serves again" wait_until 10 serves
check "dies: nothing is remembered" remembered 0

# ---- 2: once somebody has used WAIT_CLOSE, PAUSE does not wait any more, and must not be believed

step "a client is busy once more" hold 300
admin 'RECONNECT "app"' >/dev/null
psql -XAtc 'WAIT_CLOSE "app"' "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1 &
closing=$!
at_exit "kill $closing"
step "its WAIT_CLOSE ends with the client" let_go
wait "$closing"
step "a client is busy after WAIT_CLOSE" hold 300
expect "PAUSE that answers WAIT_CLOSE is undone" 5 'WAIT_CLOSE instead of PAUSE.*it was undone' p pause app
check "it is not paused" resumed
check "and the client was left alone" busy
step "it goes" let_go
[[ -n ${E2E_ROOT:-} ]] || echo "# end of pgb_traps"
