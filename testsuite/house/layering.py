"""A room includes only what the table in HACKING.md allows, and each outside library has its few files."""

import re

import house

# room: rooms that it may include besides itself
ROOMS = {
    "base": set(),
    "core": {"base"},
    "grammar": {"core", "base"},
    "schemas": {"base", "core"},
    "schemas/schemac": {"base", "core", "schemas", "grammar"},
    "libstw": {"base"},
    "engine": {"libstw", "base"},
    "stwc": {"engine", "libstw", "schemas", "grammar", "core", "base"},
    "runtime": {"libstw", "engine", "base"},
}

# outside library: (pattern of its headers, files that may include it, "one file in each ..." or None)
LIBRARIES = {
    "libyaml": (r"yaml\.h", r"grammar/\w+\.(c|re)", "tree"),
    "LMDB": (r"lmdb\.h", r"(libstw|stwc/emit|runtime)/\w+\.c", "room"),
    "OpenSSL": (r"openssl/.*", r"base/digest\.c|stwc/keys(_make)?\.c|runtime/(\w+/)?(io|tls)\w*\.c", None),
    "libevent": (r"event2/.*|event\.h", r"runtime/(\w+/)?io\w*\.c", None),
    "PCRE2": (r"pcre2\.h", r"engine/\w+\.c", "tree"),
    "libcap": (r"sys/capability\.h", r"runtime/\w+\.c", "tree"),
    "libseccomp": (r"seccomp\.h", r"runtime/\w+\.c", "tree"),
    "libsystemd": (r"systemd/.*", r"runtime/\w+\.c", "tree"),
    "c-ares": (r"ares\.h", r"runtime/\w+\.c", "tree"),
    "jansson": (r"jansson\.h", r"runtime/\w+\.c", "tree"),
    "libidn2": (r"idn2\.h", r"(engine|stwc|grammar)/[\w/]+\.(c|re)", "tree"),
    "libargon2": (r"argon2\.h", r"stwc/\w+\.c", "tree"),
    "libpsl": (r"libpsl\.h", r"(engine|stwc)/[\w/]+\.c", "tree"),
}

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", re.M)


def room_of(path):
    return next((r for r in sorted(ROOMS, key=len, reverse=True) if path.startswith(r + "/")), None)


def sources():
    names = house.files(".c", ".h", ".re", ".y", ".def", places=house.ROOMS)
    return {path: house.read(path) for path in names}


def comments_out(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def includes(tree):
    """(path, line, quote, header) of every include."""
    for path, text in tree.items():
        text = comments_out(text)
        for match in INCLUDE.finditer(text):
            yield path, text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def new_edges(tree):
    """Includes of a room that the including room may not see."""
    for path, line, quote, header in includes(tree):
        target = room_of(header)
        own = room_of(path)
        if quote == '"' and target is None and header != "config.h":
            yield '%s:%d: "%s" is not written "room/file.h"' % (path, line, header)
        elif target and target != own and target not in ROOMS[own]:
            yield "%s:%d: %s includes %s" % (path, line, own, header)


def stray_libraries(tree):
    """Includes of an outside library beyond the files that may know it."""
    for name, (headers, allowed, one_in_each) in LIBRARIES.items():
        users = {}
        for path, line, _, header in includes(tree):
            if not re.fullmatch(headers, header):
                continue
            if not re.fullmatch(allowed, path):
                yield "%s:%d: not a place for %s" % (path, line, name)
            users.setdefault(room_of(path) if one_in_each == "room" else "", set()).add(path)
        for group in users.values():
            if one_in_each and len(group) > 1:
                yield "%s is in more than one file: %s" % (name, ", ".join(sorted(group)))


def test_the_rules(tap):
    edge = {"base/x.c": '#include "core/diag.h"\n', "runtime/y.c": '/* */\n # include "grammar/reader.h"\n'}
    tap.ok(len(list(new_edges(edge))) == 2, "a new edge between rooms is seen")
    tap.ok(not list(new_edges({"core/a.c": '#include "base/buf.h"\n#include <stdio.h>\n'})),
           "an allowed edge is not")
    tap.ok(len(list(new_edges({"core/a.c": '#include "diag.h"\n'}))) == 1,
           "an include without its room is seen")
    tap.ok(not list(new_edges({"base/a.c": '/*\n#include "core/diag.h"\n*/\n'})),
           "a comment is not an include")
    two = {"grammar/a.c": "#include <yaml.h>\n", "grammar/b.c": "#include <yaml.h>\n"}
    tap.ok(len(list(stray_libraries(two))) == 1, "libyaml in a second file is seen")
    lmdb = {"libstw/a.c": "#include <lmdb.h>\n", "stwc/emit/b.c": "#include <lmdb.h>\n"}
    tap.ok(not list(stray_libraries(lmdb)), "LMDB may stand in one file of libstw and one of stwc")
    lmdb["libstw/c.c"] = "#include <lmdb.h>\n"
    tap.ok(len(list(stray_libraries(lmdb))) == 1, "LMDB in a second file of libstw is seen")
    tls = {"runtime/smtp.c": "#include <openssl/ssl.h>\n", "runtime/role.c": "#include <event2/event.h>\n"}
    tap.ok(len(list(stray_libraries(tls))) == 2, "OpenSSL and libevent outside their files are seen")


def main():
    tap = house.Tap()
    test_the_rules(tap)
    tree = sources()
    tap.ok(len(tree) > 20 and {room_of(p) for p in tree} >= set(house.ROOMS), "every room was read",
           "%d files" % len(tree))
    tap.none(new_edges(tree), "no room includes what it may not")
    tap.none(stray_libraries(tree), "each outside library stays in its files")
    tap.done()


main()
