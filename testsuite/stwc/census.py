"""stwc migrate: every key that it knows, each in a configuration that has what the key belongs to. What is dropped even
there has no place in 0.16; doc/migrate.md lists those, and why.

`builddir=… python3 testsuite/stwc/census.py --update` writes the list that it finds into the page."""
import base64
import collections
import json
import os
import re
import sys

import hosts
import migrate
import stwctest

ROW = re.compile(r'^(?:CARRIED|RENAMED|SPECIAL|LATE|CHANGED|MOVED|NEEDLESS|DROPPED)\("([^"]+)",?\s*(?:"([^"]*)")?', re.M)
PLACE = re.compile(r"(<!-- dropped -->\n).*?(<!-- end -->)", re.S)
OUTCOMES = ("carried", "changed", "needless", "dropped", "unknown")  # the best first

# the kinds of each collection of 0.15: what differs from the values below; None leaves a key out
KINDS = {
    "acme.": [{"challenge": "dns-01", "provider": provider} for provider in
              ("rfc2136-tsig", "cloudflare", "porkbun", "dnsimple", "ovh", "route53", "google-cloud-dns", "spaceship")],
    "certificate.": [{}],
    "directory.": [{"type": "ldap"}, {"type": "ldap", "bind.auth.method": None}, {"type": "sql", "store": "sq"}, {"type": "oidc"},
                   {"type": "oidc", "fields.email": None}, {"type": "internal"}, {"type": "imap"}],
    "enterprise.ai.": [{}, {"auth.username": None, "auth.secret": None}],
    "http-lookup.": [{"format": "csv"}],
    "metrics.alerts.": [{}],
    "queue.connection.": [{}],
    "queue.limiter.inbound.": [{}],
    "queue.limiter.outbound.": [{}],
    "queue.quota.": [{}],
    "queue.route.": [{"type": "mx"}, {"type": "relay"}],
    "queue.schedule.": [{"max-attempts": None}, {"expire-type": "attempts", "expire": None}],
    "queue.tls.": [{}],
    "queue.virtual.": [{}],
    "remote.": [{}],
    "server.listener.": [{}],
    "session.hook.": [{}],
    "session.milter.": [{}],
    "sieve.trusted.scripts.": [{}],
    "sieve.untrusted.scripts.": [{}],
    "signature.": [{}],
    "spam-filter.dnsbl.server.": [{}],
    "spam-filter.rule.": [{}],
    "tracer.": [{"type": "log"}, {"type": "stdout"}, {"type": "open-telemetry"}, {"type": "journal"}],
    "webhook.": [{}, {"auth.username": None, "auth.secret": None}],
}
BASIC = {"user": None, "password": None}
BEARER = {"user": None, "password": None, "auth.username": None, "auth.secret": None}
# of stores a file each, since a role has one
STORES = [
    ("data blob", {"type": "rocksdb"}), ("data blob", {"type": "sqlite"}), ("data", {"type": "foundationdb"}),
    ("data", {"type": "postgresql"}), ("data", {"type": "mysql"}), ("blob", {"type": "s3"}),
    ("blob", {"type": "s3", "endpoint": None}), ("blob", {"type": "azure", "access-key": None}), ("blob", {"type": "fs"}),
    ("fts", {"type": "elasticsearch"}), ("fts", {"type": "elasticsearch", **BASIC}),
    ("fts", {"type": "meilisearch", **BEARER, "max-retries": None, "retry.total": None}),
    ("lookup", {"type": "redis"}), ("lookup", {"type": "redis", "redis-type": "cluster", "url": None, "max-retries": None}),
    ("coordinator", {"type": "nats"}), ("coordinator", {"type": "zenoh"}), ("coordinator", {"type": "kafka"}),
    ("blob", {"type": "sharded-blob"}), ("data", {"type": "sql-read-replica", "replicas": "my"}),
]
# of the keys without an id
SINGLES = [{}, {"asn.type": "dns"}, {"asn.auth.username": None, "asn.auth.secret": None}]
SIGNED = "auth.dkim report.dkim report.dmarc.aggregate report.dmarc report.dsn report.spf report.tls.aggregate sieve.trusted"
TASKS = ("acme.renew bayes-training calendar-alerts fts-indexing imip-processing merge-threads metrics.calculate metrics.push "
         "purge.accounts purge.stores spam-training push-notifications")
