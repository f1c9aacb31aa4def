# shellcheck shell=bash disable=SC2153
# Patroni, each with its PostgreSQL.

pg_nodes() { # -> PG_NODES
    local i
    PG_NODES=()
    for ((i = 1; i <= MEMBERS; i++)); do PG_NODES+=("pg$i"); done
}

patroni_url() { # NODE -> REPLY
    local scheme
    http_scheme
    scheme=$REPLY
    place_of "$1-rest"
    REPLY=$scheme://$REPLY
}

pg_conninfo() { # NODE -> REPLY
    local host
    host_of "$1"
    host=$REPLY
    port_of "$1"
    REPLY="host=$host port=$REPLY dbname=postgres user=postgres passfile=$PASSFILE"
}

# The etcd3 section, for patroni.yml and patronictl.yml
patroni_etcd_section() {
    local node hosts=()
    for node in "${ETCD_NODES[@]}"; do
        place_of "$node"
        hosts+=("$REPLY")
    done
    echo "etcd3:"
    echo "  hosts: [$(IFS=, && echo "${hosts[*]}")]"
    if [[ $TLS == 1 ]]; then
        echo "  protocol: https"
        echo "  cacert: $CACERT"
    fi
    if [[ $AUTH == 1 ]]; then
        secret etcd-patroni
        echo "  username: patroni"
        echo "  password: $REPLY"
    fi
}

patroni_rest_authentication() {
    [[ $AUTH == 1 ]] || return 0
    secret rest
    echo "  authentication:"
    echo "    username: patroni"
    echo "    password: $REPLY"
}

yes_no() { # 0|1 -> REPLY true|false
    REPLY=false
    if [[ $1 == 1 ]]; then REPLY=true; fi
}

patroni_configure() { # NODE
    local node=$1 dir=$LAB_DIR/$1 rest pg sync su repl rewind address
    place_of "$node-rest"
    rest=$REPLY
    place_of "$node"
    pg=$REPLY
    yes_no "$SYNC"
    sync=$REPLY
    secret postgres
    su=$REPLY
    secret replicator
    repl=$REPLY
    secret rewind
    rewind=$REPLY
    mkdir -p -- "$dir"
    {
        cat <<-END
		scope: $SCOPE
		name: $node
		log:
		  level: INFO
		restapi:
		  listen: $rest
		  connect_address: $rest
		END
        if [[ $TLS == 1 ]]; then
            echo "  certfile: $PKI/server.crt"
            echo "  keyfile: $PKI/server.key"
            echo "  cafile: $CACERT"
        fi
        patroni_rest_authentication
        if [[ $TLS == 1 ]]; then
            echo "ctl:"
            echo "  cacert: $CACERT"
        fi
        patroni_etcd_section
        # fsync is off: a lab may lose its data with the machine, and is quicker for it.
        cat <<-END
		bootstrap:
		  dcs:
		    ttl: $TTL
		    loop_wait: $LOOP_WAIT
		    retry_timeout: $RETRY_TIMEOUT
		    maximum_lag_on_failover: 1048576
		    synchronous_mode: $sync
		    postgresql:
		      use_pg_rewind: true
		      use_slots: true
		      parameters:
		        max_connections: 100
		        max_wal_senders: 40
		        max_replication_slots: 40
		        wal_keep_size: 64MB
		        wal_log_hints: "on"
		        hot_standby: "on"
		  initdb:
		    - encoding: UTF8
		    - locale: C.UTF-8
		    - auth-host: scram-sha-256
		    - auth-local: scram-sha-256
		    - no-sync
		  post_init: /bin/sh $LAB_DIR/post-init
		postgresql:
		  listen: $pg
		  connect_address: $pg
		  data_dir: $dir/data
		  bin_dir: $PG_BIN
		  pgpass: $dir/pgpass
		  authentication:
		    superuser:
		      username: postgres
		      password: $su
		    replication:
		      username: replicator
		      password: $repl
		    rewind:
		      username: rewind
		      password: $rewind
		  basebackup:
		    checkpoint: fast
		    no-sync: ""
		  pg_hba:
		END
        addresses
        for address in $REPLY; do
            echo "    - host replication replicator $address/32 scram-sha-256"
            echo "    - host all all $address/32 scram-sha-256"
        done
        cat <<-END
		  parameters:
		    unix_socket_directories: ""
		    shared_buffers: 16MB
		    dynamic_shared_memory_type: mmap
		    password_encryption: scram-sha-256
		    fsync: "off"
		    jit: "off"
		    logging_collector: "off"
		    log_line_prefix: "%m [%p] %q%u@%d "
		    shared_preload_libraries: ""
		tags: {}
		watchdog:
		  mode: "off"
		END
    } >"$dir/patroni.yml"
}

