#!/usr/bin/env python3
"""A fake etcd, for what a real one will not do on demand: its v3 JSON gateway and nothing else.

One process plays every endpoint, each on its own port of 127.0.0.1. They share one small store of
keys, so that a range, a watch and a lease agree with each other, as they do in etcd. Python 3
standard library only.

    fake_etcd.py --endpoints etcd1:0,etcd2:0 --scope demo --leader pg1 --members pg1,pg2

A port of 0 lets the system choose. Printed on stdout: a line "NAME URL" for each endpoint, a line
"control URL", then "ready". It ends on SIGTERM, SIGINT, and with its parent (unless --stay).

Options
  --scope NAME         with --leader and --members: the keys of a Patroni cluster under
                       /service/NAME/, so that there is something to watch (default: no keys)
  --api PATH           /v3 (default), /v3beta, or off: 404 page not found, as where the gateway is
                       switched off
  --dialect old|new    errors as 3.4 and 3.5 write them (default), or as 3.6 does
  --auth USER:PASSWORD authentication; tokens are "token.1", "token.2", …
  --cert F --key F     TLS

Control (plain HTTP on the control port): POST /control with one JSON object, any of
  {"put": {KEY: TEXT}, "lease": ID}  each its own revision, told on every watch that covers it
  {"delete": [KEY, …]}               all in one revision
  {"leases": {ID: TTL}}              granted, from now on
  {"compact": REVISION}              a watch that begins before it is cancelled
  {"cut": N}                         lines of watches go out in pieces of N bytes (0: one a line)
  {"hold": true}                     lines are kept back; false: all of them in one chunk
  {"say": TEXT}                      these bytes on every watch, as they are
  {"end": HOW}                       ends every watch: "order" (last chunk), "cut" (in the middle of
                                     a line), "error" (an error object, without LF in the old
                                     dialect), "canceled" (the stream stays open), "compacted"
  {"raft": false}                    no raft leader: quorum reads wait, then 503; a watch with
                                     hasleader ends with an error, a new one is refused; /health 503
  {"tokens": "lost"}                 those given so far are not known any more
  {"api": PATH}                      as --api
  {"refuse": {NAME: true}}           close (true) or open (false) an endpoint's listener
  {"rules": [{"endpoint": NAME or "*", "path": "/kv/range" or "*", WHAT}]}
      the newest that fits decides. WHAT: silent: true; delay: S; status: N with body: TEXT;
      times: N forgets the rule after N requests
  {"clear": true}                    forget all rules
"endpoint" beside say and end: only there. GET /control/state: revision, keys, watches and requests
by endpoint, logins.
"""
import argparse
import base64
import http.server
import json
import os
import signal
import ssl
import sys
import threading
import time

CLUSTER_ID, QUORUM_S = "1795", 7


def b64(text):
    return base64.b64encode(text.encode()).decode()


def unb64(text):
    return base64.b64decode(text or "").decode("utf-8", "surrogateescape")


class Store:
    """Keys with their revisions, and what has happened, for watches that begin in the past."""

    def __init__(self):
        self.changed = threading.Condition(threading.RLock())
        self.keys, self.events, self.leases = {}, [], {}
        self.revision, self.compacted = 1, 0

    def put(self, key, text, lease=0):
        with self.changed:
            self.revision += 1
            old = self.keys.get(key)
            kv = {"key": b64(key), "value": b64(text), "mod_revision": str(self.revision),
                  "create_revision": old["create_revision"] if old else str(self.revision),
                  "version": str(int(old["version"]) + 1 if old else 1)}
            if lease:
                kv["lease"] = str(lease)
            self.keys[key] = kv
            self.events.append((self.revision, key, {"kv": kv}))
            self.changed.notify_all()

    def delete(self, keys):
        with self.changed:
            self.revision += 1
            for key in keys:
                if self.keys.pop(key, None):
                    kv = {"key": b64(key), "mod_revision": str(self.revision)}
                    self.events.append((self.revision, key, {"type": "DELETE", "kv": kv}))
            self.changed.notify_all()

    def since(self, revision, covers):
        """[(revision, [event, …])] of what has happened from that revision on."""
        found = {}
        for r, key, event in self.events:
            if r >= revision and covers(key):
                found.setdefault(r, []).append(event)
        return sorted(found.items())


