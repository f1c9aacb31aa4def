# shellcheck shell=bash disable=SC2119,SC2154
# The registry, the reads and the changes from the shell, on a real cluster.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24000 lab_up

export LAB_PGBOUNCER_STATS
expect "our PostgreSQL connection on a real PgBouncer" 0 'OK.*a_real_pgbouncer_answers' "$build/tests/unit/net/test_pg"

# ---- registering
expect "connect asks, says what it found and writes the file" 0 'Written: .*/clusters/local-ha\.yml' \
    "$pgdba" cluster connect --name local-ha --patroni-url "$LAB_PATRONI_pg1" --patroni-url "$LAB_PATRONI_pg2" \
    --patroni-url "$LAB_PATRONI_pg3" --pgbouncer "$LAB_PGBOUNCER_STATS" --etcd "${LAB_ETCD_URLS%% *}" \
    --haproxy "$LAB_HAPROXY_STATS" --environment test
file=$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml
check "the file is private" test "$(stat -c %a "$file")" = 600
expect "a second one of that name is refused" 4 'local-ha' \
    "$pgdba" cluster connect --name local-ha --patroni-url "$LAB_PATRONI_pg1"
expect "a URL where no Patroni answers writes nothing" 3 'nothing was written' \
    "$pgdba" cluster connect --name nobody --patroni-url http://127.0.0.1:1
check "and there is no file" test ! -e "$XDG_CONFIG_HOME/pgdba/clusters/nobody.yml"
expect "patronictl.yaml serves too" 0 'Written' \
    "$pgdba" cluster connect --name imported --patronictl "$LAB_PATRONICTL" --patroni-url "$LAB_PATRONI_pg2"
expect "list shows both" 0 '^local-ha' "$pgdba" cluster list
expect "disconnect removes" 0 'Removed' "$pgdba" cluster disconnect --name imported
expect "an unknown cluster names the nearest" 64 'local-ha' "$pgdba" status --cluster local-hq
printf 'patroni:\n  urlz: [http://127.0.0.1:1]\n' >"$XDG_CONFIG_HOME/pgdba/clusters/bad.yml"
expect "a wrong key has file, line and the nearest" 64 'bad\.yml:2.*urlz.*urls' "$pgdba" status --cluster bad
expect "list says what is wrong with a file" 0 'bad\.yml.*urlz' "$pgdba" cluster list
rm "$XDG_CONFIG_HOME/pgdba/clusters/bad.yml"

# ---- reads
p() { "$pgdba" "$@" --cluster local-ha; }
expect "status is healthy" 0 '^local-ha \[test\]: healthy, leader pg[123], timeline [0-9]+' p status
expect "with one cluster no name is needed" 0 'healthy' "$pgdba" status
expect "cluster status --name does the same" 0 'healthy' "$pgdba" cluster status --name local-ha
expect "a Patroni URL alone, nothing registered" 0 'healthy' "$pgdba" status --patroni-url "$LAB_PATRONI_pg1"
expect "lag of both replicas, live" 0 '^pg[123] .* 0 B .*live +streaming' p lag
expect "pools" 0 '^127.0.0.1:.*app' p pools
PGPASSFILE=$LAB_PASSFILE psql "$LAB_PGBOUNCER_APP" -qAtc 'select 1' >/dev/null 2>&1
expect "stats" 0 'app' p stats
for c in status topology lag pools stats; do
    out=$(p "$c" --format json)
    check "$c --format json is JSON with its name in it" json "d['document'] == '$c' and d['version'] == 1 and d['cluster'] == 'local-ha'" <<<"$out"
done
check "JSON: three members, their own word, ages" json \
    "d['health'] == 'healthy' and len(d['members']) == 3 and all(m['postgresql']['server_version'] > 120000 and m['api']['age_ms'] < 5000 for m in d['members'])" \
    <<<"$(p status --format json)"

# ---- refusals
old=$(leader)
expect "a candidate that does not exist" 64 'pg9' p switchover --candidate pg9 --yes
expect "switchover to the leader itself" 4 "$old" p switchover --candidate "$old" --yes
expect "a wrong word points at the nearest" 64 'switchover' p swithcover
expect "no terminal and no --yes: refused" 4 'yes' p switchover --candidate "$(replica)"
expect "read-only refuses where requests are sent" 4 'read-only' p switchover --candidate "$(replica)" --yes --read-only
expect "reinit of the leader is blocked" 4 'leader' p reinit "$old" --yes
check "nothing changed" test "$(leader)" = "$old"

# ---- dry run, then the real thing
new=$(replica)
expect "a dry run shows checks and the exact request" 0 "POST http://127.0.0.1:[0-9]+/switchover .*\"$new\"" p switchover --candidate "$new" --dry-run
check "and changes nothing" test "$(leader)" = "$old"
out=$(p switchover --candidate "$new" --yes 2>&1)
rc=$?
if [[ $rc == 0 && $(leader) == "$new" ]] && grep -q '^done: ' <<<"$out"; then
    ok "switchover $old -> $new, seen to its end"
else
    not_ok "switchover $old -> $new, seen to its end" "exit code $rc, leader $(leader)" "$out"
fi
url=LAB_PATRONI_$old
check "it ended when the old leader was back, as a replica" bash -c "curl -s '${!url}/health' | grep -q '\"role\": \"replica\"'"
wait_until 20 whole
check "intent and outcome are audited" python3 - "$audit" <<'PY'
import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
kinds = [l.get("what") for l in lines]
assert "intent" in kinds and "outcome" in kinds and "refusal" in kinds, kinds
assert all(l.get("cluster") == "local-ha" and l.get("user") for l in lines), lines
PY
check "the audit log is private" test "$(stat -c %a "$audit")" = 600

wait_until 30 whole
m=$(replica)
expect "restart of a replica" 0 '^done: ' p restart "$m" --yes
wait_until 30 whole
out=$(p restart "$m" --yes --format json)
check "the same as JSON" json "d['operation']['state'] == 'done' and d['plan']['action'] == 'restart'" <<<"$out"
expect "restart --pending of one that needs none" 4 '.' p restart "$m" --pending --yes
wait_until 30 whole
expect "reinit of a replica, followed until it streams again" 0 '^done: ' p reinit "$m" --yes
check "and it does stream" wait_until 20 whole

# ---- things that are wrong
"$lab" freeze --dir "$LAB_DIR" "$m"
SECONDS=0
expect "a frozen replica: degraded, says who" 1 "degraded: .*$m" p status
check "and says so within the bound" test "$SECONDS" -le 9
"$lab" thaw --dir "$LAB_DIR" "$m"
wait_until 60 whole
"$lab" stop --dir "$LAB_DIR" pgbouncer
expect "a PgBouncer that is gone: degraded" 1 'degraded: .*refused' p status
"$lab" start --dir "$LAB_DIR" pgbouncer
for m in $LAB_MEMBERS; do "$lab" kill --dir "$LAB_DIR" "$m"; done
expect "nobody answers: unreachable, not healthy" 3 'unreachable' p status
echo "# end of shell"
