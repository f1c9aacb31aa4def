"""Row 8: a PgBouncer with 5,000 clients in 500 pools: what it costs to look at."""
import os
import pwd
import statistics
import subprocess
import sys
import time

from bench_rows import BIG, cpu_seconds, memory, percentile
from bench_setup import Trouble, run

CLIENTS, DATABASES = 5000, 500
CROWD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pgb_crowd.py")

SETTINGS = """
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {directory}/users
stats_users = stats
max_client_conn = {most}
default_pool_size = 2
pool_mode = transaction
listen_backlog = 1024
log_connections = 0
log_disconnections = 0
"""


class Crowd:
    """A real PgBouncer, real connections on both its sides; PostgreSQL itself is a stand-in, which takes 500."""

    def __init__(self, bench):
        self.port, self.running = bench.base + 980, []
        directory = os.path.join(bench.dir, "crowd")
        os.mkdir(directory)
        os.chmod(directory, 0o755)
        ini = os.path.join(directory, "pgbouncer.ini")
        with open(ini, "w", encoding="ascii") as f:
            f.write("[databases]\n")
            f.writelines(f"db{n:03d} = host=127.0.0.1 port={self.port + 1} dbname=app\n" for n in range(DATABASES))
            f.write(SETTINGS.format(port=self.port, directory=directory, most=CLIENTS + 1000))
        with open(f"{directory}/users", "w", encoding="ascii") as f:
            f.write('"app" ""\n"stats" ""\n')
        try:
            self.start([sys.executable, CROWD, "server", str(self.port + 1)], True)
            self.start(self.as_nobody() + ["pgbouncer", "-q", ini], False)
            deadline = time.monotonic() + 10
            while subprocess.run(self.psql("SHOW VERSION"), capture_output=True, check=False).returncode:
                if time.monotonic() > deadline:
                    raise Trouble("the PgBouncer for the crowd does not answer")
                time.sleep(0.1)
            self.start([sys.executable, CROWD, "clients", str(self.port), str(CLIENTS), str(DATABASES)], True)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def as_nobody():
        if os.geteuid() != 0:
            return []
        user = pwd.getpwnam("nobody")
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def start(self, argv, says_ready):
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.running.append(child)
        if says_ready and child.stdout.readline() != b"ready\n":
            raise Trouble(f"{' '.join(argv[1:3])} did not get ready (are there {CLIENTS + 600} files? see ulimit -n)")

    def psql(self, sql):
        return ["psql", "-XAt", "-c", sql, f"host=127.0.0.1 port={self.port} user=stats dbname=pgbouncer"]

    def close(self):
        for child in reversed(self.running):
            child.terminate()
        for child in self.running:
            child.wait()


def register(bench, port):
    path = f"{os.environ['XDG_CONFIG_HOME']}/pgdba/clusters"
    with open(f"{path}/bench.yml", encoding="utf-8") as f:
        text = f.read()
    bouncer = f'pgbouncer:\n- {{name: crowd, conninfo: "host=127.0.0.1 port={port} user=stats dbname=pgbouncer"}}\n'
    with open(f"{path}/crowd.yml", "w", encoding="utf-8") as f:
        f.write(text.replace("pgbouncer:\n", bouncer, 1))
    os.chmod(f"{path}/crowd.yml", 0o600)


def show(screen, view, waits):
    screen.do("key :", f"type {view}", "key Enter", f"wait {waits}", "watch 3")


def strike(screens, count):
    """The command bar opened and left, on each screen in turns: from write() to the changed cell"""
    took = [[] for _ in screens]
    for n in range(count):
        key, seen = ("key C-g", "latency command  ? help") if n % 2 else ("key :", "latency-re ^:$")
        for i, screen in enumerate(screens):
            took[i] += screen.ask(key, seen)
            screen.do(f"watch {0.020 + n * 7 % 30 / 1000:.3f}")
    return took


def crowd(bench, table, seconds=20):
    held = Crowd(bench)
    try:
        register(bench, held.port)
        asked = []
        for _ in range(5):
            began = time.monotonic()
            run(held.psql("SHOW CLIENTS"), "psql SHOW CLIENTS")
            asked.append((time.monotonic() - began) * 1000)
        few, many = bench.console(*BIG), bench.console(*BIG, cluster="crowd")
        for screen in (few, many):
            screen.do("wait pg1", "wait Bouncers", "watch 3")
        for view, waits, what in (("pgb show clients", "worker", f"the list of {CLIENTS:,} clients"),
                                  ("pane pools", "db001", f"{DATABASES} pools")):
            show(many, view, waits)
            show(few, view, "APPLICATION" if "clients" in view else "DATABASE")
            cpu, since = [cpu_seconds(s.pid) for s in (many, few)], time.monotonic()
            for screen in (many, few):
                screen.send(f"watch {seconds / 2}")
            for screen in (many, few):
                screen.answer()
            elapsed = time.monotonic() - since
            spent = [(cpu_seconds(s.pid) - c) * 1000 / elapsed for s, c in zip((many, few), cpu)]
            table.row(8, f"CPU a refresh (1 s), {what} on the screen", spent[0], spent[1], "ms", 250,
                      note="peer: pgdba with a handful; of 1000 ms")
            keys = strike((many, few), 60)
            table.row(8, f"key to screen p99, {what}", percentile(keys[0], 99), percentile(keys[1], 99), "ms", 16,
                      note=f"p50 {percentile(keys[0], 50):.1f}, max {max(keys[0]):.1f}")
        table.row(8, f"resident memory, {CLIENTS:,} clients in {DATABASES} pools", memory(many.pid)[0],
                  memory(few.pid)[0], "MiB", 60, note="peer: pgdba with a handful")
        table.row(8, f"psql SHOW CLIENTS of {CLIENTS:,}, for the reader", statistics.median(asked), None, "ms")
        for screen in (few, many):
            bench.close(screen)
    finally:
        held.close()
