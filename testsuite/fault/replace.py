"""The operator's file replaced in every way there is, with connections that never stop."""

import os
import shutil
import subprocess
import tempfile
import time

import faulttest
from faulttest import Steady, stwtest
from stwtest import Skip, case, contains, equal, free_ports, listener, refuses, until


class Versions:
    """Images that differ in one listener; which one serves is seen from outside."""

    def __init__(self, site, count):
        self.site = site
        self.steady, *self.ports = free_ports(count + 1)
        self.text = listener("smtp", "smtp", f"127.0.0.1:{self.steady}")

    def build(self, n, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return self.site.build(self.text + listener("imap", "imap", f"127.0.0.1:{self.ports[n]}"),
                               path)

    def serves(self, n, patience=5):
        until(lambda: not refuses(self.ports[n]), f"version {n}", patience)
        for other, port in enumerate(self.ports):
            if other != n:
                until(lambda port=port: refuses(port), f"version {other} to end", patience)


@case
def config_map(site):
    """..data renamed to a new directory and the old one removed, as Kubernetes mounts do it"""
    v = Versions(site, 4)
    mount = site.dir / "mount"
    mount.mkdir()
    v.build(0, mount / "..2026_01_01" / "mail.stwi")
    (mount / "..data").symlink_to("..2026_01_01")
    (mount / "mail.stwi").symlink_to("..data/mail.stwi")
    site.image = mount / "mail.stwi"
    site.start()
    with Steady(v.steady):
        for n in range(1, 4):
            fresh, old = f"..2026_01_0{n + 1}", os.readlink(mount / "..data")
            v.build(n, mount / fresh / "mail.stwi")
            (mount / "..data_tmp").symlink_to(fresh)
            os.rename(mount / "..data_tmp", mount / "..data")
            shutil.rmtree(mount / old)
            v.serves(n)
    site.expect(0, "status")


@case
def long_chain(site):
    """a chain through several directories and links; one in the middle is replaced, then broken"""
    v = Versions(site, 3)
    for n in range(3):
        v.build(n, site.dir / f"v{n}" / "deep" / "mail.stwi")
    (site.dir / "c").symlink_to("v0")
    (site.dir / "b").symlink_to(site.dir / "c")
    (site.dir / "a.stwi").symlink_to("b/deep/mail.stwi")
    site.image = site.dir / "a.stwi"
    site.start()
    took = []
    with Steady(v.steady):
        for n in (1, 0, 1):
            (site.dir / "next").symlink_to(f"v{n}")
            began = time.monotonic()
            os.rename(site.dir / "next", site.dir / "c")
            v.serves(n)
            took.append(time.monotonic() - began)
        # seen by the watch: the poll alone would act 2 s after at the earliest
        assert min(took) < 1.5, took
        # a loop, and a link to nothing: refused, and what serves goes on
        for target, words in (("c", "symbolic links"), ("nowhere", "No such file")):
            (site.dir / "next").symlink_to(target)
            os.rename(site.dir / "next", site.dir / "c")
            _, complaint = site.expect(1, "reload", "--wait")
            contains(complaint, words)
            contains(complaint, str(site.image))
            v.serves(1)
        (site.dir / "next").symlink_to("v2")
        os.rename(site.dir / "next", site.dir / "c")
        v.serves(2)
    site.expect(0, "status")


@case
def hard_link(site):
    """a hard link renamed over the file, and the file unlinked and linked anew"""
    v = Versions(site, 3)
    paths = [v.build(n, site.dir / f"v{n}.stwi") for n in range(3)]
    os.link(paths[0], site.image)
    site.start()
    with Steady(v.steady):
        os.link(paths[1], site.dir / "next")
        os.rename(site.dir / "next", site.image)
        v.serves(1)
        site.image.unlink()
        os.link(paths[2], site.image)
        v.serves(2)
        # the other name of the file that serves: nobody reads it any more
        paths[2].write_bytes(b"")
        v.serves(2)
        contains(site.expect(1, "reload", "--wait")[1], str(site.image))
        v.serves(2)


@case
def removed(site):
    """removed: it goes on serving, degraded when asked to reload; put back, it is healthy"""
    v = Versions(site, 2)
    v.build(0, site.image)
    good = site.image.read_bytes()
    site.start()
    with Steady(v.steady):
        site.image.unlink()
        _, complaint = site.expect(1, "reload", "--wait")
        contains(complaint, str(site.image))
        contains(complaint, "No such file")
        equal(site.status()["health"], "degraded", "health")
        v.serves(0)
        site.image.write_bytes(good)
        site.wait_for(lambda s: s["health"] == "healthy", "the status to mend")
        # the directory itself goes and comes back
        folder = site.dir / "folder"
        folder.mkdir()
    site.stop()
    site.image = folder / "mail.stwi"
    v.build(0, site.image)
    site.start()
    with Steady(v.steady):
        os.rename(folder, site.dir / "away")
        site.expect(1, "reload", "--wait")
        v.serves(0)
        v.build(1, folder / "new")
        os.rename(folder / "new", site.image)
        v.serves(1, 8)


@case
def across_file_systems(site):
    """moved from another file system (copied, then complete), and a state directory on another one"""
    v = Versions(site, 4)
    if not os.access("/dev/shm", os.W_OK) or os.stat("/dev/shm").st_dev == site.dir.stat().st_dev:
        raise Skip("needs /dev/shm as another file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        site.state = faulttest.pathlib.Path(other) / "state"
        v.build(0, site.image)
        try:
            site.start()
            with Steady(v.steady):
                for n, how in ((1, "mv"), (2, "cp"), (3, "ln")):
                    far = v.build(n, faulttest.pathlib.Path(other) / f"v{n}.stwi")
                    if how == "ln":
                        (site.dir / "next").symlink_to(far)
                        os.rename(site.dir / "next", site.image)
                    else:
                        subprocess.run([how, str(far), str(site.image)], check=True)
                    v.serves(n)
                # gone with its file system: what serves is a copy
                far.unlink()
                site.expect(1, "reload", "--wait")
                v.serves(3)
        finally:
            site.stop()


@case
def anything_but_a_file(site):
    """a directory, a FIFO, a socket or a device in its place: refused, named, and not waited for"""
    v = Versions(site, 1)
    v.build(0, site.image)
    good = site.image.read_bytes()
    site.start()
    listening = stwtest.socket.socket(stwtest.socket.AF_UNIX)
    with Steady(v.steady), listening:
        def directory(path):
            path.mkdir()

        def link(path):
            path.symlink_to("/dev/zero")

        def bind(path):
            listening.bind(str(path))

        for make in (directory, os.mkfifo, bind, link):
            site.image.unlink()
            make(site.image)
            _, complaint = site.expect(1, "reload", "--wait")
            contains(complaint, str(site.image))
            equal(site.status()["health"], "degraded", "health")
            done = site.run("--check")
            assert done.returncode in (1, 2), done.returncode
            contains(done.stderr, str(site.image))
            if site.image.is_dir():
                site.image.rmdir()
                site.image.write_bytes(b"")
        site.image.unlink()
        site.image.write_bytes(good)
        site.wait_for(lambda s: s["health"] == "healthy", "the status to mend")
    site.stop()
    shutil.rmtree(site.state)
    for make in (directory, os.mkfifo):
        site.image.unlink()
        make(site.image)
        done = site.run("--foreground")
        equal(done.returncode, 1, done.stderr)
        contains(done.stderr, str(site.image))
        if site.image.is_dir():
            site.image.rmdir()
            site.image.write_bytes(b"")


stwtest.run()
