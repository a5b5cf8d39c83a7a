"""The rules of the reference one by one (validation.md 1.8, 2.1 to 2.5, 3.1 to 3.3, 4.1, 4.2): each as a
configuration that keeps it and one that breaks it, and one mistake is one diagnostic."""
import json
import os
import sys
import tempfile

import stwctest

BIND = {"bind": "127.0.0.1:2525"}
DOMAIN = {"Domain": {"d": {"name": "example.org"}}}


def listener(**fields):
    return {"NetworkListener": {"a": {**BIND, **fields}}}


def domain(**fields):
    return {"Domain": {"d": {"name": "example.org", **fields}}}


def accounts(*names, kind="User"):
    return {**DOMAIN, "Account": {f"c{i}": {"@type": kind, "name": name, "domainId": "#d"}
                                  for i, name in enumerate(names)}}


def settings(**fields):
    return {"SystemSettings": {"defaultHostname": "mail.example.org", "defaultDomainId": "#d", **fields}, **DOMAIN}


def milter(**fields):
    return {"MtaMilter": {"m": {"hostname": "h", "port": 1, **fields}}}


def secret(text):
    return {"Certificate": {"c": {"certificate": {"@type": "File", "filePath": "c.pem"},
                                  "privateKey": {"@type": "Text", "secret": text}}}}


