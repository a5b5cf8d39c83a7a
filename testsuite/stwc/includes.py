"""include and include-list: further sources, and plain lists of addresses."""
import ipaddress
import json
import os
import random
import subprocess
import sys
import tempfile

import stwctest

LISTENER = '[NetworkListener.{0}]\nbind = "127.0.0.1:25{1}"\n'


class Folder:
    """Files in a temporary folder, and stwc run there."""

    def __init__(self, files):
        self.held = tempfile.TemporaryDirectory()
        self.path = self.held.name
        for name, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(self.path, name)), exist_ok=True)
            with open(os.path.join(self.path, name), "w", encoding="utf-8") as out:
                out.write(text)

    def check(self, *args):
        return stwctest.run("check", "--format", "json", "--max-errors", "0", *args, cwd=self.path)

    def networks(self, *args, kind="BlockedIp"):
        """The entries in the image that the sources make."""
        built = stwctest.run("build", "-q", *args, "-o", "x.stwi", cwd=self.path)
        if built.status != 0:
            return built.stderr
        bodies = json.loads(stwctest.run("dump", "--to", "json", "x.stwi", cwd=self.path).stdout).get(kind, {})
        return bodies


def sources(tap):
    folder = Folder({
        "main.toml": 'include = ["more/b.yaml", "c.json"]\n' + LISTENER.format("a", 25),
        "more/b.yaml": "include: deep/d.ndjson\nNetworkListener: {b: {bind: '127.0.0.1:2526'}}\n",
        "more/deep/d.ndjson": '{"@type":"create","object":"NetworkListener","value":{"d":{"name":"d","protocol":"smtp","bind":{"127.0.0.1:2528":true}}}}\n',
        "c.json": '{"NetworkListener": {"c": {"bind": "127.0.0.1:2527"}}}'})
    done = folder.check("main.toml")
    tap.equal((done.status, done.summary["objects"], done.summary["files"]), (0, 4, 4), "files of every format are included, from their own folders")
    tap.ok(isinstance(folder.networks("main.toml"), dict), "and built")
    shown = stwctest.run("verify", "x.stwi", cwd=folder.path).stdout
    tap.ok(all(name in shown for name in ("main.toml", "more/b.yaml", "more/deep/d.ndjson", "c.json")),
           "the manifest has every source under its path")
    place = stwctest.run("get", "NetworkListener/d/bind", "main.toml", cwd=folder.path).stdout
    tap.ok("more/deep/d.ndjson:1" in place, "a value comes from the line of the file that has it")
    with open(os.path.join(folder.path, "main.toml"), encoding="utf-8") as text:
        done = stwctest.run("check", "--from", "toml", "-", stdin=text.read(), cwd=folder.path)
    tap.equal(done.status, 0, "standard input includes from the working folder, whatever --from says of itself")
    done = stwctest.run("check", "--from", "toml", "--as", "more/x.toml", "-", stdin='include = "deep/d.ndjson"\n', cwd=folder.path)
    tap.equal(done.status, 0, "with --as, from the folder of that name")


