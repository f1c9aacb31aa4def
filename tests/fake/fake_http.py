"""The fake Patroni's side of the wire: rules, listeners, requests and answers.

Part of fake_patroni.py, which says how to use it.
"""
import base64
import copy
import email.utils
import hmac
import html
import http.server
import json
import select
import socket
import threading
import time

LONG_BODY = 9 * 1024 * 1024
ESCAPES = "\x1b[2J\x1b]0;owned\x07\u009b31m\u202e"
EMPTY = object()  # an answer: none at all


class Rules:
    """What was ordered through the control port, the newest first."""

    def __init__(self):
        self.lock = threading.Lock()
        self.rules = []

    def add(self, rules):
        with self.lock:
            self.rules[:0] = [dict(r) for r in rules]

    def clear(self):
        with self.lock:
            self.rules = []

    def find(self, member, method, path):
        segment = "/" + path.lstrip("/").split("/")[0].split("?")[0]
        with self.lock:
            for r in self.rules:
                if (r.get("member", "*") in ("*", member) and r.get("method", "*") in ("*", method)
                        and r.get("path", "*") in ("*", segment)):
                    if "times" in r:
                        r["times"] -= 1
                        if r["times"] <= 0:
                            self.rules.remove(r)
                    return r
        return {}

    def holds(self, rule):
        """A silent rule keeps its victims until it is cleared."""
        with self.lock:
            return rule in self.rules or "times" in rule


class Listener:
    """A member's port: a thread that accepts, one a connection that answers."""

    def __init__(self, fake, name, port):
        self.fake, self.name, self.port = fake, name, port
        self.connections = 0
        self.slots = threading.Semaphore(fake.args.slots) if fake.args.slots else None
        self.sock = None
        self.open()

    def open(self):
        if self.sock:
            return
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", self.port))
        s.listen(5 if self.slots else 64)
        self.port = s.getsockname()[1]
        self.sock = s
        threading.Thread(target=self.accept, args=(s,), daemon=True).start()

    def close(self):
        s, self.sock = self.sock, None
        if s:
            try:
                s.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
            except OSError:
                pass
            s.close()

    def accept(self, s):
        while True:
            try:
                conn, _ = s.accept()
            except OSError:
                return
            if self.slots:
                self.slots.acquire()
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        with self.fake.cluster.lock:
            self.connections += 1
        try:
            if self.fake.tls:
                conn = self.fake.tls.wrap_socket(conn, server_side=True)
            Exchange(self.fake, self.name, conn, bool(self.slots)).run()
        except (OSError, ValueError):
            pass  # the client left, or spoke no HTTP
        finally:
            conn.close()
            with self.fake.cluster.lock:
                self.connections -= 1
            if self.slots:
                self.slots.release()


