"""Sources made to hurt stwc: depth, colliding keys, files that change, things that are no files."""

import functools
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import faulttest
from faulttest import APPEND, CUT, FULL, READ, SANITIZED, STWC, Faults, stwtest

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "testsuite", "stwc"))

import stwctest  # noqa: E402

MB = 1000 * 1000
BRACKETS = 100 * MB if FULL else 10 * MB
KEYS = 20 if FULL else 15  # as a power of two
SECONDS = 60


def check(path, *words, env=None):
    """(status, stderr, seconds of CPU time, most memory in MB) of a check."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as out:
        child = subprocess.Popen([STWC, "check", "--format", "json", *words, path], stdout=out,
                                 stderr=said, stdin=subprocess.DEVNULL, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        out.seek(0)
        text = said.read().decode(errors="replace")
        faulttest.no_report(text)
        document = out.read().decode(errors="replace")
    assert time.monotonic() - began < SECONDS, "it took for ever"
    found = json.loads(document)["diagnostics"] if document.startswith("{") else []
    return (child.returncode, text, found, usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1000)


def brackets(tap, folder):
    """Megabytes of what opens (a hundred of brackets alone): one error with a place, no more memory than the file."""
    forms = [("a.json", b"["), ("b.json", b'{"a":'), ("a.ndjson", b"["), ("a.toml", b"a = ["),
             ("b.toml", b"{a="), ("a.yaml", b"["), ("b.yaml", b"- "), ("c.yaml", b"{"),
             ("settings", b"a.b = [")]
    for name, unit in forms:
        path = os.path.join(folder, name)
        head = unit[:-1] if unit.endswith(b"[") else b"x = " if name == "b.toml" else b""
        large = unit.endswith(b"[") and name != "a.ndjson" and not SANITIZED
        millions = 100 if large else BRACKETS // MB
        with open(path, "wb") as out:
            out.write(head)
            block = b"[" * MB if unit.endswith(b"[") else unit * (MB // len(unit))
            for _ in range(millions):
                out.write(block)
        words = ["--from", "settings"] if name == "settings" else []
        status, _, found, seconds, memory = check(path, *words)
        size = os.path.getsize(path) / MB
        nested = [d for d in found if d["code"] == "nesting"]
        ok = status == 1 and nested and nested[0].get("line") == 1 and nested[0]["file"] == path
        ok = ok and len(found) < 5 and (SANITIZED or memory < size * 1.2 + 30)
        tap.ok(ok, f"{name}: {size:.0f} MB of {unit.decode()!r}: {seconds:.1f} s, {memory:.0f} MB")
        if not ok:
            print(f"# status {status}, {found[:3]}")
        os.unlink(path)


# ---- keys that collide

def fnv(data, at=0x811c9dc5):
    for byte in data:
        at = ((at ^ byte) * 0x01000193) & 0xffffffff
    return at


@functools.lru_cache
def fnv_pairs(count):
    """Pairs of blocks that lead FNV-1a (32 bit) from one state to the same next one."""
    at, pairs, chance = 0x811c9dc5, [], random.Random(1)
    while len(pairs) < count:
        seen, state = {}, None
        while state is None or state not in seen or seen[state] == block:
            if state is not None:
                seen[state] = block
            block = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8))
            state = fnv(block.encode(), at)
        pairs.append((seen[state], block))
        at = state
    return pairs


def families(bits):
    """(name, keys): two to the power of bits keys that are one to some hash."""
    pairs = fnv_pairs(KEYS)[:bits]
    assert fnv("".join(p[0] for p in pairs).encode()) == fnv("".join(p[1] for p in pairs).encode())
    yield "FNV-1a", pairs
    yield "a hash times 33", [("Ez", "FY")] * bits
    yield "a hash times 31", [("Aa", "BB")] * bits
    yield "a sum of bytes", [("ab", "ba")] * bits


def keys_of(pairs):
    return map("".join, itertools.product(*pairs))


def as_json(keys, out):
    out.write('{"Domain":{')
    for n, k in enumerate(keys):
        out.write(f'{"," if n else ""}"{k}":{{"name":"{n:x}.example.org"}}')
    out.write("}}\n")


def as_fields(keys, out):
    out.write("{" + ",".join(f'"{k}":1' for k in keys) + "}\n")


def as_toml(keys, out):
    out.write("[a]\n")
    for k in keys:
        out.write(f"{k} = 1\n")


def as_yaml(keys, out):
    out.write("a:\n")
    for k in keys:
        out.write(f"  {k}: 1\n")


def as_settings(keys, out):
    # unknown keys alone would be nothing to check
    out.write('server.hostname = "mail.example.org"\n')
    for k in keys:
        out.write(f"a.{k} = 1\n")


def within(measure, factor, base, slack):
    """The least time of up to four turns, as soon as it is at most `factor` times that of `base`: others
    use the machine too, and what grows with a square is far beyond it in every turn."""
    spent = measure()
    for _ in range(3):
        if spent < factor * base + slack:
            break
        spent = min(spent, measure())
    return spent


def collisions(tap, folder):
    """Chosen keys cost what counted ones of their length cost; nothing grows faster than their number."""
    less = 0 if FULL else 2
    writers = (("json", as_json, KEYS), ("json", as_fields, KEYS), ("toml", as_toml, KEYS - less),
               ("yaml", as_yaml, KEYS - less), ("settings", as_settings, KEYS - 2 * less))
    for suffix, write, bits in writers:
        def measured(keys):
            return lambda: cost(folder, suffix, write, keys())
        width = 4 * bits
        base = measured(lambda: (f"{n:0{width}x}" for n in range(1 << bits)))()
        for name, pairs in families(bits):
            spent = within(measured(lambda: keys_of(pairs)), 3, base, 0.5)
            tap.ok(spent < 3 * base + 0.5,
                   f"{suffix}, {write.__name__}: {1 << bits} keys that collide under {name}: "
                   f"{spent:.2f} s, others {base:.2f} s")
        half = measured(lambda: itertools.islice(keys_of(pairs), 1 << (bits - 1)))()
        spent = within(measured(lambda: keys_of(pairs)), 3, half, 0.3)
        tap.ok(spent < 3 * half + 0.3,
               f"{suffix}, {write.__name__}: linear: {spent:.2f} s, {half:.2f} s for half")


def cost(folder, suffix, write, keys):
    path = os.path.join(folder, "keys." + suffix)
    with open(path, "w", encoding="ascii") as out:
        write(keys, out)
    words = ["--from", "settings"] if suffix == "settings" else []
    status, text, found, seconds, _ = check(path, *words)
    assert status in (0, 1), (status, text, found[:3])
    assert not any(d["code"].startswith("duplicate") for d in found), found[:3]
    return seconds


# ---- files that change, and what is no file

HOST = '[SystemSettings]\ndefaultHostname = "a.example.org"\n'
# the file that changes, what it holds, and the source that is read
CHANGING = (("a.toml", HOST, "a.toml"),
            ("b.json", '{"SystemSettings": {"defaultHostname": "a.example.org"}}\n', "b.json"),
            ("c.yaml", "SystemSettings: {defaultHostname: a.example.org}\n", "c.yaml"),
            ("d.ndjson", '{"@type":"create","object":"BlockedIp","value":{"a":{"address":"192.0.2.1"}}}\n' * 3,
             "d.ndjson"),
            ("addresses.txt", "192.0.2.1\n198.51.100.0/24\n", "list.toml"))
LIST = HOST + '[BlockedIp.include-list]\nfile = "addresses.txt"\nformat = "cidr"\n'


def changing(tap, folder):
    """A file that grows or shrinks while it is read is named, and nothing is made of it."""
    faults = Faults(folder)
    env = {**os.environ, **faults.env()}
    image = os.path.join(folder, "a.stwi")
    for action, word in ((APPEND, "grows"), (CUT, "shrinks")):
        for name, text, source in CHANGING:
            refused = 0
            for number in range(1, 20):
                write(folder, "list.toml", LIST)
                write(folder, name, text)
                faults.arm(number, action, READ, os.path.join(folder, name))
                done = subprocess.run([STWC, "build", os.path.join(folder, source), "-o", image], env=env,
                                      timeout=60, capture_output=True, text=True)
                if not faults.disarm():
                    break
                told = done.returncode == 2 and name in done.stderr and "changed meanwhile" in done.stderr
                refused += told and not os.path.exists(image)
                # before the first read of this file and behind the last it may change as it likes
                if not told and done.returncode not in (0, 1):
                    print(f"# read {number}: {done.returncode} {done.stderr}")
                    refused = -99
                if os.path.exists(image):
                    os.unlink(image)
            tap.ok(refused > 0, f"{name}: a file that {word} at one of {number - 1} reads is refused by name")


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as out:
        out.write(text)


def no_files(tap, folder):
    """Directories, links and devices in the place of a source."""
    for make, name, words in (
            (lambda p: os.mkdir(p), "d.toml", "Is a directory"),
            (lambda p: os.symlink("loop.toml", p), "loop.toml", "symbolic links"),
            (lambda p: os.symlink("nowhere", p), "dangling.toml", "No such file")):
        path = os.path.join(folder, name)
        make(path)
        inside = os.path.join(folder, "inside-" + name)
        os.mkdir(inside)
        os.rename(path, os.path.join(inside, name))
        # as one of the sources of a directory
        status, text, found, _, _ = check(inside)
        named = any(name in json.dumps(d) and words in d["message"] for d in found)
        tap.ok(status == 2 and named, f"{name} among the sources of a directory is named")
        if not named:
            print(f"# {status} {text} {found}")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        try:
            changing(tap, folder)
        except stwtest.Skip as why:
            tap.ok(True, f"a file that changes # SKIP {why}")
        no_files(tap, folder)
        brackets(tap, folder)
        collisions(tap, folder)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
