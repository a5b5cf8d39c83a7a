"""stwc init when the disk is full, fails, or the process is killed: all of its files come to be, or none."""

import os
import signal
import subprocess

import faulttest
from faulttest import KILL, RENAME, STWC, Faults, errno
from stwtest import case, contains, equal

STEPS_MAX = 200


def init(site, target, faults, *words):
    return subprocess.run([STWC, "init", "-q", "--hostname", "mail.example.org", *words, str(target)],
                          env=site.environment(faults.env()), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def steps(site, action):
    """Runs it for each call that can be hit; yields the folder, what happened, and the result."""
    faults = Faults(site.dir)
    for number in range(1, STEPS_MAX):
        target = site.dir / f"new-{number}"
        faults.arm(number, action)
        done = init(site, target, faults, "--dkim", "no")
        hit = faults.disarm()
        faulttest.no_report(done.stderr)
        if not hit:
            equal((done.returncode, os.listdir(target)), (0, ["mail.toml"]), "without a fault: " + done.stderr)
            assert number > 8, f"only {number} steps were seen"
            return
        yield target, f"step {number}, {hit}: {done.stderr}", done


def each_call_fails(site, code):
    seen = set()
    for target, what, done in steps(site, code):
        seen.add(what.split()[2])
        if done.returncode == 0:
            # a call that may fail, such as one that closes what is written already
            equal(os.listdir(target), ["mail.toml"], what)
        else:
            equal((done.returncode, target.exists()), (2, False), what)
    assert {"mkdir:", "openat:", "write:", "fsync:", "renameat2:"} <= seen, seen


@case
def full_disk_at_each_call(site):
    """ENOSPC at each call: nothing is left"""
    each_call_fails(site, errno.ENOSPC)


@case
def broken_disk_at_each_call(site):
    """EIO at each call: the same"""
    each_call_fails(site, errno.EIO)


@case
def last_file_of_all(site):
    """where the last file cannot get its name, the keys that have theirs go again"""
    faults = Faults(site.dir)
    faults.arm(3, errno.EIO, RENAME)
    done = init(site, site.dir / "new", faults)
    equal((faults.disarm(), done.returncode, (site.dir / "new").exists()), ("renameat2", 2, False), done.stderr)
    contains(done.stderr, "mail.toml: " + os.strerror(errno.EIO))


@case
def no_such_rename(site):
    """where the file system has no rename that spares a file, a link does it"""
    faults = Faults(site.dir)
    faults.arm(1, errno.EINVAL, RENAME)
    done = init(site, site.dir / "new", faults, "--dkim", "no")
    equal((faults.disarm(), done.returncode, os.listdir(site.dir / "new")), ("renameat2", 0, ["mail.toml"]), done.stderr)


@case
def killed_at_each_call(site):
    """kill -9 at each call: what is there is whole, or hidden and no source"""
    for target, what, done in steps(site, KILL):
        equal(done.returncode, -signal.SIGKILL, what)
        names = os.listdir(target) if target.exists() else []
        assert all(name == "mail.toml" or name.startswith(".mail.toml.") for name in names), what
        if "mail.toml" in names:
            equal(subprocess.run([STWC, "check", "-q", str(target)], check=False, stderr=subprocess.DEVNULL).returncode, 0, what)


faulttest.stwtest.run()