# what it shows, configuration (a text is JSON as it stands), (code, path) of every error and warning
RULES = [
    # 1.8: what is required, and what has a default
    ("a default is no missing field", {"Tracer": {"t": {"@type": "Stdout"}}}, []),
    ("a text that is required", {"AiModel": {"m": {"name": "x", "url": "https://x.example/"}}},
     [("missing-field", "AiModel/m/model")]),
    ("an empty text", domain(description=""), [("empty-value", "Domain/d/description")]),
    ("a text of blanks of any kind", domain(description=" \u00a0\u2003\t"), [("empty-value", "Domain/d/description")]),
    ("null where nullable", domain(description=None), []),
    ("null where not", domain(name=None), [("null-value", "Domain/d/name")]),
    ("a nested object may be given in part", {"Security": {"authBanRate": {"count": 5}}}, []),
    ("where it has a default", {"MtaInboundThrottle": {"t": {"description": "x", "rate": {"count": 5}}}},
     [("missing-field", "MtaInboundThrottle/t/rate/period")]),
    ("a set below its least size", {"SpamLlm": {"@type": "Enable", "modelId": "b", "prompt": "x", "categories": ["a"]}},
     [("outside-reference", "SpamLlm/modelId"), ("too-few", "SpamLlm/categories")]),
    ("false members do not count", listener(bind={"127.0.0.1:1": False}), [("too-few", "NetworkListener/a/bind")]),
    ("a member that is wrong is not missing as well", listener(bind=["x"]), [("address", "NetworkListener/a/bind")]),
    ("a member of a list given twice", {"DnsResolver": {"@type": "Custom", "servers": {
        "1": {"address": "192.0.2.1"}, "01": {"address": "192.0.2.2"}}}}, [("duplicate-key", "DnsResolver/servers/01")]),
    ("an expression that may be empty", {"MtaQueueQuota": {"q": {"description": "x", "key": "sender", "match": {}}},
                                         "SieveSystemInterpreter": {"defaultReturnPath": {"match": {}}}}, []),
    ("one that has conditions may not", {"MtaQueueQuota": {"q": {"description": "x", "key": "sender", "match": {
        "match": [{"if": "size > 5", "then": "true"}]}}}}, [("missing-field", "MtaQueueQuota/q/match/else")]),
    ("nor one without a default", {"SpamRule": {"r": {"@type": "Any", "name": "X", "condition": {}}}},
     [("missing-field", "SpamRule/r/condition/else")]),
    ("a misspelt field is not missing as well", {"Domain": {"d": {"nmae": "x"}}, "NetworkListener": {"a": {
        "bnid": "127.0.0.1:1"}}}, [("unknown-field", "Domain/d/nmae"), ("unknown-field", "NetworkListener/a/bnid")]),

    # 2.1: scalars
    ("the largest number", listener(socketBacklog=2 ** 64 - 1), []),
    ("one more", listener(socketBacklog=2 ** 64), [("number-range", None)]),
    ("a number for a text", domain(description=5), [("wrong-type", "Domain/d/description")]),
    ("a fraction for a whole number", listener(socketBacklog=1.5), [("lossy-number", "NetworkListener/a/socketBacklog")]),
    ("a whole number for a fraction", {"SpamSettings": {"scoreSpam": 5}}, []),
    ("2^53 in a fraction", '{"SpamClassifier": {"model": {"@type": "FtrlFh", "parameters": {"beta": 9007199254740992}}}}',
     []),
    ("2^53 + 1", '{"SpamClassifier": {"model": {"@type": "FtrlFh", "parameters": {"beta": 9007199254740993}}}}',
     [("lossy-number", "SpamClassifier/model/parameters/beta")]),
    ("2^53 + 2", '{"SpamClassifier": {"model": {"@type": "FtrlFh", "parameters": {"beta": 9007199254740994}}}}', []),
    ("the least signed number", {"AcmeProvider": {"a": {"directory": "https://a.example/", "contact": "x@example.org",
                                                        "maxRetries": -2 ** 63}}}, []),
    ("beyond signed numbers", {"AcmeProvider": {"a": {"directory": "https://a.example/", "contact": "x@example.org",
                                                      "maxRetries": 2 ** 63}}},
     [("out-of-range", "AcmeProvider/a/maxRetries")]),
    ("bounds of a number", {"RocksDb": 1, "DataStore": {"@type": "RocksDb", "path": "/x", "blobSize": 1023}},
     [("unknown-type", None), ("out-of-range", "DataStore/blobSize")]),
    ("an enum in another case", listener(protocol="SMTP"), [("unknown-member", "NetworkListener/a/protocol")]),
    ("blanks around a network", {"BlockedIp": [{"address": " 203.0.113.0/24 "}]}, []),
    ("but not around a socket", listener(bind=" 127.0.0.1:1"), [("address", "NetworkListener/a/bind")]),
    ("the socket that stands for none", listener(bind="255.255.255.255:65535"), [("address", "NetworkListener/a/bind")]),
    ("a network too wide", {"BlockedIp": [{"address": "2001:db8::/7"}]}, [("address", "BlockedIp/2001:db8::/7/address")]),
    ("no address", {"BlockedIp": [{"address": "0.0.0.0"}]}, [("address", "BlockedIp/0.0.0.0/address")]),
    ("the unspecified IPv6 network", {"BlockedIp": [{"address": "::/8"}]},
     [("blocked-private", "BlockedIp/::/8/address")]),
    ("a date beyond 3000", {"BlockedIp": [{"address": "192.0.2.1", "expiresAt": "3001-01-01T00:00:00Z"}]},
     [("date", "BlockedIp/192.0.2.1/expiresAt")]),
    ("a day that is not (a server takes 31 in every month; nobody means it)", {"BlockedIp": [
        {"address": "192.0.2.1", "expiresAt": "2030-02-31T00:00:00Z"}]}, [("date", "BlockedIp/192.0.2.1/expiresAt")]),
    ("an id of a server", settings(defaultDomainId="b"), [("outside-reference", "SystemSettings/defaultDomainId")]),
    ("not an id", settings(defaultDomainId="b4"), [("id", "SystemSettings/defaultDomainId")]),

    # 2.2: units
    ("units in any case", listener(tlsTimeout="1M 30S"), []),
    ("a duration of nothing", listener(tlsTimeout="0s"), [("out-of-range", "NetworkListener/a/tlsTimeout")]),
    ("units the wrong way round", listener(tlsTimeout="30m1h"), [("unit", "NetworkListener/a/tlsTimeout")]),
    ("more than 64 bits", listener(tlsTimeout="999999999999999999w"), [("unit", "NetworkListener/a/tlsTimeout")]),

    # 2.3: validators
    ("blanks around a text", {**domain(description="  x "), "Role": {"r": {"description": " x"}}}, []),
    ("an address is sanitised", domain(catchAllAddress=" All @Example.ORG "), []),
    ("no public suffix", domain(catchAllAddress="all@example.invalidtld"),
     [("email-address", "Domain/d/catchAllAddress")]),
    ("a suffix alone", domain(catchAllAddress="all@com"), [("email-address", "Domain/d/catchAllAddress")]),
    ("a private one", domain(catchAllAddress="all@localhost"), []),
    ("a symbol that is no letter", domain(catchAllAddress="\u20ac@example.org"),
     [("email-address", "Domain/d/catchAllAddress")]),
    ("letters of any script", domain(catchAllAddress="\u00e4\u0436\u65e5@example.org"), []),
    ("a quoted local part", domain(catchAllAddress='"a b"@example.org'), [("email-address", "Domain/d/catchAllAddress")]),
    ("an address literal", domain(catchAllAddress="a@[192.0.2.1]"), [("email-address", "Domain/d/catchAllAddress")]),
    ("marks in a domain of an address", domain(catchAllAddress="a@ex!ample.org"),
     [("email-address", "Domain/d/catchAllAddress")]),
    ("symbols make a domain", {"Domain": {"a": {"name": "i\u2764.example.org"}, "b": {"name": "xn--i-7iq.example.org"}}},
     [("duplicate-value", "Domain/b/name")]),
    ("but not with letters that would be lost", {"Domain": {"a": {"name": "i\u2764\u00df.example.org"}}},
     [("domain-name", "Domain/a/name")]),
    ("nor in an address", domain(catchAllAddress="a@i\u2764.example.org"), [("email-address", "Domain/d/catchAllAddress")]),
    ("but not in a domain alone", {"Domain": {"d": {"name": "ex!ample.org"}}}, []),
    ("members of sets are only trimmed", {"HttpForm": {"deliverTo": " no address "}}, []),
    ("but the contacts of an authority are addresses", {"AcmeProvider": {"a": {"directory": "https://a.example/",
                                                                         "contact": ["no address", "mailto:a@example.org"]}}},
     [("email-address", "AcmeProvider/a/contact")]),
    ("and so are aliases of a domain", domain(aliases=["nodots"]), []),
    ("an empty member", domain(aliases=[" "]), [("empty-value", "Domain/d/aliases")]),
    ("a host name with one label", settings(defaultHostname="mail"), [("domain-name", "SystemSettings/defaultHostname")]),
    ("an address as a host name", settings(defaultHostname="2001:db8::1"), []),
    ("a suffix is a domain", {"Domain": {"d": {"name": "co.uk"}}}, []),
    ("a dot at the end", {"Domain": {"d": {"name": "example.org."}}}, [("domain-name", "Domain/d/name")]),
    ("two dots", {"Domain": {"d": {"name": "example..org"}}}, [("domain-name", "Domain/d/name")]),
    ("a name in any script", {"Domain": {"d": {"name": "B\u00dcCHER.example.org"}}}, []),
    ("is one key with its A-labels", {"Domain": {"a": {"name": "B\u00dcCHER.example.org"},
                                                 "b": {"name": "xn--bcher-kva.example.org"}}},
     [("duplicate-value", "Domain/b/name")]),
    ("a sharp s is a letter of its own", {"Domain": {"a": {"name": "fa\u00df.example.org"},
                                                     "b": {"name": "fass.example.org"}}}, []),
    ("local parts in any script and case", accounts("\u00c4RGER", "\u00e4rger"), [("duplicate-value", "Account/c1/name")]),
    ("Greek and Cyrillic too", accounts("\u0391\u03a9", "\u03b1\u03c9", "\u0416", "\u0436"),
     [("duplicate-value", "Account/c1/name"), ("duplicate-value", "Account/c3/name")]),
    ("blanks of ASCII are cut out of an address", accounts("post \tmaster"), []),
    ("others are no part of one", accounts("a\u00a0b", "a\u2003b", "a\u1680b"),
     [("email-address", f"Account/c{i}/name") for i in range(3)]),
    ("nor of a whole address", domain(catchAllAddress="a\u2003@example.org"), [("email-address", "Domain/d/catchAllAddress")]),
    ("a local part with a dot at the end", accounts("a."), [("email-address", "Account/c0/name")]),
    ("rules are upper-cased", {"SpamTag": {"a": {"@type": "Score", "tag": "a b", "score": 1},
                                          "b": {"@type": "Score", "tag": "AB", "score": 1}}},
     [("duplicate-value", "SpamTag/b/tag")]),
    ("extensions are lower-cased", {"SpamFileExtension": {"a": {"extension": "EXE"}, "b": {"extension": "exe"}}},
     [("duplicate-value", "SpamFileExtension/b/extension")]),
    ("too many bytes, not characters", {"MtaVirtualQueue": {"q": {"name": "\u00e4\u00e4\u00e4\u00e4\u00e4"}}},
     [("too-long", "MtaVirtualQueue/q/name")]),
    ("just enough", {"MtaVirtualQueue": {"q": {"name": "\u00e4\u00e4\u00e4\u00e4"}}}, []),
    ("trimmed before it is measured", {"MtaVirtualQueue": {"q": {"name": "  abcdefgh  "}}}, []),
    ("a mask in place of a secret", secret("****"), [("masked-secret", "Certificate/c/privateKey/secret")]),

    # 2.5: composite values
    ("a rate as a text", {"Http": {"rateLimitAnonymous": "100/1d"}}, []),
    ("a rate of nothing", {"Http": {"rateLimitAnonymous": "0/1d"}}, [("out-of-range", "Http/rateLimitAnonymous/count")]),
    ("a cron hour", {"DataRetention": {"expungeSchedule": {"@type": "Daily", "hour": 24, "minute": 0}}},
     [("out-of-range", "DataRetention/expungeSchedule/hour")]),

    # 3.1: containers
    ("list members by number, with gaps", {"MtaStageAuth": {"require": {"match": {
        "7": {"if": "is_tls", "then": "true"}, "2": {"if": "is_tls", "then": "false"}}, "else": "true"}}}, []),
    ("by a name", {"MtaStageAuth": {"require": {"match": {"a": {"if": "is_tls", "then": "true"}}, "else": "true"}}},
     [("wrong-type", "MtaStageAuth/require/match/a")]),
    ("null in a set", listener(bind={"127.0.0.1:1": None}), [("wrong-type", "NetworkListener/a/bind/127.0.0.1:1")]),
    ("a set names a member twice", domain(aliases=["a.example", " a.example"]), [("duplicate-member", "Domain/d/aliases")]),
    ("in a large set too", domain(aliases=[f"a{i}.example" for i in range(40)] + ["a7.example"]),
     [("duplicate-member", "Domain/d/aliases")]),
    ("a map with an unknown key", settings(services={"imap": {}, "bogus": {}}),
     [("unknown-member", "SystemSettings/services/bogus")]),
    ("a mistake behind a key", settings(services={"imap": {"hostname": "x"}}),
     [("domain-name", "SystemSettings/services/imap/hostname")]),
    ("a key twice", '{"Http": {"useXForwarded": true, "useXForwarded": false}}', [("duplicate-key", None)]),

    # 3.2: variants, null
    ("a nested union needs its variant", domain(certificateManagement={}),
     [("missing-variant", "Domain/d/certificateManagement")]),
    ("one that exists", domain(certificateManagement={"@type": "Manuel"}),
     [("unknown-variant", "Domain/d/certificateManagement")]),
    ("a variant that is a number", domain(certificateManagement={"@type": 5}),
     [("unknown-variant", "Domain/d/certificateManagement")]),
    ("no fields of another", {"Tracer": {"t": {"@type": "Stdout", "path": "/x"}}}, [("unknown-field", "Tracer/t/path")]),
    ("no fields where there are none", domain(certificateManagement={"@type": "Manual", "x": 1}),
     [("unknown-field", "Domain/d/certificateManagement/x")]),
    ("@type where there are no variants", listener(**{"@type": "NetworkListener"}),
     [("unknown-field", "NetworkListener/a/@type")]),
    ("in a nested object too, whatever stands before", {"Http": {"rateLimitAnonymous": {
        "count": 1, "period": 1, "@type": "Rate"}}}, [("unknown-field", "Http/rateLimitAnonymous/@type")]),
    ("but the variant may come last", domain(certificateManagement={"acmeProviderId": "b", "@type": "Automatic"}),
     [("outside-reference", "Domain/d/certificateManagement/acmeProviderId")]),
    ("null as a map", listener(maxConnections={"@null": True}), []),
    ("with something beside it", listener(maxConnections={"@null": True, "x": 1}),
     [("wrong-type", "NetworkListener/a/maxConnections")]),
    ("that says no", listener(maxConnections={"@null": False}), [("wrong-type", "NetworkListener/a/maxConnections")]),
    ("an id in the body", {"Http": {"id": "singleton"}}, [("unknown-field", "Http/id")]),
    ("a body that is null", {"Http": None, "Domain": {"d": None}}, [("wrong-type", "Http"), ("wrong-type", "Domain/d")]),

    # 4.1: unique keys
    ("a key of one field", {"ClusterRole": {"a": {"name": "x"}, "b": {"name": "x"}}},
     [("duplicate-value", "ClusterRole/b/name")]),
    ("over the variants", {"MtaRoute": {"a": {"@type": "Local", "name": "x"}, "b": {"@type": "Mx", "name": "x"}}},
     [("duplicate-value", "MtaRoute/b/name")]),
    ("a key by default", {"EventTracingLevel": [{"level": "error"}, {"level": "warn"}]}, [("duplicate-object", None)]),
    ("the same key written out", {"EventTracingLevel": [{"level": "error"}, {
        "event": "acme.auth-start", "level": "warn"}]}, [("duplicate-object", None)]),
    ("an alias twice in one domain", domain(aliases=["example.org"]), []),
    ("an alias that is another domain", {"Domain": {"a": {"name": "example.org"}, "b": {
        "name": "example.net", "aliases": ["x.example", "example.org"]}}}, [("duplicate-value", "Domain/b/aliases")]),
    ("addresses over all types", {**accounts("jo"), "MailingList": {"l": {"name": "jo", "domainId": "#d"}}},
     [("duplicate-value", "MailingList/l/name")]),
    ("in different domains", {"Domain": {"d": {"name": "example.org", "catchAllAddress": "jo@example.org"},
                                         "e": {"name": "example.net", "catchAllAddress": "jo@example.org"}},
                              "Account": {"a": {"@type": "User", "name": "jo", "domainId": "#d"},
                                          "b": {"@type": "User", "name": "jo", "domainId": "#e"}}}, []),
    ("however the domain is written", {**DOMAIN, "Account": {
        "a": {"@type": "User", "name": "jo", "domainId": "#d"},
        "b": {"@type": "User", "name": "JO", "domainId": "#example.org"}}}, [("duplicate-value", "Account/b/name")]),
    ("name spaces are joined without a mark", {"MemoryLookupKey": {"a": {"namespace": "ab", "key": "c"},
                                                                   "b": {"namespace": "a", "key": "bc"}}},
     [("duplicate-value", "MemoryLookupKey/b/namespace")]),
    ("no key, no clash", {"Role": {"a": {"description": "x"}, "b": {"description": "x"}}}, []),

    # one mistake does not hide another
    ("a password too short beside a misspelt field", {**DOMAIN, "Account": {"a": {
        "@type": "User", "name": "jo", "domainId": "#d", "zz": 1, "credentials": [{"@type": "Password", "secret": "x"}]}}},
     [("inline-secret", "Account/a/credentials/0/secret"), ("password-length", "Account/a/credentials/0"),
      ("unknown-field", "Account/a/zz")]),
    ("a key that is none", {**DOMAIN, "DkimSignature": {"s": {"@type": "Dkim1RsaSha256", "domainId": "#d", "zz": 1,
                                                              "privateKey": {"@type": "Text", "secret": "x"}}}},
     [("inline-secret", "DkimSignature/s/privateKey/secret"), ("invalid-key", "DkimSignature/s/privateKey"),
      ("missing-field", "DkimSignature/s/selector"),
      ("unknown-field", "DkimSignature/s/zz")]),

    # 4.2: references
    ("in a set", {"Role": {"r": {"description": "x", "roleIds": ["#nope"]}}},
     [("dangling-reference", "Role/r/roleIds/#nope")]),
    ("in a set that is a map", {"Role": {"r": {"description": "x", "roleIds": {"#nope": True}}}},
     [("dangling-reference", "Role/r/roleIds/#nope")]),
    ("in a list", {**DOMAIN, "Account": {"a": {"@type": "User", "name": "x", "domainId": "#d", "aliases": [
        {"name": "y", "domainId": "#d"}, {"name": "z", "domainId": "#e"}]}}},
     [("dangling-reference", "Account/a/aliases/1/domainId")]),
    ("in a variant", domain(directoryId="#x"), [("dangling-reference", "Domain/d/directoryId")]),
    ("to an object that is wrong itself", {"Directory": {"x": {"@type": "Nope"}}, **domain(directoryId="#x")},
     [("unknown-variant", "Directory/x")]),
    ("to one that is no map", {"Directory": {"x": 5}, **domain(directoryId="#x")}, [("wrong-type", "Directory/x")]),
    ("to one that could not be read", '{"Directory": {"x": 1e999}, "Domain": {"d": {"name": "example.org", '
     '"directoryId": "#x"}}}', [("number-range", None)]),
    ("an empty one", domain(directoryId="#"), [("empty-value", "Domain/d/directoryId")]),
    ("to another type", {**DOMAIN, "Authentication": {"directoryId": "#d"}},
     [("dangling-reference", "Authentication/directoryId")]),
    ("client ids go before keys", {"Domain": {"example.net": {"name": "example.org"}, "x": {"name": "example.net"}},
                                   "SystemSettings": {"defaultDomainId": "#example.net"}}, []),
]

