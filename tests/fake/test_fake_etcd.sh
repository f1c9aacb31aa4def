#!/bin/bash
# The fake etcd does what its head says: prints "N passed, N failed".
set -u
for tool in python3 curl; do
    command -v "$tool" > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 2
pid='' watch=''
passed=0 failed=0
finish() { kill $pid $watch 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"; }
trap finish EXIT

start() { # options
    [ -n "$pid" ] && kill "$pid" && wait "$pid" 2>/dev/null
    : > "$dir/out"
    "$here/fake_etcd.py" --endpoints e1:0,e2:0 --scope demo "$@" > "$dir/out" &
    pid=$!
    for _ in $(seq 200); do grep -q '^ready' "$dir/out" && break; sleep 0.05; done
    e1=$(sed -n 's/^e1 //p' "$dir/out"); e2=$(sed -n 's/^e2 //p' "$dir/out")
    control=$(sed -n 's/^control //p' "$dir/out")
}
order() { curl -sf -m 5 -d "$1" "$control/control" > /dev/null || echo "order refused: $1"; }
get() { curl -s -m 5 "$@"; }
is() { # name, wanted, got
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAILED $1: wanted '$2', got '$3'"; fi
}
has() { # name, part, text
    case $3 in *"$2"*) passed=$((passed + 1)) ;; *)
        failed=$((failed + 1)); echo "FAILED $1: no '$2' in '$3'" ;; esac
}
until_has() { # name, part, command...: within 5 s
    local name=$1 part=$2 text=; shift 2
    for _ in $(seq 100); do
        text=$("$@"); case $text in *"$part"*) break ;; esac; sleep 0.05
    done
    has "$name" "$part" "$text"
}
code() { get -o /dev/null -w '%{http_code}' "$@"; }
all='{"key":"L3NlcnZpY2UvZGVtby8=","range_end":"L3NlcnZpY2UvZGVtbzA="}'
leader='{"key":"L3NlcnZpY2UvZGVtby9sZWFkZXI=","keys_only":true}'
begin_watch() { # endpoint, start revision, curl's options
    : > "$dir/watch"
    local url=$1/v3/watch body="{\"create_request\":${all%\}},\"start_revision\":\"$2\"}}"; shift 2
    curl -sN "$@" -d "$body" "$url" > "$dir/watch" &
    watch=$!
}
end_watch() { kill "$watch" 2>/dev/null; wait "$watch" 2>/dev/null; watch=''; }

start
has "a range of a prefix" '"count": "7"' "$(get -d "$all" "$e1/v3/kv/range")"
is "keys only" 0 "$(get -d "$leader" "$e1/v3/kv/range" | grep -c '"value"')"
begin_watch "$e1" 9
until_has "created" '"created": true' cat "$dir/watch"
order '{"put":{"/service/demo/leader":"pg2"}}'
until_has "a change" '"mod_revision": "9"' cat "$dir/watch"
order '{"delete":["/service/demo/leader","/service/demo/status"]}'
until_has "two in one revision" '"DELETE"' cat "$dir/watch"
is "in one line" 3 "$(wc -l < "$dir/watch")"
order '{"hold":true,"put":{"/service/demo/x":"1","/service/other/leader":"2"}}'
order '{"cut":3,"hold":false,"put":{"/service/demo/y":"1"}}'
until_has "held and cut, whole lines all the same" '"revision": "13"' tail -n 1 "$dir/watch"
order '{"end":"error"}'
wait "$watch"
has "an error of 3.4, without LF" '"grpc_code": 14' "$(tail -c 200 "$dir/watch")"
is "no LF" 0 "$(tail -c 1 "$dir/watch" | wc -l)"
order '{"compact":5}'
begin_watch "$e2" 3
until_has "compacted" '"compact_revision": "5"' cat "$dir/watch"
end_watch
begin_watch "$e2" 0 -H "Grpc-Metadata-hasleader: true"
until_has "watched" '"created": true' cat "$dir/watch"
order '{"raft":false}'
until_has "no leader" 'no leader' cat "$dir/watch"
wait "$watch"
is "unhealthy" 503 "$(code "$e1/health")"
get -m 0.3 -d "$all" "$e1/v3/kv/range"; is "a quorum read waits (curl 28)" 28 "$?"
is "a new watch is refused" 503 "$(code -H "Grpc-Metadata-hasleader: true" -d '{}' "$e1/v3/watch")"
order '{"raft":true,"rules":[{"endpoint":"e1","path":"/maintenance/status","status":403,"body":"{}"}]}'
is "status denied there" 403 "$(code -d '{}' "$e1/v3/maintenance/status")"
is "and not here" 200 "$(code -d '{}' "$e2/v3/maintenance/status")"
order '{"clear":true,"rules":[{"endpoint":"e1","silent":true}],"refuse":{"e2":true}}'
get -m 0.3 "$e1/version"; is "silence (curl 28)" 28 "$?"
get "$e2/version"; is "refused (curl 7)" 7 "$?"
order '{"clear":true,"refuse":{"e2":false},"leases":{"77":20}}'
has "a lease" '"grantedTTL": "20"' "$(get -d '{"ID":"77"}' "$e2/v3/lease/timetolive")"
has "none" '"TTL": "-1"' "$(get -d '{"ID":"78"}' "$e2/v3/lease/timetolive")"

start --api /v3beta --dialect new --auth u:p
is "not there" 404 "$(code -d "$all" "$e1/v3/kv/range")"
has "needs a user" '"code": 3' "$(get -d "$all" "$e1/v3beta/kv/range")"
is "a wrong password" 400 "$(code -d '{"name":"u","password":"x"}' "$e1/v3beta/auth/authenticate")"
has "a token" '"token.1"' "$(get -d '{"name":"u","password":"p"}' "$e1/v3beta/auth/authenticate")"
is "which is good" 200 "$(code -H 'Authorization: token.1' -d "$all" "$e2/v3beta/kv/range")"
is "bare alone" 401 "$(code -H 'Authorization: Bearer token.1' -d "$all" "$e2/v3beta/kv/range")"
order '{"tokens":"lost"}'
is "and then not" 401 "$(code -H 'Authorization: token.1' -d "$all" "$e2/v3beta/kv/range")"
order '{"api":"off"}'
is "no gateway" "404 page not found" "$(get -d "$all" "$e1/v3beta/kv/range")"
is "but health" 200 "$(code "$e1/health")"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
