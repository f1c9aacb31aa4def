# shellcheck shell=bash disable=SC2153,SC2154
# What a real Patroni will not do on demand, with a fake one: answers that are not answers, hostile texts, old and new versions,
# members behind names that this machine cannot resolve.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fake_pid=
fake() { # ARGS...: starts it; URLs in URL_pg1 …, CONTROL, LOG
    fake_stop
    LOG=$work/requests.jsonl
    : >"$LOG"
    coproc FAKE { exec python3 "$repo/tests/fake/fake_patroni.py" --control 0 --log "$LOG" "$@"; }
    fake_pid=$FAKE_PID
    local word url
    while read -r -t 10 word url <&"${FAKE[0]}"; do
        case $word in
        ready) return 0 ;;
        control) CONTROL=$url ;;
        *) declare -g "URL_$word=$url" ;;
        esac
    done
    not_ok "the fake comes up"
    exit 1
}
fake_stop() {
    [[ -n $fake_pid ]] || return 0
    kill "$fake_pid" 2>/dev/null
    wait "$fake_pid" 2>/dev/null
    fake_pid=
}
at_exit fake_stop
control() { curl -s --max-time 5 -X POST -d "$1" "${CONTROL%/}/control" >/dev/null; }
posts() { grep -c '"method": "POST"' "$LOG"; }
# shellcheck disable=SC2054 # one word
members=(--members pg1:0,pg2:0,pg3:0)
p() { "$pgdba" "$@" --patroni-url "$URL_pg1" --patroni-url "$URL_pg2" --patroni-url "$URL_pg3"; }
fast='"timing": {"stop": 0.3, "unlock": 0.1, "promote": 0.3, "timeline": 0.2, "rejoin": 0.4, "restart": 0.5, "reinit": 0.6}'

for v in 2.1.4 3.0.2 3.3.2 4.0.5 4.1.0; do
    fake "${members[@]}" --version "$v"
    expect "status of a cluster on $v" 0 'healthy, leader pg1' p status
    control "{$fast}"
    expect "switchover on $v" 0 '^done: pg2 leads' p switchover --candidate pg2 --yes
    check "one POST on $v" test "$(posts)" = 1
done

# ---- answers that are not answers
fake "${members[@]}" --version 3.0.2
control "{$fast, \"switchover\": \"unknown\"}"
expect "503 status unknown is followed to its end" 0 '^done: pg3 leads' p switchover --candidate pg3 --yes
check "and never sent twice" test "$(posts)" = 1

fake "${members[@]}" --version 3.0.2
control "{$fast, \"rules\": [{\"member\": \"*\", \"method\": \"POST\", \"path\": \"/switchover\", \"empty\": true, \"perform\": true}]}"
expect "an empty reply to the POST is followed too" 0 '^done: pg2 leads' p switchover --candidate pg2 --yes
check "and never sent twice" test "$(posts)" = 1

fake "${members[@]}" --version 3.0.2
control "{$fast, \"switchover\": {\"elsewhere\": \"pg3\"}}"
expect "another candidate won: said, and not called done" 5 '^done elsewhere: .*pg3' p switchover --candidate pg2 --yes

fake "${members[@]}" --version 3.0.2
control "{$fast, \"switchover\": \"failed\"}"
expect "503 Switchover failed: refused, nothing changed" 4 '^refused: .*Switchover failed' p switchover --candidate pg2 --yes

fake "${members[@]}" --version 3.0.2
control '{"rules": [{"member": "*", "method": "POST", "path": "/switchover", "status": 412, "body": "switchover is not possible: no good candidates have been found"}]}'
expect "412 shows the text" 4 'no good candidates' p switchover --candidate pg2 --yes
expect "and what was not reached is not listed as if it had been" 4 '^ +[0-9.]+ m?s  requested failed: refused$' p switchover --candidate pg2 --yes

fake "${members[@]}" --auth admin:secret-word
control "{$fast}"
expect "without a password: unauthorised, nothing changed" 4 '401|authori' p switchover --candidate pg2 --yes
printf 'secret-word\n' >"$work/pw"
chmod 600 "$work/pw"
"$pgdba" cluster connect --name fake --patroni-url "$URL_pg1" --username admin --password-file "$work/pw" >/dev/null
expect "with the password of a private file" 0 '^done: pg2' "$pgdba" switchover --candidate pg2 --yes --cluster fake
check "the secret is in no file of ours but its own" bash -c "! grep -rq secret-word '$HOME'"
chmod 644 "$work/pw"
expect "a password file that others can read is refused, with the cure" 4 'chmod 600' "$pgdba" status --cluster fake
"$pgdba" cluster disconnect --name fake >/dev/null

