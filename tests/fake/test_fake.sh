#!/bin/bash
# The fake Patroni does what its head says: prints "N passed, N failed".
set -u
for tool in python3 curl; do
    command -v "$tool" > /dev/null || { echo "skipped: no $tool"; exit 77; }
done
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 2
pid=
passed=0 failed=0
finish() { [ -n "$pid" ] && kill "$pid" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"; }
trap finish EXIT

start() { # options
    [ -n "$pid" ] && kill "$pid" && wait "$pid" 2>/dev/null
    : > "$dir/out"; : > "$dir/log"
    "$here/fake_patroni.py" --members pg1:0,pg2:0,pg3:0 --log "$dir/log" "$@" > "$dir/out" &
    pid=$!
    for _ in $(seq 200); do grep -q '^ready' "$dir/out" && break; sleep 0.05; done
    pg1=$(sed -n 's/^pg1 //p' "$dir/out"); pg2=$(sed -n 's/^pg2 //p' "$dir/out")
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

start --timing '{"stop":0.1,"unlock":0.1,"promote":0.1,"timeline":0.1,"rejoin":0.1,"restart":0.1,"reinit":0.1}'
has "4.1 says positions" '"replay_lsn"' "$(get "$pg1/cluster")"
is "health of a replica" 200 "$(get -o /dev/null -w '%{http_code}' "$pg2/replica")"
is "a replica is no leader" 503 "$(get -o /dev/null -w '%{http_code}' "$pg2/leader")"
has "HTTP/1.0 without a length" "HTTP/1.0 200" "$(get -D - -o /dev/null "$pg1/cluster" | grep -v -i content-length)"
is "wrong leader" "leader name does not match" "$(get -d '{"leader":"x"}' "$pg1/switchover")"
is "switchover" 'Successfully switched over to "pg2"' "$(get -d '{"leader":"pg1","candidate":"pg2"}' "$pg1/switchover")"
until_has "history" '"pg2"' get "$pg1/history"
until_has "new timeline" '"timeline": 2' get "$pg2/patroni"
until_has "the old leader follows" '"replication_state"' get "$pg1/patroni"
has "counted" '"POST /switchover": 2' "$(get "$control/control/state")"
is "logged" 2 "$(grep -c '"POST"' "$dir/log")"
order '{"switchover":"unknown"}'
is "status unknown" "Switchover status unknown" "$(get -d '{"leader":"pg2","candidate":"pg1"}' "$pg1/switchover")"
until_has "and then it succeeds" '"leader": "pg1"' get "$control/control/state"
until_has "settled" '"in_flight": false' get "$control/control/state"
until_has "settled on 3" '"timeline": 3' get "$pg2/patroni"
until_has "pg2 follows" '"replication_state"' get "$pg2/patroni"
has "restart" "restarted successfully" "$(get -d '{}' "$pg2/restart")"
is "reinitialize of the leader" "I am the leader, can not reinitialize" "$(get -X POST "$pg1/reinitialize")"
is "reinitialize" "reinitialize started" "$(get -X POST "$pg2/reinitialize")"
until_has "creating replica" "creating replica" get "$pg2/patroni"
until_has "and back" '"replication_state"' get "$pg2/patroni"
order '{"rules":[{"path":"/cluster","truncate":20,"times":1}]}'
is "cut off" 20 "$(get "$pg1/cluster" | wc -c)"
order '{"rules":[{"path":"/cluster","empty":true,"times":1}]}'
get "$pg1/cluster" > /dev/null
is "nothing at all (curl 52)" 52 "$?"
order '{"rules":[{"path":"/cluster","html":502,"times":1}]}'
has "page" "Error code: 502" "$(get "$pg1/cluster")"
order '{"rules":[{"path":"/cluster","big":true,"times":1}]}'
is "9 MiB" 9437197 "$(get "$pg1/cluster" | wc -c)"
order '{"rules":[{"member":"pg1","silent":true}],"refuse":{"pg2":true}}'
get -m 0.3 "$pg1/health"; is "silence (curl 28)" 28 "$?"
get "$pg2/health"; is "refused (curl 7)" 7 "$?"
order '{"clear":true,"refuse":{"pg2":false}}'
is "open again" 200 "$(get -o /dev/null -w '%{http_code}' "$pg2/health")"
order '{"rules":[{"path":"/health","escapes":true}]}'
has "escapes" '\u001b[2J' "$(get "$pg1/health")"

start --version 3.0.2 --auth u:p --slots 5
is "3.0.2 has no scope" "" "$(get "$pg1/cluster" | grep scope)"
has "3.0.2 says master" '"role": "master"' "$(get "$pg1/patroni")"
is "no credentials" "no auth header received" "$(get -d '{}' "$pg1/restart")"
is "wrong ones" "not authenticated" "$(get -u u:x -d '{}' "$pg1/restart")"
is "right ones" "restarted successfully" "$(get -u u:p -d '{}' "$pg1/restart")"
is "no secret in the log" 0 "$(grep -c 'Basic' "$dir/log")"
order '{"members":{"pg1":{"stuck":true}}}'
is "liveness though stuck" 200 "$(get -o /dev/null -w '%{http_code}' "$pg1/liveness")"
for _ in 1 2 3 4 5; do get -m 0.2 "$pg1/health"; done
get -m 0.3 "$pg1/liveness"; is "five slots gone (curl 28)" 28 "$?"
order '{"members":{"pg1":{"stuck":false}}}'
is "and free again" 200 "$(get -o /dev/null -w '%{http_code}' "$pg1/liveness")"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
