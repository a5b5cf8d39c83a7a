"""stwc test: cases against images and sources, what is said of those that fail, and mistakes in the file of cases."""
import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree

import stwctest

MAIL = """
[SystemSettings]
defaultHostname = "mx.example.org"
defaultDomainId = "#example.org"
proxyTrustedNetworks = ["10.0.0.0/8"]
[Domain."example.org"]
aliases = ["example.net"]
[Domain."all.example.org"]
catchAllAddress = "jane@example.org"
[Domain."split.example.org"]
allowRelaying = true
[Domain."plain.example.org"]
subAddressing = { "@type" = "Disabled" }
[Domain."own.example.org"]
subAddressing = { "@type" = "Custom", customRule = "if_then(matches('^([^-]+)-.*@(.*)$', rcpt), $1 + '@' + $2, '')" }
[Account.jane]
"@type" = "User"
name = "jane"
domainId = "#example.org"
[Account.joe]
"@type" = "User"
name = "joe"
domainId = "#own.example.org"
[Account.pat]
"@type" = "User"
name = "pat"
domainId = "#plain.example.org"
[MtaStageRcpt]
rewrite = "if_then(rcpt == 'old@example.com', 'jane@example.org', false)"
[MtaStageRcpt.allowRelaying]
match = [{ if = "authenticated_as", then = "true" }, { if = "remote_ip == '192.0.2.9'", then = "true" }]
else = "false"
[MtaStageConnect]
smtpGreeting = "'Welcome to ' + system('hostname')"
[BlockedIp."203.0.113.0/24"]
expiresAt = "2031-01-01T00:00:00Z"
[AllowedIp."203.0.113.7"]
[Directory.ldap]
"@type" = "Ldap"
description = "d"
url = "ldap://127.0.0.1"
baseDn = "dc=example"
bindDn = "cn=x"
bindSecret = { "@type" = "Value", secret = "hunter2" }
[NetworkListener.smtp]
protocol = "smtp"
bind = ["127.0.0.1:2525", "[::1]:2525"]
tlsTimeout = "20s"
[MtaInboundThrottle.strangers]
description = "five a second, from one address"
key = ["remoteIp"]
rate = "5/1s"
[MtaInboundThrottle.strangers.match]
match = [{ if = "remote_ip == '192.0.2.9'", then = "false" }]
else = "true"
[MtaInboundThrottle.idle]
description = "not in use"
rate = "1/1s"
enable = false
[MtaOutboundThrottle.big]
description = "a large provider"
rate = "100/1h"
match = "rcpt_domain == 'example.com'"
[MtaQueueQuota.everything]
key = ["rcptDomain"]
messages = 1000
"""

