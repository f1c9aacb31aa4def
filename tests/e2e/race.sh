# shellcheck shell=bash disable=SC2119,SC2153,SC2154
# Two operators ask for a switchover at the same moment, on a real cluster: two consoles, a console and a shell, and both while one
# member hangs and etcd is slow. Each time the history has one switchover more, and each of them says what became of his, on the
# screen and in the audit log that they share.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24500 lab_up
# What is not of the race stays out of the plans: a PgBouncer that has not been asked yet would be a warning, now and then.
mkdir -p "$XDG_CONFIG_HOME/pgdba/clusters"
cat >"$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml" <<END
scope: $LAB_SCOPE
patroni:
  urls: [${LAB_PATRONI_URLS// /, }]
etcd:
  urls: [${LAB_ETCD_URLS// /, }]
END
chmod 600 "$XDG_CONFIG_HOME/pgdba/clusters/local-ha.yml"

any_url() { local l; l=$(leader) && l=LAB_PATRONI_$l && echo "${!l}"; }
switchovers() { patroni_get "$(any_url)/history" | json_get 'len(d)'; }
timeline() { patroni_get "$(any_url)/cluster" | json_get 'next(m["timeline"] for m in d["members"] if m["role"] == "leader")'; }
# Patroni writes it down one round of its loop after the promotion.
is_history() { [[ $(switchovers) == "$1" ]]; }
others() { local m l; l=$(leader); for m in $LAB_MEMBERS; do [[ $m == "$l" ]] || echo "$m"; done; }

# Each of the two stands ready with his plan, and both go on when both are.
barrier=$work/barrier
ready() { printf "bash -c 'touch %s.%s; until [ -e %s.go ]; do echo . && sleep 0.01; done'" "$barrier" "$1" "$barrier"; }
both_ready() { [[ -e $barrier.one && -e $barrier.two ]]; }

# The words of an end, as they stand on the screen and in the log; a refusal says what is different now.
ended='done: |done elsewhere: |refused: |failed: |unknown: |The cluster moved|Nothing was sent'

# Asked before everything is known, a plan would have warnings of that.
console() { # NAME CANDIDATE SECONDS >SCREEN: to the confirmation, there it waits for the other; ends when its switchover has
    "$vtrun" 2>&1 <<END
timeout $3
spawn 40 160 $pgdba --cluster local-ha
wait-re 3 of 3 members answer|degraded
type :config show
key Enter
until loop_wait
key Esc
absent loop_wait
type :pane dcs
key Enter
wait-re quorum, [23] of 3 endpoints healthy; watched
type :switchover --candidate $2
key Enter
wait Type the new leader
run $(ready "$1")
type $2
key Enter
${confirm:-}
wait-re $ended
dump
key Esc
key q
expect-exit 0
END
}

# The same from a terminal of its own: it asks, and is answered when both are ready.
shell() { # NAME CANDIDATE SECONDS >OUTPUT
    "$vtrun" 2>&1 <<END
timeout $3
spawn 60 160 $pgdba switchover --candidate $2 --cluster local-ha
wait Type the new leader
run $(ready "$1")
type $2
key Enter
${confirm:-}
wait-re $ended|^pgdba: .*(the plan was made|under way|doing this now)
dump
END
}

# begin WHO CANDIDATE WHO CANDIDATE SECONDS: both at once; how each ended is in $work/one and $work/two
was_history=0 was_leader='' was_timeline=0 was_lines=0
race() {
    local one two
    # What was kept of the races before would stand on the screen as an end of this one.
    rm -rf "$barrier".* "$XDG_STATE_HOME/pgdba/events" "$XDG_STATE_HOME/pgdba/failovers"
    was_history=$(switchovers) was_leader=$(leader) was_timeline=$(timeline) was_lines=$(lines_of "$audit")
    "$1" one "$2" "$5" >"$work/one" &
    one=$!
    "$3" two "$4" "$5" >"$work/two" &
    two=$!
    wait_until 30 both_ready || not_ok "both stand before the confirmation" "$(cat "$work/one" "$work/two")"
    "${at_start:-true}"
    touch "$barrier.go"
    says "first" one "$one"
    says "second" two "$two"
    "${at_end:-true}"
    check "$name: the cluster is whole" wait_until 60 whole
}
lines_of() { if [[ -e $1 ]]; then wc -l <"$1"; else echo 0; fi; }
says() { # WHICH FILE PID
    if wait "$3"; then ok "$name: the $1 says how it ended: $(verdict "$2")"; else not_ok "$name: the $1 says how it ended" "$(cat "$work/$2")"; fi
}
verdict() { grep -oE "($ended).*" "$work/$1" | head -1; }

# told CANDIDATE1 CANDIDATE2: one switchover, and two truths about it
told() {
    check "$name: one switchover in the history" wait_until 20 is_history $((was_history + 1))
    check "$name: one timeline more" test "$(timeline)" = $((was_timeline + 1))
    check "$name: both logs tell it" python3 - "$audit" "$was_lines" "$was_leader" "$(leader)" "$(timeline)" "$1" "$2" <<'PY'
import json, sys
path, skip, old, new, timeline, *rest = sys.argv[1:]
wanted = rest[:2]
lines = [json.loads(line) for line in open(path, encoding="utf-8")][int(skip):]
for x in lines:
    print(x["what"], x["pid"], x["outcome"] if x["what"] == "outcome" else x.get("why", ""), x.get("observed", ""), x.get("answer", ""))
by_pid = {}
for x in lines:
    by_pid.setdefault(x["pid"], []).append(x)
assert len(by_pid) == 2, "two wrote"
good, ends = 0, []
for mine in by_pid.values():
    whats = [x["what"] for x in mine]
    assert whats in (["intent", "outcome"], ["refusal"]), whats
    end = mine[-1]
    if end["what"] == "refusal":
        ends.append("refused")
        assert any(w in end["why"] for w in ("leads", "there is none", "timeline", "is stopping", "in flight", "under way", "doing this now")), end["why"]
        continue
    ends.append(end["outcome"])
    assert mine[0]["leader"] == old and mine[0]["id"] == end["id"]
    to = json.loads(mine[0]["requests"][0]["body"])["candidate"]
    assert len(mine[0]["requests"]) == 1
    said = end["observed"]
    if end["outcome"] == "done":  # said of him who got what he asked for, and of nobody else
        assert to == new and "%s leads on timeline %s" % (new, timeline) in said, said
        good += 1
    elif end["outcome"] == "done elsewhere":
        assert to != new and "%s leads on timeline %s, not %s" % (new, timeline, to) in said, said
    else:
        assert end["outcome"] == "refused" and said, end
assert good >= 1, "nobody says that it was done"
assert good == 1 or wanted[0] == wanted[1], "both say that it was done"
print("ends:", ends)
PY
}

# ---- two consoles, the same candidate

name="two consoles, the same candidate"
to=$(replica)
race console "$to" console "$to" 40
told "$to" "$to"
check "$name: it leads" test "$(leader)" = "$to"

# ---- a console and a shell, each with a candidate of his own

name="a console and a shell, two candidates"
mapfile -t to < <(others)
race console "${to[0]}" shell "${to[1]}" 40
told "${to[0]}" "${to[1]}"

# ---- a shell that comes when the other's is under way: the plan of before is refused with the difference

name="a confirmation after the other's switchover"
mapfile -t to < <(others)
was_history=$(switchovers) was_leader=$(leader)
rm -f "$barrier".*
shell one "${to[0]}" 60 >"$work/one" &
pid=$!
check "$name: it stands before the confirmation" wait_until 20 test -e "$barrier.one"
expect "$name: the other's is done" 0 "^done: ${to[1]} leads" "$pgdba" switchover --candidate "${to[1]}" --cluster local-ha --yes
touch "$barrier.go"
wait "$pid"
check "$name: refused, with the difference" grep -qE "made with $was_leader as leader, and now ${to[1]} leads" "$work/one"
check "$name: in the audit log too" json "d['what'] == 'refusal' and 'now ${to[1]} leads' in d['why']" < <(tail -1 "$audit")
check "$name: one switchover in the history" wait_until 20 is_history $((was_history + 1))

# ---- the drill: one member hangs, etcd is slow, and both ask at once

# Each etcd in turn stands still for a moment, so many times and no longer.
slow_pid=
slow() {
    (
        for ((i = 0; i < 12; i++)); do
            n=etcd$((i % 3 + 1))
            "$lab" freeze --dir "$LAB_DIR" "$n"
            sleep 0.4 # how long it stands still: the fault itself, not a wait
            "$lab" thaw --dir "$LAB_DIR" "$n"
        done
    ) >/dev/null 2>&1 &
    slow_pid=$!
}
quick() {
    wait "$slow_pid"
    "$lab" thaw --dir "$LAB_DIR" "$frozen"
}
name="one member frozen, etcd slow"
mapfile -t to < <(others)
frozen=${to[1]}
at_exit "$lab thaw --dir $LAB_DIR $frozen"
silent() { ! patroni_get "$1/liveness"; }
url=LAB_PATRONI_$frozen
"$lab" freeze --dir "$LAB_DIR" "$frozen"
check "$name: it is silent" wait_until 10 silent "${!url}"
at_start=slow at_end=quick
race console "${to[0]}" shell "${to[0]}" 70
told "${to[0]}" "${to[0]}"
check "$name: ${to[0]} leads" test "$(leader)" = "${to[0]}"

echo "# end of race"
