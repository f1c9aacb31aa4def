# shellcheck shell=bash disable=SC2034
# What every part of the lab uses: messages, deadlines, ports and the lab's settings.
# The files of this directory only define; lab_main (90-verbs.sh) runs.

set -euo pipefail
umask 077

# Exit codes, after sysexits.h where it has one.
readonly EX_USAGE=64 EX_UNAVAILABLE=69 EX_FAILED=1

say() { printf '%s\n' "$*"; }
warn() { printf 'lab: %s\n' "$*" >&2; }
die() { # CODE MESSAGE...
    local code=$1
    shift
    warn "$*"
    exit "$code"
}

# --- time -----------------------------------------------------------------------------------------------------------

now_ms() { # -> REPLY, milliseconds
    local us=${EPOCHREALTIME/[.,]/}
    REPLY=$((us / 1000))
}

# Where the time of `lab up` goes, with LAB_TRACE=1.
trace() {
    [[ -n ${LAB_TRACE:-} ]] || return 0
    now_ms
    printf '%6d ms  %s\n' $((REPLY - STARTED_MS)) "$*" >&2
}

# poll DEADLINE_MS COMMAND...: until the command succeeds; 1 when the deadline passes first.
poll() {
    local deadline=$1
    shift
    until "$@"; do
        now_ms
        if ((REPLY >= deadline)); then return 1; fi
        sleep 0.1
    done
}

deadline_in() { # SECONDS -> REPLY
    now_ms
    REPLY=$((REPLY + $1 * 1000))
}

# --- settings of this lab -------------------------------------------------------------------------------------------

readonly SETTINGS="$LAB_DIR/lab.conf"
readonly SETTING_NAMES=(SCOPE BASE_PORT MEMBERS TTL LOOP_WAIT RETRY_TIMEOUT AUTH TLS SYNC APART CABLE ROOT)

settings_write() {
    local name
    for name in "${SETTING_NAMES[@]}"; do printf '%s=%q\n' "$name" "${!name}"; done >"$SETTINGS.new"
    mv -- "$SETTINGS.new" "$SETTINGS"
}

settings_exist() { [[ -f $SETTINGS ]]; }

settings_read() {
    settings_exist || die "$EX_UNAVAILABLE" "there is no lab in $LAB_DIR: start one with 'lab up', or name another with --dir"
    APART='' CABLE='' ROOT='' # which a lab of an earlier version does not have
    # shellcheck source=/dev/null
    . "$SETTINGS"
}

# Paths go into five configuration languages; one that needs no quoting in any of them is one that cannot go wrong.
check_dir() {
    [[ $LAB_DIR =~ ^/[A-Za-z0-9_./@+-]+$ ]] ||
        die "$EX_USAGE" "the directory '$LAB_DIR' has characters other than letters, digits and _./@+-: choose another with --dir"
}

# --- hosts and ports ------------------------------------------------------------------------------------------------

# With `lab up --apart NODE` that member lives in a network namespace of its own, at the far end of a cable (see
# root/apart.sh) whose addresses are $CABLE.2 there and $CABLE.1 here. What the member talks to is at the near end, all
# else on 127.0.0.1.
readonly LOCALHOST=127.0.0.1

host_of() { # PART, as for port_of -> REPLY
    REPLY=$LOCALHOST
    [[ -n $APART ]] || return 0
    case $1 in
    "$APART" | "$APART-rest") REPLY=$CABLE.2 ;;
    pg[0-9]* | etcd[1-3]) REPLY=$CABLE.1 ;;
    esac
}

place_of() { # PART -> REPLY, host:port
    local host
    host_of "$1"
    host=$REPLY
    port_of "$1"
    REPLY=$host:$REPLY
}

addresses() { # -> REPLY, all that this lab uses, separated by spaces
    REPLY=$LOCALHOST
    if [[ -n $APART ]]; then REPLY+=" $CABLE.1 $CABLE.2"; fi
}


readonly PORTS_PER_LAB=100 MAX_MEMBERS=30

port_of() { # PART -> REPLY
    case $1 in
    haproxy-rw) REPLY=$((BASE_PORT + 0)) ;;
    haproxy-ro) REPLY=$((BASE_PORT + 1)) ;;
    haproxy-stats) REPLY=$((BASE_PORT + 2)) ;;
    pgbouncer) REPLY=$((BASE_PORT + 3)) ;;
    etcd[1-3]) REPLY=$((BASE_PORT + 10 + ${1#etcd})) ;;
    etcd[1-3]-peer) REPLY=$((BASE_PORT + 20 + ${1//[!1-3]/})) ;;
    pg*-rest)
        REPLY=${1#pg}
        REPLY=$((BASE_PORT + 60 + ${REPLY%-rest}))
        ;;
    pg*) REPLY=$((BASE_PORT + 30 + ${1#pg})) ;;
    esac
}

all_port_parts() {
    local i
    printf '%s\n' haproxy-rw haproxy-ro haproxy-stats pgbouncer
    for i in 1 2 3; do printf '%s\n' "etcd$i" "etcd$i-peer"; done
    for ((i = 1; i <= MEMBERS; i++)); do printf '%s\n' "pg$i" "pg$i-rest"; done
}

port_answers() { # HOST PORT: somebody accepts connections there
    (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

check_ports() {
    local part host
    while read -r part; do
        host_of "$part"
        host=$REPLY
        port_of "$part"
        if port_answers "$host" "$REPLY"; then
            die "$EX_UNAVAILABLE" "port $REPLY, meant for $part, is in use by another program: choose other ports with --base-port (now $BASE_PORT; a lab takes $PORTS_PER_LAB ports from there)"
        fi
    done < <(all_port_parts)
}

# --- programs -------------------------------------------------------------------------------------------------------

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# With `lab up --root DIR` the servers' programs are those in there, under the paths that they have for who is inside.
has_server() { # PROGRAM
    if [[ -z $ROOT ]]; then
        command -v "$1" >/dev/null
    else
        [[ -x $ROOT/usr/bin/$1 || -x $ROOT/usr/sbin/$1 ]]
    fi
}

find_pg_bin() { # -> PG_BIN, the newest PostgreSQL's directory of programs
    local d
    PG_BIN=
    while read -r d; do
        [[ -x $d/postgres && -x $d/pg_basebackup ]] && PG_BIN=${d#"$ROOT"}
    done < <(printf '%s\n' "$ROOT"/usr/pgsql-*/bin "$ROOT"/usr/lib/postgresql/*/bin | sort -V)
    if [[ -z $PG_BIN && -z $ROOT ]] && d=$(command -v postgres); then PG_BIN=$(dirname -- "$(readlink -f -- "$d")"); fi
    [[ -n $PG_BIN ]]
}

check_programs() {
    local missing=()
    has_server etcd || missing+=(etcd-server)
    has_server patroni || missing+=(patroni)
    has_server pgbouncer || missing+=(pgbouncer)
    has_server haproxy || missing+=(haproxy)
    command -v curl >/dev/null || missing+=(curl)
    if [[ $TLS == 1 ]]; then command -v openssl >/dev/null || missing+=(openssl); fi
    find_pg_bin || missing+=(postgresql)
    [[ ${#missing[@]} -eq 0 ]] ||
        die "$EX_UNAVAILABLE" "missing programs${ROOT:+ in $ROOT}; on Debian and Ubuntu: apt-get install ${missing[*]}"
    PATH=$PG_BIN:$PATH
}
