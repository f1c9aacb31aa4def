# shellcheck shell=bash
# HAProxy: a read-write port that leads to the leader, a read-only port that leads to replicas, as Patroni's role
# checks say; and the statistics page.

haproxy_conninfo() { # rw|ro -> REPLY
    port_of "haproxy-$1"
    REPLY="host=$LOCALHOST port=$REPLY dbname=app user=app passfile=$PASSFILE"
}

haproxy_stats_url() {
    place_of haproxy-stats
    REPLY=http://$REPLY/
}

haproxy_socket() { REPLY=$LAB_DIR/haproxy/admin.sock; }

# OPTIONS is Patroni's role check without a body: HAProxy hangs up after the status line, which makes Patroni log a
# traceback when it is still sending.
#
# How long clients wait in a switchover is decided here too: downinter is how late a new leader is seen, fall checks every
# fastinter how late the old one is left. fall stays 3: one slow answer must not cut every session (shutdown-sessions).
haproxy_listen() { # NAME PATH
    local node check=''
    if [[ $TLS == 1 ]]; then check=" check-ssl verify required ca-file $CACERT"; fi
    place_of "haproxy-$1"
    cat <<-END

	listen $1
	    bind $REPLY
	    option httpchk
	    http-check send meth OPTIONS uri $2
	    http-check expect status 200
	    default-server inter 500ms fastinter 100ms downinter 200ms fall 3 rise 1 on-marked-down shutdown-sessions
	END
    for node in "${PG_NODES[@]}"; do
        place_of "$node"
        printf '    server %s %s' "$node" "$REPLY"
        port_of "$node-rest"
        printf ' check port %s%s\n' "$REPLY" "$check"
    done
}

haproxy_configure() {
    mkdir -p -- "$LAB_DIR/haproxy"
    local socket
    haproxy_socket
    # HAProxy binds to a longer name first; where that is too long for a socket there is none.
    socket="stats socket $REPLY mode 600 level admin"
    if ((${#REPLY} > 90)); then socket=; fi
    place_of haproxy-stats
    {
        cat <<-END
		global
		    maxconn 500
		    nbthread 1
		    $socket

		defaults
		    mode tcp
		    retries 2
		    timeout connect 2s
		    timeout check 2s
		    timeout client 30m
		    timeout server 30m

		listen stats
		    mode http
		    timeout client 30s
		    bind $REPLY
		    stats enable
		    stats uri /
		    stats refresh 5s
		    stats show-legends
		END
        haproxy_listen rw /primary
        haproxy_listen ro /replica
    } >"$LAB_DIR/haproxy/haproxy.cfg"
}

haproxy_start() { spawn haproxy haproxy -db -f "$LAB_DIR/haproxy/haproxy.cfg"; }
haproxy_stop() { stop_with_term haproxy; }

haproxy_answers() {
    haproxy_stats_url
    lab_curl --fail -o /dev/null "$REPLY;csv"
}

# One server up on the read-write port, all others up on the read-only one. A server that HAProxy has not checked yet
# counts as up for HAProxy, but not here.
haproxy_whole() {
    local px sv rest rw=0 ro=0 fields
    haproxy_stats_url
    while IFS=, read -r px sv rest; do
        [[ $sv == pg* ]] || continue
        IFS=, read -ra fields <<<"$rest"
        # The columns status and check_status, counted from the third.
        [[ ${fields[15]} == UP* && ${fields[34]} == L7OK ]] || continue
        if [[ $px == rw ]]; then rw=$((rw + 1)); else ro=$((ro + 1)); fi
    done < <(lab_curl "$REPLY;csv")
    ((rw == 1 && ro == MEMBERS - 1))
}