# what the first of the key's fields takes, by its type in 0.16
BY_TYPE = {
    "boolean": "true", "duration": "5m", "unsignedInteger": "100", "integer": "100", "size": "1048576", "float": "0.5",
    "object Rate": "5/1h", "object Cron": "0 3 *", "object Expression": "true", "emailAddress": "a@example.org",
    "set of emailAddress": "a@example.org", "uri": "https://host.example.org/x", "ipAddress": "192.0.2.1",
    "set of ipNetwork": "192.0.2.0/24", "map of string to string": "X-A: b", "set of socketAddress": "127.0.0.1:2525",
    "object SecretKey": "%{env:SECRET}%", "object SecretKeyOptional": "%{env:SECRET}%", "object SecretText": "%{env:SECRET}%",
    "object SecretTextOptional": "%{env:SECRET}%"}
# and where that is not enough: words, formats, names of what the file has
VALUES = {
    "acme.<id>.challenge": "dns-01", "acme.<id>.contact": "a@example.org", "acme.<id>.domains": "mail.example.org",
    "acme.<id>.eab.hmac-key": "QUJD", "acme.<id>.host": "192.0.2.53", "acme.<id>.ovh-endpoint": "ovh-eu",
    "acme.<id>.port": "53", "acme.<id>.secret": "%{env:SECRET}%", "acme.<id>.protocol": "udp", "acme.<id>.renew-before": "30d",
    "acme.<id>.cert": base64.b64encode((hosts.KEY + hosts.NEWER).encode()).decode(),
    "acme.<id>.tsig-algorithm": "hmac-sha512", "acme.<id>.default": "true",
    "asn.index.asn": "0", "asn.index.asn-name": "1", "asn.index.country": "2", "asn.type": "resource",
    "certificate.<id>.cert": "%{file:/c.pem}%", "certificate.<id>.private-key": "%{file:/k.pem}%",
    "certificate.<id>.default": "true", "cluster.coordinator": "nats",
    "directory.<id>.bind.auth.enable": "true", "directory.<id>.bind.auth.method": "default",
    "directory.<id>.endpoint.url": "https://idp.example.org/userinfo", "directory.<id>.filter.email": "(mail=?)",
    "directory.<id>.filter.name": "(uid=?)", "directory.<id>.url": "ldap://ldap.example.org", "directory.<id>.store": "sq",
    "enterprise.ai.<id>.type": "chat", "http-lookup.<id>.index.key": "0", "http-lookup.<id>.index.value": "1",
    "http-lookup.<id>.limits.entry-size": "512", "http-lookup.<id>.separator": ",", "lookup.default.domain": "example.org",
    "lookup.default.hostname": "mail.example.org", "metrics.disabled-events": "smtp.*",
    "metrics.alerts.<id>.notify.email.enable": "true", "metrics.alerts.<id>.notify.event.enable": "true",
    "metrics.history.interval": "0 * *", "metrics.history.store": "pg", "metrics.open-telemetry.transport": "http",
    "metrics.prometheus.enable": "true", "oauth.oidc.signature-algorithm": "HS256",
    "queue.connection.<id>.ehlo-hostname": "mx.example.org", "queue.connection.<id>.source-ips": "192.0.2.1",
    "queue.limiter.inbound.<id>.key": "rcpt", "queue.limiter.outbound.<id>.key": "mx", "queue.quota.<id>.key": "sender",
    "queue.outbound.next-hop": "'mx'", "queue.route.<id>.ip-lookup": "ipv4_then_ipv6", "queue.route.<id>.protocol": "smtp",
    "queue.schedule.<id>.expire-type": "ttl", "queue.schedule.<id>.notify": "1d", "queue.schedule.<id>.queue-name": "remote",
    "queue.schedule.<id>.retry": "5m", "queue.strategy.connection": "'default'", "queue.strategy.route": "'mx'",
    "queue.strategy.schedule": "'remote'", "queue.strategy.tls": "'default'", "queue.tls.<id>.dane": "optional",
    "queue.tls.<id>.mta-sts": "optional", "queue.tls.<id>.starttls": "optional", "remote.<id>.protocol": "smtp",
    "report.domain": "example.org", "resolver.custom": "udp://192.0.2.1:53", "resolver.type": "custom",
    "server.hostname": "mail.example.org", "server.listener.<id>.protocol": "smtp", "server.tls.certificate": "c",
    "session.auth.directory": "'*'", "session.data.script": "'s'", "session.connect.script": "'s'", "session.ehlo.script": "'s'",
    "session.hook.<id>.stages": "data", "session.mail.script": "'s'", "session.milter.<id>.options.version": "6",
    "session.milter.<id>.stages": "data", "session.mta-sts.mode": "testing", "session.rcpt.catch-all": "'a@example.org'",
    "session.rcpt.directory": "'*'", "session.rcpt.script": "'s'", "sieve.trusted.scripts.<id>.contents": "keep;",
    "sieve.untrusted.disable-capabilities": "envelope", "sieve.untrusted.scripts.<id>.contents": "keep;",
    "signature.<id>.algorithm": "ed25519-sha256", "signature.<id>.canonicalization": "relaxed/relaxed",
    "signature.<id>.domain": "example.org", "signature.<id>.headers": "From", "signature.<id>.private-key": "%{file:/k.pem}%",
    "signature.<id>.third-party-algo": "sha256", "spam-filter.bayes.enable": "false",
    "spam-filter.classifier.model": "ftrl-ccfh", "spam-filter.classifier.parameters.ccfh.features": "18",
    "spam-filter.classifier.parameters.features": "20", "spam-filter.dnsbl.server.<id>.scope": "any",
    "spam-filter.list.file-extensions.<id>": "application/gzip|AR", "spam-filter.list.scores.<id>": "4.5",
    "spam-filter.llm.categories": ["a", "b"], "spam-filter.llm.enable": "true", "spam-filter.llm.model": "m",
    "spam-filter.llm.separator": ",", "spam-filter.rule.<id>.scope": "any", "storage.blob": "pg", "storage.data": "pg",
    "storage.directory": "d", "storage.fts": "pg", "storage.full-text.default-language": "en", "storage.lookup": "pg",
    "storage.search-index.default-language": "de", "storage.search-index.calendar.fields": "cal-title",
    "storage.search-index.contacts.fields": "contact-org", "storage.search-index.email.fields": "email-body",
    "storage.search-index.tracing.fields": "trace-keywords", "store.<id>.compression": "none", "store.<id>.depth": "2",
    "store.<id>.endpoint": "https://s3.example.org", "store.<id>.max-allowed-packet": "1048576", "store.<id>.max-retries": "3",
    "store.<id>.pool.min-connections": "5", "store.<id>.pool.workers": "4", "store.<id>.primary": "pg",
    "store.<id>.protocol-version": "resp3", "store.<id>.redis-type": "single", "store.<id>.region": "eu-central-1",
    "store.<id>.replicas": "my", "store.<id>.retry.max-wait": "1s", "store.<id>.retry.min-wait": "500ms",
    "store.<id>.settings.min-blob-size": "16834", "store.<id>.settings.write-buffer-size": "134217728",
    "store.<id>.stores": ["x1", "x2"], "store.<id>.urls": "redis://192.0.2.1", "tracer.<id>.disabled-events": "auth.*",
    "tracer.<id>.level": "info", "tracer.<id>.rotate": "daily", "tracer.<id>.transport": "http",
    "tracing.history.store": "pg", "tracing.level.<id>": "debug", "webhook.<id>.events": "auth.*", "webhook.<id>.level": "info",
    "server.blocked-ip.<id>": "", "server.allowed-ip.<id>": "", "session.connect.hostname": "'x'",
    "session.rcpt.sub-addressing": "true", "signature.<id>.report": "true", "store.<id>.purge.frequency": "0 3 *",
    "metrics.alerts.<id>.notify.email.from-addr": "a@example.org", "acme.<id>.eab.kid": "k", "lookup.<id>": "v",
    "sieve.trusted.from-addr": "'a@example.org'", "directory.<id>.base-dn": "dc=example", "directory.<id>.bind.dn": "cn=x",
    "spam-filter.auto-update": "false", "spam-filter.bayes.account.enable": "false", "spam-filter.reputation.enable": "false",
    "webadmin.auto-update": "false", "signature.<id>.set-body-length": "true",
    **{f"report.{at}": "'x'" for at in ("dkim.subject", "spf.subject", "tls.aggregate.contact-info", "tls.aggregate.org-name",
                                        "tls.aggregate.subject")},
    **{f"{at}.sign": "['s']" for at in SIGNED.split()}, **{f"cluster.roles.{task}": "1" for task in TASKS.split()},
    **{f"{at}{key}": value for at in ("", "server.", "server.listener.<id>.") for key, value in (
        ("socket.ttl", "64"), ("socket.tos", "4"), ("socket.linger", "1s"), ("tls.disable-protocols", "TLSv1.2"),
        ("tls.disable-ciphers", "TLS13_AES_256_GCM_SHA384"))},
}
# what the keys refer to
AROUND = {
    "certificate.c.cert": "%{file:/c.pem}%", "certificate.c.private-key": "%{file:/k.pem}%", "directory.d.type": "ldap",
    "directory.d.url": "ldap://ldap.example.org", "directory.d.base-dn": "dc=example", "enterprise.ai.m.model": "m",
    "enterprise.ai.m.type": "chat", "enterprise.ai.m.url": "https://m.example.org/x", "server.listener.l.bind": "127.0.0.1:2526",
    "server.listener.l.protocol": "smtp", "sieve.trusted.scripts.s.contents": "keep;", "signature.s.algorithm": "ed25519-sha256",
    "signature.s.domain": "example.org", "signature.s.private-key": "%{file:/k.pem}%", "signature.s.selector": "s",
    "store.nats.type": "nats"}
