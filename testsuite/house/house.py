"""What the house-rule tests share: TAP, the list of our files, and a reader of C good enough for rules.

The rules themselves are in HACKING.md. Each test also runs its rule over text that breaks it,
so that a rule which stopped to see anything fails here and not in a review."""

import os
import re
import sys

SRCDIR = os.environ.get("srcdir") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILDDIR = os.environ.get("builddir") or SRCDIR
ROOMS = ["base", "core", "grammar", "schemas", "libstw", "engine", "stwc", "runtime"]
PLACES = ROOMS + ["testsuite", "contrib", "doc", ".ci"]


class Tap:
    """One test point per call of ok(); done() prints the plan and exits."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, *details):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name.replace("#", "number ")))
        if not good:
            for detail in details:
                for line in str(detail).splitlines():
                    print("#   " + line)
        sys.stdout.flush()
        return good

    def none(self, found, name):
        """Good when the list is empty; else it is what went wrong."""
        shown = list(found)
        return self.ok(not shown, name, *shown[:40])

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def done(self):
        print("1..%d" % self.count)
        sys.exit(1 if self.failed else 0)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def files(*suffixes, places=None):
    """Our own files by suffix, as paths below the source directory; never a build's output."""
    found = []
    for place in places or PLACES:
        for folder, folders, names in os.walk(os.path.join(SRCDIR, place)):
            folders[:] = sorted(f for f in folders if f not in (".deps", "__pycache__"))
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), SRCDIR)
                if name.endswith(suffixes) and not generated(path):
                    found.append(path)
    return found


def generated(path):
    """True for what re2c, bison and schemac wrote: a .c beside its .re or .y, or marked as such."""
    stem, suffix = os.path.splitext(path)
    if suffix not in (".c", ".h"):
        return False
    # a header beside a .re is ours; bison makes one
    if any(os.path.exists(os.path.join(SRCDIR, stem + s)) for s in ((".re", ".y") if suffix == ".c" else (".y",))):
        return True
    with open(os.path.join(SRCDIR, path), encoding="utf-8", errors="replace") as source:
        return bool(re.match(r"(/\*|//)\s*(\* )?Generated (by|from) ", source.read(200)))


def read(path):
    with open(os.path.join(SRCDIR, path), encoding="utf-8") as source:
        return source.read()


LEXEMES = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>'(?:\\.|[^'\\\n])*')""",
    re.S)


def code_only(text):
    """C without comments and without what strings and character constants hold; lines keep their number."""
    def blank(match):
        if match.lastgroup == "comment":
            return " " + "\n" * match.group().count("\n")
        return '""' if match.lastgroup == "string" else "' '"
    return LEXEMES.sub(blank, text)


def functions(text):
    """(name, first line, lines between the braces) of each function: braces at column 0."""
    lines = text.split("\n")
    found = []
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 8):start - 1])
            names = re.findall(r"([A-Za-z_]\w*)\s*\(", head.rsplit(";", 1)[-1].rsplit("}", 1)[-1])
            found.append((names[0] if names else "?", start, number - start - 1))
            start = None
    return found


def lines_matching(pattern, text):
    """Line numbers at which the pattern occurs."""
    return [text.count("\n", 0, m.start()) + 1 for m in re.finditer(pattern, text)]


def command(name):
    """A program of ours in the build directory."""
    return os.path.join(BUILDDIR, name)
