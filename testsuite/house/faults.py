"""doc/faults.md and the fault tests agree: each row's test point is in its file, each case has a row."""

import re

import house


def rows(text):
    """(file, test point) of each row."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and re.fullmatch(r"\w+/[\w.]+", cells[1]):
            yield cells[1], cells[2]


def joined(text):
    """With literals in one piece that were cut into several."""
    return re.sub(r'"\s*f?"', "", text)


def cases(text):
    """The docstrings of the cases of a Python test."""
    return re.findall(r'@case\ndef \w+\(site\):\n    """(.*?)"""', text, re.S)


def test_the_rules(tap):
    table = "| a fault | fault/a.py | it is refused |\n| no test | here | at all |\n"
    tap.ok(list(rows(table)) == [("fault/a.py", "it is refused")], "rows are read, other tables are not")
    tap.ok("one two" in joined('f"one "\n   f"two"'), "a literal in pieces is one")
    tap.ok(cases('@case\ndef a(site):\n    """what it shows"""\n') == ["what it shows"], "cases are read")


def main():
    tap = house.Tap()
    test_the_rules(tap)
    table = list(rows(house.read("doc/faults.md")))
    tap.ok(len(table) > 50, "the table was read", "%d rows" % len(table))
    tests = {name: house.read("testsuite/" + name) for name, _ in table}
    tap.none(("%s: %s" % row for row in table if row[1] not in joined(tests[row[0]])),
             "every row's test point is there")
    known = set(table)
    tap.none(("%s: %s" % (name, point) for name, text in tests.items() for point in cases(text)
              if (name, point) not in known), "every case has a row")
    tap.done()


main()
