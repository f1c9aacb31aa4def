# shellcheck shell=bash disable=SC2034
# What the user can say, and lab_main.

# --- nodes ----------------------------------------------------------------------------------------------------------

all_nodes() { # -> NODES, in the order in which they are started
    pg_nodes
    NODES=("${ETCD_NODES[@]}" "${PG_NODES[@]}" haproxy pgbouncer)
}

# The kind of a node -> REPLY, the prefix of the functions that know it
node_kind() {
    local node NODES
    all_nodes
    for node in "${NODES[@]}"; do
        case $1 in
        "$node") REPLY=${node%%[0-9]*} ;;
        "$node/postgres" | "$node/patroni")
            if [[ $node != pg[0-9]* ]]; then continue; fi
            REPLY=${1#*/}
            ;;
        *) continue ;;
        esac
        if [[ $REPLY == pg ]]; then REPLY=patroni; fi
        return 0
    done
    die "$EX_USAGE" "there is no node '$1' in this lab; it has ${NODES[*]}, and of each pgN also pgN/postgres and pgN/patroni"
}

stop_with_term() { # NODE: ask its first process, and wait until all of them are gone
    main_pid "$1"
    if [[ -n $REPLY ]]; then kill -TERM "$REPLY" 2>/dev/null || true; fi
    deadline_in 30
    poll "$REPLY" node_gone "$1" || die "$EX_FAILED" "$1 does not stop: $(describe_processes "$1")"
}

# Fail at once when a node's processes are gone: no deadline needs to pass to know that it will not come up.
require_alive() {
    local node
    for node in "$@"; do
        main_pid "$node"
        [[ -n $REPLY ]] || not_up "$node" "$node has ended"
    done
}

not_up() { # NODE MESSAGE
    warn "$2"
    log_tail "$1" >&2
    exit "$EX_FAILED"
}

# await NODE WHAT COMMAND...: until the command succeeds, while the node lives, within the deadline of `lab up`
await() {
    local node=$1 what=$2 tries=0
    shift 2
    until "$@"; do
        now_ms
        ((REPLY < UP_DEADLINE)) || not_up "$node" "after $UP_TIMEOUT s $what"
        tries=$((tries + 1))
        if ((tries % 10 == 3)); then require_alive "$node"; fi
        sleep 0.1
    done
}

# --- up -------------------------------------------------------------------------------------------------------------

natural() { # OPTION VALUE
    [[ ${2:-} =~ ^[0-9]{1,5}$ ]] || die "$EX_USAGE" "$1 needs a whole number, not '${2:-}'"
}

parse_up() {
    SCOPE=lab BASE_PORT=17000 MEMBERS=3 TTL=20 LOOP_WAIT=5 RETRY_TIMEOUT='' AUTH=0 TLS=0 SYNC=0
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
    local node
    say ""
    for node in "${PG_NODES[@]}"; do
        patroni_url "$node"
        printf '  %-22s %s' "$node Patroni" "$REPLY"
        port_of "$node"
        printf '   PostgreSQL 127.0.0.1:%s\n' "$REPLY"
    done
    etcd_urls
    printf '  %-22s %s\n' "etcd" "$REPLY"
    pgbouncer_conninfo pgbouncer stats
    printf '  %-22s %s\n' "PgBouncer console" "$REPLY"
    pgbouncer_conninfo app app
    printf '  %-22s %s\n' "application" "$REPLY"
    haproxy_stats_url
    printf '  %-22s %s\n' "HAProxy statistics" "$REPLY"
    port_of haproxy-rw
    printf '  %-22s 127.0.0.1:%s read-write, 127.0.0.1:%s read-only\n' "HAProxy" "$REPLY" $((REPLY + 1))
    say ""
    say "For a shell: eval \"\$(lab env --dir $LAB_DIR)\"    To take it away: lab down --dir $LAB_DIR"
}

# --- env and status -------------------------------------------------------------------------------------------------

assign() { printf '%s=%s\n' "$1" "${2@Q}"; }

