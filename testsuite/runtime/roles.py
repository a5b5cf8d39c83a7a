"""Roles that die: restarts, queued connections, and a generation that cannot live."""

import os
import re
import signal
import socket
import subprocess
import time

import stwtest
from stwtest import Skip, case, contains, equal, free_ports, greeting, listener, until
from talk import certificate, certificate_object


def kill_role(site, name):
    """Kills a role; its process id."""
    pid = site.role(name)["pid"]
    os.kill(pid, signal.SIGKILL)
    return pid


@case
def restart(site):
    """a role that is killed comes back on the active generation"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    for name in ("edge", "web"):
        before = kill_role(site, name)
        status = site.wait_for(
            lambda s: any(r["name"] == name and r["phase"] == "serving" and r["pid"] != before
                          for r in s["roles"]), name + " to come back")
        equal(next(r["restarts"] for r in status["roles"] if r["name"] == name), 1, "restarts")
        equal(status["generation"], 1, "generation")
    contains(greeting(port), "220")
    site.expect(0, "status")


@case
def queued_connections(site):
    """a connection that comes while edge is down is served when it is back"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    kill_role(site, "edge")
    # the socket is main's: the kernel goes on queueing for it
    for _ in range(5):
        contains(greeting(port, timeout=10), "220")


@case
def gauges(site):
    """what a dead role counted as open is open no more"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    with socket.create_connection(("127.0.0.1", port)) as s:
        contains(s.makefile("rb").readline().decode(), "220")
        until(lambda: site.role("edge")["connections"] == 1, "the session to be counted")
        kill_role(site, "edge")
        until(lambda: site.role("edge")["connections"] == 0, "the count to be cleared")


@case
def killed_with_main(site):
    """no role outlives main, however main ends"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    pids = [r["pid"] for r in site.status()["roles"]]
    os.kill(pids[0], signal.SIGSTOP)  # one that hangs would not see its socket close
    site.daemon.kill()
    site.daemon.wait()

    def gone(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z"

    until(lambda: all(gone(pid) for pid in pids), "the roles to end")
    # and a control socket that was left behind is no obstacle
    site.daemon = None
    site.start()


@case
def nothing_inherited(site):
    """a role has no environment and no descriptor that it was not given"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    reader, writer = os.pipe()
    site.start(env={"STW_CANARY": "secret-of-the-environment"}, pass_fds=(writer,))
    pipe = os.readlink(f"/proc/self/fd/{writer}")
    try:
        for role in site.status()["roles"]:
            with open(f"/proc/{role['pid']}/environ", "rb") as f:
                equal(f.read(), b"", "environment of " + role["name"])
            links = []
            for fd in os.listdir(f"/proc/{role['pid']}/fd"):
                try:
                    links.append(os.readlink(f"/proc/{role['pid']}/fd/{fd}"))
                except FileNotFoundError:
                    pass
            assert pipe not in links, links
            assert not any(x.endswith(("lock", "live.mdb")) for x in links), links
    finally:
        os.close(reader)
        os.close(writer)


@case
def dies_again_and_again(site):
    """a role that dies three times after a commit: the generation before comes back"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    good = site.active()
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    bad = site.wait_for(lambda s: s["generation"] == 2, "the second generation")["image"]["active"]
    seen = set()
    end = time.monotonic() + 8
    while time.monotonic() < end:
        status = site.status()
        role = next(r for r in status["roles"] if r["name"] == "edge")
        if status["image"]["active"] == good or status["reloading"]:
            break
        if role["phase"] == "serving" and role["pid"] not in seen:
            seen.add(role["pid"])
            os.kill(role["pid"], signal.SIGKILL)
        time.sleep(0.01)
    status = site.wait_for(lambda s: s["image"]["active"] == good and all(
        r["phase"] == "serving" for r in s["roles"]), "the revert")
    equal(len(seen), 3, "deaths")
    equal(status["health"], "degraded", "health")
    contains(status["degraded"], "died 3 times")
    refused = (site.state / "refused").read_text()
    contains(refused, bad)
    contains(refused, "reverted")
    contains(greeting(first), "220")
    # it is not tried again by itself, not even by a start; only by force
    site.expect(1, "reload", "--wait")
    site.stop()
    site.start()
    equal(site.active(), good, "after a restart")
    site.expect(0, "reload", "--wait", "--force")
    equal(site.active(), bad, "by force")


def holds(pid, secret):
    """True when these bytes are somewhere in the memory of a process."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            area = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not area:
                continue
            start, end = (int(x, 16) for x in area.groups())
            if end - start > 1 << 30:
                raise Skip("a sanitizer has the memory mapped")
            try:
                memory.seek(start)
                if secret in memory.read(end - start):
                    return True
            except OSError:
                continue  # a guard page, or what the kernel keeps for itself
    return False


def private_scalar(path):
    """The number that is an EC private key, as OpenSSL keeps it: the lowest byte first."""
    text = subprocess.run(["openssl", "pkey", "-in", str(path), "-noout", "-text"],
                          capture_output=True, text=True, check=True).stdout
    digits = text.split("priv:")[1].split("pub:")[0]
    return bytes.fromhex("".join(digits.split()).replace(":", ""))[-32:][::-1]


@case
def secrets_dealt_out(site):
    """no role has in its memory a secret that its components do not need"""
    imap, http = free_ports(2)
    canary = b"0123456789abcdef-of-the-metrics"
    (site.dir / "scrape").write_bytes(canary)
    certificate(site.dir, "own", "mail.example.org")
    site.build(listener("imaps", "imap", f"127.0.0.1:{imap}", tlsImplicit=True) +
               listener("web", "http", f"127.0.0.1:{http}", useTls=False) +
               certificate_object("own") +
               '[Metrics.prometheus]\n"@type" = "Enabled"\nauthUsername = "scraper"\n'
               'authSecret = {"@type" = "File", filePath = "scrape"}\n')
    site.start("--secrets", str(site.dir))
    edge, web = (site.role(name)["pid"] for name in ("edge", "web"))
    try:
        assert holds(web, canary), "web lacks the secret of /metrics"
    except PermissionError as why:
        raise Skip("memory of processes cannot be read") from why
    assert not holds(edge, canary), "edge has the secret of /metrics"
    key = private_scalar(site.dir / "own.key")
    assert holds(edge, key), "edge lacks the private key"
    assert not holds(web, key), "web, which speaks no TLS, has the private key"
    pem = (site.dir / "own.key").read_bytes().splitlines()[1]
    assert not holds(web, pem), "web has the file of the private key"


@case
def sessions_of_the_living(site):
    """connections lists what the living roles have when another dies before it answers"""
    smtp, http = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{smtp}") +
               listener("web", "http", f"127.0.0.1:{http}", useTls=False))
    site.start()
    edge, web = (site.role(name)["pid"] for name in ("edge", "web"))
    with socket.create_connection(("127.0.0.1", http), timeout=10) as held:
        held.sendall(b"GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n")
        held.recv(1)
        os.kill(web, signal.SIGSTOP)
        os.kill(edge, signal.SIGSTOP)
        asking = site.also(subprocess.Popen(
            [stwtest.STWCTL, "--control", str(site.control), "connections"],
            stdout=subprocess.PIPE, text=True))
        time.sleep(0.2)
        os.kill(edge, signal.SIGKILL)
        until(lambda: site.role("edge")["pid"] not in (0, edge), "edge to come back")
        # and once more: this one was not asked, so its end answers nothing
        kill_role(site, "edge")
        until(lambda: site.role("edge")["restarts"] == 2, "edge to die again")
        os.kill(web, signal.SIGCONT)
        contains(asking.communicate(timeout=stwtest.PATIENCE)[0], "web")
    equal(asking.returncode, 0, "status of stwctl")


@case
def level_outlives_a_role(site):
    """a role that comes back keeps the log level that stwctl set"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    before = site.log().count("network.listen-start")
    assert before, "edge does not log its listeners"
    site.expect(0, "log", "error")
    pid = kill_role(site, "edge")
    until(lambda: site.role("edge")["pid"] != pid and site.role("edge")["phase"] == "serving",
          "edge to come back")
    contains(greeting(port), "220")
    equal(site.log().count("network.listen-start"), before, "lines about listeners")


stwtest.run()
