"""What a measurement needs around it: a release build, a lab, a configuration of its own, screens."""
import os
import shutil
import socket
import subprocess
import tempfile

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.path.join(REPO, "deployments/local/lab")
MODULES = ["ncursesw", "readline", "libcurl", "jansson", "libpq", "libuv", "yaml-0.1"]
NAMESERVER = "127.0.0.1"
DEAD_NAME = "pgdba-nonexistent.invalid"


class Trouble(Exception):
    """Something around the measurement did not work."""


class Lost(Exception):
    """A screen did not come to show what it must."""


def run(argv, what, **more):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode != 0:
        raise Trouble(f"{what} failed:\n" + "\n".join(done.stdout.splitlines()[-25:]))
    return done.stdout


def build_pgdba():
    """-> a release build: no sanitizers, -O2."""
    if os.environ.get("PGDBA"):
        return os.path.abspath(os.environ["PGDBA"])
    build = os.path.join(REPO, "build/bench")
    if os.path.exists(os.path.join(REPO, "config.status")):
        raise Trouble("this tree was configured in place and allows no second build beside it: give PGDBA=path")
    if not os.access(os.path.join(REPO, "configure"), os.X_OK):
        run(["autoreconf", "-fi"], "autoreconf", cwd=REPO)
    os.makedirs(build, exist_ok=True)
    if not os.path.exists(os.path.join(build, "Makefile")):
        run([os.path.join(REPO, "configure"), "--quiet", f"--prefix={build}/root", "CFLAGS=-O2"], "configure", cwd=build)
    run(["make", "-s", f"-j{os.cpu_count()}", "install"], "make install", cwd=build)
    return os.path.join(build, "root/bin/pgdba")


def build_vtrun(directory):
    """The terminal emulator that drives the screens (tests/vterm): small enough to compile each time."""
    out = os.path.join(directory, "vtrun")
    flags = run(["pkg-config", "--cflags", "--libs", "vterm"], "pkg-config vterm").split()
    sources = [os.path.join(REPO, "tests/vterm", f) for f in ("vtrun.c", "vt.c")]
    run(["cc", "-std=gnu11", "-O2", "-D_GNU_SOURCE", "-o", out, *sources, *flags, "-lutil"], "compiling vtrun")
    return out


