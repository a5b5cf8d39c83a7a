"""The rows of schemas/ against the published reference, and the importer against changed references."""

import copy
import json
import os
import subprocess
import sys
import tempfile
import tomllib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../house"))
import house  # noqa: E402

STRUCTURAL = {"type", "min", "max", "min_items", "max_length", "default", "update", "enterprise"}
DECLARED = {("NetworkListener", "socketTtl"), ("NetworkListener", "socketTosV4")}


def importer(*words):
    done = subprocess.run([house.command("import-schema"), *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, done.stdout, done.stderr


def check(document, folder):
    path = os.path.join(folder, "schema.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(document, out)
    return importer("--check", path)


def rows():
    """Every table of every .stws by its name; enums apart."""
    types, enums = {}, {}
    folder = os.path.join(house.SRCDIR, "schemas")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".stws"):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            for key, value in tomllib.load(file).items():
                if key == "enum":
                    enums.update(value)
                elif key not in ("variables", "constants", "reference", "release"):
                    types[key] = value
    return types, enums


def structural(row):
    return {key: value for key, value in row.items() if key in STRUCTURAL}


def compare_rows(theirs, ours, enums):
    """Places where the rows that the importer prints are not the structural part of ours."""
    for name, table in theirs.items():
        if name == "enum":
            continue
        mine = ours.get(name, {})
        for key in ("object", "label", "enterprise", "view", "variant"):
            if not isinstance(table.get(key), dict) and table.get(key) != mine.get(key):
                yield "%s: %s" % (name, key)
        for key, row in table.items():
            if key == "variants":
                bodies = {v: r.get("body") for v, r in mine.get("variants", {}).items() if v != "Sig0"}
                if list(bodies.items()) != [(v, r.get("body")) for v, r in row.items()]:
                    yield "%s: variants" % name
            elif isinstance(row, dict) and (name, key) not in DECLARED and row != structural(mine.get(key, {})):
                yield "%s.%s: %s" % (name, key, row)
    for name, table in theirs["enum"].items():
        mine = enums.get(name, {})
        if "of" in mine:
            members = [v for v in ours[mine["of"]]["variants"] if v != "Sig0"]
        else:
            members = list(mine.get("members", []))
        if members != table["members"]:
            yield "enum %s" % name


def published(facts):
    """The same document as a server publishes it."""
    kinds = {"collection": "object", "singleton": "singleton", "view": "view"}
    document = {"objects": {}, "schemas": {}, "lists": {}, "fields": facts["fields"], "enums": {}}
    for name, row in facts["objects"].items():
        entry = {"type": kinds[row["kind"]], "description": "text"}
        for ours, theirs in (("of", "objectName"), ("permissionPrefix",) * 2, ("enterprise",) * 2):
            if ours in row:
                entry[theirs] = row[ours]
        document["objects"][name] = entry
        document["lists"][name] = {k: row[k] for k in ("labelProperty", "filtersStatic") if k in row}
    for name, row in facts["schemas"].items():
        document["schemas"][name] = (
            {"type": "multiple", "variants": [dict(v, label="text") for v in row["variants"]]}
            if "variants" in row else {"type": "single", "schemaName": row["schema"]})
    for name, members in facts["enums"].items():
        document["enums"][name] = [{"name": m, "label": "text"} for m in members]
    return document


def change(facts, path, value):
    """A copy with one place changed; value None takes it out."""
    document = copy.deepcopy(facts)
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def changes(facts):
    """One change each, and what --check must say about it."""
    listener = ("fields", "x:NetworkListener")
    flag = {"type": {"type": "boolean"}, "update": "mutable"}
    yield listener + ("properties", "novelty"), flag, "NetworkListener.novelty: only there"
    yield listener + ("properties", "useTls"), None, "NetworkListener.useTls: only here"
    yield listener + ("properties", "useTls", "update"), "immutable", "NetworkListener.useTls: update is"
    yield listener + ("properties", "useTls", "enterprise"), True, "NetworkListener.useTls: enterprise only there"
    yield listener + ("defaults", "tlsTimeout"), 1000, "NetworkListener.tlsTimeout: default is 60000 here and 1000"
    yield listener + ("properties", "bind", "type", "minItems"), 2, "NetworkListener.bind: min_items is 1 here"
    yield listener + ("properties", "maxConnections", "type", "min"), 2, "NetworkListener.maxConnections: min is 1"
    yield listener + ("properties", "name", "type", "format"), "text", "NetworkListener.name: type is string here"
    yield listener + ("properties", "name", "type", "maxLength"), 9, "NetworkListener.name: max_length is 0 here"
    yield ("objects", "x:Domain", "kind"), "singleton", "object Domain: object kind is 0 here"
    yield ("objects", "x:Domain", "labelProperty"), "logo", "object Domain: label is name here and logo there"
    yield ("objects", "x:Task/TaskFailed"), None, "object Task/TaskFailed: only here"
    yield ("enums", "TlsVersion", 0), "tls11", "enum TlsVersion.tls11: only there"
    yield ("enums", "Novelty"), ["a"], "enum Novelty: only there"
    yield ("schemas", "x:Tracer", "variants", 1, "schemaName"), "x:TracerLog", "Tracer@Stdout: body is TracerStdout"
    yield ("schemas", "x:Tracer", "variants", 4), None, "Tracer@OtelGrpc: only here"
    yield ("schemas", "x:Novelty"), {"schema": "x:Novelty"}, "Novelty: only there"


def broken():
    yield {}, "no section"
    yield {"objects": {"x:A": {"kind": "collection"}}, "schemas": {}, "fields": {}, "enums": {}}, "no structure"
    yield ({"objects": {}, "schemas": {"x:A": {"schema": "x:A"}}, "enums": {},
            "fields": {"x:A": {"properties": {"a": {"type": {"type": "novelty"}}}}}}, "no type")


def main():
    tap = house.Tap()
    shared = os.environ.get("STW_SHARED") or os.path.join(house.SRCDIR, "../shared")
    path = os.path.join(shared, "facts/stalwart-0.16-schema.json")
    if not os.path.exists(path):
        print("1..0 # SKIP no facts/stalwart-0.16-schema.json (set STW_SHARED to the folder that has it)")
        return
    with open(path, encoding="utf-8") as file:
        facts = json.load(file)
    status, out, err = importer("--check", path)
    tap.ok(status == 0 and not err, "the rows are the reference", out, err)
    tap.ok(out.splitlines()[-1] == "2 differences declared, 0 not" and
           all("(declared)" in line for line in out.splitlines()[:-1]), "but for what we declare", out)
    status, out, err = importer("--all", path)
    theirs = tomllib.loads(out) if status == 0 else {"enum": {}}
    tap.ok(len(theirs["enum"]) == 153, "the importer writes every enum", err)
    tap.none(compare_rows(theirs, *rows()), "and the rows as schemas/ has them")
    status, out, err = importer(path)
    tap.ok(status == 0 and out == "", "nothing in the reference is new to us", out[:500], err)
    with tempfile.TemporaryDirectory() as folder:
        status, out, err = check(published(facts), folder)
        tap.ok(status == 0 and out.endswith("2 differences declared, 0 not\n"), "a published document reads the same",
               out[:2000], err)
        for where, value, expected in changes(facts):
            status, out, err = check(change(facts, where, value), folder)
            tap.ok(status == 1 and expected in out, "--check names %s" % "/".join(map(str, where[1:])), out[:1000], err)
        document = change(facts, ("fields", "x:NetworkListener", "properties", "novelty"),
                          {"type": {"type": "number", "format": "duration", "min": 1000}, "update": "immutable"})
        document["fields"]["x:NetworkListener"]["defaults"]["novelty"] = 86400000
        check(document, folder)
        status, out, err = importer(os.path.join(folder, "schema.json"))
        tap.ok(out == '[NetworkListener.novelty]\ntype = "duration"\nmin = "1s"\ndefault = "1d"\nupdate = "immutable"\n\n',
               "a new field comes out as its row", out, err)
        for document, expected in broken():
            status, out, err = check(document, folder)
            tap.ok(status != 0 and expected in err, "a document with %s is refused" % expected, out, err)
    tap.done()


main()
