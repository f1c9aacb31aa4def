# shellcheck shell=bash
# PgBouncer: transaction pooling in front of HAProxy's read-write port, so that it follows the leader.

pgbouncer_conninfo() { # DBNAME USER -> REPLY
    port_of pgbouncer
    REPLY="host=$LOCALHOST port=$REPLY dbname=$1 user=$2 passfile=$PASSFILE"
}

pgbouncer_configure() {
    local dir=$LAB_DIR/pgbouncer rw port user
    port_of haproxy-rw
    rw=$REPLY
    port_of pgbouncer
    port=$REPLY
    mkdir -p -- "$dir"
    cat >"$dir/pgbouncer.ini" <<-END
	[databases]
	app = host=$LOCALHOST port=$rw dbname=app

	[pgbouncer]
	listen_addr = $LOCALHOST
	listen_port = $port
	unix_socket_dir =
	auth_type = scram-sha-256
	auth_file = $dir/userlist.txt
	admin_users = admin
	stats_users = stats
	pool_mode = transaction
	default_pool_size = 20
	max_client_conn = 200
	ignore_startup_parameters = extra_float_digits
	END
    # In clear, because PgBouncer must log in itself with what it checks.
    for user in app "${BOUNCER_USERS[@]}"; do
        secret "$user"
        printf '"%s" "%s"\n' "$user" "$REPLY"
    done >"$dir/userlist.txt"
}

pgbouncer_start() { spawn pgbouncer pgbouncer "$LAB_DIR/pgbouncer/pgbouncer.ini"; }
pgbouncer_stop() { stop_with_term pgbouncer; }

pgbouncer_answers() {
    pgbouncer_conninfo pgbouncer stats
    lab_psql "$REPLY" 'SHOW VERSION' >/dev/null
}

# A query through all of it: PgBouncer, HAProxy, the leader
pgbouncer_reaches_leader() {
    pgbouncer_conninfo app app
    [[ $(lab_psql "$REPLY" 'SELECT pg_is_in_recovery()') == f ]]
}