# keys of a case, and "ok" or what must be said of its failure: expected, got, because, line of the decision
CASES = [
    ('address = "203.0.113.7"\nexpect = "allowed"\nbecause = "allowed-ip"', "ok"),
    ('address = "203.0.113.8"\nexpect = "blocked"\nbecause = "blocked-ip"', "ok"),
    ('address = "203.0.113.8"\nexpect = "allowed"', ("allowed", "blocked", "blocked-ip", "mail.toml:35")),
    ('address = "203.0.113.8"\nnow = 1924992000\nexpect = "allowed"\nbecause = "no-rule"', "ok"),
    ('address = "::1"\nexpect = "allowed"\nbecause = "loopback"', "ok"),
    ('address = "10.1.2.3"\nexpect = "allowed"\nbecause = "allowed-ip"',
     ("allowed because of allowed-ip", "allowed", "trusted-proxy", "mail.toml:5")),
    ('recipient = "jane@example.org"\nexpect = "local"\nbecause = "address"', "ok"),
    ('recipient = "JANE@example.net"\nexpect = "local"', "ok"),
    ('recipient = "jane+x@example.org"\nexpect = "local"\nbecause = "sub-address"', "ok"),
    ('recipient = "pat+x@plain.example.org"\nexpect = "refused"\nbecause = "unknown"', "ok"),
    ('recipient = "joe-list@own.example.org"\nexpect = "local"\nbecause = "sub-address"', "ok"),
    ('recipient = "joe+list@own.example.org"\nexpect = "local"', ("local", "refused", "unknown", "mail.toml:14")),
    ('recipient = "any@all.example.org"\nexpect = "local"\nbecause = "catch-all"', "ok"),
    ('recipient = "any@split.example.org"\nexpect = "relayed"\nbecause = "split-delivery"', "ok"),
    ('recipient = "old@example.com"\nexpect = "local"', "ok"),
    ('recipient = "new@example.com"\nexpect = "refused"\nbecause = "else"', "ok"),
    ('recipient = "new@example.com"\nexpect = "relayed"', ("relayed", "refused", "else", "mail.toml:32")),
    ('recipient = "new@example.com"\nwith = { authenticated_as = "jane" }\nexpect = "relayed"\nbecause = "match/0/then"', "ok"),
    ('recipient = "new@example.com"\nwith = { remote_ip = "192.0.2.9" }\nexpect = "refused"',
     ("refused", "relayed", "match/1/then", "mail.toml:31")),
    ('recipient = "new@example.com"\nanswers = { is_local_domain = true, is_local_address = true }\nexpect = "local"', "ok"),
    ('field = "MtaStageConnect/smtpGreeting"\nexpect = "Welcome to mx.example.org"', "ok"),
    ('field = "MtaStageConnect/smtpGreeting"\nanswers = { "system(\'hostname\')" = "x" }\nexpect = "Welcome to x"', "ok"),
    ('field = "MtaStageRcpt/maxRecipients"\nexpect = 100\nbecause = "else"', "ok"),
    ('field = "MtaInboundSession/timeout"\nexpect = "5m"', "ok"),
    ('field = "MtaInboundSession/timeout"\nexpect = "6m"', ("'6m'", "300000", "else", None)),
    ('field = "MtaStageEhlo/require"\nexpect = true', "ok"),
    ('field = "Domain/example.org/aliases"\nexpect = ["example.net"]\nbecause = "set"', "ok"),
    ('field = "Domain/all.example.org/aliases"\nexpect = []\nbecause = "set"', ("[] because of set", "[]", "default", None)),
    ('field = "Domain/none.example.org/aliases"\nexpect = []', "there is no Domain 'none.example.org/aliases'"),
    ('field = "Domain/example.org"\nexpect = []', "the path names a whole object; a field stands behind it"),
    ('expression = "sender_domain + 1.5"\nwith = { sender_domain = "a" }\nexpect = "a1.5"', "ok"),
    ('expression = "dns_query(\'a\', \'mx\')"\nanswers = { "dns_query(\'a\', \'mx\')" = ["b", ["c"]] }\nexpect = ["b", ["c"]]', "ok"),
    ('expression = "dns_query(\'a\', \'mx\')"\nexpect = []',
     "what dns_query('a', 'mx') would find is not known here: answers.dns_query says it"),
    ('expression = "1 +"\nexpect = 1', "the expression ends"),
    ('expression = "[1, 2]"\nexpect = [1, 3]', ("[1, 3]", "[1, 2]", None, None)),
    # a recipient is in lower case to every expression
    ('recipient = "OLD@Example.COM"\nexpect = "local"\nbecause = "address"', "ok"),
    # values by meaning, in any spelling of a source
    ('field = "NetworkListener/smtp/tlsTimeout"\nexpect = 20000', "ok"),
    ('field = "NetworkListener/smtp/bind"\nexpect = ["[::1]:2525", "127.0.0.1:2525"]', "ok"),
    ('field = "NetworkListener/smtp/bind"\nexpect = { "127.0.0.1:2525" = true, "[::1]:2525" = true }', "ok"),
    ('field = "NetworkListener/smtp/bind"\nexpect = "127.0.0.1:2525"',
     ('["127.0.0.1:2525"]', '["127.0.0.1:2525", "[::1]:2525"]', "set", "mail.toml:47")),
    ('field = "MtaInboundThrottle/strangers/rate"\nexpect = { count = 5, period = 1000 }', "ok"),
    ('field = "BlockedIp/203.0.113.0/24/expiresAt"\nexpect = "2031-01-01T01:00:00+01:00"', "ok"),
    ('field = "SystemSettings/defaultDomainId"\nexpect = "#example.org"', "ok"),
    ('field = "Domain/example.org/catchAllAddress"\nexpect = { "@null" = true }\nbecause = "default"', "ok"),
    ('field = "NetworkListener/smtp/protocol"\nexpect = "smtpp"',
     "NetworkListenerProtocol has no member 'smtpp': did you mean 'smtp'?"),
    ('field = "NetworkListener/smtp/tlsTimeout"\nexpect = ["20s"]', "'tlsTimeout' takes a duration"),
    ('field = "Directory/ldap/bindSecret/secret"\nexpect = "hunter2"', "ok"),
    ('field = "Directory/ldap/bindSecret/secret"\nexpect = "hunter3"', ('"****"', '"****"', "set", "mail.toml:44")),
    # limits
    ('limits = "MtaInboundThrottle"\nwith = { remote_ip = "192.0.2.1" }\nexpect = ["strangers"]', "ok"),
    ('limits = "MtaInboundThrottle"\nwith = { remote_ip = "192.0.2.9" }\nexpect = []', "ok"),
    ('limits = "MtaInboundThrottle"\nwith = { remote_ip = "192.0.2.9" }\nexpect = ["strangers"]',
     ('["strangers"]', "[]", None, "mail.toml:54")),
    ('limits = "MtaInboundThrottle"\nwith = { remote_ip = "192.0.2.1" }\nexpect = ["strangers", "idle"]',
     ('["strangers", "idle"]', '["strangers"]', None, "mail.toml:56")),
    ('limits = "MtaOutboundThrottle"\nwith = { rcpt_domain = "example.com" }\nexpect = ["big"]', "ok"),
    ('limits = "MtaOutboundThrottle"\nwith = { rcpt_domain = "example.net" }\nexpect = ["bigg"]',
     ('["bigg"]', "[]", None, None)),
    ('limits = "MtaQueueQuota"\nexpect = ["everything"]', "ok"),
    ('limits = "MtaQueueQuota"\nexpect = []', ("[]", '["everything"]', None, "mail.toml:64")),
]

