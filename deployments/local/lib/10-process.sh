# shellcheck shell=bash
# Processes. A process belongs to a node when it works in the node's directory and has no terminal: that holds for a
# server and everything it starts, survives a lost pid file, cannot be confused with a reused pid, and leaves alone
# the shell or editor of somebody who looks around in there.

# spawn NODE PROGRAM ARG...: a daemon of its own session, working in the node's directory, logging to its log.
spawn() {
    local node=$1 dir=$LAB_DIR/$1 fd enter=()
    shift
    if [[ $node == "$APART" ]]; then enter=(nsenter --net="/run/netns/pgdba-lab-${CABLE##*.}"); fi
    if [[ -n $ROOT ]]; then enter+=(chroot "$ROOT"); fi
    # Root lends this user the right to enter the one and the other (see root/apart.sh, inside.sh), not to the servers.
    if [[ -n $APART || -n $ROOT ]]; then enter+=(setpriv --ambient-caps=-all --inh-caps=-all); fi
    mkdir -p -- "$dir"
    # What the caller's environment says about PostgreSQL, proxies or locales is none of the servers' business; and
    # a file the caller has open (a pipe that somebody waits on) must not stay open for as long as they run.
    (
        cd -- "$dir" || exit
        for fd in /proc/"$BASHPID"/fd/*; do
            fd=${fd##*/}
            ((fd <= 2)) || exec {fd}>&-
        done
        exec "${enter[@]}" setsid env -i -C "$dir" PATH="$PATH" HOME="$dir" LANG=C.UTF-8 "$@" </dev/null >>"$dir/log" 2>&1
    ) &
    disown
    trace "$node started"
}

# node_selector NODE -> DIR, DEEP: where the node's processes work. pg1 is Patroni and its PostgreSQL;
# pg1/patroni and pg1/postgres are one of them alone.
node_selector() {
    case $1 in
    */postgres) DIR=$LAB_DIR/${1%/postgres}/data DEEP=1 ;;
    */patroni) DIR=$LAB_DIR/${1%/patroni} DEEP=0 ;;
    .) DIR=$LAB_DIR DEEP=1 ;; # all of the lab
    *) DIR=$LAB_DIR/$1 DEEP=1 ;;
    esac
}

# Every process that works in DIR (DEEP: or below) -> PIDS, STATES
scan() {
    local proc cwd stat fields
    PIDS=() STATES=()
    while IFS=$'\t' read -r proc cwd; do
        cwd=${cwd% (deleted)}
        cwd=${cwd#"$ROOT"} # whoever is inside is seen from outside
        if [[ $cwd != "$DIR" ]]; then
            [[ $DEEP == 1 && $cwd == "$DIR"/* ]] || continue
        fi
        { read -r stat <"$proc/stat"; } 2>/dev/null || continue
        # The name in brackets may hold anything; the fields after it may not.
        read -ra fields <<<"${stat##*) }"
        # State, ppid, pgrp, session, tty.
        [[ ${fields[0]} != [ZX] && ${fields[4]} == 0 ]] || continue
        PIDS+=("${proc#/proc/}")
        STATES+=("${fields[0]}")
    done < <(find /proc/[0-9]*/cwd -maxdepth 0 -printf '%h\t%l\n' 2>/dev/null || true)
}

scan_node() {
    local DIR DEEP
    node_selector "$1"
    scan
}

node_alive() {
    local PIDS STATES
    scan_node "$1"
    [[ ${#PIDS[@]} -gt 0 ]]
}

node_gone() { ! node_alive "$1"; }

# The first process of a node -> REPLY, empty when there is none
main_pid() {
    local data=$LAB_DIR/${1%%/*}/data
    REPLY=
    case $1 in
    */postgres)
        if [[ -r $data/postmaster.pid ]]; then read -r REPLY <"$data/postmaster.pid" || REPLY=; fi
        if [[ -n $REPLY && $(readlink "/proc/$REPLY/cwd" 2>/dev/null) != "$ROOT$data" ]]; then REPLY=; fi
        ;;
    *)
        local PIDS STATES DIR DEEP pid stat fields
        DIR=$LAB_DIR/${1%%/*} DEEP=0
        scan
        for pid in "${PIDS[@]}"; do
            { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
            read -ra fields <<<"${stat##*) }"
            if [[ ${fields[3]} == "$pid" ]]; then REPLY=$pid; fi
        done
        ;;
    esac
}

# running, frozen or stopped -> REPLY
node_state() {
    local PIDS STATES s
    scan_node "$1"
    REPLY=stopped
    for s in "${STATES[@]}"; do
        if [[ $s != [Tt] ]]; then
            REPLY=running
            return
        fi
        REPLY=frozen
    done
}

# The member is cut off: at this end of its cable, what is sent to it goes to an address that nobody has.
is_cut() { # NODE
    [[ $1 == "$APART" ]] && grep -q "^$CABLE\.2 .* 02:00:00:00:de:ad " /proc/net/arp
}

# Stop every process of a node, those included that it was just about to start: once round finds none left to stop.
freeze_node() {
    local PIDS STATES i left
    while :; do
        scan_node "$1"
        left=0
        for i in "${!PIDS[@]}"; do
            [[ ${STATES[i]} == [Tt] ]] && continue
            kill -STOP "${PIDS[i]}" 2>/dev/null || true
            left=1
        done
        ((left)) || return 0
    done
}

thaw_node() {
    local PIDS STATES
    scan_node "$1"
    [[ ${#PIDS[@]} -eq 0 ]] || kill -CONT "${PIDS[@]}" 2>/dev/null || true
}

# The power cord: stopped first, so that no process sees another die and reacts.
kill_node() {
    local PIDS STATES
    freeze_node "$1"
    scan_node "$1"
    [[ ${#PIDS[@]} -eq 0 ]] || kill -KILL "${PIDS[@]}" 2>/dev/null || true
    # These, not any: Patroni may already have started its PostgreSQL again.
    deadline_in 10
    poll "$REPLY" pids_gone "${PIDS[@]}" || die "$EX_FAILED" "$1 did not die: $(describe_processes "$1")"
}

pids_gone() {
    local pid stat
    for pid in "$@"; do
        { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
        stat=${stat##*) }
        [[ $stat == [ZX]* ]] || return 1
    done
}

describe_processes() {
    local PIDS STATES
    scan_node "$1"
    [[ ${#PIDS[@]} -eq 0 ]] || ps -o pid=,stat=,args= -p "$(IFS=, && echo "${PIDS[*]}")"
}

# A PostgreSQL that was killed leaves a small System V segment behind, named in its postmaster.pid.
remove_shared_memory() { # DATA_DIR
    local lines key id rest _key shmid _perms _size cpid _lpid nattch
    [[ -r $1/postmaster.pid ]] || return 0
    mapfile -t lines <"$1/postmaster.pid"
    # shellcheck disable=SC2034
    read -r key id rest <<<"${lines[6]:-}"
    [[ -n ${id:-} && -r /proc/sysvipc/shm ]] || return 0
    while read -r _key shmid _perms _size cpid _lpid nattch rest; do
        if [[ $shmid == "$id" && $cpid == "${lines[0]}" && $nattch == 0 ]]; then ipcrm -m "$id"; fi
    done </proc/sysvipc/shm
}

log_tail() { # NODE: the end of its log, indented
    local log=$LAB_DIR/${1%%/*}/log
    if [[ -s $log ]]; then
        printf 'lab: the end of %s:\n' "$log"
        tail -n 15 -- "$log" | sed 's/^/    /'
    else
        printf 'lab: %s wrote nothing to its log\n' "$1"
    fi
}
