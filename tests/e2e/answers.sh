# shellcheck shell=bash
# Every action against every refusal and every answer that is none: the outcome's word, the exit code, the audit log, and that what
# changes something goes out once. The table is answers.py's; a row of it: answers.sh "switchover: time-out".
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
mkdir "$work/rows"
python3 "$here/answers.py" "$pgdba" "$work/rows" "$@" || not_ok "the table comes to its end"
echo "# end of answers"
