"""What the scenario tests of stwd share: a daemon in a directory of its own, free ports, TAP.

A script imports this, marks its cases with @case, and ends with run(). Each case gets a Site: a
temporary directory in which images are built and one stwd runs. Everything that a case started
is ended by its process id when the case is over, whatever happened in it.
"""

import hashlib
import json
import os
import re
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = pathlib.Path(os.environ.get("builddir", ".")).resolve()
STWD = str(BUILD / "stwd")
STWCTL = str(BUILD / "stwctl")
STWC = str(BUILD / "stwc" / "stwc")
FOOTER = 80  # doc/format.md: the footer, with its digest at the end
CHUNK = 1 << 20
PATIENCE = 20.0  # seconds, for what takes milliseconds on an idle machine


class Skip(Exception):
    """Raised by a case that cannot run here; says why."""


BLOCK = 50  # ports that one process takes at a time


def test_ports():
    """The ports that the system gives to nobody by itself, as far as tests use them."""
    low, high = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
                    .read_text().split())
    below, above = range(10000, low), range(high + 1, 65536)
    return below if len(below) >= len(above) else above


def port_blocks():
    """Blocks of ports that no other test has, each held until this process ends: for that it is
    a name in the abstract name space of sockets, which goes with its holder."""
    ports = test_ports()
    count = len(ports) // BLOCK
    for i in range(count):
        number = (os.getpid() + i) % count
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            holder.bind(f"\0stw-test-ports-{ports[0] + number * BLOCK}")
        except OSError:
            holder.close()
            continue
        HELD.append(holder)
        yield ports[number * BLOCK:(number + 1) * BLOCK]
    raise AssertionError("no ports are left for tests")


HELD = []
PORTS = (port for block in port_blocks() for port in block)


def is_free(port, host):
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as s:
            s.bind((host, port))
        return True
    except OSError:
        return False


def free_ports(count, host="127.0.0.1"):
    """Ports that nothing listens on, and that nobody else takes before stwd does: neither the
    system, as the near end of some connection, nor a test that runs beside."""
    ports = []
    while len(ports) < count:
        port = next(PORTS)
        if is_free(port, "0.0.0.0") and is_free(port, host):
            ports.append(port)
    return ports


