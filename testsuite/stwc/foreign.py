"""An image that another stwc made is read with the schema that it carries.

The image is one of ours whose manifest says that its schema was another one, with a digest that
fits again: doc/format.md in Python. So every name and type that is printed comes from the image."""

import hashlib
import json
import os
import struct
import sys
import tempfile

import generate
import roundtrip
import stwctest

FOOTER, TAIL, DIGEST, CHUNK = 80, 48, 32, 1 << 20


def with_another_schema(data):
    store, secrets, manifest = struct.unpack_from("<QQQ", data, len(data) - FOOTER + 8)
    start = store + secrets
    length = struct.unpack_from("<I", data, start + 4)[0]
    digest = start + 8 + length  # behind the schema's version
    data[digest:digest + DIGEST] = bytes(DIGEST)
    whole = hashlib.sha256()
    for at in range(0, start, CHUNK):
        whole.update(hashlib.sha256(data[at:min(at + CHUNK, start)]).digest())
    whole.update(data[start:start + manifest])
    whole.update(data[-FOOTER:-DIGEST])
    data[-DIGEST:] = whole.digest()
    return data


def get(tap, args, image):
    done = stwctest.run(*args, image)
    tap.equal((done.status, done.stderr), (0, ""), "get %r" % args[-1][:60])
    return json.loads(done.stdout or '{"fields": {}}')


def check(tap, folder, name, text):
    source, image, other = (os.path.join(folder, n) for n in ("s.json", "s.stwi", "other.stwi"))
    with open(source, "w", encoding="utf-8") as out:
        out.write(text)
    tap.equal(roundtrip.build(source, image).status, 0, f"{name}: builds")
    with open(image, "rb") as whole, open(other, "wb") as out:
        out.write(with_another_schema(bytearray(whole.read())))
    done = stwctest.run("verify", other)
    tap.equal((done.status, done.stderr), (0, ""), f"{name}: the image is whole")
    for form in ("toml", "yaml", "json", "plan"):
        ours, theirs = (stwctest.run("dump", "--reveal-secrets", "--to", form, i) for i in (image, other))
        tap.equal((theirs.status, theirs.stderr), (0, ""), f"{name}: dump --to {form}")
        tap.ok(ours.stdout == theirs.stdout and ours.stdout, f"{name}: says the same")
    for path in ("SystemSettings", "NetworkListener", "Tracer"):
        for key in list(json.loads(text)[path])[:1] if path != "SystemSettings" else [""]:
            args = ["get", "--format", "json", path + ("/" + key if key else "")]
            ours, theirs = (get(tap, args, i) for i in (image, other))
            given = {k: v["value"] for k, v in theirs["fields"].items() if v["origin"] == "source"}
            tap.ok(given == {k: v["value"] for k, v in ours["fields"].items() if v["origin"] == "source"} and given,
                   f"{name}: get {path}")


def main():
    tap = stwctest.Tap()
    reference = generate.Reference()
    with tempfile.TemporaryDirectory() as folder:
        for seed in (101, 102):
            made = generate.Generator(reference, seed).configuration(roundtrip.KEYED)
            check(tap, folder, f"seed {seed}", json.dumps(made, indent=1))
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
