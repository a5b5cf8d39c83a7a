"""No output of stwc shows a secret, wherever the mistake is."""
import json
import sys

import stwctest

SECRET = "s3cr3t-hunter2"

# name, format, text with a mistake near the secret
CASES = [
    ("a good secret", "toml", '[Certificate.c]\ncertificate = {"@type" = "File", filePath = "c"}\n'
     'privateKey = {"@type" = "Text", secret = "SECRET"}\n'),
    ("a syntax error behind it", "toml", '[Certificate.c]\nprivateKey = {"@type" = "Text", secret = "SECRET" oops}\n'),
    ("a syntax error in its string", "toml", '[Certificate.c.privateKey]\nsecret = "SECRET\n'),
    ("a misspelt name", "toml", '[Certificate.c.privateKey]\n"@type" = "Text"\nsecrett = "SECRET"\n'),
    ("a misspelt field of a secret", "toml", '[Directory.v]\n"@type" = "Ldap"\ndescription = "i"\nbaseDn = "x"\n'
     'bindSecret = {"@type" = "Value", secert = "SECRET"}\n'),
    ("a text where a secret is asked for", "toml", '[DnsServer.d]\n"@type" = "Tsig"\nkey = "SECRET"\nkeyNam = 1\n'),
    ("a misspelt variant", "json", '{"Directory": {"d": {"@type": "Ldpa", "bindSecret": '
     '{"@type": "Value", "secret": "SECRET"}}}}'),
    ("a wrong type beside it", "json", '{"Directory": {"d": {"@type": "Ldap", "url": 5, "bindSecret": '
     '{"@type": "Value", "secret": "SECRET"}}}}'),
    ("a truncated document", "json", '{"Directory": {"d": {"bindSecret": {"@type": "Value", "secret": "SECRET"'),
    ("yaml", "yaml", 'Directory:\n  d:\n    "@type": Ldap\n    bindSecret: {"@type": Value, secret: "SECRET", x: 1}\n'),
    ("yaml without quotes", "yaml", 'Directory:\n  d:\n    bindSecret:\n      secret: SECRET\n    yes: no\n'),
    ("a plan", "ndjson", '{"@type":"create","object":"Directory","value":{"d":{"@type":"Ldap","oops":1,'
     '"bindSecret":{"@type":"Value","secret":"SECRET"}}}}\n'),
    ("a number before it in JSON", "json", '{"Directory": {"d": {"password": 12 SECRET, "x": 1}}}'),
    ("or one and a comma", "json", '{"Directory": {"d": {"password": 12,SECRET", "x": 1}}}'),
    ("a number as the start of a word in YAML", "yaml", 'Directory:\n  d:\n    "password": 12,SECRET\n    x: [\n'),
    ("the 0.15 settings", "settings", '[directory.ldap.bind.auth]\nsecret = "SECRET"\nsecret = "SECRET"\n'),
    ("a private key in a multi-line string", "toml", '[Certificate.c.privateKey]\n"@type" = "Text"\n'
     'value = """\n-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n"""\nx = 1 2\n'),
]

# words that a name of a secret has, in the spellings of JSON and of the 0.15 settings
WORDS = ["secret", "password", "passwd", "token", "privateKey", "private-key", "hmacKey", "accountKey", "credential",
         "apiKey", "api-key", "accessKey", "access-key", "licenseKey", "LICENSE-KEY"]


def main():
    tap = stwctest.Tap()
    for word in WORDS:
        text = f'[Nothing.known]\nfine = 1\nmy-{word}-of-it = "{SECRET}" oops\n'
        shown = stwctest.run("check", "--from", "toml", "-", stdin=text).stderr
        tap.ok(SECRET not in shown and "[Nothing.known]" in shown and
               any(line.startswith("3 | ") and "****" in line for line in shown.splitlines()), f"a name with {word} in it")
    for name, form, text in CASES:
        text = text.replace("SECRET", SECRET)
        for output in ("text", "json"):
            done = stwctest.run("check", "--format", output, "--from", form, "-", stdin=text)
            tap.ok(SECRET not in done.stdout + done.stderr and (done.status == 1 or name == "a good secret"
                                                               or form == "settings"),
                   f"{name}: {output} does not show it")
    done = stwctest.run("check", "--from", "ndjson", "-", stdin=json.dumps({
        "@type": "create", "object": "Tenant", "value": {"t": {"name": "t", "quotas": {"maxAppPasswords": 3, "nosuch": 4}}}}))
    tap.ok('"maxAppPasswords": ****, "nosuch": 4}' in done.stderr, "a number in JSON hides nothing but itself")
    body = json.dumps({"DnsServer": {"c": {"@type": "Cloudflare", "description": "zones",
                                           "secret": {"@type": "Value", "secret": SECRET}}}})
    done = stwctest.run("build", "-", "--from", "json", "-o", "/nonexistent/x.stwi", stdin=body)
    tap.equal(done.status, 1, "build refuses an inline secret")
    tap.ok(SECRET not in done.stdout + done.stderr, "without showing it")
    tap.done()
    return 0


if __name__ == "__main__":
    sys.exit(main())
