"""The rules of HACKING.md that a pattern can see."""

import os
import re

import house

# where a program begins: these may exit and print
MAIN_FILES = r"stwc/main\.c|runtime/(main|stwd|stwctl)\.c|schemas/schemac/main\.c"
# a child that could not become another program has no main to return to
MAY_EXIT = MAIN_FILES + r"|runtime/spawn\.c"
MAY_PRINT = MAIN_FILES + r"|stwc/(cmd_\w+|options)\.c"
EXITS = r"\b(?:exit|_exit|_Exit|quick_exit|abort|err|errx)\s*\("
PRINTS = r"\b(?:printf|vprintf|fprintf|vfprintf|puts|fputs|putchar|perror|warn|warnx|dprintf|psignal)\s*\("
JUMPS = r"\b(?:sig)?(?:longjmp|setjmp)\s*\("
TYPEDEF = r"\btypedef\s+(?:struct|union)\b"
UNFINISHED = r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"
UNBOUND = r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok|atoi|atol)\s*\("
# places of one machine; the test may not name them whole
MACHINE = r"(?<![\w.])/(?:wor" r"k|far" r"m|tmp/(?:lead|contrib)|ho" r"me/\w+|ro" r"ot)/"


def code_rule(tree, pattern, allowed=None):
    """Occurrences in code, comments and strings apart, outside the files that the pattern `allowed` names."""
    for path, text in tree.items():
        if allowed and re.fullmatch(allowed, path):
            continue
        for line in house.lines_matching(pattern, house.code_only(text)):
            yield "%s:%d" % (path, line)


def text_rule(tree, pattern):
    for path, text in tree.items():
        for line in house.lines_matching(pattern, text):
            yield "%s:%d: %s" % (path, line, text.split("\n")[line - 1].strip())


def guard_of(path):
    """STW_ROOM_FILE_H; a folder inside a room may be left out."""
    parts = [p.upper() for p in re.sub(r"\.h$", "", path).split("/")]
    return {"STW_%s_H" % "_".join(parts), "STW_%s_%s_H" % (parts[0], parts[-1])}


def bad_guards(headers):
    for path, text in headers.items():
        found = re.search(r"^#ifndef (\w+)\n#define (\w+)\n", text, re.M)
        if not found or found.group(1) != found.group(2) or found.group(1) not in guard_of(path):
            yield "%s: the include guard is %s" % (path, " or ".join(sorted(guard_of(path))))


def untidy(tree):
    for path, text in tree.items():
        if "\r" in text:
            yield "%s: carriage returns" % path
        if text and not text.endswith("\n"):
            yield "%s: no newline at the end" % path
        for line in house.lines_matching(r"(?m)[ \t]+$", text):
            yield "%s:%d: blanks at the end of the line" % (path, line)


def essay(text):
    """Lines of the comment that opens a file."""
    found = re.match(r"\s*/\*.*?\*/", text, re.S)
    return found.group().strip().count("\n") + 1 if found else 0


def rooms_without_essay(tree):
    for room in house.ROOMS:
        lengths = {path: essay(text) for path, text in tree.items() if path.startswith(room + "/")}
        if not any(20 <= n <= 42 for n in lengths.values()):
            longest = max(lengths, key=lengths.get) if lengths else "no file"
            yield "%s: the longest opening comment is %d lines, in %s" % (
                room, lengths.get(longest, 0), longest)


def test_the_rules(tap):
    bad = {"core/x.c": 'typedef struct a b;\nint f(void)\n{\n\texit(1);\n\tprintf("x");\n\tlongjmp(j, 1);\n'
                       "\tstrcpy(a, b);\n}\n"}
    for pattern, name in ((TYPEDEF, "a typedef"), (EXITS, "an exit"), (PRINTS, "a print"), (JUMPS, "a jump"),
                          (UNBOUND, "an unbounded copy")):
        tap.ok(len(list(code_rule(bad, pattern, MAY_PRINT))) == 1, name + " is seen")
    good = {"core/x.c": '/* exit(1) */\nsnprintf(b, n, "printf(");\nbuf_printf(b);\nlog_exit(1);\n'}
    tap.ok(not any(list(code_rule(good, p)) for p in (TYPEDEF, EXITS, PRINTS, JUMPS)),
           "comments, strings and longer names are not")
    tap.ok(len(list(text_rule({"a": "see /wor" "k/x\nTO" "DO: y\n"}, MACHINE + "|" + UNFINISHED))) == 2,
           "a path of one machine and an unfinished place are seen")
    tap.ok(len(list(bad_guards({"core/x.h": "#ifndef X_H\n#define X_H\n#endif\n"}))) == 1,
           "a wrong include guard is seen")
    tap.ok(len(list(untidy({"a": "x \ny"}))) == 2, "blanks and a missing newline at the end are seen")


def main():
    tap = house.Tap()
    test_the_rules(tap)
    code = {p: house.read(p) for p in house.files(".c", ".h", ".re", ".y", ".def")}
    rooms = {p: t for p, t in code.items() if p.split("/")[0] in house.ROOMS}
    text = {p: house.read(p) for p in house.files(
        ".c", ".h", ".re", ".y", ".def", ".py", ".sh", ".test", ".mk", ".md", ".stws", ".in",
        ".1", ".8", ".service", ".socket", ".conf", "/check", "/quickstart", "/run") +
        [n for n in ("README.md", "HACKING.md", "NEWS", "Makefile.am", "configure.ac")
         if os.path.exists(os.path.join(house.SRCDIR, n))]}

    tap.none(code_rule(code, TYPEDEF), "no typedef of a struct or union")
    tap.none(code_rule(code, JUMPS), "no longjmp")
    tap.none(code_rule(rooms, EXITS, MAY_EXIT), "only main exits")
    tap.none(code_rule(rooms, PRINTS, MAY_PRINT), "only main, options and cmd_*.c print")
    tap.none(code_rule(rooms, UNBOUND), "no copy or number without a bound")
    tap.none(text_rule(text, UNFINISHED), "nothing is marked as unfinished")
    tap.none(text_rule(text, MACHINE), "no path of one machine")
    tap.none(bad_guards({p: t for p, t in rooms.items() if p.endswith(".h")}), "include guards follow their file")
    tap.none(untidy(code), "lines end clean")
    tap.none(rooms_without_essay(rooms), "each room has a file that opens with an essay")
    tap.done()


main()
