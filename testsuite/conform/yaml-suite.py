"""
yaml-test-suite. Where libyaml or stw's own rules differ from the suite, the case stands in
yaml-deviations.txt with the reason; a deviation that is not listed fails, and so does a
listed one that no longer is.
"""
import json
import os

import suite


def documents(text):
    """All JSON values in a text, one behind the other."""
    found, decoder, at = [], json.JSONDecoder(), 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return found
        value, at = decoder.raw_decode(text, at)
        found.append(value)


def verdict(folder):
    """How the reader takes a case: one of the words of yaml-deviations.txt, or None when right."""
    done = suite.decode("yaml-decode", os.path.join(folder, "in.yaml"))
    if done.returncode not in (0, 1):
        return "crash"
    if os.path.exists(os.path.join(folder, "error")):
        return None if done.returncode == 1 else "accepts"
    if done.returncode == 1:
        words = ("yaml-feature", "yaml-scalar")
        return next((w for w in words if done.stderr.startswith(b"error[%s]" % w.encode())), "refuses")
    expected = os.path.join(folder, "in.json")
    if not os.path.exists(expected):
        return None
    with open(expected, encoding="utf-8") as f:
        want = documents(f.read()) or [None]
    return None if [json.loads(done.stdout)] == want else "value"


def listed():
    table = {}
    with open(os.path.join(suite.SOURCE, "testsuite/conform/yaml-deviations.txt"),
              encoding="utf-8") as f:
        for row in f:
            if row.strip() and not row.startswith("#"):
                name, word, _ = row.split(None, 2)
                table[name] = word
    return table


def main():
    root = suite.corpus("yaml-test-suite")
    known = listed()
    folders = [os.path.dirname(p) for p in suite.files(root, "", "in.yaml")]

    def check(folder):
        name = os.path.relpath(folder, root)
        got, want = verdict(folder), known.get(name)
        return None if got == want else "%s, listed as %s" % (got or "right", want or "right")

    suite.part("every case as the suite says, or as listed", check, folders, at_least=400)
    names = {os.path.relpath(f, root) for f in folders}
    suite.part("every listed deviation is a case", lambda n: None if n in names else "no such case",
               sorted(known), at_least=1)
    suite.done()


main()
