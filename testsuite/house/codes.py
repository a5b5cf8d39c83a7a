"""Every diagnostic code is explained, and has a fixture that trips exactly it.

The fixture of a code is testsuite/checks/bad-WORD.SUFFIX, or a directory bad-WORD. By default it
is given to `stwc check`. A file bad-WORD.args beside it holds the words of another command line;
there FIXTURE stands for the fixture and TMP for an empty directory. `--format json` is added."""

import json
import os
import re
import subprocess
import tempfile

import house

CHECKS = os.path.join(house.SRCDIR, "testsuite/checks")
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')
ENTRY = re.compile(r'^DIAG_CODE\((\w+), "([a-z0-9-]+)",\s*SEVERITY_(\w+),\s*((?:\s*"(?:\\.|[^"\\])*",?)+)\)',
                   re.M)


def codes():
    """(word, severity, title, explanation) of each entry of core/codes.def."""
    text = house.read("core/codes.def")
    found = []
    for ident, word, severity, strings in ENTRY.findall(text):
        title = STRING.search(strings)
        explanation = "".join(STRING.findall(strings[title.end():]))
        found.append((word, severity.lower(), title.group(1), explanation, ident))
    return found, len(re.findall(r"^DIAG_CODE\(", text, re.M))


def fixtures(word):
    names = sorted(os.listdir(CHECKS)) if os.path.isdir(CHECKS) else []
    return [n for n in names if (n == "bad-" + word or re.fullmatch(r"bad-%s(\.[\w.]+)" % re.escape(word), n))
            and not n.endswith(".args")]


def words_of(word, fixture, scratch):
    path = os.path.join(CHECKS, fixture)
    special = os.path.join(CHECKS, "bad-%s.args" % word)
    line = "check FIXTURE"
    if os.path.exists(special):
        with open(special, encoding="utf-8") as source:
            line = source.read()
    parts = line.split()
    if "--format" not in parts:
        parts += ["--format", "json"]
    return [p.replace("FIXTURE", path).replace("TMP", scratch).replace("CHECKS", CHECKS) for p in parts]


def tripped(word, fixture):
    """The codes that the fixture gives, and how it went wrong otherwise."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [house.command("stwc/stwc")] + words_of(word, fixture, scratch)
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            return None, "%s\n%s%s" % (" ".join(command), done.stdout[:1000], done.stderr[:1000])
        return report["diagnostics"], "exit status %d" % done.returncode


def check_fixture(tap, word, severity, fixture):
    diagnostics, note = tripped(word, fixture)
    if diagnostics is None:
        tap.ok(False, "%s trips %s" % (fixture, word), note)
        return
    got = sorted({d["code"] for d in diagnostics})
    lines = ["%s:%s: %s: %s" % (d.get("file"), d.get("line"), d["code"], d["message"]) for d in diagnostics]
    tap.ok(got == [word], "%s trips %s and nothing else" % (fixture, word), note, *lines)
    levels = {d["severity"] for d in diagnostics if d["code"] == word}
    tap.ok(levels <= {severity}, "%s is %s there" % (word, severity), *levels)


def manual(tap, all_codes):
    """stw-codes(7) has each code once, with its level and all of its explanation."""
    with open(house.command("doc/stw-codes.7"), encoding="utf-8") as page:
        entries = re.split(r"^\.It Cm ", page.read(), flags=re.M)[1:]
    found = {}
    for entry in entries:
        head, _, body = entry.partition("\n")
        found[head] = " ".join(body.replace("\\&", "").replace("\\e", "\\").split())
    missing = []
    for word, severity, title, explanation, _ in all_codes:
        text = found.get("%s Pq %s" % (word, severity), "")
        said = explanation.replace('\\"', '"').replace("\\\\", "\\")
        if title.replace('\\"', '"') not in text or " ".join(said.split()) not in text:
            missing.append(word)
    tap.none(missing, "doc/stw-codes.7 has every code, its level and its explanation")
    tap.ok(len(entries) == len(all_codes), "and no other", "%d entries" % len(entries))


def main():
    tap = house.Tap()
    all_codes, entries = codes()
    tap.ok(len(all_codes) == entries, "every entry of codes.def was read",
           "%d of %d" % (len(all_codes), entries))
    for word, severity, title, explanation, ident in all_codes:
        sentences = len(re.findall(r"[.!?](?:\s|$)", explanation))
        tap.ok(sentences >= 2, "%s is explained in two sentences or more" % word, explanation)
        tap.ok(ident.lower().replace("_", "-") == word, "%s is called so in the code too" % word, ident)
        found = fixtures(word)
        if not tap.ok(found, "%s has a fixture" % word):
            continue
        for fixture in found:
            check_fixture(tap, word, severity, fixture)
        shown = subprocess.run([house.command("stwc/stwc"), "explain", word], capture_output=True, text=True)
        tap.ok(shown.returncode == 0 and title in shown.stdout.replace("\n", " "),
               "stwc explain %s" % word, shown.stdout, shown.stderr)
    manual(tap, all_codes)
    known = {c[0] for c in all_codes}
    strays = [n for n in (sorted(os.listdir(CHECKS)) if os.path.isdir(CHECKS) else []) if n.startswith("bad-")
              and re.sub(r"\..*", "", n[4:]) not in known]
    tap.none(strays, "no fixture is left of a code that is gone")
    tap.done()


main()