# What Patroni runs once, on the first leader: the application's and the monitor's role, and a database.
patroni_configure_post_init() {
    local app monitor
    secret app
    app=$REPLY
    secret monitor
    monitor=$REPLY
    cat >"$LAB_DIR/post-init" <<-END
	exec "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -d "\$1" -f "$LAB_DIR/post-init.sql"
	END
    cat >"$LAB_DIR/post-init.sql" <<-END
	CREATE ROLE app LOGIN PASSWORD '$app';
	CREATE ROLE monitor LOGIN PASSWORD '$monitor' IN ROLE pg_monitor;
	CREATE DATABASE app OWNER app;
	END
}

patronictl_configure() {
    {
        echo "scope: $SCOPE"
        patroni_etcd_section
        if [[ $AUTH == 1 ]]; then
            echo "restapi:"
            patroni_rest_authentication
        fi
        if [[ $TLS == 1 ]]; then
            echo "ctl:"
            echo "  cacert: $CACERT"
        fi
    } >"$LAB_DIR/patronictl.yml"
}

patroni_start() { spawn "$1" patroni "$LAB_DIR/$1/patroni.yml"; }

patroni_answers() { # the API answers and its PostgreSQL runs
    patroni_url "$1"
    [[ $(lab_curl -o /dev/null -w '%{http_code}' "$REPLY/health") == 200 ]]
}

# Patroni stops its PostgreSQL first; where Patroni is already gone, PostgreSQL is asked itself.
patroni_stop() {
    main_pid "$1"
    if [[ -n $REPLY ]]; then
        stop_with_term "$1"
    else
        postgres_stop "$1"
    fi
}

postgres_stop() {
    main_pid "${1%%/*}/postgres"
    if [[ -z $REPLY ]]; then return 0; fi
    kill -INT "$REPLY" 2>/dev/null || true # a fast shutdown
    local pid=$REPLY
    deadline_in 30
    poll "$REPLY" pids_gone "$pid" || die "$EX_FAILED" "PostgreSQL of ${1%%/*} (pid $pid) does not stop"
}

# What a member says of itself -> ROLE, STATE; empty when it says nothing
patroni_role() {
    local body
    ROLE='' STATE=''
    patroni_url "$1"
    body=$(lab_curl "$REPLY/health") || true
    if [[ $body =~ \"state\":\ *\"([^\"]*)\" ]]; then STATE=${BASH_REMATCH[1]}; fi
    if [[ $body =~ \"role\":\ *\"([^\"]*)\" ]]; then ROLE=${BASH_REMATCH[1]}; fi
    if [[ $ROLE == master || $ROLE == primary ]]; then ROLE=leader; fi
}

# Some member holds the lock -> LEADER
patroni_leader() {
    local node
    LEADER=
    for node in "${PG_NODES[@]}"; do
        patroni_url "$node"
        if [[ $(lab_curl -o /dev/null -w '%{http_code}' "$REPLY/leader") == 200 ]]; then
            LEADER=$node
            return 0
        fi
    done
    return 1
}

count() { # TEXT PART -> REPLY, how often the part is in it
    local left=${1//"$2"/}
    REPLY=$(((${#1} - ${#left}) / ${#2}))
}

# Every member is listed by the leader, is a replica that answers for itself, and streams. Both are asked because a
# base backup streams too, under another name, and a replica answers before it streams.
patroni_whole() {
    local cluster health node
    patroni_leader || return 1
    patroni_url "$LEADER"
    # What came counts, not curl's exit code: Python 3.10 and older end TLS in a way that OpenSSL 3 calls an error.
    cluster=$(lab_curl "$REPLY/cluster") || true
    health=$(lab_curl "$REPLY/health") || true
    count "$cluster" '"name": '
    ((REPLY == MEMBERS)) || return 1
    for node in "${PG_NODES[@]}"; do
        if [[ $node == "$LEADER" ]]; then continue; fi
        [[ $health =~ \"application_name\":\ \"$node\"[^}]*\"state\":\ \"streaming\" ]] || return 1
        patroni_url "$node"
        [[ $(lab_curl -o /dev/null -w '%{http_code}' "$REPLY/replica") == 200 ]] || return 1
    done
}

# Some replica is the synchronous one, and may take over. /cluster says who stands in the sync key, which Patroni 4 writes
# two seconds after PostgreSQL begins to wait for the replica; a leader that dies in between has no successor.
patroni_synchronous() {
    patroni_url "$LEADER"
    [[ $(lab_curl "$REPLY/cluster") == *'"role": "sync_standby"'* ]]
}

# Have the leader look around now: it makes the replicas' replication slots in its next turn, and a replica that finds
# none waits 5 s before it asks again. Any change of configuration wakes it, also one to what it already is.
patroni_wake() { # NODE
    local url
    patroni_url "$1"
    url=$REPLY
    secret rest
    lab_curl -o /dev/null -K - -X PATCH --data "{\"loop_wait\": $LOOP_WAIT}" "$url/config" <<<"user = \"patroni:$REPLY\"" || true
}

# The members that are not yet part of it, for a message
patroni_missing() {
    local node missing=()
    for node in "${PG_NODES[@]}"; do
        patroni_role "$node"
        [[ $STATE == running || $STATE == streaming ]] || missing+=("$node")
    done
    REPLY=${missing[*]:-}
}
