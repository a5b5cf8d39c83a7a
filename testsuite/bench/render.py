#!/usr/bin/env python3
"""Prints the figures of a run as a table, and puts them into doc/performance.md.

    render.py bench.json                          the table as text
    render.py bench.json doc/performance.md       replaces what stands between the marks in that page"""

import json
import re
import sys

BEGIN = "<!-- figures: written by testsuite/bench/render.py -->"
END = "<!-- end of figures -->"


def number(value):
    """Three digits that matter."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return format(value, ",.0f")
    return "%.*f" % (1 if abs(value) >= 10 else 2, value)


def value(stat, unit):
    if stat is None:
        return ""
    text = number(stat["median"])
    if stat["n"] > 1:
        text += " (%s to %s)" % (number(stat["min"]), number(stat["max"]))
    return (text + " " + unit).strip()


def verdict(figure):
    return "" if figure["met"] is None else "met" if figure["met"] else "missed"


def rows(figures):
    """(figure, ours, peer, ratio, target, verdict) as text."""
    for figure in figures:
        peer = "%s: %s" % (figure["peer"], value(figure["theirs"], figure["unit"])) if figure["theirs"] else ""
        title = figure["title"] + (" (%s)" % figure["note"] if figure["note"] else "")
        yield (title, value(figure["ours"], figure["unit"]), peer,
               "%s×" % number(figure["ratio"]) if figure["ratio"] else "", figure["target"] or "", verdict(figure))


HEAD = ("figure", "ours", "beside", "ratio", "target", "")


def sections(figures):
    names = list(dict.fromkeys(figure["section"] for figure in figures))
    return [(name, [f for f in figures if f["section"] == name]) for name in names]


def describe(result):
    machine = result["machine"]
    programs = ", ".join("%s %s" % item for item in sorted(result["versions"].items(), key=lambda i: i[0].lower()))
    return ["%s, %d cores%s, SHA extensions: %s, %.0f GiB of memory; load at the end %.1f"
            % (machine["cpu"], machine["cores"], " of a virtual machine" if machine["virtual"] else "",
               "yes" if machine["sha"] else "no", machine["memory"] / (1 << 30), machine["load"]),
            "%s; stw %s, %s" % (machine["system"], result["version"], result["compiler"]),
            "beside: " + programs]


def judged(figures):
    """{(section, title, target): met}: a figure that stands beside two peers has one verdict."""
    return {(figure["section"], figure["title"], figure["target"]): figure["met"]
            for figure in figures if figure["met"] is not None}


def summary(figures):
    verdicts = judged(figures)
    missed = ["%s (%s)" % (title, target) for (_, title, target), met in verdicts.items() if not met]
    return "%d of %d figures meet their target%s" % (len(verdicts) - len(missed), len(verdicts),
                                                    "; MISSED: " + "; ".join(missed) if missed else "")


def text(result):
    lines = describe(result)
    for name, figures in sections(result["figures"]):
        table = [HEAD] + list(rows(figures))
        widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
        lines += ["", name]
        lines += ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
    return "\n".join(lines + ["", summary(result["figures"])])


def markdown(result):
    lines = ["* " + line for line in describe(result)]
    for name, figures in sections(result["figures"]):
        lines += ["", "### " + name, "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
        lines += ["| " + " | ".join(row) + " |" for row in rows(figures)]
    return "\n".join(lines + ["", summary(result["figures"]) + "."])


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as source:
        result = json.load(source)
    if len(sys.argv) == 2:
        print(text(result))
        return
    with open(sys.argv[2], encoding="utf-8") as source:
        page = source.read()
    marked = re.escape(BEGIN) + ".*" + re.escape(END)
    if not re.search(marked, page, re.S):
        sys.exit("%s has no marks to write between" % sys.argv[2])
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(re.sub(marked, lambda _: "%s\n\n%s\n\n%s" % (BEGIN, markdown(result), END), page, flags=re.S))


if __name__ == "__main__":
    main()
