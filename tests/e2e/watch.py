#!/usr/bin/env python3
"""What `pgdba watch --format json` wrote, asked for conditions.

    watch.py wait FILE SECONDS EXPRESSION   until it is true of what is in FILE (it grows meanwhile)
    watch.py check FILE EXPRESSION          now
    watch.py show FILE                      as lines for people, for a test that failed

An expression is Python over
    E  the events, in order; F  the failovers, each in its last form, in the order of their beginning
    ev(kind, **what)      the events of that kind whose fields are so
    fo(kind)              the last failover of that kind, or None
    at(failover, phase, subject=None)    seconds after its beginning, or None while it is not done
    wall(failover, phase, subject=None)  the same as seconds since 1970
    in_order(failover, phase, ...)       True when all are done, one not before the other
"""
import json
import sys
import time


class Story:
    def __init__(self, path):
        self.events, self.failovers = [], {}
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.endswith("\n"):  # the last one may still be on its way
                    self.take(json.loads(line))

    def take(self, d):
        if d.get("type") == "failover":
            d = {"from": "", "to": "", "old_timeline": 0, "new_timeline": 0} | d  # what is empty is left out
            self.failovers[d["number"]] = d
        elif d.get("type") == "event":
            self.events.append({"subject": "", "old": "", "now": "", "revision": 0} | d)

    def ev(self, kind, **what):
        return [e for e in self.events if e["kind"] == kind and all(e.get(k) == v for k, v in what.items())]

    def fo(self, kind):
        found = [f for f in self.failovers.values() if f["kind"] == kind]
        return found[-1] if found else None

    @staticmethod
    def phase(failover, name, subject=None):
        for p in failover["phases"] if failover else []:
            if p["phase"] == name and p["state"] == "done" and subject in (None, p.get("subject")):
                return p
        return None

    def wall(self, failover, name, subject=None):
        p = self.phase(failover, name, subject)
        return p["wall_us"] / 1e6 if p else None

    def at(self, failover, name, subject=None):
        w = self.wall(failover, name, subject)
        return None if w is None else w - failover["start_wall_us"] / 1e6

    def in_order(self, failover, *names):
        times = [self.wall(failover, n) for n in names]
        return None not in times and times == sorted(times)

    def true(self, expression):
        names = {"E": self.events, "F": list(self.failovers.values()), "ev": self.ev, "fo": self.fo, "at": self.at,
                 "wall": self.wall, "in_order": self.in_order, "phase": self.phase}
        return bool(eval(expression, names))  # pylint: disable=eval-used # our own tests' words

    def show(self):
        for e in self.events:
            print(f"{e['wall_us'] / 1e6:.3f} {e['kind']:18} {e['text']}")
        for f in self.failovers.values():
            print(f"failover {f['number']} {f['kind']} {'open' if f['open'] else 'ended'}: {f['summary']}")
            for p in f["phases"]:
                when = f"{(p['wall_us'] - f['start_wall_us']) / 1e6:8.3f}" if p["state"] == "done" else "       -"
                print(f"    {when} {p['phase']:12} {p.get('subject', ''):8} {p['state']:8} {p.get('note', '')}")


def main():
    verb, path, *rest = sys.argv[1:]
    if verb == "show":
        Story(path).show()
        return 0
    until = time.monotonic() + (float(rest.pop(0)) if verb == "wait" else 0)
    while True:
        story = Story(path)
        if story.true(rest[0]):
            return 0
        if time.monotonic() >= until:
            print(f"not so: {rest[0]}")
            story.show()
            return 1
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