# what each text says when it is wrong: a message for people, without words of the program
MESSAGES = [
    (listener(maxConnections="5"), "'maxConnections' takes a whole number or null, not a string"),
    (listener(useTls="yes"), "'useTls' takes true or false, not a string"),
    (listener(bind=25), "'bind' takes an IP address with a port, not an integer"),
    (domain(directoryId=5), "'directoryId' takes a reference such as '#name' or null, not an integer"),
    (accounts("jo", "jo"), "another object has the same key: name 'jo', domainId '#d'"),
    (domain(certificateManagement={"@type": 5}), "the '@type' of CertificateManagement is the name of a variant, not an integer"),
    (milter(port=70000), "'port' must lie between 1 and 65535"),
]

# text, format, errors: the edges of a file
EDGES = [
    ('\ufeff[Http]\r\nuseXForwarded = true', "toml", [], "a byte order mark, CR LF, no last line end"),
    ('\ufeff{"Http": {}}', "json", [], "a byte order mark before JSON"),
    ('\ufeffHttp:\r\n  useXForwarded: true\r\n', "yaml", [], "and before YAML"),
    ('', "toml", ["nothing"], "an empty file"),
    ('# only words\n', "toml", ["nothing"], "only a comment"),
    ('[NetworkListener]\n', "toml", ["nothing"], "a type without objects"),
    ('{"NetworkListener": []}', "json", ["nothing"], "an empty list"),
    ('\n\n', "ndjson", ["nothing"], "only blank lines"),
    ('[BlockedIp.b]\naddress = "192.0.2.1"\nexpiresAt = 2030-01-01T00:00:00Z\n', "toml", [], "a date of TOML"),
    ('[BlockedIp.b]\naddress = "192.0.2.1"\nexpiresAt = 2030-01-01\n', "toml", ["date"], "without a time"),
    ('[Domain.d]\nname = "example.org"\ndescription = 2030-01-01\n', "toml", ["wrong-type"], "a date is no text"),
]


