"""The command line: which command takes which option, what is suggested, where a message goes."""
import json
import os
import subprocess
import sys
import tempfile

import stwctest

SOURCES = "from as object overlay partial shapes target schema edition level strict max-errors format color quiet now env project image".split()
TAKEN = {
    "check": SOURCES + ["all", "for", "host", "secrets"],
    "build": SOURCES + ["all", "for", "host", "secrets", "out", "revision", "allow-inline-secrets"],
    "dump": ["to", "reveal-secrets"],
    "verify": ["format", "quiet"],
    "get": SOURCES,
    "ip": SOURCES,
    "schema": ["to", "schema"],
    "explain": ["format", "list", "schema"],
    "migrate": "from as target schema level max-errors format color quiet out to env allow-loss reveal-secrets".split(),
    "test": SOURCES,
    "report": [option for option in SOURCES if option != "format"] + ["out", "against"],
    "graph": [option for option in SOURCES if option not in ("format", "quiet")] + ["type"],
    "convert": [option for option in SOURCES if option != "format"] + ["out", "to", "reveal-secrets"],
    "diff": [option for option in SOURCES if option not in ("format", "schema")] + ["to", "part", "reveal-secrets"],
    "fmt": ["check", "from", "as", "object", "quiet"],
    "eval": SOURCES + ["with", "answer"],
    "clients": SOURCES + ["out", "to", "domain"],
    "zone": [option for option in SOURCES if option != "format"] +
            "out to domain address ns previous skip tlsa host secrets origin caa".split(),
    "hash": ["memory", "iterations", "lanes"],
    "init": "domain hostname acme certificate key dkim data blob search in-memory directory tracer dns set yes quiet edition".split(),
}
VALUES = {"from": "json", "as": "x", "object": "Domain", "overlay": "x", "shapes": "own", "target": "0.16", "schema": "x", "edition": "enterprise", "format": "json",
          "level": "syntax=error", "max-errors": "1", "color": "never", "for": "stwd", "out": "x", "revision": "x",
          "to": "list", "now": "0", "against": "x", "part": "1", "secrets": ".", "type": "Domain", "env": "a=b", "project": "x", "image": "x",
          "with": "a=1", "answer": "a=1", "domain": "x", "address": "192.0.2.1", "ns": "x", "previous": "x", "skip": "dkim",
          "memory": "8192", "iterations": "1", "lanes": "1", "hostname": "x", "acme": "no", "certificate": "x", "key": "x", "dkim": "no",
          "data": "x", "blob": "x", "search": "x", "in-memory": "x", "directory": "x", "tracer": "x", "dns": "x", "set": "a=b", "origin": "x", "caa": "x"}
FORMATS = {"dump": ["toml", "yaml", "json", "plan", "jmap"], "schema": ["text", "json-schema", "list"], "diff": ["text", "json", "plan"],
           "convert": ["toml", "yaml", "json", "plan", "jmap"], "zone": ["bind", "nsupdate", "json", "terraform", "policy"],
           "clients": ["text", "autoconfig", "autodiscover", "autodiscover-json", "pacc", "mobileconfig"]}
LISTENER = '[NetworkListener.a]\nbind = "127.0.0.1:2525"\n'


def words(option, command):
    if (option, command) == ("format", "test"):
        return ["--format=tap"]
    return [f"--{option}={VALUES[option]}"] if option in VALUES else [f"--{option}"]


