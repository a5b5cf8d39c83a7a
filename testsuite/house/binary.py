"""stwd holds no reader of configuration: neither libyaml nor any object of grammar/, core/ or stwc/."""

import os
import re
import subprocess

import house

FORBIDDEN_LIBRARIES = ("libyaml",)
FORBIDDEN_ROOMS = ("grammar", "core", "stwc")
OWN_ROOMS = ("runtime", "engine", "libstw", "base")  # a name of theirs may stand in another room too


def defined(path):
    """Global symbols that an object or a program defines."""
    out = subprocess.run(["nm", "-g", "--defined-only", path], capture_output=True, text=True, check=True)
    return set(re.findall(r"^[0-9a-fA-F]+ [A-TV-Z] (\w+)$", out.stdout, re.M))


def needed(path):
    """Shared libraries that a program asks for by itself."""
    out = subprocess.run(["objdump", "-p", path], capture_output=True, text=True, check=True)
    return re.findall(r"NEEDED\s+(\S+)", out.stdout)


def objects_of(room):
    for folder, _, names in os.walk(os.path.join(house.BUILDDIR, room)):
        for name in names:
            if name.endswith(".o"):
                yield os.path.join(folder, name)


def symbols_of_rooms(*rooms):
    return {symbol for room in rooms for path in objects_of(room) for symbol in defined(path)}


def main():
    tap = house.Tap()
    stwd, stwc = house.command("stwd"), house.command("stwc/stwc")
    libraries = needed(stwd)
    tap.none([l for l in libraries if l.startswith(FORBIDDEN_LIBRARIES)], "stwd does not link libyaml")
    tap.ok(any(l.startswith("libyaml") for l in needed(stwc)), "stwc does, so that the check sees it",
           needed(stwc))
    own = defined(stwd) - symbols_of_rooms(*OWN_ROOMS)
    theirs = defined(stwc)
    for room in FORBIDDEN_ROOMS:
        symbols = symbols_of_rooms(room) - {"main"}
        # the same names linked into stwc show that they would be found
        tap.ok(len(symbols & theirs) > 5, "%s has symbols to look for" % room, len(symbols))
        tap.none(sorted(symbols & own), "stwd has no symbol of %s" % room)
    tap.done()


main()
