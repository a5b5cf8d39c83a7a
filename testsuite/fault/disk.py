"""Reloads when a system call fails or stwd is killed: at every step from the rename to the commit."""

import os
import resource

import faulttest
from faulttest import (CUT, COPY, FULL, KILL, READ, Faults, Steady, errno, put,
                       stwtest)
from stwtest import Skip, case, contains, equal, free_ports, greeting, listener, until

STEPS_MAX = 400


class Pair:
    """Two images that serve the same port, and which of them serves now."""

    def __init__(self, site, count=2):
        self.site = site
        self.port, self.other = free_ports(2)
        self.images = []
        for n in range(count):
            path = site.build(listener("smtp", "smtp", f"127.0.0.1:{self.port}")
                              + f'[BlockedIp.a]\naddress = "192.0.2.{n + 1}"\n',
                              site.dir / f"image{n}")
            self.images.append(path.read_bytes())
        self.at = 0
        site.image.write_bytes(self.images[0])

    def next(self):
        """The image that does not serve."""
        self.at = (self.at + 1) % len(self.images)
        return self.images[self.at]

    def address(self, n=None):
        return f"192.0.2.{(self.at if n is None else n) + 1}"

    def serving(self):
        """Number of the image that serves, by what it blocks."""
        after = self.site.active()
        while True:
            active, blocked = after, [n for n in range(len(self.images)) if "blocked"
                                      in self.site.expect(0, "ip", self.address(n))[0]]
            after = self.site.active()
            # the poll may take between two questions what a fault had kept the watch from seeing
            if after == active:
                equal(len(blocked), 1, "images that serve")
                return blocked[0]


def written(site):
    """True once the thread that follows a commit has brought its history to the disk, and is gone."""
    lines = (site.state / "history").read_text().split("\n")
    return (len(os.listdir(f"/proc/{site.daemon.pid}/task")) == 1 and len(lines) > 1
            and lines[-2].split()[0] == site.active())


def spent(site, faults):
    """True once the fault has hit, or nothing is under way any more that it could hit."""
    try:
        return faults.hit() or written(site)
    except (OSError, ValueError):
        return False  # stwd was killed while it was asked


def each_call_fails(site, code, how, step=1):
    faults = Faults(site.dir)
    pair = Pair(site)
    site.start(env=faults.env())
    names, told, pids = set(), 0, faulttest.processes(site)
    with Steady(pair.port):
        for number in range(1, STEPS_MAX, 1 if FULL else step):
            before = pair.at = pair.serving()
            data, seen = pair.next(), len(site.log())
            faults.arm(number, code)
            said = how(site, data)
            # the calls of that thread count too, and it is late where the machine is busy
            until(lambda: spent(site, faults), "the history")
            hit = faults.disarm()
            serving, log = pair.serving(), said + site.log()[seen:]
            what = f"step {number}, {hit}: {log}"
            # what main cannot do is no reason to end a role and the sessions in it
            equal(faulttest.processes(site), pids, what)
            contains(greeting(pair.port), "220")
            if not hit:
                break
            names.add(hit)
            if serving == before and not hit.startswith("mmap"):
                assert os.strerror(code) in log, what
            elif hit in ("write", "fsync", "renameat") and (FULL or told < 2):
                # it serves, but not all of it is on the disk: that is told within a second or two
                told += 1
                until(lambda: os.strerror(code) in said + site.log()[seen:], what)
        assert number > 8, f"only {number} steps were seen"
        equal(serving, pair.at, "after a reload without a fault")
    print(f"# {number - 1} calls")
    assert step > 1 or {"fsync", "renameat", "openat"} <= names, names
    # a history that could not be written is said once, and is no reason to be degraded for ever
    site.expect(0, "reload", "--wait", "--force")
    site.expect(0, "status")
    kept = os.listdir(site.state / "generations")
    assert len(kept) <= 2, kept
    # a thread writes the history meanwhile
    until(lambda: not [n for d in (site.dir, site.state) for n in os.listdir(d)
                       if n.endswith(".tmp")], "temporary files to go")
    equal(site.stop(), 0, "exit status")
    site.start()
    equal(pair.serving(), pair.at, "after a restart")


