"""The same input gives the same bytes: of an image, and of every diagnostic; whatever the key of the maps."""

import hashlib
import json
import os
import subprocess
import tempfile

import faulttest
from faulttest import FULL, STWC

import sys
sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "testsuite", "stwc"))

import generate  # noqa: E402
import stwctest  # noqa: E402
from roundtrip import KEYED  # noqa: E402

CHECKS = os.path.join(stwctest.SRCDIR, "testsuite", "checks")
RUNS = 20 if FULL else 3
# nothing of these may reach an image
SURROUNDINGS = ({"TZ": "UTC", "LC_ALL": "C", "HOME": "/"},
                {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "HOME": "/nowhere",
                 "SOURCE_DATE_EPOCH": "1", "MALLOC_PERTURB_": "85"},
                {"TZ": "America/Lima", "LANG": "de_DE.UTF-8", "COLUMNS": "20", "NO_COLOR": "1"})


def outputs(words, turns, cwd=None):
    """Digests of everything that several runs of the same command said."""
    seen = set()
    for _ in range(turns):
        done = subprocess.run([STWC, *words], capture_output=True, stdin=subprocess.DEVNULL,
                              cwd=cwd, timeout=120)
        faulttest.no_report(done.stderr.decode(errors="replace"))
        assert done.returncode in (0, 1, 2), (words, done.returncode)
        seen.add((done.returncode, hashlib.sha256(done.stdout + b"\0" + done.stderr).hexdigest()))
    return seen


def images(tap):
    """Built in other surroundings, in another directory, from a process with another key."""
    reference = generate.Reference()
    for seed in range(20 if FULL else 2):
        made = generate.Generator(reference, seed).configuration(KEYED)
        built = set()
        for turn in range(4):
            with tempfile.TemporaryDirectory() as folder:
                with open(os.path.join(folder, "source.json"), "w", encoding="utf-8") as out:
                    json.dump(made, out)
                env = {**os.environ, **SURROUNDINGS[turn % len(SURROUNDINGS)]}
                done = stwctest.run("build", "--allow-inline-secrets", "-q", "source.json", "-o",
                                    f"image{turn}.stwi", cwd=folder, env=env)
                if done.status != 0:
                    print("# " + done.stderr[:2000].replace("\n", "\n# "))
                with open(os.path.join(folder, f"image{turn}.stwi"), "rb") as image:
                    built.add(hashlib.sha256(image.read()).hexdigest())
        tap.equal(len(built), 1, f"seed {seed}: four builds are the same bytes")


def fixtures(tap):
    """Every fixture of a diagnostic, as text and as JSON."""
    for name in sorted(os.listdir(CHECKS)):
        if name.endswith(".args"):
            continue
        path = os.path.join(CHECKS, name)
        both = [outputs(["check", "--format", form, path], 2 if not FULL else RUNS) for form in ("text", "json")]
        tap.ok(all(len(seen) == 1 for seen in both), f"{name}: the same words in every run")


def long_lists(tap, folder):
    """Thousands of unknown keys, duplicates, references to nothing, and wrong values at once."""
    many = 3000 if FULL else 1000

    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)
        return name

    keys = [f"k{(n * 2654435761) & 0xffffff:x}" for n in range(many)]
    toml = "[NetworkListener.a]\n" + "".join(f"{k} = 1\n" for k in keys)
    types = json.dumps({k: {} for k in keys})
    body = json.dumps({"Domain": {k: {"name": "not a domain", k: 1, "directoryId": "#gone"}
                                  for k in keys}})
    twice = "{" + ",".join(f'"{k}":1,"{k}":2' for k in keys) + "}"
    yaml = "Domain:\n" + "".join(f"  {k}: {{name: {k}.example.org, {k}: 1}}\n" for k in keys)
    plan = "".join(json.dumps({"@type": "create", "object": "Domain", "value": {k: {k: k}}}) + "\n"
                   for k in keys)
    forms = [form for form in ("text", "json", "sarif", "github", "gcc")
             if stwctest.run("check", "--format", form, CHECKS).status == 1]
    tap.ok({"text", "json"} <= set(forms), "the formats of diagnostics: " + ", ".join(forms))
    for name, text in (("fields.toml", toml), ("types.json", types), ("domains.json", body),
                       ("twice.json", twice), ("domains.yaml", yaml), ("plan.ndjson", plan)):
        write(name, text)
        for form in forms:
            # all of them; but a line of a picture is read for each of its mistakes
            errors = "100000" if form == "json" else "200"
            seen = outputs(["check", "--format", form, "--max-errors", errors, name],
                           RUNS if form != "json" else 50, folder)
            tap.ok(len(seen) == 1 and {status for status, _ in seen} == {1},
                   f"{name}: {form} is the same in every run")
    seen = outputs(["check", "--format", "json", "."], RUNS, folder)
    tap.equal(len(seen), 1, "all of them at once, as a directory")


def main():
    tap = stwctest.Tap()
    images(tap)
    fixtures(tap)
    with tempfile.TemporaryDirectory() as folder:
        long_lists(tap, folder)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
