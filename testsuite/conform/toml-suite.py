"""The TOML 1.0 list of toml-test: every valid file gives its values, every invalid one is refused."""
import json
import math

import suite


def same(want, got):
    if isinstance(want, dict) and set(want) == {"type", "value"} and isinstance(want["value"], str):
        return isinstance(got, dict) and same_scalar(want, got)
    if isinstance(want, dict):
        return (isinstance(got, dict) and list(sorted(want)) == list(sorted(got))
                and all(same(want[k], got[k]) for k in want))
    if isinstance(want, list):
        return (isinstance(got, list) and len(want) == len(got)
                and all(same(a, b) for a, b in zip(want, got)))
    return want == got


def moment(text):
    """Fractions of a second may be padded or cut to what the writer of the list kept."""
    text = text.upper().replace(" ", "T").replace("+00:00", "Z")
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    fraction = tail[:digits].rstrip("0")
    return head + ("." + fraction if fraction else "") + tail[digits:] if dot else text


def same_scalar(want, got):
    if set(got) != {"type", "value"} or want["type"] != got["type"]:
        return False
    a, b = want["value"], got["value"]
    if want["type"] == "float":
        a, b = float(a), float(b)
        return (math.isnan(a) and math.isnan(b)) or a == b
    if "date" in want["type"] or "time" in want["type"]:
        return moment(a) == moment(b)
    return a == b


def check_valid(path):
    with open(path[:-5] + ".json", encoding="utf-8") as f:
        want = json.load(f)
    done = suite.decode("toml-decode", path)
    if done.returncode != 0:
        return "refused: " + suite.first_line(done.stderr)
    got = json.loads(done.stdout)
    return None if same(want, got) else "other values: %r" % got


def check_invalid(path):
    done = suite.decode("toml-decode", path)
    if done.returncode != 1:
        return "exit status %d" % done.returncode
    return None if done.stderr.startswith(b"error[") else "no diagnostic"


def main():
    root = suite.corpus("toml-test")
    suite.part("valid files give their values", check_valid,
               suite.files(root, "valid", ".toml"), at_least=200)
    suite.part("invalid files are refused", check_invalid,
               suite.files(root, "invalid", ".toml"), at_least=400)
    suite.done()


main()
