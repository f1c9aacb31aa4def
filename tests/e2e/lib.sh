# shellcheck shell=bash disable=SC2034 # what is set here is used by the cases
# What the end-to-end tests share: the program that was built, a lab or a fake to point it at, and checks that say what they saw.
#
# PGDBA_BUILD is the build directory. Every test file prints "ok - NAME" and "not ok - NAME" lines; run adds them up.
set -uo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd -- "$here/../.." && pwd)
build=${PGDBA_BUILD:?the build directory}
pgdba=$build/pgdba
vtrun=$build/tests/vterm/vtrun
lab=$repo/deployments/local/lab
work=$(mktemp -d "${TMPDIR:-/tmp}/pgdba-e2e.XXXXXX")
chmod 755 "$work"

export LC_ALL=C.UTF-8 TZ=UTC TERM=xterm-256color INPUTRC=/dev/null
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config XDG_STATE_HOME=$work/home/.local/state
export PGDBA_THEMES=$repo/themes PGDBA_ETC=$work/etc
unset NO_COLOR PGSERVICE PGPASSFILE http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# The console's standard error is its log: what a sanitizer has to say must not get lost there.
export ASAN_OPTIONS=log_path=$work/asan:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
mkdir -p "$HOME" "$work/etc"

undo=()
at_exit() { undo+=("$*"); }
finish() {
    local code=$? i f
    trap - EXIT
    for ((i = ${#undo[@]} - 1; i >= 0; i--)); do eval "${undo[i]}" >/dev/null 2>&1; done
    for f in "$work"/asan*; do
        [[ -e $f ]] || continue
        echo "not ok - sanitizer report"
        sed 's/^/    /' "$f" | head -60
    done
    rm -rf -- "$work"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

ok() { echo "ok - $1"; }
not_ok() { # NAME, and what was seen on standard input or as further words
    echo "not ok - $1"
    shift
    printf '%s\n' "$@" | sed 's/^/    /'
}

# check NAME COMMAND...: one test
check() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$* gave $?" "$out"; fi
}

# expect NAME CODE REGEX COMMAND...: exit code and an extended regular expression somewhere in what it says
expect() {
    local name=$1 code=$2 re=$3 out rc
    shift 3
    out=$("$@" 2>&1 </dev/null)
    rc=$?
    if [[ $rc == "$code" ]] && grep -qE -- "$re" <<<"$out"; then
        ok "$name"
    else
        not_ok "$name" "exit code $rc, wanted $code; wanted a line like: $re" "$out"
    fi
}

# wait_until SECONDS COMMAND...: until it succeeds
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >"$work/said" 2>&1; do
        if [[ $SECONDS -ge $end ]]; then
            cat "$work/said"
            return 1
        fi
        sleep 0.2
    done
}

# screen NAME <script for vtrun: a test of its own; what it prints is kept in $screen_out
screen_out=
screen() {
    local name=$1 rc
    screen_out=$("$vtrun" 2>"$work/screen.err")
    rc=$?
    if [[ $rc == 0 ]]; then
        ok "$name"
    else
        not_ok "$name" "$(cat "$work/screen.err")" "$screen_out"
    fi
    return "$rc"
}

# lab_up ARGS...: a lab of our own; its env is evaluated here. With E2E_ROOT its servers are those of that root directory.
lab_up() {
    LAB_DIR=$work/lab
    export LAB_DIR
    at_exit "$lab down --dir $work/lab"
    if ! "$lab" up --dir "$LAB_DIR" --base-port "$("$repo/tests/free-ports" "${E2E_PORT:-24000}" 100 "$$")" ${E2E_ROOT:+--root "$E2E_ROOT"} "$@" >"$work/lab.log" 2>&1; then
        not_ok "the lab comes up" "$(tail -40 "$work/lab.log")"
        exit 1
    fi
    eval "$("$lab" env --dir "$LAB_DIR")"
}

# register_whole NAME: the lab with everything that can be asked: Patroni, etcd, PostgreSQL, HAProxy, PgBouncer, and the way a probe goes
register_whole() {
    local dir=$XDG_CONFIG_HOME/pgdba/clusters
    mkdir -p "$dir"
    # PostgreSQL's options without the place: that is each member's own.
    local options
    options=$(tr ' ' '\n' <<<"${LAB_PG_pg1:?}" | grep -vE '^(host|port)=' | tr '\n' ' ')
    cat >"$dir/$1.yml" <<-END
	scope: $LAB_SCOPE
	patroni:
	  urls: [${LAB_PATRONI_URLS// /, }]
	etcd:
	  urls: [${LAB_ETCD_URLS// /, }]
	haproxy:
	- {name: haproxy, url: $LAB_HAPROXY_STATS}
	pgbouncer:
	- {name: pgbouncer, conninfo: "$LAB_PGBOUNCER_STATS"}
	postgres:
	  conninfo: "${options% }"
	routes:
	- {name: haproxy, conninfo: "$LAB_HAPROXY_RW"}
	- {name: pgbouncer, conninfo: "$LAB_PGBOUNCER_APP"}
	END
    chmod 600 "$dir/$1.yml"
}

patroni_get() { curl -s --max-time 3 "$1"; }

# leader: its name as any member that answers says
leader() {
    local m url
    for m in $LAB_MEMBERS; do
        url=LAB_PATRONI_$m
        patroni_get "${!url}/cluster" | python3 -c '
import json, sys
print(next(m["name"] for m in json.load(sys.stdin)["members"] if m["role"] == "leader"))' 2>/dev/null && return 0
    done
    return 1
}

# whole: a leader, and everybody else streaming: by what each lists, and by the leader's own PostgreSQL, for Patroni 3.0 calls a replica
# that cannot follow "running" too
not_whole() { # BY WHOM: what is there, for the report of a test that has waited in vain
    echo "not whole by $1:"
    "$lab" status --dir "$LAB_DIR"
    streaming | sed 's/^/streams: /'
    return 1
}
whole() {
    local m url n=0 want
    want=$(wc -w <<<"$LAB_MEMBERS")
    leader >/dev/null || return 1
    for m in $LAB_MEMBERS; do
        url=LAB_PATRONI_$m
        patroni_get "${!url}/cluster" | python3 -c '
import json, sys
ms = json.load(sys.stdin)["members"]
sys.exit(len(ms) != int(sys.argv[1]) or any(m["state"] not in ("running", "streaming") or not m.get("timeline") for m in ms)
         or len({m["timeline"] for m in ms}) != 1 or not any(m["role"] == "leader" for m in ms))' "$want" || not_whole "$m" || return 1
        n=$((n + 1))
        patroni_get "${!url}/liveness" >/dev/null || not_whole "$m" || return 1
    done
    [[ $n == "$want" && $(streaming | wc -l) == $((want - 1)) ]] || not_whole "the leader's PostgreSQL"
}

# A leader thawed in the wrong moment takes the lock back, and what has followed the other meanwhile is left on a timeline that
# nobody has: Patroni 3.0 does not build it anew by itself.
rebuild() {
    local m url
    for m in $LAB_MEMBERS; do
        url=LAB_PATRONI_$m
        [[ $m == "$(leader)" ]] || streaming | grep -qx "$m" ||
            curl -s --max-time 20 -X POST -d '{"force": true}' "${!url}/reinitialize" >/dev/null
    done
}

# streaming: the members that the leader's PostgreSQL sends to
streaming() {
    local l
    l=$(leader) && l=LAB_PG_$l &&
        psql -XAtc "select application_name from pg_stat_replication where state = 'streaming'" "${!l}" 2>/dev/null
}

replica() { # the first member that does not lead
    local l m
    l=$(leader)
    for m in $LAB_MEMBERS; do
        [[ $m == "$l" ]] || { echo "$m"; return; }
    done
}

audit=$XDG_STATE_HOME/pgdba/audit.jsonl
json() { python3 -c "import json, sys; d = json.load(sys.stdin); sys.exit(0 if ($1) else 1)"; }
json_get() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }
