#!/usr/bin/env python3
"""Every action against every answer that Patroni, or what stands before it, can give: answers.py PGDBA DIR [WORD...]

A row is an action, an answer, and whether the change took its course behind that answer. Of each: the outcome's word, the exit
code, the audit lines, and that the request went out once. The rows run beside each other, each with a fake cluster and an audit
log of its own; WORDs pick rows whose name has them all. Printed as "ok - NAME" and "not ok - NAME".
"""
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import threading
import time
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fake"))

import fake_patroni  # noqa: E402

FAST = {"stop": 0.3, "unlock": 0.1, "promote": 0.2, "timeline": 0.2, "rejoin": 0.3, "restart": 0.4, "reinit": 0.4}
LATER = "2099-01-02T03:04:05+00:00"
BOUND = 120  # seconds, for what never ends
AT_ONCE = 24  # rows beside each other: nearly all of their time is waiting
POLLS = 3  # pictures after the answer, until one that waits is left

# What becomes of an action whose answer tells nothing and that has not taken place. LEFT: it is followed for minutes, so that here
# it is interrupted; the unit tests see its end on a clock of their own.
LEFT, UNKNOWN, FAILED = "left running", "unknown", "failed"
CODES = {"done": 0, "done elsewhere": 5, "refused": 4, "unknown": 5, "failed": 5, LEFT: 5}

# performed: the word when it has taken place behind such an answer
Action = collections.namedtuple("Action", "words method path setup requests performed nothing")


def action(words, method, path, setup=None, requests=1, performed="done", nothing=LEFT):
    return Action(words.split(), method, path, setup or {}, requests, performed, nothing)


STANDBY = {"standby_cluster": {"host": "elsewhere", "port": 5432}}
ACTIONS = {
    "switchover": action("switchover --candidate pg2", "POST", "/switchover"),
    "switchover to any": action("switchover", "POST", "/switchover"),
    "failover": action("failover --candidate pg2 --force-warnings", "POST", "/failover"),
    "switchover --at": action("switchover --candidate pg2 --at +2h", "POST", "/switchover", nothing=UNKNOWN),
    "cancel switchover": action("cancel switchover", "DELETE", "/switchover", nothing=UNKNOWN, setup={
        "cluster": {"scheduled_switchover": {"at": LATER, "from": "pg1", "to": "pg2"}}}),
    "restart": action("restart pg2", "POST", "/restart"),
    "restart --rolling": action("restart --rolling --role replica", "POST", "/restart", requests=2),
    "restart --at": action("restart pg2 --at +2h", "POST", "/restart", nothing=UNKNOWN),
    "cancel restart": action("cancel restart pg2", "DELETE", "/restart", nothing=UNKNOWN, setup={
        "members": {"pg2": {"scheduled_restart": {"schedule": LATER}}}}),
    # nothing on the wire shows that it has happened
    "reload": action("reload pg2", "POST", "/reload", performed=UNKNOWN, nothing=UNKNOWN),
    "reinit": action("reinit pg2", "POST", "/reinitialize"),
    "pause": action("pause", "PATCH", "/config", nothing=UNKNOWN),
    "resume": action("resume", "PATCH", "/config", nothing=UNKNOWN, setup={"config": {"pause": True}}),
    "config set": action("config set maximum_lag_on_failover=2097152", "PATCH", "/config", nothing=FAILED),
    "demote-cluster": action("demote-cluster --host elsewhere", "PATCH", "/config"),
    "promote-cluster": action("promote-cluster", "PATCH", "/config", setup={"config": STANDBY}),
}

PROXY = "<html>\r\n<head><title>%s</title></head>\r\n<body><center><h1>%s</h1></center><hr>nginx\x1b[31m</body></html>"


def proxy(status, words):
    return {"status": status, "body": PROXY % (words, words)}


# Answers that are not answers: NAME, the fake's rule, tried performed too?
NOT_ANSWERS = [
    ("time-out", {"silent": True}, True),
    ("connection closed after it was read", {"empty": True}, True),
    ("bytes that are not HTTP", {"garbage": True}, False),
    ("502 of a proxy", proxy(502, "Bad Gateway"), True),
    ("504 of a proxy", proxy(504, "Gateway Time-out"), False),
    ("200 of a proxy", proxy(200, "Welcome"), False),
    ("503 status unknown", {"status": 503, "body": "Switchover status unknown"}, True),
    ("503 status unknown, in later words", {
        "status": 503, "body": "Failover status unknown after 20 seconds; operation may still be in progress"}, False),
]

PAGE = None  # a page of Python's base class: only the number is shown

# Refusals that every one of them can meet.
REFUSALS_OF_ALL = [(401, "no auth header received"), (401, "not authenticated"), (403, "Access is denied"),
                   (403, "client certificate required"), (501, PAGE)]