# what an update keeps and what it makes anew (3.1, 3.2): type, patch, errors
UPDATES = [
    ("MtaStageEhlo", {"require": {"match": {"0": {"if": "is_tls"}}}}, [("missing-field", "MtaStageEhlo/require/match/0/then")],
     "a list that is given has new members, and they need what they need"),
    ("MtaStageEhlo", {"require/match": {"0": {"then": "true"}}}, [("missing-field", "MtaStageEhlo/require/match/0/if")],
     "by its path too"),
    ("MtaStageEhlo", {"require/match/0": {"then": "true"}}, [], "a path into a list may lead to a member that is there"),
    ("MtaStageEhlo", {"require": {"else": "true"}}, [], "a nested object keeps what is not given"),
    ("BlobStore", {"region": {"@type": "Custom", "customRegion": "x"}},
     [("missing-field", "BlobStore/region/customEndpoint")], "a nested union begins anew"),
    ("SystemSettings", {"services": {"imap": {"cleartext": True}}}, [], "a map that is given has new members with their defaults"),
]


def shown(done):
    return [(d["code"], d.get("path")) for d in done.diagnostics if d["severity"] != "note"]


def as_text(body):
    return body if isinstance(body, str) else json.dumps(body)


def tables(tap):
    for name, body, want in RULES:
        have = shown(stwctest.check_text(as_text(body), "--from", "json", "--edition", "enterprise"))
        tap.equal(sorted(have, key=str), sorted(want, key=str), name)
    for body, want in MESSAGES:
        done = stwctest.check_text(as_text(body), "--from", "json")
        tap.equal([d["message"] for d in done.diagnostics if d["severity"] == "error"], [want], f"says: {want}")
    for text, form, want, name in EDGES:
        done = stwctest.check_text(text, "--from", form)
        tap.equal((done.codes(), done.status), (want, 2 if want == ["nothing"] else int(bool(want))), name)


def updates(tap):
    for kind, patch, want, name in UPDATES:
        line = json.dumps({"@type": "update", "object": kind, "value": patch})
        tap.equal(shown(stwctest.check_text(line, "--from", "ndjson", "--partial")), want, name)


def files(tap):
    """Several files, and a directory."""
    sources = {"b.toml": "[Http]\nuseXForwarded = = true\n[NetworkListener.x]\nprotocol = 'smtp'\n",
               "a.yaml": "NetworkListener:\n  yy:\n    protocol: smtp\n",
               "c.json": json.dumps(DOMAIN),
               "d.ndjson": json.dumps({"@type": "update", "object": "Http", "value": {"enableHsts": True}}) + "\n",
               "e.txt": "not a source", ".f.toml": "not = one = either"}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        done = stwctest.run("check", "--format", "json", ".", cwd=folder)
        have = [(d["file"], d["code"]) for d in done.diagnostics if d["severity"] == "error"]
        tap.equal(have, [("./a.yaml", "missing-field"), ("./b.toml", "syntax")],
                  "a syntax error hides what is missing in its own file alone")
        tap.equal(done.summary["files"], 4, "a directory means its sources")
        again = stwctest.run("check", "--format", "json", ".", cwd=folder)
        tap.equal(again.stdout, done.stdout, "and says the same again")
    text = json.dumps(DOMAIN)
    done = stwctest.check_files({"a.json": text, "b.json": text})
    tap.equal(shown(done), [("duplicate-object", None)], "an object in two files is one error")


