"""Row 9: what clients that write through PgBouncer see of a hand-over: held, held with --release-lock, and patronictl's."""
import glob
import os
import re
import statistics
import subprocess
import threading
import time

from bench_setup import Trouble, run

CLIENTS, TIMES = 50, 5
LOAD_S = 15
CLUSTER = """scope: {LAB_SCOPE}
patroni:
  urls: [{patroni}]
etcd:
  urls: [{etcd}]
haproxy:
- {{name: haproxy, url: {LAB_HAPROXY_STATS}}}
pgbouncer:
- {{name: b1, conninfo: "{LAB_PGBOUNCER_STATS}", admin_conninfo: "user=admin passfile={LAB_PASSFILE}"}}
postgres:
  conninfo: "{postgres}"
"""


class Caller(threading.Thread):
    """One that opens a connection for each row, as many applications do: what it sees of a hand-over is the longest time
    between two rows that were taken."""

    def __init__(self, conninfo):
        super().__init__(daemon=True)
        self.argv = ["psql", "-Xqc", "INSERT INTO held_rows VALUES (99, 1)", conninfo + " connect_timeout=2"]
        self.taken, self.refused, self.over = [], 0, False

    def run(self):
        while not self.over:
            done = subprocess.run(self.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if done.returncode == 0:
                self.taken.append(time.monotonic())
            else:
                self.refused += 1
            time.sleep(0.02)

    def longest_ms(self):
        return max((b - a for a, b in zip(self.taken, self.taken[1:])), default=0) * 1000


def introduce(bench):
    env = bench.env
    path = f"{bench.dir}/config/pgdba/clusters/hold.yml"
    member = " ".join(w for w in env["LAB_PG_pg1"].split() if not w.startswith(("host=", "port=")))
    with open(path, "w", encoding="utf-8") as f:
        f.write(CLUSTER.format(patroni=", ".join(env["LAB_PATRONI_URLS"].split()),
                               etcd=", ".join(env["LAB_ETCD_URLS"].split()), postgres=member, **env))
    os.chmod(path, 0o600)
    run(["psql", "-Xqc", "CREATE TABLE IF NOT EXISTS held_rows (client int, n int)", env["LAB_PGBOUNCER_APP"]], "psql")
    with open(f"{bench.dir}/write.sql", "w", encoding="ascii") as f:
        f.write("INSERT INTO held_rows VALUES (:client_id, 1)\n")


def wait_for(what, seconds, is_so):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise Trouble(f"{what} did not come within {seconds} s")
        time.sleep(0.2)


def whole(bench):
    """The case before this one has left nothing behind: everybody streams, and a write goes through."""
    status = subprocess.run([bench.pgdba, "status", "--cluster", "hold"], capture_output=True, text=True, check=False)
    write = subprocess.run(["psql", "-Xqc", "INSERT INTO held_rows VALUES (98, 1)", bench.env["LAB_PGBOUNCER_APP"]],
                           capture_output=True, check=False)
    return status.stdout.count("streaming") == 2 and write.returncode == 0


def hand_over(bench, words):
    """-> ms that the longest of them took, how many of them ended with an error, ms between two rows of a caller"""
    wait_for("a whole cluster", 90, lambda: whole(bench))
    old = bench.leader()
    new = next(m for m in bench.env["LAB_MEMBERS"].split() if m != old)
    for path in glob.glob(f"{bench.dir}/wait*"):
        os.unlink(path)
    caller = Caller(bench.env["LAB_PGBOUNCER_APP"])
    load = subprocess.Popen(["pgbench", "-n", "-c", str(CLIENTS), "-j", "1", "-T", str(LOAD_S), "-f", f"{bench.dir}/write.sql",
                             "-l", f"--log-prefix={bench.dir}/wait", bench.env["LAB_PGBOUNCER_APP"]],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    caller.start()
    try:
        wait_for("the load", 10, lambda: any(os.path.getsize(p) > 0 for p in glob.glob(f"{bench.dir}/wait*")))
        time.sleep(1)
        run(words(bench, old, new), "the hand-over", timeout=60)
        wait_for("a write", 40, lambda: whole(bench))
    finally:
        said = load.communicate()[0]
        caller.over = True
        caller.join()
    lost = set(re.findall(r"client (\d+)", said))
    waits = [int(line.split()[2]) / 1000 for p in glob.glob(f"{bench.dir}/wait*") for line in open(p, encoding="ascii")]
    return max(waits), len(lost), caller.longest_ms(), caller.refused


def ours(*more):
    def words(bench, _, new):
        return [bench.pgdba, "switchover", "--hold", "--database", "app", "--candidate", new, "--yes", "--force-warnings",
                "--cluster", "hold", *more]
    return words


def peers(bench, old, new):
    return bench.patronictl("switchover", "--leader", old, "--candidate", new, "--force")


def hold(bench, table):
    introduce(bench)
    kinds = {"held": ours(), "held, --release-lock": ours("--release-lock"), "patronictl": peers}
    seen = {name: [] for name in kinds}
    for _ in range(TIMES):  # in turns
        for name, words in kinds.items():
            seen[name].append(hand_over(bench, words))
    theirs = seen.pop("patronictl")
    gaps = [s[2] for s in theirs]
    for name, all_of_it in seen.items():
        # With Patroni's own course it sleeps for 1 s of that.
        budget = 1000 if "lock" in name else 2500
        waits = [s[0] for s in all_of_it]
        table.row("9", f"{name}: longest wait of {CLIENTS} clients, median of {TIMES}", statistics.median(waits),
                  statistics.median(gaps), "ms", budget, note="peer: a caller that connects again")
        table.row("9", f"{name}: the worst of them", max(waits), max(gaps), "ms")
        table.row("9", f"{name}: clients that saw an error, a hand-over", max(s[1] + s[3] for s in all_of_it),
                  statistics.median([s[1] for s in theirs]), "", 1, note="of both kinds")
