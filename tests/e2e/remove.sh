# shellcheck shell=bash disable=SC2119,SC2154
# The last of a cluster: a standby cluster (whose own cluster is no more) becomes one of its own; what is left of a cluster
# that is no more goes out of etcd: refused while anybody is there, then by three words.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=26300 lab_up --members 1
register_whole local-ha
p() { "$pgdba" "$@" --cluster local-ha; }

# ---- a cluster that followed another, which is gone

m=$LAB_MEMBERS
url=LAB_PATRONI_$m
own() { patroni_get "${!url}/patroni" | json_get "$1"; }
tl=$(own 'd["timeline"]')
expect "promote-cluster: a cluster of its own is refused" 4 'is no standby cluster' p promote-cluster --yes
curl -s -XPATCH -d '{"standby_cluster": {"host": "127.0.0.1", "port": 1}}' "${!url}/config" >/dev/null
follows() { [[ $(own '(d["role"], d["state"])') == "('standby_leader', 'running')" ]] && p promote-cluster --dry-run; }
check "it is a standby cluster" wait_until 60 follows
expect "promote-cluster" 0 "^done: $m leads a cluster of its own" p promote-cluster --yes --force-warnings
check "it takes writes, on a new timeline" test "$(own '(d["role"] in ("primary", "master"), d["timeline"])')" = "(True, $((tl + 1)))"
expect "the configuration says so" 0 'None' eval "patroni_get ${!url}/config | json_get 'd.get(\"standby_cluster\")'"

# ---- remove

expect "remove: not while anybody is there" 4 'holds the leader lock' p remove
for m in $LAB_MEMBERS; do "$lab" stop --dir "$LAB_DIR" "$m" >/dev/null; done
alone() { p remove --dry-run | grep -q 'pass .*no member of it'; }
check "every member is gone" wait_until 60 alone
expect "remove is asked for by a person" 4 'always asked for' p remove
keys_left() { # by etcd's own word
    local prefix=/service/$LAB_SCOPE/ end=/service/${LAB_SCOPE}0 # "0" comes after "/"
    curl -s --max-time 5 "${LAB_ETCD_URLS%% *}/v3/kv/range" -d "{\"key\":\"$(printf %s "$prefix" | base64)\",\"range_end\":\"$(printf %s "$end" | base64)\",\"count_only\":true}" |
        json_get 'd.get("count", "0")'
}
check "its keys are there" test "$(keys_left)" -ge 2
screen "remove: three words, each exactly" <<END
timeout 40
spawn 40 120 $pgdba --cluster local-ha
wait no member is known
type :remove
key Enter
wait the scope in Patroni, $LAB_SCOPE
type $LAB_SCOPE
key Enter
wait Yes I am aware:
type yes
key Enter
wait nothing was sent
key C-u
type Yes I am aware
key Enter
wait where its keys are in etcd
type /service/$LAB_SCOPE/
key Enter
wait nothing is left under /service/$LAB_SCOPE/
key Esc
key q
expect-exit 0
END
check "etcd has none of its keys" test "$(keys_left)" = 0
expect "the audit log has it" 0 'nothing is left' tail -1 "$XDG_STATE_HOME/pgdba/audit.jsonl"
echo "# end of remove"
