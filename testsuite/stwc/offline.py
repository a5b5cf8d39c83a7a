"""Purely offline: no name is looked up, and no secret, daemon, root, environment, lock or writable folder is needed."""
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile

import stwctest

NOBODY = 65534
SOURCE = """
[SystemSettings]
defaultHostname = "mx.example.org"
defaultDomainId = "#example.org"
[Domain."example.org"]
[NetworkListener.smtp]
protocol = "smtp"
bind = "0.0.0.0:25"
[NetworkListener.submissions]
protocol = "smtp"
bind = "0.0.0.0:465"
tlsImplicit = true
[NetworkListener.imaps]
protocol = "imap"
bind = "0.0.0.0:993"
tlsImplicit = true
[Certificate.mx]
certificate = {"@type" = "File", filePath = "/nowhere/at/all.pem"}
privateKey = {"@type" = "EnvironmentVariable", variableName = "STW_NO_SUCH_VARIABLE"}
[Directory.ldap]
"@type" = "Ldap"
description = "somewhere else"
url = "ldap://ldap.example.org"
baseDn = "dc=example,dc=org"
bindDn = "cn=stw"
bindSecret = {"@type" = "File", filePath = "/nowhere/secret"}
[BlockedIp]
"192.0.2.0/24" = {}
"""
SETTINGS = 'server.hostname = "mx.example.org"\nserver.listener.smtp.bind = "[::]:25"\nserver.listener.smtp.protocol = "smtp"\n'
CASES = '[[case]]\naddress = "192.0.2.1"\nexpect = "blocked"\n'
# what each command is tried with; IMAGE is made before, OUT may be written, NEW is a folder that is not there yet
COMMANDS = {
    "check": ["m.toml"],
    "build": ["m.toml", "-o", "OUT/x.stwi"],
    "dump": ["IMAGE"],
    "verify": ["IMAGE"],
    "get": ["SystemSettings/defaultHostname", "m.toml"],
    "ip": ["198.51.100.1", "m.toml"],
    "schema": ["Domain"],
    "explain": ["unknown-field"],
    "graph": ["m.toml"],
    "diff": ["m.toml", "IMAGE"],
    "convert": ["m.toml", "--to", "json"],
    "migrate": ["s.toml", "--allow-loss"],
    "fmt": ["--check", "m.toml"],
    "eval": ["1 + 1", "m.toml"],
    "test": ["c.toml", "m.toml"],
    "report": ["m.toml", "-o", "OUT"],
    "zone": ["m.toml", "--domain", "example.org", "--address", "192.0.2.25", "--now", "2026-01-02T00:00:00Z"],
    "clients": ["m.toml", "--domain", "example.org"],
    "init": ["--yes", "--quiet", "--domain", "example.org", "--hostname", "mx.example.org", "NEW"],
    "hash": ["--memory", "8192"],
}
SPOKEN = r"socket|connect|sendto|sendmsg|bind|listen|accept4?|setsockopt|socketpair"