# a file of cases, and the codes with their lines
MISTAKES = [
    ("", [("nothing", 1)]),
    ("with = 5\n[[case]]\naddress = '192.0.2.1'\nexpect = 'allowed'\n", [("wrong-type", 1)]),
    ("[[cases]]\n", [("unknown-field", 1)]),
    ("case = [5]\n", [("wrong-type", 1)]),
    ("[[case]]\nexpect = 1\n", [("missing-field", 1)]),
    ("[[case]]\nadress = '192.0.2.1'\nexpect = 'allowed'\n", [("unknown-field", 2)]),
    ("[[case]]\naddress = 'localhost'\nexpect = 'allowed'\n", [("address", 2)]),
    ("[[case]]\naddress = '192.0.2.1'\nrecipient = 'a@b'\nexpect = 'allowed'\n", [("unknown-field", 3)]),
    ("[[case]]\naddress = '192.0.2.1'\n", [("missing-field", 1)]),
    ("[[case]]\naddress = '192.0.2.1'\nexpect = 'relayed'\nbecause = 'blockedip'\n",
     [("unknown-member", 3), ("unknown-member", 4)]),
    ("[[case]]\nrecipient = 'jane'\nexpect = 'local'\nbecause = 'match//then'\n",
     [("email-address", 2), ("unknown-member", 4)]),
    ("[[case]]\nfield = ''\nexpect = 'local'\n", [("empty-value", 2)]),
    ("[[case]]\nfield = 'A/b'\nexpect = 1\nwith = { rctp = 1, rcpt = {} }\nanswers = { len = 1, 'dns_query(' = 2 }\nnow = 'soon'\n",
     [("expression-name", 4), ("wrong-type", 4), ("expression-name", 5), ("expression-name", 5), ("unknown-field", 6), ("date", 6)]),
    ("[[case]]\nexpression = '1'\nexpect = {}\nbecause = 'else'\n", [("wrong-type", 3), ("unknown-field", 4)]),
    ("[[case]]\nname = \n", [("syntax", 2)]),
    ("[[case]]\naddress = '::1'\nexpect = 'allowed'\nwith.rcpt = 'a'\nanswers = {}\n", [("unknown-field", 4), ("unknown-field", 5)]),
    ("[[case]]\nlimits = 'MtaInboundThrotle'\nexpect = 'all'\n", [("unknown-member", 2), ("wrong-type", 3)]),
    ("[[case]]\nlimits = 'MtaQueueQuota'\nexpect = [5]\nbecause = 'else'\n", [("wrong-type", 3), ("unknown-field", 4)]),
    ("[[case]]\nrecipient = 'a@'\nexpect = 'local'\n[[case]]\nrecipient = '@b'\nexpect = 'local'\n"
     "[[case]]\nrecipient = 'a b@c'\nexpect = 'local'\n", [("email-address", 2), ("email-address", 5), ("email-address", 8)]),
]


