# shellcheck shell=bash disable=SC2034,SC2154
# What the cases of HAProxy share, once the lab is up and registered as local-ha: its own word, servers for another one's configuration,
# and further cluster files. What was done is asked of HAProxy itself, and not of us.

part() { grep -oP "(?<=\b$2=)[^ ]+" <<<"$1"; } # CONNINFO KEYWORD

# servers [OPTION...]: a server line for each member, by another name than the member's
servers() {
    local m c u
    for m in $LAB_MEMBERS; do
        c=LAB_PG_$m u=LAB_PATRONI_$m
        echo "    server db-${m#pg} $(part "${!c}" host):$(part "${!c}" port) check port ${!u##*:}${*:+ $*}"
    done
}

# ha SOCKET LINE: by HAProxy's own word
ha() {
    python3 - "$@" <<'END'
import socket, sys
to, line = sys.argv[1:]
if to.startswith("/"):
    s = socket.socket(socket.AF_UNIX)
    s.connect(to)
else:
    host, port = to.rsplit(":", 1)
    s = socket.create_connection((host, int(port)))
s.settimeout(5)
s.sendall(line.encode() + b"\n")
while data := s.recv(65536):
    sys.stdout.write(data.decode())
END
}
status_of() { ha "$1" 'show stat' | awk -F, -v p="$2" -v s="$3" '$1 == p && $2 == s { print $18 }'; }   # SOCKET PROXY SERVER
sessions_of() { ha "$1" 'show stat' | awk -F, -v p="$2" -v s="$3" '$1 == p && $2 == s { print $5 }'; }  # SOCKET PROXY SERVER
admin_of() { ha "$1" "show servers state $2" | awk -v s="$3" '$4 == s { print $7 }'; }                 # SOCKET PROXY SERVER

# cluster NAME: local-ha's file with the HAProxys of standard input
file=$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml
cp "$file" "$work/base.yml"
cluster() {
    { grep -v '^- {name: haproxy, url' "$work/base.yml" | sed '/^haproxy:/,/^pgbouncer:/{/^haproxy:/d}'; echo haproxy:; cat; } >"$work/new.yml"
    install -m 600 "$work/new.yml" "${file%/*}/$1.yml"
}
