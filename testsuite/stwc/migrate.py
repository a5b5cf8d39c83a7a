"""stwc migrate: what becomes of the 0.15 settings (validation.md 6), over real files and case by case.

`builddir=… python3 testsuite/stwc/migrate.py --update` writes the figures that it measures into
doc/migrate.md; without the word it holds the page against them."""
import json
import os
import re
import sys
import tempfile

import stwctest

PAGE = os.path.join(stwctest.SRCDIR, "doc/migrate.md")
FIGURES = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.S)
OUTCOMES = ("carried", "needless", "changed", "dropped", "unknown")


class Migrated:
    """One run: the report, the objects as written, and what a check says of them."""

    def __init__(self, text, *args, path=None):
        with tempfile.TemporaryDirectory() as folder:
            source = path or os.path.join(folder, "mail.toml")
            out = os.path.join(folder, "out.toml")
            if path is None:
                with open(source, "w", encoding="utf-8") as file:
                    file.write(text)
            done = stwctest.run("migrate", source, "--format", "json", "-o", out, *args)
            self.status, self.stderr = done.status, done.stderr
            document = json.loads(done.stdout) if done.stdout else {"settings": [], "summary": {}}
            self.rows = [row for row in document["settings"] if "key" in row]
            self.added = [row["target"] for row in document["settings"] if "key" not in row]
            self.summary = document["summary"]
            self.text, self.objects, self.checked = None, None, None
            if os.path.exists(out):
                with open(out, encoding="utf-8") as file:
                    self.text = file.read()
                self.checked = stwctest.run("check", "--format", "json", out)
                self.objects = json.loads(stwctest.run("convert", "--to", "json", "--reveal-secrets", out).stdout)

    def of(self, *outcomes):
        return [row["key"] for row in self.rows if row["outcome"] in outcomes]

    def get(self, path):
        """A value of the objects: "Type/id/field", or None."""
        value = self.objects
        for step in path.split("/"):
            value = value.get(step) if isinstance(value, dict) else None
        return value


