# shellcheck shell=bash
# What only root can do for a lab: the cable of `lab up --apart NODE`. That member lives in a network namespace, joined
# to everything else by a veth pair, which can be cut and joined.
#
# Cable N has the addresses 10.213.N.1 (here) and 10.213.N.2 (there); its near end and the namespace are both called
# pgdba-lab-N. Whose it is stands in the near end's alias: the lab's directory. So it is found again whatever became of
# the files, and one whose lab was removed without `lab down` is known for what it is.
#
# Cut, both ends send to an Ethernet address that nobody has. Packets vanish and nobody is told, as when a switch dies
# two hops away; a link taken down would tell both ends at once.

readonly NO_SUCH_MAC=02:00:00:00:de:ad

refuse() { # MESSAGE
    echo "lab: a member cannot be apart on this machine: $1" >&2
    return 69
}

cable_find() { # -> CABLE, the number of this lab's cable, or empty
    local end alias
    CABLE=
    for end in /sys/class/net/pgdba-lab-*; do
        { read -r alias <"$end/ifalias"; } 2>/dev/null || continue
        if [[ $alias == "$LAB_DIR" ]]; then CABLE=${end##*-}; fi
    done
}

cable_remove() { # NUMBER
    ip link del "pgdba-lab-$1" 2>/dev/null || true
    ip netns del "pgdba-lab-$1" 2>/dev/null || true
}

cables_sweep() { # those whose lab's directory was removed by others, as after a test that was killed
    local end alias
    for end in /sys/class/net/pgdba-lab-*; do
        { read -r alias <"$end/ifalias"; } 2>/dev/null || continue
        if [[ $alias == /* && ! -e $alias ]]; then cable_remove "${end##*-}"; fi
    done
}

cable_lay() { # [NUMBER]: this one, or the first free one -> CABLE
    local said first=${1:-0} last=${1:-255}
    CABLE=
    command -v ip >/dev/null || { refuse "the program ip is missing (apt-get install iproute2)"; return; }
    cables_sweep
    for ((CABLE = first; CABLE <= last; CABLE++)); do
        # One call makes it, so that of two labs that come up together only one gets it.
        said=$(ip netns add "pgdba-lab-$CABLE" 2>&1) && break
        if [[ $said != *"File exists"* ]]; then
            CABLE=
            refuse "no network namespace is allowed here ($said)"
            return
        fi
    done
    if ((CABLE > last)); then
        CABLE=
        refuse "the networks pgdba-lab-$first to pgdba-lab-$last are all taken"
        return
    fi
    if ! said=$(cable_connect "$CABLE" 2>&1); then
        cable_remove "$CABLE"
        CABLE=
        refuse "no veth pair is allowed here ($said)"
    fi
}

cable_connect() { # NUMBER
    local name=pgdba-lab-$1
    ip link add "$name" type veth peer name cable netns "$name" &&
        ip link set dev "$name" alias "$LAB_DIR" &&
        ip addr add "10.213.$1.1/30" dev "$name" &&
        ip link set "$name" up &&
        ip -n "$name" addr add "10.213.$1.2/30" dev cable &&
        ip -n "$name" link set lo up &&
        ip -n "$name" link set cable up
}

cable_cut() { # NUMBER
    ip neigh replace "10.213.$1.2" lladdr "$NO_SUCH_MAC" dev "pgdba-lab-$1" nud permanent &&
        ip -n "pgdba-lab-$1" neigh replace "10.213.$1.1" lladdr "$NO_SUCH_MAC" dev cable nud permanent
}

cable_join() { # NUMBER: both ends ask anew for the other's address
    ip neigh del "10.213.$1.2" dev "pgdba-lab-$1" 2>/dev/null || true
    ip -n "pgdba-lab-$1" neigh del "10.213.$1.1" dev cable 2>/dev/null || true
}

# `up`: the cable that the options ask for, or that the lab has which is there; joined, if it was cut -> CABLE, or empty
apart_up() { # ARGS...
    local wanted='' had
    cable_find
    if [[ -e $LAB_DIR/lab.conf ]]; then
        # The file is its owner's, so it is read and not run.
        had=$(sed -n 's/^CABLE=10\.213\.\([0-9]\{1,3\}\)$/\1/p' "$LAB_DIR/lab.conf")
        if [[ -n $CABLE ]]; then
            cable_join "$CABLE"
        elif [[ -n $had ]]; then
            cable_lay "$had" # it went when the machine was restarted
        fi
        return
    fi
    while [[ $# -gt 0 ]]; do
        if [[ $1 == --apart ]]; then wanted=${2:-}; fi
        shift
    done
    if [[ -n $CABLE ]]; then cable_remove "$CABLE"; fi
    CABLE=
    if [[ $wanted =~ ^pg[1-9][0-9]?$ ]]; then cable_lay; fi
}

# After a verb of the lab's own user has come to its end: what it leaves to root
apart_after() { # VERB EXIT_CODE
    case $1:$2 in
    cut:0 | join:0) "cable_$1" "$CABLE" ;;
    down:0) if [[ -n $CABLE ]]; then cable_remove "$CABLE"; fi ;;
    up:*) if [[ -n $CABLE && ! -e $LAB_DIR/lab.conf ]]; then cable_remove "$CABLE"; fi ;;
    esac
}
