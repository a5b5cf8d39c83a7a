"""--schema FILE: a server's published schema.json over the built-in reference.

The small file below is a server of the future that has three types: one of ours with a field less, a
field more and another bound, one that is new, and a union with a variant less and a variant more."""

import json
import os
import sys
import tempfile

import stwctest

STRING = {"type": "string", "format": "string"}
NUMBER = {"type": "number", "format": "unsignedInteger"}


def field(kind, **more):
    return {"type": dict(kind, **more), "update": "mutable"}


FUTURE = {
    "objects": {
        "x:NetworkListener": {"kind": "collection", "permissionPrefix": "sysNetworkListener", "labelProperty": "name"},
        "x:Tracer": {"kind": "collection", "permissionPrefix": "sysTracer"},
        "x:Postcard": {"kind": "collection", "permissionPrefix": "sysPostcard", "labelProperty": "name"},
    },
    "schemas": {
        "x:NetworkListener": {"schema": "x:NetworkListener"},
        "x:Postcard": {"schema": "x:Postcard"},
        "x:Tracer": {"variants": [{"name": "Stdout", "schemaName": "x:TracerStdout"}, {"name": "Pigeon", "schemaName": "x:Pigeon"}]},
        "x:TracerStdout": {"schema": "x:TracerStdout"},
        "x:Pigeon": {"schema": "x:Pigeon"},
    },
    "fields": {
        "x:NetworkListener": {
            "properties": {
                "name": {"type": STRING, "update": "immutable"},
                "bind": field({"type": "set", "class": {"type": "string", "format": "socketAddress"}}, minItems=1),
                "protocol": field({"type": "enum", "enumName": "NetworkListenerProtocol"}),
                "maxConnections": field(NUMBER, min=1, max=100, nullable=True),
                "socketTtl": field(NUMBER, min=1, nullable=True),
                "banner": field(STRING, maxLength=5),
                "room": field(STRING),
            },
            "defaults": {"protocol": "smtp", "banner": "hello"},
        },
        "x:Postcard": {"properties": {"name": field(STRING), "stamps": field(NUMBER, min=1, max=3)}, "defaults": {"stamps": 1}},
        "x:TracerStdout": {"properties": {"enable": field({"type": "boolean"})}, "defaults": {"enable": True}},
        "x:Pigeon": {"properties": {"rings": field(NUMBER)}, "defaults": {"rings": 2}},
    },
    "enums": {"NetworkListenerProtocol": ["smtp", "telepathy"]},
}
GOOD = {"bind": "127.0.0.1:2525", "room": "here"}
CASES = [
    ("what is new", {"NetworkListener": {"a": dict(GOOD, protocol="telepathy", banner="hi")}, "Postcard": {"p": {"name": "card", "stamps": 3}},
                     "Tracer": {"t": {"@type": "Pigeon", "rings": 1}}}, []),
    ("a bound that moved", {"NetworkListener": {"a": dict(GOOD, maxConnections=101)}}, ["out-of-range"]),
    ("a bound of our own, which stays", {"NetworkListener": {"a": dict(GOOD, socketTtl=300)}}, ["out-of-range"]),
    ("a field that is new and required", {"NetworkListener": {"a": {"bind": "127.0.0.1:2525"}}}, ["missing-field"]),
    ("a text beyond its length", {"NetworkListener": {"a": dict(GOOD, banner="longer")}}, ["too-long"]),
    ("a new type's bound", {"Postcard": {"p": {"name": "card", "stamps": 4}}}, ["out-of-range"]),
    ("a field that is gone", {"NetworkListener": {"a": dict(GOOD, tlsImplicit=True)}}, ["target-version"]),
    ("a type that is gone", {"Domain": {"example.org": {}}}, ["target-version"]),
    ("a member that is gone", {"NetworkListener": {"a": dict(GOOD, protocol="imap")}}, ["target-version"]),
    ("a variant that is gone", {"Tracer": {"t": {"@type": "Journal"}}}, ["target-version"]),
    ("a field that nobody has", {"Postcard": {"p": {"name": "card", "stamp": 1}}}, ["unknown-field"]),
]


def write(folder, name, value):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(value if isinstance(value, str) else json.dumps(value))
    return path


