"""stwc migrate: what becomes of the 0.15 settings (validation.md 6), over real files and case by case.

`builddir=… python3 testsuite/stwc/migrate.py --update` writes the figures that it measures into
doc/migrate.md; without the word it holds the page against them."""
import base64
import json
import os
import random
import re
import sys
import tempfile

import hosts
import stwctest

PAGE = os.path.join(stwctest.SRCDIR, "doc/migrate.md")
FIGURES = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.S)
OUTCOMES = ("carried", "needless", "changed", "dropped", "unknown")
# what the server's own migration script looks at (validation.md 6.3)
OFFICIAL = ("acme.", "certificate.", "enterprise.", "lookup.default.", "server.hostname", "signature.", "storage.", "store.",
            "version.")
# what a key was dropped for, by the words of the reason; the last is for all others
REASONS = [("0.15 does nothing with them itself", re.compile(r"^0\.15 ")),
           ("a macro without `--env`, or a template that is not filled in", re.compile(r"--env|template")),
           ("what they belong to or name is not there, or not carried", re.compile(r" needs '|^there is no |^nothing uses ")),
           ("0.16 has no place for them, or refuses the value", re.compile(""))]


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

    def lost(self):
        """What is said to be carried, and is in no object."""
        return [row["key"] for row in self.rows if row["outcome"] in ("carried", "changed") and row.get("target")
                and not self.get(re.sub(r"/\*.*", "", row["target"]).split("/")[0])]

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
    counts = dict.fromkeys(("files", "keys", "official") + OUTCOMES + tuple(words for words, _ in REASONS), 0)
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
            tap.equal((done.checked.status, done.checked.codes(), done.lost()), (0, [], []), f"{name}: the output checks clean")
        else:
            tap.equal(done.text, None, f"{name}: nothing is written where nothing is carried")
        counts["files"] += 1
        counts["keys"] += done.summary["keys"]
        for outcome in OUTCOMES:
            counts[outcome] += done.summary[outcome]
        counts["official"] += sum(key.startswith(OFFICIAL) for key in done.of("carried", "needless", "changed", "dropped"))
        for row in done.rows:
            if row["outcome"] == "dropped":
                counts[next(words for words, pattern in REASONS if pattern.search(row["reason"]))] += 1
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
    lines += ["| … %s | %d | %s |" % (words, counts[words], share(counts[words], known)) for words, _ in REASONS]
    kept = counts["carried"] + counts["needless"] + counts["changed"]
    return "\n".join(lines + ["", "So %d of %d known keys, %s, find their place." % (kept, known, share(kept, known)),
                              "The server's own migration script looks at %d of them, %s."
                              % (counts["official"], share(counts["official"], known))])


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
default = true
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


HOST = 'server.hostname = "mail.example.org"\n'
KEY = "%{file:/etc/dkim.key}%"

ACME_DNS = ('acme.a.directory = "https://acme.example.org/d"\nacme.a.contact = "a@example.org"\nacme.a.challenge = "dns-01"\n'
            'acme.a.secret = "%{env:SECRET}%"\nacme.a.key = "k"\nacme.a.domains = "mail.example.org"\n')

SIGNED = ('signature.n.algorithm = "rsa-sha256"\nsignature.n.domain = "example.net"\nsignature.n.selector = "s"\n'
          f'signature.n.private-key = "{KEY}"\n')

