"""The object bodies of the corpus get the verdict that its index states.

Where the basis of a verdict is only the comparison of structures, the fact sheet wins: required
fields, validators and keys are part of what a server checks. Every row where the verdict differs
stands in testsuite/conform/verdict-rows.tsv with the codes and the reason; a difference that is
not listed fails, and so does a listed one that is gone. Each body is judged twice, as an
operation of a plan and as a bare body, and must fare alike.
"""
import concurrent.futures
import json
import os
import sys

import stwctest

LIST = os.path.join(stwctest.SRCDIR, "testsuite/conform/verdict-rows.tsv")


def as_plan(row, known=True):
    """`known`: the object has an id of its own, as all but singletons have."""
    value, op = row["value"], row["op"]
    if op == "update":
        line = {"@type": "update", "object": row["object"], "value": value}
        return {**line, "id": "b"} if known else line
    word = "create" if op == "object" else op
    return {"@type": word, "object": row["object"], "value": {"c": value} if value or word == "create" else {}}


def errors(done):
    return sorted({d["code"] for d in done.diagnostics if d["severity"] == "error"})


def check(line):
    return stwctest.check_text(json.dumps(line) + "\n", "--from", "ndjson", "--partial")


def as_body(row):
    return stwctest.check_text(json.dumps(row["value"]), "--from", "json", "--partial", "--shapes", "server",
                               "--object", row["object"])


def judge(row):
    """The codes of the errors; a pair of lists where plan and body do not fare alike."""
    done = check(as_plan(row))
    if any("singleton" in d["message"] for d in done.diagnostics):
        done = check(as_plan(row, known=False))
    codes = errors(done)
    if row["op"] not in ("object", "create"):
        return codes
    body = as_body(row)
    # a part of objects has no name that a plan could say
    if codes == ["unknown-type"] and any("is a part of objects" in d["message"] for d in body.diagnostics):
        return errors(body)
    return codes if errors(body) == codes else (codes, errors(body))


def listed():
    rows = {}
    with open(LIST, encoding="utf-8") as file:
        for text in file:
            if not text.startswith("#"):
                number, source, codes, reason = text.rstrip("\n").split("\t")
                rows[int(number)] = (source, codes, reason)
    return rows


def fault(number, row, codes, known):
    """None where the row fares as its index or the list says."""
    shown = ",".join(codes) if not isinstance(codes, tuple) else "plan %s, body %s" % codes
    right = not isinstance(codes, tuple) and bool(codes) == (row["verdict"] == "reject")
    if number in known:
        source, want, reason = known[number]
        if right or source != row["source"] or want != (shown or "accepted") or not reason:
            return "%d\t%s\t%s\t: listed as %s" % (number, row["source"], shown or "accepted", want)
        return None
    return None if right else "%d\t%s\t%s\t: not listed, should be %s" % (number, row["source"], shown or "accepted",
                                                                        row["verdict"])


def main():
    tap = stwctest.Tap()
    path = stwctest.shared("corpus/stalwart-0.16/objects.ndjson")
    if not path:
        tap.skip_all("shared/corpus is not there")
        return
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(text) for text in file]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(judge, rows))
    known = listed()
    wrong = [f for f in (fault(n, row, codes, known) for n, (row, codes) in enumerate(zip(rows, verdicts), 1)) if f]
    for line in wrong:
        print("# " + line)
    tap.ok(not wrong, "%d object bodies get their verdict, %d of them another than their index for a reason"
           % (len(rows), len(known)))
    tap.ok(len(rows) > 450 and set(known) <= set(range(1, len(rows) + 1)), "every listed row is there")
    spam = stwctest.shared("corpus/stalwart-0.16/spam-filter-3.0.0.ndjson")
    done = stwctest.run("check", "--format", "json", spam)
    tap.ok(done.status == 0 and done.summary["objects"] == 2707, "the spam filter plan is accepted whole")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
