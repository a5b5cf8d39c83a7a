"""stwc build when the disk is full, the disk fails, or the process is killed: at every step."""

import os
import resource
import signal
import subprocess

import faulttest
from faulttest import CHANGES, FULL, KILL, SANITIZED, STWC, Faults, errno, stwtest
from stwtest import Skip, case, contains, equal

OLD = '[SystemSettings]\ndefaultHostname = "old.example.org"\n'
NEW = '[SystemSettings]\ndefaultHostname = "new.example.org"\n' + "".join(
    f'[Domain.d{n}]\nname = "d{n}.example.org"\n' for n in range(300))
STEPS_MAX = 500


def prepare(site):
    """A directory with an old image; its bytes, and the new source."""
    folder = site.dir / "out"
    folder.mkdir()
    old, new = site.dir / "old.toml", site.dir / "new.toml"
    old.write_text(OLD)
    new.write_text(NEW)
    site.image = folder / "mail.stwi"
    site.compile(old, site.image)
    return site.image.read_bytes(), new


def build(site, source, env=None, preexec=None):
    return subprocess.run([STWC, "build", "-q", str(source), "-o", str(site.image)],
                          env=site.environment(env), preexec_fn=preexec, capture_output=True,
                          text=True, timeout=60)


def verify(site):
    done = subprocess.run([STWC, "verify", str(site.image)], capture_output=True, text=True)
    equal(done.returncode, 0, "stwc verify: " + done.stderr)


def wanted_image(site, source):
    other = site.dir / "wanted.stwi"
    site.compile(source, other)
    return other.read_bytes()


def steps(site, action, kinds=CHANGES):
    """Runs a build for each call that can be hit; yields (number, call, result)."""
    faults = Faults(site.dir)
    for number in range(1, STEPS_MAX):
        faults.arm(number, action, kinds)
        done = build(site, site.dir / "new.toml", faults.env())
        hit = faults.disarm()
        faulttest.no_report(done.stderr)
        if not hit:
            equal(done.returncode, 0, "a build without a fault: " + done.stderr)
            assert number > 10, f"only {number} steps were seen"
            return
        yield number, hit, done


def each_call_fails(site, code):
    old, source = prepare(site)
    new = wanted_image(site, source)
    for number, call, done in steps(site, code):
        what = f"step {number}, {call}: {done.stderr}"
        names = os.listdir(site.image.parent)
        equal(names, ["mail.stwi"], what)
        have = site.image.read_bytes()
        if done.returncode == 0:
            # a sanitizer maps memory that it can do without
            assert SANITIZED and call.startswith("mmap"), what
            equal(have, new, what)
            site.image.write_bytes(old)
            continue
        equal(done.returncode, 2, what)
        if "sync the directory" in done.stderr:
            # the one failure behind the rename (base/fs.h)
            equal(have, new, what)
            site.image.write_bytes(old)
        else:
            assert have == old, what
        if call.startswith("open") and "library" in done.stderr:
            continue
        contains(done.stderr, os.strerror(code))
        assert str(site.image) in done.stderr or "new.toml" in done.stderr, what
    verify(site)


@case
def full_disk_at_each_call(site):
    """ENOSPC at each call: the old file stays whole, nothing temporary is left, the file is named"""
    each_call_fails(site, errno.ENOSPC)


@case
def broken_disk_at_each_call(site):
    """EIO at each call: the same"""
    each_call_fails(site, errno.EIO)


@case
def killed_at_each_call(site):
    """kill -9 at each call: the image is the old one or the new one, always whole"""
    old, source = prepare(site)
    new = wanted_image(site, source)
    seen = set()
    for number, call, done in steps(site, KILL):
        what = f"step {number}, {call}"
        equal(done.returncode, -signal.SIGKILL, what)
        have = site.image.read_bytes()
        assert have in (old, new), what + ": a torn image"
        seen.add(have == new)
        if FULL:
            verify(site)
        for name in os.listdir(site.image.parent):
            # what a killed process leaves is hidden, and no source of a directory
            assert name == "mail.stwi" or name.startswith(".mail.stwi."), what + ": " + name
            if name != "mail.stwi":
                os.unlink(site.image.parent / name)
        site.image.write_bytes(old)
    equal(seen, {True, False}, "both outcomes were seen")


@case
def file_size_limit(site):
    """a limit of the file size is an error like a full disk, not the end by a signal"""
    old, source = prepare(site)
    for limit in (0, 1, 4096, 50000, 80000):
        done = build(site, source,
                     preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        equal(done.returncode, 2, f"limit {limit}: {done.stderr}")
        contains(done.stderr, str(site.image))
        # LMDB has words of its own for a write that is cut short
        contains(done.stderr, "cannot write the ")
        equal(site.image.read_bytes(), old, f"limit {limit}")
        equal(os.listdir(site.image.parent), ["mail.stwi"], f"limit {limit}")


@case
def really_full_disk(site):
    """on a file system without room: the old file stays whole, and room makes it work again"""
    old, source = prepare(site)
    script = (f"mount -t tmpfs -o size=200k none {site.dir}/out && cp {site.dir}/kept {site.image}"
              f" && dd if=/dev/zero of={site.dir}/out/filler bs=1k status=none;"
              f" {STWC} build -q {source} -o {site.image}; echo status $?;"
              f" ls -A {site.dir}/out; cmp {site.image} {site.dir}/kept && echo same;"
              f" rm {site.dir}/out/filler;"
              f" mount -o remount,size=900k {site.dir}/out;"
              f" {STWC} build -q {source} -o {site.image} && {STWC} verify -q {site.image}"
              f" && echo mended")
    (site.dir / "kept").write_bytes(old)
    words = faulttest.privately("sh", "-c", script)
    if not words:
        raise Skip("needs root, and a mount name space of its own")
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    equal(done.stdout.split("\n"), ["status 2", "filler", "mail.stwi", "same", "mended", ""],
          done.stderr)
    contains(done.stderr, os.strerror(errno.ENOSPC))
    contains(done.stderr, str(site.image))


@case
def no_place_for_it(site):
    """a target that is a directory, a device, or in a directory that is not there"""
    _, source = prepare(site)
    for target in (site.dir, "/dev/null", site.dir / "none" / "mail.stwi"):
        site.image = target
        done = build(site, source)
        equal(done.returncode, 2, str(target))
        contains(done.stderr, str(target))
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


stwtest.run()