# what it shows, settings, further arguments, outcomes of keys (carried where not named), values
CASES = [
    ("a macro inside a text", 'server.hostname = "%{env:NAME}%.example.org"\n', ["--env", "NAME=mx"], {},
     {"SystemSettings/defaultHostname": "mx.example.org"}),
    ("a macro without --env", 'server.hostname = "%{env:NAME}%"\nserver.max-connections = 5\n', [],
     {"server.hostname": "dropped"}, {"SystemSettings/maxConnections": 5}),
    ("the last --env counts", 'server.hostname = "%{env:NAME}%"\n',
     ["--env", "NAME=a.example.org", "--env", "NAME=b.example.org"], {},
     {"SystemSettings/defaultHostname": "b.example.org"}),
    ("a macro of a key", HOST + 'report.domain = "%{cfg:lookup.default.domain}%"\n'
     'lookup.default.domain = "example.net"\n', [], {},
     {"ReportSettings/outboundReportDomain": "example.net", "SystemSettings/defaultDomainId": "#example.net"}),
    ("the domain of a host further down", 'server.hostname = "mail.eu.example.co.uk"\n', [], {},
     {"SystemSettings/defaultDomainId": "#example.co.uk"}),
    ("an expression that is a text, and a list as well", 'session.ehlo.require = "true"\nsession.ehlo.require.0000.else = "false"\n', [],
     {"session.ehlo.require.0000.else": "dropped"}, {"MtaStageEhlo/require": "true"}),
    ("macros in a circle", HOST + 'report.domain = "%{cfg:report.domain}%"\n', [], {"report.domain": "dropped"}, {}),
    ("a template", 'server.hostname = "{{ host }}"\nserver.max-connections = 5\n', [],
     {"server.hostname": "dropped"}, {}),
    ("a file where 0.16 has no reference", 'server.hostname = "%{file:/etc/hostname}%"\nserver.max-connections = 5\n',
     [], {"server.hostname": "dropped"}, {"SystemSettings/defaultHostname": None}),
    ("an expression in one text", HOST + 'session.rcpt.relay = "!is_empty(authenticated_as)"\n', [], {},
     {"MtaStageRcpt/allowRelaying": "!is_empty(authenticated_as)"}),
    ("an expression with conditions", HOST + 'session.auth.require = [ { if = "local_port == 25", then = true }, '
     '{ if = "is_local_domain(\'*\', helo_domain)", then = false }, { else = false } ]\n', [], {},
     {"MtaStageAuth/require": {"match": [{"if": "local_port == 25", "then": "true"},
                                         {"if": "is_local_domain(helo_domain)", "then": "false"}], "else": "false"}}),
    ("an expression over what 0.16 does not know there", HOST + 'session.ehlo.require = [ { if = "helo_domain == 1", '
     'then = true }, { else = false } ]\nsession.ehlo.reject-non-fqdn = "nonsense(1)"\n', [],
     {"session.ehlo.require.0000.if": "dropped", "session.ehlo.require.0000.then": "dropped",
      "session.ehlo.require.0001.else": "dropped", "session.ehlo.reject-non-fqdn": "dropped"}, {"MtaStageEhlo": None}),
    ("an expression with two ways out", HOST + "session.auth.require = [ { else = true }, { else = false } ]\n", [],
     {"session.auth.require.0000.else": "dropped", "session.auth.require.0001.else": "dropped"}, {"MtaStageAuth": None}),
    ("one with none", HOST + 'session.auth.require = [ { if = "local_port == 25", then = true } ]\n', [],
     {"session.auth.require.0000.if": "dropped", "session.auth.require.0000.then": "dropped"}, {"MtaStageAuth": None}),
    ("one that goes on behind it", HOST + 'session.auth.require = [ { else = true }, { if = "local_port == 25", then = true } ]\n', [],
     {f"session.auth.require.{part}": "dropped" for part in ("0000.else", "0001.if", "0001.then")}, {"MtaStageAuth": None}),
    ("one with half a condition", HOST + 'session.auth.require = [ { if = "local_port == 25" }, { else = true } ]\n', [],
     {"session.auth.require.0000.if": "dropped", "session.auth.require.0001.else": "dropped"}, {"MtaStageAuth": None}),
    ("an address with something behind it", HOST + 'server.blocked-ip."192.0.2.1" = true\nserver.allowed-ip = ["192.0.2.2"]\n', [],
     {}, {"BlockedIp": {"192.0.2.1": {}}, "AllowedIp": {"192.0.2.2": {}}}),
    ("config_get", HOST + "session.connect.greeting = \"config_get('server.hostname') + ' ESMTP'\"\n", [], {},
     {"MtaStageConnect/smtpGreeting": "system('hostname') + ' ESMTP'"}),
    ("config_get of another key", HOST + "session.connect.greeting = \"config_get('report.domain') + ' x'\"\n"
     "session.connect.hostname = \"config_get('a.b')\"\n", [], {"session.connect.hostname": "dropped"},
     {"MtaStageConnect/smtpGreeting": "system('domain') + ' x'"}),
    ("an expression of an older version", HOST + 'session.rcpt.relay = [ { if = "listener", eq = "smtp", then = false }, '
     '{ else = true } ]\n', [], {"session.rcpt.relay.0000.if": "dropped", "session.rcpt.relay.0000.eq": "dropped",
                                 "session.rcpt.relay.0000.then": "dropped", "session.rcpt.relay.0001.else": "dropped"},
     {"MtaStageRcpt": None}),
    ("what 0.16 refuses leaves the rest", HOST + 'server.listener.a.bind = ["[::]:25", "nowhere:x"]\n'
     'server.listener.a.protocol = "smtp"\nserver.listener.a.socket.ttl = 300\nreport.domain = "not a domain"\n', [],
     {"server.listener.a.bind.0001": "dropped", "server.listener.a.socket.ttl": "dropped", "report.domain": "dropped"},
     {"NetworkListener/a": {"bind": ["[::]:25"], "protocol": "smtp"}}),
    ("a blocked address that is none", HOST + 'server.blocked-ip = { "192.0.2.1", "300.1.1.1" }\n', [],
     {"server.blocked-ip.300.1.1.1": "dropped"}, {"BlockedIp": {"192.0.2.1": {}}}),
    ("signatures by their ids", HOST + f'signature.rsa.algorithm = "rsa-sha256"\nsignature.rsa.domain = "example.org"\n'
     f'signature.rsa.selector = "a"\nsignature.rsa.private-key = "{KEY}"\nauth.dkim.sign = "[\'rsa\']"\n', [],
     {"auth.dkim.sign": "changed"}, {"SenderAuth/dkimSignDomain": "'example.org'"}),
    ("signatures by the sender", HOST + f'signature.rsa.algorithm = "rsa-sha256"\nsignature.rsa.domain = "example.org"\n'
     f'signature.rsa.selector = "a"\nsignature.rsa.private-key = "{KEY}"\n'
     "auth.dkim.sign = \"['rsa-' + sender_domain]\"\n", [],
     {"auth.dkim.sign": "changed"}, {"SenderAuth/dkimSignDomain": "sender_domain"}),
    ("rsa-sha1 is gone", HOST + f'signature.x.algorithm = "rsa-sha1"\nsignature.x.domain = "example.org"\n'
     f'signature.x.selector = "a"\nsignature.x.private-key = "{KEY}"\n', [],
     {f"signature.x.{key}": "dropped" for key in ("algorithm", "domain", "selector", "private-key")},
     {"DkimSignature": None}),
    ("families of events", HOST + 'webhook.w.url = "https://example.org/h"\nwebhook.w.events = ["acme.auth-*", "smtp.error"]\n'
     'tracer.t.type = "stdout"\ntracer.t.disabled-events = ["*"]\n', [], {},
     {"WebHook/w/events": ["acme.auth-start", "acme.auth-pending", "acme.auth-valid", "acme.auth-completed",
                           "acme.auth-error", "acme.auth-too-many-attempts", "smtp.error"],
      "WebHook/w/eventsPolicy": "include", "Tracer/t/eventsPolicy": "include", "Tracer/t/events": []}),
    ("the level of an event", HOST + 'tracing.level."auth.success" = "debug"\n', [], {},
     {"EventTracingLevel/auth.success": {"level": "debug"}}),
    ("lists of the spam filter", HOST + '[spam-filter.list]\nscores.BAD_TAG = "4.5"\nscores.WORSE = "reject"\n'
     'file-extensions.gz = "application/gzip|AR|NZ"\n', [], {},
     {"SpamTag/BAD_TAG": {"@type": "Score", "score": 4.5}, "SpamTag/WORSE": {"@type": "Reject"},
      "SpamFileExtension/gz": {"contentTypes": ["application/gzip"], "isArchive": True, "isNz": True}}),
    ("an internal directory is no object", HOST + 'directory.i.type = "internal"\ndirectory.i.store = "db"\n'
     'storage.directory = "i"\n', [], {key: "needless" for key in ("directory.i.type", "directory.i.store",
                                                                  "storage.directory")}, {"Directory": None}),
    ("LDAP", HOST + 'directory.l.type = "ldap"\ndirectory.l.url = "ldaps://ldap.example.org"\n'
     'directory.l.base-dn = "dc=example,dc=org"\ndirectory.l.bind.dn = "cn=mail,dc=example,dc=org"\n'
     'directory.l.bind.secret = "%{env:LDAP}%"\ndirectory.l.filter.email = "(mail=?)"\n'
     'directory.l.attributes.description = ["cn", "sn"]\nstorage.directory = "l"\n', [], {},
     {"Directory/l/@type": "Ldap", "Directory/l/filterMailbox": "(mail=?)", "Authentication/directoryId": "#l",
      "Directory/l/attrDescription": ["cn", "sn"],
      "Directory/l/bindSecret": {"@type": "EnvironmentVariable", "variableName": "LDAP"}}),
    ("weekdays begin on Monday", HOST + 'account.purge.frequency = "30 4 7"\n', [], {},
     {"DataRetention/expungeSchedule": {"@type": "Weekly", "day": 0, "hour": 4, "minute": 30}}),
    ("schedules and queues", HOST + 'queue.virtual.bulk.threads-per-node = 5\nqueue.schedule.slow.queue-name = "bulk"\n'
     'queue.schedule.slow.retry = ["5m", "1h"]\nqueue.schedule.slow.expire = "5d"\n'
     "queue.strategy.schedule = \"'slow'\"\n", [], {},
     {"MtaVirtualQueue/bulk/threadsPerNode": 5, "MtaDeliverySchedule/slow/queueId": "#bulk",
      "MtaDeliverySchedule/slow/retry": {"@type": "Custom", "intervals": [{"duration": "5m"}, {"duration": "1h"}]},
      "MtaDeliverySchedule/slow/expiry": {"@type": "Ttl", "expire": "5d"},
      "MtaOutboundStrategy/schedule": "'slow'"}),
    ("routes", HOST + 'queue.route.out.type = "relay"\nqueue.route.out.address = "relay.example.net"\n'
     'queue.route.out.port = 587\nqueue.route.out.auth.username = "u"\nqueue.route.out.auth.secret = "%{file:/etc/r}%"\n'
     "queue.strategy.route = \"'out'\"\n", [], {},
     {"MtaRoute/out/port": 587, "MtaRoute/out/authSecret": {"@type": "File", "filePath": "/etc/r"},
      "MtaOutboundStrategy/route": "'out'"}),
    ("older spellings", HOST + "server.http.hsts = true\n", [], {"server.http.hsts": "changed"}, {"Http/enableHsts": True}),
    ("durations and sizes", HOST + 'imap.timeout.idle = "1500"\nimap.request.max-size = "1mb"\n'
     'email.auto-expunge = false\nimap.rate-limit.requests = "10/2m"\n', [], {},
     {"Imap/timeoutIdle": "1s 500ms", "Imap/maxRequestSize": "1mb", "Imap/maxRequestRate": "10/2m"}),
    ("DNS-01 with TSIG", HOST + 'acme.a.directory = "https://acme.example.org/d"\nacme.a.contact = "a@example.org"\n'
     'acme.a.challenge = "dns-01"\nacme.a.provider = "rfc2136-tsig"\nacme.a.host = "192.0.2.53"\nacme.a.key = "k"\n'
     'acme.a.secret = "%{file:/etc/tsig}%"\nacme.a.tsig-algorithm = "hmac-sha256"\nacme.a.domains = "*.example.org"\n', [],
     {"acme.a.domains": "changed"},
     {"DnsServer/a/keyName": "k", "DnsServer/a/key": {"@type": "File", "filePath": "/etc/tsig"},
      "Domain/example.org/certificateManagement/subjectAlternativeNames": ["*.example.org"],
      "Domain/example.org/dnsManagement": {"@type": "Automatic", "dnsServerId": "#a", "publishRecords": ["dkim"]}}),
    ("a DNS server that no challenge asks for", HOST + 'acme.a.directory = "https://acme.example.org/d"\n'
     'acme.a.contact = "a@example.org"\nacme.a.challenge = "tls-alpn-01"\nacme.a.provider = "cloudflare"\n'
     'acme.a.secret = "%{env:CF}%"\nacme.a.domains = "mail.example.org"\n', [], {"acme.a.domains": "changed"},
     {"DnsServer/a/secret": {"@type": "EnvironmentVariable", "variableName": "CF"},
      "Domain/example.org/dnsManagement": None}),
    ("a model has the name that its id was", HOST + 'enterprise.ai.m.url = "https://example.org/v1"\n'
     'enterprise.ai.m.model = "x"\nenterprise.ai.m.type = "chat"\n', [], {}, {"AiModel/m/name": "m"}),
    ("a queue beside those that 0.16 makes", HOST + 'queue.virtual.bulk.threads-per-node = 5\n'
     'queue.schedule.s.queue-name = "remote"\n', [], {},
     {"MtaVirtualQueue": {"bulk": {"threadsPerNode": 5}, "dsn": {}, "local": {}, "remote": {}, "report": {}}}),
    ("fields of another kind", HOST + 'tracer.t.type = "log"\ntracer.t.path = "/var/log"\ntracer.t.buffered = true\n'
     'asn.type = "disable"\nasn.expires = "1d"\nstore.s.type = "rocksdb"\nstore.s.path = "/p"\nstore.s.region = "x"\n'
     'storage.data = "s"\n', [], {"tracer.t.buffered": "needless", "asn.expires": "needless", "store.s.region": "needless"},
     {"DataStore": {"@type": "RocksDb", "path": "/p"}}),
    ("resolvers with and without TLS", HOST + 'resolver.type = "cloudflare"\nresolver.edns = false\n', [], {},
     {"DnsResolver": {"@type": "Cloudflare", "useTls": False, "enableEdns": False}}),
    ("and with", HOST + 'resolver.type = "quad9-tls"\n', [], {}, {"DnsResolver": {"@type": "Quad9", "useTls": True}}),
    ("when to renew", HOST + 'acme.a.directory = "https://acme.example.org/d"\nacme.a.contact = "a@example.org"\n'
     'acme.a.renew-before = "20d"\n', [], {"acme.a.renew-before": "changed"}, {"AcmeProvider/a/renewBefore": "R45"}),
    ("samples of either kind", HOST + "spam-filter.bayes.classify.learns = 300\n", [],
     {"spam-filter.bayes.classify.learns": "changed"},
     {"SpamClassifier": {"minHamSamples": 300, "minSpamSamples": 300}}),
    ("words for none", HOST + 'form.name.field = "never"\nform.subject.field = ""\nform.rate-limit = "disable"\n'
     'server.listener.a.bind = "[::]:2525"\nserver.listener.a.protocol = "smtp"\n'
     'server.listener.a.max-connections = 0\n', [], {},
     {"HttpForm": {"fieldName": "never", "fieldSubject": None, "rateLimit": None},
      "NetworkListener/a/maxConnections": None}),
    ("which node does what", HOST + 'cluster.node-id = 2\ncluster.roles.purge.stores = ["1"]\n'
     'cluster.roles.purge.accounts = { "1", "2-3" }\ncluster.roles.acme.renew = "1 2"\n'
     'cluster.roles.metrics.push = "x"\n', [],
     {"cluster.node-id": "changed", "cluster.roles.purge.stores.0000": "changed", "cluster.roles.purge.accounts.1": "changed",
      "cluster.roles.purge.accounts.2-3": "changed", "cluster.roles.acme.renew": "changed",
      "cluster.roles.metrics.push": "dropped"},
     {"ClusterRole/node-1": {"tasks": {"@type": "EnableAll"}, "listeners": {"@type": "EnableAll"}},
      "ClusterRole/node-2/tasks": {"@type": "DisableSome", "taskTypes": ["storeMaintenance"]},
      "ClusterRole/node-3/tasks/taskTypes": ["storeMaintenance", "taskQueueProcessing"],
      "ClusterRole/other-nodes/tasks/taskTypes": ["storeMaintenance", "accountMaintenance", "taskQueueProcessing"]}),
    ("a node of no list", HOST + 'cluster.node-id = 9\ncluster.roles.fts-indexing = "1"\n', [],
     {"cluster.node-id": "changed", "cluster.roles.fts-indexing": "changed"},
     {"ClusterRole/other-nodes/tasks": {"@type": "DisableSome", "taskTypes": ["searchIndexing"]}}),
    ("a node number alone", HOST + 'cluster.node-id = 9\n', [], {"cluster.node-id": "needless"}, {"ClusterRole": None}),
    ("a DNS server that is not carried leaves the domain", HOST + ACME_DNS + 'acme.a.provider = "nonsense"\n', [],
     {"acme.a.provider": "dropped", "acme.a.secret": "dropped", "acme.a.key": "dropped", "acme.a.domains": "dropped"},
     {"SystemSettings/defaultDomainId": "#example.org"}),
    ("settings of sockets outside any listener", HOST + 'socket.ttl = 4\ntls.timeout = "2m"\n'
     'proxy.trusted-networks = "192.0.2.0/24"\nserver.listener.a.bind = "[::]:2525"\n'
     'server.listener.a.protocol = "smtp"\n', [],
     {key: "changed" for key in ("socket.ttl", "tls.timeout", "proxy.trusted-networks")},
     {"NetworkListener/a/socketTtl": 4, "SystemSettings/proxyTrustedNetworks": ["192.0.2.0/24"]}),
    ("a sub-address by a rule", HOST + 'session.rcpt.sub-addressing = [ { if = "matches(\'^([^.]+)[.]([^.]+)@(.+)$\', rcpt)", '
     'then = "$2 + \'@\' + $3" }, { else = false } ]\n', [],
     {f"session.rcpt.sub-addressing.{part}": "changed" for part in ("0000.if", "0000.then", "0001.else")},
     {"Domain/example.org/subAddressing/@type": "Custom",
      "Domain/example.org/subAddressing/customRule/else": "false"}),
    ("a sub-address over what 0.16 does not know there", HOST + 'session.rcpt.sub-addressing = "rcpt_domain"\n', [],
     {"session.rcpt.sub-addressing": "dropped"}, {"Domain/example.org/subAddressing": None}),
    ("no sub-addresses", HOST + "session.rcpt.sub-addressing = false\n", [], {"session.rcpt.sub-addressing": "changed"},
     {"Domain/example.org/subAddressing": {"@type": "Disabled"}}),
    ("an address that catches all", HOST + "session.rcpt.catch-all = [ { then = \"'info@' + $2\", "
     "if = \"matches('(.+)@(.+)$', rcpt)\" }, { else = false } ]\n", [],
     {"session.rcpt.catch-all.0000.if": "changed", "session.rcpt.catch-all.0000.then": "changed",
      "session.rcpt.catch-all.0001.else": "needless"}, {"Domain/example.org/catchAllAddress": "info@example.org"}),
    ("one that catches a domain's", HOST + SIGNED + "session.rcpt.catch-all = [ { if = \"rcpt_domain == 'example.net'\", "
     "then = \"'info@example.net'\" }, { if = \"rcpt_domain != 'x'\", then = \"'b@example.org'\" }, { else = false } ]\n", [],
     {"session.rcpt.catch-all.0000.if": "changed", "session.rcpt.catch-all.0000.then": "changed",
      "session.rcpt.catch-all.0001.if": "dropped", "session.rcpt.catch-all.0001.then": "dropped",
      "session.rcpt.catch-all.0002.else": "needless"},
     {"Domain/example.net/catchAllAddress": "info@example.net", "Domain/example.org": None}),
    ("who may log in where", HOST + 'directory.i.type = "internal"\nstorage.directory = "i"\n'
     "session.auth.directory = [ { if = \"local_port != 25\", then = \"'i'\" }, { else = false } ]\n", [],
     {"directory.i.type": "needless", "storage.directory": "needless", "session.auth.directory.0000.if": "changed",
      "session.auth.directory.0000.then": "needless", "session.auth.directory.0001.else": "changed"}, {}),
    ("a directory of OpenID", HOST + 'directory.o.type = "oidc"\nstorage.directory = "o"\ndirectory.o.fields.email = "email"\n'
     'directory.o.endpoint.url = "https://idp.example.org/realms/mail/protocol/openid-connect/userinfo"\n'
     'directory.o.fields.username = "preferred_username"\n', [],
     {"directory.o.endpoint.url": "changed", "directory.o.fields.username": "needless"},
     {"Directory/o/issuerUrl": "https://idp.example.org/realms/mail", "Directory/o/claimUsername": "email",
      "Authentication/directoryId": "#o"}),
    ("one whose end points stand beside the issuer", HOST + 'directory.o.type = "oidc"\n'
     'directory.o.endpoint.url = "https://idp.example.org/oidc/v1/userinfo"\ndirectory.o.fields.email = "email"\n', [],
     {"directory.o.endpoint.url": "changed"}, {"Directory/o/issuerUrl": "https://idp.example.org"}),
    ("what 0.16 never does, turned off", HOST + SIGNED + "signature.n.set-body-length = false\n"
     "spam-filter.reputation.enable = false\nwebadmin.auto-update = true\n", [],
     {"signature.n.set-body-length": "needless", "spam-filter.reputation.enable": "needless",
      "webadmin.auto-update": "dropped"}, {}),
    ("a database and its copies", HOST + "".join(
        f'store.{name}.type = "postgresql"\nstore.{name}.host = "{name}.example.org"\n'
        f'store.{name}.password = "%{{env:{name.upper()}}}%"\n' for name in ("p", "r"))
     + 'store.r.timeout = "10s"\nstore.both.type = "sql-read-replica"\nstore.both.primary = "p"\nstore.both.replicas = ["r", "x"]\n'
     'storage.data = "both"\nstorage.blob = "both"\n', [],
     {"store.both.type": "needless", "store.both.replicas.0001": "dropped", "store.r.timeout": "dropped"},
     {"DataStore/@type": "PostgreSql", "DataStore/host": "p.example.org",
      "DataStore/authSecret": {"@type": "EnvironmentVariable", "variableName": "P"},
      "DataStore/readReplicas": [{"host": "r.example.org",
                                  "authSecret": {"@type": "EnvironmentVariable", "variableName": "R"}}],
      "BlobStore/@type": "Default", "StoreLookup": None}),
    ("a store of stores", HOST + 'storage.blob = "s"\nstore.s.type = "sharded-blob"\nstore.s.stores = ["x", "y", "z"]\n'
     'store.x.type = "fs"\nstore.x.path = "/x"\nstore.y.type = "fs"\nstore.y.path = "/y"\nstore.z.type = "fs"\n', [],
     {"store.z.type": "dropped", "store.s.stores.0002": "dropped"},
     {"BlobStore": {"@type": "Sharded", "stores": [{"@type": "FileSystem", "path": "/x"}, {"@type": "FileSystem", "path": "/y"}]},
      "StoreLookup": None}),
    ("a store of S3 that lacks its bucket", HOST + 'storage.blob = "s"\nstore.s.type = "s3"\nstore.s.region = "eu-west-1"\n', [],
     {key: "dropped" for key in ("storage.blob", "store.s.type", "store.s.region")}, {"BlobStore": None}),
    ("what was for a listener that is not carried", HOST + 'server.listener.a.protocol = "smtp"\nserver.tls.timeout = "1m"\n', [],
     {"server.listener.a.protocol": "dropped", "server.tls.timeout": "dropped"}, {"NetworkListener": None}),
    ("macros of the operator's own keys", 'server.hostname = "mx.%{cfg:my.domain}%"\nmy.domain = "example.org"\n'
     'my.password = "%{env:DB}%"\nstore.d.type = "postgresql"\nstore.d.host = "%{env:%{cfg:my.name}%}%"\nmy.name = "H"\n'
     'store.d.password = "%{cfg:my.password}%"\nstorage.data = "%{env:STORE}%"\n', ["--env", "H=db", "--env", "STORE=d"],
     {"my.domain": "needless", "my.password": "needless", "my.name": "needless"},
     {"SystemSettings/defaultHostname": "mx.example.org", "DataStore/host": "db",
      "DataStore/authSecret": {"@type": "EnvironmentVariable", "variableName": "DB"}}),
    ("macros that are none", HOST + 'report.domain = "%{env:X"\nserver.max-connections = "%{ENV:X}%"\n'
     'server.listener."%{env:X}%".bind = "127.0.0.1:2525"\nserver.listener."%{env:X}%".protocol = "smtp"\n'
     'imap.auth.max-failures = "%{env:}%"\nimap.request.max-size = "%{cfg:no.such}%"\n'
     'sieve.trusted.hostname = "a%{cfg:sieve.trusted.hostname}%"\n', ["--env", "X=example.net"],
     {"report.domain": "dropped", "server.max-connections": "dropped", "imap.auth.max-failures": "dropped",
      "imap.request.max-size": "dropped", "sieve.trusted.hostname": "dropped"},
     {"NetworkListener/%{env:X}%/protocol": "smtp"}),
    ("the classifier of 0.15 is that of 0.16", HOST + 'spam-filter.classifier.model = "ftrl-ccfh"\n'
     'spam-filter.classifier.parameters.features = 22\nspam-filter.classifier.parameters.l1 = 0.5\n'
     'spam-filter.classifier.parameters.ccfh.alpha = 1.5\nspam-filter.classifier.features.log-scale = false\n'
     'spam-filter.classifier.samples.min-ham = 7\nspam-filter.card-is-ham.learn = false\nspam-filter.card-is-ham.enable = false\n'
     'spam-filter.classifier.auto-learn.ham-score = "-8.0"\n', [], {"spam-filter.classifier.auto-learn.ham-score": "dropped"},
     {"SpamClassifier": {"model": {"@type": "FtrlCcfh", "featureLogScale": False, "parameters": {"numFeatures": "22", "l1Ratio": 0.5},
                                   "indicatorParameters": {"alpha": 1.5, "numFeatures": "18"}}, "minHamSamples": 7, "learnHamFromCard": False},
      "SpamSettings/trustContacts": False}),
    ("its model where nothing names one", HOST + "spam-filter.classifier.features.l2-normalize = false\n", [], {},
     {"SpamClassifier/model": {"@type": "FtrlFh", "featureL2Normalize": False}}),
    ("no classifier", HOST + 'spam-filter.classifier.model = "disabled"\nspam-filter.classifier.parameters.beta = 2\n', [],
     {"spam-filter.classifier.parameters.beta": "needless"}, {"SpamClassifier": {"model": {"@type": "Disabled"}}}),
    ("what is searched", HOST + 'storage.search-index.email.enabled = false\nstorage.search-index.calendar.enable = false\n'
     'storage.search-index.contacts.fields = ["contact-org", "contact-name"]\nstorage.search-index.default-language = "de"\n', [],
     {"storage.search-index.calendar.enable": "changed"},
     {"Search": {"indexEmail": False, "indexCalendar": False, "indexContactFields": ["organization", "name"],
                 "defaultLanguage": "de_DE"}}),
    ("a folder is one by its name", HOST + 'email.folders.archive.create = true\nemail.folders.archive.subscribe = false\n'
     'email.folders.sent.name = "Sent"\nemail.folders.sent.aliases = "Sent Mail, Gesendet ,"\n', [],
     {"email.folders.archive.create": "needless", "email.folders.archive.subscribe": "needless"},
     {"Email/defaultFolders": {"sent": {"name": "Sent", "aliases": ["Sent Mail", "Gesendet"]}}}),
    ("and nothing is left of one without", HOST + "email.folders.inbox.create = true\n", [],
     {"email.folders.inbox.create": "needless"}, {"Email": None}),
    ("tokens of OAuth without keys", HOST + 'oauth.expiry.token = "2h"\noauth.key = "%{env:KEY}%"\n'
     'oauth.oidc.signature-algorithm = "RS256"\n', [],
     {"oauth.expiry.token": "dropped", "oauth.key": "dropped", "oauth.oidc.signature-algorithm": "needless"}, {"OidcProvider": None}),
    ("routes of older versions", HOST + 'remote.out.address = "relay.example.net"\nremote.out.port = 587\n', [],
     {"remote.out.address": "changed", "remote.out.port": "changed"},
     {"MtaRoute/out": {"@type": "Relay", "address": "relay.example.net", "port": 587}}),
    ("what divides another kind", HOST + 'tracer.t.type = "log"\ntracer.t.path = "/var/log"\ntracer.t.transport = "http"\n'
     'store.d.type = "rocksdb"\nstore.d.path = "/d"\nstore.d.redis-type = "single"\nstorage.data = "d"\n', [],
     {"tracer.t.transport": "needless", "store.d.redis-type": "needless"},
     {"Tracer/t/@type": "Log", "DataStore": {"@type": "RocksDb", "path": "/d"}}),
    ("a transport that is none", HOST + 'tracer.t.type = "otel"\ntracer.t.transport = "smoke"\ntracer.t.endpoint = "https://o.example.org"\n',
     [], {"tracer.t.transport": "dropped"}, {"Tracer/t/@type": "OtelHttp"}),
    ("who asks by a token", HOST + 'webhook.w.url = "https://example.org/h"\nwebhook.w.events = "auth.*"\n'
     'webhook.w.auth.token = "%{env:TOKEN}%"\nasn.type = "false"\n', [], {},
     {"WebHook/w/httpAuth": {"@type": "Bearer", "bearerToken": {"@type": "EnvironmentVariable", "variableName": "TOKEN"}},
      "Asn": {"@type": "Disabled"}}),
    ("ACME", HOST + 'acme.le.directory = "https://acme.example.org/dir"\nacme.le.contact = ["mailto:a@example.org"]\n'
     'acme.le.challenge = "http-01"\nacme.le.domains = ["mail.example.org", "example.org"]\n', [],
     {"acme.le.domains.0000": "changed", "acme.le.domains.0001": "changed"},
     {"AcmeProvider/le/challengeType": "Http01",
      "Domain/example.org/certificateManagement": {"@type": "Automatic", "acmeProviderId": "#le",
                                                   "subjectAlternativeNames": ["mail.example.org", "example.org"]}}),
]