def overlays(tap):
    base = 'include = [{file = "over.toml", overlay = true}]\n' + LISTENER.format("a", 25) + "maxConnections = 5\n"
    over = '[NetworkListener.a]\nmaxConnections = 7\n'
    folder = Folder({"base.toml": base, "over.toml": over, "plain.toml": base.replace(", overlay = true", ""),
                     "site.toml": 'include = "over.toml"\n', "first.toml": LISTENER.format("a", 25)})
    done = stwctest.run("get", "-q", "NetworkListener/a/maxConnections", "base.toml", cwd=folder.path)
    tap.equal(done.stdout, "7\n", "an included overlay lies over what was read before it")
    tap.equal(folder.check("plain.toml").codes(), ["duplicate-object"], "without that word the same object is there twice")
    done = stwctest.run("get", "-q", "NetworkListener/a/maxConnections", "first.toml", "--overlay", "site.toml", cwd=folder.path)
    tap.equal(done.stdout, "7\n", "what an overlay includes is one too")
    folder = Folder({"base.toml": '[Imap]\nmaxRequestRate = "5/1h"\n[MtaExtensions]\nexpn = "false"\ndsn = {else = "false", match = [{if = "is_tls", then = "true"}]}\n',
                     "over.toml": '[Imap.maxRequestRate]\ncount = 9\n[MtaExtensions]\nexpn = {else = "true"}\ndsn = "true"\n'})
    done = stwctest.run("convert", "--to", "json", "base.toml", "--overlay", "over.toml", cwd=folder.path)
    tap.equal(json.loads(done.stdout), {"Imap": {"maxRequestRate": "9/1h"}, "MtaExtensions": {"expn": "true", "dsn": "true"}},
              "a part of what is written as a text changes, and its rest stays")
    folder = Folder({"base.toml": '[MtaRoute.r]\n"@type" = "Mx"\n', "over.toml": '[MtaRoute.r]\n"@type" = "Local"\n'})
    done = stwctest.run("convert", "-q", "--to", "json", "base.toml", "--overlay", "over.toml", cwd=folder.path)
    tap.equal((done.status, json.loads(done.stdout or "{}")), (0, {"MtaRoute": {"r": {"@type": "Local"}}}), "another variant keeps the name")
    folder = Folder({"base.toml": '[Domain.a]\nname = "example.org"\n',
                     "over.json": '{"Domain": {"z": {"name": "example.net"}, "a": null, "q": {"name": "example.org"}}}'})
    done = folder.check("base.toml", "--overlay", "over.json")
    tap.equal(done.codes("error"), ["wrong-type"], "what is looked for by its key is no longer found where null has taken its place")


