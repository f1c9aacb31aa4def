"""Row 2 of the budget: a change committed in etcd, until it is in a cell of the screen."""
import base64
import json
import time
import urllib.request

from bench_rows import BIG, percentile
from bench_setup import Trouble

MEMBER = "zz-bench"  # a member that is only a key: Patroni lists it, and nobody runs it


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Key:
    """members/zz-bench of the lab's cluster in etcd."""

    def __init__(self, bench):
        self.url = bench.env["LAB_ETCD_URLS"].split()[0]
        self.key = f"/service/{bench.env['LAB_SCOPE']}/members/{MEMBER}"
        self.api = "http://127.0.0.1:1/patroni"

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def put(self, state):
        value = {"conn_url": "postgres://127.0.0.1:1/postgres", "api_url": self.api, "state": state, "role": "replica",
                 "timeline": 1, "xlog_location": 1, "tags": {"nofailover": True}}
        self.post("/v3/kv/put", {"key": b64(self.key), "value": b64(json.dumps(value))})

    def delete(self):
        self.post("/v3/kv/deleterange", {"key": b64(self.key)})


def change(key, state, screens):
    """Every screen counts from just before the request leaves: its way to etcd and the disk are in the figure."""
    for screen in screens:
        screen.send("begin", f"latency {state}")
    key.put(state)
    return [float(line.split()[1]) for screen in screens for line in screen.answer()]


def commit_to_cell(bench, table, changes=200):
    key = Key(bench)
    console = bench.console(*BIG)
    peer = bench.console_of_peer(*BIG)
    ours, peers = [], []
    try:
        key.put("bench-first")
        for screen in (console, peer):
            screen.do("wait bench-first")
        for n in range(changes):
            took = change(key, f"bench-{n:03d}", (console, peer))
            ours.append(took[0])
            peers.append(took[1])
            time.sleep(n * 37 % 200 / 1000)  # not in step with anybody's interval
    except OSError as e:
        raise Trouble(f"etcd at {key.url} does not take a change: {e}") from e
    finally:
        key.delete()
        bench.close(console)
        bench.close(peer)
    note = f"p50 {percentile(ours, 50):.1f}, max {max(ours):.1f} ms, {changes} changes; peer's p50 {percentile(peers, 50):.0f}"
    table.row(2, "change in etcd to the cell, p99", percentile(ours, 99), percentile(peers, 99), "ms", 50, note=note)