verb_env() {
    local node urls=()
    [[ $# -eq 0 ]] || die "$EX_USAGE" "'lab env' takes no argument but --dir"
    settings_read
    pg_nodes
    assign LAB_DIR "$LAB_DIR"
    assign LAB_SCOPE "$SCOPE"
    assign LAB_BASE_PORT "$BASE_PORT"
    assign LAB_MEMBERS "${PG_NODES[*]}"
    assign LAB_TTL "$TTL"
    assign LAB_LOOP_WAIT "$LOOP_WAIT"
    assign LAB_RETRY_TIMEOUT "$RETRY_TIMEOUT"
    for node in "${PG_NODES[@]}"; do
        patroni_url "$node"
        urls+=("$REPLY")
        assign "LAB_PATRONI_$node" "$REPLY"
        pg_conninfo "$node"
        assign "LAB_PG_$node" "$REPLY"
    done
    assign LAB_PATRONI_URLS "${urls[*]}"
    etcd_urls
    assign LAB_ETCD_URLS "$REPLY"
    pgbouncer_conninfo pgbouncer admin
    assign LAB_PGBOUNCER_ADMIN "$REPLY"
    pgbouncer_conninfo pgbouncer stats
    assign LAB_PGBOUNCER_STATS "$REPLY"
    pgbouncer_conninfo app app
    assign LAB_PGBOUNCER_APP "$REPLY"
    haproxy_stats_url
    assign LAB_HAPROXY_STATS "$REPLY"
    haproxy_conninfo rw
    assign LAB_HAPROXY_RW "$REPLY"
    haproxy_conninfo ro
    assign LAB_HAPROXY_RO "$REPLY"
    assign LAB_PASSFILE "$PASSFILE"
    assign LAB_PATRONICTL "$LAB_DIR/patronictl.yml"
    # Empty where the lab has none, so that an earlier lab's value does not stay behind in the shell.
    assign LAB_CACERT "$( ((TLS)) && echo "$CACERT")"
    assign LAB_REST_USER "$( ((AUTH)) && echo patroni)"
    assign LAB_REST_PASSFILE "$( ((AUTH)) && echo "$SECRETS/rest")"
    assign LAB_ETCD_USER "$( ((AUTH)) && echo patroni)"
    assign LAB_ETCD_PASSFILE "$( ((AUTH)) && echo "$SECRETS/etcd-patroni")"
}

verb_status() {
    local node pid state role rc=0
    [[ $# -eq 0 ]] || die "$EX_USAGE" "'lab status' takes no argument but --dir"
    settings_read
    all_nodes
    printf '%-14s %-8s %8s %6s  %s\n' NODE STATE PID PORT ROLE
    for node in "${NODES[@]}"; do
        node_state "$node"
        state=$REPLY
        main_pid "$node"
        pid=${REPLY:--}
        role=
        case $node in
        haproxy) port_of haproxy-rw ;;
        pg[0-9]*) port_of "$node" ;;
        *) port_of "$node" ;;
        esac
        if [[ $node == pg[0-9]* ]]; then
            local port=$REPLY
            if [[ $state == running ]]; then
                patroni_role "$node"
                role=${ROLE:-"Patroni does not answer"}
                if [[ $pid == - ]]; then role="PostgreSQL without its Patroni"; fi
                if [[ -n $STATE && $STATE != running ]]; then role+=", $STATE"; fi
            fi
            REPLY=$port
        fi
        printf '%-14s %-8s %8s %6s  %s\n' "$node" "$state" "$pid" "$REPLY" "$role"
        if [[ $state != running ]]; then rc=$EX_FAILED; fi
    done
    return "$rc"
}

# --- one node -------------------------------------------------------------------------------------------------------

need_node() {
    [[ $# -eq 2 && -n $2 ]] || die "$EX_USAGE" "'lab $1' takes one node"
    settings_read
    node_kind "$2"
    KIND=$REPLY
}

verb_kill() {
    need_node kill "$@"
    kill_node "$1"
}

verb_freeze() {
    need_node freeze "$@"
    node_alive "$1" || die "$EX_FAILED" "$1 does not run"
    freeze_node "$1"
}

verb_thaw() {
    need_node thaw "$@"
    thaw_node "$1"
}

verb_stop() {
    need_node stop "$@"
    node_state "$1"
    case $REPLY in
    frozen) die "$EX_FAILED" "$1 is frozen and cannot stop in order: thaw it first, or kill it" ;;
    stopped) say "$1 is already stopped" ;;
    running) "${KIND}_stop" "$1" ;;
    esac
}

