"""Mistakes that operators make, each in a file of its own: the code, the place, and what is right.

Beside operators.py, which breaks a whole configuration line by line, this is about small files: the wrong
format, the wrong level, the words of other programs."""
import os
import sys
import tempfile

import stwctest

LISTENER = '[NetworkListener.smtp]\nprotocol = "smtp"\nbind = ["127.0.0.1:2525"]\n'
# name of the file, its text, code, line:column, a part of the hint or message
MISTAKES = [
    ("a.toml", '[NetworkListner.smtp]\nbind = ["127.0.0.1:25"]\n', "unknown-type", "1:2", "'NetworkListener'"),
    ("a.toml", "[networkListener.smtp]\n", "unknown-type", "1:2", "'NetworkListener'"),
    ("a.yaml", "hello: world\n", "unknown-type", "1:1", "stwc schema lists the types"),
    ("a.toml", LISTENER + "tlsImplict = true\n", "unknown-field", "4:1", "'tlsImplicit'"),
    ("a.toml", '[SystemSettings]\ndefaultHostname = "mail.example.org"\ntlsImplicit = true\n', "unknown-field", "3:1",
     "NetworkListener has a field of that name"),
    ("a.toml", '[SystemSettings.main]\ndefaultHostname = "mail.example.org"\n', "unknown-field", "1:17",
     "'defaultHostname' is a field of SystemSettings itself: leave 'main' out"),
    ("a.toml", '[NetworkListener]\nprotocol = "smtp"\n', "wrong-type", "2:12", "NetworkListener.NAME"),
    ("a.toml", LISTENER.replace("127.0.0.1", "localhost"), "address", "3:9", '"192.0.2.1:25"'),
    ("a.toml", LISTENER.replace("127.0.0.1", "*"), "address", "3:9", '"[::]:2525"'),
    ("a.toml", LISTENER.replace(":2525", ""), "address", "3:9", "has no port"),
    ("a.toml", LISTENER.replace('"smtp"', '"smtps"'), "unknown-member", "2:12", "'smtp'"),
    ("a.toml", LISTENER.replace('"smtp"', "smtp"), "syntax", "2:12", '"smtp"'),
    ("a.toml", LISTENER + 'tlsTimeout = "30"\n', "unit", "4:14", '"30s" for seconds'),
    ("a.toml", LISTENER + 'tlsTimeout = "30 secs"\n', "unit", "4:14", "units are ms, s"),
    ("a.toml", '[Email]\nmaxMessageSize = "50 megs"\n', "unit", "2:18", "kb, mb, gb"),
    ("a.toml", '[Imap]\nmaxRequestRate = "100 per hour"\n', "unit", "2:18", '"100/1d"'),
    ("a.toml", LISTENER + 'tlsImplicit = "yes"\n', "wrong-type", "4:15", "true, without quotes"),
    ("a.toml", LISTENER + 'maxConnections = "8192"\n', "wrong-type", "4:18", "8192, without quotes"),
    ("a.toml", LISTENER + "maxConnections = -1\n", "out-of-range", "4:18", "negative"),
    ("a.toml", LISTENER + 'tlsDisableProtocols = "tls12,tls13"\n', "unknown-member", "4:23", '["tls12", …]'),
    ("a.toml", LISTENER + 'protocol = "imap"\n', "duplicate-key", "4:1", "given twice"),
    ("a.toml", '[DataRetention]\nexpungeSchedule = "0 3 * * *"\n', "wrong-type", "2:19", "'@type', one of Daily, Weekly"),
    ("a.toml", '[DataRetention]\nexpungeSchedule = true\n', "wrong-type", "2:19", "'@type', one of Daily, Weekly"),
    ("a.toml", '[Certificate.a]\ncertificate = "/etc/ssl/mail.pem"\nprivateKey = {"@type" = "File", filePath = "k"}\n', "wrong-type", "2:15",
     '{ "@type" = "File", filePath = "…" }'),
    ("a.json", '{"Certificate": {"a": {"certificate": "%{env:CERT}%", "privateKey": {"@type": "File", "filePath": "k"}}}}', "wrong-type", "1:39",
     '{"@type": "EnvironmentVariable", "variableName": "…"}'),
    ("a.toml", '[Certificate.a]\ncertificate = {"@type" = "File", filePath = "c"}\nprivateKey = {"@type" = "Text", secret = "****"}\n', "masked-secret", "3:42",
     "EnvironmentVariable"),
    ("a.toml", '[Domain."example.org"]\ncatchAllAddress = "postmaster"\n', "email-address", "2:19", "postmaster@example.org"),
    ("a.toml", '[Domain."example.org"]\n[SystemSettings]\ndefaultHostname = "mail"\n', "domain-name", "3:19", "mail.example.org"),
    ("a.toml", '[Domain."example.org"]\n[SystemSettings]\ndefaultDomainId = "example.org"\n', "id", "3:19", "'#example.org'"),
    ("a.toml", '[BlockedIp."203.0.113.0/24"]\nexpiresAt = "2031-01-01"\n', "date", "2:13", "T12:00:00Z"),
    ("a.toml", '[SystemSettings]\nproxyTrustedNetworks = "10.0.0.0/8, 192.168.0.0/16"\n', "address", "2:24", '["10.0.0.0/8", …]'),
    ("a.toml", '[SystemSettings]\nproxyTrustedNetworks = {"0" = "10.0.0.0/8"}\n', "wrong-type", "2:31", "a set is a list"),
    ("a.toml", '[SystemSettings]\ndefaultHostname = "%{env:HOST}%"\n', "domain-name", "2:19", "no such macros"),
    ("a.toml", '[MtaOutboundStrategy]\nroute = "local"\n', "expression-context", "2:10", "in quotes: 'local'"),
    ("a.toml", "[MtaOutboundStrategy]\nroute = [{if = \"true\", then = \"'mx'\"}]\n", "wrong-type", "2:9", "write { match = [{ if"),
    ("a.toml", '[MtaStageAuth]\nrequire = "local_port != 25 and is_tls"\n', "expression-syntax", "2:29", "'and' is written &&"),
    ("a.toml", '[AcmeProvider.a]\ndirectory = "acme.example.org"\n', "invalid-uri", "2:13", "such as https://"),
    ("a.toml", '[Http]\nresponseHeaders = ["X-Frame-Options: DENY"]\n', "wrong-type", "2:19", 'write { "key" = … }'),
    ("a.yaml", "NetworkListener:\n\tsmtp:\n", "syntax", "2:1", "a tab cannot indent"),
    ("a.yaml", 'NetworkListener:\n  a:\n    bind: "[::]:2525"\n    tlsImplicit: yes\n', "yaml-scalar", "4:18", "write true"),
    ("a.json", "{\n // of mail\n}", "syntax", "2:2", "JSON has no comments"),
    ("a.json", '{"NetworkListener": {},}', "syntax", "1:23", "a comma before '}'"),
    ("a.ndjson", '{"@type": "create", "value": {}}\n', "plan-line", "1:1", "needs an object"),
    ("a.ndjson", '{"object": "NetworkListener", "@type": 1, "value": {}}\n', "plan-line", "1:1", "needs an @type"),
    ("a.ndjson", '{"@type": "update", "object": "NetworkListener", "value": {"id": "a"}}\n', "plan-line", "1:60", "beside value"),
    ("a.toml", "", "nothing", "", "no object in"),
    ("a.txt", "x\n", "unreadable", "1:1", "--from toml"),
]