# ---- bodies that are not bodies
fake "${members[@]}"
for what in '"truncate": true' '"garbage": true' '"empty": true' '"big": true' '"html": 500' '"status": 200, "body": "[]"' '"status": 200, "body": "{\"members\": 7}"'; do
    control "{\"clear\": true, \"rules\": [{\"member\": \"*\", \"path\": \"/cluster\", $what}]}"
    out=$(p status 2>&1)
    rc=$?
    if [[ $rc != 0 && $rc -lt 10 ]] && ! grep -q ': healthy' <<<"$out"; then
        ok "/cluster with $what is not healthy"
    else
        not_ok "/cluster with $what is not healthy" "exit code $rc" "$out"
    fi
done
control '{"clear": true, "rules": [{"member": "*", "path": "*", "escapes": true}]}'
out=$(p status 2>&1; p status --format json 2>&1)
if grep -q $'\033' <<<"$out"; then not_ok "no escape sequence gets through" "$(cat -v <<<"$out")"; else ok "no escape sequence gets through"; fi
control '{"clear": true, "rules": [{"member": "pg2", "path": "/health", "silent": true}]}'
SECONDS=0
expect "a member silent in SQL: degraded, PostgreSQL stuck" 1 'degraded: .*pg2' p status
check "within the bound" test "$SECONDS" -le 9

# ---- names that this machine cannot resolve, ports that differ: the cluster behind a compose file
for v in 3.0.2 4.1.0; do
    fake "${members[@]}" --version "$v" --advertise pg1=http://pg-primary.invalid:8008/patroni \
        --advertise pg2=http://pg-replica-1.invalid:8008/patroni --advertise pg3=http://pg-replica-2.invalid:8008/patroni
    expect "only the leader's URL given ($v): the others are not called down" 0 'healthy, leader pg1' \
        "$pgdba" status --patroni-url "$URL_pg1"
    out=$("$pgdba" status --patroni-url "$URL_pg1" --format json)
    check "but their API is said not to be reachable from here ($v)" json \
        "all('not reachable' in (m['note'] or '') for m in d['members'] if m['name'] != 'pg1')" <<<"$out"
    expect "connect with --member-url for each ($v)" 0 'Written' "$pgdba" cluster connect --name compose --replace \
        --patroni-url "$URL_pg1" --patroni-url "$URL_pg2" --patroni-url "$URL_pg3" \
        --member-url "pg2=$URL_pg2" --member-url "pg3=$URL_pg3"
    expect "then all three answer ($v)" 0 'pg3 .*replica' "$pgdba" status --cluster compose
    out=$("$pgdba" status --cluster compose --format json)
    check "by their own word ($v)" json "all(m['postgresql'] for m in d['members'])" <<<"$out"
    control "{$fast}"
    expect "and a switchover works ($v)" 0 '^done: pg2' "$pgdba" switchover --candidate pg2 --yes --cluster compose
    hp() { printf '%s' "${1#http://}" | tr -d /; }
    expect "connect_to serves as well ($v)" 0 'Written' "$pgdba" cluster connect --name compose --replace \
        --patroni-url http://pg-primary.invalid:8008 --connect-to "pg-primary.invalid:8008=$(hp "$URL_pg1")" \
        --connect-to "pg-replica-1.invalid:8008=$(hp "$URL_pg2")" --connect-to "pg-replica-2.invalid:8008=$(hp "$URL_pg3")"
    out=$("$pgdba" status --cluster compose --format json)
    check "all three by connect_to ($v)" json "all(m['postgresql'] for m in d['members'])" <<<"$out"
    "$pgdba" cluster disconnect --name compose >/dev/null
done

# ---- not allowed to hurt: one SQL-backed request in flight per member, whatever happens
fake "${members[@]}" --slots 5
control '{"rules": [{"member": "pg3", "path": "/health", "silent": true}]}'
timeout -s TERM 12 script -qfc "$pgdba --patroni-url $URL_pg1 --refresh 500ms" /dev/null >/dev/null 2>&1 </dev/null
n=$(grep '"pg3"' "$LOG" | grep -c '"/health"')
if [[ $n -ge 1 && $n -le 5 ]]; then ok "a stuck member is asked $n times in 12 s"; else not_ok "a stuck member is asked seldom" "$n times in 12 s"; fi
# ---- nothing goes out without a line in the audit log, and no line is left without its end
fake "${members[@]}"
control "{$fast}"
mkdir -p "$(dirname "$audit")"
mv "$audit" "$audit.before" 2>/dev/null
mkfifo "$audit"
expect "an audit log that is a FIFO: nothing is sent" 4 'not a regular file' p switchover --candidate pg2 --yes
rm "$audit"
ln -s "$audit.before" "$audit"
expect "an audit log that is a symbolic link: nothing is sent" 4 'cannot open the audit log' p switchover --candidate pg2 --yes
rm "$audit"
full() { (ulimit -f 0; p "$@"); }
expect "an audit log that cannot grow: nothing is sent" 4 'cannot write the audit log' full switchover --candidate pg2 --yes
check "no POST so far" test "$(posts)" = 0
control '{"timing": {"stop": 60}}'
"$pgdba" switchover --candidate pg2 --yes --patroni-url "$URL_pg1" >"$work/interrupted" 2>&1 &
p_pid=$!
check "a switchover is under way" wait_until 10 grep -q '"method": "POST"' "$LOG"
kill -TERM "$p_pid"
wait "$p_pid"
check "interrupted: the exit code says so" test $? = 5
check "and the screen" grep -q 'it goes on in the cluster' "$work/interrupted"
check "and the audit log" grep -q '"outcome":"left running"' "$audit"
expect "and the next start says what became of it" 0 'switchover of .* was left without an end: pg1 led' p reload pg2 --dry-run
check "once" test "$(p reload pg2 --dry-run 2>&1 | grep -c 'left without an end')" = 0

