"""Valid configurations made at random from what stwc itself says about its reference.

Every type that can be configured gets objects; every field is left out, null, or some value, the
strange ones first: texts that look like numbers, quotes, controls, line ends, the largest and
smallest numbers, every variant of a union, client ids that are not names."""

import json
import random
import re

import stwctest

SCALARS = {"boolean", "unsignedInteger", "integer", "float", "size", "duration", "string", "text", "html", "uri",
           "color", "emailAddress", "secret", "secretText", "ipAddress", "ipNetwork", "socketAddress",
           "utcDateTime", "blobId"}
STRANGE = ["true", "null", "~", "yes", "0777", "1e3", "12", "-0", "1_000", "0x1F", ".inf", "2026-01-02", "1h 30m",
           "a: b", "- a", "# a", "'", '"', "\\", "\\n", "a\nb", "a\n", "a\n\nb\n\n", "\ta", "a\tb", "a\r\nb", "\x01\x7f",
           "'''", '"""', "a'''b\nc", "x\n 'q'\n", " lead\nx", "tab\n\tx", "é ß 漢 😀", "a\u0085b", "a\u2028b", "a\ufeffb",
           "{}", "[1]", "&a", "*a", "!t", "%x", "@y", "`z", "a,b", "k = v", "a.b.c", "x/y", "trail  \nx", "?", "=",
           "end'", "#x", "\u00a0nbsp"]
SAFE = ["mail.example.org", "a.example.net", "x.example.com"]
NAMES = ["a", "b.c", "d e", "f/g", "[0]", "0", "true", "q'u", 'd"q', "ü", "#h", "n\nl", "x" * 300, "a\\b", "-"]

# a certificate of P-256 for mail.example.org that nobody has the key of
CERTIFICATE = "\n".join([
    "-----BEGIN CERTIFICATE-----",
    "MIIBsTCCAVagAwIBAgIUXfWMsSz04JD4Dz706HSgbYxZtDAwCgYIKoZIzj0EAwIw",
    "GzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLm9yZzAgFw0yNjExMjEwNzM3NDRaGA8y",
    "MTI2MTAyODA3Mzc0NFowGzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLm9yZzBZMBMG",
    "ByqGSM49AgEGCCqGSM49AwEHA0IABNKFedZl2tNFV6hurTN069zGyuibD8AoT6p9",
    "RdI1WzkvEMhOXKQGoF/YXH0gk/yccjx0zVDxYclKPKXQCpE431ujdjB0MB0GA1Ud",
    "DgQWBBTy4BSKISfEEfGxUL7CX0tagXN80DAfBgNVHSMEGDAWgBTy4BSKISfEEfGx",
    "UL7CX0tagXN80DAPBgNVHRMBAf8EBTADAQH/MCEGA1UdEQQaMBiCEG1haWwuZXhh",
    "bXBsZS5vcmeHBMAAAgEwCgYIKoZIzj0EAwIDSQAwRgIhAIytKLdc68ozGh1g+V5s",
    "QJxWsigy3OBl822T/M9MKt6ZAiEA+Uz0cNpXVeyLDNqXTSuP3v8na6Riim2dNUmP",
    "BJNsmUg=",
    "-----END CERTIFICATE-----",
])
ELSEWHERE = [{"@type": "File", "filePath": "/run/k e'y.pem"},
             {"@type": "EnvironmentVariable", "variableName": "KEY"}]
HEADERS = [{}, {"X-A": "1"}, {"x.y": "a: b", "X_Z": "\u00e9 '\""}]
FILTERS = ["(mail=?)", "(&(objectClass=person)(|(mail={user})(!(uid={local}))))", "(cn;lang-de~=a\\2a{email})",
           "mail:caseExactMatch:={username}"]
LDAP_NAMES = ["dc=example,dc=org", "cn=a\\,b+uid=\\23x, o=\u00fc", '2.5.4.3=#0403', 'o="q,r"']
SCRIPTS = ["keep;", "require [\"fileinto\", \"mime\"];\nif not header :is \"a\" [\"b\", \"c\"] { stop; } else { keep; }",
           "# only a comment\n", "require \"reject\";\nreject text:\nno\n.\n;\n"]
