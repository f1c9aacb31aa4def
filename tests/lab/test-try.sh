#!/bin/bash
# deployments/local/try, with a pgdba that only writes down how it was called: what is registered, that it is done
# once, that the console is opened, and that --down takes everything away. The packages must be installed already.
#
#   LAB_TEST_BASE_PORT  the first of the 100 ports used (27500)

set -uo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
base=${LAB_TEST_BASE_PORT:-$("$(dirname "$0")/../free-ports" 27500 100 "$$")}
unset LAB_DIR
passed=0 failed=0

tmp=$(mktemp -d)
chmod 755 "$tmp"
tree=$tmp/tree
finish() {
    trap - EXIT
    [[ ! -e $tmp/lab ]] || "$tree/deployments/local/lab" down --dir "$tmp/lab"
    rm -rf -- "$tmp"
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0))
    exit
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

ok() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok - $what"
    else
        failed=$((failed + 1))
        echo "not ok - $what   (line ${BASH_LINENO[0]})"
    fi
}

quiet() { "$@" >/dev/null 2>&1; }
has() { [[ $1 == *"$2"* ]] || { echo "# no '$2' in: $1"; return 1; }; }
lacks() { [[ $1 != *"$2"* ]] || { echo "# '$2' in: $1"; return 1; }; }
try() { "$tree/deployments/local/try" --dir "$tmp/lab" "$@"; }
calls() { cat "$tmp/calls" 2>/dev/null; }

# A tree with a build that is done: make has nothing to do but to install.
mkdir -p "$tree/deployments" "$tree/build/local/root/bin"
cp -r "$top/deployments/local" "$tree/deployments/"
printf 'all:\n\t@true\ninstall:\n\t@cp ../../pgdba root/bin/pgdba\n' >"$tree/build/local/Makefile"
cat >"$tree/pgdba" <<END
#!/bin/bash
echo "pgdba \$*" >>"$tmp/calls"
case "\$1 \${2:-}" in
"cluster list") cat "$tmp/registry" 2>/dev/null ;;
"cluster connect") echo local-ha >"$tmp/registry" ;;
"cluster disconnect") rm -f "$tmp/registry" ;;
--cluster*) echo "the console of \$2" ;;
esac
END
chmod 755 "$tree/pgdba"

out=$(try --no-console --base-port "$base" --members 1 2>&1)
ok "a first run succeeds" test $? -eq 0
ok "it says the command that opens the console" has "$out" "bin/pgdba --cluster local-ha"
ok "--no-console: and does not open it" lacks "$(calls)" "pgdba --cluster"
ok "it registers local-ha as a test environment" has "$(calls)" "cluster connect --name local-ha --environment test --replace"
ok "with Patroni" has "$(calls)" "--patroni-url http://127.0.0.1:$((base + 61))"
ok "with PgBouncer as the stats user, and no password" has "$(calls)" "--pgbouncer host=127.0.0.1 port=$((base + 3)) dbname=pgbouncer user=stats passfile=$tmp/lab/passfile"
ok "with etcd, all of it" has "$(calls)" "--etcd http://127.0.0.1:$((base + 11)) --etcd http://127.0.0.1:$((base + 12)) --etcd http://127.0.0.1:$((base + 13))"
ok "with HAProxy" has "$(calls)" "--haproxy http://127.0.0.1:$((base + 2))/"

rm -f -- "$tmp/calls"
start=$SECONDS
out=$(try 2>&1)
ok "run again: succeeds" test $? -eq 0
ok "run again: goes straight there" test $((SECONDS - start)) -lt 5
ok "run again: opens the console" has "$out" "the console of local-ha"
ok "run again: registers nothing" lacks "$(calls)" "cluster connect"

rm -f -- "$tmp/registry" "$tmp/calls"
try --no-console >/dev/null 2>&1
ok "a registration that was removed is made again" has "$(calls)" "cluster connect"

"$tree/deployments/local/lab" kill --dir "$tmp/lab" pgbouncer
try --no-console >/dev/null 2>&1
ok "a lab of which a part is gone is completed" quiet "$tree/deployments/local/lab" status --dir "$tmp/lab"

printf 'all:\n\t@echo "a broken build"; exit 1\n' >"$tree/build/local/Makefile"
out=$(try --no-console 2>&1)
ok "a build that fails is an error" test $? -ne 0
ok "a build that fails: shows the end of what it said" has "$out" "a broken build"

out=$(try --down 2>&1)
ok "--down succeeds" test $? -eq 0
ok "--down: the lab is gone" test ! -e "$tmp/lab"
ok "--down: the registration too" test ! -e "$tmp/registry"
ok "--down: again is no error" quiet try --down
