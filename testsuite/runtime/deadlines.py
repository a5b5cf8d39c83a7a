"""Roles that hang or die in the midst of a reload, and how long main waits for them."""

import os
import signal
import time

import stwtest
from stwtest import case, contains, equal, free_ports, greeting, listener, refuses, until


@case
def stuck(site):
    """a role that does not prepare in time: refused, main answers all the while, nothing changed"""
    first, second = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{first}"))
    site.start()
    before = site.active()
    pid = site.role("edge")["pid"]
    os.kill(pid, signal.SIGSTOP)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{second}"))
    until(lambda: site.status()["reloading"], "the reload")
    slowest, end = 0.0, time.monotonic() + stwtest.PATIENCE
    while site.status()["reloading"]:
        began = time.monotonic()
        assert began < end, "the role has all the time in the world"
        site.expect(0, "bans", "add", f"192.0.2.{int(began * 10) % 250}")
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.1)
    assert slowest < 1, f"main took {slowest} s for an answer"
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


stwtest.run()
