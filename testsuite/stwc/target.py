"""--target: what each release of the server added and removed, by the facts of its releases."""
import json
import re
import sys

import stwctest

REFERENCE = "0.16.19"


def before(version):
    return "0.16.%d" % (int(version.rsplit(".", 1)[1]) - 1)


def at(target, kind, body):
    """The diagnostics about the version that a body of a type gives."""
    done = stwctest.run("check", "--format", "json", "--max-errors", "0", "--from", "json", "--object", kind, "--target", target, "-",
                        stdin=json.dumps(body))
    return [d for d in done.diagnostics if d["code"] == "target-version"]


def probe(facts, name):
    """(type, body) in which the name of the history occurs; None where no configuration has it."""
    word, rest = name.split(" ", 1)
    if word == "field":
        kind, field = rest.removeprefix("x:").rsplit(".", 1)
        row = facts["fields"].get("x:" + kind, {"properties": {}})["properties"].get(field, {})
        return None if row.get("update") == "serverSet" else (kind, {field: None})
    if word == "variant":
        kind, variant = rest.removeprefix("x:").split("/", 1)
        return kind, {"@type": variant}
    enum, member = rest.split(".", 1)
    for kind, fields in facts["fields"].items():
        for field, row in fields["properties"].items():
            kinds = row["type"]
            if row.get("update") == "serverSet" or not kind.startswith("x:"):
                continue
            if kinds["type"] == "enum" and kinds.get("enumName") == enum:
                return kind.removeprefix("x:"), {field: member}
            if kinds["type"] == "set" and kinds["class"].get("enumName") == enum:
                return kind.removeprefix("x:"), {field: [member]}
    return None


def told(tap, facts, version, name, removed):
    """An addition is refused for the release before and taken from then on; a removal the other way round."""
    found = probe(facts, name)
    if not found:
        return False
    member = name.split(".", 1)[-1] if name.startswith("enum ") else None
    new, old = at(version, *found), at(before(version), *found)
    gone, there = (new, old) if removed else (old, new)
    text = "existed until " + before(version) if removed else "exists since " + version
    good = any(text in d["message"] for d in gone) and not there
    if not good:
        tap.ok(False, f"{version}: {name}")
        print(f"#   {found} {member} before: {[d['message'] for d in old]}, after: {[d['message'] for d in new]}")
    return good


def of_facts(tap):
    paths = [stwctest.shared("facts/stalwart-0.16-" + name) for name in ("history.json", "schema.json")]
    if not all(paths):
        print("# SKIP the history of the reference: shared/facts is not there")
        return
    documents = []
    for path in paths:
        with open(path, encoding="utf-8") as text:
            documents.append(json.load(text))
    history, facts = documents
    checked = skipped = 0
    for release in history["history"]:
        for removed, names in ((False, release["added"]), (True, release["removed"])):
            # providers of DNS came by the hundred: every twentieth of them stands for all
            some = [n for i, n in enumerate(names) if not re.search("x:DnsServer|enum DnsServer|enum EventType|enum MetricType", n) or i % 20 == 0]
            for name in some:
                if re.match("enum (DnsServer|Coordinator|EncryptionAtRest|InMemoryStore|LookupStore|PublicString|DkimSignature)", name) or \
                        (removed and name.startswith("field")):
                    continue  # mirrors of unions, whose variants are in the list; fields of a variant that is refused
                if told(tap, facts, release["version"], name, removed):
                    checked += 1
                else:
                    skipped += 1
    tap.ok(checked > 90, f"{checked} additions and removals are refused on one side of their release and taken on the other")
    print(f"# {skipped} names occur in no configuration that can be written")


def words(tap):
    said = at("0.16.1", "S3Store", {"verifyAfterWrite": True})
    tap.equal([d["message"] for d in said], ["the field 'verifyAfterWrite' exists since 0.16.2, not yet in 0.16.1"], "a field that is too new")
    said = at("0.16.6", "DnsServer", {"@type": "Sig0"})
    tap.equal([(d["message"], d["hint"]) for d in said],
              [("the variant 'Sig0' existed until 0.16.5, no more in 0.16.6", "'Tsig' took its place")], "a variant that is gone, and what replaced it")
    said = at("0.16.14", "Tracer", {"@type": "Stdout", "events": ["store.cache-entry-too-large"]})
    tap.equal([d["message"] for d in said], ["the member 'store.cache-entry-too-large' exists since 0.16.15, not yet in 0.16.14"], "a word that is too new")
    for target in ("0.16.%d" % i for i in range(20)):
        done = stwctest.run("check", "--target", target, "--from", "toml", "-", stdin='[NetworkListener.a]\nbind = "127.0.0.1:2525"\n')
        tap.equal(done.status, 0, f"{target} is a target")
    for target in ("0.16.20", "0.15.4", "0.16.x", "0.16.-1", "0.16.", "1", "", "0.17", "0.16.019", "0.16.1.1"):
        done = stwctest.run("check", "--target", target, "-", stdin="")
        tap.ok(done.status == 2 and f"from 0.16.0 to {REFERENCE}" in done.stderr, f"'{target}' is no target")


def main():
    tap = stwctest.Tap()
    words(tap)
    of_facts(tap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
