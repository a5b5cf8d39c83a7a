"""Configurations as operators write them: the right ones pass in every dialect, of the wrong ones it is said what was meant."""
import json
import os
import sys
import tempfile

import stwctest

RIGHT = os.path.join(stwctest.SRCDIR, "testsuite/stwc/operators.toml")
DIALECTS = {"toml": "again.toml", "yaml": "mail.yaml", "json": "mail.json", "plan": "mail.ndjson"}
LISTENER = '[NetworkListener.a]\nbind = "[::1]:25"\n'
USER = '[Account.a]\n"@type" = "User"\nname = "a"\ndomainId = "b"\n'
RELAY = '[MtaRoute.a]\n"@type" = "Relay"\naddress = "x.example.org"\n'

# (TOML, code, a part of the hint)
WRONG = [
    (LISTENER + "tls = true", "unknown-field", "'useTls'"),
    (LISTENER + "tls.implicit = true", "unknown-field", "'tlsImplicit'"),
    (LISTENER + "[NetworkListener.a.tls]\nimplicit = true", "unknown-field", "'tlsImplicit'"),
    (LISTENER + "max-connections = 10", "unknown-field", "'maxConnections'"),
    (LISTENER + "zone = 10", "unknown-field", "stwc schema NetworkListener"),
    (LISTENER + 'tlsImplicit = "yes"', "wrong-type", "write true"),
    (LISTENER + 'useTls = "Disabled"', "wrong-type", "write false"),
    (LISTENER + 'maxConnections = "1024"', "wrong-type", "1024, without quotes"),
    (LISTENER + 'protocol = "managesieve"', "unknown-member", "'manageSieve'"),
    ("[NetworkListener.a]\nbind = 993", "wrong-type", '"[::]:993"'),
    ('[NetworkListener.a]\nbind = ["*:587"]', "address", '"[::]:587"'),
    ('[NetworkListener.a]\nbind = ":587"', "address", '"[::]:587"'),
    ('[NetworkListener.a]\nbind = "mail.example.org:587"', "address", "such as"),
    ('[Listener.a]\nbind = "[::]:25"', "unknown-type", "'NetworkListener'"),
    ("[Webhook.a]", "unknown-type", "'WebHook'"),
    ("[MtaQueue.a]", "unknown-type", "'MtaVirtualQueue'"),
    ('[SieveScript.a]\ncontents = "keep;"', "not-configuration", "SieveUserScript"),
    ('[SystemSettings]\nhostname = "mail.example.org"', "unknown-field", "'defaultHostname'"),
    ('[Domain."example.org"]\nenabled = true', "unknown-field", "'isEnabled'"),
    ('[Domain."example.org"]\ndkimManagement = "automatic"', "wrong-type", '{ "@type" = "Automatic" }'),
    ('[SystemSettings]\ndefaultDomainId = "example.org"\n[Domain."example.org"]', "id", "'#example.org'"),
    ('[Domain."example.org"]\n' + USER.replace('"b"', '"#example.com"'), "dangling-reference", "'#example.org'"),
    (USER.replace('"a"', '"a@example.org"'), "email-address", "write 'a'"),
    (USER + 'credentials = ["hunter2"]', "wrong-type", '"Password", secret ='),
    (USER + 'password = "hunter2"', "unknown-field", "credentials has it"),
    ('[MtaStageData]\nmaxMessageSize = "50mb"', "expression-name", "52428800"),
    (USER + 'quotas = { maxDiskQuota = "10GB" }', "wrong-type", "10737418240"),
    (USER + 'memberGroupIds = "#sale"\n[Account.sales]\n"@type" = "Group"\nname = "sales"\ndomainId = "b"',
     "dangling-reference", "'#sales'"),
    ('[DataStore]\n"@type" = "postgresql"', "unknown-variant", "'PostgreSql'"),
    ('[BlobStore]\n"@type" = "S3"\nbucket = "a"\nregion = "eu-central-1"', "wrong-type", '"EuCentral1"'),
    ('[InMemoryStore]\n"@type" = "Redis"\nurls = ["redis://127.0.0.1"]', "unknown-field", "'url'"),
    (RELAY + 'authSecret = "hunter2"', "wrong-type", '"@type" = "Value", secret ='),
    (RELAY + 'auth = { username = "a" }', "unknown-field", "'authUsername'"),
    ("[MtaStageAuth]\nmustMatchSender = true", "wrong-type", "in quotes"),
    ("[MtaStageRcpt]\nmaxRecipients = 100", "wrong-type", "in quotes"),
    ('[MtaStageRcpt]\nrelay = "false"', "unknown-field", "'allowRelaying'"),
    ('[Security]\nauthBanRate = "20 per hour"', "unit", '"100/1d"'),
    ("[Jmap]\nmaxUploadSize = \"50mb\"", "wrong-type", "52428800"),
    ("[Tracer.a]\n\"@type\" = \"Stdout\"\nlevel = \"warning\"", "unknown-member", " warn"),
    ('BlockedIp = ["192.0.2.1"]', "wrong-type", '{ address = "192.0.2.1" }'),
    ('[SpamSettings]\nscoreSpam = "5.0"', "wrong-type", "5.0, without quotes"),
    ("[SpamSettings]\nenable = 1", "wrong-type", "write true"),
    ("[MtaVirtualQueue.a]\nname = 5", "wrong-type", "in quotes"),
]


def right(tap):
    for edition in ("community", "enterprise"):
        done = stwctest.run("check", "--format", "json", "--edition", edition, RIGHT)
        tap.equal((done.status, done.codes()), (0, []), f"a mail server, {edition}")
        tap.equal(sorted(set(done.codes("warning"))), ["enterprise"] * (edition == "community") + ["inline-secret"],
                  "and what is worth a warning")
    objects = done.summary["objects"]
    with tempfile.TemporaryDirectory() as folder:
        for dialect, name in DIALECTS.items():
            text = stwctest.run("convert", "--to", dialect, "--reveal-secrets", RIGHT).stdout
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
            done = stwctest.run("check", "--format", "json", os.path.join(folder, name))
            tap.equal((done.status, done.codes(), done.summary.get("objects")), (0, [], objects), f"as {dialect}")


def wrong(tap):
    for text, code, hint in WRONG:
        partial = [] if code == "dangling-reference" else ["--partial"]
        done = stwctest.check_text(text + "\n", "--from", "toml", *partial, "--level", "outside-reference=off")
        said = [(d["code"], hint in d.get("hint", "")) for d in done.diagnostics if d["severity"] == "error"]
        tap.equal(said, [(code, True)], text.split("\n")[-1] + ": " + hint)
        tap.ok("hunter2" not in json.dumps(done.diagnostics), "and no secret is shown") if "hunter2" in text else None


def main():
    tap = stwctest.Tap()
    right(tap)
    wrong(tap)
    tap.done()
    return 0


if __name__ == "__main__":
    sys.exit(main())
