"""Texts made to exhaust a reader end soon, with a diagnostic; a few megabytes each."""
import re
import subprocess
import time

import suite

MB = 1000 * 1000
SECONDS = 10  # each takes a fraction of one; a sanitizer or a busy machine may need more


def decode(program, text, *args):
    before = time.monotonic()
    done = subprocess.run([suite.command(program), *args], input=text,
                          capture_output=True, timeout=120, check=False)
    codes = re.findall(rb"^error\[([a-z-]+)\]", done.stderr, re.M)
    return done.returncode, [c.decode() for c in codes], time.monotonic() - before


def expect(what, program, text, codes, *args):
    """Exactly these codes; ["..."] for any number of any errors, [] for a valid text."""
    status, found, seconds = decode(program, text, *args)
    right = bool(found) if codes == ["..."] else found == codes
    right = right and status == (1 if codes else 0) and seconds < SECONDS
    if not right:
        suite.note("exit status %d, %d diagnostics (%s), %.1f s"
                   % (status, len(found), ", ".join(found[:5]), seconds))
    suite.line(right, what)


def brackets():
    n = 3 * MB
    expect("JSON: opening brackets", "json-decode", b"[" * n, ["nesting"])
    expect("JSON: opening maps", "json-decode", b'{"a":' * (n // 5), ["nesting"])
    expect("NDJSON: opening brackets", "json-decode", b"[" * n, ["nesting"], "ndjson")
    expect("TOML: opening brackets", "toml-decode", b"a = " + b"[" * n, ["nesting"])
    expect("TOML: opening braces", "toml-decode", b"a = " + b"{a=" * (n // 3), ["nesting"])
    expect("TOML: a key of many parts", "toml-decode", b"a." * (n // 2), ["nesting"])
    expect("TOML: headers that go deeper", "toml-decode", b"[" + b"a." * 64 + b"a]\n", ["nesting"])
    expect("YAML: opening brackets", "yaml-decode", b"[" * n, ["nesting"])
    expect("YAML: opening braces", "yaml-decode", b"{" * n, ["nesting"])
    expect("YAML: dashes", "yaml-decode", b"- " * (n // 2), ["nesting"])
    expect("YAML: question marks", "yaml-decode", b"? " * (n // 2), ["nesting"])
    expect("settings: opening brackets", "settings-decode", b"a = " + b"[" * n, ["nesting"])
    expect("settings: opening braces", "settings-decode", b"a = " + b"{a=" * (n // 3), ["nesting"])


def limits():
    """Sixty-four levels are read, the next is not."""
    fits, over = b"[" * 64 + b"]" * 64, b"[" * 65 + b"]" * 65
    for name in ("json", "yaml"):
        expect(name + ": 64 levels fit", name + "-decode", fits, [])
        expect(name + ": 65 do not", name + "-decode", over, ["nesting"])
    expect("toml: 64 levels fit, the document counts", "toml-decode", b"a = " + fits[1:-1], [])
    expect("toml: 65 do not", "toml-decode", b"a = " + fits, ["nesting"])


def unclosed():
    """What is opened on every line and never closed must not make each line cost all others."""
    lines = MB // 4
    for what, text in (("lists", b"a=[\n"), ("inline tables", b"a={\n"), ("headers", b"[a\n"),
                       ("multi-line strings", b'\\"""\n'), ("strings", b'a="\n')):
        expect("TOML: %s never closed" % what, "toml-decode", text * lines, ["..."])
    for what, text in (("lists", b"a=[\n"), ("strings", b'a="\n'), ("raw strings", b"a='''\n\"b\n")):
        expect("settings: %s never closed" % what, "settings-decode", text * lines + b"'", ["..."])


def aliases():
    layers = b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9))
                      for c in range(98, 110))
    expect("YAML: aliases of aliases", "yaml-decode", b"a: &a [x]\n" + layers, ["yaml-feature"])
    expect("YAML: an alias to its own list", "yaml-decode", b"a: &a [*a]\n", ["yaml-feature"])
    expect("YAML: an alias is a copy", "yaml-decode", b"a: &a [x, {k: z}]\nb: [*a, *a]\n", [])


def many_keys():
    shuffled = [(i * 2654435761) & 0xffffffff for i in range(100000)]
    expect("JSON: many keys in no order", "json-decode",
           b"{" + b",".join(b'"%x":1' % k for k in shuffled) + b"}", [])
    expect("JSON: the last of many keys is the first again", "json-decode",
           b"{" + b",".join(b'"%x":1' % k for k in shuffled + shuffled[:1]) + b"}",
           ["duplicate-key"])
    text = b"".join(b"k%x: 1\n" % k for k in shuffled)
    expect("YAML: many keys", "yaml-decode", text, [])
    expect("TOML: many keys", "toml-decode", text.replace(b": ", b" = "), [])
    expect("settings: many keys", "settings-decode", text.replace(b": ", b" = "), [])


brackets()
limits()
unclosed()
aliases()
many_keys()
suite.done()