def cover(o):
    """What a range or a watch is about, as a test of keys."""
    key, end = unb64(o.get("key")), o.get("range_end")
    if not end:
        return lambda k: k == key
    end = unb64(end)
    return lambda k: k >= key and (end == "\0" or k < end)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 64

    def handle_error(self, *_):
        pass  # a client that has left


class Endpoint:
    """What is known of one, whether its listener is open or not."""

    def __init__(self, fake, name, number, port):
        self.fake, self.name, self.number, self.port = fake, name, number, port
        self.requests, self.watches, self.server = {}, [], None
        self.open()

    def open(self):
        if self.server:
            return
        self.server = Server(("127.0.0.1", self.port), Gateway)
        self.server.endpoint = self
        self.port = self.server.server_address[1]
        if self.fake.tls:
            self.server.socket = self.fake.tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        server, self.server = self.server, None
        if server:
            server.shutdown()
            server.socket.close()


class Watch:
    """One stream: lines go in, pieces come out."""

    def __init__(self, gateway):
        self.gateway, self.lock, self.open = gateway, threading.Lock(), True
        self.held = []

    def chunk(self, text):
        data = text.encode("utf-8", "surrogateescape")
        if data:
            self.gateway.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def line(self, o):
        fake, text = self.gateway.endpoint.fake, json.dumps(o) + "\n"
        with self.lock:
            if fake.hold:
                self.held.append(text)
                return
            step = fake.cut or len(text)
            for i in range(0, len(text), step):
                self.chunk(text[i:i + step])
                if fake.cut:
                    time.sleep(0.001)  # else they would come together all the same

    def say(self, text):
        with self.lock:
            self.chunk(text)

    def flush(self):
        with self.lock:
            self.chunk("".join(self.held))
            self.held = []

    def end(self, how):
        fake = self.gateway.endpoint.fake
        if how == "canceled":
            self.say(json.dumps({"result": {"header": {}, "canceled": True, "cancel_reason":
                                            "etcdserver: watch canceled"}}) + "\n")
            return
        if how == "compacted":
            self.say(json.dumps({"result": {"header": {}, "canceled": True,
                                            "compact_revision": str(fake.store.revision)}}) + "\n")
            return
        if how == "error":
            self.say(fake.stream_error(14, 503, "transport is closing"))
        if how == "cut":
            self.say('{"result":{"header":{"clus')
        else:
            with self.lock:
                self.gateway.wfile.write(b"0\r\n\r\n")
        self.open = False
        with fake.store.changed:
            fake.store.changed.notify_all()


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.endpoint = self.server.endpoint

    def log_message(self, *_):
        pass

    def reply(self, status, o, kind="application/json"):
        data = (o if isinstance(o, str) else json.dumps(o)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, code, text):
        old = {"error": text, "message": text, "code": code}
        new = {"code": code, "message": text, "details": []}
        self.reply(status, old if self.endpoint.fake.args.dialect == "old" else new)

    def header(self):
        return {"cluster_id": CLUSTER_ID, "member_id": str(self.endpoint.number),
                "revision": str(self.endpoint.fake.store.revision), "raft_term": "2"}

    def overruled(self, path):
        """True when a rule has seen to the request."""
        rule = self.endpoint.fake.rule(self.endpoint.name, path)
        time.sleep(rule.get("delay", 0))
        if "status" in rule:
            self.reply(rule["status"], rule.get("body", ""))
            return True
        while rule.get("silent") and self.endpoint.fake.holds(rule):
            time.sleep(0.02)
        self.close_connection = self.close_connection or bool(rule.get("silent"))
        return bool(rule.get("silent"))

    def count(self, path):
        with self.endpoint.fake.store.changed:
            self.endpoint.requests[path] = self.endpoint.requests.get(path, 0) + 1

    def do_GET(self):
        fake = self.endpoint.fake
        self.count(self.path)
        if self.overruled(self.path):
            return None
        if self.path == "/version":
            return self.reply(200, {"etcdserver": "3.4.23", "etcdcluster": "3.4.0"})
        if self.path == "/health":
            no = {"health": "false", "reason": "RAFT NO LEADER"}
            return self.reply(200 if fake.raft else 503, {"health": "true"} if fake.raft else no)
        if self.path == "/metrics":
            lines = ["# TYPE etcd_server_has_leader gauge",
                     "etcd_server_has_leader %d" % fake.raft, "go_goroutines 112",
                     "etcd_server_is_leader %d" % (self.endpoint.number == 1),
                     "etcd_mvcc_db_total_size_in_bytes 20480"]
            return self.reply(200, "\n".join(lines) + "\n", "text/plain")
        return self.reply(404, "404 page not found\n", "text/plain")

    def do_POST(self):
        fake = self.endpoint.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fake.api == "off" or not self.path.startswith(fake.api + "/"):
            return self.reply(404, "404 page not found\n", "text/plain")
        path = self.path[len(fake.api):]
        self.count(path)
        if self.overruled(path):
            return None
        try:
            o = json.loads(body)
        except ValueError as x:
            return self.refuse(400, 3, str(x))
        act = {"/kv/range": self.range, "/watch": self.watch, "/lease/timetolive": self.lease,
               "/maintenance/status": self.status, "/cluster/member/list": self.members,
               "/auth/authenticate": self.authenticate}.get(path)
        if not act:
            return self.reply(404, "404 page not found\n", "text/plain")
        return None if path != "/auth/authenticate" and self.unauthorised() else act(o)

    def unauthorised(self):
        fake, token = self.endpoint.fake, self.headers.get("Authorization")
        if not fake.args.auth:
            return False
        if not token:
            self.refuse(400, 3, "etcdserver: user name is empty")
        elif token not in fake.tokens:
            self.refuse(401, 16, "etcdserver: invalid auth token")
        else:
            return False
        return True

    def authenticate(self, o):
        fake = self.endpoint.fake
        if not fake.args.auth:
            return self.refuse(400, 9, "etcdserver: authentication is not enabled")
        if "%s:%s" % (o.get("name"), o.get("password")) != fake.args.auth:
            return self.refuse(400, 3, "etcdserver: authentication failed, "
                                       "invalid user ID or password")
        with fake.store.changed:
            fake.logins += 1
            fake.tokens.add("token.%d" % fake.logins)
            return self.reply(200, {"header": self.header(), "token": "token.%d" % fake.logins})

    def range(self, o):
        fake, until = self.endpoint.fake, time.time() + QUORUM_S
        while not fake.raft and not o.get("serializable"):
            if time.time() > until:
                return self.refuse(503, 14, "etcdserver: request timed out")
            time.sleep(0.02)
        covers = cover(o)
        with fake.store.changed:
            kvs = [dict(v) for k, v in sorted(fake.store.keys.items()) if covers(k)]
            answer = {"header": self.header()}
        if o.get("keys_only"):
            for kv in kvs:
                kv.pop("value")
        if kvs:
            answer.update(kvs=kvs, count=str(len(kvs)))
        return self.reply(200, answer)

    def lease(self, o):
        with self.endpoint.fake.store.changed:
            granted, since = self.endpoint.fake.store.leases.get(str(o.get("ID")), (0, 0))
        left = granted - int(time.time() - since)
        answer = {"header": self.header(), "ID": str(o.get("ID")), "TTL": str(left)}
        if left <= 0:
            answer["TTL"] = "-1"
        else:
            answer["grantedTTL"] = str(granted)
        return self.reply(200, answer)

    def status(self, _):
        fake = self.endpoint.fake
        answer = {"header": self.header(), "version": "3.4.23", "dbSize": "20480",
                  "raftIndex": str(fake.store.revision + 8), "raftTerm": "2",
                  "raftAppliedIndex": str(fake.store.revision + 8), "dbSizeInUse": "16384"}
        if fake.raft:
            answer["leader"] = "1"
        else:
            answer["errors"] = ["etcdserver: no leader"]
        return self.reply(200, answer)

    def members(self, _):
        rows = [{"ID": str(e.number), "name": e.name, "clientURLs": [self.endpoint.fake.url(e)]}
                for e in self.endpoint.fake.endpoints.values()]
        return self.reply(200, {"header": self.header(), "members": rows})

    # ---- the watch -------------------------------------------------------------------------
    def watch(self, o):
        fake, o = self.endpoint.fake, o.get("create_request", {})
        must_have_leader = self.headers.get("Grpc-Metadata-hasleader") == "true"
        if must_have_leader and not fake.raft:
            return self.refuse(503, 14, "etcdserver: no leader")
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        w = Watch(self)
        with fake.store.changed:
            self.endpoint.watches.append(w)
        try:
            self.stream(w, cover(o), int(o.get("start_revision", 0)), must_have_leader)
        finally:
            with fake.store.changed:
                self.endpoint.watches.remove(w)

    def stream(self, w, covers, at, must_have_leader):
        fake, store = self.endpoint.fake, self.endpoint.fake.store
        w.line({"result": {"header": self.header(), "created": True}})
        at = at or store.revision + 1
        if at <= store.compacted:
            w.line({"result": {"header": self.header(), "canceled": True,
                               "compact_revision": str(store.compacted)}})
            at = sys.maxsize
        while w.open:
            with store.changed:
                store.changed.wait(0.1)
                news = store.since(at, covers)
            for revision, events in news:
                w.line({"result": {"header": dict(self.header(), revision=str(revision)),
                                   "events": events}})
                at = revision + 1
            if w.open and must_have_leader and not fake.raft:
                w.say(fake.stream_error(14, 503, "etcdserver: no leader"))
                w.end("order")