# elements of JUnit's XML with the attributes that they must and may have, and what they hold: what junit-10.xsd of
# Jenkins says of those that can occur here
COUNTS = {"tests", "failures", "errors"}
JUNIT = {
    "testsuites": (set(), COUNTS | {"name", "time"}, {"testsuite"}),
    "testsuite": (COUNTS | {"name"}, {"file", "group", "hostname", "id", "package", "skipped", "time", "timestamp"}, {"testcase"}),
    "testcase": ({"name"}, {"classname", "group", "time"}, {"failure", "error"}),
    "failure": (set(), {"message", "type"}, set()),
    "error": (set(), {"message", "type"}, set()),
}


def against_schema(element):
    """What the schema does not have."""
    must, may, holds = JUNIT[element.tag]
    have = set(element.attrib)
    faults = sorted(must - have) + sorted(have - must - may)
    for child in element:
        faults += against_schema(child) if child.tag in holds else [child.tag]
    return [f"{element.tag}: {fault}" for fault in faults]


def tap_points(text):
    """(passed, name, details) of each point of a TAP stream."""
    points = []
    for line in text.splitlines():
        if found := re.fullmatch(r"(not )?ok \d+ - (.*)", line):
            points.append((not found.group(1), found.group(2), {}))
        elif found := re.fullmatch(r"  (\w+): (\".*\")", line):
            points[-1][2][found.group(1)] = json.loads(found.group(2))
    return points


def decided(tap, name, point, want):
    passed, _, said = point
    if want == "ok":
        tap.equal((passed, said), (True, {}), name)
    elif isinstance(want, str):
        tap.ok(not passed and said.get("why", "").startswith(want) and "got" not in said, f"{name}: {want}") or print("#", said)
    else:
        have = tuple(said.get(key) for key in ("expected", "got", "because", "decided"))
        tap.equal((passed, have), (False, want), name)


def cases(tap):
    with open("mail.toml", "w", encoding="utf-8") as out:
        out.write(MAIL)
    with open("cases.toml", "w", encoding="utf-8") as out:
        out.write("now = '2030-01-01T00:00:00Z'\n" + "".join(f"[[case]]\n{text}\n" for text, _ in CASES))
    done = stwctest.run("test", "cases.toml", "mail.toml")
    tap.equal(done.status, 1, "cases that fail")
    tap.ok("hunter" not in done.stdout, "a secret is compared, and not shown")
    lines = done.stdout.splitlines()
    tap.equal(lines[:2], ["TAP version 14", f"1..{len(CASES)}"], "a version and a plan")
    points = tap_points(done.stdout)
    for (text, want), point in zip(CASES, points):
        decided(tap, text.splitlines()[0], point, want)
    tap.equal(len(points), len(CASES), "each case has a point")
    places = [said.get("case") for passed, _, said in points if not passed]
    lines = open("cases.toml", encoding="utf-8").read().splitlines()
    tap.ok(all(lines[int(place.split(":")[1]) - 1] == "[[case]]" for place in places), "each failure has its line")
    junit(tap, points)
    image(tap, points)
    again = stwctest.run("test", "cases.toml", "mail.toml")
    tap.equal(again.stdout, done.stdout, "the same twice")


def junit(tap, points):
    done = stwctest.run("test", "--format", "junit", "cases.toml", "mail.toml")
    root = xml.etree.ElementTree.fromstring(done.stdout)
    tap.equal((root.tag, against_schema(root)), ("testsuites", []), "junit: nothing that the common schema does not have")
    found = root.findall("testsuite/testcase")
    tap.equal([c.find("*") is None for c in found], [p for p, _, _ in points], "junit: the same cases pass")
    tap.equal([c.get("name") for c in found], [n.replace("\\#", "#").replace("\\\\", "\\") for _, n, _ in points], "junit: names")
    for name in ("failure", "error"):
        tap.equal(int(root.get(name + "s")), len(root.findall(f".//{name}")), f"junit: {name}s are counted")
    tap.equal(len(root.findall(".//error")), 6, "junit: what could not be decided is an error")
    place = next(s["case"] for p, _, s in points if not p)
    tap.ok(f"decided at mail.toml:35\ncase at {place}" in root.find(".//failure").text, "junit: the places")
    tap.equal(done.status, 1, "junit: the exit status")


