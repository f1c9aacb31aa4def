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
    # For every member: host and port are its own.
    assign LAB_PG_MONITOR "dbname=postgres user=monitor passfile=$PASSFILE"
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
    haproxy_socket
    assign LAB_HAPROXY_SOCKET "$REPLY"
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
        if [[ $state == running ]] && is_cut "$node"; then state='cut off'; fi
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

# The cable is root's, who has called this; it is cut or joined when this has found nothing against it.
need_apart() { # VERB NODE
    need_node "$@"
    [[ $2 == "$APART" ]] ||
        die "$EX_FAILED" "$2 shares its network with the rest of the lab and cannot be cut off from it: 'lab up --apart $2' begins one in which it can; 'lab freeze' comes nearest"
    [[ -n ${LAB_CABLE:-} ]] || die "$EX_UNAVAILABLE" "'lab $1' is for root, or the network of $2 is gone: 'lab up' makes it again"
}

verb_cut() { need_apart cut "$@"; }
verb_join() { need_apart join "$@"; }

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
	  lab cut NODE           as if its network went: packets vanish, both ways; for the member of 'lab up --apart' alone
	  lab join NODE          go on after cut
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
	  --apart NODE       run this member in a network of its own, that 'lab cut' can cut off; for root, with ip netns
	  --root DIR         run the servers inside this root directory of another system (debootstrap), as root
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
    [start]=verb_start [stop]=verb_stop
    [cut]=verb_cut [join]=verb_join [down]=verb_down [help]=verb_help [--help]=verb_help [-h]=verb_help
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