# ---- a plan in the shell is read for a while: the cluster is looked at meanwhile, and the member that answers late is waited for
fake "${members[@]}"
control "{$fast, \"rules\": [{\"member\": \"pg1\", \"path\": \"/health\", \"delay\": 0.5}]}"
screen "what was not looked at while the operator read is no silence" <<END
timeout 40
spawn 50 160 $pgdba switchover --candidate pg2 --patroni-url $URL_pg1 --patroni-url $URL_pg2 --patroni-url $URL_pg3
wait Type the new leader
watch 5
type pg2
key Enter
wait pg2 leads on timeline
expect-exit 0
END
# A leader that freezes between the plan and the answer would carry the request out when it thaws.
fake "${members[@]}"
control "{$fast}"
screen "a leader that went silent while the operator read is seen" <<END
timeout 40
spawn 50 160 $pgdba switchover --candidate pg2 --patroni-url $URL_pg2 --patroni-url $URL_pg1 --patroni-url $URL_pg3
wait Type the new leader
run curl -s -X POST -d '{"rules": [{"member": "pg1", "path": "/health", "silent": true}]}' ${CONTROL%/}/control
type pg2
key Enter
wait leader-health: pg1: API silent
expect-exit 4
END
check "and nothing was sent to it" test "$(posts)" = 0

# ---- what is checked at Enter is of now, however seldom the operator wants to be bothered
fake "${members[@]}"
screen "with a refresh of 60 s a failover behind an open plan is seen" <<END
timeout 20
spawn 40 120 $pgdba --patroni-url $URL_pg1 --patroni-url $URL_pg2 --refresh 60s
wait ✓ healthy
key :
type switchover --candidate pg2
key Enter
wait Type the new leader
run curl -s -X POST -d '{"timing": {"lease": 0.2, "promote": 0.2}, "failover": "pg3"}' ${CONTROL%/}/control
watch 3
type pg2
key Enter
wait The cluster moved
wait Nothing was sent
key Esc
key q
expect-exit 0
END
check "and nothing is sent" test "$(posts)" = 0

# ---- the JSON documents are those of the manual
keys_documented() {
    {
        for c in status topology lag pools stats; do p "$c" --format json; done
        p switchover --candidate pg2 --yes --format json
        "$pgdba" audit --format json
    } | python3 -c '
import json, re, sys
man = open(sys.argv[1]).read().replace("\\-", "-")
text, keys = sys.stdin.read().strip(), set()
def walk(x, free=False):
    for k, v in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        if isinstance(k, str) and not free:
            keys.add(k)
        walk(v, k in ("tags", "pending_restart_reason"))
while text:
    doc, end = json.JSONDecoder().raw_decode(text)
    walk(doc)
    text = text[end:].strip()
missing = sorted(k for k in keys if not re.search(r"\b%s\b" % re.escape(k), man))
sys.exit("not in the manual: %s" % missing if missing or len(keys) < 30 else 0)' "$repo/man/pgdba.1.in"
}
fake "${members[@]}"
control "{$fast}"
check "every key of the JSON documents is in the manual" keys_documented

# ---- a vault that does not answer
fake "${members[@]}" --auth admin:secret-word
mkdir -p "$XDG_CONFIG_HOME/pgdba/clusters"
cat >"$XDG_CONFIG_HOME/pgdba/clusters/vault.yml" <<END
patroni:
  urls: ["$URL_pg1", "$URL_pg2", "$URL_pg3"]
  username: admin
  password_command: "sleep 1000"
END
expect "the picture does not wait for a password command that hangs" 0 'healthy, leader pg1' "$pgdba" status --cluster vault
screen "but no plan is made before it has ended" <<END
spawn 24 80 $pgdba --cluster vault
wait ✓ healthy
key :
type switchover --candidate pg2
key Enter
wait has not answered yet
key Esc
absent :switchover
key q
expect-exit 0
END
rm "$XDG_CONFIG_HOME/pgdba/clusters/vault.yml"
echo "# end of fake"
