"""Long lists of lines pass through memory in parts; nobody can tell, but by the memory."""
import hashlib
import os
import sys
import tempfile

import stwctest

LINES, EACH = 420, 250


def address(n):
    return f"{11 + n // 65536}.{n // 256 % 256}.{n % 256}.7"


def line(number, first=None):
    bodies = []
    for i in range(EACH):
        text = first if first and i == 0 else address(number * EACH + i)
        bodies.append(f'"b{number}-{i}":{{"address":"{text}","reason":"manual"}}')
    return '{"@type":"create","object":"BlockedIp","value":{' + ",".join(bodies) + "}}\n"


def listener(verb, body):
    return f'{{"@type":"{verb}","object":"NetworkListener",{body}}}\n'


def write(folder, name, lines):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(lines)
    return path


def check(path, *args):
    return stwctest.run("check", "--format", "json", *args, path)


def faults(tap, folder):
    lines = [line(n) for n in range(LINES)]
    path = write(folder, "repeat.ndjson", lines + [line(LINES, address(3))])
    tap.ok(os.path.getsize(path) > 5 << 20, "the list is long enough to come in parts")
    found = check(path).diagnostics
    column = lines[0].index(address(3)) - 1 + 1
    tap.equal([(d["code"], d["line"], d["related"][0]["line"], d["related"][0]["column"])
               for d in found], [("duplicate-value", LINES + 1, 1, column)],
              "a repeat at the end names the entry of the first line, which had been let go")
    text = stwctest.run("check", path).stderr
    tap.ok(address(3) in text and "first given here" in text, "and the text shows it")

    broken = list(lines)
    broken[200] = broken[200].replace('"reason":"manual"', '"reason":"wrong"', 1)
    broken[300] = broken[300][:-3] + "\n"
    done = check(write(folder, "broken.ndjson", broken))
    tap.equal([(d["code"], d["line"]) for d in done.diagnostics],
              [("unknown-member", 201), ("syntax", 301)], "faults in later parts name their lines")


def kept(tap, folder):
    lines = [line(n) for n in range(LINES)]
    mixed = ([listener("create", '"value":{"smtp":{"name":"smtp","protocol":"smtp",'
                                 '"bind":{"192.0.2.1:25":true}}}')]
             + lines + [listener("update", '"id":"#smtp","value":{"tlsImplicit":true}')])
    path = write(folder, "mixed.ndjson", mixed)
    image = os.path.join(folder, "mixed.stwi")
    built = stwctest.run("build", path, "-o", image)
    tap.equal(built.status, 0, "a plan of addresses and others builds")
    dump = stwctest.run("get", "NetworkListener/smtp/tlsImplicit", image).stdout
    tap.ok("true" in dump, "an update behind a long list reaches what stood before it")
    named = stwctest.run("ip", address(LINES * EACH - 1), image).stdout
    tap.ok(f"mixed.ndjson:{LINES + 1}" in named, "a decision names the line of the list")
    with open(path, "rb") as source:
        digest = hashlib.sha256(source.read()).hexdigest()
    tap.ok(digest[:16] in stwctest.run("verify", image).stdout,
           "the image knows the digest of the source")
    other = os.path.join(folder, "other.stwi")
    with open(path, encoding="utf-8") as source:
        stwctest.run("build", "-", "--from", "ndjson", "-o", other, stdin=source.read())
    same = stwctest.run("verify", other).stdout.split("content")[1].split()[0]
    tap.ok(same in stwctest.run("verify", image).stdout,
           "the content is that of the same text read in one go")


def memory(tap, folder):
    blanks = " " * 600
    path = write(folder, "wide.ndjson",
                 (line(n).replace(',"b', f',{blanks}"b') for n in range(LINES)))
    size = os.path.getsize(path)
    pid = os.spawnv(os.P_NOWAIT, stwctest.STWC, [stwctest.STWC, "check", "-q", path])
    _, status, usage = os.wait4(pid, 0)
    tap.equal(status, 0, f"a list of {size >> 20} MiB is valid")
    with open(os.path.join(stwctest.BUILDDIR, "config.h"), encoding="utf-8") as config:
        sanitized = "#define STW_SANITIZE 1" in config.read()
    if sanitized:
        print("# memory is not measured under a sanitizer")
        return
    tap.ok(usage.ru_maxrss < size >> 11,
           f"and takes {usage.ru_maxrss >> 10} MiB, less than half of that")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        faults(tap, folder)
        kept(tap, folder)
        memory(tap, folder)
    tap.done()
    return tap.failed != 0


if __name__ == "__main__":
    sys.exit(main())