TEMPLATES = ["<p>{{!header}}</p>", "{{#if rsvp}}{{#each attendees}}{{ key }}{{/each attendees}}{{/if rsvp}}", "no tag"]
# such as any field may have: without variables
EXPRESSIONS = ["true", "'\u00fc \\\\ \\' \"' + \"'\"", "1 + 2 * -3.5 => 5m",
               "matches('^(a|\\d+)$', 'a') && $1 != ''", "!([1, 'b'][0] < 2)",
               "if_then(len('a\nb') == 3, system('hostname'), $global)", "key_exists('list', to_lowercase('X'))", "90d"]
# what the rules over values and structures leave (schemas/checks.def): one of these, and never left out
OBEY = {
    ("Expression", "else"): EXPRESSIONS,
    ("ExpressionMatch", "if"): EXPRESSIONS,
    ("ExpressionMatch", "then"): EXPRESSIONS,
    ("AcmeProvider", "challengeType"): ["TlsAlpn01", "Http01", "DnsPersist01"],
    ("AcmeProvider", "eabHmacKey"): [None, "c2VjcmV0", "_-8"],
    ("Authentication", "directoryId"): [None],
    ("Authentication", "passwordMaxLength"): [13, 1000],
    ("Authentication", "passwordMinLength"): [1, 13],
    ("CalendarAlarm", "template"): TEMPLATES,
    ("CalendarScheduling", "emailTemplate"): TEMPLATES,
    ("CalendarScheduling", "httpRsvpTemplate"): TEMPLATES,
    ("Certificate", "certificate"): ELSEWHERE + [{"@type": "Text", "value": CERTIFICATE}],
    ("Certificate", "privateKey"): ELSEWHERE,
    ("Dkim1Signature", "privateKey"): ELSEWHERE,
    ("Dkim2Signature", "privateKey"): ELSEWHERE,
    ("DkimManagementProperties", "selectorTemplate"): ["v{version}-{algorithm}-{date-%Y%m%d}", "s{epoch}.{random}"],
    ("DnsServerTsig", "key"): ELSEWHERE + [{"@type": "Value", "secret": "c2VjcmV0IGtleQ=="}],
    ("Domain", "directoryId"): [None],
    ("HttpAuthBearer", "bearerToken"): ELSEWHERE + [{"@type": "Value", "secret": "to\tken \u00fc"}],
    ("HttpForm", "enable"): [False],
    ("Jmap", "webPushKey"): [{"@type": "None"}] + ELSEWHERE,
    ("LdapDirectory", "baseDn"): LDAP_NAMES,
    ("LdapDirectory", "bindDn"): [None] + LDAP_NAMES + ["stw@ad.example.org", "AD\\stw"],
    ("LdapDirectory", "bindSecret"): ELSEWHERE + [{"@type": "Value", "secret": "x"}],
    ("LdapDirectory", "filterLogin"): FILTERS,
    ("LdapDirectory", "filterMailbox"): FILTERS,
    ("LdapDirectory", "filterMemberOf"): [None] + FILTERS,
    ("LdapDirectory", "url"): ["ldap://localhost", "ldaps://[::1]:636", "ldapi://%2Frun%2Fldapi"],
    ("MemoryLookupKey", "namespace"): ["a set", "set:2"],
    ("MemoryLookupKeyValue", "namespace"): ["a map", "map:2"],
    ("OidcProvider", "signatureKey"): ELSEWHERE,
    ("PublicKey", "key"): [CERTIFICATE],
    ("SieveSystemScript", "contents"): SCRIPTS,
    **{("SieveUserInterpreter", field): [100, 100000]  # which SCRIPTS keep
       for field in ("maxScriptSize", "maxStringLength", "maxHeaderSize", "maxNestedBlocks", "maxNestedTests", "maxIncludes")},
    ("SieveUserScript", "contents"): SCRIPTS,
    # a plan has no name for a certificate that others could use
    ("SystemSettings", "defaultCertificateId"): [None],
    ("Tenant", "quotas"): [{}, {"maxDiskQuota": 2 ** 64 - 1, "maxDomains": 100000}],
    ("TracerCommon", "enable"): [False],
    ("TracerStdout", "enable"): [False],
    ("UserAccount", "credentials"): [[], [{"@type": "Password", "secret": "correct horse"}],
                                     [{"@type": "Password", "secret": "$2b$12$" + "a" * 53, "allowedIps": ["::1"]}]],
    ("UserAccount", "encryptionAtRest"): [{"@type": "Disabled"}],
    ("WebHook", "eventsPolicy"): ["exclude"],
}
# variants that a server refuses, or that depend on what another object is
REFUSED = [("DnsServer", "Deprecated1"), ("Coordinator", "Default"), ("LookupStore", "RedisSentinel"),
           ("SqlAuthStore", "Default")]
