# shellcheck shell=bash disable=SC2119,SC2154
# What changes a cluster, typed into the command bar of one console, one after the other, on a real cluster. (pause, resume, query and
# config edit from the bar are in actions; remove, probe and the races have their own.)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=26700 lab_up
register_whole local-ha

l=$(leader)
read -r r o < <(for m in $LAB_MEMBERS; do [[ $m == "$l" ]] || echo "$m"; done | tr '\n' ' ')
audit=$XDG_STATE_HOME/pgdba/audit.jsonl

# act LINE CONFIRMATION [WARNINGS]: what is typed, what confirms it, and whether warnings are confirmed too
act() {
    printf 'wait healthy\ntype :%s\nkey Enter\nwait Enter confirms\ntype %s\nkey Enter\n' "$1" "$2"
    [[ -z ${3:-} ]] || printf 'wait All the same\ntype y\nkey Enter\n'
    printf 'wait-re (done|failed|refused|unknown) after\nwait done after\nkey Esc\nabsent done after\n'
}

script=$work/bar.vt
{
    printf 'timeout 60\nspawn 50 140 %s --cluster local-ha\nwait 3 of 3 members answer\n' "$pgdba"
    # What the first plan would warn of is that it has not been asked yet.
    printf 'type :pane dcs\nkey Enter\nwait-re quorum, 3 of 3 endpoints healthy; watched\ntype :pane pools\nkey Enter\nwait app\nkey 1\n'
    act "reload $r" y
    act "restart $r" y
    act "reinit $r" "$r"
    act "config set maximum_lag_on_failover=3145728" y
    act "switchover --candidate $r --at +2h" "$r"
    act "cancel switchover" y
    act "restart $r --at +2h" y
    act "cancel restart $r" y
    act "restart --rolling --role replica" local-ha
    act "switchover --candidate $r" "$r"
    act "failover --candidate $o" "$o" y
    act "switchover" "$o"
    printf 'key q\nexpect-exit 0\n'
} >"$script"
screen "the command bar: everything that changes a cluster, each to its end" <"$script"

check "the lead went where it was sent" wait_until 30 whole
cat >"$work/log.py" <<'PY'
import json, sys
path, l, r, o = sys.argv[1:]
lines = [json.loads(line) for line in open(path, encoding="utf-8")]
wanted = ["reload", "restart", "reinit", "config", "scheduled switchover", "cancel switchover", "scheduled restart",
          "cancel restart", "rolling restart", "switchover", "failover", "switchover"]
intents = [line for line in lines if line["what"] == "intent"]
assert [line["action"] for line in intents] == wanted, [line["action"] for line in intents]
ends = {line["id"]: line for line in lines if line["what"] == "outcome"}
for line in intents:
    assert ends[line["id"]]["outcome"] == "done", ends[line["id"]]
assert [line["leader"] for line in intents[-3:]] == [l, r, o]
accepted = [line["action"] for line in intents if line.get("accepted")]
assert "failover" in accepted, accepted
PY
check "each has its intent and its end in the audit log" python3 "$work/log.py" "$audit" "$l" "$r" "$o"
echo "# end of bar"