def real_files(tap):
    """Real files have the verdict of the server's parser, and what is written checks clean."""
    index = stwctest.shared("corpus/stalwart-0.15/index.tsv")
    if not index:
        tap.ok(True, "shared/corpus is not there # SKIP")
        return None
    counts = dict.fromkeys(("files", "keys") + OUTCOMES, 0)
    with open(index, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    for name, _, parser, keys, unknown in rows:
        done = Migrated(None, path=os.path.join(os.path.dirname(index), name))
        if parser != "OK":
            tap.ok(done.status == 1 and done.text is None and "error[syntax]" in done.stderr,
                   f"{name} is refused, as by the parser of 0.15") or print("#   " + done.stderr[:200])
            continue
        tap.equal((done.summary["keys"], sum(done.summary[o] for o in OUTCOMES)), (int(keys), int(keys)),
                  f"{name}: every key is in the report")
        tap.ok(len(done.of("unknown")) <= int(unknown), f"{name}: no known key is called unknown")
        tap.equal(done.status, 1 if done.of("dropped", "unknown") else 0, f"{name}: exit status")
        reasons = [row["key"] for row in done.rows if row["outcome"] != "carried" and not row.get("reason")]
        tap.equal(reasons, [], f"{name}: what is not simply carried has a reason")
        if done.of("carried"):
            tap.equal((done.checked.status, done.checked.codes()), (0, []), f"{name}: the output checks clean")
        else:
            tap.equal(done.text, None, f"{name}: nothing is written where nothing is carried")
        counts["files"] += 1
        counts["keys"] += done.summary["keys"]
        for outcome in OUTCOMES:
            counts[outcome] += done.summary[outcome]
    return counts


def figures(counts):
    def share(part, whole):
        return f"{100 * part / whole:.0f} %"

    known = counts["keys"] - counts["unknown"]
    rows = [("carried with the same meaning", "carried"), ("needless: 0.16 does so anyway", "needless"),
            ("changed in meaning, or moved to the server's environment", "changed"), ("dropped", "dropped")]
    lines = ["%d files with %d keys, of which 0.15 knows %d:" % (counts["files"], counts["keys"], known), "",
             "| outcome | keys | share of the known |", "|---|---|---|"]
    lines += ["| %s | %d | %s |" % (words, counts[o], share(counts[o], known)) for words, o in rows]
    kept = counts["carried"] + counts["needless"] + counts["changed"]
    return "\n".join(lines + ["", "So %d of %d known keys, %s, find their place." % (kept, known, share(kept, known))])


def page(tap, counts):
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    new = FIGURES.sub(lambda m: m.group(1) + figures(counts) + "\n" + m.group(2), text)
    if "--update" in sys.argv and new != text:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(new)
        text = new
    for line in figures(counts).splitlines():
        print("# " + line)
    tap.ok(new == text, "doc/migrate.md has the measured figures")


# every row of validation.md 6.3 and 6.4 in settings of one server: macros, lists, objects
WHOLE = """
[server]
hostname = "mail.example.org"
max-connections = 8192
proxy.trusted-networks = ["192.0.2.0/24"]
blocked-ip = { "198.51.100.7" }
allowed-ip = { "203.0.113.0/24" }
auto-ban.auth.rate = "100/1d"
auto-ban.abuse.rate = "35/1d"
auto-ban.loiter.rate = "150/1d"
auto-ban.scan.rate = "30/1d"
auto-ban.scan.paths = ["*.php*"]
tls.certificate = "main"
socket.backlog = 512
tls.timeout = "30s"
[global]
thread-pool = 8
[server.listener.smtp]
bind = "[::]:25"
protocol = "smtp"
max-connections = 100
proxy.trusted-networks = "192.0.2.128/25"
[server.listener.smtp.socket]
reuse-addr = true
reuse-port = false
backlog = 256
ttl = 64
send-buffer-size = 65536
recv-buffer-size = 65536
tos = 4
nodelay = false
[server.listener.smtp.tls]
enable = true
implicit = false
timeout = "2m"
disable-protocols = ["TLSv1.2"]
disable-ciphers = ["TLS13_AES_256_GCM_SHA384"]
ignore-client-order = false
[server.listener.sieve]
bind = ["[::]:4190"]
protocol = "managesieve"
[storage]
data = "pg"
blob = "s3"
fts = "pg"
lookup = "redis"
[metrics.history]
store = "pg"
[tracing.history]
store = "pg"
[store.pg]
type = "postgresql"
host = "db.example.org"
port = 5432
database = "mail"
user = "mail"
password = "%{env:DB_PASSWORD}%"
timeout = "15s"
tls.enable = true
tls.allow-invalid-certs = false
pool.max-connections = 10
[store.my]
type = "mysql"
host = "db.example.org"
port = 3306
database = "mail"
user = "mail"
password = "%{file:/etc/my}%"
timeout = "15s"
max-allowed-packet = 1048576
pool.max-connections = 10
pool.min-connections = 5
[store.s3]
type = "s3"
bucket = "mail"
region = "eu-central-1"
access-key = "%{env:S3_KEY}%"
secret-key = "%{env:S3_SECRET}%"
security-token = "%{env:S3_TOKEN}%"
profile = "mail"
key-prefix = "m/"
max-retries = 4
timeout = "20s"
[store.redis]
type = "redis"
redis-type = "single"
urls = ["redis://127.0.0.1"]
timeout = "10s"
[enterprise]
license-key = "%{env:LICENCE}%"
api-key = "%{env:API_KEY}%"
logo-url = "https://example.org/logo.png"
[signature.ed]
algorithm = "ed25519-sha256"
selector = "s1"
domain = "example.org"
private-key = "%{file:/etc/dkim/ed.key}%"
canonicalization = "relaxed/relaxed"
[certificate.main]
cert = "%{file:/etc/tls/cert.pem}%"
private-key = "%{file:/etc/tls/key.pem}%"
[cache]
access-token.size = "10mb"
http-auth.size = "1mb"
message.size = "50mb"
files.size = "10mb"
events.size = "10mb"
contacts.size = "10mb"
scheduling.size = "1mb"
dns.txt.size = "5mb"
dns.mx.size = "5mb"
dns.ptr.size = "1mb"
dns.ipv4.size = "5mb"
dns.ipv6.size = "5mb"
dns.tlsa.size = "1mb"
dns.mta-sts.size = "1mb"
dns.rbl.size = "5mb"
[asn]
type = "dns"
zone.ipv4 = "origin.example.org"
zone.ipv6 = "origin6.example.org"
separator = "|"
index.asn = 0
index.asn-name = 3
index.country = 2
[resolver]
type = "custom"
custom = ["udp://192.0.2.53:53", "tcp://[2001:db8::53]:53"]
concurrency = 2
timeout = "5s"
attempts = 2
preserve-intermediates = true
try-tcp-on-error = true
edns = true
"""

# a path of the objects and its value
WHOLE_VALUES = [
    ("SystemSettings/defaultHostname", "mail.example.org"),
    ("SystemSettings/maxConnections", 8192),
    ("SystemSettings/threadPoolSize", 8),
    ("SystemSettings/proxyTrustedNetworks", ["192.0.2.0/24"]),
    ("SystemSettings/defaultCertificateId", "#main"),
    ("SystemSettings/defaultDomainId", "#example.org"),
    ("NetworkListener/smtp/bind", ["[::]:25"]),
    ("NetworkListener/smtp/maxConnections", 100),
    ("NetworkListener/smtp/overrideProxyTrustedNetworks", ["192.0.2.128/25"]),
    ("NetworkListener/smtp/socketReusePort", False),
    ("NetworkListener/smtp/socketBacklog", 256),
    ("NetworkListener/smtp/socketTtl", 64),
    ("NetworkListener/smtp/socketSendBufferSize", 65536),
    ("NetworkListener/smtp/socketReceiveBufferSize", 65536),
    ("NetworkListener/smtp/socketTosV4", 4),
    ("NetworkListener/smtp/socketNoDelay", False),
    ("NetworkListener/smtp/useTls", True),
    ("NetworkListener/smtp/tlsTimeout", "2m"),
    ("NetworkListener/smtp/tlsDisableProtocols", ["tls12"]),
    ("NetworkListener/smtp/tlsDisableCipherSuites", ["tls13-aes-256-gcm-sha384"]),
    ("NetworkListener/smtp/tlsIgnoreClientOrder", False),
    ("NetworkListener/sieve/protocol", "manageSieve"),
    ("NetworkListener/sieve/socketBacklog", 512),
    ("NetworkListener/sieve/tlsTimeout", "30s"),
    ("DataStore/@type", "PostgreSql"),
    ("DataStore/host", "db.example.org"),
    ("DataStore/authUsername", "mail"),
    ("DataStore/authSecret", {"@type": "EnvironmentVariable", "variableName": "DB_PASSWORD"}),
    ("DataStore/useTls", True),
    ("BlobStore/@type", "S3"),
    ("BlobStore/region", {"@type": "EuCentral1"}),
    ("BlobStore/keyPrefix", "m/"),
    ("SearchStore/@type", "Default"),
    ("InMemoryStore/@type", "Redis"),
    ("InMemoryStore/url", "redis://127.0.0.1"),
    ("MetricsStore/@type", "Default"),
    ("TracingStore/@type", "Default"),
    ("StoreLookup/my/store/maxAllowedPacket", 1048576),
    ("StoreLookup/my/store/poolMinConnections", 5),
    ("StoreLookup/my/store/authSecret", {"@type": "File", "filePath": "/etc/my"}),
    ("Enterprise/logoUrl", "https://example.org/logo.png"),
    ("Enterprise/licenseKey", {"@type": "EnvironmentVariable", "variableName": "LICENCE"}),
    ("Certificate/main/privateKey", {"@type": "File", "filePath": "/etc/tls/key.pem"}),
    ("Domain/example.org/dkimManagement", {"@type": "Manual"}),
    ("Security/authBanRate", "100/1d"),
    ("Security/scanBanPaths", ["*.php*"]),
    ("Cache/messages", "50mb"),
    ("Cache/dnsRbl", "5mb"),
    ("Asn/@type", "Dns"),
    ("Asn/indexAsnName", 3),
    ("DnsResolver/@type", "Custom"),
    ("DnsResolver/servers", [{"address": "192.0.2.53", "port": 53, "protocol": "udp"},
                             {"address": "2001:db8::53", "port": 53, "protocol": "tcp"}]),
    ("DnsResolver/enableEdns", True),
]


def whole(tap):
    """Every row of 6.3 and 6.4 is carried, to the field that the fact sheet names."""
    done = Migrated(WHOLE)
    tap.equal((done.status, done.of("dropped", "unknown", "changed")), (0, []), "6.3 and 6.4: every key is carried")
    for row in done.rows:
        if row["outcome"] in ("dropped", "unknown", "changed"):
            print("#   %s: %s" % (row["key"], row.get("reason")))
    if not tap.ok(done.objects and done.checked.status == 0, "and the output checks clean"):
        print("#   " + done.stderr)
        return
    for path, value in WHOLE_VALUES:
        tap.equal(done.get(path), value, path)
    signature = list(done.get("DkimSignature").values())[0]
    tap.equal((signature["@type"], signature["selector"], signature["domainId"]),
              ("Dkim1Ed25519Sha256", "s1", "#example.org"), "DkimSignature")


def known_keys(tap):
    """Each key of the settings reference is known, with a name in the place of <id>."""
    path = stwctest.shared("facts/stalwart-0.15-keys.tsv")
    if not path:
        tap.ok(True, "shared/facts is not there # SKIP")
        return
    with open(path, encoding="utf-8") as file:
        keys = [line.split("\t")[0] for line in file][1:]
    keys = [key.replace("<id>", "x") for key in keys if not key.startswith("_")]
    text = "".join(f'{key} = "1"\n' for key in dict.fromkeys(keys))
    done = stwctest.check_text(text, "--from", "settings", "--max-errors", "0")
    unknown = [d["path"] for d in done.diagnostics if d["code"] == "unknown-setting"]
    tap.equal(unknown, [], f"all {len(keys)} keys of the settings reference are known")


def main():
    tap = stwctest.Tap()
    counts = real_files(tap)
    if counts:
        page(tap, counts)
    whole(tap)
    known_keys(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
