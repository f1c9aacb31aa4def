# shellcheck shell=bash disable=SC2119,SC2154
# Who may do what: a policy of root's, other users of the machine, and whether what is refused was really not sent. What is root's
# place (/etc/pgdba) is put over the machine's own in a mount namespace, for these programs alone.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

why_not=
[[ $(id -u) == 0 ]] || why_not="only root can set up a policy"
[[ -n $why_not ]] || command -v setpriv >/dev/null || why_not="there is no setpriv"
[[ -n $why_not ]] || unshare -m --propagation private true 2>/dev/null || why_not="no mount namespace can be made on this machine"
if [[ -n $why_not ]]; then
    echo "ok - who may do what # SKIP $why_not"
    echo "# end of policy"
    exit 0
fi

E2E_PORT=26400 lab_up
root=$work/root # what is /etc/pgdba to the programs below
users=$work/users
policy=$root/policy.yml
mkdir -p "$root/clusters.d" "$users" "$work/dev"
chmod 755 "$root" "$root/clusters.d" "$users"
if [[ ! -d /etc/pgdba ]]; then # a mount needs a place
    mkdir -p /etc/pgdba && at_exit "rmdir /etc/pgdba"
fi
cat >"$root/clusters.d/prod.yml" <<END
scope: $LAB_SCOPE
environment: production
patroni:
  urls: [${LAB_PATRONI_URLS// /, }]
etcd:
  urls: [${LAB_ETCD_URLS// /, }]
END
chmod 644 "$root/clusters.d/prod.yml"

# as UID GROUPS ARGS...: pgdba as that user, with a home of its own; GROUPS is a list of numbers, the first one the user's
as() {
    local uid=$1 groups=$2 home=$users/$1
    shift 2
    mkdir -p "$home/.config/pgdba/clusters" && chown -R "$uid" "$home" && chmod 700 "$home"
    # shellcheck disable=SC2016 # expanded within
    unshare -m --propagation private bash -c '
        mount --bind "$1" /etc/pgdba || exit 99
        if [[ -n ${WITH_SYSLOG:-} ]]; then
            for f in null zero random urandom; do : >"$3/$f"; mount --bind "/dev/$f" "$3/$f" || exit 99; done
            mount --rbind "$3" /dev || exit 99
        fi
        dir=$2 uid=$4 groups=$5 program=$6
        shift 6
        exec setpriv --reuid "$uid" --regid "${groups%%,*}" --groups "$groups" --inh-caps=-all env -u PGDBA_ETC ${EXTRA_ENV:-} HOME="$dir" \
            XDG_CONFIG_HOME="$dir/.config" XDG_STATE_HOME="$dir/state" ASAN_OPTIONS="log_path=$dir/asan:detect_leaks=1" "$program" "$@"' \
        as "$root" "$home" "$work/dev" "$uid" "$groups" "$pgdba" "$@"
}
games() { as 5 60 "$@" --cluster prod; }          # its name is in the policy
member() { as 1 1,100 "$@" --cluster prod; }      # one of its groups is
stranger() { as 1 1 "$@" --cluster prod; }        # neither is
write() { cat >"$policy" && chown root "$policy" && chmod 644 "$policy"; }
log_of() { echo "$users/$1/state/pgdba/audit.jsonl"; }
# last UID EXPRESSION: of the last line of that user's audit log
last() { tail -1 "$(log_of "$1")" | json_get "$2"; }
started() { local c=LAB_PG_$1; psql -XAtc 'select pg_postmaster_start_time()' "${!c}"; }
# What a change of any kind would have changed in etcd: history, configuration, a switchover's key.
keys() {
    local k
    for k in history config failover; do
        curl -s --max-time 3 "${LAB_ETCD_URLS%% *}/v3/kv/range" \
            -d "{\"key\": \"$(printf '/service/%s/%s' "$LAB_SCOPE" "$k" | base64 -w0)\"}" |
            json_get "'$k', [kv['mod_revision'] for kv in d.get('kvs', [])]"
    done
}

before=$(keys)
r=$(replica)
pg_before=$(started "$r")
check "the keys of etcd can be read" grep -q "^config \\['" <<<"$before"

# ---- what the rules say

expect "without a policy everybody may" 0 '^done: each has taken it' stranger reload --role any --yes
write <<END
rules:
- {users: [games], environments: [production], actions: [restart]}
- {groups: [users], environments: [production], actions: [reload]}
END
expect "a dry run says who refuses" 4 'block .*/etc/pgdba/policy.yml refuses it: no rule there lets games \(games\) switchover in the environment production' \
    games switchover --candidate "$r" --dry-run
check "a dry run is no refusal" test ! -e "$(log_of 5)"
expect "what no rule allows is refused" 4 'refused: /etc/pgdba/policy.yml refuses it: no rule there lets games' \
    games switchover --candidate "$r" --yes --force-warnings
check "the refusal is written down: who" test "$(last 5 'd["what"] + " " + d["user"] + " " + d["cluster"] + " " + d["action"]')" = "refusal games prod switchover"
check "and why" test "$(last 5 '"policy" in [c["check"] for c in d["checks"] if c["verdict"] == "block"]')" = True
expect "the group's members may" 0 '^done: each has taken it' member reload --role any --yes
expect "only what is theirs" 4 'no rule there lets daemon \(daemon, users\) restart' member restart "$r" --yes
expect "who is not in it may not" 4 'no rule there lets daemon \(daemon\) reload' stranger reload --role any --yes
expect "root may not either, where no rule says so" 4 'no rule there lets root' as 0 0 reload --role any --yes --cluster prod
check "reading always works" grep -q "leader $(leader)" <<<"$(stranger status)"
check "nothing was sent" test "$(keys)$(started "$r")" = "$before$pg_before"

# ---- the ways to the leader: PgBouncer and HAProxy

pgpass=$users/passfile
cp "$LAB_PASSFILE" "$pgpass" && chown 5 "$pgpass" && chmod 600 "$pgpass" && chmod 755 "$users"
sed "s/^environment:.*/environment: test/" "$root/clusters.d/prod.yml" >"$root/clusters.d/ways.yml"
cat >>"$root/clusters.d/ways.yml" <<END
haproxy:
- {name: haproxy, url: $LAB_HAPROXY_STATS}
pgbouncer:
- {name: b1, conninfo: "${LAB_PGBOUNCER_STATS%passfile=*}passfile=$pgpass", admin_conninfo: "user=admin passfile=$pgpass"}
END
chmod 644 "$root/clusters.d/ways.yml"
write <<END
rules:
- {users: [games], environments: [test], actions: [switchover, pgb reload, haproxy ready]}
END
ways() { as 5 60 "$@" --cluster ways; }
ways_before=$(psql -XAtc 'SHOW DATABASES' "$LAB_PGBOUNCER_ADMIN")$(keys)
expect "what the rules name goes to PgBouncer" 0 '^done: ' ways pgb reload --yes
for v in "pgb pause" "pgb resume" "pgb reconnect" "pgb enable" "pgb disable" "pgb kill"; do
    # shellcheck disable=SC2086
    expect "and nothing else: $v" 4 "no rule there lets games \(games\) $v" ways $v --database app --yes --force-warnings
done
expect "and nothing else: pgb set" 4 'no rule there lets games \(games\) pgb set' ways pgb set server_login_retry=7 --yes --force-warnings
expect "and nothing else: pgb shutdown" 4 'no rule there lets games \(games\) pgb shutdown' ways pgb shutdown --yes --force-warnings
for v in drain maint shutdown-sessions; do
    expect "and nothing else: haproxy $v" 4 "no rule there lets games \(games\) haproxy $v" ways haproxy "$v" "$r" --backend ro --yes --force-warnings
done
expect "holding clients is pausing them, too" 4 'no rule there lets games \(games\) pgb pause' \
    ways switchover --hold --candidate "$r" --yes --force-warnings
check "PgBouncer's databases and etcd are as they were" test "$(psql -XAtc 'SHOW DATABASES' "$LAB_PGBOUNCER_ADMIN")$(keys)" = "$ways_before"
write <<END
rules:
- {users: [games], environments: [production], actions: [restart]}
- {groups: [users], environments: [production], actions: [reload]}
END

# ---- what a user may try

mine=$users/1/.config/pgdba
mkdir -p "$users/1/etc" && cp "$root/clusters.d/prod.yml" "$mine/clusters/prod.yml"
sed 's/production/test/' "$root/clusters.d/prod.yml" >"$mine/clusters/mine.yml"
printf 'rules: [{users: "*", environments: "*", actions: "*"}]\n' | tee "$users/1/etc/policy.yml" >"$mine/policy.yml"
printf 'policy: [{actions: "*"}]\nread_only: false\n' >"$mine/pgdba.yml"
chmod 755 "$users" && chown -R 1 "$users/1"
write <<END
rules:
- {users: [games], environments: [production], actions: [restart]}
- {groups: [users], environments: [production, test, staging], actions: [reload]}
END
expect "a file of one's own for the same cluster does not count" 4 'in the environment other' member reload --role any --yes
expect "nor does calling it a test" 4 'in the environment other' as 1 1,100 reload --role any --yes --cluster mine
expect "nor a URL" 4 'in the environment other' as 1 1,100 reload --role any --yes --patroni-url "$LAB_PATRONI_pg1"
rm "$mine/clusters/prod.yml"
export EXTRA_ENV="USER=games LOGNAME=games SUDO_USER=games PGDBA_ETC=$users/1/etc PGDBA_POLICY=$users/1/etc/policy.yml"
mkdir -p "$users/1/etc/clusters.d" && cp "$root/clusters.d/prod.yml" "$users/1/etc/clusters.d/" && chown -R 1 "$users/1"
expect "no variable leads elsewhere" 4 '/etc/pgdba/policy.yml refuses it: no rule there lets daemon' stranger restart "$r" --yes
export EXTRA_ENV=
expect "a user's own rules do not widen it" 4 'refuses it: no rule there lets daemon' member restart "$r" --yes
printf 'policy: [{environments: [test], actions: "*"}]\n' >"$mine/pgdba.yml"
expect "but they narrow it" 4 'your pgdba.yml refuses it: its policy does not leave reload in the environment production' \
    member reload --role any --yes
rm "$mine/pgdba.yml"
expect "without them it is as before" 0 '^done: each has taken it' member reload --role any --yes
check "nothing else was sent" test "$(keys)$(started "$r")" = "$before$pg_before"

# ---- a policy that cannot be relied on

bad() { # NAME REGEX: every change is refused, reading works
    expect "$1" 4 "every change is refused while the policy cannot be relied on: .*$2" timeout 60 bash -c "$(declare -f as games); games reload --role any --yes"
}
export root users work pgdba
printf 'rules:\n- {users: [games], environments: [production], actions: [relaod]}\n' | write
bad "a mistake in it" 'policy.yml:2: rules\[0\].actions\[0\]: expected .*did you mean "reload"'
check "reading still works" grep -q "leader $(leader)" <<<"$(games status)"
printf 'rules: [{users: "*", environments: "*", actions: "*"}]\n' | write
chmod 666 "$policy"
bad "others can write it" 'mode 0666\): chmod go-w /etc/pgdba/policy.yml'
chmod 600 "$policy"
bad "it cannot be read" 'chmod a\+r /etc/pgdba/policy.yml'
chmod 644 "$policy" && chown 5 "$policy"
bad "it is not root's" 'does not belong to root: chown root /etc/pgdba/policy.yml'
chown root "$policy" && chmod 777 "$root"
bad "others can replace it" 'mode 0777\): chmod go-w /etc/pgdba'
chmod 755 "$root" && mv "$policy" "$root/real.yml" && ln -s real.yml "$policy"
bad "it is a link" 'is a symbolic link'
rm "$policy" && mkfifo "$policy"
bad "it is a FIFO" 'is not a regular file'
rm "$policy" && truncate -s 100G "$policy"
bad "it is huge" 'is larger than'
head -c 4096 /dev/urandom | write
bad "it is no text" 'policy.yml'
check "nothing was sent" test "$(keys)$(started "$r")" = "$before$pg_before"

# ---- what is allowed is done; syslog; the log is shown

write <<END
rules:
- {users: [games], environments: [production], actions: [restart, reload]}
audit: {syslog: true}
END
python3 - "$work/dev/log" >"$work/syslog" <<'END' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(s.recv(1 << 20).decode(), flush=True)
END
at_exit "kill $!"
wait_until 10 test -S "$work/dev/log"
export WITH_SYSLOG=1
expect "what a rule allows is done" 0 "^done: .*$r" games restart "$r" --yes --force-warnings
check "PostgreSQL was restarted" test "$(started "$r")" != "$pg_before"
WITH_SYSLOG=
for what in intent outcome; do
    line=$(grep "\"what\":\"$what\"" "$(log_of 5)" | tail -1)
    check "syslog has the line of the $what" grep -qF "]: $line" "$work/syslog"
done
check "as authpriv.notice" grep -q '^<85>' "$work/syslog"
if [[ ! -e /dev/log ]]; then
    expect "no syslog is told and stops nothing" 0 'the audit log has it, but not its copy: .*nobody listens there' games reload --role any --yes
fi
expect "audit: what was done and refused, newest first" 0 'games +prod +restart +'"$r"' +done' as 5 60 audit
check "the refusals are there" test "$(as 5 60 audit --format json | json_get 'len([e for e in d["entries"] if e["refused"]]) > 8')" = True
expect "audit: with its checks" 0 'checks +.*policy.yml refuses it|block +/etc/pgdba/policy.yml refuses it' as 5 60 audit --details
expect "audit: of a cluster that is not there" 0 'nothing of that' as 5 60 audit --cluster far

# A refusal does not need the log.
log=$(log_of 1)
rm -f "$log" && mkdir -p "$log" && chown -R 1 "$users/1"
expect "a log that cannot be written does not make it a yes" 4 'refuses it' stranger reload --role any --yes
check "nothing was changed by what was refused" test "$(keys)" = "$before"

# ---- in the console

in_games() { declare -f as; printf 'root=%q users=%q work=%q pgdba=%q\n' "$root" "$users" "$work" "$pgdba"; echo 'as 5 60 --cluster prod'; }
in_games >"$work/as-games"
screen "the plan's card says who refuses, Enter sends nothing, and audit shows it" <<END
timeout 40
spawn 40 120 bash $work/as-games
wait ✓ healthy
key :
type switchover --candidate $r
key Enter
wait no rule there lets games
wait Esc closes
key Esc
wait nothing was sent
key :
type audit
key Enter
wait Audit log
wait switchover of prod by games
key Enter
wait no rule there lets games
wait POST http
key Esc
wait Audit log
key Esc
key q
expect-exit 0
END
check "the leader is who it was" test "$(keys)" = "$before"
for f in "$users"/*/asan*; do
    [[ ! -e $f ]] || not_ok "sanitizer report" "$(head -60 "$f")"
done
echo "# end of policy"
