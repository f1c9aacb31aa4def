# shellcheck shell=bash disable=SC2154 # what is used here is set by lib.sh, the lab and the cases
# What the failover cases share: `pgdba watch` on local-ha, and questions about what it has written.
lines=$work/watch.jsonl

# story EXPRESSION / until_story SECONDS NAME EXPRESSION: tests/e2e/watch.py on what the watch has written since it began
until_story() {
    local out
    if out=$(python3 "$here/watch.py" wait "$lines" "$1" "$3" 2>&1); then ok "$2"; else not_ok "$2" "$out"; fi
}
story() { until_story 0 "$1" "$2"; }

watch_pid=
begin_watch() { # anew, so that each case has its own lines
    end_watch
    : >"$lines"
    "$pgdba" watch --cluster local-ha --format json >>"$lines" 2>"$work/watch.err" &
    watch_pid=$!
    wait_until 20 grep -q '"type":"cluster"' "$lines" || not_ok "watch begins" "$(cat "$work/watch.err")"
    wait_until 20 watched || not_ok "etcd is watched" "$(cat "$lines")"
}
watched() { "$pgdba" dcs --cluster local-ha --format json | json 'd["watched"]'; }
end_watch() {
    [[ -n $watch_pid ]] || return 0
    kill -INT "$watch_pid" 2>/dev/null
    wait "$watch_pid" 2>/dev/null
    watch_pid=
}
at_exit end_watch

routed() { [[ $(PGPASSFILE=$LAB_PASSFILE psql -XAtc 'select pg_is_in_recovery()' "$LAB_HAPROXY_RW" 2>/dev/null) == f ]]; }
any_url() { local l; l=$(leader) && l=LAB_PATRONI_$l && echo "${!l}"; }
