# shellcheck shell=bash disable=SC2034
# lab up: options, files, the order of starting, and waiting until the cluster is whole.

natural() { # OPTION VALUE
    [[ ${2:-} =~ ^[0-9]{1,5}$ ]] || die "$EX_USAGE" "$1 needs a whole number, not '${2:-}'"
}

parse_up() {
    SCOPE=lab BASE_PORT=17000 MEMBERS=3 TTL=20 LOOP_WAIT=5 RETRY_TIMEOUT='' AUTH=0 TLS=0 SYNC=0 APART='' CABLE='' ROOT=${LAB_ROOT:-}
    KEEP=0 UP_TIMEOUT=60
    GIVEN=()
    while [[ $# -gt 0 ]]; do
        case $1 in
        --base-port | --members | --ttl | --loop-wait | --retry-timeout | --timeout)
            natural "$1" "${2:-}"
            REPLY=${1#--}
            REPLY=${REPLY//-/_}
            REPLY=${REPLY^^}
            GIVEN+=("$REPLY=$2")
            if [[ $REPLY == TIMEOUT ]]; then UP_TIMEOUT=$2; else printf -v "$REPLY" %d "$((10#$2))"; fi
            shift
            ;;
        --scope)
            [[ ${2:-} =~ ^[a-z0-9][a-z0-9_-]*$ ]] || die "$EX_USAGE" "--scope needs a name of a-z, 0-9, _ and -, not '${2:-}'"
            SCOPE=$2
            GIVEN+=("SCOPE=$2")
            shift
            ;;
        --apart)
            [[ ${2:-} =~ ^pg[1-9][0-9]?$ ]] || die "$EX_USAGE" "--apart needs a member, as in pg1, not '${2:-}'"
            APART=$2 CABLE=${LAB_CABLE:-}
            GIVEN+=("APART=$2")
            shift
            ;;
        --root)
            [[ -n ${2:-} ]] || die "$EX_USAGE" "--root needs a directory"
            [[ -n $ROOT ]] || die "$EX_UNAVAILABLE" "only root may run the servers inside another root directory: run 'lab up --root' as root"
            GIVEN+=("ROOT=$(realpath -m -- "$2")")
            shift
            ;;
        --auth) AUTH=1 GIVEN+=(AUTH=1) ;;
        --tls) TLS=1 GIVEN+=(TLS=1) ;;
        --sync) SYNC=1 GIVEN+=(SYNC=1) ;;
        --keep) KEEP=1 ;;
        *) die "$EX_USAGE" "'lab up' does not know '$1'; see 'lab help'" ;;
        esac
        shift
    done
}

# Patroni's rule: it must be able to fail to reach its store twice, and still renew its lease in time.
check_timing() {
    if [[ -z $RETRY_TIMEOUT ]]; then
        RETRY_TIMEOUT=$(((TTL - LOOP_WAIT) / 2))
        ((RETRY_TIMEOUT <= 5)) || RETRY_TIMEOUT=5
        ((RETRY_TIMEOUT >= 1)) ||
            die "$EX_USAGE" "--ttl $TTL leaves no time to retry after --loop-wait $LOOP_WAIT: Patroni needs loop_wait + 2 x retry_timeout <= ttl"
    fi
    ((LOOP_WAIT >= 1 && RETRY_TIMEOUT >= 1)) || die "$EX_USAGE" "--loop-wait and --retry-timeout are at least 1 s"
    ((LOOP_WAIT + 2 * RETRY_TIMEOUT <= TTL)) ||
        die "$EX_USAGE" "Patroni needs loop_wait + 2 x retry_timeout <= ttl, but $LOOP_WAIT + 2 x $RETRY_TIMEOUT > $TTL"
}