def by_rename(site, data):
    put(site, data)
    done = site.ctl("reload", "--wait", "--force")
    assert done.returncode in (0, 1), done.stderr
    faulttest.all_serving(site)
    return done.stderr


def by_apply(site, data):
    path = site.dir / "next.stwi"
    path.write_bytes(data)
    before = site.image.read_bytes()
    done = site.ctl("apply", path)
    assert done.returncode in (0, 1, 2), done.stderr
    assert done.returncode == 0 or done.stderr, "an error without words"
    after = site.image.read_bytes()
    assert after in (data, before), "a torn image"
    # one that was not done has not put the file in place either, where the watch would find it
    assert done.returncode != 2 or after == before, done.stderr
    faulttest.all_serving(site)
    # a digest that was refused is not applied again; by hand it is, and that meets the fault then
    if "refused or reverted before" in done.stderr:
        return by_rename(site, data)
    return done.stderr


@case
def full_disk(site):
    """ENOSPC at each call of a reload: the old generation serves, or the new one, and says why"""
    each_call_fails(site, errno.ENOSPC, by_rename)


@case
def broken_disk(site):
    """EIO at each call of a reload: the same"""
    each_call_fails(site, errno.EIO, by_rename, 3)


@case
def apply_on_a_full_disk(site):
    """ENOSPC at each call of an apply: the operator's file is the old one or the new one, whole"""
    each_call_fails(site, errno.ENOSPC, by_apply, 2)


@case
def killed(site):
    """kill -9 of stwd at each call of a reload: it starts again and serves one of the two"""
    faults = Faults(site.dir)
    pair = Pair(site)
    outcomes, number, step = set(), 1, 1 if FULL else 4
    while number < STEPS_MAX:
        site.start(env=faults.env())
        pair.at = pair.serving()
        pids = faulttest.processes(site)
        faults.arm(number, KILL)
        put(site, pair.next())
        until(lambda: site.daemon.poll() is not None or site.ctl("status").returncode == 0
              and not site.ctl("reload", "--wait").returncode, "the end of the reload")
        until(lambda: spent(site, faults), "the history")
        hit = faults.disarm()
        if not hit:
            break
        site.daemon.wait(5)
        until(lambda: not any(alive(p) for p in pids.values()), "the roles to end")
        site.daemon = None
        # the file on disk is the new one: a start takes it
        site.start()
        faulttest.all_serving(site)
        equal(pair.serving(), pair.at, f"step {number}, {hit}")
        contains(greeting(pair.port), "220")
        site.expect(0, "status")
        outcomes.add(hit)
        equal(site.stop(), 0, "exit status")
        number += step
    # of every fourth call: which ones these are differs with what the clock makes come in between
    assert number > 8 and len(outcomes) > 2, (number, outcomes)
    until(lambda: not [n for n in os.listdir(site.state) if n.endswith(".tmp")],
          "temporary files to go")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@case
def killed_without_the_file(site):
    """kill -9 at each call, and the operator's file gone: a generation that served comes back"""
    faults = Faults(site.dir)
    pair = Pair(site)
    for number in range(2, STEPS_MAX, 5 if FULL else 12):
        site.start(env=faults.env())
        # before the first history is on the disk there is nothing that could come back
        until((site.state / "history").exists, "the history")
        pids = faulttest.processes(site)
        faults.arm(number, KILL)
        put(site, pair.next())
        until(lambda: site.daemon.poll() is not None or site.ctl("status").returncode == 0
              and not site.ctl("reload", "--wait").returncode, "the end of the reload")
        until(lambda: spent(site, faults), "the history")
        if not faults.disarm():
            return
        site.daemon.wait(5)
        # until then they hold the port
        until(lambda: not any(alive(p) for p in pids.values()), "the roles to end")
        site.daemon = None
        site.image.unlink()
        site.start()
        assert pair.serving() in (0, 1)
        contains(greeting(pair.port), "220")
        site.stop()


