"""Images that are none: truncated, bit-flipped, foreign, newer, empty; and files changed in place."""

import os
import subprocess
import sys

import faulttest
from faulttest import FOOTER, STWC, Steady, put, sealed, stwtest
from stwtest import case, contains, equal, free_ports, greeting, listener, until

MENU = "".join(f'[BlockedIp.a{n}]\naddress = "192.0.2.{n}"\n' for n in range(200))


def flipped(image, at, bit=0x10):
    damaged = bytearray(image)
    damaged[at] ^= bit
    return bytes(damaged)


def bad_images(good, other_database):
    """(name, bytes, what the complaint says)"""
    end = len(good) - FOOTER
    whole = "no stw image"
    yield "empty", b"", whole
    yield "one byte", good[:1], whole
    yield "half", good[:len(good) // 2], whole
    yield "without footer", good[:end], whole
    yield "without its last byte", good[:-1], whole
    yield "without its first page", good[4096:], "damaged"
    yield "a byte too long", good + b"\0", whole
    yield "a hole in the middle", good[:4096] + bytes(8192) + good[12288:], "damaged"
    for at in (0, 4096, len(good) // 3, len(good) // 2, end - 40, end - 1):
        yield f"bit of byte {at} flipped", flipped(good, at), "damaged"
    for at, text in ((2, "damaged"), (8, "damaged"), (16, "damaged"), (24, "damaged"),
                     (32, "damaged"), (42, whole), (FOOTER - 1, "damaged")):
        yield f"bit of footer byte {at} flipped", flipped(good, end + at), text
    yield "newer format", sealed(good, format=99), "format 99"
    yield "format zero", sealed(good, format=0), whole
    yield "other page size", sealed(good, page=65536), "65536"
    yield "other word size", sealed(good, word=4), "32-bit"
    yield "lengths beyond the file", sealed(good, store=1 << 62), "damaged"
    yield "a program", open(sys.executable, "rb").read(200000), whole
    yield "text", b'[NetworkListener.smtp]\nprotocol = "smtp"\n' * 50, whole
    yield "a gzip file", b"\x1f\x8b\x08" + bytes(5000), whole
    yield "a database of someone else", other_database, whole


def pages(site):
    port, = free_ports(1)
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}") + MENU)
    return port, site.image.read_bytes()


@case
def given_to_a_running_stwd(site):
    """each bad image is refused with its reason, and nothing that serves notices"""
    port, good = pages(site)
    site.start()
    active = site.active()
    database = (site.state / "live.mdb").read_bytes()
    with Steady(port):
        for name, data, text in bad_images(good, database):
            put(site, data)
            _, complaint = site.expect(1, "reload", "--wait")
            contains(complaint, "refused")
            assert text in complaint, f"{name}: {complaint}"
            assert str(site.image) in complaint, f"{name}: the file is not named: {complaint}"
            status = site.status()
            equal(status["image"]["active"], active, name)
            equal(status["health"], "degraded", name)
            assert text in status["degraded"], f"{name}: {status['degraded']}"
            contains(site.expect(0, "ip", "192.0.2.77")[0], "192.0.2.77")
        put(site, good)
        site.expect(0, "reload", "--wait")
        site.expect(0, "status")
    equal(sorted(p.name for p in (site.state / "generations").iterdir()), [active + ".stwi"],
          "files in the state directory")


@case
def given_at_the_start(site):
    """without anything else to serve, each ends the start with status 1, reason and file"""
    _, good = pages(site)
    for name, data, text in bad_images(good, bytes(8192)):
        site.image.write_bytes(data)
        done = site.run("--foreground")
        equal(done.returncode, 1, name)
        assert text in done.stderr, f"{name}: {done.stderr}"
        assert str(site.image) in done.stderr, f"{name}: the file is not named: {done.stderr}"
        faulttest.no_report(done.stderr)
        done = site.run("--check")
        equal(done.returncode, 1, name + ", --check")
        assert text in done.stderr, f"{name}: {done.stderr}"


@case
def given_to_stwc(site):
    """stwc names the file and the reason, and never crashes on one"""
    _, good = pages(site)
    for name, data, text in bad_images(good, bytes(8192)):
        site.image.write_bytes(data)
        for words in (("verify", str(site.image)), ("dump", str(site.image))):
            done = subprocess.run([STWC, *words], capture_output=True, text=True, timeout=60)
            assert done.returncode in (1, 2), f"{name}, {words[0]}: {done.returncode} {done.stderr}"
            assert text in done.stderr, f"{name}, {words[0]}: {done.stderr}"
            contains(done.stderr, str(site.image))
            faulttest.no_report(done.stderr)


@case
def fall_back_at_the_start(site):
    """each is passed over at a start that has a generation, and the status says which and why"""
    port, good = pages(site)
    site.start()
    active = site.active()
    site.stop()
    for name, data, text in list(bad_images(good, bytes(8192)))[::6]:
        site.image.write_bytes(data)
        site.start()
        status = site.status()
        equal(status["image"]["active"], active, name)
        assert text in status["degraded"], f"{name}: {status['degraded']}"
        contains(status["degraded"], str(site.image))
        contains(greeting(port), "220")
        equal(site.stop(), 0, "exit status")


@case
def damaged_generation(site):
    """a damaged copy in the state directory is passed over at a start as well"""
    ports = free_ports(2)
    for port in ports:
        site.build(listener("smtp", "smtp", f"127.0.0.1:{port}"))
        if site.daemon is None:
            site.start()
            first = site.active()
    site.wait_for(lambda s: s["generation"] == 2, "the second")
    second = site.active()
    site.stop()
    site.image.unlink()
    copy = site.state / "generations" / (second + ".stwi")
    copy.chmod(0o600)
    copy.write_bytes(flipped(copy.read_bytes(), 4096))
    site.start()
    equal(site.active(), first, "active generation")
    contains(greeting(ports[0]), "220")
    equal(site.status()["health"], "degraded", "health")


@case
def damaged_bans(site):
    """live.mdb, damaged: never opened; the start is told of it, it is kept aside, and bans begin anew"""
    pages(site)
    path = site.state / "live.mdb"
    site.start()
    site.expect(0, "bans", "add", "198.51.100.7")
    equal(site.stop(), 0, "exit status")
    good = path.read_bytes()
    pid = None
    for at in (16, 16 + 24 + 48 + 40, 4096 + 16 + 24 + 48 + 40, 2 * 4096 + 10, len(good) - 20):
        path.write_bytes(flipped(good, at))
        site.start()
        assert site.daemon.pid != pid
        pid = site.daemon.pid
        banned = "ban" in site.expect(0, "ip", "198.51.100.7")[0]
        told = [w for w in site.status()["warnings"] if "live.mdb" in w]
        # of two meta pages, and of free pages, only one counts; what is lost is told
        assert banned or told, at
        if told:
            contains(site.log(), "stw.state-error")
            contains(told[0], "damaged")
        site.expect(0, "bans", "add", "198.51.100.8")
        equal(site.stop(), 0, "exit status")
    assert (site.state / "live.mdb.damaged").exists()
    site.start()
    contains(site.expect(0, "ip", "198.51.100.8")[0], "ban")
    equal([w for w in site.status()["warnings"] if "live.mdb" in w], [], "warnings")


@case
def changed_in_place(site):
    """the operator's file overwritten and cut while it serves: nobody reads it any more"""
    port, = free_ports(1)
    many = "".join(f'[[BlockedIp]]\naddress = "10.{n >> 8}.{n & 255}.0/24"\n' for n in range(20000))
    site.build(listener("smtp", "smtp", f"127.0.0.1:{port}") + many)
    good = site.image.read_bytes()
    assert len(good) > 200000, len(good)
    site.start()
    active = site.active()

    def probe(what):
        equal(site.active(), active, what)
        for n in range(0, 20000, 997):
            contains(site.expect(0, "ip", f"10.{n >> 8}.{n & 255}.7")[0], "blocked")

    with Steady(port):
        with open(site.image, "r+b") as f:
            for at in range(0, len(good), 65536):
                f.seek(at)
                f.write(b"\xff" * 4096)
                f.flush()
            probe("overwritten")
            for size in (len(good) // 2, 4096, 1, 0):
                f.truncate(size)
                probe(f"cut to {size}")
            f.truncate(len(good) * 4)
            probe("a file of zeros")
        site.expect(1, "reload", "--wait")
        probe("after a reload")
        # written back in place, piece by piece
        with open(site.image, "wb") as f:
            for at in range(0, len(good), 100000):
                f.write(good[at:at + 100000])
                f.flush()
        site.wait_for(lambda s: s["health"] == "healthy", "the status to mend")
    equal(site.active(), active, "at the end")


@case
def no_copy_is_left(site):
    """a copy that never serves does not stay: unchanged, refused, or of a stwd that was killed"""
    port, = free_ports(1)
    text = listener("smtp", "smtp", f"127.0.0.1:{port}")
    site.build(text)
    site.start()
    active = site.active()
    folder = site.state / "generations"
    for n in range(3):
        site.build(f"# remark {n}\n" + text)
        contains(site.expect(0, "reload", "--wait")[0], "unchanged")
    site.build(text + listener("lmtp", "lmtp", f"127.0.0.1:{port}"), site.dir / "twice.stwi")
    for _ in range(2):
        site.expect(1, "apply", site.dir / "twice.stwi")
        equal([p.name for p in folder.iterdir()], [active + ".stwi"], "generations")
    site.daemon.kill()
    site.daemon.wait()
    (folder / ("ab" * 32 + ".stwi")).write_bytes(b"x")
    (folder / ".incoming").write_bytes(b"x")
    (site.state / ".history.0123456789abcdef.tmp").write_bytes(b"x")
    (site.state / "note").write_text("of the operator")
    site.start()
    equal([p.name for p in folder.iterdir()], [active + ".stwi"], "generations after a kill")
    # a thread writes the history anew meanwhile
    until(lambda: not [p for p in site.state.iterdir() if p.suffix == ".tmp"], "temporary files to go")
    assert (site.state / "note").exists(), "a file that is not ours was removed"


stwtest.run()
