"""The state that the fake Patroni plays, and what becomes of it when something is asked for.

Part of fake_patroni.py, which says how to use it.
"""
import copy
import datetime
import threading
import time

TIMING = {"stop": 0.3, "unlock": 0.3, "promote": 0.3, "timeline": 0.3, "rejoin": 0.6,
          "restart": 0.5, "reinit": 0.5, "answer": 0.0, "lease": 1.0}
MASTER_UNTIL = (4, 0, 0)


def version_tuple(text):
    return tuple(int(p) for p in text.split("."))


def now_text():
    utc = datetime.datetime.now(datetime.timezone.utc)
    return utc.strftime("%Y-%m-%d %H:%M:%S.%f+00:00")


def lsn_text(n):
    return "%X/%X" % (n >> 32, n & 0xFFFFFFFF)


class Member:
    def __init__(self, name, version):
        self.name = name
        self.patroni_name = name  # what /patroni says; "name" in control
        self.version = version
        self.state = "running"
        self.role = "replica"  # its own opinion: primary, replica, uninitialized, demoted
        self.timeline = 1
        self.receive_lag = 0
        self.replay_lag = 0
        self.tags = {}
        self.pending_restart = False
        self.pending_reason = None
        self.scheduled_restart = None
        self.watchdog_failed = False
        self.dcs = True
        self.stuck = False
        self.started = now_text()
        self.api_url = None
        self.action = None  # what long action runs
        self.generation = 0  # goes up to cancel a running action
        self.backup = False  # a base backup is being taken for it

    def at_least(self, *v):
        return version_tuple(self.version) >= v

    def has_sql(self):
        return self.state == "running"