SQL = {"store.pg.type": "postgresql", "store.pg.host": "h", "store.my.type": "postgresql", "store.my.host": "h2",
       "store.sq.type": "sqlite", "store.sq.path": "/sq", "store.x1.type": "fs", "store.x1.path": "/a", "store.x2.type": "fs",
       "store.x2.path": "/b", "directory.sq.type": "sql", "directory.sq.store": "s", "server.hostname": "mail.example.org"}
NAMES = {"server.blocked-ip.<id>": "server.blocked-ip.192.0.2.1", "server.allowed-ip.<id>": "server.allowed-ip.192.0.2.1",
         "tracing.level.<id>": 'tracing.level."auth.success"', "lookup.<id>": "lookup.x.y"}


def table():
    """The keys that stwc knows, each with its first place, or the field that it is about."""
    with open(os.path.join(stwctest.SRCDIR, "schemas/settings-0.15.def"), encoding="utf-8") as file:
        text = file.read()
    rows = {}
    for key, place in ROW.findall(text[text.index("/* objects with names */"):]):
        rows.setdefault(key, place if re.fullmatch(r"[A-Za-z0-9@.]+", place) else "")
    return rows


def field_types():
    """The types of all fields, and the type that most fields of a name have."""
    types, names = {}, collections.defaultdict(collections.Counter)
    for line in stwctest.run("schema", "--to", "list").stdout.splitlines():
        name, type_name = line.split("\t")[:2]
        types[name] = type_name
        names[name.split(".")[1]][type_name] += 1
    return {**types, **{name: count.most_common(1)[0][0] for name, count in names.items()}}