def verdicts(tap, folder, schema):
    for name, source, codes in CASES:
        done = stwctest.run("check", "--partial", "--format", "json", "--schema", schema, write(folder, "s.json", source))
        tap.equal((done.codes(), done.status), (codes, 1 if codes else 0), name)
    done = stwctest.run("check", "--schema", schema, write(folder, "s.json", CASES[6][1]))
    tap.ok("the field 'tlsImplicit' is not in " + schema in done.stderr, "the message names the file")
    done = stwctest.run("check", "--object", "Postcard", "--format", "json", "--schema", schema, write(folder, "b.json", {"stamps": 9, "name": "x"}))
    tap.equal(done.codes(), ["out-of-range"], "--object knows its types, whichever comes first")


def image(tap, folder, schema):
    source, made = write(folder, "s.json", CASES[0][1]), os.path.join(folder, "made.stwi")
    done = stwctest.run("build", "--schema", schema, source, "-o", made)
    tap.equal(done.status, 0, "an image can have it") or print("#   " + done.stderr)
    tap.equal(stwctest.run("verify", made).status, 0, "and is whole")
    again = json.loads(stwctest.run("dump", "--to", "json", made).stdout or "{}")
    tap.equal([again.get("Postcard"), again.get("Tracer")], [{"p": {"name": "card", "stamps": 3}}, {"t": {"@type": "Pigeon", "rings": 1}}],
              "dump finds all of it, by what the image says of its schema")
    tap.ok("stamps = 3" in stwctest.run("get", "Postcard/p/stamps", made).stdout, "and so does get")


def reference(tap, schema):
    done = stwctest.run("explain", "--schema", schema, "Postcard.stamps")
    tap.ok("at most" in done.stdout and done.status == 0, "explain knows it")
    listed = stwctest.run("schema", "--schema", schema, "--to", "list").stdout
    tap.ok("NetworkListener.banner\t" in listed and "Postcard.stamps\t" in listed, "schema lists it")
    tap.ok("tlsImplicit" not in listed and "Domain.name\t" not in listed, "and not what is gone")
    made = json.loads(stwctest.run("schema", "--schema", schema, "--to", "json-schema").stdout)
    tap.ok({"Postcard", "NetworkListener"} <= made["properties"].keys() and "Domain" not in made["properties"], "as JSON Schema too")


def mistakes(tap, folder):
    source = write(folder, "s.json", {"NetworkListener": {"a": GOOD}})
    for name, words, said in (
            ("a file that is not there", [os.path.join(folder, "none")], "cannot open"),
            ("a file that is no schema", [write(folder, "no.json", "{}")], "no.json:1:1"),
            ("a file that is not JSON", [write(folder, "bad.json", "{\n")], "bad.json:2:1"),
            ("a version besides", [write(folder, "f.json", FUTURE), "--target", "0.16.3"], "leave --target out")):
        done = stwctest.run("check", "--schema", *words, source)
        tap.ok(done.status == 2 and said in done.stderr, name) or print("#   " + done.stderr)


def paths(node, before=()):
    """Every place of the file, as the keys that lead there."""
    for key in node if isinstance(node, dict) else ():
        yield before + (key,)
        yield from paths(node[key], before + (key,))


def holes(tap, folder):
    """A file is somebody else's: whatever is missing in it, or of another kind, is said or passed over."""
    source, odd = write(folder, "s.json", CASES[0][1]), []
    every = list(paths(FUTURE))
    for number, path in enumerate(every):
        made = json.loads(json.dumps(FUTURE))
        node = made
        for key in path[:-1]:
            node = node[key]
        if number % 2:
            del node[path[-1]]
        else:
            node[path[-1]] = [None, "", {}, [], -1][number % 5]
        done = stwctest.run("check", "--partial", "--schema", write(folder, "hole.json", made), source)
        if done.status not in (0, 1, 2) or "valid" not in done.stderr and "is no schema.json" not in done.stderr:
            odd.append((path, done.status, done.stderr[-300:]))
    tap.equal(odd, [], f"a file with a hole in any of {len(every)} places")


def published(tap):
    """The file of the version that is built in changes nothing."""
    shared = os.environ.get("STW_SHARED", os.path.join(stwctest.SRCDIR, "..", "shared"))
    path = os.path.join(shared, "facts/stalwart-0.16-schema.json")
    if not os.path.exists(path):
        print("# SKIP the file of 0.16.19: shared/facts is not there")
        return
    for form in ("list", "text", "json-schema"):
        with_file, without = (stwctest.run("schema", *words, "--to", form).stdout for words in (["--schema", path], []))
        tap.ok(with_file == without != "", f"the file of 0.16.19 is what is built in, as {form}")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        schema = write(folder, "future.json", FUTURE)
        verdicts(tap, folder, schema)
        image(tap, folder, schema)
        reference(tap, schema)
        mistakes(tap, folder)
        holes(tap, folder)
    published(tap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
