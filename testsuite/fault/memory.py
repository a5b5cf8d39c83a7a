"""Memory that is not there, and files that cannot be read: at every step of a build and of a reload."""

import os
import signal
import subprocess

import faulttest
from faulttest import FULL, LIBRARY, MEMORY, READ, SANITIZED, STWC, Faults, errno, put, stwtest
from stwtest import Skip, case, contains, equal, free_ports, greeting, listener

STEPS_MAX = 4000
LIBRARY_STEPS_MAX = 100000
SOURCES = {
    "a.toml": '[SystemSettings]\ndefaultHostname = "mail.example.org"\n'
              '[Certificate.a]\ncertificate = {"@type" = "File", filePath = "a.pem"}\n'
              'privateKey = {"@type" = "File", filePath = "a.key"}\n'
              + listener("smtp", "smtp", "127.0.0.1:2525")
              + '[MtaStageEhlo]\nrejectNonFqdn = { match = [ { if = "matches(\'^(a|b)[.]\', remote_ip)", '
                'then = "is_local_domain(remote_ip) || [1, 2][0] == 1" } ], else = "local_port == 25" }\n'
              + '[Directory.l]\n"@type" = "Ldap"\nurl = "ldap://127.0.0.1:389"\nbaseDn = "dc=example,dc=org"\n'
                'description = "x"\nfilterLogin = "(&(objectClass=person)(mail=?))"\n',
    "b.yaml": "Domain:\n  a: {name: example.org}\n  b: {name: münchen.de, description: 'x'}\n",
    "c.json": '{"NetworkListener": {"imap": {"protocol": "imap", "bind": ["[::]:143", 5]}}}',
    "d.ndjson": '{"@type":"create","object":"BlockedIp","value":{"a":{"address":"192.0.2.1"}}}\n'
                '{"@type":"upsert","object":"BlockedIp","value":{"b":{"address":"192.0.2.1/32"}}}\n'
                '{"@type":"create","object":"Domain","value":{"d":{"name":"example.net"}}}\n'
                '{"@type":"update","object":"Domain","id":"#d","value":{"description":"later"}}\n'
                '{"@type":"upsert","object":"Domain","matchOn":["name"],"value":{"e":{"name":"example.net"}}}\n'
                '{"@type":"create","object":"NetworkListener","value":{"x":{"name":"x","protocol":"smtp",'
                '"bind":{"127.0.0.1:99":true}}}}\n'
                '{"@type":"destroy","object":"NetworkListener","value":{"name":"x"}}\n',
    "e.toml": "[unknown]\na = 1\n[Domain.x]\nname = 'not valid'\nnmae = 1\n",
}
# OpenSSL goes on with a context that it could not set up (3.0: a lock of it is NULL); all that can be
# asked for there is that the file stays whole.
FRAGILE = " in libcrypto.so.3"
VALID = ("a.toml", "b.yaml", "d.ndjson")


def steps(most, full=STEPS_MAX):
    """Numbers of the calls to hit: each of the first `full` in a full run; then a part that thins out."""
    number = 1
    while number < most:
        yield number
        number += 1 if FULL and number < full else 1 + number // (100 if FULL else 6)


def needs_allocator():
    if SANITIZED:
        raise Skip("a sanitizer has an allocator of its own")


class Build:
    """A directory with sources, and an image that a failing build has to leave alone."""

    def __init__(self, site, names=VALID):
        self.site, self.folder = site, site.dir / "out"
        self.folder.mkdir()
        self.sources = []
        for name in names:
            (site.dir / name).write_text(SOURCES[name])
            self.sources.append(str(site.dir / name))
        self.image = self.folder / "mail.stwi"
        self.faults, self.more = Faults(site.dir), {}
        self.old = b"the old image"
        self.image.write_bytes(self.old)

    def run(self, number, code, kinds, *words):
        """(what was hit, status, stdout and stderr); the old image stays or a whole one takes its place."""
        self.faults.arm(number, code, kinds)
        command = [STWC, *(words or ("build", "-q", "-o", str(self.image)))]
        done = subprocess.run([*command, *self.sources], env=self.site.environment({**self.faults.env(), **self.more}),
                              capture_output=True, timeout=60)
        hit = self.faults.disarm()
        said = (done.stdout + done.stderr).decode(errors="replace")
        what = f"step {number}, {hit}: {done.returncode} {said}"
        crashed = done.returncode == -signal.SIGSEGV and hit and hit.endswith(FRAGILE)
        assert done.returncode in (0, 1, 2) or crashed, what
        assert done.returncode == 0 or said or crashed, what
        equal(os.listdir(self.folder), ["mail.stwi"], what)
        have = self.image.read_bytes()
        if done.returncode == 0 and not words:
            verified = subprocess.run([STWC, "verify", str(self.image)], capture_output=True)
            equal(verified.returncode, 0, what)
            self.image.write_bytes(self.old)
        else:
            assert have == self.old, what
        return hit, done.returncode, said

    def wanted(self):
        hit, status, said = self.run(0, errno.ENOMEM, 0)
        equal((hit, status), (None, 0), said)