# the fields of a DnsServer that have its key and its secret
PROVIDERS = {"porkbun": ("apiKey", "secretApiKey"), "route53": ("accessKeyId", "secretAccessKey"),
             "dnsimple": ("accountIdentifier", "authToken"), "spaceship": ("apiKey", "secret"),
             "google-cloud-dns": ("projectId", "serviceAccountJson"), "cloudflare": (None, "secret"), "linode": (None, "secret"),
             "digitalocean": (None, "secret"), "desec": (None, "secret"), "bunny": (None, "secret")}


def providers(tap):
    """The credentials of each provider of DNS-01 find their fields."""
    secret = {"@type": "EnvironmentVariable", "variableName": "SECRET"}
    for provider, (key, field) in PROVIDERS.items():
        done = Migrated(HOST + ACME_DNS + f'acme.a.provider = "{provider}"\n')
        server = done.get("DnsServer/a") or {}
        tap.equal((done.status, done.checked and done.checked.codes(), server.get(key) if key else "k", server.get(field)),
                  (0, [], "k", secret), f"DNS-01 of {provider}")


def bundles(tap):
    """What ACME ordered last is a certificate (6.3), in either alphabet of base64."""
    chain, key = hosts.NEWER, hosts.KEY
    acme = HOST + 'acme.a.directory = "https://acme.example.org/d"\nacme.a.contact = "a@example.org"\nacme.a.cert = '
    for encode in (base64.standard_b64encode, lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")):
        done = Migrated(acme + json.dumps(encode((key + chain).encode()).decode()) + "\n", "--reveal-secrets")
        tap.equal((done.status, done.of("changed", "dropped")), (0, ["acme.a.cert"]), "the bundle of ACME")
        tap.equal((done.get("Certificate/a/certificate/value") or "", done.get("Certificate/a/privateKey/secret") or ""),
                  (chain.rstrip(), key), "its chain and its key")
    for text in ("AAAA", "!", "", base64.b64encode(chain.encode()).decode()):
        done = Migrated(acme + json.dumps(text) + "\n")
        tap.equal((done.status, done.of("dropped")), (1, ["acme.a.cert"]), f"a bundle that is none: {text[:4]}")


def cases(tap):
    for what, text, args, outcomes, values in CASES:
        done = Migrated(text, *args)
        have = {row["key"]: row["outcome"] for row in done.rows if row["outcome"] != "carried"}
        tap.equal((have, done.lost()), (outcomes, []), f"{what}: outcomes")
        tap.equal((done.status, done.checked and done.checked.codes()), (1 if "dropped" in outcomes.values() else 0, []),
                  f"{what}: exit status, and the output checks clean")
        for path, value in values.items():
            tap.equal(done.get(path), value, f"{what}: {path}")


def around(tap):
    """Exit statuses, secrets, outputs, and what is no 0.15."""
    text = HOST + "nonsense.key = 1\n"
    for args, status in (([], 1), (["--allow-loss"], 0)):
        done = stwctest.run("migrate", "--from", "settings", *args, "-", stdin=text)
        tap.equal((done.status, "defaultHostname" in done.stdout), (status, True), f"an unknown key {' '.join(args)}")
        tap.ok("<stdin>:2: unknown  nonsense.key: " in done.stderr, "and it is named")
    done = stwctest.run("migrate", "-", stdin=text.replace("nonsense", "server").replace("key", "hostnam"))
    told = stwctest.check_text(HOST + "smtp.bind = '[::]:25'\nserver.listener.a.id = 'b'\nauth.spf.verify = 'x'\n", "--from", "settings")
    tap.equal([d.get("hint") for d in told.diagnostics if d["code"] == "unknown-setting"],
              ["the only key that ends so is 'server.listener.<id>.bind'", None, None],
              "where a setting may belong, and no word for another")
    tap.ok("server.hostnam: 0.15 has no such key; did you mean 'server.hostname'?" in done.stderr, "a suggestion")
    done = stwctest.run("migrate", "-", stdin=HOST + "server.listener.a.socket.ttl = 300\n"
                        'server.listener.a.bind = "[::]:25"\nserver.listener.a.protocol = "smtp"\n')
    tap.ok(done.status == 1 and "NetworkListener.a" in done.stdout, "standard input is read as often as it takes")
    secret = 'store.d.type = "postgresql"\nstore.d.host = "h"\nstore.d.password = "hunter2"\nstorage.data = "d"\n'
    done = stwctest.run("migrate", "-", stdin=secret)
    tap.ok(done.status == 2 and done.stdout == "" and "--reveal-secrets" in done.stderr, "a secret is not written unasked")
    tap.ok("hunter2" not in done.stderr, "nor reported")
    done = stwctest.run("migrate", "--reveal-secrets", "-", stdin=secret)
    tap.ok(done.status == 0 and "hunter2" in done.stdout and "hunter2" not in done.stderr, "and is where one asks")
    done = stwctest.run("migrate", "-", stdin="a = \n")
    tap.ok(done.status == 1 and done.stdout == "" and "error[syntax]" in done.stderr, "a syntax error")
    done = stwctest.run("migrate", "-", stdin=HOST + "server.max-connections = 5")
    tap.ok("0.16 refuses" not in done.stderr and "its newline too" in done.stderr, "which is no fault of a value")
    for form, start in (("yaml", "Domain:"), ("json", "{"), ("plan", '{"@type": "upsert"'), ("jmap", "{")):
        done = stwctest.run("migrate", "-q", "--to", form, "-", stdin=HOST)
        tap.ok(done.status == 0 and start in done.stdout, f"--to {form}") or print("#   " + done.stdout + done.stderr)
    oauth = HOST + 'oauth.expiry.token = "2h"\n'
    done = stwctest.run("migrate", "--to", "plan", "-", stdin=oauth)
    tap.ok(done.status == 0 and '"x:OidcProvider", "value": {"accessTokenExpiry": 7200000}}' in done.stdout,
           "a plan changes the OidcProvider that a server has made itself") or print("#   " + done.stdout + done.stderr)
    tap.equal(stwctest.check_text(done.stdout, "--from", "ndjson").codes(), [], "and that plan checks clean")
    done = stwctest.run("migrate", "-", stdin=oauth)
    tap.ok(done.status == 1 and "needs 'encryptionKey', which is not carried; a server makes one of its own, which --to plan "
           "changes" in done.stderr, "where there is none to change, the reason says so")
    done = stwctest.run("migrate", "--format", "json", "-", stdin=HOST)
    tap.ok(done.status == 2 and "-o FILE" in done.stderr, "the report and the objects do not share standard output")
    done = stwctest.run("migrate", "-", stdin="nonsense.key = 1\n")
    tap.ok(done.status == 1 and done.stdout == "", "nothing carried, something lost")
    done = stwctest.run("migrate", "--allow-loss", "-", stdin="nonsense.key = 1\n")
    tap.ok(done.status == 2 and done.stdout == "", "nothing carried at all")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mail.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HOST)
        done = stwctest.run("migrate", path, "-o", path)
        tap.ok(done.status == 2 and "is one of the sources" in done.stderr, "a source is not overwritten")
        done = stwctest.check_text(HOST.replace("mail", "%{env:HOST}%"), "--from", "settings", "--env", "HOST=mx")
        tap.equal((done.status, done.codes("warning")), (0, []), "check takes --env too")


