#!/usr/bin/env python3
"""A fake Patroni cluster, for what a real one will not do on demand.

One process plays every member, each on its own port of 127.0.0.1, as Patroni does on the wire:
HTTP/1.0, no Content-Length, the connection closed after each answer, bodies by version. It keeps a
small state (who leads, timelines, positions), so that a switchover, restart or reinitialize sent to
it takes its course. Python 3 standard library only.

    fake_patroni.py --members pg1:18001,pg2:18002,pg3:18003 --control 18000 --log requests.jsonl

A port of 0 lets the system choose. Printed on stdout: a line "NAME URL" for each member, a line
"control URL", then "ready". It ends on SIGTERM, SIGINT, and with its parent (unless --stay).

Options
  --version V          2.1.4, 3.0.2, 3.3.2, 4.0.5, 4.1.0 (default): decides which fields there are
  --leader NAME        default: the first member
  --scope NAME         default: demo
  --sync on|quorum     synchronous mode: the first replica is the synchronous (quorum) standby
  --auth USER:PASSWORD Basic authentication for everything but GET
  --slots N            a fixed pool of N handlers a member, as in 4.1.1; the next connection waits
  --advertise NAME=URL what api_url says of a member (repeatable), such as a name nobody resolves
  --cert F --key F     TLS
  --log FILE           a JSON line a request: time, member, method, path, headers, body (no secrets)
  --timing JSON        as "timing" below

Control (plain HTTP on the control port): POST /control with one JSON object, any of
  {"rules": [{"member": "pg1" or "*", "method": "POST" or "*", "path": "/cluster" or "*", WHAT}]}
      puts rules before those that are there; the first that fits a request decides. A path fits by
      its first segment. WHAT is any of
        delay: S        answer S seconds late
        silent: true    take the connection, never answer
        empty: true     close without a byte
        truncate: N     send only N bytes of the body (true: half of it)
        html: 500       an error page of Python's base class
        status: N, body: TEXT, type: TEXT    instead of the real ones
        garbage: true   bytes that are not HTTP, with escape sequences
        escapes: true   a valid body, every text in which carries terminal escape sequences
        big: N          a body of N bytes (true: 9 MiB) that goes on being JSON
        drip: S         one byte each S seconds
        perform: true   with status, empty, silent: the change asked for takes its course all the
                        same (otherwise an overridden request changes nothing)
        times: N        forget the rule after N requests
  {"clear": true}                   forget all rules
  {"refuse": {"pg1": true}}         close (true) or open (false) a member's listener
  {"members": {"pg2": {FIELD: V}}}  set fields of a member: state, role, timeline, receive_lag,
                                    replay_lag (bytes), tags, pending_restart, pending_reason,
                                    dcs (false: gone from /cluster), stuck (SQL hangs), version,
                                    watchdog_failed, api_url, name, scheduled_restart
  {"cluster": {FIELD: V}}           leader, pause, scheduled_switchover, history, dcs_down, sync,
                                    failsafe, wal_rate (bytes/s), system_id
  {"config": {...}}                 merged into the dynamic configuration (null removes)
  {"timing": {...}}                 seconds: stop, unlock, promote, timeline, rejoin, restart,
                                    reinit, answer (at least, before a POST is answered), lease
  {"switchover": OUTCOME}           how the next ones go: "success", "failed" (503, nothing done),
                                    "unknown" (503 status unknown at once, then success),
                                    "unknown-failed" (503 status unknown, and nothing), or
                                    {"elsewhere": "pg3"}
  {"restart": OUTCOME}              "success", "failed", "starting" (503, then it comes up)
  {"failover": "pg2"}               the leader dies now; after timing.lease pg2 takes over
GET /control/state: everything, with "requests" counted by "POST /switchover", and "connections".
"""
import argparse
import copy
import http.server
import json
import os
import signal
import ssl
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing is left in the source tree

from fake_cluster import Cluster  # noqa: E402
from fake_http import Listener, Rules  # noqa: E402


