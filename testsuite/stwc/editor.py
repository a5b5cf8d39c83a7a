"""The JSON Schema that editors use: the installed file, on every example as it is, and changed for the worse."""
import copy
import json
import os
import re
import subprocess
import sys

import stwctest
from validator import Validator

EXAMPLES = os.path.join(stwctest.SRCDIR, "contrib/examples")
# overlays leave out what another source says: for an editor, as for check, they are not whole
OVERLAYS = {"loopback.toml", "second.toml"}
NO_SOURCES = {"cases.toml", "stw.toml"}
SCRIPT = """import json, sys, jsonschema
schema = json.load(open(sys.argv[1])); jsonschema.Draft7Validator.check_schema(schema)
judge = jsonschema.Draft7Validator(schema)
print(json.dumps([judge.is_valid(document) for document in json.load(sys.stdin)]))"""


def decoded(path):
    """A source as plain data; None where this Python cannot read it."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if path.endswith(".json"):
        return json.loads(text)
    if path.endswith(".toml"):
        try:
            import tomllib
        except ImportError:
            return None
        return tomllib.loads(text)
    decoder = os.path.join(stwctest.BUILDDIR, "testsuite/conform/yaml-decode")
    if not os.path.exists(decoder):
        return None
    return json.loads(subprocess.run([decoder], input=text, capture_output=True, text=True, check=True).stdout)


def examples():
    for folder, _, names in sorted(os.walk(EXAMPLES)):
        for name in sorted(names):
            if name.endswith((".toml", ".yaml", ".json")) and "settings-0.15" not in name and name not in OVERLAYS | NO_SOURCES:
                yield os.path.join(folder, name)


def bodies(document):
    """Every object of a configuration: its type, and the body."""
    for kind, value in document.items():
        if kind[0].isupper():
            held = value.values() if all(isinstance(v, dict) for v in value.values()) else [value]
            yield from ((kind, body) for body in held)


def worse(document):
    """The document with one mistake each: a type, a field, a value that is a list of numbers."""
    made = copy.deepcopy(document)
    made["NetworkListner"] = {}
    yield "an unknown type", made
    made = copy.deepcopy(document)
    for kind, body in bodies(made):
        body["nonsense"] = True
        yield f"an unknown field in {kind}", made
        break
    for number, (kind, body) in enumerate(bodies(document)):
        for field in body:
            made = copy.deepcopy(document)
            list(bodies(made))[number][1][field] = [1.5]
            yield f"a wrong value of {kind}.{field}", made


def by_package(tap, path, good, bad):
    """The same by a validator that is not ours."""
    for python in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run([python, "-c", SCRIPT, path], input=json.dumps(good + bad), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            tap.equal(json.loads(done.stdout), [True] * len(good) + [False] * len(bad), "jsonschema says the same of all of them")
            return
        if "No module named" not in done.stderr:
            tap.ok(False, "jsonschema takes the schema")
            print("#   " + done.stderr[-500:])
            return
    print("# SKIP by jsonschema: python3-jsonschema is not installed")


def main():
    tap = stwctest.Tap()
    path = os.path.join(stwctest.BUILDDIR, "stwc/stw.schema.json")
    with open(path, encoding="utf-8") as text:
        installed = text.read()
    tap.equal(installed, stwctest.run("schema", "--to", "json-schema").stdout, "the file that is installed is what schema prints")
    document = json.loads(installed)
    tap.ok(re.fullmatch(r"urn:stw:schema:[0-9.]+", document["$id"]) and document["$schema"].startswith("http://json-schema.org/draft-07/"),
           "it has an id of its own, and is of the draft that editors know")
    validator, good, bad = Validator(document), [], []
    for name in examples():
        made = decoded(name)
        short = os.path.relpath(name, EXAMPLES)
        if made is None:
            print(f"# SKIP {short}: nothing here reads this format")
            continue
        good.append(made)
        errors = list(validator.errors(made, document))
        tap.ok(not errors, f"{short} is valid") or print("#   " + "\n#   ".join(errors[:5]))
        missed = []
        for what, mutant in worse(made):
            bad.append(mutant)
            if not list(validator.errors(mutant, document)):
                missed.append(what)
        tap.equal(missed, [], f"{short} with a mistake is not")
    tap.ok(len(good) >= 5 and len(bad) > 40, f"{len(good)} examples and {len(bad)} mistakes")
    by_package(tap, path, good, bad)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