@case
def build_without_memory(site):
    """each allocation of stwc build fails: it says so with status 2, and leaves the old image whole"""
    needs_allocator()
    build = Build(site)
    build.wanted()
    for number in steps(STEPS_MAX):
        hit, status, said = build.run(number, errno.ENOMEM, MEMORY)
        if not hit:
            break
        # some memory is only asked for to be faster
        if status:
            equal(status, 2, f"step {number}, {hit}: {said}")
            assert "memory" in said, f"step {number}, {hit}: {said}"
    print(f"# {number - 1} allocations")
    assert number > 20, f"only {number} steps were seen"


@case
def check_without_memory(site):
    """each allocation of a check with errors fails: it never says valid, and never nothing"""
    needs_allocator()
    build = Build(site, SOURCES)
    for form in ("text", "json"):
        for number in steps(STEPS_MAX):
            hit, status, said = build.run(number, errno.ENOMEM, MEMORY, "check", "--format", form)
            if not hit:
                break
            assert status in (1, 2) and said, f"step {number}, {hit}: {said}"
        print(f"# {form}: {number - 1} allocations")
        equal(status, 1, "without a fault")


CASES = """
[[case]]
recipient = "a@example.org"
answers = { is_local_address = true }
expect = "local"
[[case]]
address = "192.0.2.9"
expect = "allowed"
[[case]]
field = "NetworkListener/smtp/bind"
expect = ["127.0.0.1:2525"]
[[case]]
field = "MtaStageEhlo/rejectNonFqdn"
with = { local_port = 25 }
expect = true
[[case]]
limits = "MtaInboundThrottle"
expect = []
"""


def each_allocation(site, build, words, page=None):
    """A command for each allocation that fails: it gives up and says so, or does what it does without."""
    _, status, wanted = build.run(0, errno.ENOMEM, 0, *words)
    assert status in (0, 1), wanted
    whole = page.read_bytes() if page else None
    for number in steps(STEPS_MAX):
        if page:
            page.write_bytes(b"the old page")
        hit, now, said = build.run(number, errno.ENOMEM, MEMORY, *words)
        what = f"{words[0]}: step {number}, {hit}: {now} {said}"
        if not hit:
            break
        if now == 2:
            assert "memory" in said or "SHA-256" in said, what
        else:
            equal(now, status, what)
            assert said == wanted or "not all of it is shown" in said, what
        if page:
            equal(page.read_bytes(), b"the old page" if now == 2 else whole, what)
    print(f"# {words[0]}: {number - 1} allocations")
    assert number > 20, f"only {number} steps were seen"


@case
def questions_without_memory(site):
    """each allocation of test, report and check --all fails: nothing is decided wrongly, nothing is half-written"""
    needs_allocator()
    build = Build(site)
    build.more = {"PATH": "/nowhere"}  # dot would be hit too
    cases = site.dir / "cases.toml"
    cases.write_text(CASES)
    page = ("report", "-q", "-o", str(site.dir / "page"))
    each_allocation(site, build, ("test", str(cases)))
    each_allocation(site, build, page, site.dir / "page" / "index.html")
    project = site.dir / "stw.toml"
    project.write_text(f"sources = {build.sources}\n[image.a]\n[image.b]\n")
    image = site.dir / "whole.stwi"
    subprocess.run([STWC, "build", "-q", *build.sources, "-o", str(image)], check=True, capture_output=True)
    build.sources = [str(image)]
    each_allocation(site, build, ("test", "--format", "junit", str(cases)))
    each_allocation(site, build, page, site.dir / "page" / "index.html")
    build.sources = []
    each_allocation(site, build, ("check", "--all", "--project", str(project)))