class Fake:
    MEMBER_FIELDS = {"state", "role", "timeline", "receive_lag", "replay_lag", "tags", "dcs",
                     "pending_restart", "pending_reason", "stuck", "version", "watchdog_failed",
                     "api_url", "name", "scheduled_restart"}
    CLUSTER_FIELDS = {"leader", "pause", "scheduled_switchover", "history", "dcs_down", "sync",
                      "failsafe", "wal_rate", "system_id"}

    def __init__(self, args):
        self.args = args
        ports = dict((n, int(p)) for n, p in (m.rsplit(":", 1) for m in args.members.split(",")))
        self.cluster = Cluster(args, list(ports))
        self.cluster.timing.update(json.loads(args.timing))
        self.rules = Rules()
        self.counts = {}
        self.tls = None
        if args.cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(args.cert, args.key)
        self.log = open(args.log, "a", encoding="utf-8") if args.log else None
        self.listeners = {n: Listener(self, n, p) for n, p in ports.items()}
        advertised = dict(a.split("=", 1) for a in args.advertise)
        for n, listener in self.listeners.items():
            self.cluster.members[n].api_url = advertised.get(n, self.url(listener)) + "/patroni"
        self.control = http.server.ThreadingHTTPServer(("127.0.0.1", args.control), Control)
        self.control.fake = self
        self.control.daemon_threads = True
        threading.Thread(target=self.control.serve_forever, daemon=True).start()

    def url(self, listener):
        return "%s://127.0.0.1:%d" % ("https" if self.tls else "http", listener.port)

    def log_request(self, x):
        key = "%s %s" % (x.method, x.path.split("?")[0])
        secret = {"authorization", "cookie", "proxy-authorization"}
        row = {"t": time.time(), "member": x.member.name, "method": x.method, "path": x.path,
               "headers": {k: "(set)" if k in secret else v for k, v in x.headers.items()},
               "body": x.body.decode("utf-8", "replace")}
        with self.cluster.lock:
            self.counts[key] = self.counts.get(key, 0) + 1
            if self.log:
                self.log.write(json.dumps(row) + "\n")
                self.log.flush()

    def obey(self, o):
        c = self.cluster
        known = {"rules", "clear", "refuse", "members", "cluster", "config", "timing",
                 "switchover", "restart", "failover"}
        if set(o) - known:
            raise ValueError("unknown order: %s" % sorted(set(o) - known)[0])
        if o.get("clear"):
            self.rules.clear()
        self.rules.add(o.get("rules", []))
        for name, refuse in o.get("refuse", {}).items():
            self.listeners[name].close() if refuse else self.listeners[name].open()
        for name, fields in o.get("members", {}).items():
            if set(fields) - self.MEMBER_FIELDS:
                raise ValueError("unknown field: %s" % sorted(set(fields) - self.MEMBER_FIELDS)[0])
            renamed = {"patroni_name" if k == "name" else k: v for k, v in fields.items()}
            c.set(c.members[name], **renamed)
        if o.get("config"):
            c.patch_config(o["config"])
        with c.changed:
            self.set_cluster(o.get("cluster", {}))
            c.timing.update(o.get("timing", {}))
            for what in ("switchover", "restart"):
                c.outcomes[what] = o.get(what, c.outcomes[what])
            c.changed.notify_all()
        if o.get("failover"):
            c.members[o["failover"]]  # KeyError when there is no such member
            self.listeners[c.leader].close()
            threading.Thread(target=c.failover, args=(o["failover"],), daemon=True).start()

    def set_cluster(self, fields):
        c = self.cluster
        if set(fields) - self.CLUSTER_FIELDS:
            raise ValueError("unknown field: %s" % sorted(set(fields) - self.CLUSTER_FIELDS)[0])
        c.freeze_wal()
        for k, v in fields.items():
            setattr(c, k, v)
        if "dcs_down" in fields:  # since when, for dcs_last_seen
            c.dcs_down = int(time.time()) if fields["dcs_down"] else False
        if fields.get("leader"):
            for m in c.members.values():
                m.role = "primary" if m.name == c.leader else "replica"

    def state(self):
        c = self.cluster
        with c.lock:
            members = {n: dict(vars(m), listening=self.listeners[n].sock is not None,
                               port=self.listeners[n].port) for n, m in c.members.items()}
            cluster = {k: getattr(c, k) for k in self.CLUSTER_FIELDS | {"in_flight", "target"}}
            return copy.deepcopy({
                "members": members, "cluster": cluster, "config": c.config, "timing": c.timing,
                "outcomes": c.outcomes, "requests": self.counts, "rules": self.rules.rules,
                "connections": {n: x.connections for n, x in self.listeners.items()}})


class Control(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, o):
        data = json.dumps(o).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/control/state":
            return self.reply(200, self.server.fake.state())
        return self.reply(404, {"error": "GET /control/state"})

    def do_POST(self):
        try:
            o = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.server.fake.obey(o)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as x:
            return self.reply(400, {"error": "%s: %s" % (type(x).__name__, x)})
        return self.reply(200, {"ok": True})


def arguments():
    p = argparse.ArgumentParser(description="a fake Patroni cluster; see the top of this file")
    p.add_argument("--members", required=True)
    p.add_argument("--control", type=int, default=0)
    p.add_argument("--version", default="4.1.0")
    p.add_argument("--leader")
    p.add_argument("--scope", default="demo")
    p.add_argument("--sync", choices=("on", "quorum"))
    p.add_argument("--auth")
    p.add_argument("--slots", type=int, default=0)
    p.add_argument("--advertise", action="append", default=[])
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--log")
    p.add_argument("--timing", default="{}")
    p.add_argument("--stay", action="store_true")
    return p.parse_args()


def main():
    args, parent = arguments(), os.getppid()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: os._exit(0))
    fake = Fake(args)
    for name, listener in fake.listeners.items():
        print(name, fake.url(listener))
    print("control http://127.0.0.1:%d" % fake.control.server_address[1])
    print("ready", flush=True)
    while args.stay or os.getppid() == parent:
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
