"""fmt: one spelling, comments where they were, and never another meaning."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import generate
import stwctest
from convert import image_of, write
from roundtrip import KEYED, SUFFIX

SEEDS = range(int(os.environ.get("STW_SEEDS", "2")))
SAMPLE = int(os.environ.get("STW_SAMPLE", "5"))
HERE = os.environ.get("srcdir", ".")

# what it shows, name, before, after
CASES = [
    ("blanks around the equals sign", "a.toml", "a=1\nb   =   2\nc.d . e=3\n", "a = 1\nb = 2\nc.d.e = 3\n"),
    ("empty lines", "a.toml", "\n\na = 1\n\n\n\nb = 2\n\n", "a = 1\n\nb = 2\n"),
    ("headers stand apart", "a.toml", "a = 1\n[ b ]\n[[ c . d ]]\ne = 1", "a = 1\n\n[b]\n\n[[c.d]]\ne = 1\n"),
    ("with the comments on them", "a.toml", "a = 1\n# on b\n#  and more\n[b]\n\n# apart\n\n[c]\n",
     "a = 1\n\n# on b\n#  and more\n[b]\n\n# apart\n\n[c]\n"),
    ("comments behind", "a.toml", "a = 1# x\nb = 2 \t # y  \n[c]#z\n", "a = 1  # x\nb = 2  # y\n\n[c]  #z\n"),
    ("which may be lined up", "a.toml", "a=1      # x\nbb=22    # y\n", "a = 1      # x\nbb = 22    # y\n"),
    ("lists on a line", "a.toml", "a = [ 1,2 , 3, ]\nb = [ ]\nc = [[1],[ 2 ]]\n", "a = [1, 2, 3]\nb = []\nc = [[1], [2]]\n"),
    ("lists over lines", "a.toml", "a = [ 1,\n2 # two\n    # more\n\n\n, 3 ]\n", "a = [\n\t1,\n\t2  # two\n\t# more\n\n\t, 3,\n]\n"),
    ("a comma before a comment", "a.toml", "a = [\n1 # one\n# end\n]\n", "a = [\n\t1,  # one\n\t# end\n]\n"),
    ("maps on their line", "a.toml", "a = {b=1,c={},d=[{}]}\n", "a = { b = 1, c = {}, d = [{}] }\n"),
    ("texts stay", "a.toml", "a = '''\n  x  \n\n\n  # y\n''' # z\nb = \"#\\t[\"\n", "a = '''\n  x  \n\n\n  # y\n'''  # z\nb = \"#\\t[\"\n"),
    ("line ends of Windows, and a byte order mark", "a.toml", "\ufeffa = 1\r\n# c\r\n", "a = 1\n# c\n"),
    ("numbers and dates stay", "a.toml", "a=0xFF\nb=1_000\nc=1979-05-27 07:32:00Z\nd=1e3\n",
     "a = 0xFF\nb = 1_000\nc = 1979-05-27 07:32:00Z\nd = 1e3\n"),
    ("JSON set in by two", "a.json", '{"a":{"b":[1,2],"c":[{"d":1.0}]},"e":{\n },"f":[\n1], "g":{"h":[1,[2]]}}',
     '{\n  "a": {"b": [1, 2], "c": [{"d": 1.0}]},\n  "e": {},\n  "f": [\n    1\n  ],\n  "g": {"h": [1, [2]]}\n}\n'),
    ("and texts with brackets in them", "a.json", '{"a":"x\\"{,:]","b":["\\\\","]"]}', '{\n  "a": "x\\"{,:]",\n  "b": ["\\\\", "]"]\n}\n'),
    ("what does not fit is broken", "a.json", '{"a":["%s","%s"]}' % ("x" * 60, "y" * 60),
     '{\n  "a": [\n    "%s",\n    "%s"\n  ]\n}\n' % ("x" * 60, "y" * 60)),
    ("a line an operation", "a.ndjson", '\n{ "@type":"destroy","object" :"Domain"}\r\n\n {"@type":"destroy", "object":"Tracer" } ',
     '{"@type": "destroy", "object": "Domain"}\n{"@type": "destroy", "object": "Tracer"}\n'),
    ("YAML without blanks at the end", "a.yaml", "\n\na:   1  \n\n\n\nb:\n  - x  \n  -   z  # c \n\n\n",
     "a: 1\n\nb:\n  - x\n  -   z  # c\n"),
    ("and texts stay there, too", "a.yaml", "a: |  \n  x  \n\n\n  y\nb: \"p \n\n\n  q\"  \nc:    >-\n  z  \n",
     "a: |  \n  x  \n\n\n  y\nb: \"p \n\n\n  q\"  \nc: >-\n  z  \n"),
    ("a CR alone ends a line of YAML: such a file is left as it is", "a.yaml", "a:   >\r  x", "a:   >\r  x"),
    ("line ends of Windows inside of texts as well", "a.yaml", "a: |\r\n  x\r\n\r\n  y\r\nb: \"p\r\n  q\"\r\n", 'a: |\n  x\n\n  y\nb: "p\n  q"\n'),
    # spellings
    ("durations, sizes, rates", "a.toml", '[Imap]\ntimeoutIdle = 1800000\nmaxRequestSize = 52428800\nmaxRequestRate = {count=2000,period="60s"}\n',
     '[Imap]\ntimeoutIdle = "30m"\nmaxRequestSize = "50mb"\nmaxRequestRate = "2000/1m"\n'),
    ("what is spelt so stays", "a.toml", "[Imap]\ntimeoutIdle = '30m'\nmaxRequestSize = 50000001\n",
     "[Imap]\ntimeoutIdle = '30m'\nmaxRequestSize = 50000001\n"),
    ("sets", "a.toml", '[NetworkListener.a]\nbind = "127.0.0.1:1025"\ntlsDisableProtocols = {tls12=true,tls13=false}\n',
     '[NetworkListener.a]\nbind = ["127.0.0.1:1025"]\ntlsDisableProtocols = ["tls12"]\n'),
    ("but not tables", "a.toml", '[NetworkListener.a.bind]\n"127.0.0.1:1025" = true\n', '[NetworkListener.a.bind]\n"127.0.0.1:1025" = true\n'),
    ("not an else, which in an overlay stands behind the cases of the base", "a.toml", '[MtaStageRcpt]\nrewrite = {else = "rcpt"}\n',
     '[MtaStageRcpt]\nrewrite = { else = "rcpt" }\n'),
    ("in YAML", "a.yaml", "Imap:\n  timeoutIdle:  1800000 # c\n  maxRequestRate: {count: 2000, period: 60s}\n",
     'Imap:\n  timeoutIdle: "30m" # c\n  maxRequestRate: "2000/1m"\n'),
    ("not where an anchor shares it", "a.yaml", "Imap:\n  timeoutIdle: &t 1800000\n  timeoutAnonymous: *t\n",
     "Imap:\n  timeoutIdle: &t 1800000\n  timeoutAnonymous: *t\n"),
    ("in JSON", "a.json", '{"Imap":{"timeoutIdle":1800000}}', '{\n  "Imap": {"timeoutIdle": "30m"}\n}\n'),
    ("not in a plan", "a.ndjson", '{"@type":"update","object":"Imap","value":{"timeoutIdle":1800000}}\n',
     '{"@type": "update", "object": "Imap", "value": {"timeoutIdle": 1800000}}\n'),
    ("what is not valid is laid out all the same", "a.toml", "[Imap]\nnoSuch=1\ntimeoutIdle=1800000\n",
     "[Imap]\nnoSuch = 1\ntimeoutIdle = \"30m\"\n"),
]


def read(path):
    with open(path, encoding="utf-8", newline="") as text:
        return text.read()


def tables(tap, folder):
    for what, name, before, after in CASES:
        path = write(folder, name, before)
        done = stwctest.run("fmt", "-q", path)
        tap.equal((read(path), done.status), (after, 0), what)
        done = stwctest.run("fmt", "--check", "-q", path)
        tap.equal((done.stdout, done.status), ("", 0), f"{what}: once is enough")


def command(tap, folder):
    path = write(folder, "a.toml", "a=1\n")
    os.chmod(path, 0o640)
    done = stwctest.run("fmt", "--check", path)
    tap.equal((done.stdout, done.status, read(path)), (path + "\n", 1, "a=1\n"), "--check names it and changes nothing")
    done = stwctest.run("fmt", path)
    tap.equal((done.stderr, os.stat(path).st_mode & 0o777), ("1 of 1 file changed\n", 0o640), "the mode stays")
    before = os.stat(path).st_ino
    stwctest.run("fmt", path)
    tap.equal(os.stat(path).st_ino, before, "a file that is right is not written")
    done = stwctest.run("fmt", "-", "--as", "x.toml", stdin="b=2\n")
    tap.equal((done.stdout, done.stderr, done.status), ("b = 2\n", "", 0), "standard input goes to standard output")
    bad = write(folder, "bad.toml", "a = = 1\n")
    done = stwctest.run("fmt", bad)
    tap.ok(done.status == 1 and "syntax" in done.stderr and read(bad) == "a = = 1\n", "mistakes of syntax are told")
    old = write(folder, "old.toml", 'server.hostname="x"\n')
    done = stwctest.run("fmt", old)
    tap.ok(done.status == 2 and "0.15" in done.stderr and read(old) == 'server.hostname="x"\n', "0.15 settings stay as they are")
    for args in ([], [os.path.join(folder, "none.toml")], [write(folder, "x.txt", "a=1\n")]):
        tap.equal(stwctest.run("fmt", *args).status, 2, f"fmt {' '.join(map(os.path.basename, args))}")
    many = os.path.join(folder, "many")
    os.mkdir(many)
    for name in ("a.toml", "b.yaml", ".hidden.toml", "c.txt"):
        write(many, name, "a:  1\n" if name[0] == "b" else "a=1\n")
    done = stwctest.run("fmt", many)
    tap.equal((done.stderr, read(os.path.join(many, ".hidden.toml"))), ("2 of 2 files changed\n", "a=1\n"), "a directory is its sources")
    os.mkdir(os.path.join(folder, "none"))
    for args in ([], ["--check"]):
        done = stwctest.run("fmt", *args, os.path.join(folder, "none"))
        tap.ok(done.status == 2 and "nothing to format" in done.stderr, f"a directory without sources is no success {args}")
    done = stwctest.run("fmt", "--from", "toml", "/dev/stdin", stdin="a=1\n")
    tap.ok(done.status == 2 and done.stderr.endswith("0 of 1 file changed\n"), "what cannot be replaced does not count as changed")
    secret = write(folder, "s.toml", '[Directory.d]\nbindSecret={"@type"="Value",secret="hunter2"}\ntimeout=1000\n')
    done = stwctest.run("fmt", secret)
    tap.ok("hunter2" not in done.stdout + done.stderr and 'secret = "hunter2"' in read(secret), "secrets stay in the file")


def comments(text):
    return [line.strip() for line in re.findall(r"(?m)(?:^|\s)(#.*)$", text)]


def keeps(tap, folder, name, path):
    """Formatted, a file is the same content with the same comments, and formatting it again changes nothing."""
    before = image_of(folder, "before.stwi", path)
    text = read(path)
    done = stwctest.run("fmt", "-q", path)
    after = image_of(folder, "after.stwi", path)
    again = stwctest.run("fmt", "--check", "-q", path)
    return tap.ok(done.status == 0 and before == after and before and again.status == 0 and comments(read(path)) == comments(text),
                  f"{name}: {done.stderr.strip()}")


def generated(tap, folder):
    reference = generate.Reference()
    for seed in SEEDS:
        source = write(folder, "source.json", json.dumps(generate.Generator(reference, seed + 500).configuration(KEYED)))
        for form, suffix in SUFFIX.items():
            done = stwctest.run("convert", "--to", form, "--reveal-secrets", source)
            keeps(tap, folder, f"seed {seed} as {form}", write(folder, "made." + suffix, done.stdout))


def digest(path):
    """The content, or what is wrong in it without places: fragments and examples of mistakes are no images."""
    done = stwctest.run("check", "--format", "json", "--partial", path)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return done.status
    return [sorted((d["severity"], d["code"], d.get("path", "")) for d in found["diagnostics"]), found["summary"]]


def trees(tap, folder):
    """Every source of the examples and of the corpus."""
    roots = [os.path.join(HERE, "contrib", "examples"), os.path.join(HERE, "testsuite", "checks")]
    roots += filter(None, map(stwctest.shared, ["corpus/stalwart-0.16"]))
    if len(roots) == 2:
        tap.ok(True, "the corpus # SKIP shared/ is not there")
    for root in roots:
        before, wrong = {}, []
        for place, _, names in os.walk(root):
            for name in sorted(names):
                if name.endswith((".toml", ".yaml", ".yml", ".json", ".ndjson")):
                    copy = os.path.join(folder, name)
                    shutil.copyfile(os.path.join(place, name), copy)
                    # a fixture costs as much as a configuration, and all of them are laid out
                    before[copy] = digest(copy) if len(before) % SAMPLE == 0 or "examples" in root else None
        done = stwctest.run("fmt", "-q", *before)
        wrong = [copy for copy, content in before.items() if content and digest(copy) != content]
        again = stwctest.run("fmt", "--check", "-q", *before)
        tap.ok(before and not wrong and "differently" not in done.stderr and done.status >= 0 and again.stdout == "",
               f"{len(before)} files of {os.path.relpath(root, HERE)} mean the same {wrong[:5]}")
        for copy in before:
            os.unlink(copy)


def decoded(suffix, path):
    """What the reader of the format gives, from the conformance decoder; None where it refuses the file."""
    with open(path, "rb") as text:
        done = subprocess.run([os.path.join(stwctest.BUILDDIR, "testsuite", "conform", suffix + "-decode")], stdin=text,
                              capture_output=True, check=False, timeout=20)
    return done.stdout if done.returncode == 0 else None


def suites(tap, folder):
    """Everything that the public suites call valid, which is stranger than any configuration."""
    for suite, suffix in (("toml-test/valid", "toml"), ("JSONTestSuite", "json"), ("yaml-test-suite", "yaml")):
        root, paths, before = stwctest.shared("corpus/" + suite), [], {}
        if not root or not os.path.exists(os.path.join(stwctest.BUILDDIR, "testsuite", "conform", suffix + "-decode")):
            tap.ok(True, f"{suite} # SKIP no corpus, or no decoder")
            continue
        for place, _, names in os.walk(root):
            paths += [os.path.join(place, name) for name in names if name.endswith("." + suffix)]
        for number, path in enumerate(sorted(paths)):
            copy = shutil.copyfile(path, os.path.join(folder, f"{number}.{suffix}"))
            before[copy] = decoded(suffix, copy) if number % SAMPLE == 0 else None
        done = stwctest.run("fmt", "-q", *before)
        wrong = [copy for copy, text in before.items() if text and decoded(suffix, copy) != text]
        tap.ok(len(before) > 90 and not wrong and "differently" not in done.stderr and done.status >= 0,
               f"{len(before)} files of {suite} read as before {wrong[:5]}")
        done = stwctest.run("fmt", "--check", "-q", *before)
        tap.equal(done.stdout, "", f"{suite}: once is enough")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        for topic in (tables, command, generated, trees, suites):
            topic(tap, folder)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
