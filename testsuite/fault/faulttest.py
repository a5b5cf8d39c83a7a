"""What the fault tests share: the scenario helpers of stwd, steady connections, calls that fail.

STW_FAULT_FULL=1 (make fault-full) goes through every step; make check takes a part of them.
"""

import errno
import mmap
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "testsuite", "runtime"))

import stwtest  # noqa: E402
from stwtest import BUILD, FOOTER, STWC, STWD, greeting, sealed  # noqa: E402

FULL = os.environ.get("STW_FAULT_FULL", "") not in ("", "0")
PRELOAD = str(BUILD / "testsuite" / "fault" / "preload.so")
SANITIZED = "#define STW_SANITIZE 1" in (BUILD / "config.h").read_text()

# ---- images

def put(site, data, name="incoming"):
    """Renames these bytes over the image."""
    fresh = site.dir / name
    fresh.write_bytes(data)
    os.rename(fresh, site.image)


# ---- load

class Silent(ConnectionError):
    """The other side closed without a word."""


# what a connection may meet whose role is killed while it talks
CUT_OFF = (Silent, ConnectionResetError, BrokenPipeError)


class Steady:
    """Connections that come all the time; none of them may be lost but by one of the errors in `may`."""

    def __init__(self, *ports, talk=greeting, threads=2, may=()):
        self.ports, self.talk, self.may = ports, talk, may
        self.count, self.cut, self.failures = 0, 0, []
        self.halt = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(port,))
                        for port in ports for _ in range(threads)]

    def work(self, port):
        while not self.halt.is_set():
            try:
                if not self.talk(port):
                    raise Silent
                self.count += 1
            except self.may:
                self.cut += 1
            except Exception as why:
                self.failures.append(f"{port}: {why!r}")
            # the load is steady, not all that the machine can do: daemons need their turn
            time.sleep(0.002)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, kind, value, trace):
        self.halt.set()
        for t in self.threads:
            t.join()
        if kind is None:
            stwtest.equal(self.failures[:5], [], f"lost connections of {self.count}")
            assert self.count > 0, "no connection was made"


# ---- processes

def processes(site):
    """Process ids of main and its roles, by name."""
    status = site.status()
    found = {r["name"]: r["pid"] for r in status["roles"]}
    found["main"] = status["pid"]
    return found


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory(pid):
    """Anonymous memory of a process, in KiB."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1])
    raise AssertionError("smaps_rollup without Anonymous")


def all_serving(site):
    return site.wait_for(lambda s: all(r["phase"] == "serving" for r in s["roles"]),
                         "all roles to serve")


# ---- file systems

def privately(*words):
    """A command in mount name space of its own, or None where that is not allowed."""
    unshare = ["unshare", "--mount", "--propagation", "private"]
    probe = [*unshare, "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]
    if os.getuid() != 0 or subprocess.run(probe, capture_output=True).returncode != 0:
        return None
    return [*unshare, *words]


# ---- calls that fail

OPEN, WRITE, SYNC, RENAME, TRUNCATE, MAP, COPY, REMOVE, READ, MEMORY, LIBRARY = (
    1 << n for n in range(11))
CHANGES = OPEN | WRITE | SYNC | RENAME | TRUNCATE | MAP | COPY | REMOVE
KILL, APPEND, CUT = -1, -2, -3


class Faults:
    """The page that preload.c obeys."""

    FORM = "<6i40s512s"

    def __init__(self, directory):
        if not os.path.exists(PRELOAD):
            raise stwtest.Skip("preload.so was not built")
        self.path = os.path.join(directory, "fault-page")
        with open(self.path, "wb") as f:
            f.write(bytes(4096))
        with open(self.path, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), 4096)

    def env(self):
        options = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": PRELOAD, "STW_FAULT_PAGE": self.path,
                "ASAN_OPTIONS": options + ":verify_asan_link_order=0"}

    def arm(self, number, action, kinds=CHANGES, target=""):
        """The number-th call of these kinds from now on meets the action."""
        self.disarm()
        body = struct.pack(self.FORM, 0, number, kinds, action, 0, 0, b"",
                           os.fsencode(str(target)))
        self.page[:len(body)] = body
        self.page[:4] = struct.pack("<i", 1)

    def hit(self):
        """The call that was hit, or None."""
        fields = struct.unpack_from(self.FORM, self.page)
        return fields[6].rstrip(b"\0").decode() if fields[5] else None

    def disarm(self):
        """The call that was hit, or None; from now on none is."""
        self.page[:4] = struct.pack("<i", 0)
        return self.hit()


def no_report(text):
    """Fails where a sanitizer has complained."""
    for mark in ("Sanitizer", "runtime error:"):
        assert mark not in text, text
