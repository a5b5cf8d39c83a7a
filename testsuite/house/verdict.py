"""doc/verdict.md and core/codes.def are in step, and it leaves no section of rules of the fact sheet out.

Each code is named there with its level; each name that looks like a code is one; each section of
the fact sheet that states rules is named by its number (skipped where shared/ is not there)."""

import os
import re

import house

CODE = re.compile(r'^DIAG_CODE\(\w+, "([a-z0-9-]+)",\s*SEVERITY_(\w+)', re.M)
PROGRAMS = {"stwc", "stwd", "check"}
# where the fact sheet tells of the server's own affairs: its tables, its start, its environment
NO_RULES = {"1.1", "1.2", "1.9", "5.1", "5.3", "5.5", "4.5", "8.1", "8.2", "8.3"}
SILENT = "## What the server does not see"  # says for all of its codes that they are warnings


def compared():
    return house.read("doc/verdict.md").split("## How it is measured")[0]


def level_at(text, begin, end):
    """What is said of the code that stands there: behind it, or before it in its cell or sentence."""
    behind = re.match(r"`, an? (error|warning|note)\b", text[end:])
    if behind:
        return behind.group(1)
    start = max(text.rfind(mark, 0, begin) for mark in ("|", ";", ". ", "\n\n"))
    words = re.findall(r"\b(warning|note)s?\b", text[start + 1:begin])
    silent = text.rfind(SILENT, 0, begin)
    return words[-1] if words else "warning" if silent >= 0 and text.find("\n## ", silent, begin) < 0 else "error"


def levels(tap, known):
    text = compared()
    said = [(m.group(1), level_at(text, *m.span(1))) for m in re.finditer(r"`([a-z0-9-]+)`", text)]
    tap.none(["%s is said to be a %s" % pair for pair in said if known.get(pair[0], pair[1]) != pair[1]],
             "and with the level that it has")


def sections(tap):
    path = next((p for p in (os.path.join(root, "specs/validation.md") for root in
                             (os.environ.get("STW_SHARED", ""), os.path.join(house.SRCDIR, "..", "shared")) if root)
                 if os.path.exists(p)), None)
    if not path:
        tap.ok(True, "every section of the fact sheet is named # SKIP shared/ is not there")
        return
    with open(path, encoding="utf-8") as source:
        numbers = re.findall(r"^### (\d\.\d+) ", source.read(), re.M)
    said = set(re.findall(r"\b\d\.\d\b", compared()))
    tap.none([n for n in numbers if n not in said and n not in NO_RULES],
             "every section of the fact sheet that has rules is named")


def main():
    tap = house.Tap()
    known = {word: level.lower() for word, level in CODE.findall(house.read("core/codes.def"))}
    said = set(re.findall(r"`([a-z0-9-]+)`", compared()))
    tap.ok(len(known) > 100, "the codes were read", str(len(known)))
    tap.none(sorted(set(known) - said), "every code is compared in doc/verdict.md")
    tap.none(sorted(word for word in said - set(known) - PROGRAMS if not word.startswith("--")),
             "and every code there exists")
    levels(tap, known)
    sections(tap)
    tap.done()


main()
