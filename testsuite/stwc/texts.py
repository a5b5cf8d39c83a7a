"""Texts in small languages (validation.md 2.6 and 2.7) as a server takes them: filters and names of LDAP,
templates, selectors, keys, headers, licences. What a server takes must pass, or nobody trusts the rest."""
import base64
import json
import os
import struct
import sys

import stwctest

sys.path.insert(0, os.path.join(stwctest.SRCDIR, "testsuite/conform"))
import samples  # noqa: E402

ORG = {"Domain": {"d": {"name": "example.org"}}}
AT_FILE = {"@type": "File", "filePath": "/x"}


def ldap(**fields):
    return {"Authentication": {"directoryId": "#x"},
            "Directory": {"x": {"@type": "Ldap", "description": "x", "baseDn": "dc=example,dc=org", **fields}}}


def selector(template):
    return {"Domain": {"d": {"name": "example.org", "dkimManagement": {"@type": "Automatic", "selectorTemplate": template}}}}


def template(text):
    return {"CalendarAlarm": {"template": text}}


def dkim(kind, key):
    return {**ORG, "DkimSignature": {"s": {"@type": kind, "domainId": "#d", "selector": "s",
                                           "privateKey": {"@type": "Text", "secret": key}}}}


def certificate(text, key=None):
    return {"Certificate": {"c": {"certificate": {"@type": "Text", "value": text},
                                  "privateKey": {"@type": "Text", "secret": key} if key else AT_FILE}}}


def oidc(algorithm, key):
    return {"OidcProvider": {"signatureAlgorithm": algorithm, "signatureKey": {"@type": "Text", "secret": key},
                             "encryptionKey": AT_FILE}}


def tsig(key):
    return {"DnsServer": {"s": {"@type": "Tsig", "description": "x", "host": "192.0.2.1", "keyName": "k",
                                "key": {"@type": "Value", "secret": key}}}}


def eab(key):
    return {"AcmeProvider": {"a": {"directory": "https://a.example/d", "contact": ["a@example.org"], "eabKeyId": "k",
                                   "eabHmacKey": key}}}


def header(name, value):
    return {"Http": {"responseHeaders": {name: value}}}


def licence(domain="example.org", begin=1, end=4 << 30, accounts=5, cut=0):
    raw = struct.pack("<QQII", begin, end, accounts, len(domain)) + domain.encode() + bytes(64 - cut)
    return {"Enterprise": {"licenseKey": {"@type": "Value", "secret": base64.b64encode(raw).decode()}},
            "SystemSettings": {"defaultHostname": "mail.example.org", "defaultDomainId": "#d"}, **ORG}


def password(text):
    return {**ORG, "Account": {"a": {"@type": "User", "name": "postmaster", "domainId": "#d",
                                     "credentials": [{"@type": "Password", "secret": text}]}}}


def digest(size):
    return base64.b64encode(bytes(size)).decode()


def broken(pem, old, new):
    assert old in pem
    return pem.replace(old, new)


BARE = samples.ED25519.split("-----")[2].strip()

