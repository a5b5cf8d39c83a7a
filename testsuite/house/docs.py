"""Examples in the documentation work: sources compile, and commands print what the page shows.

A block marked ```toml check (or yaml, json, ndjson) is a complete source and passes stwc check.
A block marked ```console check is a session: each line after "$ " runs in a copy of
contrib/examples with our programs in PATH, and prints exactly the lines that follow it, where
"…" stands for anything within the line, such as a digest that changes with the reference.
`builddir=… python3 testsuite/house/docs.py --update` writes what they print into the pages."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import house

BLOCK = re.compile(r"^```(\w+) check[ ]*([^\n]*)\n(.*?)^```$", re.M | re.S)
FORMATS = {"toml": ".toml", "yaml": ".yaml", "json": ".json", "ndjson": ".ndjson"}


def pages():
    names = [n for n in ("README.md", "HACKING.md") if os.path.exists(os.path.join(house.SRCDIR, n))]
    return names + house.files(".md", places=["doc", "contrib"])


def environment():
    path = os.pathsep.join([house.BUILDDIR, house.command("stwc"), os.environ["PATH"]])
    return dict(os.environ, PATH=path, NO_COLOR="1")


def run(command, folder):
    return subprocess.run(command, shell=isinstance(command, str), cwd=folder, env=environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)


def check_source(tap, where, language, text):
    with tempfile.TemporaryDirectory() as folder:
        name = "example" + FORMATS[language]
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)
        done = run(["stwc", "check", name], folder)
        tap.ok(done.returncode == 0, "%s compiles" % where, done.stdout)


def sessions(text):
    """(command, expected output) of a console block; a command goes on while its line ends in a backslash."""
    steps = []
    lines = text.splitlines()
    while lines:
        line = lines.pop(0)
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + lines.pop(0)
            steps.append([command, []])
        elif steps:
            steps[-1][1].append(line)
    return steps


def play(text):
    """(command, expected, printed) of each step of a session."""
    with tempfile.TemporaryDirectory() as folder:
        work = os.path.join(folder, "examples")
        shutil.copytree(os.path.join(house.SRCDIR, "contrib/examples"), work)
        subprocess.run(["chmod", "-R", "u+w", work], check=True)
        for command, expected in sessions(text):
            printed = run(command, work).stdout.rstrip("\n")
            yield command, expected, printed.split("\n") if printed else []


def same(expected, printed):
    pattern = "\n".join(".*".join(map(re.escape, line.split("…"))) for line in expected)
    return re.fullmatch(pattern, "\n".join(printed)) is not None


def check_session(tap, where, text):
    for command, expected, printed in play(text):
        tap.ok(same(expected, printed), "%s: $ %s" % (where, command.split("\n")[0]), "expected:", *expected,
               "got:", *printed)


def update():
    def replay(match):
        if match.group(1) != "console":
            return match.group()
        body = "".join("\n".join(["$ " + command] + (expected if same(expected, printed) else printed)) + "\n"
                       for command, expected, printed in play(match.group(3)))
        return "```console check\n%s```" % body
    for page in pages():
        text = house.read(page)
        new = BLOCK.sub(replay, text)
        if new != text:
            with open(os.path.join(house.SRCDIR, page), "w", encoding="utf-8") as out:
                out.write(new)


def main():
    tap = house.Tap()
    tap.ok(same(["a … c"], ["a b c"]) and not same(["a … c"], ["a b", "c"]) and not same(["a"], ["a", "b"]),
           "a line with … stands for one line")
    checked = 0
    for page in pages():
        text = house.read(page)
        for match in BLOCK.finditer(text):
            where = "%s:%d" % (page, text.count("\n", 0, match.start()) + 1)
            checked += 1
            if match.group(1) == "console":
                check_session(tap, where, match.group(3))
            elif match.group(1) in FORMATS:
                check_source(tap, where, match.group(1), match.group(3))
            else:
                tap.ok(False, "%s: no way to check %s" % (where, match.group(1)))
    tap.ok(checked > 1, "there are examples to check", checked)
    tap.done()


if "--update" in sys.argv:
    update()
else:
    main()
