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
    """(command, expected lines) of every block of a page; a command with <<EOF goes on to that line."""
    found = []
    for block in BLOCK.findall(text):
        lines = iter(block.splitlines())
        for line in lines:
            if not line.startswith("$ "):
                found[-1][1].append(line)
                continue
            command = line[2:]
            while "<<EOF" in command and not command.endswith("\nEOF"):
                command += "\n" + next(lines)
            found.append((command, []))
    return found


def same(expected, printed):
    pattern = "\n".join(".*".join(map(re.escape, line.split("…"))) for line in expected)
    return re.fullmatch(pattern, printed) is not None


def script(folder, name, text):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def place_programs(site, doors):
    """Programs under the names that the guides use; `doors` are the addresses they name, and our ports for them."""
    for name in ("curl", "sh"):
        if not shutil.which(name):
            raise stwtest.Skip(f"{name} is not installed")
    programs = site.dir / "bin"
    programs.mkdir()
    script(programs, "stwctl", f'exec {stwtest.STWCTL} --control {site.control} "$@"\n')
    script(programs, "stwc", f'exec {stwtest.STWC} "$@"\n')
    script(programs, "ssh", 'shift\nexec "$@"\n')
    leads = " ".join(f"--connect-to {door}:127.0.0.1:{port}" for door, port in doors.items())
    script(programs, "curl", f'exec {shutil.which("curl")} --noproxy "*" --max-time 10 --interface {HERE} {leads} "$@"\n')
    return {"203.0.113.50": HERE, "203.0.113.0/24": "127.0.0.2/31"}


def place(site):
    """Programs, sources, and the daemon."""
    smtp, submission = free_ports(2)
    names = place_programs(site, {"mail.example.org:25": smtp, "mail.example.org:587": submission})
    sources = site.dir / "config"
    sources.mkdir()
    (sources / "mail.toml").write_text('[SystemSettings]\ndefaultHostname = "mail.example.org"\ndefaultDomainId = "#example.org"\n'
                                       '[Domain."example.org"]\ncatchAllAddress = "postmaster@example.org"\n'
                                       + listener("smtp", "smtp", f"127.0.0.1:{smtp}"))
    site.compile(sources, site.image)
    site.start()
    return {"/etc/stw/config": str(sources), "/etc/stw": str(site.dir), "/var/lib/stw": str(site.dir),
            "192.0.2.25:587": f"127.0.0.1:{submission}", **names}


def place_first(site):
    """For who has nothing yet but a domain name: programs alone. What is built listens elsewhere."""
    ports = dict(zip(("smtp", "submissions", "submission", "imaps", "https", "management"), free_ports(6)))
    names = place_programs(site, {"mail.example.org:25": ports["smtp"], "autoconfig.example.org:443": ports["https"],
                                  "127.0.0.1:8080": ports["management"]})
    overlay = site.dir / "elsewhere.toml"
    # clients are told of what listens for everybody
    hosts = {"imaps": "0.0.0.0", "submissions": "0.0.0.0"}
    overlay.write_text("".join(f'[NetworkListener.{name}]\nbind = ["{hosts.get(name, "127.0.0.1")}:{port}"]\n'
                               for name, port in ports.items()))
    script(site.dir / "bin", "stwc", f'[ "$1" = build ] && set -- "$@" --overlay {overlay}\nexec {stwtest.STWC} "$@"\n')
    return names


def typed(site, command):
    if command.startswith("stwd "):  # in the foreground and with a socket of its own, so that it ends with the test
        site.start(*(word if word.startswith("-") else str(site.dir / word) for word in command.split()[1:]))
        return ""
    env = dict(site.environment(), PATH=f"{site.dir / 'bin'}:{os.environ['PATH']}", NO_COLOR="1")
    return subprocess.run(command, shell=True, cwd=site.dir, env=env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False).stdout.rstrip("\n")


def play(site, page, prepare=place):
    names = prepare(site)
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
    assert steps("```console guide\n$ a <<EOF\nb\nEOF\nc\n```\n") == [("a <<EOF\nb\nEOF", ["c"])]
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
    """doc/first-hour.md: every step, from an empty folder"""
    play(site, "first-hour.md", place_first)


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
