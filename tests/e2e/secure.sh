# shellcheck shell=bash disable=SC2154
# A cluster whose API speaks TLS and asks for a password, with synchronous replication.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
E2E_PORT=24600 lab_up --auth --tls --sync
connect() { # NAME ARGS...
    "$pgdba" cluster connect --name "$1" --replace --patroni-url "$LAB_PATRONI_pg1" --patroni-url "$LAB_PATRONI_pg2" \
        --patroni-url "$LAB_PATRONI_pg3" --pgbouncer "$LAB_PGBOUNCER_STATS" "${@:2}"
}
curl() { command curl --cacert "$LAB_CACERT" "$@"; }

expect "without the CA: TLS, said so, nothing written" 3 'certificate' connect bare
expect "with the CA it registers" 0 'Written' connect plain --cacert "$LAB_CACERT"
expect "insecure is a choice that must be made" 0 'Written' connect loose --insecure
# Patroni chooses the synchronous standby a loop after the lab is whole.
healthy() { "$pgdba" status --cluster plain | grep -q ': healthy'; }
wait_until 30 healthy
expect "healthy over TLS" 0 'healthy' "$pgdba" status --cluster plain
expect "the synchronous standby is shown" 0 'sync standby' "$pgdba" status --cluster plain

sync() { "$pgdba" status --cluster plain --format json | json_get "next(m['name'] for m in d['members'] if m['role'] == 'sync standby')"; }
async() { "$pgdba" status --cluster plain --format json | json_get "next(m['name'] for m in d['members'] if m['role'] == 'replica')"; }
expect "a candidate that is not synchronous is blocked, with the rule" 4 '[Ss]ync' \
    "$pgdba" switchover --candidate "$(async)" --yes --cluster plain
expect "without a password the change is unauthorised" 4 '401|[Uu]nauthor|no auth' \
    "$pgdba" switchover --candidate "$(sync)" --yes --cluster plain

install -m 600 "$LAB_REST_PASSFILE" "$work/rest.pw"
secret=$(head -1 "$work/rest.pw")
expect "with user and password file" 0 'Written' connect full --cacert "$LAB_CACERT" --username "$LAB_REST_USER" --password-file "$work/rest.pw"
expect "and by a command" 0 'Written' connect command --cacert "$LAB_CACERT" --username "$LAB_REST_USER" --password-command "cat $work/rest.pw"
new=$(sync)
expect "switchover to the synchronous standby, over TLS, with the password" 0 "^done: $new leads" \
    "$pgdba" switchover --candidate "$new" --yes --cluster full
check "healthy again" wait_until 40 healthy
expect "and once more, the password from a command" 0 '^done: pg[123] leads' \
    "$pgdba" switchover --candidate "$(sync)" --yes --cluster command
check "healthy again" wait_until 40 healthy
screen "the console over TLS: sync standby, and the plan says that a password goes along" <<END
timeout 20
spawn 30 100 $pgdba --cluster full
wait ✓ healthy
wait sync standby
key :
type restart $new
key Enter
wait with user and password
key Esc
key q
expect-exit 0
END
check "the secret is nowhere but in its own file" bash -c "! grep -rqF '$secret' '$HOME'"
check "nor on the screen" bash -c "! grep -qF '$secret' <<<'$screen_out'"
echo "# end of secure"