def stored(tap):
    """What a validator makes of a text."""
    text = json.dumps({"SpamTag": {"t": {"@type": "Score", "tag": " a \u00e4b\u00df", "score": 1}},
                       "SpamFileExtension": {"e": {"extension": " E X\u00c4 "}},
                       "SystemSettings": {"defaultHostname": "Mail.B\u00dcCHER.de"}})
    for path, want in [("SpamTag/t/tag", "A\u00c4BSS"), ("SpamFileExtension/e/extension", "ex\u00e4"),
                       ("SystemSettings/defaultHostname", "mail.xn--bcher-kva.de")]:
        out = stwctest.run("get", path, "-", "--from", "json", stdin=text).stdout
        tap.ok(want in out, f"{path} is stored as {want}")


def cost(tap):
    """A large set is not searched member by member."""
    def seconds(count):
        members = {f"a{i}@example.org": True for i in range(count)}
        text = json.dumps({**DOMAIN, "MailingList": {"l": {"name": "l", "domainId": "#d", "recipients": members}}})
        before = os.times()
        done = stwctest.check_text(text, "--from", "json", "--level", "object-size=off")
        after = os.times()
        tap.equal(done.codes(), [], f"a set of {count} members")
        return after.children_user - before.children_user
    few, many = seconds(2000), seconds(60000)
    tap.ok(many < 90 * max(few, 0.01), f"costs in proportion: {few:.2f} s, {many:.2f} s")