WORDS = ("true false 5m 1d 10 0 300 mail.example.org https://example.org/x 100/1d a@example.org internal ldap sql smtp log "
         "rocksdb postgresql redis s3 %{env:X}% %{file:/x}% %{cfg:server.hostname}% 'x' local_port==25 relay custom "
         "udp://127.0.0.1:53 dns csv [::]:25 192.0.2.1 10.0.0.0/8 1mb rsa-sha256 dns-01 cloudflare info * auth.* daily "
         "require x y dn=x (mail=?) none disable").split() + ["", "0 3 *", "is_local_domain('*', sender_domain)", "[1, 1d]"]


def outputs(tap):
    """The report in the forms that programs read, and for other versions of 0.16."""
    text = HOST + "server.hostnme = 'a'\nserver.http.hsts = true\nserver.socket.linger = '1s'\n"
    expected = [("unknown-setting", 2), ("setting-changed", 3), ("setting-not-carried", 4)]
    lists = HOST + """server.knowm = ["a", "b", "c"]
session.rcpt.relay = [{ if = "remote-ip", eq = "192.0.2.1", then = true }, { if = "is_tls", then = true }, { else = false }]
"""
    done = stwctest.check_text(lists, "--from", "settings")
    tap.equal([d["path"] for d in done.diagnostics], ["server.knowm", "session.rcpt.relay.0000.if", "session.rcpt.relay.0000.eq"],
              "members of one list, and parts of one expression, are reported once")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.toml")
        done = stwctest.run("migrate", "--format", "sarif", "-o", out, "-", stdin=text)
        results = json.loads(done.stdout)["runs"][0]["results"]
        tap.equal((done.status, [(r["ruleId"], r["locations"][0]["physicalLocation"]["region"]["startLine"]) for r in results]),
                  (1, expected), "--format sarif")
        tap.equal(done.stderr, "", "and nothing else is said")
        for form, line in (("gcc", r"<stdin>:(\d+):1: (?:warning|note): .* \[(.*)\]$"),
                           ("github", r"::(?:warning|notice) file=[^,]*,line=(\d+),.*title=(.*?)::")):
            done = stwctest.run("migrate", "--format", form, "-o", out, "-", stdin=text)
            found = [(m.group(2), int(m.group(1))) for m in re.finditer(line, done.stdout, re.M)]
            tap.equal((done.status, found), (1, expected), f"--format {form}")
        with open(out, encoding="utf-8") as file:
            tap.ok("enableHsts = true" in file.read(), "the objects are in their file")
        done = stwctest.run("migrate", "--format", "sarif", "--allow-loss", "-o", out, "-", stdin=text)
        tap.equal(done.status, 0, "--allow-loss holds there too")
    done = stwctest.run("migrate", "--format", "sarif", "-", stdin=text)
    tap.ok(done.status == 2 and "-o FILE" in done.stderr, "sarif and the objects do not share standard output")
    done = stwctest.run("migrate", "-", stdin=text, env={"GITHUB_ACTIONS": "true"})
    tap.ok(done.status == 1 and "defaultHostname" in done.stdout and "unknown" in done.stderr,
           "without -o an action gets the report as text")
    jmap = HOST + "dav.response.max-results = 5\n"
    for args in (("--target", "0.16.0"), ("--schema", stwctest.shared("facts/stalwart-0.16-schema.json"))):
        if not args[1]:
            tap.ok(True, "shared/facts is not there # SKIP")
            continue
        done = stwctest.run("migrate", *args, "-", stdin=jmap)
        tap.equal((done.status, "maxResults = 5" in done.stdout), (0, True), " ".join(args[:1]))


