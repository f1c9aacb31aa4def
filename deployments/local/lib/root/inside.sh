# shellcheck shell=bash disable=SC2034
# What only root can do for a lab: let its servers run inside another system's root directory, `lab up --root DIR`, as
# debootstrap makes one. The lab itself stays outside, with its files where they always are.
#
# Root mounts what the servers need of this machine (the lab's directory, at its own path, /proc, /dev, and who has
# which user id) in a mount namespace that only this lab's processes see. It lives as long as they do, so there is
# nothing to unmount. The lab's user is lent the right to chroot; the servers are not.

inside_refuse() { # ROOT REASON
    echo "lab: the servers cannot run inside $1: $2" >&2
    return 69
}

# The root of this lab -> INSIDE, or empty: what --root says, or what the lab has that is there
inside_find() { # VERB ARGS...
    local verb=$1
    INSIDE=
    shift
    # The file is its owner's, so it is read and not run.
    if [[ -e $LAB_DIR/lab.conf ]]; then INSIDE=$(sed -n 's/^ROOT=\(\/[A-Za-z0-9_.\/@+-]*\)$/\1/p' "$LAB_DIR/lab.conf"); fi
    if [[ -n $INSIDE || $verb != up ]]; then return; fi
    while [[ $# -gt 0 ]]; do
        if [[ $1 == --root && -n ${2:-} ]]; then INSIDE=$(realpath -m -- "$2"); fi
        shift
    done
}

# Only what root alone can change is entered, for the mount points are made in there as root.
inside_check() { # COMMAND... that tests as the lab's user
    local d
    if [[ -z $INSIDE ]]; then return 0; fi
    if [[ ! $INSIDE =~ ^(/[A-Za-z0-9_.@+-]+)+$ ]]; then
        inside_refuse "$INSIDE" "its path has characters other than letters, digits and _./@+-"
    elif [[ $LAB_DIR/ == "$INSIDE"/* || $INSIDE/ == "$LAB_DIR"/* ]]; then
        inside_refuse "$INSIDE" "it and the lab's directory must not contain each other"
    elif [[ ! -d $INSIDE/proc || ! -d $INSIDE/dev || ! -x $INSIDE/usr/bin/env || ! -e $INSIDE/etc/passwd || ! -e $INSIDE/etc/group ]]; then
        inside_refuse "$INSIDE" "that is no system's root directory"
    elif ! "$@" test -x "$INSIDE"; then
        inside_refuse "$INSIDE" "the user '$LAB_OWNER', which the lab runs as, has no access to it"
    else
        d=$INSIDE
        while [[ -n $d ]]; do
            if [[ -n $(find "$d" -maxdepth 0 \( -not -user root -o -perm /022 -not -perm -1000 \) -print) ]]; then
                inside_refuse "$INSIDE" "others than root can change $d"
                return
            fi
            d=${d%/*}
        done
    fi
}

# The mount points stay where something still uses them, and the directories that others made stay too.
inside_clear() { # VERB EXIT_CODE
    local d=$INSIDE$LAB_DIR
    if [[ -z $INSIDE || -e $LAB_DIR/lab.conf ]]; then return 0; fi
    if [[ $1 != up && $1 != down ]]; then return 0; fi
    while [[ ${d#"$INSIDE"} == /*/* ]]; do
        rmdir -- "$d" 2>/dev/null || break
        d=${d%/*}
    done
}

# A command that mounts all of it and then becomes what follows it -> INSIDE_MOUNTED, empty where there is nothing to mount
inside_mounted() {
    INSIDE_MOUNTED=()
    if [[ -z $INSIDE ]]; then return 0; fi
    # shellcheck disable=SC2016
    INSIDE_MOUNTED=(unshare --mount --propagation private sh -euc '
        root=$1 lab=$2
        shift 2
        mkdir -p -- "$root$lab"
        mount --bind "$lab" "$root$lab"
        mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        for f in passwd group; do mount --bind "/etc/$f" "$root/etc/$f"; done
        exec "$@"' sh "$INSIDE" "$LAB_DIR")
}
