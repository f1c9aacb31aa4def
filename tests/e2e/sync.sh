# shellcheck shell=bash disable=SC2119,SC2154
# A killed leader with synchronous replication: what was acknowledged is there afterwards, counted row by row.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24800 lab_up --sync
register_whole local-ha
report=$work/report.json

"$pgdba" probe start --cluster local-ha --via haproxy --write --every 50ms --for 55s --yes --format json >"$report" 2>"$work/probe.err" &
probe_pid=$!
at_exit "kill $probe_pid"
writes() { [[ $(PGPASSFILE=$LAB_PASSFILE psql -XAtc 'select count(*) > 20 from pgdba_probe.heartbeat' "$LAB_HAPROXY_RW" 2>/dev/null) == t ]]; }
check "the probe writes" wait_until 20 writes
old=$(leader)
"$lab" kill --dir "$LAB_DIR" "$old"
wait "$probe_pid"
rc=$?
check "the probe's report came to its end" test "$rc" = 0
check "clients were cut off, and for how long is said" json 'd["probe"]["failed"] > 0 and 1000 < d["probe"]["longest_outage_ms"] < 45000' <"$report"
check "acknowledged rows: none is lost in synchronous mode" json 'd["probe"]["lost_rows"] == 0 and d["probe"]["answered"] > 100' <"$report"
rows() { PGPASSFILE=$LAB_PASSFILE psql -XAtc 'select count(*) from pgdba_probe.heartbeat' "$LAB_HAPROXY_RW"; }
acknowledged=$(json_get 'd["probe"]["answered"]' <"$report")
ghosts=$(json_get 'd["probe"]["ghost_rows"]' <"$report")
there=$(rows)
# The attempt that was out when the probe ended may have been written and never heard of.
check "the table's own count agrees: $there rows, $acknowledged acknowledged, $ghosts ghosts" \
    test "$((there - acknowledged - ghosts))" -ge 0 -a "$((there - acknowledged - ghosts))" -le 1
expect "probe drop takes the schema away" 0 'gone' "$pgdba" probe drop --cluster local-ha --via haproxy --yes
echo "# end of sync"
