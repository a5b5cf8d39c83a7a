"""The service manager's side: notifications, socket activation, credentials, the watchdog."""

import os
import pathlib
import shutil
import signal
import socket

import stwtest
from stwtest import Skip, case, contains, equal, free_ports, greeting, listener, until


class Manager:
    """A NOTIFY_SOCKET and what arrived there."""

    def __init__(self, site):
        self.path = str(site.dir / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(stwtest.PATIENCE)
        site.dir.chmod(0o777)
        os.chmod(self.path, 0o777)

    def until(self, word):
        """The first message with this line in it; those before it are gone."""
        while True:
            message = self.socket.recv(65536).decode()
            if any(line.startswith(word) for line in message.split("\n")):
                return message


@case
def notifications(site):
    """READY with a status, RELOADING with a time and READY again, STOPPING"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    manager = Manager(site)
    site.start(env={"NOTIFY_SOCKET": manager.path}, wait=False)
    contains(manager.until("READY=1"), "STATUS=generation 1")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    contains(manager.until("RELOADING=1"), "MONOTONIC_USEC=")
    contains(manager.until("READY=1"), "STATUS=generation 2")
    # a refused reload ends with READY too
    (site.dir / "bad").write_bytes(b"x" * 100)
    os.rename(site.dir / "bad", site.image)
    site.daemon.send_signal(signal.SIGHUP)
    manager.until("RELOADING=1")
    manager.until("READY=1")
    site.daemon.send_signal(signal.SIGTERM)
    manager.until("STOPPING=1")


@case
def watchdog(site):
    """WATCHDOG=1 comes in time"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    manager = Manager(site)
    site.start(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"}, wait=False)
    manager.until("WATCHDOG=1")
    manager.until("WATCHDOG=1")


def activated(site, sockets, **more):
    """Starts stwd as the manager does: sockets from descriptor 3 on, and LISTEN_PID."""
    start = "exec env LISTEN_PID=$$ \"$@\""
    command = ["sh", "-c", start, "sh", *site.command("--foreground")]
    moved = [s.fileno() for s in sockets]

    def place():
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(moved)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)

    site.output = site.dir / "output"
    with open(site.output, "ab") as out:
        site.daemon = stwtest.subprocess.Popen(
            command, stdin=stwtest.subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=place,
            close_fds=False,
            env=site.environment({"LISTEN_FDS": str(len(sockets)), **more}))
    until(site.serves, "stwd to serve")


@case
def socket_activation(site):
    """an inherited socket is used for its address, others are named, none is lost on reload"""
    first, second, third = free_ports(3)
    held = []
    for port in (first, second):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))
        s.listen()
        held.append(s)
    try:
        site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
        activated(site, held)
        status = site.status()
        assert status["listeners"][0]["socketActivation"], "the inherited socket is not used"
        contains("\n".join(status["warnings"]), f"127.0.0.1:{second}")
        contains(greeting(first), "220")
        site.build(listener("smtp", "smtp", f"127.0.0.1:{third}", f"127.0.0.1:{second}"))
        site.wait_for(lambda s: s["generation"] == 2, "the reload")
        contains(greeting(second), "220")
        contains(greeting(third), "220")
        # back again: the manager's socket was kept for it
        site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
        site.wait_for(lambda s: s["generation"] == 3, "the reload")
        contains(greeting(first), "220")
    finally:
        for s in held:
            s.close()


@case
def credentials(site):
    """relative secret files: $CREDENTIALS_DIRECTORY first, then --secrets"""
    port, = free_ports(1)
    (site.dir / "credentials").mkdir()
    (site.dir / "secrets").mkdir()
    site.build(listener("web", "http", f"127.0.0.1:{port}", useTls=False)
               + '[Metrics.prometheus]\n"@type" = "Enabled"\nauthUsername = "m"\n'
               'authSecret = {"@type" = "File", filePath = "metrics"}\n')

    def scrape(secret):
        import base64
        import urllib.error
        import urllib.request
        request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics")
        login = base64.b64encode(f"m:{secret}".encode()).decode()
        request.add_header("Authorization", "Basic " + login)
        try:
            return urllib.request.urlopen(request, timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code

    done = site.run("--foreground", "--secrets", str(site.dir / "secrets"))
    equal(done.returncode, 1, "without the file")
    contains(done.stderr, "authSecret")
    (site.dir / "secrets" / "metrics").write_text("one \n")
    site.start("--secrets", str(site.dir / "secrets"))
    equal(scrape("one"), 200, "from --secrets, blanks cut")
    equal(scrape("two"), 401, "with another secret")
    site.stop()
    (site.dir / "credentials" / "metrics").write_text("two")
    site.start("--secrets", str(site.dir / "secrets"),
               env={"CREDENTIALS_DIRECTORY": str(site.dir / "credentials")})
    equal(scrape("two"), 200, "from $CREDENTIALS_DIRECTORY")
    (site.dir / "credentials" / "metrics").write_text(" \n")
    _, complaint = site.expect(1, "reload", "--wait")
    contains(complaint, "empty")


@case
def abstract_socket(site):
    """a NOTIFY_SOCKET with an abstract name"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    name = f"stw-test-{os.getpid()}-{port}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind("\0" + name)
        s.settimeout(stwtest.PATIENCE)
        site.start(env={"NOTIFY_SOCKET": "@" + name}, wait=False)
        contains(s.recv(65536).decode(), "READY=1")


@case
def unit_files(site):
    """systemd-analyze has nothing to say about the unit files"""
    source = pathlib.Path(os.environ.get("srcdir", ".")) / "contrib" / "systemd"
    if not shutil.which("systemd-analyze"):
        raise Skip("needs systemd-analyze")
    unit = (source / "stwd.service.in").read_text()
    # what the unit starts is not installed here, and neither are its man pages
    for place in ("@sbindir@/stwd", "@bindir@/stwctl"):
        unit = unit.replace(place, shutil.which("true"))
    unit = "".join(x for x in unit.splitlines(True) if not x.startswith("Documentation="))
    (site.dir / "stwd.service").write_text(unit)
    text = (source / "stwd.socket").read_text().splitlines(True)
    (site.dir / "stwd.socket").write_text(
        "".join(x for x in text if not x.startswith("Documentation=")))
    done = stwtest.subprocess.run(
        ["systemd-analyze", "verify", str(site.dir / "stwd.service"),
         str(site.dir / "stwd.socket")], capture_output=True, text=True, timeout=stwtest.PATIENCE)
    ours = [x for x in done.stderr.splitlines() if "stwd" in x]
    equal(ours, [], "complaints")
    equal(done.returncode, 0, done.stderr)


stwtest.run()