class Cluster:
    """The state, and what becomes of it when something is asked for."""

    def __init__(self, args, names):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.scope = args.scope
        self.auth = args.auth
        self.members = {n: Member(n, args.version) for n in names}
        self.leader = args.leader or names[0]
        self.pause = False
        self.scheduled_switchover = None
        self.dcs_down = False
        self.failsafe = False
        self.sync = args.sync
        self.system_id = "7710399339470515418"
        self.history = []
        self.config = {"ttl": 30, "loop_wait": 10, "retry_timeout": 10,
                       "maximum_lag_on_failover": 1048576}
        if self.sync:
            self.config["synchronous_mode"] = True if self.sync == "on" else self.sync
        self.timing = dict(TIMING)
        self.outcomes = {"switchover": "success", "restart": "success"}
        self.target = None  # of the switchover in flight
        self.in_flight = False
        self.wal_base, self.wal_since, self.wal_rate = 0x5000000, time.monotonic(), 0
        self.members[self.leader].role = "primary"

    # ---- positions -------------------------------------------------------------------------
    def wal(self):
        if self.leader is None:
            return self.wal_base
        return self.wal_base + int(self.wal_rate * (time.monotonic() - self.wal_since))

    def freeze_wal(self):
        self.wal_base, self.wal_since = self.wal(), time.monotonic()

    # ---- bodies ----------------------------------------------------------------------------
    def sync_members(self):
        replicas = [n for n in sorted(self.members) if n != self.leader]
        return replicas[:1] if self.sync and self.leader else []

    def shown_role(self, m):
        if m.name == self.leader:
            return "standby_leader" if self.config.get("standby_cluster") else "leader"
        if m.name in self.sync_members():
            return "quorum_standby" if self.sync == "quorum" else "sync_standby"
        return "replica"

    def cluster_row(self, m, asked):
        leads = m.name == self.leader
        row = {"name": m.name, "role": self.shown_role(m), "state": m.state,
               "api_url": m.api_url, "host": "127.0.0.1", "port": 5432}
        if m.has_sql():
            row["timeline"] = m.timeline
            if not leads and asked.at_least(3, 0, 4):
                row["state"] = "streaming"
        self.add_restart_fields(row, m, asked)
        if m.tags:
            row["tags"] = m.tags
        if not leads:
            self.add_lags(row, m, asked)
        return row

    def add_lags(self, row, m, asked):
        known = m.has_sql()
        wal = self.wal()
        row["lag"] = min(m.receive_lag, m.replay_lag) if known else "unknown"
        if asked.at_least(4, 1, 0):
            for kind, lag in (("receive", m.receive_lag), ("replay", m.replay_lag)):
                row[kind + "_lag"] = lag if known else "unknown"
                row[kind + "_lsn"] = lsn_text(wal - lag) if known else "unknown"
            row["lsn"] = row["receive_lsn"]

    @staticmethod
    def add_restart_fields(row, m, asked):
        if m.pending_restart:
            row["pending_restart"] = True
            if m.pending_reason and asked.at_least(3, 3, 0):
                row["pending_restart_reason"] = m.pending_reason
        if m.scheduled_restart:
            row["scheduled_restart"] = m.scheduled_restart

    def cluster_body(self, asked):
        body = {"members": [self.cluster_row(m, asked) for _, m in sorted(self.members.items())
                            if m.dcs]}
        if self.pause:
            body["pause"] = True
        if self.scheduled_switchover:
            body["scheduled_switchover"] = self.scheduled_switchover
        if asked.at_least(3, 2, 0):
            body["scope"] = self.scope
        return body

    def health_body(self, m):
        role = m.role
        if role == "primary" and not m.at_least(*MASTER_UNTIL):
            role = "master"
        if role == "primary" and self.config.get("standby_cluster"):
            role = "standby_leader"
        body = {"state": m.state, "role": role}
        if m.has_sql():
            self.add_sql(body, m)
        if m.name in self.sync_members() and m.at_least(3, 0, 2):
            body["quorum_standby" if self.sync == "quorum" else "sync_standby"] = True
        if self.pause:
            body["pause"] = True
        if self.leader is None or self.dcs_down or not m.at_least(2, 1, 2):
            body["cluster_unlocked"] = self.leader is None or bool(self.dcs_down)
        if self.failsafe and m.at_least(3, 0, 0):
            body["failsafe_mode_is_active"] = True
        if m.at_least(2, 1, 2):
            body["dcs_last_seen"] = int(self.dcs_down or time.time())
        if m.tags:
            body["tags"] = m.tags
        body["database_system_identifier"] = self.system_id
        self.add_restart_fields(body, m, m)
        if m.watchdog_failed:
            body["watchdog_failed"] = True
        body["patroni"] = {"version": m.version, "scope": self.scope}
        if m.at_least(3, 2, 0):
            body["patroni"]["name"] = m.patroni_name
        return body

    def add_sql(self, body, m):
        body["postmaster_start_time"] = m.started
        body["server_version"] = 150020
        if m.role == "primary":
            body["xlog"] = {"location": self.wal()}
            rows = [self.replication_row(r) for _, r in sorted(self.members.items())
                    if r is not m and (r.backup or (r.has_sql() and r.dcs))]
            if rows:
                body["replication"] = rows
        else:
            body["xlog"] = {"received_location": self.wal() - m.receive_lag,
                            "replayed_location": self.wal() - m.replay_lag,
                            "replayed_timestamp": now_text(), "paused": False}
            if m.at_least(3, 0, 4):
                body["replication_state"] = "streaming"
        body["timeline"] = m.timeline

    def replication_row(self, r):
        is_sync = r.name in self.sync_members() and not r.backup
        return {"usename": "replicator", "client_addr": "127.0.0.1",
                "application_name": "pg_basebackup" if r.backup else r.name,
                "state": "backup" if r.backup else "streaming",
                "sync_state": ("quorum" if self.sync == "quorum" else "sync") if is_sync
                else "async", "sync_priority": 1 if is_sync else 0}

    def healthy(self, m, path):
        """The status code of a health path, by Patroni's substring rules."""
        leads = m.name == self.leader and m.role == "primary"
        running = m.state == "running"
        if "leader" in path:
            standby = bool(self.config.get("standby_cluster"))
            return leads and (standby or "standby" not in path)
        if path == "/" or any(w in path for w in ("master", "primary", "read-write")):
            return leads
        if "replica" in path:
            return running and m.role == "replica" and not m.tags.get("noloadbalance")
        if "read-only" in path:
            return running
        if "health" in path:
            return running
        is_sync = m.name in self.sync_members()
        if path in ("/sync", "/synchronous"):
            return running and is_sync and self.sync == "on"
        if path == "/quorum":
            return running and is_sync and self.sync == "quorum"
        if path in ("/async", "/asynchronous"):
            return running and m.role == "replica" and not is_sync
        return False

    # ---- changes ---------------------------------------------------------------------------
    def pauses(self, what):
        """Waits outside the lock; what is asked for meanwhile is seen afterwards."""
        time.sleep(max(0.0, self.timing[what]))

    def set(self, m, **fields):
        with self.changed:
            for k, v in fields.items():
                setattr(m, k, v)
            self.changed.notify_all()

    def answer_after(self, t0):
        time.sleep(max(0.0, self.timing["answer"] - (time.monotonic() - t0)))

    def wait_for(self, predicate, seconds):
        with self.changed:
            return self.changed.wait_for(predicate, seconds)

    def check_switchover(self, m, o, word):
        """A refusal (status, text), or None."""
        leader, candidate = o.get("leader"), o.get("candidate") or o.get("member")
        what = word.capitalize()
        if word == "switchover" and not leader:
            return 400, "Switchover could be performed only from a specific leader"
        if word == "failover" and not candidate:
            return 400, "Failover could be performed only to a specific candidate"
        if o.get("scheduled_at"):
            if self.pause:
                return 400, "Can't schedule switchover in the paused state"
            return None
        if self.pause and not candidate:
            return 400, what + " is possible only to a specific candidate in a paused state"
        if leader and leader == candidate and m.at_least(3, 2, 0):
            return 400, what + " target and source are the same"
        if leader and leader != self.leader:
            return 412, "leader name does not match"
        if candidate and candidate not in self.members:
            return 412, "candidate does not exists"
        if self.sync == "on" and candidate and candidate not in self.sync_members():
            if word == "switchover":
                return 412, "candidate name does not match with sync_standby"
        if not self.candidates(candidate):
            return 412, word + " is not possible: no good candidates have been found"
        return None

    def candidates(self, wanted=None):
        def good(m):
            priority = m.tags.get("failover_priority", 1)
            return (m.name != self.leader and m.dcs and m.state == "running" and
                    not m.watchdog_failed and not m.tags.get("nofailover") and priority > 0)
        return [n for n, m in sorted(self.members.items())
                if (good(m) or n == self.leader == wanted) and wanted in (None, n)]

    def switchover(self, m, o, word="switchover"):
        t0 = time.monotonic()
        with self.lock:
            refusal = self.check_switchover(m, o, word)
            if refusal:
                return refusal
            candidate = o.get("candidate") or o.get("member")
            if o.get("scheduled_at"):
                row = {"at": o["scheduled_at"], "from": o.get("leader"), "to": candidate}
                self.scheduled_switchover = {k: v for k, v in row.items() if v}
                return 202, "Switchover scheduled"
            outcome = self.outcomes["switchover"]
            before = self.leader
            if outcome in ("failed", "unknown-failed") or candidate == self.leader:
                answer = " status unknown" if outcome == "unknown-failed" else " failed"
                return self.late(t0, 503, word.capitalize() + answer)
            # a second request overwrites the first one's target, as in Patroni
            self.target = candidate
            elsewhere = outcome.get("elsewhere") if isinstance(outcome, dict) else None
            if not self.in_flight:
                self.in_flight = True
                threading.Thread(target=self.run_switchover, args=(elsewhere,),
                                 daemon=True).start()
        if outcome == "unknown":
            return self.late(t0, 503, word.capitalize() + " status unknown")
        self.wait_for(lambda: self.leader not in (None, before), 60)
        self.answer_after(t0)
        if self.leader == candidate or not candidate:
            verb = "switched" if word == "switchover" else "failed"
            return 200, 'Successfully %s over to "%s"' % (verb, self.leader)
        verb = "Switched" if word == "switchover" else "Failed"
        return 200, '%s over to "%s" instead of "%s"' % (verb, self.leader, candidate)

    def late(self, t0, status, text):
        """An answer that holds the request for as long as "answer" says (called with the lock)."""
        return (status, text, max(0.0, self.timing["answer"] - (time.monotonic() - t0)))

    def run_switchover(self, elsewhere):
        old = self.members[self.leader]
        self.set(old, state="stopping")
        self.pauses("stop")
        self.give_up(old)
        self.pauses("unlock")
        with self.lock:
            names = [n for n in self.candidates(elsewhere or self.target) if n != old.name]
            names = names or [n for n in self.candidates() if n != old.name]
        self.promote(self.members[names[0]] if names else old)
        with self.lock:
            self.in_flight, self.target = False, None
        self.pauses("rejoin")
        self.rejoin(old)

    def give_up(self, old):
        with self.changed:
            self.freeze_wal()
            self.leader = None
            old.state, old.role = "stopped", "demoted"
            self.changed.notify_all()

    def promote(self, new):
        self.pauses("promote")
        with self.changed:
            self.wal_since = time.monotonic()
            self.leader = new.name
            self.scheduled_switchover = None
            self.changed.notify_all()
        self.pauses("timeline")
        with self.changed:
            ended = max([h[0] for h in self.history] + [new.timeline])
            item = [ended, self.wal(), "no recovery target specified",
                    now_text().replace(" ", "T"), new.name]
            self.history.append(item)
            new.role, new.timeline, new.state = "primary", ended + 1, "running"
            new.receive_lag = new.replay_lag = 0
            for m in self.members.values():
                if m is not new and m.has_sql():
                    m.timeline = new.timeline
            self.changed.notify_all()

    def rejoin(self, old):
        with self.lock:
            if old.name == self.leader:
                return
        self.set(old, state="starting", role="replica")
        self.pauses("rejoin")
        with self.lock:
            timeline = max(m.timeline for m in self.members.values())
        self.set(old, state="running", timeline=timeline, started=now_text(), dcs=True,
                 pending_restart=False, pending_reason=None)

    def failover(self, to):
        """The leader's host dies; its row stays until the lease has run out."""
        old = self.members[self.leader]
        time.sleep(max(0.0, self.timing["lease"]))
        self.give_up(old)
        self.set(old, dcs=False)
        self.promote(self.members[to])

    def restart(self, m, o):
        t0 = time.monotonic()
        with self.lock:
            known = {"role", "postgres_version", "restart_pending", "timeout", "schedule"}
            unknown = sorted(set(o) - known)
            if unknown:
                return 400, "Unknown filter for the scheduled restart: " + unknown[0]
            timeout = o.get("timeout")
            if timeout is not None and not (isinstance(timeout, int) and timeout > 0):
                return 400, "Timeout should be a positive number of seconds"
            if o.get("schedule"):
                if m.scheduled_restart:
                    return 409, "Another restart is already scheduled"
                m.scheduled_restart = {"schedule": o["schedule"]}
                return 202, "Restart scheduled"
            if "restart_pending" in o and not m.pending_restart:
                return 503, "restart conditions are not satisfied"
            if m.action:
                return 503, m.action + " already in progress"
            m.action = "restart"
            outcome = self.outcomes["restart"]
        self.set(m, state="restarting")
        if outcome == "starting":
            threading.Thread(target=self.finish_restart, args=(m, "success"), daemon=True).start()
            self.answer_after(t0)
            return 503, "postgres is still starting"
        self.finish_restart(m, outcome)
        self.answer_after(t0)
        if outcome == "failed":
            return 503, "restart failed"
        return 200, "restarted successfully"

    def finish_restart(self, m, outcome):
        self.pauses("restart")
        if outcome == "failed":
            self.set(m, state="start failed", action=None)
        else:
            self.set(m, state="running", started=now_text(), action=None, pending_restart=False,
                     pending_reason=None)

    def reinitialize(self, m, o):
        with self.lock:
            if self.leader is None:
                return 503, "Cluster has no leader, can not reinitialize"
            if m.name == self.leader:
                return 503, "I am the leader, can not reinitialize"
            if m.action and not o.get("force"):
                return 503, m.action + " already in progress"
            m.action = "reinitialize"
            m.generation += 1
            threading.Thread(target=self.run_reinit, args=(m, m.generation), daemon=True).start()
            return 200, "reinitialize started"

    def run_reinit(self, m, generation):
        steps = [{"state": "stopping"}, {"state": "stopped"},
                 {"state": "creating replica", "role": "uninitialized", "backup": True},
                 {"state": "starting", "role": "replica", "backup": False}]
        for step in steps:
            with self.lock:
                if m.generation != generation:
                    return
                self.set(m, **step)
            self.pauses("reinit")
        with self.lock:
            if m.generation == generation:
                timeline = max(x.timeline for x in self.members.values())
                self.set(m, state="running", started=now_text(), timeline=timeline, action=None,
                         receive_lag=0, replay_lag=0, pending_restart=False, pending_reason=None)

    def patch_config(self, o):
        def merge(into, add):
            for k, v in add.items():
                if v is None:
                    into.pop(k, None)
                elif isinstance(v, dict) and isinstance(into.get(k), dict):
                    merge(into[k], v)
                else:
                    into[k] = v
        with self.changed:
            merge(self.config, o)
            self.pause = bool(self.config.get("pause")) if "pause" in o else self.pause
            self.changed.notify_all()
            return copy.deepcopy(self.config)