def no_settings(tap):
    """What is no 0.15 is said to be none, once."""
    own = '[NetworkListener.a]\nbind = ["127.0.0.1:2525"]\nprotocol = "smtp"\n[NetworkListener.b]\nbind = ["127.0.0.1:2526"]\n'
    done = stwctest.run("migrate", "-", stdin=own)
    tap.equal((done.status, done.stdout, done.stderr.count("error["), " keys: " in done.stderr), (1, "", 1, False),
              "stw's own form: one error, no report")
    tap.ok("<stdin>:2:1" in done.stderr and "own form" in done.stderr and "there is nothing to migrate" in done.stderr,
           "which says what the file is") or print("#   " + done.stderr)
    done = stwctest.run("migrate", "-", stdin=HOST + own)
    tap.equal((done.status, done.stderr.count("error["), "begins as 0.15 settings" in done.stderr), (1, 1, True),
              "and one where the file begins as settings")
    for text, language in (('\n# a\n{\n "server.hostname": "a.example.org"}\n', "JSON"), ('[ {"@type": "update"}]\n', "JSON"),
                           ("---\nserver:\n  hostname: a\n", "YAML"), ("server:\n  hostname: a\n", "YAML"),
                           ("- a\n- b\n", "YAML"), ("server.hostname: a.example.org\n", "YAML")):
        for command in ("migrate", "check"):
            done = stwctest.run(command, "--from", "settings", "-", stdin=text)
            tap.equal((done.status, done.stderr.count("error["), f"this is {language}," in done.stderr), (1, 1, True),
                      f"{command} says that it is {language}: {text.split()[0]}")
    for text in ("{{ managed }}\n" + HOST, "a:b = 'x'\n", "[[a]]\nb = 'x'\n", "\"a:\" = 'x'\n", "a: = 'x'\n"):
        done = stwctest.run("check", "--from", "settings", "-", stdin=text)
        tap.ok("this is" not in done.stderr, f"and what is neither is not called so: {text.split()[0]}") or \
            print("#   " + done.stderr)


