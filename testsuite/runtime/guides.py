"""The guides of doc/ that need a running stwd: each step of theirs is typed, and prints what the page shows.

A block marked ```console guide is a session, as those of testsuite/house/docs.py are: lines after "$ ", then what they
print, where "…" stands for anything within the line. The blocks of a page are played in their order on one daemon. What the page calls
mail.example.org is that daemon; the one who is locked out is 127.0.0.2, because 127.0.0.1 never is. `ssh` runs its
words here, and `curl` comes from the locked-out address."""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import time

import stwtest
from stwtest import case, free_ports, listener

DOC = pathlib.Path(os.environ.get("srcdir", ".")).resolve() / "doc"
BLOCK = re.compile(r"^```console guide\n(.*?)^```$", re.M | re.S)
HERE = "127.0.0.2"


def steps(text):
    """(command, expected lines) of every block of a page."""
    found = []
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def same(expected, printed):
    pattern = "\n".join(".*".join(map(re.escape, line.split("…"))) for line in expected)
    return re.fullmatch(pattern, printed) is not None


def script(folder, name, text):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def place(site):
    """Programs under the names that the guides use, sources, and the daemon."""
    for name in ("curl", "sh"):
        if not shutil.which(name):
            raise stwtest.Skip(f"{name} is not installed")
    smtp, submission = free_ports(2)
    programs, sources = site.dir / "bin", site.dir / "config"
    programs.mkdir()
    sources.mkdir()
    script(programs, "stwctl", f'exec {stwtest.STWCTL} --control {site.control} "$@"\n')
    script(programs, "stwc", f'exec {stwtest.STWC} "$@"\n')
    script(programs, "ssh", 'shift\nexec "$@"\n')
    script(programs, "curl", f'exec {shutil.which("curl")} --noproxy "*" --max-time 10 --interface {HERE} '
                             f'--connect-to mail.example.org:25:127.0.0.1:{smtp} '
                             f'--connect-to mail.example.org:587:127.0.0.1:{submission} "$@"\n')
    (sources / "mail.toml").write_text('[SystemSettings]\ndefaultHostname = "mail.example.org"\ndefaultDomainId = "#example.org"\n'
                                       '[Domain."example.org"]\ncatchAllAddress = "postmaster@example.org"\n'
                                       + listener("smtp", "smtp", f"127.0.0.1:{smtp}"))
    site.compile(sources, site.image)
    site.start()
    return {"/etc/stw/config": str(sources), "/etc/stw": str(site.dir), "/var/lib/stw": str(site.dir),
            "192.0.2.25:587": f"127.0.0.1:{submission}", "203.0.113.50": HERE, "203.0.113.0/24": "127.0.0.2/31"}


def typed(site, command):
    env = dict(site.environment(), PATH=f"{site.dir / 'bin'}:{os.environ['PATH']}", NO_COLOR="1")
    return subprocess.run(command, shell=True, cwd=site.dir, env=env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False).stdout.rstrip("\n")


def play(site, page):
    names = place(site)
    count = 0
    for command, expected in steps((DOC / page).read_text(encoding="utf-8")):
        for ours, real in names.items():
            command = command.replace(ours, real)
            expected = [line.replace(ours, real) for line in expected]
        end = time.monotonic() + stwtest.PATIENCE
        printed = typed(site, command)
        # what only asks may be asked again, on a machine that is slow to take in what it was told
        while not same(expected, printed) and re.match(r"curl|.* stwctl (status|ip)", command) and time.monotonic() < end:
            time.sleep(0.1)
            printed = typed(site, command)
        if not same(expected, printed):
            raise AssertionError(f"{page}: $ {command}\nexpected:\n" + "\n".join(expected) + "\nprinted:\n" + printed)
        count += 1
    assert count > 5, f"{page} has steps"


@case
def lines(site):
    """a line with … stands for one line"""
    assert same(["a … c"], "a b c") and not same(["a … c"], "a b\nc") and not same(["a"], "a\nb") and same([], "")
    assert steps("```console guide\n$ a\nb\n$ c\n```\n") == [("a", ["b"]), ("c", [])]
    assert site.daemon is None


@case
def locked_out(site):
    """doc/locked-out.md: every step"""
    play(site, "locked-out.md")


@case
def deploy(site):
    """doc/deploy.md: every step"""
    play(site, "deploy.md")


@case
def first_hour(site):
    """doc/first-hour.md: the lock-out in it"""
    play(site, "first-hour.md")


@case
def no_list_closes_it(site):
    """no list of addresses closes the control socket"""
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}")
               + '[BlockedIp]\n"127.0.0.0/8" = {}\n"10.0.0.0/8" = {}\n"2000::/8" = {}\n')
    site.start()
    site.expect(0, "bans", "add", HERE)
    stwtest.contains(site.expect(0, "ip", HERE)[0], "blocked")
    site.expect(0, "allow", HERE, "1h")
    stwtest.contains(site.expect(0, "ip", HERE)[0], "accepted: temporary-allow")


stwtest.run()
