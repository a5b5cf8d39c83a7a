"""Roles that hang or die in the midst of a reload, and how long main waits for them."""

import os
import signal
import socket
import time

import stwtest
from stwtest import case, contains, equal, free_ports, greeting, listener, refuses, until


def connect(site):
    """A connection to the control socket."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(stwtest.PATIENCE)
    s.connect(str(site.control))
    return s


@case
def stuck(site):
    """a role that does not prepare in time: refused; main answers all but who says nothing; nothing changed"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    before = site.active()
    pid = site.role("edge")["pid"]
    os.kill(pid, signal.SIGSTOP)
    silent = connect(site)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    until(lambda: site.status()["reloading"], "the reload")
    waiting = connect(site)
    waiting.send(b"stw1\0reload\0--wait\0")
    slowest, end = 0.0, time.monotonic() + stwtest.PATIENCE
    while site.status()["reloading"]:
        began = time.monotonic()
        assert began < end, "the role has all the time in the world"
        site.expect(0, "bans", "add", f"192.0.2.{int(began * 10) % 250}")
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.1)
    assert slowest < 1, f"main took {slowest} s for an answer"
    equal(silent.recv(10), b"", "what comes to a peer of the control socket that says nothing")
    assert waiting.recv(65536), "one that waits is sent away"
    silent.close()
    waiting.close()
    os.kill(pid, signal.SIGCONT)
    last = site.status()["lastReload"]
    equal(last["result"], "refused", "result")
    contains(last["text"], "role edge did not prepare")
    equal(site.active(), before, "active generation")
    contains(greeting(first), "220")
    # the role has only now been told; its copy of the socket goes with the abort
    until(lambda: refuses(second), "the end of a listener that was refused")
    equal(site.role("edge")["pid"], pid, "the process of edge")
    site.expect(0, "reload", "--wait", "--force")
    contains(greeting(second), "220")


@case
def commit_lost(site):
    """a role that is told to commit and never does is started anew, on the new generation"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    edge, web = (site.role(name)["pid"] for name in ("edge", "web"))
    os.kill(web, signal.SIGSTOP)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    until(lambda: site.role("edge")["phase"] == "ready", "edge to be ready")
    os.kill(edge, signal.SIGSTOP)
    os.kill(web, signal.SIGCONT)
    until(lambda: site.role("edge")["phase"] == "committing", "the commit")
    status = site.wait_for(lambda s: s["generation"] == 2 and s["health"] == "healthy"
                           and all(r["pid"] != edge for r in s["roles"]), "edge to come back")
    equal(status["lastReload"]["result"], "active", "result")
    contains(greeting(second), "220")
    assert refuses(first), "the old listener is open"


@case
def dies_ready(site):
    """a role that dies between READY and COMMIT: refused, and it comes back on what serves"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    web = site.role("web")["pid"]
    os.kill(web, signal.SIGSTOP)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    until(lambda: site.role("edge")["phase"] == "ready", "edge to be ready")
    os.kill(site.role("edge")["pid"], signal.SIGKILL)
    site.wait_for(lambda s: s["lastReload"]["result"] == "refused", "the refusal")
    os.kill(web, signal.SIGCONT)
    contains(site.status()["lastReload"]["text"], "edge died")
    until(lambda: site.role("edge")["phase"] == "serving", "edge to come back")
    contains(greeting(first), "220")
    assert refuses(second), "a listener of what was refused is open"


@case
def late_with_what_was_given_up(site):
    """a role that is still at a generation that was given up takes the next one as well"""
    first, second, third = free_ports(3)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    edge, web = (site.role(name)["pid"] for name in ("edge", "web"))
    os.kill(edge, signal.SIGSTOP)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    until(lambda: site.role("edge")["phase"] == "preparing", "the first PREPARE")
    os.kill(web, signal.SIGKILL)
    site.wait_for(lambda s: s["lastReload"]["result"] == "refused", "the refusal", settled=False)
    until(lambda: site.role("web")["phase"] == "serving", "web to come back")
    site.build(listener("smtp", "smtp", f"127.0.0.1:{third}"))
    until(lambda: site.role("edge")["phase"] == "preparing", "the second PREPARE")
    # PREPARE, ABORT and PREPARE come in one piece
    os.kill(edge, signal.SIGCONT)
    status = site.wait_for(lambda s: s["image"]["onDisk"] == s["image"]["active"]
                           or s["health"] == "degraded", "the second")
    equal(status["lastReload"]["result"], "active", status["lastReload"]["text"])
    equal(site.role("edge")["pid"], edge, "the process of edge")
    contains(greeting(third), "220")
    until(lambda: refuses(first) and refuses(second), "the listeners of the others to close")


def ask(site, *words):
    """One request to the control socket without a process for it: (exit status, seconds)."""
    began = time.monotonic()
    with connect(site) as s:
        s.send(b"".join(word.encode() + b"\0" for word in ("stw1", *words)))
        while not (packet := s.recv(65536)).startswith(b"X"):
            assert packet, "stwd ended the connection"
    return int(packet[1:]), time.monotonic() - began


@case
def deaf(site):
    """more bans than a role that reads nothing can be told: main never waits, and the role knows all after"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
    site.start()
    stranger = "127.0.0.2"  # 127.0.0.1 is always allowed

    def served():
        with socket.socket() as s:
            s.settimeout(5)
            s.bind((stranger, 0))
            s.connect(("127.0.0.1", port))
            try:
                return s.makefile("rb").readline().startswith(b"220")
            except ConnectionResetError:
                return False

    assert served(), "before any ban"
    pid = site.role("edge")["pid"]
    for verb in ("add", "remove"):
        os.kill(pid, signal.SIGSTOP)
        told = [ask(site, "bans", verb, f"198.51.{n >> 8}.{n & 255}") for n in range(800)]
        told.append(ask(site, "bans", verb, stranger))
        os.kill(pid, signal.SIGCONT)
        equal({status for status, _ in told}, {0}, verb)
        assert max(took for _, took in told) < 1, f"main took {max(took for _, took in told)} s"
        until(lambda: served() == (verb == "remove"), f"what came last: {verb}")
        equal(site.role("edge")["pid"], pid, "the process of edge")
    # one that never reads again is replaced, and the new one knows the bans from its start
    os.kill(pid, signal.SIGSTOP)
    ask(site, "bans", "add", stranger)
    count, end = 0, time.monotonic() + 5 * stwtest.PATIENCE  # thousands of requests, each with its fsync
    while site.role("edge")["pid"] == pid:
        assert time.monotonic() < end, f"{count} bans, and the role still does not read"
        for count in range(count + 1, count + 201):
            _, took = ask(site, "bans", "add", f"198.51.{count >> 8}.{count & 255}")
            assert took < 1, f"main took {took} s"
        time.sleep(0.3)
    until(lambda: site.role("edge")["phase"] == "serving", "another edge")
    assert not served(), "the new role knows no ban"
    equal(site.status()["bans"], count + 1, "bans")


stwtest.run()