def uris(tap):
    """invalid-uri: a scheme, no blanks, and % before two hexadecimal digits alone."""
    for uri, good in (("ldap://%%%", False), ("ldap://a/%", False), ("ldap://a/%2", False), ("ldap://a/%2g", False),
                      ("ldap://a/%g2", False), ("ldap://a/b%20c%aF", True), ("ldap://a/%25", True),
                      ("ldap://a b", False), ("//a", False)):
        text = {"Directory": {"d": {"@type": "Ldap", "description": "d", "url": uri, "baseDn": "o=x",
                                    "filterMailbox": "(mail=?)"}}}
        done = stwctest.check_text(json.dumps(text), "--from", "json")
        tap.equal(done.codes(), [] if good else ["invalid-uri"], f"{uri} is {'a' if good else 'no'} URI")


def hints(tap):
    """unknown-member: the nearest member, and all of them where they are at most a dozen."""
    def hint(configuration):
        done = stwctest.check_text(json.dumps(configuration), "--from", "json")
        found = [d for d in done.diagnostics if d["code"] == "unknown-member"]
        return found[0].get("hint", "") if len(found) == 1 else None
    tap.equal(hint({"Tracer": {"t": {"@type": "Log", "path": "/x", "rotate": "weekly"}}}),
              "one of daily, hourly, minutely, never", "few members are all named")
    tap.equal(hint(listener(protocol="SMTP")),
              "did you mean 'smtp'? It is one of smtp, lmtp, http, imap, pop3, manageSieve", "with the nearest")
    tap.equal(hint({"EventTracingLevel": {"e": {"event": "zzz", "level": "info"}}}),
              f"stwc explain EventType lists the {len(event_names())} members", "many are counted, and where they stand is said")
    tap.ok(hint({"EventTracingLevel": {"e": {"event": event_names()[0] + "x", "level": "info"}}}) ==
           f"did you mean '{event_names()[0]}'?", "or the nearest alone")