class Fake:
    def __init__(self, args):
        self.args, self.store, self.rules = args, Store(), []
        self.api, self.raft, self.cut, self.hold = args.api, True, 0, False
        self.tokens, self.logins, self.tls = set(), 0, None
        if args.cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(args.cert, args.key)
        if args.scope:
            self.fill("/service/%s/" % args.scope)
        named = [e.rsplit(":", 1) for e in args.endpoints.split(",")]
        self.endpoints = {n: Endpoint(self, n, i + 1, int(p)) for i, (n, p) in enumerate(named)}

    def url(self, e):
        return "%s://127.0.0.1:%d" % ("https" if self.tls else "http", e.port)

    def fill(self, prefix):
        self.store.leases["1000"] = (20, time.time())
        self.store.put(prefix + "initialize", "7710399339470515418")
        self.store.put(prefix + "config", '{"ttl":20,"loop_wait":5,"retry_timeout":5}')
        self.store.put(prefix + "leader", self.args.leader, 1000)
        self.store.put(prefix + "status", '{"optime":67109632}')
        self.store.put(prefix + "history", "[]")
        for i, name in enumerate(m for m in self.args.members.split(",") if m):
            role = "primary" if name == self.args.leader else "replica"
            self.store.leases[str(2000 + i)] = (20, time.time())
            self.store.put(prefix + "members/" + name, json.dumps(
                {"conn_url": "postgres://127.0.0.1:%d/postgres" % (54320 + i),
                 "api_url": "http://127.0.0.1:%d/patroni" % (8008 + i), "state": "running",
                 "role": role, "version": "4.1.0", "xlog_location": 67109632, "timeline": 3}),
                2000 + i)

    def stream_error(self, code, status, text):
        if self.args.dialect == "new":
            return json.dumps({"error": {"code": code, "message": text}}) + "\n"
        return json.dumps({"error": {"grpc_code": code, "http_code": status, "message": text,
                                     "http_status": "Service Unavailable"}})

    def rule(self, endpoint, path):
        with self.store.changed:
            for r in self.rules:
                if (r.get("endpoint", "*") in ("*", endpoint) and r.get("path", "*") in ("*", path)):
                    if "times" in r:
                        r["times"] -= 1
                        if r["times"] <= 0:
                            self.rules.remove(r)
                    return r
        return {}

    def holds(self, rule):
        with self.store.changed:
            return rule in self.rules or "times" in rule

    def watches(self, endpoint=None):
        with self.store.changed:
            return [w for e in self.endpoints.values() if endpoint in (None, e.name)
                    for w in e.watches]

    def set_hold(self, hold):
        self.hold = hold
        if not hold:
            for w in self.watches():
                w.flush()

    def set_cut(self, n):
        self.cut = n

    def set_raft(self, raft):
        self.raft = raft

    def set_api(self, api):
        self.api = api

    def compact(self, revision):
        self.store.compacted = revision

    def clear(self, _):
        with self.store.changed:
            self.rules = []

    def obey(self, o):
        acts = {"compact": self.compact, "cut": self.set_cut, "hold": self.set_hold,
                "raft": self.set_raft, "api": self.set_api, "clear": self.clear,
                "tokens": lambda _: self.tokens.clear(), "delete": self.store.delete,
                "put": lambda keys: [self.store.put(k, v, o.get("lease", 0))
                                     for k, v in keys.items()],
                "leases": lambda ids: self.store.leases.update(
                    {str(k): (v, time.time()) for k, v in ids.items()}),
                "say": lambda text: [w.say(text) for w in self.watches(o.get("endpoint"))],
                "end": lambda how: [w.end(how) for w in self.watches(o.get("endpoint"))],
                "rules": self.add_rules, "refuse": self.refuse}
        unknown = set(o) - set(acts) - {"lease", "endpoint"}
        if unknown:
            raise ValueError("unknown order: %s" % sorted(unknown)[0])
        for word in o:
            if word in acts:
                acts[word](o[word])

    def add_rules(self, rules):
        with self.store.changed:
            self.rules[:0] = [dict(r) for r in rules]

    def refuse(self, names):
        for name, refuses in names.items():
            self.endpoints[name].close() if refuses else self.endpoints[name].open()

    def state(self):
        with self.store.changed:
            return {"revision": self.store.revision, "logins": self.logins,
                    "keys": {k: unb64(v["value"]) for k, v in self.store.keys.items()},
                    "watches": {e.name: len(e.watches) for e in self.endpoints.values()},
                    "requests": {e.name: dict(e.requests) for e in self.endpoints.values()}}