class Place:
    """A folder that nobody can write to, with sources and an image, and one for output."""

    def __init__(self, root):
        self.folder, self.out = os.path.join(root, "sources"), os.path.join(root, "out")
        os.makedirs(self.folder)
        os.makedirs(self.out)
        for name, text in (("m.toml", SOURCE), ("s.toml", SETTINGS), ("c.toml", CASES)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        self.image = os.path.join(self.folder, "m.stwi")
        self.runs = 0
        self.built = stwctest.run("build", "-q", "m.toml", "-o", self.image, cwd=self.folder)
        known = set(re.findall(r"^  ([a-z]+) ", stwctest.run("--help").stdout, re.M))
        self.commands = {name: words for name, words in COMMANDS.items() if name in known}
        self.left = sorted(known - set(COMMANDS))
        os.chmod(self.out, 0o777)
        os.chmod(self.folder, 0o555)
        os.chmod(root, 0o755)

    def words(self, name):
        self.runs += 1
        new = os.path.join(self.out, str(self.runs))
        return [w.replace("IMAGE", self.image).replace("OUT", self.out).replace("NEW", new)
                for w in [name, *self.commands[name]]]

    def run(self, name, before=(), **options):
        return subprocess.run([*before, stwctest.STWC, *self.words(name)], cwd=self.folder, capture_output=True, text=True,
                              input="a password\n", check=False, timeout=60, **options)

    @staticmethod
    def outcome(name, done):
        """What is the same each time: a hash has a salt."""
        return done.returncode, re.sub(r"p=.*", "p=", done.stdout) if name == "hash" else done.stdout


def works(*command, **options):
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=20, **options).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def same(tap, place, usual, how, before=(), **options):
    """Every command does the same under other circumstances."""
    for name in place.commands:
        done = place.run(name, before, **options)
        if not tap.ok(place.outcome(name, done) == usual[name], f"{name} {how}"):
            print("#   " + (done.stdout + done.stderr)[-300:])


def traced(tap, place):
    """The system calls themselves."""
    if not shutil.which("strace") or not works("strace", "-o", "/dev/null", "true"):
        print("# SKIP the system calls: strace cannot be used here")
        return
    for name in place.commands:
        log = os.path.join(place.out, "trace")
        place.run(name, ["strace", "-f", "-qq", "-o", log, "-e", "trace=all"], env={})
        with open(log, encoding="utf-8", errors="replace") as text:
            calls = text.read()
        os.unlink(log)
        spoken = re.findall(rf"^(?:\d+ +)?((?:{SPOKEN})\(.*)$", calls, re.M)
        tap.equal(spoken, [], f"{name} opens no socket")
        locks = re.findall(r"^(?:\d+ +)?(flock\(.*|fcntl\(.*F_(?:OFD_)?SETLKW?,.*)$", calls, re.M)
        tap.equal(locks, [], f"{name} takes no lock")
        opened = re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)"', calls)
        strange = [p for p in opened if re.search(r"/nowhere|resolv\.conf|/etc/(hosts|nsswitch|passwd|shadow|services)|/run/|/var/", p)]
        tap.equal(strange, [], f"{name} opens nothing that the configuration names, and nothing of a system's accounts or names")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as root:
        place = Place(root)
        tap.ok(place.built.status == 0, "files and variables that are nowhere are named, not needed") or print("#   " + place.built.stderr)
        tap.equal(place.left, [], "every command is tried")
        usual = {}
        for name in place.commands:
            done = place.run(name)
            usual[name] = place.outcome(name, done)
            tap.ok(done.returncode in (0, 1) and (done.returncode == 0 or name == "fmt"), f"{name} works") or print("#   " + done.stderr[-300:])
        same(tap, place, usual, "with an empty environment", env={})
        lone = next((w for w in (["unshare", "-n"], ["unshare", "-rn"]) if works(*w, "true")), None)
        if lone:
            same(tap, place, usual, "without a network", lone)
        else:
            print("# SKIP without a network: unshare is not allowed here")
        traced(tap, place)
        if os.getuid() != 0:
            print("# these tests ran without privileges")
        elif works(stwctest.STWC, "--version", user=NOBODY, group=NOBODY, extra_groups=[]):
            shutil.rmtree(place.out)
            os.mkdir(place.out)
            os.chmod(place.out, 0o777)
            same(tap, place, usual, "as an unprivileged user in a folder it cannot write to", env={}, user=NOBODY, group=NOBODY, extra_groups=[])
        else:
            print("# SKIP as an unprivileged user: nobody cannot reach the build folder")
        with open(os.path.join(place.folder, "m.toml"), encoding="utf-8") as source, open(place.image, "rb") as image:
            fcntl.flock(source, fcntl.LOCK_EX)
            fcntl.flock(image, fcntl.LOCK_EX)
            same(tap, place, usual, "while somebody holds locks on its inputs")
        os.chmod(place.folder, 0o755)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