check_options() {
    ((MEMBERS >= 1 && MEMBERS <= MAX_MEMBERS)) || die "$EX_USAGE" "--members is from 1 to $MAX_MEMBERS, not $MEMBERS"
    ((BASE_PORT >= 1024 && BASE_PORT + PORTS_PER_LAB <= 65536)) ||
        die "$EX_USAGE" "--base-port is from 1024 to $((65536 - PORTS_PER_LAB)), not $BASE_PORT"
    check_timing
    if [[ -n $APART ]]; then
        ((${APART#pg} <= MEMBERS)) || die "$EX_USAGE" "there is no member $APART to set apart: --members is $MEMBERS"
        [[ -n $CABLE ]] || settings_exist || die "$EX_UNAVAILABLE" "only root may give a member a network of its own: run 'lab up --apart' as root"
    fi
}

configure_all() {
    local node
    secrets_make
    if [[ $TLS == 1 ]]; then pki_make; fi
    for node in "${ETCD_NODES[@]}"; do etcd_configure "$node"; done
    for node in "${PG_NODES[@]}"; do patroni_configure "$node"; done
    patroni_configure_post_init
    patronictl_configure
    haproxy_configure
    pgbouncer_configure
    trace "configured"
}

any_etcd_answers() {
    local node
    for node in "${ETCD_NODES[@]}"; do etcd_answers "$node" && return 0; done
    return 1
}

# Start every node that does not run. etcd first: a Patroni that finds no etcd tries again only after 5 s.
start_all() {
    local node
    # One after the other: a new etcd asks the others who is there, and one that listens but does not serve yet
    # would hold it up for 2 s.
    for node in "${ETCD_NODES[@]}"; do
        start_or_thaw "$node"
        await "$node" "$node does not serve its peers" etcd_serves_peers "$node"
    done
    for node in "${ETCD_NODES[@]}"; do
        await "$node" "$node of etcd has no leader" etcd_answers "$node"
    done
    trace "etcd has a leader"
    if [[ $AUTH == 1 && ! -e $LAB_DIR/etcd-auth ]]; then
        etcd_enable_auth || not_up etcd1 "etcd did not accept its users and roles"
        : >"$LAB_DIR/etcd-auth"
        trace "etcd asks for passwords"
    fi
    for node in "${PG_NODES[@]}"; do start_or_thaw "$node"; done
    await_patroni "has no leader" patroni_leader
    trace "Patroni has a leader, $LEADER"
    patroni_wake "$LEADER"
    start_or_thaw haproxy
    start_or_thaw pgbouncer
}

start_or_thaw() {
    local kind
    node_state "$1"
    case $REPLY in
    frozen) thaw_node "$1" ;;
    stopped)
        node_kind "$1"
        kind=$REPLY
        "${kind}_start" "$1"
        ;;
    running)
        # PostgreSQL may run on without its Patroni.
        main_pid "$1"
        if [[ -z $REPLY ]]; then patroni_start "$1"; fi
        thaw_node "$1"
        ;;
    esac
}

# As await, for the members together: names the ones that are missing, and shows the log of the first of them.
await_patroni() {
    local what=$1 tries=0 missing
    shift
    until "$@"; do
        now_ms
        if ((REPLY >= UP_DEADLINE)); then
            patroni_missing
            missing=$REPLY
            if [[ -n $missing ]]; then
                not_up "${missing%% *}" "after $UP_TIMEOUT s Patroni $what; not running: $missing"
            fi
            not_up "${LEADER:-pg1}" "after $UP_TIMEOUT s Patroni $what"
        fi
        tries=$((tries + 1))
        if ((tries % 10 == 3)); then require_alive "${PG_NODES[@]}"; fi
        sleep 0.1
    done
}

await_whole() {
    await haproxy "HAProxy's statistics do not answer" haproxy_answers
    await pgbouncer "PgBouncer's console does not answer" pgbouncer_answers
    trace "HAProxy and PgBouncer answer"
    await_patroni "has not all members streaming from the leader" patroni_whole
    trace "all members stream"
    if ((SYNC && MEMBERS > 1)); then
        patroni_wake "$LEADER" # it names the synchronous standby in its next turn
        await_patroni "has no synchronous standby" patroni_synchronous
    fi
    await haproxy "HAProxy does not have one server up on its read-write port and the others on its read-only port" haproxy_whole
    trace "HAProxy sees them"
    await pgbouncer "PgBouncer does not reach the leader through HAProxy" pgbouncer_reaches_leader
    trace "PgBouncer reaches the leader"
}