class File:
    """One file of settings: a value for each key, and which row of the table a key stands for."""

    def __init__(self, around):
        self.values, self.rows = dict(around), {}

    def add(self, row, name, value):
        if value is not None:
            self.values[name] = value
            self.rows[name.replace('"', "")] = row

    def run(self):
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in self.values.items())
        return migrate.Migrated(text, "--reveal-secrets")

    def row_of(self, key):
        while key and key not in self.rows:
            key = key.rpartition(".")[0]
        return self.rows.get(key)


def collections_file(rows, value):
    file, number = File(SQL), 0
    for prefix, kinds in KINDS.items():
        for kind in kinds:
            number += 1
            for row in (row for row in rows if row.startswith(prefix + "<id>.")):
                rest = row[len(prefix) + len("<id>."):]
                file.add(row, f"{prefix}{prefix[0]}{number}.{rest}", kind.get(rest, value(row)))
    return file


def store_files(rows, value):
    for roles, kind in STORES:
        file = File(SQL)
        for row in (row for row in rows if row.startswith("store.<id>.")):
            rest = row[len("store.<id>."):]
            file.add(row, f"store.s.{rest}", kind.get(rest, value(row)))
        for role in roles.split():
            file.values["cluster.coordinator" if role == "coordinator" else f"storage.{role}"] = "s"
        yield file


