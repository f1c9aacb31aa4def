# shellcheck shell=bash
# Passwords, the passfile, and (with --tls) the lab's own certificate authority. Every file is 0600.

readonly PASSFILE="$LAB_DIR/passfile" SECRETS="$LAB_DIR/secrets" PKI="$LAB_DIR/pki"
readonly CACERT="$PKI/ca.crt"

# Who has a password, and in which of the lab's parts.
readonly PG_USERS=(postgres replicator rewind app monitor)
readonly BOUNCER_USERS=(admin stats)
readonly OTHER_USERS=(rest etcd-root etcd-patroni)

secret() { # NAME -> REPLY
    read -r REPLY <"$SECRETS/$1"
}

secrets_make() {
    local user host hosts
    mkdir -p -- "$SECRETS"
    for user in "${PG_USERS[@]}" "${BOUNCER_USERS[@]}" "${OTHER_USERS[@]}"; do
        # Letters and digits only: no file that takes these needs quoting.
        od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$SECRETS/$user"
        printf '\n' >>"$SECRETS/$user"
    done
    addresses
    read -ra hosts <<<"$REPLY localhost"
    for user in "${PG_USERS[@]}" "${BOUNCER_USERS[@]}"; do
        secret "$user"
        for host in "${hosts[@]}"; do printf '%s:*:*:%s:%s\n' "$host" "$user" "$REPLY"; done
    done >"$PASSFILE"
}

pki_make() {
    local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    mkdir -p -- "$PKI"
    addresses
    if ! (
        cd -- "$PKI"
        openssl req -x509 "${key[@]}" -keyout ca.key -out ca.crt -days 3650 -subj "/CN=pgdba lab CA" \
            -addext keyUsage=critical,keyCertSign,cRLSign
        openssl req "${key[@]}" -keyout server.key -out server.csr -subj "/CN=localhost"
        printf '%s\n' "subjectAltName=IP:${REPLY// /,IP:},DNS:localhost" 'basicConstraints=CA:FALSE' \
            'extendedKeyUsage=serverAuth,clientAuth' >server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile server.ext -out server.crt
    ) >"$PKI/log" 2>&1; then
        die "$EX_FAILED" "openssl could not make the lab's certificates: $(tail -n 3 "$PKI/log")"
    fi
}

# curl as this lab needs it: no proxy, no user's curlrc, bounded, the lab's authority.
lab_curl() {
    local tls=()
    if [[ $TLS == 1 ]]; then tls=(--cacert "$CACERT"); fi
    curl -q --silent --noproxy '*' --max-time 2 "${tls[@]}" "$@"
}

lab_psql() { # CONNINFO SQL: bounded, answers on standard output
    PGCONNECT_TIMEOUT=2 PGPASSFILE=$PASSFILE PGOPTIONS='' timeout 5 psql -X -A -t -q -w -d "$1" -c "$2" 2>/dev/null
}

http_scheme() { # -> REPLY
    REPLY=http
    if [[ $TLS == 1 ]]; then REPLY=https; fi
}