@case
def cut_while_it_is_copied(site):
    """the operator's file cut at each read of a reload: refused, and mended by the next file"""
    faults = Faults(site.dir)
    pair = Pair(site)
    site.start(env=faults.env())
    hits = 0
    with Steady(pair.port):
        for number in range(1, 9):
            before = pair.at = pair.serving()
            data = pair.next()
            faults.arm(number, CUT, READ | COPY, site.image)
            put(site, data)
            done = site.ctl("reload", "--wait", "--force")
            hit = faults.disarm()
            hits += bool(hit)
            if done.returncode == 1:
                # the watch and the command each read it: the one that was cut changed nothing
                assert pair.serving() in (before, pair.at), f"{number}, {hit}"
                contains(done.stderr, str(site.image))
            put(site, data)
            site.expect(0, "reload", "--wait", "--force")
            equal(pair.serving(), pair.at, f"{number}, {hit}")
    assert hits >= 4, hits


@case
def file_size_limit(site):
    """a limit of the file size refuses the image like a full disk; stwd does not end"""
    pair = Pair(site)
    limit = len(pair.images[0]) // 2
    site.start()
    for pid in faulttest.processes(site).values():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))
    put(site, pair.next())
    _, complaint = site.expect(1, "reload", "--wait")
    contains(complaint, os.strerror(errno.EFBIG))
    contains(complaint, str(site.image))
    equal(pair.serving(), 0, "what serves")
    contains(greeting(pair.port), "220")


def mounted(site, *options):
    """A file system of its own for the state directory, in the name space of the daemon alone."""
    if not faulttest.privately("true"):
        raise Skip("needs root, and a mount name space of its own")
    site.state.mkdir(exist_ok=True)
    site.command = lambda *words: faulttest.privately(
        "sh", "-c", " && ".join([*options, 'exec "$@"']), "sh",
        stwtest.STWD, "--image", str(site.image), "--state", str(site.state),
        "--control", str(site.control), *words)


@case
def small_state_directory(site):
    """a state directory without room for a copy: refused, told, and the old one serves"""
    pair = Pair(site)
    mounted(site, f"mount -t tmpfs -o size=1200k none {site.state}")
    site.start()
    filler = f"/proc/{site.daemon.pid}/root{site.state}/filler"
    with Steady(pair.port), open(filler, "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)):
                pass
        except OSError as why:
            equal(why.errno, errno.ENOSPC, "the filler")
        put(site, pair.next())
        _, complaint = site.expect(1, "reload", "--wait")
        contains(complaint, os.strerror(errno.ENOSPC))
        contains(complaint, "state directory")
        contains(complaint, str(site.image))
        equal(pair.serving(), 0, "what serves")
        f.truncate(0)
        site.expect(0, "reload", "--wait")
        equal(pair.serving(), 1, "when there is room again")
        site.expect(0, "status")


@case
def read_only_state_directory(site):
    """a read-only state directory: generations live in memory, bans too, with a warning each"""
    pair = Pair(site)
    site.start()
    site.stop()
    mounted(site, f"mount --bind {site.state} {site.state}",
            f"mount -o remount,ro,bind {site.state}")
    put(site, pair.next())
    site.start()
    warnings = " ".join(site.status()["warnings"])
    contains(warnings, os.strerror(errno.EROFS))
    contains(warnings, str(site.state))
    with Steady(pair.port):
        for _ in range(3):
            put(site, pair.next())
            site.expect(0, "reload", "--wait")
            equal(pair.serving(), pair.at, "what serves")
        site.expect(0, "revert")
        site.expect(0, "bans", "add", "198.51.100.7")
        contains(site.expect(0, "ip", "198.51.100.7")[0], "ban")
    links = [os.readlink(f"/proc/{site.daemon.pid}/fd/{n}")
             for n in os.listdir(f"/proc/{site.daemon.pid}/fd")]
    assert any("memfd:stw-image" in link for link in links), links


stwtest.run()
