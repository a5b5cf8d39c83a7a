"""stwd and the servers that it is measured beside: started, asked, given a new list, watched, stopped.

Everything listens on 127.0.0.1; a process is stopped by its own id."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import generate
import measure

PATIENCE = 60.0


def free_port():
    """A port below those that the kernel gives to clients, so that no client of ours has it by chance."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def ask(port, path="/", source="127.0.0.1"):
    """The answer over HTTP, or b"" while there is none."""
    request = "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path
    parts = []
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0)) as peer:
            peer.sendall(request.encode())
            while True:
                part = peer.recv(65536)
                if not part:
                    break
                parts.append(part)
    except OSError:
        return b""
    return b"".join(parts)


def greeting(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            return peer.recv(512)
    except OSError:
        return b""


def wait_for(what, pause=0.0005):
    """Asks until the answer is true; seconds that it took."""
    begin = time.monotonic()
    while not what():
        if time.monotonic() - begin > PATIENCE:
            raise measure.Failed("no answer within %d seconds" % PATIENCE)
        time.sleep(pause)
    return time.monotonic() - begin


class Server:
    """A program that serves with a list of blocked addresses. Subclasses say how."""

    name = ""
    # what of smaps_rollup is private: workers that are forked share pages until they write to them
    private_field = "Pss_Anon"

    def __init__(self, bench):
        self.bench = bench
        self.process = None
        self.port = free_port()
        self.generation = 0

    def launch(self, command, **options):
        """Starts it; seconds from there until it has answered."""
        with open(self.bench.path(self.name + ".log"), "w", encoding="utf-8") as log:
            begin = time.monotonic()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        try:
            wait_for(self.answers)
        except measure.Failed:
            self.stop()
            raise
        return time.monotonic() - begin

    def lives(self):
        if self.process.poll() is not None:
            with open(self.bench.path(self.name + ".log"), encoding="utf-8", errors="replace") as log:
                raise measure.Failed("%s ended with %d: %s" % (self.name, self.process.returncode, log.read()[-300:]))
        return True

    def answers(self):
        return self.lives() and b" 200 " in ask(self.port)

    def pids(self):
        return measure.family(self.process.pid)

    def private(self):
        return measure.rollup(self.pids(), self.private_field)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None


class Daemon(Server):
    """stwd, with an SMTP and an HTTP listener."""

    name = "stwd"
    private_field = "Anonymous"

    def __init__(self, bench):
        super().__init__(bench)
        self.smtp = free_port()
        self.state = bench.path("state")
        self.image = bench.path("mail.stwi")
        self.images = []  # that a reload takes in turn

    def source(self):
        """The configuration beside the addresses."""
        return ('[SystemSettings]\ndefaultHostname = "mail.example.org"\n\n'
                '[NetworkListener.smtp]\nprotocol = "smtp"\nbind = ["127.0.0.1:%d"]\nuseTls = false\n'
                'socketBacklog = 4096\n\n'
                '[NetworkListener.http]\nprotocol = "http"\nbind = ["127.0.0.1:%d"]\nuseTls = false\n'
                'socketBacklog = 4096\n' % (self.smtp, self.port))

    def place(self, image):
        """A copy beside the operator's file, ready to be renamed over it."""
        shutil.copyfile(image, self.image + ".new")

    def start(self, image):
        shutil.rmtree(self.state, ignore_errors=True)
        os.mkdir(self.state)
        self.place(image)
        os.rename(self.image + ".new", self.image)
        return self.launch([self.bench.program("stwd"), "--foreground", "--image", self.image, "--state", self.state,
                            "--control", self.bench.path("control.sock")])

    def answers(self):
        return self.lives() and greeting(self.smtp).startswith(b"220 ") and \
            b" 200 " in ask(self.port, "/healthz/ready")

    def metric(self, name):
        match = re.search(rb"^%s ([\d.]+)\r?$" % name.encode(), ask(self.port, "/metrics"), re.M)
        return float(match.group(1)) if match else None

    def reload(self):
        """{"serves": from the rename until its metrics show the new generation, "commit": what it says itself}."""
        self.images.append(self.images.pop(0))
        self.place(self.images[0])
        before = self.metric("stw_generation")
        begin = time.monotonic()
        os.rename(self.image + ".new", self.image)
        wait_for(lambda: self.metric("stw_generation") not in (before, None), 0.001)
        serves = time.monotonic() - begin
        return {"serves": serves, "gone": serves, "commit": self.metric("stw_reload_duration_seconds")}


class Replacing(Server):
    """A server that starts new workers and lets the old ones end."""

    reload_signal = signal.SIGHUP

    def configure(self, listed):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def start(self, listed):
        self.listed = listed
        self.generation = 1
        self.configure(listed)
        return self.launch(self.command())

    def reload(self):
        """{"serves": from the signal until the new configuration answers, "gone": until no old worker is left}."""
        old = set(self.workers())
        self.generation += 1
        self.configure(self.listed)
        begin = time.monotonic()
        self.process.send_signal(self.reload_signal)
        wanted = b"generation %d" % self.generation
        wait_for(lambda: ask(self.port).rstrip().endswith(wanted), 0.001)
        serves = time.monotonic() - begin
        wait_for(lambda: not old & set(self.workers()), 0.002)
        return {"serves": serves, "gone": time.monotonic() - begin}

    def workers(self):
        return self.pids()[1:]


class Nginx(Replacing):
    name = "nginx"

    def configure(self, listed):
        generate.write_nginx(self.bench.folder, self.port, self.generation, listed + ".geo")

    def command(self):
        return ["nginx", "-p", self.bench.folder, "-c", self.bench.path("nginx.conf"),
                "-e", self.bench.path("nginx.log"), "-g", "daemon off;"]


class Haproxy(Replacing):
    name = "haproxy"
    reload_signal = signal.SIGUSR2

    def configure(self, listed):
        generate.write_haproxy(self.bench.folder, self.port, self.generation, listed + ".txt")

    def command(self):
        return ["haproxy", "-W", "-db", "-f", self.bench.path("haproxy.cfg")]


class PeakWatch:
    """The largest proportional memory of a server's processes together, sampled while it is entered."""

    def __init__(self, server, pause=0.02):
        self.server = server
        self.pause = pause
        self.peak = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.sample)

    def sample(self):
        while not self.over.wait(self.pause):
            self.peak = max(self.peak, measure.rollup(self.server.pids(), "Pss"))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.over.set()
        self.thread.join()