class Screen:
    """A full-screen program behind vtrun. Verbs are those of tests/vterm/vtrun.c; two screens work side by side when
    both are given their verbs by send() before either is asked by answer()."""

    def __init__(self, bench, rows, cols, argv, inside=()):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*inside, bench.vtrun], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, cwd=bench.dir, encoding="utf-8")
        self.turn = 0
        self.name = os.path.basename(argv[0])
        bench.screens.append(self)
        self.do("timeout 30", f"spawn {rows} {cols} " + " ".join(argv))
        self.pid = int(self.do("pid")[0].split()[1])

    def send(self, *verbs):
        self.turn += 1
        try:
            self.process.stdin.write("".join(v + "\n" for v in verbs) + f"echo ## {self.turn}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() says why

    def answer(self):
        lines = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == f"## {self.turn}":
                return lines
            lines.append(line)
        self.log.seek(0)
        raise Lost(f"{self.name}: " + self.log.read().strip())

    def do(self, *verbs):
        self.send(*verbs)
        return self.answer()

    def ask(self, *verbs):
        """-> the numbers that `latency` and `bytes` print"""
        return [float(line.split()[1]) for line in self.do(*verbs)]

    def close(self):
        try:
            self.process.stdin.close()  # vtrun ends, and with it what it runs
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        self.process.wait()
        self.log.close()


class Blackhole:
    """A TCP port that never answers: its backlog is full, so that a SYN to it is dropped."""

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(0)
        self.fill = []
        while len(self.fill) < 64:
            s = socket.socket()
            s.settimeout(0.3)
            self.fill.append(s)
            try:
                s.connect(("127.0.0.1", port))
            except (TimeoutError, socket.timeout):
                return
        raise Trouble(f"the backlog of port {port} does not fill")

    def close(self):
        for s in [self.listener, *self.fill]:
            s.close()


class DeadDNS:
    """A name server that never answers, for what is started through .inside: in a mount namespace of its own."""

    def __init__(self, directory):
        self.inside, self.missing, self.server = [], None, None
        if os.geteuid() != 0:
            self.missing = "not root"
            return
        conf = os.path.join(directory, "resolv.conf")
        switch = os.path.join(directory, "nsswitch.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"nameserver {NAMESERVER}\n")
        with open(switch, "w", encoding="ascii") as f:
            f.write("passwd: files\ngroup: files\nhosts: files dns\n")
        script = ('mount --bind "$1" /etc/resolv.conf && { [ ! -e /etc/nsswitch.conf ] || '
                  'mount --bind "$2" /etc/nsswitch.conf; } || exit 125; shift 2; exec "$@"')
        inside = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", conf, switch]
        if subprocess.run([*inside, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.missing = "no mount namespaces here"
            return
        try:
            self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.server.bind((NAMESERVER, 53))
        except OSError as e:
            self.server.close()
            self.server, self.missing = None, f"port 53 of {NAMESERVER} cannot be had: {e.strerror}"
            return
        self.inside = inside

    def close(self):
        if self.server:
            self.server.close()


class Bench:
    """The lab and everything beside it; leaves nothing behind."""

    def __init__(self):
        self.base = int(os.environ.get("BENCH_BASE_PORT", "25000"))
        self.screens, self.env = [], {}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="pgdba-bench.")
        os.chmod(self.dir, 0o755)  # the lab may run as another user
        try:
            for name in list(os.environ):
                if name.lower().endswith("_proxy") or name.startswith("PG") and name != "PGDBA" or name == "NO_COLOR":
                    del os.environ[name]
            os.environ.update(HOME=self.dir, XDG_CONFIG_HOME=f"{self.dir}/config", XDG_STATE_HOME=f"{self.dir}/state",
                              LC_ALL="C.UTF-8", TZ="UTC")
            for name in ("config", "state"):
                os.mkdir(f"{self.dir}/{name}")
            self.pgdba = build_pgdba()
            self.vtrun = build_vtrun(self.dir)
            self.lab("up", "--base-port", str(self.base))
            self.read_env()
            self.connect("bench")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for screen in self.screens:
            screen.close()
        try:
            self.lab("down")
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def lab(self, verb, *words):
        return run([LAB, verb, "--dir", f"{self.dir}/lab", *words], f"lab {verb}")

    def read_env(self):
        text = self.lab("env")
        out = run(["bash", "-c", 'eval "$1"; compgen -v LAB_ | while read -r v; do printf "%s=%s\\n" "$v" "${!v}"; done',
                   "-", text], "lab env")
        self.env = dict(line.split("=", 1) for line in out.splitlines())

    def connect(self, name):
        urls = [w for u in self.env["LAB_PATRONI_URLS"].split() for w in ("--patroni-url", u)]
        urls += [w for u in self.env["LAB_ETCD_URLS"].split() for w in ("--etcd", u)]
        run([self.pgdba, "cluster", "connect", "--name", name, *urls, "--haproxy", self.env["LAB_HAPROXY_STATS"],
             "--pgbouncer", self.env["LAB_PGBOUNCER_STATS"]], "pgdba cluster connect")

    def patronictl(self, *words):
        return ["patronictl", "-c", self.env["LAB_PATRONICTL"], *words]

    def console(self, rows, cols, cluster="bench", inside=()):
        return Screen(self, rows, cols, [self.pgdba, "--cluster", cluster, "--refresh", "1s"], inside)

    def console_of_peer(self, rows, cols):
        return Screen(self, rows, cols, self.patronictl("list", "-w", "1"))

    def close(self, screen):
        self.screens.remove(screen)
        screen.close()

    def leader(self):
        for line in self.lab("status").splitlines():
            if line.split()[4:5] == ["leader"]:
                return line.split()[0]
        raise Trouble("the lab has no leader")

    def introduce(self):
        version = run([self.pgdba, "--version"], "pgdba --version").strip()
        peer = run(["patronictl", "version"], "patronictl version").split("\n")[0].strip()
        load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
        print(f"{version} beside {peer}; {os.cpu_count()} cores, load before {load}", flush=True)