def refused(tap):
    folder = Folder({
        "self.toml": 'include = "./self.toml"\n', "a.toml": 'include = ["b.toml"]\n', "b.toml": '\ninclude = ["c.toml"]\n',
        "c.toml": 'include = ["a.toml"]\n', "gone.toml": '\n\ninclude = ["here.toml", "gone/x.toml"]\n', "here.toml": LISTENER.format("h", 25),
        "twice.toml": 'include = ["here.toml", "here.toml"]\n', "folder.toml": 'include = "."\n', "device.toml": 'include = "/dev/zero"\n',
        "device-list.toml": 'include-list = {file = "/dev/zero"}\n', "pipe.toml": 'include = "pipe.json"\n', "image.toml": 'include = "x.stwi"\n',
        "named.toml": 'include = "here.toml"\n', "same.toml": 'include = "link.toml"\n'})
    os.mkfifo(os.path.join(folder.path, "pipe.json"))
    os.symlink("here.toml", os.path.join(folder.path, "link.toml"))
    for name, code, line, status in (("self.toml", "include-cycle", 1, 1), ("a.toml", "include-cycle", 1, 1), ("gone.toml", "unreadable", 3, 2),
                                     ("twice.toml", "include-repeated", 1, 1), ("folder.toml", "unreadable", 1, 2),
                                     ("device.toml", "unreadable", 1, 2), ("device-list.toml", "unreadable", 1, 2), ("pipe.toml", "unreadable", 1, 2)):
        done = folder.check(name)
        found = [(d["code"], d.get("line")) for d in done.diagnostics]
        tap.equal((found, done.status), ([(code, line)], status), f"{name}: {code}")
    cycle = folder.check("a.toml").diagnostics[0]
    tap.equal((cycle["file"], cycle["column"], cycle["related"][0]["file"]), ("c.toml", 12, "a.toml"), "a cycle has both places")
    again = folder.check("twice.toml").diagnostics[0]
    tap.equal((again["column"], again["related"][0]["column"]), (25, 12), "a repeat has both places")
    done = folder.check("named.toml", "here.toml")
    tap.equal((done.codes(), done.diagnostics[0]["file"], done.diagnostics[0]["related"][0]["line"]), (["include-repeated"], "here.toml", 1),
              "so has one with the command line")
    tap.equal(folder.check("here.toml", "same.toml").codes(), ["include-repeated"], "a link is the file that it leads to")
    for text, code in (("include = 1", "wrong-type"), ('include = [""]', "empty-value"), ("include = [[]]", "wrong-type"),
                       ('include = {file = "x", overly = true}', "unknown-field"), ("include = {overlay = true}", "missing-field"),
                       ('includ = "x"', "unknown-type"), ('include-list = "x"', "wrong-type"), ("include-list = {}", "missing-field"),
                       ('include-list = {file = "x", format = "cvs"}', "unknown-member"), ('include-list = {file = "x", colum = 1}', "unknown-field"),
                       ('include-list = {file = "x", column = 0}', "wrong-type"), ('include-list = {file = "x", type = "Domain"}', "unknown-member"),
                       ('include-list = {file = "x", address = "192.0.2.1"}', "unknown-field"), ('include-list = {file = "x", delimiter = "ab"}', "wrong-type"),
                       ('BlockedIp.include-list = {file = "x", type = "AllowedIp"}', "unknown-field")):
        done = stwctest.check_text(text + "\n" + LISTENER.format("a", 25), "--from", "toml")
        tap.equal([(d["code"], d["line"]) for d in done.diagnostics], [(code, 1)], f"{text}: {code}")
    with open(os.path.join(folder.path, "list.txt"), "w", encoding="utf-8") as out:
        out.write("192.0.2.1\n")
    for field, code in (('reason = "nonsense"', "unknown-member"), ('expiresAt = "soon"', "date"), ('createdAt = "2026-01-01T00:00:00Z"', "server-set")):
        done = stwctest.run("check", "--format", "json", "--from", "toml", "-", stdin='include-list = {file = "list.txt", %s}\n[Http]\n' % field, cwd=folder.path)
        tap.equal(done.codes(), [code], f"a field of the entries, {field}: {code}, once")
    many = {f"{i}.toml": f'include = "{i + 1}.toml"\n' for i in range(40)}
    tap.equal(Folder(many).check("0.toml").codes(), ["nesting"], "includes are not followed without end")


