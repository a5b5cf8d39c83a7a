"""schemac: the rules of ids.lock, what it refuses in rows, and that it writes all or nothing."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../house"))
import house  # noqa: E402

ROWS = """\
[reference]
version = "1.2"

[[release]]
version = "1.1"
added = ["Lamp.glow"]

[[release]]
version = "1.2"
removed = ["Shade@Old"]

[Lamp]
doc = "A lamp."
object = "collection"
identity = "name"

[Lamp.name]
type = "string"
doc = "What it is called."

[Lamp.glow]
type = "duration?"
min = "1s"
max = "1d"
default = "1h 30m"

[Lamp.shade]
type = "object Shade"

[Lamp.colors]
type = "set of enum Color"
default = ["red"]

[Shade]
[Shade.variants]
None = {}
Paper = { body = "PaperShade" }
Old = {}

[PaperShade]
[PaperShade.weight]
type = "size"
default = "2kb"

["Lamp/Red"]
view = "Lamp"

[Expression]
[Expression.else]
type = "string"

[enum.Color]
members = ["red", "green"]

[enum.ShadeKind]
of = "Shade"

[enum.ExpressionVariable]
members = ["hour", "day"]

[variables.TIME]
members = ["hour"]
"""

# a change of ROWS, and what the message must hold
REFUSED = [
    ('type = "string"\ndoc', 'type = "strin"\ndoc', "18:8: strin is no type"),
    ('type = "string"\ndoc', 'doc', "17:7: name needs a type"),
    ('doc = "A lamp."', 'dog = "A lamp."', "13:1: no row has an attribute dog here"),
    ('doc = "What it is called."', 'dog = "x"', "no row has an attribute dog here"),
    ('doc = "A lamp."', 'doc = 1', "doc is an integer, not a string"),
    ('doc = "A lamp."', 'doc = ""', "doc is empty"),
    ('object = "collection"', 'object = "pile"', "object is no value of pile"),
    ('identity = "name"', 'identity = "nam"', "Lamp has no field nam for its key"),
    ('max = "1d"', 'max = "1ms"', "min is above max"),
    ('max = "1d"', 'max = "1 day"', "this is no number for its type"),
    ('default = "1h 30m"', 'default = true', "this is no number for its type"),
    ('default = ["red"]', 'default = ["blue"]', "enum Color has no member blue"),
    ('default = ["red"]', 'default = "red"', "write a list here"),
    ('set of enum Color', 'set of enum Colour', "there is no enum Colour"),
    ('set of enum Color', 'list of enum Color', "only objects stand in lists"),
    ('set of enum Color', 'set of set of string', "containers are not nested"),
    ('set of enum Color', 'set enum Color', 'a type misses the word "of"'),
    ('set of enum Color', 'set of enum Color x', 'a type ends before "x"'),
    ('object Shade', 'object Shad', "there is no type Shad"),
    ('body = "PaperShade"', 'body = "Paper"', "there is no type Paper"),
    ('view = "Lamp"', 'view = "Lampe"', "there is no type Lampe"),
    ('view = "Lamp"', 'view = "Lamp"\nvariant = "Red"', "Lamp has no variant Red"),
    ('["red", "green"]', '["red", "red"]', "member red stands twice"),
    ("[enum.Color]", "[enum]\nSize = 1\n[enum.Color]", "the row of Size is no table"),
    ('of = "Shade"', 'of = "Lamp"', "Lamp is no union"),
    ('members = ["hour"]', 'members = ["minute"]', "ExpressionVariable has no member minute"),
    ('"Lamp.glow"]', '"Lamp.glows"]', "no row has this name"),
    ('version = "1.1"', 'version = "0.16"', "releases stand in order"),
    ('[reference]\nversion = "1.2"\n', '', "no file has [reference] version"),
    ('[Shade]\n', '[Shade]\n[Lamp.plug]\ntype = "object Expression"\n',
     "expressions, and only they, name their variables"),
    ('[Shade]\n', '[Shade]\n[Lamp.plug]\ntype = "object Expression"\nvariables = "SPACE"\n',
     "there are no variables SPACE"),
    ('[PaperShade]\n', '[PaperShade\n', "error[syntax]"),
    ('[Lamp.shade]\ntype = "object Shade"\n',
     '[Lamp.shade]\ntype = "object Shade"\ndefault = { "@type" = "Paper", heavy = 1 }\n',
     "PaperShade has no field heavy"),
    ('[Lamp.shade]\ntype = "object Shade"\n', '[Lamp.shade]\ntype = "object Shade"\ndefault = {}\n',
     "Shade needs an @type of its own"),
]

# a change of the lock, and what the message must hold
LOCK_REFUSED = [
    ("field Lamp 2 glow\n", "field Lamp 3 glow\n", "the next number of"),
    ("field Lamp 2 glow\n", "field Lamp 1 glow\n", "the next number of"),
    ("field Lamp 2 glow\n", "", "the next number of"),
    ("field Lamp 2 glow\n", "field Lamp 2 gleam\n", '"field Lamp gleam" has no row any more'),
    ("field Lamp 2 glow\n", "field Lamp 2 colors\n", '"field Lamp colors" has a number already'),
    ("field Lamp 2 glow\n", "field Lamp two glow\n", "a line is"),
    ("field Lamp 2 glow\n", "feeld Lamp 2 glow\n", "a line is"),
    ("enum Color 2 green\n", "", '"enum Color green" has no number in ids.lock'),
]


class Bench:
    """A folder with rows, a lock and a place for output."""

    def __init__(self, folder):
        self.rows = os.path.join(folder, "lamp.stws")
        self.lock = os.path.join(folder, "ids.lock")
        self.output = os.path.join(folder, "out")
        os.mkdir(self.output)

    def run(self, rows, *options):
        self.write(self.rows, rows)
        done = subprocess.run([house.command("schemac"), "--lock", self.lock, *options, self.rows],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        return done.returncode, done.stderr

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def generated(self, name):
        path = os.path.join(self.output, name)
        return self.read(path) if os.path.exists(path) else None


def numbers(tap, bench):
    status, err = bench.run(ROWS, "--output", bench.output)
    tap.ok(status == 1 and "ids.lock" in err, "without a lock nothing is built", err)
    bench.write(bench.lock, "")
    status, err = bench.run(ROWS, "--output", bench.output)
    tap.ok(status == 1 and '"field Lamp name" has no number in ids.lock' in err, "what lacks a number stops the build",
           err)
    tap.ok(bench.generated("schemas/tables.c") is None, "and nothing is written")
    status, err = bench.run(ROWS, "--update-lock")
    lock = bench.read(bench.lock)
    tap.ok(status == 0 and "type 1 Expression\n" in lock and "variant Shade 3 Old\n" in lock and
           "enum ShadeKind 2 Paper\n" in lock and "ShadeKind 3" not in lock, "--update-lock gives numbers", err, lock)
    status, err = bench.run(ROWS, "--update-lock")
    tap.ok(status == 0 and bench.read(bench.lock) == lock, "and has nothing to do the second time", err)
    status, err = bench.run(ROWS, "--output", bench.output)
    tap.ok(status == 0 and not err and bench.generated("libstw/ids.h") is not None, "then the rows build", err)
    return lock


def output(tap, bench):
    tables, ids = bench.generated("schemas/tables.c") or "", bench.generated("libstw/ids.h") or ""
    tap.ok('.default_json = "5400000"' in tables and ".has_max = true, .max = 86400000" in tables,
           "durations become milliseconds")
    tap.ok('.default_json = "2048"' in tables, "sizes become bytes")
    tap.ok('.default_json = "{\\"red\\":true}"' in tables, "sets become maps of true")
    tap.ok('.name = "glow", .number = 2' in tables and '.since = "1.1"' in tables, "history gives since")
    tap.ok('.name = "Old", .number = 3, .deprecated = true, .until = "1.1"' in tables, "and until")
    tap.ok("STW_FIELD_Lamp_glow = 2" in ids and "STW_ENUM_Color_green = 2" in ids, "ids.h has the numbers", ids[:500])
    page = bench.generated("doc/stw-objects.5") or ""
    tap.ok('.It Cm "name" Pq "string, required"\nWhat it is called.\n' in page and
           '.It Cm "glow" Pq "duration?, at least 1000, at most 86400000"\nDefault:\n.Ql "5400000" .\nSince 1.1.\n' in page,
           "the manual has every field", page)
    before = os.stat(os.path.join(bench.output, "libstw/ids.h")).st_mtime_ns
    bench.run(ROWS.replace("A lamp.", "A good lamp."), "--output", bench.output)
    tap.ok("A good lamp." in bench.generated("schemas/tables.c"), "a better sentence changes the tables")
    tap.ok(os.stat(os.path.join(bench.output, "libstw/ids.h")).st_mtime_ns == before, "but not the numbers' file")
    digest = [line for line in tables.splitlines() if ".digest" in line]
    tap.ok(digest and digest[0] in bench.generated("schemas/tables.c"), "and not the digest")


def manual(tap):
    for name in ("doc/stw-objects.5", "doc/stw-codes.7"):
        page = os.path.join(house.BUILDDIR, name)
        if not shutil.which("mandoc"):
            tap.skip("mandoc accepts %s" % name, "mandoc is not installed")
            continue
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        tap.ok(done.returncode == 0, "mandoc accepts %s" % name, done.stdout[:2000], done.stderr)


def one_edit(tap, bench, lock):
    rows = ROWS.replace("[Lamp.shade]", '[Lamp.bright]\ntype = "boolean"\n\n[Lamp.shade]')
    status, err = bench.run(rows, "--output", bench.output)
    tap.ok(status == 1 and '"field Lamp bright" has no number' in err, "a new field needs a number", err)
    status, err = bench.run(rows, "--update-lock")
    tap.ok(status == 0 and bench.read(bench.lock) == lock + "field Lamp 5 bright\n", "which is appended", err)
    status, err = bench.run(rows, "--output", bench.output)
    tap.ok(status == 0 and '.name = "bright", .number = 5' in bench.generated("schemas/tables.c"),
           "a field is one edit", err)
    status, err = bench.run(ROWS)
    tap.ok(status == 1 and '"field Lamp bright" has no row any more' in err, "a row does not go away", err)
    bench.write(bench.lock, lock)


def main():
    tap = house.Tap()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        lock = numbers(tap, bench)
        output(tap, bench)
        manual(tap)
        one_edit(tap, bench, lock)
        tables = bench.generated("schemas/tables.c")
        for old, new, expected in LOCK_REFUSED:
            bench.write(bench.lock, lock.replace(old, new))
            status, err = bench.run(ROWS, "--output", bench.output)
            tap.ok(lock.count(old) == 1 and status == 1 and expected in err,
                   "lock with %r for %r is refused" % (new, old), err)
        bench.write(bench.lock, lock)
        for old, new, expected in REFUSED:
            status, err = bench.run(ROWS.replace(old, new, 1), "--output", bench.output)
            tap.ok(old in ROWS and status == 1 and expected in err,
                   expected, err)
        status, err = bench.run(ROWS + '\n[Shade.variants]\nX = {}\n')
        tap.ok(status == 1 and "duplicate-key" in err, "a table stands once", err)
        tap.ok(tables and tables == bench.generated("schemas/tables.c"), "errors leave the old files as they were")
    tap.done()


main()
