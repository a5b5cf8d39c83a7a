"""Certificates, their dates, names and keys; and --host, which opens what a configuration names.

The certificate below is for mail.example.org, *.example.net and 192.0.2.1, from 2026-11-21 to 2036-11-18."""
import os
import sys
import tempfile

import stwctest

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBpjCCAU2gAwIBAgIUSVFTGIuD3WNGGpSv9bCX+Wr8ax8wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbWFpbDAeFw0yNjExMjEwODE2MTNaFw0zNjExMTgwODE2MTNa
MA8xDTALBgNVBAMMBG1haWwwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATJwb8X
tAA5rY+BOV52MP/C8kwishFwAx1TwvnYhkMGWRtChB/7+3e2Ug3wMrGVuWdYuDFL
uMgwf0H1uYJtNNjro4GGMIGDMB0GA1UdDgQWBBQ0EszcU9nMLiqwCUjo+p/jqKnE
8zAfBgNVHSMEGDAWgBQ0EszcU9nMLiqwCUjo+p/jqKnE8zAPBgNVHRMBAf8EBTAD
AQH/MDAGA1UdEQQpMCeCEG1haWwuZXhhbXBsZS5vcmeCDSouZXhhbXBsZS5uZXSH
BMAAAgEwCgYIKoZIzj0EAwIDRwAwRAIgaK42DHl+RATt8JTGAKWQjvGbMDfawP8d
AaP4hZw+sBgCIEcyZY4cyu7NvdfZB4R8m158dqrkjUB/90NS72X/PG6z
-----END CERTIFICATE-----
"""
# the same names, until 2046
NEWER = """-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUHAAsN/rN/4b6yjUvm00GyghbbgMwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbWFpbDAeFw0yNjExMjEwOTEwMTlaFw00NjExMTYwOTEwMTla
MA8xDTALBgNVBAMMBG1haWwwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATJwb8X
tAA5rY+BOV52MP/C8kwishFwAx1TwvnYhkMGWRtChB/7+3e2Ug3wMrGVuWdYuDFL
uMgwf0H1uYJtNNjro4GGMIGDMB0GA1UdDgQWBBQ0EszcU9nMLiqwCUjo+p/jqKnE
8zAfBgNVHSMEGDAWgBQ0EszcU9nMLiqwCUjo+p/jqKnE8zAPBgNVHRMBAf8EBTAD
AQH/MDAGA1UdEQQpMCeCEG1haWwuZXhhbXBsZS5vcmeCDSouRXhhbXBsZS5uZXSH
BMAAAgEwCgYIKoZIzj0EAwIDSAAwRQIgQeRh5k33T2AQI73qfnuu8tcztrBlbTnX
N6daW8bR7O0CIQDQMwpToaireoeto6AXg5wTmX4D3aIFinpqAA1593ZSDQ==
-----END CERTIFICATE-----
"""
# for mail.example.com
FOREIGN = """-----BEGIN CERTIFICATE-----
MIIBiTCCATCgAwIBAgIUTU6XAnjAxQNWQx9A/Ojld2QlFjwwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjEwOTEwMTlaFw0zNjExMTgwOTEwMTlaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATJwb8XtAA5rY+B
OV52MP/C8kwishFwAx1TwvnYhkMGWRtChB/7+3e2Ug3wMrGVuWdYuDFLuMgwf0H1
uYJtNNjro3AwbjAdBgNVHQ4EFgQUNBLM3FPZzC4qsAlI6Pqf46ipxPMwHwYDVR0j
BBgwFoAUNBLM3FPZzC4qsAlI6Pqf46ipxPMwDwYDVR0TAQH/BAUwAwEB/zAbBgNV
HREEFDASghBtYWlsLmV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0cAMEQCIDm/z+lZ
LszfqBORHXriH2YhdxjJxC+s2+v8bXkPMRiaAiBYc8YwSMw2KmLoLIG26DVUQwuE
RDaBBX7YT2aN0z1MXg==
-----END CERTIFICATE-----
"""
KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1T49YQcv+68Zd1lB
paLPL9Nq9jeWmEE0IY8OsCFDHDehRANCAATJwb8XtAA5rY+BOV52MP/C8kwishFw
Ax1TwvnYhkMGWRtChB/7+3e2Ug3wMrGVuWdYuDFLuMgwf0H1uYJtNNjr
-----END PRIVATE KEY-----
"""
OTHER = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIMLGi2dSH+nO7H7kwMfWg2bAoKQchHqBaSMJJLZPQt7b
-----END PRIVATE KEY-----
"""

NOW = ("--now", "2030-01-01T00:00:00Z")
AT_FILE = 'certificate = { "@type" = "File", filePath = "a.crt" }'
PAIR = '[Certificate.mail]\n' + AT_FILE + '\nprivateKey = { "@type" = "File", filePath = "a.key" }\n'
ALLOWED = PAIR.replace(AT_FILE, AT_FILE + " # stwc: allow certificate-expired: a lab")
INLINE = PAIR.replace(AT_FILE, 'certificate = { "@type" = "Text", value = """\n' + CERTIFICATE + '""" }')
ACME = ('[Domain."example.org".certificateManagement]\n"@type" = "Automatic"\nacmeProviderId = "#le"\n'
        '[AcmeProvider.le]\ncontact = ["a@example.org"]\ndirectory = "https://acme.example.org/directory"\n')
DKIM = ('[Domain."example.org"]\n[DkimSignature.a]\n"@type" = "Dkim1Ed25519Sha256"\nselector = "a"\n'
        'domainId = "#example.org"\nprivateKey = { "@type" = "File", filePath = "a.key" }\n')
FILES = {"a.crt": CERTIFICATE, "a.key": KEY, "b.key": OTHER, "newer.crt": NEWER, "foreign.crt": FOREIGN, "empty": " \n\n", "noise": "no key\n"}


def named(host):
    return f'[SystemSettings]\ndefaultHostname = "{host}"\ndefaultDomainId = "#example.org"\n[Domain."example.org"]\n' + PAIR


def key(name, source=PAIR):
    return source.replace("a.key", name)


# what it shows, source, codes, arguments
CASES = [
    ("without --host nothing is opened", PAIR, [], ()),
    ("a pair", PAIR, [], ("--host", *NOW)),
    ("the key of another", key("b.key"), ["certificate-mismatch"], ("--host", *NOW)),
    ("not valid yet", PAIR, ["certificate-expired"], ("--host", "--now", "2026-11-21T08:16:12Z")),
    ("its first second", PAIR, [], ("--host", "--now", "2026-11-21T08:16:13Z")),
    ("thirty days before its end", PAIR, [], ("--host", "--now", "2036-10-19T08:16:13Z")),
    ("a second later", PAIR, ["certificate-expiring"], ("--host", "--now", "2036-10-19T08:16:14Z")),
    ("its last second", PAIR, ["certificate-expiring"], ("--host", "--now", "2036-11-18T08:16:13Z")),
    ("its end", PAIR, ["certificate-expired"], ("--host", "--now", "2036-11-18T08:16:14Z")),
    ("its name", named("mail.example.org"), [], ("--host", *NOW)),
    ("the name of a wildcard", named("mx.example.net"), [], ("--host", *NOW)),
    ("in capitals", named("MX.Example.NET"), [], ("--host", *NOW)),
    ("its address", named("192.0.2.1"), [], ("--host", *NOW)),
    ("another address", named("192.0.2.2"), ["certificate-name"], ("--host", *NOW)),
    ("a wildcard is for one label", named("a.mx.example.net"), ["certificate-name"], ("--host", *NOW)),
    ("and not for none", named("example.net"), ["certificate-name"], ("--host", *NOW)),
    ("another name, without --host", named("mx.example.com"), [], NOW),
    ("no certificate", named("mx.example.com").replace(PAIR, ""), [], ("--host", *NOW)),
    ("a certificate that comes by ACME", named("mx.example.com") + ACME, [], ("--host", *NOW)),
    ("a fragment", named("mx.example.com"), [], ("--host", "--partial", *NOW)),
    ("a file that holds no certificate", PAIR.replace("a.crt", "noise"), ["invalid-certificate"], ("--host", *NOW)),
    ("a file that holds no key", key("noise"), ["invalid-key"], ("--host", *NOW)),
    ("an empty file", key("empty"), ["missing-on-host"], ("--host", *NOW)),
    ("a folder", key("."), ["missing-on-host"], ("--host", *NOW)),
    ("a device", key("/dev/zero"), ["missing-on-host"], ("--host", *NOW)),
    ("a key for DKIM", key("b.key", DKIM), [], ("--host", *NOW)),
    ("one of another kind", DKIM, ["invalid-key"], ("--host", *NOW)),
    ("allowed, but not looked at", ALLOWED, [], ()),
    ("allowed, and not needed", ALLOWED, ["unused-allowance"], ("--host", *NOW)),
    ("allowed, and needed", ALLOWED, [], ("--host", "--now", "2040-01-01T00:00:00Z")),
    ("a certificate in the source, without --host", INLINE, ["certificate-expired"], ("--now", "2040-01-01T00:00:00Z")),
]


def second(name, more=""):
    return named("mail.example.org").replace("#example.org\"\n", f'#example.org"\n{more}') + PAIR.replace("mail]", "more]").replace("a.crt", name)


# what it shows, source, paths of certificates that nobody is shown
UNUSED = [
    ("one certificate", named("mail.example.org"), []),
    ("one that expires later", second("newer.crt"), ["Certificate/mail"]),
    ("unless it is the default", second("newer.crt", 'defaultCertificateId = "#mail"\n'), []),
    ("one that is as good", second("a.crt"), []),
    ("names of nobody", second("foreign.crt"), ["Certificate/more"]),
    ("of an alias", second("foreign.crt") + '[Domain."example.net"]\naliases = ["example.com"]\n', []),
    ("of a service", second("foreign.crt", 'services = { imap = { hostname = "imap.example.com" } }\n'), []),
    ("for unknown names", second("foreign.crt", 'defaultCertificateId = "#more"\n'), []),
    ("without domains nothing is sure", PAIR.replace("a.crt", "foreign.crt"), []),
    ("nor with one that cannot be read", second("noise"), []),
]


def unused(tap):
    for what, source, paths in UNUSED:
        done = check(source, "--host", *NOW)
        tap.equal([d["path"] for d in done.diagnostics if d["code"] == "unused-certificate"], paths, f"unused: {what}")


def check(source, *more, files=None, **environment):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**FILES, **(files or {}), "mail.toml": source}.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        return stwctest.run("check", "--format", "json", *more, "mail.toml", cwd=folder,
                            env={"PATH": os.environ.get("PATH", ""), "STALWART_HOSTNAME": "mail.example.org",
                                 **environment})


def found(done):
    return sorted(d["code"] for d in done.diagnostics)


def variables(tap):
    source = PAIR.replace('"File", filePath = "a.key"', '"EnvironmentVariable", variableName = "TLS_KEY"')
    tap.equal(found(check(source, "--host", *NOW, TLS_KEY=KEY)), [], "a variable that is set")
    tap.equal(found(check(source, "--host", *NOW, TLS_KEY=OTHER)), ["certificate-mismatch"], "to the key of another")
    tap.equal(found(check(source, "--host", *NOW, TLS_KEY="")), ["missing-on-host"], "to nothing")
    tap.equal(found(check(source, "--host", *NOW)), ["missing-on-host"], "a variable that is not set")
    tap.equal(found(check(source, *NOW)), [], "which does not matter without --host")


def own_name(tap):
    """Without a defaultHostname a server takes its name from the environment, else from the system."""
    for name, codes in (("mail.example.org", []), ("mx.example.com", ["certificate-name"]), ("192.0.2.1", []),
                        ("3f2a9c01be77", ["certificate-name", "container-hostname"])):
        tap.equal(found(check(PAIR, "--host", *NOW, STALWART_HOSTNAME=name)), codes, f"STALWART_HOSTNAME={name}")
    tap.equal(found(check(PAIR, *NOW, STALWART_HOSTNAME="3f2a9c01be77")), [], "which does not matter without --host")
    source = '[SystemSettings]\n[Domain."example.org"]\n'
    done = check(source, "--host", STALWART_HOSTNAME="mail")
    tap.equal([(d["code"], d["line"], d["path"]) for d in done.diagnostics],
              [("container-hostname", 1, "SystemSettings")], "a name of one word has the place of the settings")
    named_so = source.replace("\n", '\ndefaultHostname = "mail.example.org"\n', 1)
    tap.equal(found(check(named_so, "--host", STALWART_HOSTNAME="mail")), [], "defaultHostname comes first")


def places(tap):
    source = key("deep.key")
    secrets = {"secrets/deep.key": KEY, "credentials/deep.key": OTHER}
    tap.equal(found(check(source, "--host", *NOW)), ["missing-on-host"], "a file that is not there")
    tap.equal(found(check(source, "--host", "--secrets", "secrets", *NOW, files=secrets)), [], "in --secrets")
    tap.equal(found(check(source, "--host", "--secrets", "secrets", *NOW, files=secrets,
                          CREDENTIALS_DIRECTORY="credentials")), ["certificate-mismatch"],
              "$CREDENTIALS_DIRECTORY comes first")


def reports(tap):
    done = check(key("b.key"), "--host", *NOW)
    tap.equal([(d["line"], [r["line"] for r in d["related"]], d["path"]) for d in done.diagnostics],
              [(3, [2], "Certificate/mail/privateKey")], "a mismatch shows the key and the certificate")
    done = check(DKIM, "--host", *NOW)
    tap.ok("MIGHAgEA" not in done.stdout + done.stderr, "nothing of a key is shown")
    done = stwctest.run("check", "--from", "toml", "-", stdin=PAIR)
    tap.ok("2 files or variables named but not opened" in done.stderr, "the last line counts what was left")


def clock(tap):
    tap.equal(found(check(INLINE, SOURCE_DATE_EPOCH="2200000000")), ["certificate-expired"], "SOURCE_DATE_EPOCH is the time")
    tap.equal(found(check(INLINE, *NOW, SOURCE_DATE_EPOCH="2200000000")), [], "but --now comes first")


def main():
    tap = stwctest.Tap()
    for what, source, expected, more in CASES:
        tap.equal(found(check(source, *more)), expected, what)
    variables(tap)
    unused(tap)
    own_name(tap)
    places(tap)
    reports(tap)
    clock(tap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
