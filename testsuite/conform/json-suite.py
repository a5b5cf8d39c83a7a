"""JSONTestSuite, and the NDJSON of real plans: values compared with those of Python's reader."""
import json
import os

import suite

DUPLICATES = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


def check_accepted(path):
    done = suite.decode("json-decode", path)
    if done.returncode != 0:
        return "refused: " + suite.first_line(done.stderr)
    with open(path, encoding="utf-8") as f:
        want = json.load(f)
    return None if json.loads(done.stdout) == want else "other values: %r" % done.stdout


def check_refused(path):
    done = suite.decode("json-decode", path)
    if done.returncode != 1:
        return "exit status %d" % done.returncode
    return None if done.stderr.startswith(b"error[") else "no diagnostic"


def check_duplicate(path):
    done = suite.decode("json-decode", path)
    if done.returncode != 1 or not done.stderr.startswith(b"error[duplicate-key]"):
        return "exit status %d, %s" % (done.returncode, suite.first_line(done.stderr))
    return None if b"first given here" in done.stderr else "the first place is not shown"


def check_decided(path):
    done = suite.decode("json-decode", path)
    return None if done.returncode in (0, 1) else "exit status %d" % done.returncode


def check_lines(path):
    done = suite.decode("json-decode", path, "ndjson")
    if done.returncode != 0:
        return "refused: " + suite.first_line(done.stderr)
    with open(path, encoding="utf-8") as f:
        want = [json.loads(text) for text in f if text.strip()]
    return None if json.loads(done.stdout) == want else "other values"


def main():
    root = suite.corpus("JSONTestSuite")
    paths = suite.files(root, "", ".json")
    name = os.path.basename
    suite.part("y_ files give their values", check_accepted,
               [p for p in paths if name(p).startswith("y_") and name(p) not in DUPLICATES],
               at_least=90)
    suite.part("duplicate keys are refused, with both places", check_duplicate,
               [p for p in paths if name(p) in DUPLICATES], at_least=2)
    suite.part("n_ files are refused", check_refused,
               [p for p in paths if name(p).startswith("n_")], at_least=180)
    suite.part("i_ files are decided", check_decided,
               [p for p in paths if name(p).startswith("i_")], at_least=30)
    suite.part("real NDJSON gives its values", check_lines,
               suite.files(suite.corpus("stalwart-0.16"), "", ".ndjson"), at_least=2)
    suite.done()


main()
