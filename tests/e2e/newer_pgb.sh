# shellcheck shell=bash disable=SC1091,SC2034,SC2119,SC2154
# Debian 13's PgBouncer 1.24: the same traps, and those that it has of its own. Left out, with the reason, where no Debian 13 can be
# made.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if ! E2E_ROOT=$("$repo/tests/debian-root" trixie 2>"$work/root.err"); then
    echo "ok - Debian 13's PgBouncer # SKIP $(tail -1 "$work/root.err")"
    echo "# end of newer_pgb"
    exit 0
fi
E2E_PORT=29700
. "$here/pgb_traps.sh"
check "it is 1.24 or later ($version)" test "$minor" -ge 24

# ---- what it shows

pgdba_show() { "$pgdba" --cluster whole pgb show "$1" --format json; }
step "a client has an id, and its link leads to a server" hold 300
pgdba_show clients >"$work/clients"
check "clients by their ids" json "any(r.get('database') == 'app' and r.get('id') for r in d['rows'])" <"$work/clients"
check "no console among them" json "all(r.get('database') != 'pgbouncer' for r in d['rows'])" <"$work/clients"

# ---- 3: a console is never killed: 1.24 would die of it

psql -XAt "$LAB_PGBOUNCER_ADMIN" >/dev/null 2>&1 < <(sleep 60) &
console=$!
at_exit "kill $console"
console_id() { field CLIENTS id database pgbouncer | head -1; }
check "somebody has a console open" wait_until 5 test -n "$(console_id)"
for id in $(field CLIENTS id database pgbouncer); do
    expect "a console's id is refused ($id)" 4 'is a console, which is never killed|it has no client' p kill --client "$id"
done
check "PgBouncer lives" test "$(admin 'SHOW VERSION')" = "$version"
id=$(field CLIENTS id database app | head -1)
expect "a client is killed by its id" 0 'the client is gone' p kill --client "$id"
check "it is gone" wait_until 5 calm
expect "and is not there a second time" 4 'it has no client' p kill --client "$id"
check "PgBouncer lives still" test "$(admin 'SHOW VERSION')" = "$version"
kill "$console"

# ---- everything paused is seen in SHOW STATE

expect "pause of everything" 0 'paused, and no server is busy' p pause --all
check "SHOW STATE says so" test "$(field STATE value key paused)" = yes
expect "paused already" 4 'as a whole already' p pause app
admin RESUME >/dev/null
cat >"$work/quit" <<END
timeout 20
spawn 40 120 $pgdba --cluster whole
wait somebody else has seen to it
key q
expect-exit 0
END
screen "resumed by somebody else: it is forgotten" <"$work/quit"
check "nothing is remembered" remembered 0

# ---- 7: consoles are clients to a shutdown that waits for them: ours leave

cat >"$work/down" <<END
timeout 60
spawn 40 120 $pgdba --cluster whole
wait transaction
type :pgb shutdown --wait-for clients
key Enter
wait WAIT_FOR_CLIENTS
type b1
key Enter
wait nobody listens
END
screen "a shutdown that waits for clients" <<END
$(cat "$work/down")
key Esc
key q
expect-exit 0
END
gone() { ! "$lab" status --dir "$LAB_DIR" 2>/dev/null | grep -E '^ *pgbouncer' | grep -qiE 'runs|running|up'; }
check "it ends: no console of ours holds it up" wait_until 30 gone
echo "# end of newer_pgb"