def image(tap, points):
    stwctest.run("build", "--allow-inline-secrets", "mail.toml", "-o", "mail.stwi")
    done = stwctest.run("test", "cases.toml", "mail.stwi")
    have = [(p, n, {k: v for k, v in s.items() if k != "decided"}) for p, n, s in tap_points(done.stdout)]
    want = [(p, n, {k: v for k, v in s.items() if k != "decided"}) for p, n, s in points]
    tap.equal(have, want, "an image decides as its sources do")


def names(tap):
    text = '[[case]]\nname = "a # b \\\\ c\\n<&>\\u0001 \\"é\\""\naddress = "::1"\nexpect = "allowed"\n'
    with open("cases.toml", "w", encoding="utf-8") as out:
        out.write(text)
    done = stwctest.run("test", "cases.toml", "mail.toml")
    tap.equal((done.status, tap_points(done.stdout)[0][1]), (0, 'a \\# b \\\\ c?<&>? "é"'), "a name stays on its line")
    done = stwctest.run("test", "--format=junit", "cases.toml", "mail.toml")
    root = xml.etree.ElementTree.fromstring(done.stdout)
    tap.ok(root.find(".//testcase").get("name").endswith('<&>\ufffd "é"'), "and is escaped in XML")
    done = stwctest.run("test", "-q", "cases.toml", "mail.toml")
    tap.equal((done.status, done.stdout), (0, ""), "--quiet leaves the exit status")


SHARED = """
now = 1924992000
with = { remote_ip = "192.0.2.9", "$x" = 1 }
answers = { dns_query = ["a"], "system('hostname')" = "shared.example" }
[[case]]
address = "203.0.113.8"
expect = "allowed"
[[case]]
recipient = "new@example.com"
expect = "relayed"
because = "match/1/then"
[[case]]
recipient = "new@example.com"
with = { remote_ip = "192.0.2.8" }
expect = "refused"
[[case]]
expression = "dns_query('b', 'mx')"
expect = ["a"]
[[case]]
expression = "dns_query('b', 'mx')"
answers = { dns_query = [] }
expect = []
[[case]]
field = "MtaStageConnect/smtpGreeting"
expect = "Welcome to shared.example"
[[case]]
expression = "$x + 1"
expect = 2
[[case]]
expression = "$y + 'b'"
expect = "a"
"""


def shared(tap):
    """What stands at the top of the file counts for every case that does not say otherwise."""
    with open("shared.toml", "w", encoding="utf-8") as out:
        out.write(SHARED)
    points = tap_points(stwctest.run("test", "shared.toml", "mail.toml").stdout)
    tap.equal([name for passed, name, _ in points if not passed], ["expression $y + 'b'"], "values and answers of the whole file")
    tap.equal(points[-1][2]["why"], "empty, for 'with' has no value: $y", "what has no value is told")


def accounts(tap):
    """Whether an address is unknown can be said only where the configuration has all of them."""
    text = '[[case]]\nrecipient = "joe@example.org"\nexpect = "refused"\n'
    for name, source, known in (("none", '[Domain."example.org"]\n', False),
                                ("some", MAIL, True),
                                ("a directory has more", MAIL + '[Authentication]\ndirectoryId = "#ldap"\n', False),
                                ("a directory of the domain has more", MAIL.replace('aliases = ["example.net"]', 'directoryId = "#ldap"'), False)):
        with open("accounts.toml", "w", encoding="utf-8") as out:
            out.write(source)
        for answer in ("", "answers = { is_local_address = false }\n"):
            with open("joe.toml", "w", encoding="utf-8") as out:
                out.write(text + answer)
            passed, _, said = tap_points(stwctest.run("test", "joe.toml", "accounts.toml").stdout)[0]
            tap.equal((passed, said.get("why", "").startswith("the accounts of example.org do not stand")),
                      (known or bool(answer), not known and not answer), f"accounts: {name}{', and an answer' if answer else ''}")