def mistakes(tap, folder):
    for name, text, code, place, hint in MISTAKES:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        done = stwctest.run("check", "--level", "missing-field=warning", "--format", "json", path)
        found = next((d for d in done.diagnostics if d["code"] == code), {})
        have = f"{found['line']}:{found['column']}" if "line" in found else ""
        said = found.get("message", "") + " | " + found.get("hint", "")
        shown = (text.splitlines() or ["an empty file"])[int(place.split(":")[0] or 1) - 1]
        tap.ok((have, hint in said) == (place, True), f"{shown.strip()}: {code}") or print(f"#   {have} {said} {done.codes()}")


def quiet(tap, folder):
    """One mistake is said once."""
    path = os.path.join(folder, "a.toml")
    for name, text, codes in (
            ("a table that was pasted twice", LISTENER + LISTENER, ["duplicate-key"]),
            ("and a key twice in the second", LISTENER + LISTENER + "x = 1\nx = 2\n", ["duplicate-key", "unknown-field", "duplicate-key"])):
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        tap.equal(stwctest.run("check", "--format", "json", path).codes(), codes, name)


def files(tap, folder):
    """What goes wrong before anything is read, or between files."""
    def put(name, text=LISTENER):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)
        return os.path.join(folder, name)

    one, two, image = put("one.toml"), put("two.toml"), os.path.join(folder, "one.stwi")
    stwctest.run("build", one, "-o", image)
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    for words, said, name in (
            (["check", one, two], "with --overlay the later file may change the earlier", "the same object in two files"),
            (["check", image], "a compiled image, not a source", "an image is no source"),
            (["build", one, "-o", os.path.join(folder, "none/x.stwi")], "none/x.stwi: there is no such directory", "an image into nowhere"),
            (["check", empty], "no *.toml, *.yaml, *.yml, *.json or *.ndjson in " + empty, "a folder without sources"),
            (["check", "--level", "privlege-port=off", one], "did you mean 'privileged-port'?", "a code that there is not"),
            (["explain", "NetworkListener.bnd"], "has no field 'bnd'; did you mean 'bind'?", "explain of a misspelt field"),
            (["explain", "smtp"], "stands in MtaProtocol, NetworkListenerProtocol", "explain of a word"),
            (["explain", "nothing-of-the-kind"], "--list names them", "explain of nothing")):
        done = stwctest.run(*words)
        tap.ok(done.status and said in done.stderr, name) or print("#   " + done.stderr)
    for path, title in (("NetworkListener/smtp/tlsImplicit", "NetworkListener.tlsImplicit"),
                        ("x:Account/hans/credentials/0/secret", "PasswordCredential.secret"),
                        ("BlockedIp/203.0.113.0/24/reason", "BlockedIp.reason"), ("tlsImplicit", "NetworkListener.tlsImplicit")):
        tap.equal(stwctest.run("explain", path).stdout.split("\n")[0], title, f"explain {path}")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        mistakes(tap, folder)
        quiet(tap, folder)
        files(tap, folder)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