class Control(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, o):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(o).encode())

    def do_GET(self):
        if self.path == "/control/state":
            return self.reply(200, self.server.fake.state())
        return self.reply(404, {"error": "GET /control/state"})

    def do_POST(self):
        try:
            self.server.fake.obey(
                json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0))))
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as x:
            return self.reply(400, {"error": "%s: %s" % (type(x).__name__, x)})
        return self.reply(200, {"ok": True})


def arguments():
    p = argparse.ArgumentParser(description="a fake etcd; see the top of this file")
    p.add_argument("--endpoints", default="etcd1:0")
    p.add_argument("--control", type=int, default=0)
    p.add_argument("--scope")
    p.add_argument("--leader", default="pg1")
    p.add_argument("--members", default="pg1,pg2")
    p.add_argument("--api", default="/v3")
    p.add_argument("--dialect", choices=("old", "new"), default="old")
    p.add_argument("--auth")
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--stay", action="store_true")
    return p.parse_args()


def main():
    args, parent = arguments(), os.getppid()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: os._exit(0))
    fake = Fake(args)
    control = http.server.ThreadingHTTPServer(("127.0.0.1", args.control), Control)
    control.fake, control.daemon_threads = fake, True
    threading.Thread(target=control.serve_forever, daemon=True).start()
    for name, endpoint in fake.endpoints.items():
        print(name, fake.url(endpoint))
    print("control http://127.0.0.1:%d" % control.server_address[1])
    print("ready", flush=True)
    while args.stay or os.getppid() == parent:
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