# the maker, its arguments, the code that is wanted, or None
CASES = [
    *[(ldap, {"filterLogin": text}, None) for text in (
        "(mail=?)", "mail=?", "(mail={email})", "(&(a=b)(mail={user}))", "(mail=*?*)", "(uid={local})", "(mail>=?)",
        "(&(!(userAccountControl:1.2.840.113556.1.4.803:=2))(mail=?))", "(cn:dn:caseExactMatch:=?)", "(mail=\\2a?)",
        "(&(memberOf=CN=Mail Users,OU=Groups,DC=x)(mail=?))", "(mail=\u00fc?)")],
    *[(ldap, {"filterLogin": text}, "ldap-filter") for text in (
        "(mail={foo})", "(uid={})", "(mail=x)", "?", "(mail=?", "(mail=?))", "()", "(&)", "(a=b)(mail=?)", "( & (mail=?))",
        "(&(a=b) (mail=?))", "(!(mail=?)(a=b))", "(mail=\\zz?)", "(mail=a(b)?)", "(mail{user})", "(=?)")],
    (ldap, {"filterMemberOf": None}, None),
    *[(ldap, {"baseDn": text}, None) for text in (
        "DC=example, DC=org", "cn=a\\,b,dc=x", "cn=a+sn=b,dc=x", 'cn="a,b",dc=x', "2.5.4.3=x", "cn=#04024869", "cn=,dc=x",
        "o=M\u00fcller GmbH,c=DE")],
    *[(ldap, {"baseDn": text}, "ldap-name") for text in ("dc", "cn=#0", "cn=x,,dc=y", "cn=x,", "=x", "example.org")],
    *[(ldap, {"bindDn": text, "bindSecret": AT_FILE}, None) for text in ("cn=a,dc=x", "a@example.org", "EXAMPLE\\a")],
    (ldap, {"bindDn": "cn=a"}, "missing-companion"),
    *[(ldap, {"url": text}, None) for text in ("ldap://h", "LDAPS://h:636", "ldapi://%2frun%2fslapd", "ldap://[::1]:65535")],
    *[(ldap, {"url": text}, "invalid-uri") for text in ("http://h", "h:389", "ldap://h:65536", "ldap://h:port")],

    *[(selector, {"template": text}, None) for text in (
        "v{version}-{algorithm}-{date-%Y%m%d}", "static", "{random}", "{epoch}{hash}", "a}b", "{algorithm} {hash}",
        "{date-%-d}", "{date-%3f}", "{date-x}", "{date-%:z}")],
    *[(selector, {"template": text}, "selector-template") for text in (
        "{algorithm", "{foo}", "{Algorithm}", "!!!", "{date-}", "{date-%}", "{date-%L}", "{date-%1}", "{date-%%}", "{date- }")],

    *[(template, {"text": text}, None) for text in (
        "plain", "x}}", "{ {x} }", "{{event_title}}", "{{ event_title }}", "{{!footer}}", "{{#if rsvp}}b{{/if rsvp}}",
        "{{#each attendees}}{{#if key}}{{value}}{{/if key}}{{/each attendees}}")],
    *[(template, {"text": text}, "mail-template") for text in (
        "{{", "{{key", "{{}}", "{{#if key}}", "{{/if key}}", "{{#if key}}{{/if}}", "{{#if key}}{{/each key}}",
        "{{#if key}}{{/if value}}", "{{#unless key}}{{/unless key}}", "{{#if}}{{/if}}",
        "{{#each key}}{{#if value}}{{/each key}}{{/if value}}")],
    *[(template, {"text": text}, "template-variable") for text in (
        "{{event}}", "{{else}}", "{{{key}}}", "{{#if a}}b{{/if a}}", "{{! key}}")],

    *[(certificate, {"text": text}, None) for text in (
        samples.CERTIFICATE, samples.CERTIFICATE.replace("\n", "\r\n"), "a note\n" + samples.CERTIFICATE,
        samples.P256 + samples.CERTIFICATE)],
    *[(certificate, {"text": text}, "invalid-certificate") for text in (
        "x", samples.P256, samples.CERTIFICATE.replace("\n", ""), samples.CERTIFICATE.replace("\n", "\\n"),
        broken(samples.CERTIFICATE, "-----END CERTIFICATE-----", ""), samples.CERTIFICATE[:200],
        samples.CERTIFICATE + broken(samples.CERTIFICATE, "MII", "AAA"))],
    (certificate, {"text": samples.CERTIFICATE, "key": samples.ENCRYPTED}, "invalid-key"),

    *[(dkim, {"kind": kind, "key": key}, None) for kind, key in (
        ("Dkim1RsaSha256", samples.RSA), ("Dkim2RsaSha256", samples.RSA), ("Dkim1RsaSha256", samples.RSA_1024),
        ("Dkim1Ed25519Sha256", samples.ED25519), ("Dkim2Ed25519Sha256", BARE), ("Dkim1Ed25519Sha256", "-----BEGIN KEY-----\n" + BARE),
        ("Dkim1Ed25519Sha256", f"{BARE[:20]}\n {BARE[20:]}\n"))],
    *[(dkim, {"kind": kind, "key": key}, "invalid-key") for kind, key in (
        ("Dkim1RsaSha256", samples.ED25519), ("Dkim1RsaSha256", BARE), ("Dkim1Ed25519Sha256", samples.RSA),
        ("Dkim1Ed25519Sha256", samples.P256), ("Dkim1Ed25519Sha256", BARE[:-4]), ("Dkim1Ed25519Sha256", "AAAA"),
        ("Dkim2Ed25519Sha256", samples.ENCRYPTED))],
    *[(dkim, {"kind": kind, "key": samples.RSA_768}, "short-key") for kind in ("Dkim1RsaSha256", "Dkim2RsaSha256")],
    *[(oidc, {"algorithm": algorithm, "key": key}, code) for algorithm, key, code in (
        ("es256", samples.P256, None), ("es256", samples.RSA, "invalid-key"), ("es384", samples.P256, "invalid-key"),
        ("rs256", samples.P256, "invalid-key"), ("ps512", samples.ED25519, "invalid-key"), ("hs256", "any text", None))],
    *[(tsig, {"key": key}, None) for key in ("c2VjcmV0", "c2VjcmV0MQ==")],
    *[(tsig, {"key": key}, "invalid-base64") for key in ("c2VjcmV0MQ", "secret!", "c2V-_mV0", "c2VjcmV0MR==")],
    *[(eab, {"key": key}, None) for key in ("c2VjcmV0MQ", "a-_b", None)],
    *[(eab, {"key": key}, "invalid-base64") for key in ("c2VjcmV0MQ==", "a+/b", "a b")],

    *[(header, {"name": name, "value": value}, None) for name, value in (
        ("X-A", "b"), ("x!#$%&'*+-.^_`|~", "b"), ("X-A", "\u00fc"), ("X-A", "a\tb"))],
    *[(header, {"name": name, "value": value}, "http-header") for name, value in (
        ("X A", "b"), ("X:", "b"), ("\u00dc", "b"), ("X-A", "b\r\nC: d"), ("X-A", "a\u007fb"))],

    *[(password, {"text": text}, None) for text in (
        "correct horse", "$200 bucks", "{x}yzzyzzy", "_under_scored_word__!", "$2b$12$" + "a" * 53, "$1$salt$" + "a" * 22,
        "$5$rounds=5000$salt$" + "a" * 43, "$6$salt$" + "a" * 86, "$sha1$1000$salt$" + "a" * 28, "_" + "a" * 19,
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA", "$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaA", "$pbkdf2-sha256$i=1$c2E$aGE",
        "{SHA}" + digest(20), "{ssha}" + digest(28), "{SHA256}" + digest(32).rstrip("="), "{SSHA512}" + digest(72),
        "{MD5}" + digest(16), "{CRYPT}" + "a" * 13, "{CRYPT}$1$salt$" + "a" * 22,
        "{ARGON2ID}$argon2id$v=19$m=1,t=2,p=1$c2E$aGE")],
    *[(password, {"text": text}, "password-hash") for text in (
        "$2b$12$" + "a" * 52, "$2b$12$" + "a" * 52 + "!", "$1$salt$" + "a" * 21, "$6$saltsalt", "$6$rounds=x$salt$" + "a" * 86,
        "$6$" + "s" * 17 + "$" + "a" * 86, "$sha1$salt$" + "a" * 28, "$argon2id$v=19$m=1,t=2,p=1", "{SHA}" + digest(19),
        "{SSHA}" + digest(20), "{SSHA}not!base64", "{MD5}" + digest(17), "{CRYPT}" + "a" * 12, "{PLAIN}secret12", "{clear}secret12",
        "{ARGON2ID}secret")],
    *[(licence, fields, None) for fields in ({}, {"domain": "mx.example.org"})],
    *[(licence, fields, "licence") for fields in (
        {"domain": "example.net"}, {"end": 1000000000}, {"begin": 3 << 30}, {"begin": 5 << 30}, {"accounts": 0},
        {"cut": 1}, {"domain": ""})],
]


def main():
    tap = stwctest.Tap()
    for maker, arguments, code in CASES:
        done = stwctest.check_text(json.dumps(maker(**arguments)), "--from", "json", "--edition", "enterprise",
                                   "--now", "2026-12-01T00:00:00Z", "--level", "inline-secret=off",
                                   "--level", "certificate-mismatch=off", "--level", "unused-certificate=off")
        have = sorted({d["code"] for d in done.diagnostics if d["severity"] != "note"})
        shown = ", ".join(repr(value)[:60] for value in arguments.values())
        tap.equal(have, [code] if code else [], f"{maker.__name__} {shown}: {code or 'taken'}")
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