# whose default depends on what another object is, so that they are never left out
NEEDED = {("SqlDirectory", "store")}


class Reference:
    """The fields, enums, unions and object types, from `schema --to list` and `--to json-schema`."""

    def __init__(self):
        # its default is the data store, which may be no SQL database
        self.fields, self.forms, self.required = {}, {}, {("SqlDirectory", "store")}
        for line in stwctest.run("schema", "--to", "list").stdout.splitlines():
            name, kind, null, _, low, high, update, _ = line.split("\t")
            owner, field = name.split(".")
            if update != "serverSet":
                self.fields.setdefault(owner, {})[field] = (kind, null == "true", low, high)
        schema = json.loads(stwctest.run("schema", "--to", "json-schema").stdout)
        self.enums, self.unions = {}, {}
        for name, definition in schema["definitions"].items():
            if name.startswith("enum."):
                self.enums[name[5:]] = definition["enum"]
                continue
            for form in definition.get("allOf", []):
                self.read_form(name, form.get("else", form))
        self.read_places(schema)
        self.unions["DnsServer"].pop("Sig0")  # gone from servers, so that no plan may have it
        for union, variant in REFUSED:
            self.unions[union].pop(variant)
        self.types = {name: "if" in form for name, form in schema["properties"].items()
                      if name[0].isupper() and name != "Bootstrap"}

    def read_places(self, schema):
        """What a body has to have where no default of its holder says it."""
        parts = schema.get("allOf", []) if isinstance(schema, dict) else []
        if len(parts) == 2 and "$ref" in parts[0] and "then" in parts[1]:
            name = parts[0]["$ref"].removeprefix("#/definitions/")
            self.required.update((name, field) for field in parts[1]["then"].get("required", []))
        for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            self.read_places(part)

    def read_form(self, name, form):
        if "@type" in form.get("required", []):
            self.unions[name] = {case["if"]["properties"]["@type"]["const"]:
                                 case["then"].get("$ref", "").removeprefix("#/definitions/") for case in form["allOf"]}
            return
        for field, about in form.get("properties", {}).items():
            if "$comment" in about:
                self.forms[name, field] = about["$comment"]
        self.required.update((name, field) for field in form.get("required", []))