def cost(text):
    """User time of a run, the least of three."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mail.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        times = []
        for _ in range(3):
            before = os.times().children_user + os.times().children_system
            stwctest.run("migrate", "-q", "--allow-loss", path, "-o", os.path.join(folder, "out.toml"))
            times.append(os.times().children_user + os.times().children_system - before)
        return min(times)


def many(tap):
    """Ten times the keys take about ten times as long, whatever is wrong with them."""
    shapes = [("unknown keys", lambda n: "".join(f'server.unknown{i} = "x"\n' for i in range(n))),
              ("keys below one that takes a value", lambda n: "".join(f'server.hostname.x{i} = "x"\n' for i in range(n))),
              ("values that 0.16 refuses", lambda n: "server.blocked-ip = {" + ",".join(f'"300.0.0.{i}"' for i in range(n)) + "}\n"),
              ("listeners", lambda n: "".join(f'server.listener.l{i}.bind = "127.0.0.1:{i % 60000 + 2000}"\n'
                                              f'server.listener.l{i}.protocol = "smtp"\nserver.listener.l{i}.socket.ttl = 300\n'
                                              for i in range(n // 8))),
              ("directories", lambda n: "".join(f'directory.d{i}.type = "sql"\ndirectory.d{i}.store = "s{i}"\n'
                                                f'store.s{i}.type = "sqlite"\nstore.s{i}.path = "/x"\n'
                                                f'store.s{i}.query.name = "SELECT ?"\n' for i in range(n // 8))),
              ("copies of a database", lambda n: 'storage.data = "b"\nstore.b.type = "sql-read-replica"\nstore.b.primary = "c0"\n'
               "store.b.replicas = [" + ", ".join(f'"c{i}"' for i in range(1, n // 4)) + "]\n"
               + "".join(f'store.c{i}.type = "postgresql"\nstore.c{i}.host = "h{i}"\n' for i in range(n // 4))),
              ("suites that no listener has", lambda n: 'server.listener.a.bind = "127.0.0.1:2525"\n'
               'server.listener.a.protocol = "smtp"\nserver.tls.disable-ciphers = ['
               + ", ".join(f'"TLS13_{i}", "TLS13_AES_128_GCM_SHA256"' for i in range(n // 2)) + "]\n")]
    for what, text in shapes:
        small, large = cost("server.max-connections = 1\n" + text(2000)), cost("server.max-connections = 1\n" + text(20000))
        tap.ok(large < 40 * max(small, 0.01), f"{what}: ten times as many are no forty times the work") or \
            print(f"#   {small:.3f} s and {large:.3f} s")
    text = HOST + "".join(f'k.a{i} = "{f"%{{cfg:k.a{i + 1}}}%" * 90}"\n' for i in range(4)) + 'k.a4 = ""\nreport.domain = "%{cfg:k.a0}%"\n'
    done = stwctest.run("migrate", "--allow-loss", "-", stdin=text)
    tap.ok("report.domain: the macros of the file stand for too much text" in done.stderr, "macros do not multiply for ever")
    done = stwctest.run("migrate", "--allow-loss", "-", stdin=HOST + "".join(f"server.hostnam{i} = 1\n" for i in range(100)))
    tap.equal(done.stderr.count("did you mean"), 64, "so many slips of the pen get a suggestion, and no more")


def any_values(tap):
    """Whatever stands in the settings, what is written checks clean, and no error is printed."""
    path = stwctest.shared("facts/stalwart-0.15-keys.tsv")
    if not path:
        tap.ok(True, "shared/facts is not there # SKIP")
        return
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    dice = random.Random(15)
    families = sorted({row[0].split(".")[0] for row in rows})
    wrong, written = [], 0
    for _ in range(60):
        chosen = dice.sample(families, 4)
        lines = {"server.hostname": "mail.example.org"}
        for key, _, *default in rows:
            if key.split(".")[0] in chosen and not key.startswith("_") and dice.random() < .6:
                value = default[0] if default and default[0] and dice.random() < .4 else dice.choice(WORDS)
                lines[key.replace("<id>", dice.choice("xy"))] = value
        done = Migrated("".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()), "--reveal-secrets")
        written += done.text is not None
        if done.status > 1 or "error[" in done.stderr or done.checked and (done.checked.codes() or done.lost()):
            wrong.append((done.status, done.stderr[-300:], done.checked and done.checked.codes(), lines))
    tap.equal(wrong[:1], [], "sixty files of random values: what is written checks clean")
    tap.ok(written > 50, "and something is, nearly always")


def which(tap):
    """TOML and the 0.15 settings are two languages, and which one a file is is said."""
    with tempfile.TemporaryDirectory() as folder:
        def check(text, *more):
            with open(os.path.join(folder, "a.toml"), "w", encoding="utf-8") as file:
                file.write(text)
            return stwctest.run("check", *more, "a.toml", cwd=folder)

        own = '[NetworkListener.a]\nbind = "127.0.0.1:2525"\n'
        done = check(HOST)
        tap.ok(done.stderr.endswith("2 objects in 1 file, read as 0.15 settings\n"), "settings") or print("#", done.stderr)
        tap.ok("0.15" not in check(own).stderr, "TOML")
        with open(os.path.join(folder, "b.toml"), "w", encoding="utf-8") as file:
            file.write(own)
        tap.ok(", 1 of them read as 0.15 settings\n" in check(HOST, "b.toml").stderr, "one of either")
        for text, line, words in ((HOST[:-1], 1, "whose last line needs its newline too"),
                                  ("[server.'listener']\n" + HOST, 1, 'where names take no quotes but "…"'),
                                  (HOST + "server.date = 2026-01-01T00:00:00Z\n", 2, "which are not TOML")):
            done = check(text)
            tap.ok(f"a.toml:{line}:" in done.stderr and "these are 0.15 settings, " + words in done.stderr, words) or \
                print("#   " + done.stderr)
        done = check("[server.listener.'a']\nbind = '[::]:2525'\nprotocol = 'http'\n[server.listener.'b']\n"
                     "bind = '[::]:2526'\nprotocol = 'smtp'\n", "--format", "json")
        tap.equal([d["line"] for d in done.diagnostics if d["severity"] == "error"], [1, 4], "a wrong header is told alone")
        done = check("SystemSettings.defaultHostname = 'a.example.org'\nserver = { 'a', 'b' }\n", "--format", "json")
        tap.ok("toml-set" in done.codes(), "a set is no TOML")


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
    cases(tap)
    providers(tap)
    bundles(tap)
    around(tap)
    outputs(tap)
    no_settings(tap)
    many(tap)
    which(tap)
    any_values(tap)
    known_keys(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
