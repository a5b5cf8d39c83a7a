"""The object bodies of the corpus get the verdict that its index states.

Where the basis of a verdict is only the comparison of structures, the fact sheet wins: required
fields, validators and keys are part of what a server checks. Rows that need the state of a running
server (quotas, permissions, what is stored already) cannot be judged here and are left out by name.
"""
import json
import sys

import stwctest

# what the reference does not say and only a running server knows
NEEDS_SERVER = {
    "tests/src/system/authentication.rs:119": "password policy of a running server",
    "tests/src/system/authentication.rs:178": "current secret of an account",
    "tests/src/system/authentication.rs:302": "quota of an account",
    "tests/src/system/directory.rs:65": "a domain that is stored already",
    "tests/src/system/directory.rs:90": "a domain that is stored already",
    "tests/src/system/tenant.rs:449": "the tenant of the caller",
}

# rows that are no body of an object as a server would take it
NOT_A_BODY = {
    "docs/j0063.json": "output of a query: bodies with their id, which a create refuses (3.2)",
    "docs/j0064.json": "a patch listed as a body",
    "docs-cli/j0064.json": "a patch listed as a body",
    "tests/src/cluster/broadcast.rs:97": "a template with a variable in place of the address",
}

# the fact sheet's own additions to a structural verdict (validation.md 1.8, 2.3, 2.5)
ADDED = {"missing-field", "domain-name", "email-address", "invalid-uri", "empty-value", "too-few",
         "out-of-range", "masked-secret", "id", "address", "not-configuration", "missing-variant",
         "server-set"}


def as_plan(row, known=True):
    """`known`: the object has an id of its own, as all but singletons have."""
    value = row["value"]
    if row["op"] in ("object", "create"):
        return {"@type": "create", "object": row["object"], "value": {"c": value}}
    if row["op"] == "update":
        line = {"@type": "update", "object": row["object"], "value": value}
        return {**line, "id": "b"} if known else line
    return None


def left_out(row):
    source = row["source"]
    # some rows show a nested structure, which is no object type of its own
    nested = row["object"] in ("MtaDeliveryScheduleIntervalsOrDefault", "ExpressionMatch", "Expression")
    return (source in NEEDS_SERVER or source.split(" ")[0] in NOT_A_BODY or nested
            or as_plan(row) is None)


def check(line):
    return stwctest.check_text(json.dumps(line) + "\n", "--from", "ndjson", "--partial")


def judge(row):
    """Codes of the errors that stwc reports for the row."""
    done = check(as_plan(row))
    if any("singleton" in d["message"] for d in done.diagnostics):
        done = check(as_plan(row, known=False))
    return [d["code"] for d in done.diagnostics if d["severity"] == "error"]


def main():
    tap = stwctest.Tap()
    path = stwctest.shared("corpus/stalwart-0.16/objects.ndjson")
    if not path:
        tap.skip_all("shared/corpus is not there")
        return
    wrong, judged, added = [], 0, 0
    with open(path, encoding="utf-8") as rows:
        for text in rows:
            row = json.loads(text)
            if left_out(row):
                continue
            judged += 1
            codes = judge(row)
            structural = not row["basis"].startswith("outcome")
            if row["verdict"] == "accept" and codes:
                if structural and set(codes) <= ADDED:
                    added += 1
                else:
                    wrong.append((row["source"], "accept", codes))
            if row["verdict"] == "reject" and not codes:
                wrong.append((row["source"], "reject", row["why"]))
    for source, verdict, why in wrong:
        print(f"# {source}: should be {verdict}: {why}")
    tap.ok(not wrong, f"{judged} object bodies get their verdict ({added} refused by the fact sheet alone)")
    spam = stwctest.shared("corpus/stalwart-0.16/spam-filter-3.0.0.ndjson")
    done = stwctest.run("check", "--format", "json", spam)
    tap.ok(done.status == 0 and done.summary["objects"] == 2707, "the spam filter plan is accepted whole")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
