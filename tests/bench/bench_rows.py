"""The rows of the budget: each measures pgdba and its peer in the same run and says whether the budget holds."""
import os
import re
import statistics
import subprocess
import time

from bench_setup import DEAD_NAME, Blackhole, DeadDNS, Trouble

BIG, SMALL = (60, 200), (24, 80)
# In the order in which they come; the last is the whole picture: verdict, members, pools.
WHOLE = ["latency healthy", "latency members answer", "latency transaction"]


def percentile(values, p):
    """The smallest value that at least p percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * p // 100) - 1)]


class Table:
    """Prints as it goes; what has a budget is counted."""

    LINE = "%-3s %-55s %14s %14s %7s %10s  %s"

    def __init__(self):
        self.passed = self.failed = 0
        self.begun = False

    def line(self, *columns):
        if not self.begun:
            self.begun = True
            print(self.LINE % ("row", "what", "pgdba", "peer", "ratio", "budget", ""))
        print((self.LINE % columns).rstrip(), flush=True)

    def row(self, row, what, ours, peers, unit, budget=None, of_peer=False, note=""):
        """budget: ours must stay under it, or under that part of the peer's."""
        ratio = ours / peers if peers else None
        said = holds = ""
        if budget is not None:
            good = (ratio is not None and ratio < budget) if of_peer else ours < budget
            self.passed += good
            self.failed += not good
            holds = "holds" if good else "misses"
            said = f"< {budget:g}" + ("x" if of_peer else f" {unit}")
        figures = ["-" if v is None else f"{v:.{0 if v >= 100 else 2 if unit == '%' or v < 10 else 1}f} {unit}"
                   for v in (ours, peers)]
        self.line(row, what, *figures, "-" if ratio is None else f"{ratio:.2f}", said,
                  " ".join(x for x in (holds, f"({note})" if note else "") if x))

    def broken(self, why):
        self.failed += 1
        print(f"not measured: {why}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.passed and not self.failed else 1


# ---- row 1: the first complete picture


def timed(argv):
    began = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    took = (time.monotonic() - began) * 1000
    if done.returncode != 0 or done.stdout.count("running") + done.stdout.count("streaming") < 3:
        raise Trouble(f"{' '.join(argv)} does not show three members:\n{done.stdout}")
    return took


def first_picture(bench, table, pairs=11):
    shell, peer, console = [], [], []
    for _ in range(pairs):
        shell.append(timed([bench.pgdba, "status", "--cluster", "bench"]))
        peer.append(timed(bench.patronictl("list")))
        screen = bench.console(*BIG)
        console.append(max(screen.ask(*WHOLE)))
        screen.do("key q", "expect-exit 0")
    note = f"median of {pairs} pairs"
    table.row(1, "first complete picture, pgdba status", statistics.median(shell), statistics.median(peer), "ms",
              0.25, True, note)
    table.row(1, "first complete picture, the console", statistics.median(console), statistics.median(peer), "ms",
              0.25, True, note)


# ---- rows 4, 5, 6: a long session beside patronictl list -w 1


def cpu_seconds(pid):
    """User and system time of all its threads. The ticks of /proc/PID/stat are too coarse for what is measured here:
    where the kernel counts nanoseconds (the first figure of schedstat), those are taken."""
    spent = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
                spent += int(f.read().split()[0])
        return spent / 1e9
    except OSError:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """-> resident, and of it what is the process's own, in MiB"""
    sizes = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        for line in f:
            name, value = line.split(":", 1)
            sizes[name] = value.split()
    return int(sizes["VmRSS"][0]) / 1024, int(sizes["RssAnon"][0]) / 1024


def without_clocks(screen):
    text = re.sub(r"\d\d:\d\d:\d\d", "CLOCK", "\n".join(screen))
    text = re.sub(r"next +[\d.]+ ?m?s", "NEXT", text)
    return re.sub(r" +(now|\d+ ?s)\b", " AGE", text)


class Windows:
    """Bytes to the terminal, a second at a time; and whether nothing but clocks moved in it."""

    def __init__(self, screen):
        self.screen, self.before = screen, None
        self.clocks, self.all = [], []

    def begin(self):
        self.screen.send("mark", "watch 1", "bytes", "dump")

    def end(self):
        count, *picture = self.screen.answer()
        picture = without_clocks(picture)
        count = int(count.split()[1])
        if self.before is not None:
            self.all.append(count)
            if picture == self.before:
                self.clocks.append(count)
        self.before = picture


def watch(seconds, windows):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for w in windows:
            w.begin()
        for w in windows:
            w.end()


def bytes_rows(table, size, ours, peer):
    name = f"{size[1]}x{size[0]}"
    if len(ours.clocks) < 5:
        table.broken(f"row 6 at {name}: only clocks moved in only {len(ours.clocks)} of {len(ours.all)} refreshes")
        return
    note = f"median of {len(ours.clocks)} of {len(ours.all)} refreshes, p99 {percentile(ours.clocks, 99)} B"
    table.row(6, f"to the terminal when only clocks moved, {name}", statistics.median(ours.clocks),
              statistics.median(peer.all), "B", 200, note=note)
    table.row(6, f"the same, any refresh, {name}", statistics.median(ours.all), statistics.median(peer.all), "B",
              note=f"p99 {percentile(ours.all, 99)} B")


def long_session(bench, table, rows, seconds):
    console = bench.console(*BIG)
    peer = bench.console_of_peer(*BIG)
    began = time.monotonic()
    console.do(*WHOLE)
    peer.do("wait Lag in MB")
    big, theirs = Windows(console), Windows(peer)
    watch(4, [big, theirs])  # what both do only once is over

    cpu = [cpu_seconds(s.pid) for s in (console, peer)]
    first = memory(console.pid)
    since = time.monotonic()
    watch(seconds / 2, [big, theirs])
    elapsed = time.monotonic() - since
    cpu = [(cpu_seconds(s.pid) - c) / elapsed * 100 for s, c in zip((console, peer), cpu)]

    small = Windows(bench.console(*SMALL))
    small.screen.do("latency healthy", "watch 2")
    watch(seconds - (time.monotonic() - began), [big, theirs, small])
    last = memory(console.pid)
    ago = time.monotonic() - began

    if 4 in rows:
        table.row(4, "CPU at a 1 s refresh, 3 members, all panes", cpu[0], cpu[1], "%", 0.25, True,
                  f"of one core, over {elapsed:.0f} s")
    if 5 in rows:
        table.row(5, "resident memory", last[0], memory(peer.pid)[0], "MiB", 20,
                  note=f"after {ago:.0f} s; {last[1]:.1f} its own, the rest shared libraries")
        grown = (last[1] - first[1]) * 1024
        table.row(5, "grown since its first seconds", max(grown, 0), None, "KiB", 512, note=f"in {ago - 5:.0f} s")
    if 6 in rows:
        bytes_rows(table, BIG, big, theirs)
        bytes_rows(table, SMALL, small, theirs)
    for screen in (console, peer, small.screen):
        bench.close(screen)


# ---- row 3: key to screen while much is broken


def broken_cluster(bench, leader, frozen, holed, hole, dns):
    """A second configuration of the same lab, in which one member and the pooler are not where they are said to be."""
    env = bench.env
    dead = f"http://{DEAD_NAME}:8008"
    lines = [
        f"scope: {env['LAB_SCOPE']}",
        "patroni:",
        f"  urls: [{env['LAB_PATRONI_' + leader]}" + (f", {dead}]" if dns else "]"),
        "  member_urls:",
        f"    {leader}: {env['LAB_PATRONI_' + leader]}",
        f"    {frozen}: {env['LAB_PATRONI_' + frozen]}",
        f"    {holed}: http://127.0.0.1:{hole}",
        "pgbouncer:",
        f"- {{name: pooler, conninfo: \"{env['LAB_PGBOUNCER_STATS']}\"}}",
    ]
    if dns:
        lines.append(f'- {{name: nowhere, conninfo: "host={DEAD_NAME} port=6432 dbname=pgbouncer user=stats"}}')
    with open(f"{os.environ['XDG_CONFIG_HOME']}/pgdba/clusters/broken.yml", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def member_rows(screen, names):
    """-> the names in the order of the topology pane, its first table with them"""
    order = []
    for line in screen.do("dump"):
        found = [n for n in names if re.match(rf"^[^\w]*{n} ", line)]
        if found and found[0] not in order:
            order.append(found[0])
    if sorted(order) != sorted(names):
        raise Trouble(f"the console shows {order}, not {names}")
    return order


class Typist:
    """One key after another on one screen; each gives the milliseconds from write() to the changed cell."""

    TEXT = "switchover --candidate"

    def __init__(self, screen, names):
        self.screen, self.took, self.kinds = screen, [], []
        order = member_rows(screen, names)
        self.steps = self.endless(order)

    def endless(self, order):
        while True:
            for key, stops in (("Down", order[1:]), ("Up", order[-2::-1])):
                for name in stops:
                    yield f"key {key}", f"latency-re ^(▶|>)[^[:alnum:]]*{name} "
            yield "key :", "latency-re ^:$"
            for n in range(1, len(self.TEXT) + 1):
                yield f"type {self.TEXT[n - 1]}", f"latency-re ^:{self.TEXT[:n].rstrip()}$"
            yield "key C-g", "latency command  ? help"

    def strike(self, pause):
        key, seen = next(self.steps)
        self.took += self.screen.ask(key, seen)
        self.screen.do(f"watch {pause:.3f}")


def alternate(a, b, keys):
    for n in range(keys):
        pause = 0.020 + n * 7 % 30 / 1000  # not in step with any refresh
        for typist in (a, b) if n % 2 else (b, a):
            typist.strike(pause)


def keys(bench, table, count=250):
    leader = bench.leader()
    frozen, holed = [m for m in bench.env["LAB_MEMBERS"].split() if m != leader][:2]
    names = bench.env["LAB_MEMBERS"].split()
    hole = Blackhole(bench.base + 990)
    dns = DeadDNS(bench.dir)
    try:
        if dns.missing:
            print(f"row 3 without dead DNS: {dns.missing}")
        broken_cluster(bench, leader, frozen, holed, bench.base + 990, bool(dns.inside))
        bench.lab("freeze", frozen)
        # The peer is the console on what is left whole of the same cluster: only the configuration differs.
        whole = bench.console(*BIG)
        broken = bench.console(*BIG, cluster="broken", inside=dns.inside)
        for screen in (whole, broken):
            screen.do(f"wait {holed}", f"wait {frozen}", "wait 1/20", "watch 3")
        a, b = Typist(broken, names), Typist(whole, names)
        alternate(a, b, count)
        show(table, "one frozen, one blackholed" + (", DNS dead" if dns.inside else ""), a.took, b.took)
    finally:
        hole.close()
        dns.close()
        bench.lab("thaw", frozen)


def show(table, what, ours, peers):
    note = f"p50 {percentile(ours, 50):.1f}, max {max(ours):.1f}, {len(ours)} keys; peer: pgdba with only one frozen"
    table.row(3, f"key to screen p99, {what}", percentile(ours, 99), percentile(peers, 99), "ms", 16, note=note)