def lists(tap):
    text = ("\ufeff# comment\n; another\n\n192.0.2.1\n 198.51.100.0/24\t# behind\r\n203.0.113.5-203.0.113.7;x\n2001:db8::/32\n"
            "2001:db9::1 - 2001:db9::2\n10.0.0.1")
    files = {"l.txt": text, "l.toml": 'BlockedIp.include-list = {file = "l.txt", format = "plain", reason = "manual"}\n',
             "t.yaml": "include-list: [{file: l.txt, type: AllowedIp, reason: partner}]\n",
             "j.json": '{"AllowedIp": {"include-list": [{"file": "l.txt"}], "8.8.8.8": {}}}'}
    folder = Folder(files)
    want = ["10.0.0.1", "192.0.2.1", "198.51.100.0/24", "2001:db8::/32", "2001:db9::1", "2001:db9::2", "203.0.113.5", "203.0.113.6/31"]
    entries = folder.networks("l.toml")
    tap.equal(sorted(entries), want, "a list with comments, networks and ranges")
    tap.ok(all(e["reason"] == "manual" for e in entries.values()), "every entry has the fields that stand beside the file")
    allowed = folder.networks("t.yaml", kind="AllowedIp")
    tap.equal((sorted(allowed), {e["reason"] for e in allowed.values()}), (want, {"partner"}),
              "a list of allowed addresses")
    tap.equal(len(folder.networks("j.json", kind="AllowedIp")), 9, "beside entries of their own, in JSON")
    for address, line in (("192.0.2.1", 4), ("198.51.100.77", 5), ("203.0.113.7", 6), ("2001:db9::2", 8), ("10.0.0.1", 9)):
        for where in ("l.toml", "x.stwi"):
            if where == "x.stwi":
                folder.networks("l.toml")
            done = stwctest.run("ip", address, where, cwd=folder.path)
            tap.ok(done.status == 1 and done.stdout.endswith(f", at l.txt:{line}\n"), f"ip {address} in {where}: line {line}") or \
                print("#   " + done.stdout + done.stderr)
    shown = stwctest.run("verify", "x.stwi", cwd=folder.path).stdout
    tap.ok("l.txt" in shown, "the list is a source in the manifest")
    bad = Folder({"l.txt": "192.0.2.1\n300.1.1.1\n\n  1.2.3.4/33 # x\n1.1.1.9-1.1.1.1\n::1-1.1.1.1\n1.0.0.0/7\n0.0.0.0\n1.2.3.4 5.6.7.8\n"
                  "0.0.0.0-1.1.1.1\n010.1.1.1\nfe80::1%eth0\n1.1.1.1-\n\x01\u00e9\n",
                  "l.toml": 'include-list = {file = "l.txt"}\n'}).check("l.toml")
    tap.equal([(d["code"], d["file"], d["line"], d["column"]) for d in bad.diagnostics],
              [("list-line", "l.txt", line, 3 if line == 4 else 1) for line in (2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)],
              "every bad line is reported at its place")
    for form, wrong in (("cidr", 3), ("range", 2), ("plain", None)):
        folder = Folder({"l.txt": "192.0.2.1\n198.18.0.0/16\n1.1.1.1-1.1.1.5\n", "l.toml": f'include-list = {{file = "l.txt", format = "{form}"}}\n'})
        tap.equal([d["line"] for d in folder.check("l.toml").diagnostics], [wrong] if wrong else [], f"format {form} takes what it says")
    folder = Folder({"l.txt": "192.0.2.1\n192.0.2.2\n192.0.2.1\n", "m.txt": "192.0.2.2\n192.0.2.3\n",
                     "l.toml": '[BlockedIp]\n"192.0.2.3" = {reason = "manual"}\ninclude-list = [{file = "l.txt"}, {file = "m.txt", reason = "portScanning"}]\n'})
    done = folder.check("l.toml")
    tap.equal([(d["code"], d["file"], d["line"], d["related"][0]["file"], d["related"][0]["line"]) for d in done.diagnostics],
              [("list-repeat", "l.txt", 3, "l.txt", 1), ("list-repeat", "m.txt", 1, "l.txt", 2), ("list-repeat", "m.txt", 2, "l.toml", 2)],
              "repeats are notes, with both places")
    entries = folder.networks("l.toml")
    tap.equal({n: e.get("reason", "") for n, e in entries.items()},
              {"192.0.2.1": "", "192.0.2.2": "", "192.0.2.3": "manual"}, "and one of each is kept: the object, else the first")


def tables(tap):
    def addresses(form, text):
        folder = Folder({"l.csv": text, "l.toml": 'include-list = {file = "l.csv", format = "csv"%s}\n' % form})
        done = folder.check("l.toml")
        if done.diagnostics:
            return [(d["line"], d["column"]) for d in done.diagnostics]
        return sorted(folder.networks("l.toml"))

    tap.equal(addresses("", "192.0.2.1,x\n192.0.2.2\n"), ["192.0.2.1", "192.0.2.2"], "a table: the first column")
    tap.equal(addresses(", column = 2", '# note\n"a ""b"", c",192.0.2.1\r\nd,"192.0.2.2"\n\n"two\nlines",1.1.1.0/24'), ["1.1.1.0/24", "192.0.2.1", "192.0.2.2"],
              "another, with quotes around cells and line ends in them")
    tap.equal(addresses(', column = "ip"', "id, ip ,n\n1,192.0.2.1,\n2,192.0.2.2-192.0.2.3,\n"), ["192.0.2.1", "192.0.2.2/31"], "one by its name")
    tap.equal(addresses(", column = 2, header = true", "id,ip\n1,192.0.2.1\n"), ["192.0.2.1"], "one by number under a line of names")
    tap.equal(addresses(', column = 2, delimiter = ";"', "1;192.0.2.1;x\n"), ["192.0.2.1"], "parted by semicolons")
    tap.equal(addresses(', column = 2, delimiter = "\\t"', "1\t192.0.2.1\tx\n"), ["192.0.2.1"], "or by tabs")
    tap.equal(addresses(", column = 2", 'a,192.0.2.1\nb\nc,\nd,x\n"e" f,1.1.1.1\n"g,1.1.1.2'), [(2, 1), (3, 1), (4, 3), (5, 5), (6, 1)],
              "missing, empty, wrong, and badly quoted cells")
    tap.equal(addresses(', column = "addr"', "id,ip\n1,192.0.2.1\n"), [(1, 1)], "no column of that name")