NOT_POSSIBLE = "%s is not possible: "
SCHEDULE = [(400, "Timezone information is mandatory for the scheduled %s"), (422, "Cannot schedule %s in the past"),
            (422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601")]
CONFIG = [(400, PAGE), (409, PAGE), (411, PAGE), (503, PAGE)]
BUSY = [(503, "reinitialize already in progress"), (503, "switchover: demote already in progress")]
REFUSALS = {
    "switchover": [
        (400, "Switchover could be performed only from a specific leader"), (400, "Switchover target and source are the same"),
        (400, "Switchover is possible only to a specific candidate in a paused state"),
        (412, "leader name does not match"), (412, "candidate name does not match with sync_standby"),
        (412, "candidate does not exists"), (412, NOT_POSSIBLE % "switchover" + "no good candidates have been found"),
        (503, "Switchover failed"), (503, "Failover failed")],
    "switchover to any": [
        (412, NOT_POSSIBLE % "switchover" + "can not find sync_standby"),
        (412, NOT_POSSIBLE % "switchover" + "cluster does not have members except leader")],
    "failover": [
        (400, "Failover could be performed only to a specific candidate"), (412, "candidate does not exists"),
        (412, NOT_POSSIBLE % "failover" + "no good candidates have been found"), (503, "Failover failed")],
    "switchover --at": [(400, "Can't schedule switchover in the paused state")] +
                       [(s, t % "switchover" if "%" in t else t) for s, t in SCHEDULE],
    "cancel switchover": [(404, "no switchover is scheduled"), (409, PAGE)],
    "restart": [(400, "PostgreSQL role should be either primary, standby_leader, or replica"),
                (400, "Timeout should be a positive number of seconds"),
                (503, "restart conditions are not satisfied")] + BUSY,
    "restart --rolling": [(503, "restart conditions are not satisfied")] + BUSY,
    "restart --at": [(409, "Another restart is already scheduled"), (500, "Can't schedule restart in the paused state"),
                     (400, "Unknown filter for the scheduled restart: at")] +
                    [(s, t % "restart" if "%" in t else t) for s, t in SCHEDULE],
    "cancel restart": [(404, "no restarts are scheduled")],
    "reinit": [(503, "I am the leader, can not reinitialize"), (503, "Cluster has no leader, can not reinitialize"),
               (503, "restart already in progress")],
    "pause": CONFIG, "resume": CONFIG, "config set": CONFIG, "demote-cluster": CONFIG, "promote-cluster": CONFIG,
}

# Answers of one action alone that say less than they seem to: nothing is seen of it, and it may still come.
OPEN = {
    "switchover": [(503, "failed to write failover key into DCS")],
    "failover": [(503, "failed to write failover key into DCS")],
    "switchover --at": [(503, "failed to write failover key into DCS")],
    "restart": [(503, "postgres is still starting"), (503, "restart failed"), (400, "restart failed")],
}

# word: the outcome; said: in what is printed and in the audit log's answer; sent: requests that go out
Row = collections.namedtuple("Row", "name action rule word said sent")


def refusal(status, text):
    return {"html": status} if text is PAGE else {"status": status, "body": text}


def rows():
    for name, a in ACTIONS.items():
        for what, rule, performed_too in NOT_ANSWERS:
            # one request of a rolling restart is answered so; after one that took place all goes on
            yield Row("%s: %s, and nothing" % (name, what), a, rule, a.nothing, "", 1)
            if performed_too:
                performed = dict(rule, perform=True)
                yield Row("%s: %s, and it took place" % (name, what), a, performed, a.performed, "", a.requests)
        for status, text in REFUSALS_OF_ALL + REFUSALS.get(name, []):
            said = "HTTP %d%s" % (status, ": " + text if text else "")
            yield Row("%s: refused, %s" % (name, said), a, refusal(status, text), "refused", said, 1)
        for status, text in OPEN.get(name, []):
            yield Row("%s: %d %s" % (name, status, text), a, refusal(status, text), a.nothing, text, 1)


class Run:
    """A row, carried out."""

    def __init__(self, pgdba, directory, row):
        self.pgdba, self.row = pgdba, row
        self.dir = directory
        os.mkdir(directory)
        self.wrong = []
        self.fake = fake_patroni.Fake(types.SimpleNamespace(
            members="pg1:0,pg2:0,pg3:0", control=0, version="4.1.0", leader=None, scope="demo", sync=None, auth=None, slots=0,
            advertise=[], cert=None, key=None, log=None, timing=json.dumps(FAST), stay=True))
        self.fake.obey({"config": {"ttl": 20, "loop_wait": 1, "retry_timeout": 3}})
        self.seen = []  # (time, method, path, member), by log_request()
        self.lock = threading.Condition()
        self.fake.log_request = self.log_request

    def log_request(self, x):
        with self.lock:
            self.seen.append((time.monotonic(), x.method, x.path.split("?")[0], x.member.name))
            self.lock.notify_all()

    def changes(self):
        with self.lock:
            return [s for s in self.seen if s[1] != "GET"]

    def pictures_since_change(self):
        """Of /cluster, asked for after the request; with the lock."""
        first = next((s[0] for s in self.seen if s[1] != "GET"), None)
        return 0 if first is None else len([s for s in self.seen if s[2] == "/cluster" and s[0] > first])

    def run(self):
        r, a = self.row, self.row.action
        self.fake.obey(a.setup)
        rule = dict(r.rule, member="*", method=a.method, path=a.path)
        if a.requests > 1:
            rule.update(times=1)
        self.fake.obey({"rules": [rule]})
        argv = [self.pgdba] + a.words + ["--yes"]
        if "--force-warnings" not in argv:
            argv.append("--force-warnings")
        for name in ("pg1", "pg2", "pg3"):
            argv += ["--patroni-url", self.fake.url(self.fake.listeners[name])]
        env = dict(os.environ, XDG_STATE_HOME=self.dir)
        with open(os.path.join(self.dir, "out"), "w+b") as out:
            p = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
            self.let_end(p)
            out.seek(0)
            self.out = out.read().decode("utf-8", "replace")
        self.judge(p.returncode)
        for listener in self.fake.listeners.values():
            listener.close()
        self.fake.control.shutdown()
        self.fake.control.server_close()

    def let_end(self, p):
        if self.row.word == LEFT:
            with self.lock:
                if not self.lock.wait_for(lambda: self.pictures_since_change() >= POLLS or p.poll() is not None, BOUND):
                    self.wrong.append("no %d pictures after the request within %d s" % (POLLS, BOUND))
            if p.poll() is not None:
                self.wrong.append("it ended by itself")
            p.terminate()
        try:
            p.wait(BOUND)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            self.wrong.append("it did not end within %d s" % BOUND)

    def must(self, true, wrong):
        if not true:
            self.wrong.append(wrong)

    def judge(self, code):
        r, a = self.row, self.row.action
        self.must(code == CODES[r.word], "exit code %s, not %d" % (code, CODES[r.word]))
        said = "interrupted: it goes on in the cluster" if r.word == LEFT else "\n%s: " % r.word
        self.must(said in self.out, "not said: %r" % said)
        self.must(r.word == LEFT or r.said in self.out, "not said: %r" % r.said)
        self.must("\x1b" not in self.out, "an escape sequence got through")
        sent = self.changes()
        self.must(len(sent) == r.sent, "%d requests, not %d: %s" % (len(sent), r.sent, sent))
        self.must(all(s[1:3] == (a.method, a.path) for s in sent), "other requests than %s %s: %s" % (a.method, a.path, sent))
        self.must(len({s[3] for s in sent}) == len(sent), "one member was asked twice: %s" % sent)
        self.judge_audit()

    def judge_audit(self):
        r, a = self.row, self.row.action
        try:
            with open(os.path.join(self.dir, "pgdba", "audit.jsonl"), encoding="utf-8") as f:
                self.audit = [json.loads(line) for line in f]
        except (OSError, ValueError) as x:
            self.audit = []
            self.wrong.append("audit log: %s" % x)
        self.must([x["what"] for x in self.audit] == ["intent", "outcome"], "audit: not one intent and its outcome")
        if len(self.audit) != 2:
            return
        intent, outcome = self.audit
        self.must(intent["id"] == outcome["id"], "audit: two ids")
        self.must(outcome["outcome"] == r.word, "audit: %r, not %r" % (outcome["outcome"], r.word))
        self.must(r.said in (outcome.get("answer") or ""), "audit: the answer is %r" % outcome.get("answer"))
        asked = intent["requests"][0]
        self.must((asked["method"], asked["url"].endswith(a.path)) == (a.method, True), "audit: the intent is of %s" % asked)

    def tell(self):
        if not self.wrong:
            return "ok - " + self.row.name
        lines = self.wrong + ["$ pgdba " + " ".join(self.row.action.words)] + self.out.splitlines()[-12:]
        lines += [json.dumps({k: x.get(k) for k in ("what", "outcome", "observed", "answer")}) for x in self.audit]
        return "\n    ".join(["not ok - " + self.row.name] + lines)


def main():
    pgdba, directory, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    wanted = [r for r in rows() if all(w in r.name for w in words)]
    wanted.sort(key=lambda r: "time-out" not in r.name)  # the slow ones first, and all the others beside them
    assert wanted and len({r.name for r in wanted}) == len(wanted)
    saying = threading.Lock()

    def one(i):
        run = Run(pgdba, os.path.join(directory, str(i)), wanted[i])
        run.run()
        with saying:
            print(run.tell(), flush=True)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for f in [pool.submit(one, i) for i in range(len(wanted))]:
            f.result()
    print("# %d rows" % len(wanted))
    return 0


if __name__ == "__main__":
    sys.exit(main())