class Generator:
    def __init__(self, reference, seed):
        self.ref = reference
        self.random = random.Random(seed)
        self.names, self.variants, self.keys, self.tenant = {}, {}, {}, None
        self.count = 0

    def unique(self):
        self.count += 1
        return self.count

    def pick(self, items):
        return self.random.choice(items)

    # ---- scalars ----

    def number(self, low, high, least, most):
        low = float(low) if low else least
        high = float(high) if high else most
        low, high = int(low), int(high)
        return self.pick([low, high, self.random.randint(low, high), min(high, low + self.random.randint(0, 5000))])

    def real(self, low, high):
        low, high = float(low or -1e300), float(high or 1e300)
        return self.pick([low, high, min(max(self.pick([0.1, 1 / 3, 1e22, 5e-324, -0.0, 7.0]), low), high)])

    def address(self, family=None):
        if (family or self.pick([4, 6])) == 4:
            return "%d.%d.%d.%d" % tuple(self.random.randint(1, 255) for _ in range(4))
        return self.pick(["2001:db8::%x" % self.random.randint(1, 65535), "::1", "fe80::1", "::ffff:192.0.2.1",
                          "2001:db8:1:2:3:4:5:6"])

    def network(self):
        address = self.address()
        full = 128 if ":" in address else 32
        return self.pick([address, "%s/%d" % (address, self.random.randint(8, full))])

    def text(self, form):
        if form is None:
            return self.pick(STRANGE + SAFE) if self.random.random() < 0.7 else "text %d" % self.unique()
        if "local part" in form:
            return "user%d" % self.unique()
        if "e-mail" in form:
            return "user%d@example.org" % self.unique()
        if "case" in form:
            return "word%d" % self.unique()
        return self.pick(SAFE)

    def scalar(self, kind, low, high, form):
        make = {
            "boolean": lambda: self.random.random() < 0.5,
            "unsignedInteger": lambda: self.number(low, high, 0, 2 ** 64 - 1),
            "integer": lambda: self.number(low, high, -2 ** 63, 2 ** 63 - 1),
            "float": lambda: self.real(low, high),
            "size": lambda: self.pick([self.number(low, high, 0, 2 ** 64 - 1), int(float(high or 50 * 1024 ** 2))]),
            "duration": lambda: self.number(low, high, 1, 2 ** 64 - 1),
            "uri": lambda: self.pick(["https://example.org/a?b=c#d", "urn:x:y", "ldap://[::1]:389/%20"]),
            "color": lambda: "#aabbcc",
            "emailAddress": lambda: "user%d@example.org" % self.unique(),
            "secret": lambda: self.pick(["s3cret '\"\n\\ %d" % self.unique(), "p" * 70, "ünï"]),
            "secretText": lambda: "-----BEGIN-----\nabc%d\n-----END-----\n" % self.unique(),
            "ipAddress": self.address,
            "ipNetwork": self.network,
            "socketAddress": lambda: self.pick(["192.0.2.%d:%d", "[2001:db8::%d]:%d"])
            % (self.random.randint(1, 254), self.random.randint(0, 65535)),
            "utcDateTime": lambda: "%d-0%d-1%dT00:00:5%dZ" % (self.random.randint(1970, 3000),
                                                             *(self.random.randint(1, 9) for _ in range(3))),
            "blobId": lambda: "abcz",
        }
        value = make.get(kind, lambda: self.text(form))()
        if kind in ("string", "text", "html") and high:
            value = "n%d" % (self.unique() % 10000)
        return value

    # ---- everything else ----

    def reference(self, target):
        base, _, variant = target.partition("/")
        names = [n for n in self.names.get(base, [])
                 if not variant or self.variants.get((base, n)) == variant]
        return "#" + self.pick(names) if names else None

    def members(self, kind, low, depth):
        found = []
        for _ in range(int(low or 0) + self.random.randint(0, 3)):
            value = self.value(kind, "", "", None, depth + 1)
            if value is not None and (self.trim(value) not in [self.trim(v) for v in found]):
                found.append(value)
        return found if len(found) >= int(low or 0) else None

    @staticmethod
    def trim(value):
        return value.strip().lower() if isinstance(value, str) else value

    def value(self, kind, low, high, form, depth):
        word, _, rest = kind.partition(" ")
        if kind in SCALARS:
            return self.scalar(kind, low, high, form)
        if word == "enum":
            return self.pick(self.ref.enums[rest])
        if word == "reference":
            return self.reference(rest.removeprefix("to "))
        if word == "set":
            return self.members(rest.removeprefix("of "), low, depth)
        if word == "list":
            least = int(low or 0)
            return [self.body(rest.removeprefix("of "), depth + 1)
                    for _ in range(least + (self.random.randint(0, 2) if depth < 4 else 0))]
        if word == "map":
            key, value = re.fullmatch(r"of (enum \w+|\w+) to (.*)", rest).groups()
            pairs = [(self.value(key, "", "", None, depth), self.value(value, "", "", None, depth + 1))
                     for _ in range(self.random.randint(0, 3))]
            # keys are cut and may then be the same
            return {k: v for i, (k, v) in enumerate(pairs) if self.trim(k) not in [self.trim(p[0]) for p in pairs[:i]]}
        return self.body(kind.removeprefix("object "), depth + 1)

    def body(self, name, depth, variant=None):
        if name in self.ref.unions:
            cases = self.ref.unions[name]
            variant = variant or self.pick(sorted(cases))
            return {"@type": variant, **(self.single(cases[variant], depth) if cases[variant] else {})}
        if name == "Expression" and self.random.random() < 0.5:
            return "%s == %d" % (self.pick(EXPRESSIONS), self.unique())
        return self.single(name, depth)

    def single(self, name, depth):
        body = {}
        for field, (kind, null, low, high) in sorted(self.ref.fields.get(name, {}).items()):
            if (name, field) in OBEY or field in ("httpHeaders", "responseHeaders"):
                body[field] = self.pick(OBEY.get((name, field), HEADERS))
                continue
            if field == "memberTenantId":
                body[field] = self.tenant
                continue
            needed = (name, field) in self.ref.required | NEEDED or depth == 0 and field in ("name", "key")
            if not needed and self.random.random() < (0.4 if depth < 3 else 0.8):
                continue
            if null and not needed and self.random.random() < 0.3:
                body[field] = None
                continue
            value = self.value(kind, low, high, self.ref.forms.get((name, field)), depth)
            if value is not None:
                body[field] = value
        return body

    # ---- objects ----

    def choose_names(self, keyed):
        for name, collection in self.ref.types.items():
            if not collection or name in ("BlockedIp", "AllowedIp"):
                continue
            names = self.random.sample(NAMES, self.random.randint(1, 3))
            self.names[name] = names
            for client in names:
                if name in self.ref.unions:
                    self.variants[name, client] = self.pick(sorted(self.ref.unions[name]))
        self.keys = keyed
        # one tenant for all or none, so that everything may refer to everything
        self.tenant = self.pick([None, "#" + self.names["Tenant"][0]])

    def set_key(self, name, body):
        """A key of its own where the type has one."""
        if name == "Domain" and body.get("aliases"):
            body["aliases"] = [f"{alias} {self.unique()}" for alias in body["aliases"]]
        key = self.keys.get(name)
        if not key:
            return
        owner = self.ref.unions.get(name, {}).get(body.get("@type"), name)
        if key not in self.ref.fields.get(owner, {}):
            return
        kind, _, _, high = self.ref.fields[owner][key]
        if kind.startswith("enum "):
            members = self.ref.enums[kind[5:]]
            body[key] = members[self.unique() % len(members)]
        elif high:
            body[key] = "k%d" % self.unique()
        elif self.ref.forms.get((owner, key)):
            body[key] = "k%d.example.org" % self.unique()
        else:
            body[key] = self.pick(["key %d", "k'%d", "k.%d", "k%d"]) % self.unique()

    def packed(self, name):
        entries = {self.network().partition("/") for _ in range(self.random.randint(0, 6))}
        addresses = {address: address + slash + prefix for address, slash, prefix in sorted(entries)}
        bodies = []
        for address in addresses.values():
            body = {"address": address}
            for field, (kind, null, low, high) in self.ref.fields[name].items():
                if field != "address" and self.random.random() < 0.5:
                    body[field] = None if null and self.random.random() < 0.4 else self.value(kind, low, high, None, 0)
            bodies.append(body)
        return bodies

    def configuration(self, keyed):
        self.choose_names(keyed)
        out = {}
        for name, collection in self.ref.types.items():
            if name in ("BlockedIp", "AllowedIp"):
                out[name] = self.packed(name)
            elif not collection:
                out[name] = self.body(name, 0)
                if name == "SystemSettings":  # a plan must have both
                    out[name].update(defaultHostname="mail.example.org", defaultDomainId=self.reference("Domain"))
            else:
                out[name] = {}
                for client in self.names[name]:
                    body = self.body(name, 0, self.variants.get((name, client)))
                    self.set_key(name, body)
                    out[name][client] = body
        return out