def ranges(tap):
    """Every range is the fewest networks that an entry may be, and covers just its addresses."""
    numbers, wrong = random.Random(7), []
    for family, width in ((ipaddress.IPv4Address, 32), (ipaddress.IPv6Address, 128)):
        for _ in range(20):
            span = numbers.randrange(1, width - 7)
            first = numbers.randrange(1, 2 ** width - 2 ** span) >> numbers.randrange(0, 9)
            first = max(first, 1)
            last = first + numbers.randrange(0, 2 ** span)
            want = [str(n) for n in ipaddress.summarize_address_range(family(first), family(last))]
            folder = Folder({"l.txt": f"{family(first)}-{family(last)}\n", "l.toml": 'include-list = {file = "l.txt", format = "range"}\n'})
            have = [str(ipaddress.ip_network(n)) for n in folder.networks("l.toml")]
            if sorted(have) != sorted(want):
                wrong.append((str(family(first)), str(family(last)), have[:3], want[:3]))
    tap.equal(wrong, [], "40 random ranges are the networks that Python makes of them")
    folder = Folder({"l.txt": "16.0.0.0-47.255.255.255\n255.0.0.0-255.255.255.255\nff00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n",
                     "l.toml": 'include-list = {file = "l.txt"}\n'})
    entries = folder.networks("l.toml")
    tap.equal((len(entries), {n.split("/")[1] for n in entries}), (34, {"8"}), "none is wider than a prefix length of 8, up to the last address")


def quick(tap):
    """A long list: no slower than the plan of the same entries, and each line known."""
    numbers = random.Random(3)
    some = sorted({f"{numbers.randrange(1, 224)}.{numbers.randrange(256)}.{numbers.randrange(256)}.{numbers.randrange(256)}" for _ in range(60000)})
    plan = "".join(json.dumps({"@type": "create", "object": "BlockedIp", "value": {f"i{i}": {"address": a}}}) + "\n" for i, a in enumerate(some))
    folder = Folder({"l.txt": "\n".join(some), "l.toml": 'include-list = {file = "l.txt"}\n', "p.ndjson": plan})
    tap.equal(folder.check("l.toml").summary["objects"], len(some), "a long list")
    times = {}
    for name in ("l.toml", "p.ndjson"):
        best = []
        for _ in range(3):
            before = os.times()
            subprocess.run([stwctest.STWC, "check", "-q", name], cwd=folder.path, check=True, stderr=subprocess.DEVNULL)
            after = os.times()
            best.append(after.children_user + after.children_system - before.children_user - before.children_system)
        times[name] = min(best)
    tap.ok(times["l.toml"] <= times["p.ndjson"] + 0.02, f"takes {times['l.toml']:.2f} s, the plan {times['p.ndjson']:.2f} s")


def main():
    tap = stwctest.Tap()
    sources(tap)
    overlays(tap)
    refused(tap)
    lists(tap)
    tables(tap)
    ranges(tap)
    quick(tap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
