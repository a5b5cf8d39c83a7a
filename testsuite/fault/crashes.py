"""Roles that are killed under load, and roles that cannot live with a new generation."""

import os
import signal
import socket
import threading
import time

import faulttest
from faulttest import (CHANGES, CUT_OFF, FULL, KILL, MEMORY, READ, SANITIZED, Faults, Steady, put,
                       stwtest)
from stwtest import case, contains, equal, free_ports, greeting, listener, until


def healthy(port):
    """True when the web role answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        s.settimeout(10)
        s.sendall(b"GET /healthz/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b" 200 " in s.makefile("rb").readline()


STEPS_MAX = 4000


def start(site, env=None):
    smtp, web = free_ports(2)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{smtp}")
               + listener("web", "http", f"127.0.0.1:{web}"))
    site.start(env=env)
    return smtp, web


def killed_twice(site, name, own, own_talk, other, other_talk):
    """Kills a role that has just served, under load; not so often that a reload would be undone."""
    pids = faulttest.processes(site)
    # whoever talks to the role that dies is cut off, but nobody is refused or left without an answer
    with Steady(other, talk=other_talk), Steady(own, talk=own_talk, may=CUT_OFF) as load:
        for n in range(2):
            pid, before = faulttest.processes(site)[name], load.count
            os.kill(pid, signal.SIGKILL)
            site.wait_for(lambda s, pid=pid: all(r["phase"] == "serving" and r["pid"] != pid
                                                 for r in s["roles"] if r["name"] == name),
                          name + " to come back")
            until(lambda before=before: load.count > before + 10, "the new role to serve")
            equal(site.role(name)["restarts"], n + 1, "restarts")
    assert load.cut <= 2 * len(load.threads), f"{load.cut} of {load.count} were cut off"
    after = faulttest.processes(site)
    equal([p for p in pids if pids[p] != after[p]], [name], "processes that are others now")
    contains(site.log(), f"role={name} pid={pid} details=\"killed by signal 9")


@case
def web_under_load(site):
    """kill -9 of web: mail goes on without losing one connection, and web comes back"""
    smtp, web = start(site)
    with socket.create_connection(("127.0.0.1", smtp), timeout=10) as session:
        lines = session.makefile("rb")
        contains(lines.readline(), b"220")
        killed_twice(site, "web", web, healthy, smtp, greeting)
        session.sendall(b"NOOP\r\n")
        contains(lines.readline(), b"250")
    site.expect(0, "status")


@case
def edge_under_load(site):
    """kill -9 of edge: web goes on without losing one request, and edge comes back"""
    smtp, web = start(site)
    with socket.create_connection(("127.0.0.1", web), timeout=10) as session:
        lines = session.makefile("rb")
        for _ in range(2):
            session.sendall(b"GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n")
            contains(lines.readline(), b" 200 ")
            length = 0
            while (line := lines.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split()[1])
            lines.read(length)
            if not site.role("edge")["restarts"]:
                killed_twice(site, "edge", smtp, greeting, web, healthy)
    site.expect(0, "status")


def stopped(pid):
    """True once every thread of a process has taken its SIGSTOP."""
    states = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat") as f:
            states.append(f.read().rsplit(")", 1)[1].split()[0])
    return set(states) == {"T"}


def queued(port, role, count, talk):
    """Connections that came while the role stood still; it is killed; each is served."""
    os.kill(role, signal.SIGSTOP)
    until(lambda: stopped(role), "the role to stand still")
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    os.kill(role, signal.SIGKILL)
    for s in waiting:
        s.settimeout(10)
        with s:
            assert talk(s), "a queued connection was lost"


@case
def queued_connections(site):
    """connections that no role had accepted yet outlive its kill -9: the sockets are main's"""
    smtp, web = start(site)

    def answered(s):
        s.sendall(b"GET /healthz/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b" 200 " in s.makefile("rb").readline()

    queued(smtp, faulttest.processes(site)["edge"], 40,
           lambda s: s.makefile("rb").readline().startswith(b"220"))
    faulttest.all_serving(site)
    queued(web, faulttest.processes(site)["web"], 40, answered)


@case
def main_under_load(site):
    """kill -9 of stwd: its roles end with it, and a start at that moment serves the same, with its bans"""
    smtp, web = start(site)
    active = site.active()
    site.expect(0, "bans", "add", "198.51.100.7")
    for _ in range(4):
        pids = faulttest.processes(site)
        with Steady(smtp, may=Exception), Steady(web, talk=healthy, may=Exception):
            time.sleep(0.05)
            site.daemon.kill()
            site.daemon.wait()
            # at once: what is left of the roles may still hold the ports
            site.start()
        for pid in pids.values():
            until(lambda pid=pid: not exists(pid), "the roles to end")
        equal(site.active(), active, "active")
        with Steady(smtp), Steady(web, talk=healthy):
            contains(site.expect(0, "ip", "198.51.100.7")[0], "ban")
        site.expect(0, "status")
    equal(os.listdir(site.state / "generations"), [active + ".stwi"], "generations")


def exists(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@case
def dies_while_it_prepares(site):
    """a role that dies on each PREPARE: the generation is refused, whichever role it is"""
    smtp, web = start(site)
    active, refused = site.active(), []
    for turn, name in enumerate(("edge", "web", "edge")):
        path = site.build(listener("smtp", "smtp", f"127.0.0.1:{smtp}")
                          + listener("web", "http", f"127.0.0.1:{web}")
                          + f'[BlockedIp.a]\naddress = "192.0.2.{turn + 1}"\n',
                          site.dir / "next.stwi")
        pids = faulttest.processes(site)
        pid = pids[name]
        # a role that stands still takes PREPARE and never answers; then it dies of it
        os.kill(pid, signal.SIGSTOP)
        put(site, path.read_bytes())
        site.wait_for(lambda s: any(r["name"] == name and r["phase"] == "preparing"
                                    for r in s["roles"]), "PREPARE", settled=False)
        os.kill(pid, signal.SIGKILL)
        status = site.wait_for(lambda s: s["lastReload"]["result"] == "refused" and all(
            r["phase"] == "serving" for r in s["roles"]), "the refusal")
        equal(status["image"]["active"], active, "active")
        contains(status["lastReload"]["text"], f"the role {name} died")
        after = faulttest.processes(site)
        equal([p for p in pids if pids[p] != after[p]], [name], "processes that are others now")
        refused.append(status["lastReload"]["digest"])
        contains((site.state / "refused").read_text(), refused[-1] + " failed")
        contains(greeting(smtp), "220")
        assert healthy(web)
    equal(len(set(refused)), 3, "digests")
    # by force it is tried again, and then the role lives
    site.expect(0, "reload", "--wait", "--force")
    site.expect(0, "status")


@case
def dies_on_each_new_generation(site):
    """a role that dies three times after a commit, of three generations: each is reverted"""
    smtp, web = start(site)
    good = site.active()
    roles = {"edge": (web, healthy), "web": (smtp, greeting)}
    for turn, name in enumerate(("edge", "web", "edge")):
        with Steady(roles[name][0], talk=roles[name][1]):
            path = site.build(listener("smtp", "smtp", f"127.0.0.1:{smtp}")
                              + listener("web", "http", f"127.0.0.1:{web}")
                              + f'[BlockedIp.a]\naddress = "192.0.2.{turn + 1}"\n',
                              site.dir / "next.stwi")
            put(site, path.read_bytes())
            bad = site.wait_for(lambda s: s["image"]["active"] != good, "the new one")
            bad = bad["image"]["active"]
            seen = set()
            end = time.monotonic() + 9
            while len(seen) < 3 and time.monotonic() < end:
                role = site.role(name)
                if role["pid"] and role["pid"] not in seen and role["phase"] == "serving":
                    seen.add(role["pid"])
                    os.kill(role["pid"], signal.SIGKILL)
                time.sleep(0.005)
            status = site.wait_for(lambda s: s["image"]["active"] == good and all(
                r["phase"] == "serving" for r in s["roles"]), "the revert")
            contains(status["degraded"], f"the role {name} died 3 times")
            contains((site.state / "refused").read_text(), bad + " reverted")
            contains(site.expect(1, "reload", "--wait")[1], "reverted before")
            contains(greeting(smtp), "220")


@case
def killed_in_the_commit(site):
    """a role that dies between READY and COMMITTED comes back on the new generation"""
    smtp, web = start(site)
    images = [site.build(listener("smtp", "smtp", f"127.0.0.1:{smtp}")
                         + listener("web", "http", f"127.0.0.1:{web}")
                         + f'[BlockedIp.a]\naddress = "192.0.2.{n + 1}"\n',
                         site.dir / "next.stwi").read_bytes() for n in range(2)]
    # at the very moment: edge is told to commit and never gets to it
    pids, before = faulttest.processes(site), site.active()
    os.kill(pids["web"], signal.SIGSTOP)
    put(site, images[1])
    until(lambda: site.role("edge")["phase"] == "ready", "edge to be ready")
    os.kill(pids["edge"], signal.SIGSTOP)
    os.kill(pids["web"], signal.SIGCONT)
    until(lambda: site.role("edge")["phase"] == "committing", "the commit")
    os.kill(pids["edge"], signal.SIGKILL)
    status = site.wait_for(lambda s: s["image"]["active"] != before and all(
        r["phase"] == "serving" for r in s["roles"]), "edge to come back")
    equal(status["lastReload"]["result"], "active", "result")
    equal(site.role("web")["pid"], pids["web"], "the process of web")
    contains(site.expect(0, "ip", "192.0.2.2")[0], "blocked")
    contains(greeting(smtp), "220")
    # and wherever it hits
    for turn in range(4):
        pid = faulttest.processes(site)["edge"]
        timer = threading.Timer(0.002 * turn, os.kill, (pid, signal.SIGKILL))
        timer.start()
        put(site, images[turn % 2])
        done = site.ctl("reload", "--wait")
        timer.join()
        assert done.returncode in (0, 1, 2), done.stderr
        faulttest.all_serving(site)
        contains(greeting(smtp), "220")
        assert healthy(web)
        # whatever the kill hit: the file on disk can be had
        put(site, images[turn % 2])
        site.expect(0, "reload", "--wait", "--force")


def alive(site):
    """Whether main is: its end may just be under way."""
    try:
        site.status()
        return True
    except ValueError:
        site.daemon.wait(stwtest.PATIENCE)
        return False


@case
def killed_at_each_step(site):
    """kill -9 at each call and allocation of a reload, in main or a role: the rest serves, and takes the image"""
    faults = Faults(site.dir)
    env = {**faults.env(), "STW_FAULT_ROLES": "1"}
    smtp, web = start(site, env)
    images = [site.build(listener("smtp", "smtp", f"127.0.0.1:{smtp}")
                         + listener("web", "http", f"127.0.0.1:{web}")
                         + f'[BlockedIp.a]\naddress = "192.0.2.{n + 1}"\n',
                         site.dir / "next.stwi").read_bytes() for n in range(2)]
    ends = {"main": 0, "role": 0}
    for turn, number in enumerate(range(1, STEPS_MAX, 1 if FULL else 40)):
        faulttest.all_serving(site)
        faults.arm(number, KILL, CHANGES | READ | MEMORY)
        put(site, images[turn % 2])
        site.ctl("reload", "--wait", "--force")
        if not faults.disarm():
            break
        ends["role" if alive(site) else "main"] += 1
        if site.daemon.poll() is not None:
            # a start takes the file on disk
            site.start(env=env)
        faulttest.all_serving(site)
        put(site, images[turn % 2])
        site.expect(0, "reload", "--wait", "--force")
        contains(greeting(smtp), "220")
        assert healthy(web)
        site.expect(0, "status")
    print(f"# {number - 1} steps, {ends}")
    assert number > 100 or SANITIZED, "steps"
    assert all(ends.values()) or SANITIZED, ends


stwtest.run()