def plurals(tap):
    """One more address is one."""
    for count, said in ((1, "127.0.0.1:1 needs the right to bind port 1"), (2, " and 1 more address need "),
                        (3, " and 2 more addresses need ")):
        bind = [f"127.0.0.1:{port}" for port in range(1, count + 1)]
        done = stwctest.check_text(json.dumps(listener(bind=bind)), "--from", "json")
        tap.ok([said in d["message"] for d in done.diagnostics] == [True], f"{count}: {said.strip()}")


def event_names():
    return json.loads(stwctest.run("schema", "EventType", "--to", "json-schema").stdout)["enum"]


def options(tap):
    run = stwctest.run
    text = json.dumps(listener())
    for args, name in [(["--from", "json", "--from", "json", "-"], "an option twice"),
                       (["--target", "0.16.19", "--target=0.16.5", "--from", "json", "-"], "in both spellings"),
                       (["--from", "json", "-", "-"], "standard input twice"),
                       (["--as", "x", "/nonexistent.toml"], "--as without standard input"),
                       (["--from", "ini", "-"], "an unknown format"),
                       (["--target", "0.17.0", "-"], "an unknown target"),
                       (["--level", "nope=off", "-"], "an unknown code"),
                       (["--level", "unknown-field=off", "-"], "an error that is off"),
                       (["--max-errors", "", "-"], "no number")]:
        done = run("check", *args, stdin=text)
        tap.ok(done.status == 2 and done.stderr.startswith("stwc check: "), f"{name} is refused")
    done = run("check", "--format=json", "--level", "privileged-port=error", "--level", "no-domain=off",
               "--from", "json", "--as", "stdin.json", "-", stdin=json.dumps({**listener(bind="127.0.0.1:1"),
                                 "SystemSettings": {"defaultHostname": "mail.example.org"}}))
    tap.equal([(d["file"], d["code"]) for d in done.diagnostics], [("stdin.json", "privileged-port")],
              "--level may be given twice, and --as names standard input")
    done = run("check", "--from", "json", "--strict", "-", stdin=json.dumps(settings(defaultDomainId="b")))
    tap.ok(done.status == 1 and "--strict" in done.stderr, "--strict says that it is what fails")
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "x.stwi")
        done = run("build", "-", "--from", "json", "-o", image, "--level", "missing-variant=note",
                   stdin=json.dumps({"Directory": {"d": {"description": "x"}}}))
        tap.equal((done.status, os.path.exists(image)), (1, False), "build takes no hidden error for none")
    many = {"Domain": {f"d{i}": {"name": "x"} for i in range(60)}}
    done = run("check", "--format", "json", "--from", "json", "-", stdin=json.dumps(many))
    tap.equal((len(done.diagnostics), done.summary["errors"]), (50, 60), "the first fifty are shown, all are counted")
    done = run("check", "--format", "json", "--from", "json", "--max-errors", "0", "-", stdin=json.dumps(many))
    tap.equal(len(done.diagnostics), 60, "--max-errors 0 shows all")


def main():
    tap = stwctest.Tap()
    for topic in (tables, updates, stored, files, cost, uris, hints, plurals, options):
        topic(tap)
    tap.done()
    return 0


if __name__ == "__main__":
    sys.exit(main())
