"""Real 0.15 configurations: the verdict of the 0.15.5 parser on each, and the number of its keys."""
import json
import os

import suite


def cases():
    root = suite.corpus("stalwart-0.15")
    with open(os.path.join(root, "index.tsv"), encoding="utf-8") as f:
        rows = [row.rstrip("\n").split("\t") for row in f][1:]
    return [(os.path.join(root, row[0]), row[2] == "OK", int(row[3])) for row in rows if row[0]]


def check(case):
    path, valid, keys = case
    done = suite.decode("settings-decode", path)
    if done.returncode != (0 if valid else 1):
        return "exit status %d: %s" % (done.returncode, suite.first_line(done.stderr))
    if not valid:
        return None if done.stderr.startswith(b"error[syntax]") else "no syntax error"
    found = json.loads(done.stdout)
    if not all(isinstance(v, str) for v in found.values()):
        return "not a flat map of text"
    return None if len(found) == keys else "%d keys, not %d" % (len(found), keys)


def main():
    suite.part("same verdict and keys as the 0.15.5 parser", check, cases(), at_least=10)
    suite.done()


main()