def taken(tap):
    """Each option is listed and heeded where it does something, and refused where it does not."""
    refused = set()
    every = sorted({option for options in TAKEN.values() for option in options})
    commands = [line.split()[0] for line in stwctest.run("--help").stdout.splitlines() if line.startswith("  ")]
    tap.equal(sorted(commands), sorted(TAKEN), "every command is tried here")
    for command, options in TAKEN.items():
        listed = [line.split()[0].removeprefix("--") for line in
                  stwctest.run(command, "--help").stdout.splitlines() if line.startswith("  --")]
        tap.equal(sorted(listed), sorted(options + ["help"]), f"{command} --help lists its options")
        for option in every:
            # one table says it for all: each command refuses something, and each option is refused somewhere
            if option not in options and option in refused and command in refused:
                continue
            done = stwctest.run(command, *words(option, command), "--help")
            if option in options:
                tap.equal((done.status, done.stderr), (0, ""), f"{command} takes --{option}")
            else:
                refused.update((option, command))
                tap.equal((done.status, done.stdout, done.stderr),
                          (2, "", f"stwc {command}: --{option} does nothing for this command; see stwc {command} --help\n"),
                          f"{command} refuses --{option}")
    for command, formats in FORMATS.items():
        shown = stwctest.run("help", command).stdout
        tap.ok(f"  --to {'|'.join(formats)}" in [line.split("  the ")[0].split(" the ")[0] for line in shown.splitlines()],
               f"{command} --help names the formats, and so does help {command}")


def formats(tap):
    """Every format that --help names is one."""
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "x.stwi")
        stwctest.run("build", "--from", "toml", "-", "-o", image, stdin=LISTENER)
        for command, operand in (("dump", image), ("schema", "Http")):
            for form in FORMATS[command]:
                tap.equal(stwctest.run(command, "--to", form, operand).status, 0, f"{command} --to {form}")


def suggestions(tap):
    for args, said in ((["chekc"], "stwc: there is no command 'chekc'; did you mean 'check'?\n"),
                       (["frobnicate"], "stwc: there is no command 'frobnicate'; see stwc --help\n"),
                       (["check", "--object", "networklistener", "-"], "(did you mean 'NetworkListener'?)"),
                       (["check", "--object", "NETWORKLISTNER", "-"], "(did you mean 'NetworkListener'?)"),
                       (["check", "--object", "Nonsense", "-"], "called 'Nonsense'; see"),
                       (["check", "--stirct", "-"], "there is no option '--stirct' (did you mean --strict?)"),
                       (["verify", "--stirct", "-"], "there is no option '--stirct'; see")):
        done = stwctest.run(*args)
        tap.ok(done.status == 2 and done.stdout == "" and said in done.stderr, f"{' '.join(args)}: {said.strip()}") or \
            print("#   " + done.stderr)


def full_output(tap):
    """What could not be written is no success."""
    for args in (["--help"], ["--version"], ["check", "--help"], ["schema"], ["explain", "--list"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([stwctest.STWC, *args], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        tap.ok(done.returncode == 2 and "cannot write" in done.stderr, f"{' '.join(args)} into a full device")


def byte_order_mark(tap):
    """It is no part of the first line."""
    text = "\ufeffNetworkListener = 5\n"
    done = stwctest.run("check", "--from", "toml", "-", stdin=text)
    tap.ok("1 | NetworkListener = 5\n" in done.stderr and "?" not in done.stderr, "a mark is not shown")
    caret = [line for line in done.stderr.splitlines() if "^" in line][0]
    tap.equal(caret.rstrip(), "  |                   ^", "nor does it move the caret")
    places = [stwctest.check_text(mark + "NetworkListener = 5\n", "--from", "toml").places() for mark in ("", "\ufeff")]
    tap.ok(places[0] and places[0] == places[1], "nor does it count")


def where(tap):
    """Wrong usage is text; an input that cannot be read is in the document."""
    done = stwctest.run("check", "--bogus", "--format", "json", "x")
    tap.ok(done.status == 2 and done.stdout == "" and "--bogus" in done.stderr, "wrong usage is text")
    with tempfile.TemporaryDirectory() as folder:
        for path in ("/nonexistent/x.toml", "none.toml"):
            done = stwctest.run("check", "--format", "json", path, cwd=folder)
            tap.equal([d.get("file") for d in done.diagnostics], [path], f"{path} is named to programs too")
    done = stwctest.run("check", "--format", "json", "/nonexistent/x.toml")
    document = json.loads(done.stdout)
    tap.equal((done.status, done.stderr, done.codes(), document["summary"]["errors"]), (2, "", ["unreadable"], 1),
              "an unreadable input is in the document")


def main():
    tap = stwctest.Tap()
    for topic in (taken, formats, suggestions, full_output, byte_order_mark, where):
        topic(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
