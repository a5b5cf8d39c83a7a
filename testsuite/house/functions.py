"""Functions are short: the median under 20 lines, none above 100 but flat switches and tables named here."""

import statistics

import house

LIMIT = 100
MEDIAN = 20

# "file:function": why it may be longer; each is one flat switch or table
LONG = {
}


def too_long(tree):
    for path, text in tree.items():
        for name, line, length in house.functions(text):
            if length > LIMIT and "%s:%s" % (path, name) not in LONG:
                yield "%s:%d: %s has %d lines" % (path, line, name, length)


def stale(tree):
    """Exceptions that no function needs any more."""
    needed = {"%s:%s" % (path, name) for path, text in tree.items()
              for name, _, length in house.functions(text) if length > LIMIT}
    return sorted(set(LONG) - needed)


def main():
    tap = house.Tap()
    body = "static int\nlong_one(int a)\n{\n" + "\ta++;\n" * 101 + "}\n\nint b(void)\n{\n\treturn 1;\n}\n"
    tap.ok([f.split(": ")[1] for f in too_long({"x.c": body})] == ["long_one has 101 lines"],
           "a function of 101 lines is seen, and named")
    tap.ok(not list(too_long({"x.c": body.replace("\ta++;\n", "", 1)})), "one of 100 lines is not")

    tree = {path: house.read(path) for path in house.files(".c", ".re", ".y")}
    lengths = [length for text in tree.values() for _, _, length in house.functions(text)]
    tap.none(too_long(tree), "no function has more than %d lines" % LIMIT)
    tap.none(stale(tree), "every exception is still needed")
    tap.ok(lengths and statistics.median(lengths) < MEDIAN,
           "the median is under %d lines" % MEDIAN, "%s of %d functions" %
           (statistics.median(lengths) if lengths else "none", len(lengths)))
    tap.done()


main()
