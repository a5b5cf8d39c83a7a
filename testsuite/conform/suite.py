"""What the conformance scripts share: the corpus, the decoders, and one TAP line per part."""
import concurrent.futures
import os
import subprocess
import sys

BUILD = os.environ["builddir"]
SOURCE = os.environ["srcdir"]
results = []


def corpus(name):
    """The folder of a corpus, or the end of the test where it is not there."""
    shared = os.environ.get("STW_SHARED") or os.path.join(SOURCE, "..", "shared")
    folder = os.path.join(shared, "corpus", name)
    if not os.path.isdir(folder):
        print("1..0 # SKIP no corpus/%s (set STW_SHARED to the folder that has it)" % name)
        sys.exit(0)
    return folder


def files(root, part, ending):
    found = []
    for folder, _, names in os.walk(os.path.join(root, part)):
        found += [os.path.join(folder, n) for n in names if n.endswith(ending)]
    return sorted(found)


def command(program):
    return os.path.join(BUILD, "testsuite/conform", program)


def decode(program, path, *args):
    with open(path, "rb") as f:
        return subprocess.run([command(program), *args], stdin=f,
                              capture_output=True, timeout=60, check=False)


def first_line(text):
    return text.decode("utf-8", "replace").split("\n", 1)[0]


def line(ok, what):
    results.append(ok)
    print("%s %d - %s" % ("ok" if ok else "not ok", len(results), what))
    sys.stdout.flush()


def note(text):
    print("# " + text.replace("\n", "\n# "))


def part(what, check, cases, at_least):
    """One TAP line: check(case) is None for each case, of which there are enough."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(check, cases))
    wrong = [(c, v) for c, v in zip(cases, verdicts) if v is not None]
    for case, verdict in wrong:
        note("%s: %s" % (case, verdict))
    if len(cases) < at_least:
        note("only %d cases found" % len(cases))
    line(not wrong and len(cases) >= at_least, "%s (%d)" % (what, len(cases)))


def done():
    print("1..%d" % len(results))
    sys.exit(0 if all(results) else 1)