class Exchange:
    """One request and its answer."""

    def __init__(self, fake, name, conn, deaf):
        self.fake, self.cluster, self.conn, self.deaf = fake, fake.cluster, conn, deaf
        self.member = fake.cluster.members[name]

    def run(self):
        stream = self.conn.makefile("rb")
        line = stream.readline(65536).decode("latin-1").split()
        if len(line) < 2:
            return
        self.method, self.path = line[0], line[1]
        self.headers = {}
        for raw in iter(lambda: stream.readline(65536), b""):
            name, colon, value = raw.decode("latin-1").partition(":")
            if not colon:
                break
            self.headers[name.strip().lower()] = value.strip()
        length = self.headers.get("content-length")
        if self.headers.get("expect", "").lower() == "100-continue":
            self.conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.body = stream.read(int(length)) if length else b""
        rule = self.fake.rules.find(self.member.name, self.method, self.path)
        self.fake.log_request(self)
        self.answer(rule)

    def answer(self, rule):
        time.sleep(rule.get("delay", 0))
        overridden = {"status", "html", "empty", "silent", "garbage", "big"} & set(rule)
        if overridden and rule.get("perform"):
            threading.Thread(target=self.dispatch, daemon=True).start()
        if rule.get("silent"):
            return self.hang(lambda: self.fake.rules.holds(rule))
        if rule.get("empty"):
            return None
        if rule.get("garbage"):
            return self.conn.sendall((ESCAPES + "\r\n\x00\xff" + ESCAPES).encode("utf-8") * 8)
        if "html" in rule:
            return self.send_page(rule["html"])
        if rule.get("big"):
            return self.send_big(LONG_BODY if rule["big"] is True else rule["big"])
        if overridden:
            kind = rule.get("type", "text/html")
            return self.send(rule.get("status", 200), rule.get("body", ""), kind, rule)
        result = self.dispatch()
        if result is EMPTY or result is None:
            return None
        status, body = result[0], rule.get("body", result[1])
        if len(result) > 2:
            time.sleep(result[2])
        if rule.get("escapes"):
            body = self.with_escapes(body)
        return self.send(status, body, rule.get("type"), rule)

    def hang(self, condition):
        """Real handlers do not notice that a client has gone; without slots that would only
        waste our threads."""
        while condition():
            if not self.deaf and select.select([self.conn], [], [], 0)[0]:
                if not self.conn.recv(1, socket.MSG_PEEK if not self.fake.tls else 0):
                    return
            time.sleep(0.05)

    def with_escapes(self, body):
        def soil(v, key=None):
            if isinstance(v, dict):
                return {k: soil(x, k) for k, x in v.items()}
            if isinstance(v, list):
                return [soil(x) for x in v]
            return v + ESCAPES if isinstance(v, str) and key not in ("api_url", "at") else v
        return soil(body)

    # ---- sending ---------------------------------------------------------------------------
    def head(self, status, kind, extra=()):
        reason = http.server.BaseHTTPRequestHandler.responses.get(status, ("", ""))[0]
        lines = ["HTTP/1.0 %d %s" % (status, reason),
                 "Server: BaseHTTP/0.6 Python/3.11.2",
                 "Date: " + email.utils.formatdate(usegmt=True)]
        if kind:
            lines.append("Content-Type: " + kind)
        return ("\r\n".join(lines + list(extra)) + "\r\n\r\n").encode("latin-1")

    def send(self, status, body, kind=None, rule=None):
        rule = rule or {}
        if body is None:  # /liveness: a status line and nothing else
            reason = http.server.BaseHTTPRequestHandler.responses[status][0]
            return self.conn.sendall(b"HTTP/1.0 %d %s\r\n\r\n" % (status, reason.encode()))
        if isinstance(body, str):
            data, kind = body.encode("utf-8"), kind or "text/html"
        else:
            data, kind = json.dumps(body).encode("utf-8"), kind or "application/json"
        if "truncate" in rule:
            data = data[:len(data) // 2 if rule["truncate"] is True else rule["truncate"]]
        extra = ['WWW-Authenticate: Basic realm="Patroni"'] if status == 401 else []
        data = self.head(status, kind, extra) + data
        if "drip" not in rule:
            return self.conn.sendall(data)
        for i in range(len(data)):
            self.conn.sendall(data[i:i + 1])
            time.sleep(rule["drip"])
        return None

    def send_page(self, status):
        short, long = http.server.BaseHTTPRequestHandler.responses.get(status, ("???", "???"))
        page = http.server.DEFAULT_ERROR_MESSAGE % {
            "code": status, "message": html.escape(short), "explain": html.escape(long)}
        data = page.encode("utf-8")
        extra = ["Connection: close", "Content-Length: %d" % len(data)]
        self.conn.sendall(self.head(status, "text/html;charset=utf-8", extra) + data)

    def send_big(self, size):
        self.conn.sendall(self.head(200, "application/json") + b'{"members": [')
        row = b'{"name": "pg1", "role": "replica", "state": "running"}, '
        chunk = row * 1024
        while size > 0:
            self.conn.sendall(chunk[:size])
            size -= len(chunk)

    # ---- what is asked ---------------------------------------------------------------------
    def dispatch(self):
        segment = "/" + self.path.split("?")[0].lstrip("/").split("/")[0]
        if self.method in ("GET", "HEAD", "OPTIONS"):
            return self.dispatch_get(segment)
        refusal = self.refuse_unauthorised()
        if refusal:
            return refusal
        handler = {("POST", "/switchover"): self.post_switchover,
                   ("POST", "/failover"): self.post_failover,
                   ("DELETE", "/switchover"): self.delete_switchover,
                   ("POST", "/restart"): self.post_restart,
                   ("DELETE", "/restart"): self.delete_restart,
                   ("POST", "/reinitialize"): self.post_reinitialize,
                   ("POST", "/reload"): lambda: (202, "reload scheduled"),
                   ("PATCH", "/config"): self.patch_config}.get((self.method, segment))
        if handler is None:
            return self.page(501)
        if self.cluster.dcs_down and segment not in ("/reinitialize", "/reload"):
            time.sleep(self.cluster.config["retry_timeout"])
            return EMPTY
        return handler()

    def page(self, status):
        self.send_page(status)
        return EMPTY

    def dispatch_get(self, segment):
        c, m = self.cluster, self.member
        if self.method == "GET" and segment in ("/cluster", "/history", "/config"):
            if c.dcs_down:
                time.sleep(c.config["retry_timeout"])
                return EMPTY
            with c.lock:
                if segment == "/cluster":
                    return 200, c.cluster_body(m)
                if segment == "/config":
                    return 200, copy.deepcopy(c.config)
                length = 5 if m.at_least(2, 1, 1) else 4
                return 200, [h[:length] for h in c.history]
        if segment == "/liveness":
            return 200, None
        if segment == "/readiness":
            return 200 if m.state == "running" else 503, None
        if segment == "/patroni" and m.state == "restarting":
            time.sleep(1.1)  # its SQL is tried again after a second
        if m.stuck:
            self.hang(lambda: m.stuck)
        with c.lock:
            status = 200 if segment == "/patroni" or c.healthy(m, self.path.split("?")[0]) else 503
            if self.method != "GET":
                return status, None
            return status, c.health_body(m)

    def refuse_unauthorised(self):
        if not self.cluster.auth:
            return None
        header = self.headers.get("authorization", "")
        if not header:
            return 401, "no auth header received"
        expected = "Basic " + base64.b64encode(self.cluster.auth.encode()).decode()
        if not hmac.compare_digest(header.encode(), expected.encode()):
            return 401, "not authenticated"
        return None

    def request_object(self, optional):
        """The body as an object, or None after an error page has been sent."""
        if "content-length" not in self.headers and not optional:
            self.send_page(411)
            return None
        if not self.body and optional:
            return {}
        try:
            o = json.loads(self.body)
        except ValueError:
            o = None
        if not isinstance(o, dict) or not (o or optional):
            self.send_page(400)
            return None
        return o

    def with_object(self, optional, act):
        o = self.request_object(optional)
        return EMPTY if o is None else act(o)

    def post_switchover(self):
        return self.with_object(False, lambda o: self.cluster.switchover(self.member, o))

    def post_failover(self):
        return self.with_object(
            False, lambda o: self.cluster.switchover(self.member, o, "failover"))

    def delete_switchover(self):
        with self.cluster.lock:
            if not self.cluster.scheduled_switchover:
                return 404, "no switchover is scheduled"
            self.cluster.scheduled_switchover = None
            return 200, "scheduled switchover deleted"

    def post_restart(self):
        return self.with_object(True, lambda o: self.cluster.restart(self.member, o))

    def delete_restart(self):
        with self.cluster.lock:
            if not self.member.scheduled_restart:
                return 404, "no restarts are scheduled"
            self.member.scheduled_restart = None
            return 200, "scheduled restart deleted"

    def post_reinitialize(self):
        return self.with_object(True, lambda o: self.cluster.reinitialize(self.member, o))

    def patch_config(self):
        return self.with_object(False, lambda o: (200, self.cluster.patch_config(o)))