def single_files(rows, value):
    """Keys that go to one place stand in files of their own."""
    layers, seen = collections.defaultdict(list), collections.Counter()
    for row, place in rows.items():
        if not row.startswith(tuple(prefix + "<id>." for prefix in KINDS)) and not row.startswith("store.<id>."):
            layers[seen[place] if "." in place else 0].append(row)
            seen[place] += 1
    for layer, other in [(layer, {}) for layer in sorted(layers)] + [(0, other) for other in SINGLES]:
        file = File({**SQL, **AROUND})
        for row in layers[layer]:
            file.add(row, NAMES.get(row, row.replace("<id>", "x")), other.get(row, value(row)) if row in other else value(row))
        yield file


def best_outcomes(tap, rows):
    types = field_types()

    def value(row):
        place = rows[row]
        kind = types.get(place, types.get(re.split(r"[.@]", place)[-1]))
        return VALUES.get(row, BY_TYPE.get(kind, "x"))

    best, clean = {}, []
    for file in [collections_file(rows, value), *store_files(rows, value), *single_files(rows, value)]:
        done = file.run()
        if done.text is None or done.checked.codes() or done.lost():
            clean.append((done.status, done.stderr[-300:], done.checked and done.checked.codes() + done.lost()))
        for report in done.rows:
            row, found = file.row_of(report["key"]), (OUTCOMES.index(report["outcome"]), report.get("reason", ""))
            if row:
                best[row] = min(best.get(row, found), found)
    tap.equal(clean, [], "every file of the census is carried to objects that check clean")
    return {row: (OUTCOMES[number], why) for row, (number, why) in best.items()}


def listed(best):
    count = collections.Counter(outcome for outcome, _ in best.values())
    reasons = collections.defaultdict(list)
    for row, (outcome, why) in best.items():
        if outcome == "dropped":
            reasons[why].append(row)
    lines = ["stwc knows %d keys. In a configuration that has what each belongs to, %d are carried, %d are changed, %d are "
             "needless, and these %d are dropped:" % (len(best), count["carried"], count["changed"], count["needless"],
                                                     count["dropped"]), "", "| why | keys |", "|---|---|"]
    return "\n".join(lines + [f"| {why} | {', '.join(f'`{row}`' for row in reasons[why])} |" for why in sorted(reasons)])


def main():
    tap = stwctest.Tap()
    rows = table()
    best = best_outcomes(tap, rows)
    tap.equal([row for row in rows if row not in best], [], f"{len(rows)} keys of the table, and none is left out")
    tap.equal([row for row, (outcome, _) in best.items() if outcome == "unknown"], [], "none of them is unknown")
    wrong = [(row, why) for row, (outcome, why) in best.items() if outcome == "needless" and why.startswith("not used where")]
    tap.equal(wrong, [], "and none lacks the kind of object that it is for")
    with open(migrate.PAGE, encoding="utf-8") as file:
        text = file.read()
    new = PLACE.sub(lambda m: m.group(1) + listed(best) + "\n" + m.group(2), text)
    if "--update" in sys.argv and new != text:
        with open(migrate.PAGE, "w", encoding="utf-8") as file:
            file.write(new)
        text = new
    tap.ok(new == text and "<!-- dropped -->" in text, "doc/migrate.md lists what is dropped, and why") or \
        [print("#   " + line) for line in listed(best).splitlines()]
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