def until(condition, what, patience=PATIENCE):
    """Waits until condition() is true and returns its value; `what` may be a function that says it."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("timed out waiting for " + (what() if callable(what) else what))
        time.sleep(0.01)


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


def greeting(port, host="127.0.0.1", timeout=5):
    """The first line that a server says."""
    with socket.create_connection((host, port), timeout=timeout) as s:
        s.settimeout(timeout)
        return s.makefile("rb").readline().decode()


def refuses(port, host="127.0.0.1"):
    """True when nothing listens there."""
    try:
        socket.create_connection((host, port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it closed while we were in its queue
    return False


def listener(name, protocol, *binds, **fields):
    """A NetworkListener table in TOML."""
    lines = [f"[NetworkListener.{name}]", f'protocol = "{protocol}"']
    lines.append("bind = [" + ", ".join(f'"{b}"' for b in binds) + "]")
    for key, value in fields.items():
        if isinstance(value, bool):
            value = "true" if value else "false"
        lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"


def sealed(image, **changes):
    """The image with other values in its footer, and a digest that fits them."""
    names = ("word", "order", "zero", "page", "store", "secrets", "manifest", "size", "format")
    form = "<BBHIQQQII"
    footer = dict(zip(names, struct.unpack_from(form, image, len(image) - FOOTER)))
    footer.update(changes)
    head = struct.pack(form, *(footer[n] for n in names))
    magic = image[len(image) - FOOTER + len(head):len(image) - 32]
    parts = min(footer["store"] + footer["secrets"], len(image) - FOOTER)
    digest = hashlib.sha256()
    for at in range(0, parts, CHUNK):
        digest.update(hashlib.sha256(image[at:min(at + CHUNK, parts)]).digest())
    digest.update(image[parts:len(image) - FOOTER] + head + magic)
    return image[:len(image) - FOOTER] + head + magic + digest.digest()


class Site:
    """A directory with an image and a stwd."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="stw-test-"))
        self.dir.chmod(0o755)
        self.image = self.dir / "mail.stwi"
        self.state = self.dir / "state"
        self.control = self.dir / "control.sock"
        self.daemon = None
        self.output = None
        self.others = []
        self.background = None

    # images

    def build(self, text, to=None, hostname="mail.example.org", *options):
        """Compiles a configuration and renames the image into place; the path."""
        to = pathlib.Path(to or self.image)
        source = self.dir / "source.toml"
        source.write_text(f'[SystemSettings]\ndefaultHostname = "{hostname}"\n' + text)
        self.compile(source, to, *options)
        return to

    def compile(self, source, to, *options):
        done = subprocess.run([STWC, "build", str(source), "-o", str(to), *options],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError("stwc build failed:\n" + done.stdout + done.stderr)

    # the daemon

    def command(self, *options):
        return [STWD, "--image", str(self.image), "--state", str(self.state),
                "--control", str(self.control), *options]

    def start(self, *options, env=None, wait=True, preexec=None, pass_fds=()):
        """Starts stwd in the foreground and waits until it serves."""
        self.output = self.dir / "output"
        with open(self.output, "ab") as out:
            self.daemon = subprocess.Popen(
                self.command("--foreground", *options), stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, env=self.environment(env), preexec_fn=preexec, pass_fds=pass_fds)
        if wait:
            until(self.serves, "stwd to serve")
        return self.daemon

    def environment(self, extra=None):
        env = {k: v for k, v in os.environ.items()
               if k not in ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "STALWART_HOSTNAME",
                            "RUN_AS_USER", "RUN_AS_GROUP", "CREDENTIALS_DIRECTORY")}
        env.update(extra or {})
        return env

    def run(self, *options, env=None, timeout=PATIENCE):
        """Runs stwd to its end; for starts that fail and for --check."""
        return subprocess.run(self.command(*options), env=self.environment(env), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout)

    def serves(self):
        if self.daemon.poll() is not None:
            raise AssertionError(f"stwd ended with {self.daemon.returncode}:\n" + self.log())
        if not self.control.exists():
            return False
        done = self.ctl("status", "--json")
        if done.returncode not in (0, 1):
            return False
        status = json.loads(done.stdout)
        return status.get("degraded") != "starting" and not status["reloading"]

    def stop(self, number=signal.SIGTERM):
        """Stops stwd; its exit status."""
        if self.daemon is None:
            return None
        if self.daemon.poll() is None:
            self.daemon.send_signal(number)
        try:
            status = self.daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
            raise
        self.daemon = None
        return status

    def log(self):
        there = self.output and self.output.exists()
        return self.output.read_text(errors="replace") if there else ""

    # stwctl

    def ctl(self, *words, stdin=None, timeout=PATIENCE):
        return subprocess.run([STWCTL, "--control", str(self.control), *map(str, words)],
                              input=stdin, capture_output=True, text=stdin is None,
                              timeout=timeout)

    def expect(self, status, *words, **more):
        """Runs stwctl and wants this exit status; its output and its complaints."""
        done = self.ctl(*words, **more)
        if done.returncode != status:
            raise AssertionError(f"stwctl {' '.join(map(str, words))}: status "
                                 f"{done.returncode}, wanted {status}\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def status(self):
        done = self.ctl("status", "--json")
        return json.loads(done.stdout)

    def active(self):
        return self.status()["image"]["active"]

    def wait_for(self, condition, what, settled=True):
        """Waits until condition(status) is true and (settled) no reload runs; that status."""
        def look():
            status = self.status()
            return status if condition(status) and not (settled and status["reloading"]) else None
        return until(look, what)

    def role(self, name):
        return next(r for r in self.status()["roles"] if r["name"] == name)

    def also(self, process):
        """A process to be ended with the case."""
        self.others.append(process)
        return process

    def close(self):
        try:
            self.stop()
        finally:
            if self.background and self.control.exists():
                os.kill(self.background, signal.SIGKILL)
            for p in self.others:
                if p.poll() is None:
                    p.kill()
                p.wait()
            report = self.sanitizer_report()
            shutil.rmtree(self.dir, ignore_errors=True)
        if report:
            raise AssertionError("a sanitizer complains:\n" + report)

    def sanitizer_report(self):
        """What a sanitized stwd or role of it wrote about itself; roles die unseen otherwise."""
        log = self.log()
        found = re.search(r"^(==\d+==ERROR|.*: runtime error: |==+$)", log, re.M)
        return log[found.start():] if found else ""


CASES = []


def case(function):
    """Marks a function of one Site as a case; its docstring is its name."""
    CASES.append(function)
    return function


def run():
    """Runs all cases (or those named on the command line) and prints TAP."""
    chosen = [c for c in CASES if len(sys.argv) < 2 or c.__name__ in sys.argv[1:]]
    print(f"1..{len(chosen)}", flush=True)
    failed = False
    for number, function in enumerate(chosen, 1):
        name = (function.__doc__ or function.__name__).strip().splitlines()[0]
        site = Site()
        try:
            function(site)
            site.close()
            print(f"ok {number} - {name}", flush=True)
        except Skip as why:
            site.close()
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
        except Exception:
            failed = True
            print(f"not ok {number} - {name}", flush=True)
            for line in traceback.format_exc().splitlines() + site.log().splitlines():
                print("# " + line)
            try:
                site.close()
            except Exception as why:
                print("# closing: " + str(why).replace("\n", "\n# "), flush=True)
    sys.exit(1 if failed else 0)
