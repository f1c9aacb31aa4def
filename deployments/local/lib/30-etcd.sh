# shellcheck shell=bash
# etcd: three nodes, of which Patroni needs two.

readonly ETCD_NODES=(etcd1 etcd2 etcd3)

etcd_url() { # NODE -> REPLY
    local scheme
    http_scheme
    scheme=$REPLY
    place_of "$1"
    REPLY=$scheme://$REPLY
}

etcd_urls() { # -> REPLY, separated by spaces
    local node urls=()
    for node in "${ETCD_NODES[@]}"; do
        etcd_url "$node"
        urls+=("$REPLY")
    done
    REPLY=${urls[*]}
}

etcd_configure() { # NODE
    local node=$1 other client peer cluster=()
    for other in "${ETCD_NODES[@]}"; do
        place_of "$other-peer"
        cluster+=("$other=http://$REPLY")
    done
    etcd_url "$node"
    client=$REPLY
    place_of "$node-peer"
    peer=http://$REPLY
    mkdir -p -- "$LAB_DIR/$node"
    {
        cat <<-END
		name: $node
		data-dir: $LAB_DIR/$node/data
		listen-client-urls: $client
		advertise-client-urls: $client
		listen-peer-urls: $peer
		initial-advertise-peer-urls: $peer
		initial-cluster: $(IFS=, && echo "${cluster[*]}")
		initial-cluster-token: pgdba-lab-$SCOPE-$BASE_PORT
		initial-cluster-state: new
		heartbeat-interval: 100
		election-timeout: 1000
		auto-compaction-retention: "1"
		enable-grpc-gateway: true
		logger: zap
		log-level: warn
		END
        # Only the strength of hashes that live as long as the lab; the default costs 60 ms a login.
        if [[ $AUTH == 1 ]]; then echo "bcrypt-cost: 4"; fi
        if [[ $TLS == 1 ]]; then
            cat <<-END
			client-transport-security:
			  cert-file: $PKI/server.crt
			  key-file: $PKI/server.key
			END
        fi
    } >"$LAB_DIR/$node/etcd.yml"
}

etcd_start() { spawn "$1" etcd --config-file "$LAB_DIR/$1/etcd.yml"; }

# The node has a leader, that is, the cluster has a quorum that it belongs to.
etcd_answers() {
    etcd_url "$1"
    [[ $(lab_curl "$REPLY/health") == *'"health":"true"'* ]]
}

etcd_serves_peers() {
    place_of "$1-peer"
    lab_curl --fail -o /dev/null "http://$REPLY/members"
}

etcd_stop() { stop_with_term "$1"; }

etcd_post() { # PATH JSON, the body by standard input because it may hold a password; an error goes to etcd's log
    local url answer
    etcd_url etcd1
    url=$REPLY
    REPLY=v3
    if [[ $(lab_curl "$url/version") == *'"etcdserver":"3.3.'* ]]; then REPLY=v3beta; fi
    answer=$(lab_curl -w '%{http_code}' --data-binary @- "$url/$REPLY/$1" <<<"$2") || true
    if [[ $answer == *200 ]]; then return 0; fi
    printf '%s: %s\n' "$1" "$answer" >>"$LAB_DIR/etcd1/log"
    return 1
}

# Users as a careful site has them: root, and one for Patroni that is confined to Patroni's keys.
etcd_enable_auth() {
    local b64_from b64_to root patroni
    secret etcd-root
    root=$REPLY
    secret etcd-patroni
    patroni=$REPLY
    b64_from=$(printf '/service/' | base64)
    b64_to=$(printf '/service0' | base64)
    etcd_post auth/user/add "{\"name\":\"root\",\"password\":\"$root\"}" &&
        etcd_post auth/role/add '{"name":"root"}' &&
        etcd_post auth/user/grant '{"user":"root","role":"root"}' &&
        etcd_post auth/user/add "{\"name\":\"patroni\",\"password\":\"$patroni\"}" &&
        etcd_post auth/role/add '{"name":"patroni"}' &&
        etcd_post auth/role/grant "{\"name\":\"patroni\",\"perm\":{\"permType\":\"READWRITE\",\"key\":\"$b64_from\",\"range_end\":\"$b64_to\"}}" &&
        etcd_post auth/user/grant '{"user":"patroni","role":"patroni"}' &&
        etcd_post auth/enable '{}'
}