# A lab that did not come up is taken away again, and so is one that is interrupted.
up_ended() {
    local rc=$?
    trap - EXIT
    if ((rc != 0)); then
        if ! settings_exist; then
            rm -f -- "$LAB_DIR/lock" # it had not begun
            rmdir -- "$LAB_DIR" 2>/dev/null || true
        elif ((KEEP)); then
            warn "it is left as it is in $LAB_DIR, as --keep asks"
        else
            remove_lab
            warn "the lab did not come up and was taken away again (--keep leaves it)"
        fi
    fi
    exit "$rc"
}

take_lock() {
    exec 9>"$LAB_DIR/lock"
    flock -w 10 9 || die "$EX_UNAVAILABLE" "another 'lab' command is at work on $LAB_DIR"
}

settings_agree() { # what was given is what the existing lab has
    local given name
    for given in "${GIVEN[@]}"; do
        name=${given%%=*}
        if [[ $name != TIMEOUT && ${!name} != "${given#*=}" ]]; then
            die "$EX_UNAVAILABLE" "there is a lab in $LAB_DIR already, and its ${name,,} is ${!name}, not ${given#*=}: take it down first, or choose another directory with --dir"
        fi
    done
}

verb_up() {
    local node stopped=() again=0
    now_ms
    STARTED_MS=$REPLY
    parse_up "$@"
    check_options
    check_dir
    check_programs
    mkdir -p -- "$LAB_DIR"
    take_lock
    UP_DEADLINE=$((STARTED_MS + UP_TIMEOUT * 1000))
    if settings_exist; then
        settings_read
        settings_agree
        all_nodes
        for node in "${NODES[@]}"; do
            node_state "$node"
            if [[ $REPLY != running ]]; then stopped+=("$node"); fi
        done
        again=1
        if [[ ${#stopped[@]} -eq 0 ]]; then
            say "The lab in $LAB_DIR is already up."
        else
            say "The lab in $LAB_DIR is there; starting ${stopped[*]}."
        fi
    else
        if [[ -n $(find "$LAB_DIR" -mindepth 1 -not -name lock -print -quit) ]]; then
            die "$EX_UNAVAILABLE" "$LAB_DIR is not empty and not a lab: choose another directory with --dir"
        fi
        all_nodes
        trap up_ended EXIT
        trap 'exit 130' INT
        trap 'exit 143' TERM HUP
        check_ports
        settings_write
        configure_all
    fi
    start_all
    await_whole
    trap - EXIT
    now_ms
    if ((again)); then
        say "It is whole: $LEADER leads."
    else
        printf 'A cluster of %d is up in %d.%d s, in %s; %s leads.\n' "$MEMBERS" \
            $(((REPLY - STARTED_MS) / 1000)) $(((REPLY - STARTED_MS) / 100 % 10)) "$LAB_DIR" "$LEADER"
    fi
    how_to_reach
}

how_to_reach() {
    local node rw
    say ""
    for node in "${PG_NODES[@]}"; do
        patroni_url "$node"
        printf '  %-22s %s' "$node Patroni" "$REPLY"
        place_of "$node"
        printf '   PostgreSQL %s\n' "$REPLY"
    done
    etcd_urls
    printf '  %-22s %s\n' "etcd" "$REPLY"
    pgbouncer_conninfo pgbouncer stats
    printf '  %-22s %s\n' "PgBouncer console" "$REPLY"
    pgbouncer_conninfo app app
    printf '  %-22s %s\n' "application" "$REPLY"
    haproxy_stats_url
    printf '  %-22s %s\n' "HAProxy statistics" "$REPLY"
    place_of haproxy-rw
    rw=$REPLY
    place_of haproxy-ro
    printf '  %-22s %s read-write, %s read-only\n' "HAProxy" "$rw" "$REPLY"
    say ""
    say "For a shell: eval \"\$(lab env --dir $LAB_DIR)\"    To take it away: lab down --dir $LAB_DIR"
}