@case
def libraries_without_memory(site):
    """memory that libraries ask for in stwc build fails: the old image stays whole, or a whole one is made"""
    needs_allocator()
    build, crashes, count = Build(site), 0, 0
    for number in steps(LIBRARY_STEPS_MAX, 100):
        hit, status, _ = build.run(number, errno.ENOMEM, LIBRARY)
        if not hit:
            break
        count += 1
        crashes += status < 0
    assert number > 20, f"only {number} steps were seen"
    print(f"# {count} steps, {crashes} of them a crash in libcrypto")


@case
def build_with_failing_reads(site):
    """each read of stwc build fails: the file is named, the old image stays"""
    build = Build(site)
    build.wanted()
    for number in range(1, STEPS_MAX):
        hit, status, said = build.run(number, errno.EIO, READ)
        if not hit:
            break
        equal(status, 2, f"step {number}, {hit}: {said}")
        contains(said, os.strerror(errno.EIO))
        assert any(name in said for name in (*build.sources, str(build.image))), said
    print(f"# {number - 1} reads")
    assert number > len(VALID), f"only {number} steps were seen"


def each_reload(site, code, kinds, least):
    """A reload for each call: one of the two images serves, wholly, by the same processes."""
    faults = Faults(site.dir)
    port, web = free_ports(2)
    images = [site.build(listener("smtp", "smtp", f"127.0.0.1:{port}")
                         + listener("web", "http", f"127.0.0.1:{web}")
                         + f'[BlockedIp.a]\naddress = "192.0.2.{n + 1}"\n',
                         site.dir / f"image{n}").read_bytes() for n in range(2)]
    site.image.write_bytes(images[0])
    site.start(env={**faults.env(), "STW_FAULT_ROLES": "1"})
    # nothing else is under way that could be hit
    site.expect(0, "reload", "--wait", "--force")
    pids, at = faulttest.processes(site), 0
    before = {name: faulttest.descriptors(pid) for name, pid in pids.items()}
    for number in steps(STEPS_MAX):
        active, blocked = None, []
        while active != site.active():  # the poll may look between two questions
            active = site.active()
            blocked = ["blocked" in site.expect(0, "ip", f"192.0.2.{n + 1}")[0] for n in range(2)]
        equal(sum(blocked), 1, "images that serve")
        at, log = 1 - blocked.index(True), len(site.log())
        faults.arm(number, code, kinds)
        put(site, images[at])
        done = site.ctl("reload", "--wait", "--force")
        hit = faults.disarm()
        what = f"step {number}, {hit}: {done.returncode} {done.stderr} {site.log()[log:]}"
        assert done.returncode in (0, 1, 2), what
        assert done.returncode != 1 or kinds != READ or os.strerror(code) in done.stderr, what
        assert site.daemon.poll() is None, what
        faulttest.all_serving(site)
        equal(faulttest.processes(site), pids, what)
        contains(greeting(port), "220")
        if not hit:
            break
    print(f"# {number - 1} calls")
    assert number > least, f"only {number} steps were seen"
    equal(done.returncode, 0, "a reload without a fault: " + done.stderr)
    site.expect(0, "status")

    def settled():
        now = {name: faulttest.descriptors(pid) for name, pid in pids.items()}
        return all(now[name] <= before[name] + 1 for name in now)

    stwtest.until(settled, f"descriptors to be as before: {before}")
    equal(site.stop(), 0, "exit status")


@case
def reload_without_memory(site):
    """each allocation of a reload fails, in main and in the roles: refused, or done all the same"""
    needs_allocator()
    each_reload(site, errno.ENOMEM, MEMORY, 20)


@case
def reload_with_failing_reads(site):
    """each read of a reload fails: refused by name, or done all the same"""
    each_reload(site, errno.EIO, READ, 1)


stwtest.run()
