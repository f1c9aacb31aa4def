# shellcheck shell=bash disable=SC2086,SC2153,SC2154 # $run is words
# The terminal itself: given back in every way out, poor terminals, no colours, a line that stalls, another emulator.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
coproc FAKE { exec python3 "$repo/tests/fake/fake_patroni.py" --control 0 --members pg1:0,pg2:0,pg3:0; }
fake_pid=$FAKE_PID
at_exit "kill $fake_pid"
while read -r -t 10 word url <&"${FAKE[0]}"; do
    [[ $word == ready ]] && break
    declare "URL_$word=$url"
done
run="$pgdba --patroni-url $URL_pg1"

cat >"$work/inner.sh" <<END
stty -a >$work/before
sh -c 'echo \$\$ >$work/pid; exec $run'
echo "left with \$?"
stty -a >$work/after
cmp $work/before $work/after && echo terminal as it was
read -r line
END
back() { # NAME SCRIPT: in a shell that tells how the terminal was left
    screen "$1" <<END
spawn 24 80 bash --norc $work/inner.sh
wait healthy
$2
wait terminal as it was
type x
key Enter
expect-exit 0
END
}
back "q gives the terminal back" "key q
wait left with 0"
back "SIGTERM gives the terminal back" "run kill -TERM \$(cat $work/pid)
wait left with"
back "SIGHUP gives the terminal back" "run kill -HUP \$(cat $work/pid)
wait left with"
back "C-c twice leaves" "key C-c
key C-c
wait left with"

screen "C-z suspends, fg comes back" <<END
spawn 24 80 bash --norc -i
type PS1=ready:
key Enter
wait ready:
type $run
key Enter
wait healthy
key C-z
wait Stopped
type fg
key Enter
wait healthy
key q
absent healthy
type exit
key Enter
expect-exit 0
END

screen "C-z where no shell could continue it: goes on" <<END
spawn 24 80 $run
wait healthy
key C-z
key v
wait Verdict
key Esc
absent Verdict
key q
expect-exit 0
END
cat >"$work/wrapper.sh" <<END
$run
echo wrapper goes on
END
screen "C-z stops the script around it too" <<END
spawn 24 80 bash --norc -i
type PS1=ready:
key Enter
wait ready:
type bash $work/wrapper.sh
key Enter
wait healthy
key C-z
wait Stopped
absent goes on
type fg
key Enter
wait healthy
key q
wait goes on
type exit
key Enter
expect-exit 0
END

expect "help to a full disk" 5 'cannot write' bash -c "$pgdba --help >/dev/full"
expect "a closed standard output" 5 'cannot write' bash -c "$pgdba status --patroni-url $URL_pg1 >&-"
expect "cluster --help names the second words" 0 'cluster connect' "$pgdba" cluster --help
expect "two clusters at once" 64 'give one of the two' "$pgdba" --cluster x --patroni-url "$URL_pg1" status
XDG_STATE_HOME=/proc/nowhere expect "no place for the audit log: watching works" 0 'healthy' "$pgdba" status --patroni-url "$URL_pg1"
XDG_STATE_HOME=/proc/nowhere expect "no place for the audit log: acting is refused" 4 'nothing was sent.*audit log' \
    "$pgdba" restart pg2 --yes --patroni-url "$URL_pg1"
XDG_STATE_HOME=$work/full expect "a file that may not grow: acting is refused" 4 'nothing was sent.*audit log' \
    bash -c "ulimit -f 0; $pgdba restart pg2 --yes --patroni-url $URL_pg1 | cat; exit \${PIPESTATUS[0]}"
check "escape sequences in a wrong word reach no terminal" \
    bash -c "! $pgdba \$'a\\e[31mb' 2>&1 | grep -q \$'\\e'"

for term in xterm-256color xterm screen-256color tmux-256color linux vt100 vt220; do
    screen "TERM=$term" <<END
term $term
spawn 24 80 $run
wait healthy
wait pg3
key q
expect-exit 0
END
done
screen "TERM=dumb: refused with the cure" <<END
term dumb
spawn 24 80 $run
wait TERM
expect-exit 5
END
NO_COLOR=1 screen "NO_COLOR: state is a word and a glyph" <<END
spawn 24 80 $run
wait healthy
wait leader
key q
expect-exit 0
END
LC_ALL=C screen "without UTF-8: ASCII lines" <<END
spawn 24 80 $run
wait healthy
absent ★
wait leader
key q
expect-exit 0
END
for theme in light high-contrast colour-blind mono; do
    screen "theme $theme" <<END
spawn 24 80 $run --theme $theme
wait healthy
key q
expect-exit 0
END
done
screen "no such theme: said, with the nearest" <<END
spawn 24 80 $run --theme lihgt
wait light
expect-exit 64
END

# The terminal goes away: the program ends, and nothing is left running.
"$vtrun" >"$work/out" 2>&1 <<END
spawn 24 80 bash --norc $work/inner.sh
wait healthy
pid
signal KILL
END
gone() { ! kill -0 "$(cat "$work/pid")" 2>/dev/null; }
check "a lost terminal ends the program" wait_until 10 gone
expect "without a terminal: said, with what a script should use" 64 'status --format json' $run

if command -v tmux >/dev/null; then
    tmux -L "pgdba-$$" -f /dev/null new-session -d -x 80 -y 24 "$run"
    at_exit "tmux -L pgdba-$$ kill-server"
    shows() { tmux -L "pgdba-$$" capture-pane -p | grep -q "$1"; }
    check "in tmux: the same picture" wait_until 10 shows 'healthy'
    tmux -L "pgdba-$$" send-keys 2
    check "in tmux: keys work" wait_until 5 shows RECEIVE
    tmux -L "pgdba-$$" send-keys q
fi
echo "# end of terminal"