def slashes(tap):
    """A limit is found, whatever it and its neighbours are called."""
    with open("slashes.toml", "w", encoding="utf-8") as out:
        out.write("".join(f'[MtaQueueQuota."{name}"]\nkey = ["sender"]\nmessages = 1\nmatch = "{match}"\n'
                          for name, match in (("a", "true"), ("a/match", "false"), ("a.match/else", "true"))))
    with open("limits.toml", "w", encoding="utf-8") as out:
        out.write('[[case]]\nlimits = "MtaQueueQuota"\nexpect = ["a.match/else", "a"]\n')
    tap.equal(stwctest.run("test", "limits.toml", "slashes.toml").status, 0, "names with slashes and points")


def converted(tap):
    """What convert writes of a field is what a case may expect of it, in every format of either."""
    done = stwctest.run("convert", "--to", "json", "--reveal-secrets", "mail.toml")
    fields = []
    for kind, objects in json.loads(done.stdout).items():
        singleton = not all(isinstance(body, dict) for body in objects.values()) or kind in ("MtaStageConnect", "MtaStageRcpt")
        for name, body in [("", objects)] if singleton else objects.items():
            fields += [("/".join(part for part in (kind, name, field) if part), value) for field, value in body.items() if field != "@type"]
    fields = [field for field in fields if not re.match("MtaStage|.*/match$", field[0])]
    with open("all.json", "w", encoding="utf-8") as out:
        json.dump({"case": [{"field": path, "expect": value, "because": "set"} for path, value in fields]}, out)
    with open("all.yaml", "w", encoding="utf-8") as out:
        out.write("case:\n" + "".join(f"- {{ field: {json.dumps(path)}, expect: {json.dumps(value)} }}\n" for path, value in fields))
    for cases_file in ("all.json", "all.yaml"):
        for source in ("mail.toml", "mail.stwi"):
            done = stwctest.run("test", cases_file, source)
            tap.equal((done.status, done.stdout.count("\nok ")), (0, len(fields)), f"{cases_file}: every field of {source} as it is written")


def mistakes(tap):
    for text, want in MISTAKES:
        with open("wrong.toml", "w", encoding="utf-8") as out:
            out.write(text)
        done = stwctest.run("test", "wrong.toml", "mail.toml")
        heads = re.findall(r"^error\[([\w-]+)\].*\n +--> wrong\.toml:(\d+):", done.stderr, re.M)
        tap.equal((done.status, done.stdout, [(code, int(line)) for code, line in heads]), (2, "", want),
                  f"mistakes of {text.splitlines()[:3]}")


def unusable(tap):
    done = stwctest.run("test", "none.toml", "mail.toml")
    tap.equal((done.status, done.stderr), (2, "stwc test: cannot open none.toml: No such file or directory\n"), "no cases")
    done = stwctest.run("test", "cases.toml", "none.toml")
    tap.equal((done.status, done.stdout), (2, ""), "no configuration")
    done = stwctest.run("test", "--from", "toml", "cases.toml", "-", stdin="[NetworkListener.a]\nbnd = 5\n")
    tap.equal((done.status, done.stdout, "unknown-field" in done.stderr), (2, "", True), "a configuration with a mistake")
    tap.equal(stwctest.run("test", "cases.toml").status, 2, "no configuration is named")
    done = stwctest.run("test", "--format", "json", "cases.toml", "mail.toml")
    tap.ok(done.status == 2 and "tap|junit, not 'json'" in done.stderr, "other formats are refused")
    done = stwctest.run("test", "mail.stwi", "cases.toml")
    tap.equal((done.status, done.stdout, done.stderr), (2, "", "stwc test: mail.stwi is an image: the file of cases stands before it\n"),
              "an image in the place of the cases")
    done = stwctest.run("test", "cases.toml", "mail.stwi", "mail.toml")
    tap.ok(done.status == 2 and "an image stands alone" in done.stderr, "an image and sources")
    done = stwctest.run("check", "--format", "tap", "mail.toml")
    tap.ok(done.status == 2 and "not 'tap'" in done.stderr, "and tap is refused elsewhere")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        cases(tap)
        shared(tap)
        accounts(tap)
        slashes(tap)
        converted(tap)
        names(tap)
        mistakes(tap)
        unusable(tap)
        os.chdir("/")
    tap.done()


main()