# Started is what has its process; whether it answers yet also depends on others (a Patroni without etcd does not).
verb_start() {
    local node=${1%%/*}
    need_node start "$@"
    check_programs
    if [[ $KIND == postgres ]]; then
        main_pid "$node"
        [[ -n $REPLY ]] || die "$EX_FAILED" "PostgreSQL of $node is started by its Patroni, which does not run: lab start $node"
    else
        take_lock
        main_pid "$node"
        if [[ -n $REPLY ]]; then
            say "$node already runs"
            return 0
        fi
        "${KIND}_start" "$node"
        exec 9>&- # how long it takes to answer holds up nobody else
    fi
    deadline_in 15
    if [[ $KIND == postgres ]]; then KIND=patroni; fi
    if poll "$REPLY" "${KIND}_answers" "$node"; then return 0; fi
    main_pid "$node"
    [[ -n $REPLY ]] || not_up "$node" "$node has ended"
    warn "$node runs, but does not answer yet"
}

# --- down -----------------------------------------------------------------------------------------------------------

signal_lab() { # SIGNAL
    local DIR=$LAB_DIR DEEP=1 PIDS STATES
    scan
    [[ ${#PIDS[@]} -eq 0 ]] || kill "-$1" "${PIDS[@]}" 2>/dev/null || true
}

# One round of killing: true when nothing was left to kill.
kill_lab() {
    local DIR=$LAB_DIR DEEP=1 PIDS STATES
    scan
    if [[ ${#PIDS[@]} -eq 0 ]]; then return 0; fi
    kill -KILL "${PIDS[@]}" 2>/dev/null || true
    now_ms
    poll $((REPLY + 5000)) pids_gone "${PIDS[@]}"
    return 1 # and look again, for what they had just started
}

postmasters_gone() {
    local node
    for node in "${PG_NODES[@]}"; do
        main_pid "$node/postgres"
        [[ -z $REPLY ]] || return 1
    done
}

# Patroni first, so that it does not react; then PostgreSQL with an immediate shutdown, in which it gives its shared
# memory back; then whatever is left.
remove_lab() {
    local node
    pg_nodes
    for node in "${PG_NODES[@]}"; do kill_node "$node/patroni"; done
    signal_lab CONT
    for node in "${PG_NODES[@]}"; do
        main_pid "$node/postgres"
        if [[ -n $REPLY ]]; then kill -QUIT "$REPLY" 2>/dev/null || true; fi
    done
    deadline_in 3
    poll "$REPLY" postmasters_gone || true
    deadline_in 10
    poll "$REPLY" kill_lab || die "$EX_FAILED" "some processes did not die: $(describe_processes .)"
    for node in "${PG_NODES[@]}"; do remove_shared_memory "$LAB_DIR/$node/data"; done
    find "$LAB_DIR" -mindepth 1 -delete
    rmdir -- "$LAB_DIR" 2>/dev/null || true # where root made it, root removes it
}

verb_down() {
    [[ $# -eq 0 ]] || die "$EX_USAGE" "'lab down' takes no argument but --dir"
    if [[ ! -e $LAB_DIR ]] || ! settings_exist; then
        say "There is no lab in $LAB_DIR."
        return 0
    fi
    settings_read
    check_dir
    take_lock
    remove_lab
}

# --- help and dispatch ----------------------------------------------------------------------------------------------

verb_help() {
    cat <<-END
	lab: a PostgreSQL HA cluster on this machine (etcd, Patroni, PgBouncer, HAProxy), on 127.0.0.1, in one directory.

	  lab up [OPTION...]     start it, wait until it is whole, say how to reach it; an existing lab is completed
	  lab env                the same as shell assignments, for eval
	  lab status             one line a node: state, pid, port, role; exit code 1 unless all run
	  lab kill NODE          as if the power went: SIGKILL to all its processes
	  lab freeze NODE        as if it hung: SIGSTOP to all its processes; connections stay, nothing answers
	  lab thaw NODE          go on after freeze
	  lab stop NODE          stop in order
	  lab start NODE         start again what was stopped or killed
	  lab down               stop everything and remove the directory

	  A NODE is etcd1..etcd3, pg1..pgN (Patroni together with its PostgreSQL), pgN/postgres (PostgreSQL alone),
	  pgN/patroni (Patroni alone), pgbouncer or haproxy. Patroni starts a PostgreSQL again that it finds missing.

	Options of up:
	  --base-port P      the first of the $PORTS_PER_LAB ports of this lab (17000)
	  --members N        how many members, pg1..pgN (3)
	  --scope NAME       Patroni's name of the cluster (lab)
	  --ttl S            Patroni's lease (20)
	  --loop-wait S      Patroni's interval (5)
	  --retry-timeout S  how long Patroni and its store are given to recover (5, or what ttl leaves)
	  --auth             Patroni's API asks for a password for changes, and etcd for everything
	  --tls              Patroni's API and etcd speak TLS, with a CA of the lab's own
	  --sync             synchronous replication
	  --timeout S        give up after this time (60)
	  --keep             leave a lab that did not come up as it is

	Every verb takes --dir D; otherwise \$LAB_DIR says where the lab is, or it is in ~/.local/state/pgdba/lab, for root
	in /var/lib/pgdba/lab. As root, everything runs as the user postgres. PostgreSQL runs with fsync off: a lab may
	lose its data together with the machine.
	END
}

declare -rA VERBS=(
    [up]=verb_up [env]=verb_env [status]=verb_status [kill]=verb_kill [freeze]=verb_freeze [thaw]=verb_thaw
    [start]=verb_start [stop]=verb_stop [down]=verb_down [help]=verb_help [--help]=verb_help [-h]=verb_help
)

lab_main() {
    local verb=${1:-}
    [[ $# -gt 0 ]] || { verb_help >&2; exit "$EX_USAGE"; }
    shift
    [[ -n ${VERBS[$verb]:-} ]] || die "$EX_USAGE" "there is no verb '$verb'; see 'lab help'"
    now_ms
    STARTED_MS=$REPLY
    "${VERBS[$verb]}" "$@"
}
