"""The rows of schemas/, and right values for every field that they name."""
import os
import re
import sys
import tomllib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../stwc"))
import samples  # noqa: E402
import stwctest  # noqa: E402

NUMBERS = ("unsignedInteger", "integer", "float", "size", "duration")

# what a text must be where the rows alone do not say it
TEXTS = {
    ("AiModel", "name"): "chat",
}
# stw's own form may leave these to the host (DESIGN.md 4)
HOST_DECIDES = {("SystemSettings", "defaultHostname"), ("SystemSettings", "defaultDomainId")}
# what a field asks of another one
COMPANIONS = {("LdapDirectory", "bindDn"): ["bindSecret"], ("HttpForm", "enable"): ["deliverTo"],
              ("WebHook", "eventsPolicy"): ["events"]}
# variants that the rules of the place refuse; each has its fixture
NOT_TAKEN = {("UserAccount", "credentials"): ["AppPassword", "ApiKey"], ("StoreLookup", "store"): ["RedisSentinel"],
             ("Bootstrap", "directory"): ["Sql"]}
NOT_MADE = ("Sig0", "Deprecated1")  # of no use: the one is too new for the reference, the other a placeholder
BY_VALIDATOR = {"email": "user@example.org", "local-part": "user", "domain": "example.org",
                "hostname": "mail.example.org", "uppercase": "WORD", "lowercase": "word"}


class Rows:
    """The rows of schemas/."""

    def __init__(self):
        self.types, self.enums, self.groups = {}, {}, {}
        self.known, self.least = {}, {}
        folder = os.path.join(stwctest.SRCDIR, "schemas")
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".stws") or name == "history.stws":
                continue
            with open(os.path.join(folder, name), "rb") as source:
                document = tomllib.load(source)
            self.enums.update(document.pop("enum", {}))
            for key in ("variables", "constants", "reference", "release"):
                self.groups.setdefault(key, {}).update(document.pop(key, {}))
            for key, table in document.items():
                if "view" not in table:
                    self.types[key] = table
        self.required = {(name, field) for name in self.types for field in self.fields(name)
                         if self.needed(name, field)}

    def needed(self, name, field):
        """The rule of the fact sheet (1.8): an object is refused without what has no value by itself."""
        row = self.types[name][field]
        kind, _, rest = row["type"].partition(" ")
        if "required" in row:
            return row["required"]
        if row["type"].endswith("?") or row.get("update") == "serverSet":
            return False
        if kind in NUMBERS:
            return size_of(row.get("default", 0)) < size_of(row.get("min", 0))
        if "default" in row:
            return False
        if kind in ("set", "list"):
            return row.get("min_items", 0) > 0
        if kind == "object":
            return self.refuses_default(rest)
        return kind in ("string", "text", "html", "uri", "color", "emailAddress", "secret", "secretText", "reference",
                        "blobId", "ipAddress", "ipNetwork", "socketAddress")

    def names(self, kind, row):
        """The variables or constants that an expression of the row may use."""
        if row.get(kind, "any") == "any":
            return self.enums["ExpressionVariable" if kind == "variables" else "ExpressionConstant"]["members"]
        group = self.groups[kind][row[kind]]
        return group["members"] + (self.names(kind, {kind: group["with"]}) if "with" in group else [])

    def refuses_default(self, name):
        if "variants" in self.types[name]:
            body = next(iter(self.types[name]["variants"].values())).get("body")
            return bool(body) and self.refuses_default(body)
        return any(self.needed(name, field) for field in self.fields(name))

    def fields(self, name):
        if name not in self.known:
            self.known[name] = {k: v for k, v in self.types.get(name, {}).items() if isinstance(v, dict) and "type" in v}
        return self.known[name]

    def first(self, name):
        """The fields that every body of the structure needs."""
        if name not in self.least:
            self.least[name] = [(field, row) for field, row in self.fields(name).items()
                                if row.get("update") != "serverSet" and (name, field) in self.required]
        return self.least[name]

    def variants(self, name):
        return {k: v.get("body") for k, v in self.types[name].get("variants", {}).items() if k not in NOT_MADE}

    def members(self, name):
        row = self.enums[name]
        return list(self.variants(row["of"])) if "of" in row else list(row["members"])


class Maker:
    """Values for fields. `server`: in the shapes that a server takes, else in stw's own."""

    def __init__(self, rows, server=False):
        self.rows, self.server, self.count, self.variant = rows, server, 0, None

    def next(self):
        self.count += 1
        return self.count

    def address(self):
        n = self.next()
        return "10.%d.%d.%d" % (n >> 16 & 255, n >> 8 & 255, n & 255 or 1)

    @staticmethod
    def bounds(row, kind):
        low = size_of(row["min"]) if "min" in row else {"duration": 1, "integer": -2 ** 63, "float": -1e9}.get(kind, 0)
        high = size_of(row["max"]) if "max" in row else {"float": 1e9, "integer": 2 ** 63 - 1}.get(kind, 2 ** 53)
        return low, high

    def text(self, owner, field, row, kind):
        if (owner, field) in TEXTS:
            return [TEXTS[owner, field]]
        validator = row.get("validate", "email" if kind == "emailAddress" and row["type"] == kind else None)
        n = self.next()
        if validator == "email" or kind == "emailAddress":
            return ["user%d@example.org" % n, "user.name+tag@xn--bcher-kva.example.com"]
        if validator in BY_VALIDATOR:
            word = BY_VALIDATOR[validator]
            return [("x%d." % n if "." in word else "x%d" % n if validator != "uppercase" else "X%d" % n) +
                    (word if validator != "uppercase" else "")]
        if row.get("max_length"):
            return ["k%d" % (n % 9999), "k" * row["max_length"]]
        if "default" in row and isinstance(row["default"], str) and row["default"]:
            return [row["default"]]
        return ["text %d" % n, "0%d" % n, "%d é 漢 'q' \"d\" \\ \t." % n]

    def scalar(self, owner, field, row, kind):
        """Right values, at least one."""
        if kind in NUMBERS:
            low, high = self.bounds(row, kind)
            values = [min(high, max(low, 1000)), low, high]
            if kind in ("duration", "size") and not self.server:
                for text, value in (("1h", 3600000), ("1d 2h 3m 4s 5ms", 93784005)) if kind == "duration" else \
                        (("4kb", 4096), ("50mb", 50 << 20)):
                    values += [text] if low <= value <= high else []
            return values
        n = self.next()
        make = {
            "boolean": lambda: [True, False],
            "uri": lambda: ["https://host%d.example.org/a?b=c" % n],
            "color": lambda: ["#aabbcc"],
            "secret": lambda: ["s3cret %d" % n],
            "secretText": lambda: ["-----BEGIN KEY-----\nabc\n-----END KEY-----\n"],
            "ipAddress": lambda: [self.address(), "2001:db8::%x" % n],
            "ipNetwork": lambda: [self.address(), "2001:db8:%x::/48" % (n % 65535), "172.16.0.0/12"],
            "socketAddress": lambda: ["127.0.0.1:%d" % (1024 + n % 60000), "[::1]:%d" % (1024 + n % 60000)],
            "utcDateTime": lambda: ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.5+01:00"],
            "blobId": lambda: ["abcz"],
        }
        if kind in make:
            return TEXTS.get((owner, field)) and [TEXTS[owner, field]] or make[kind]()
        return self.text(owner, field, row, kind)

    def right(self, owner, field, row):
        kind = row["type"].rstrip("?")
        word, _, rest = kind.partition(" ")
        values = self.checked(row, 0)
        if not values or word == "object":  # with the variants that name a file or a variable
            values += [v for v in self.values(owner, field, row, kind, word, rest)
                       if not values or v["@type"] != values[0]["@type"]]
        if row["type"].endswith("?") and not (owner, field) in self.rows.required:
            values.append(None)
        return values

    def checked(self, row, which):
        """The texts that the rules of a row take (which: 0) or refuse (1)."""
        texts = [t for rule in row.get("checks", []) for t in samples.BY_CHECK.get(rule, ([], []))[which]]
        if row["type"] == "object SecretText" and self.variant in samples.BY_VARIANT:
            own = samples.BY_VARIANT[self.variant]
            texts = [[own], [samples.P256, samples.CUT, "no key"]][which]
        return [self.held(row["type"].rstrip("?"), text) for text in texts]

    def held(self, kind, text):
        """A text as it is, or in the variant of a union that has it in itself."""
        for variant, body in self.rows.variants(kind[7:]).items() if kind.startswith("object ") else ():
            for field in ("secret", "value"):
                if body and field in self.rows.fields(body):
                    return {"@type": variant, field: text}
        return text

    def whole(self, owner, fields):
        """A body with all its fields, but for words that may ask something of other fields."""
        whole = {}
        for field, row in fields.items():
            if row.get("update") != "serverSet" and not row["type"].startswith("enum "):
                whole.setdefault(field, self.right(owner, field, row)[0])
                whole.update(self.companions(owner, field))
        return whole

    def companions(self, owner, field):
        """What a field that is set asks for."""
        return {name: next(v for v in self.right(owner, name, self.rows.fields(owner)[name]) if v != {"@type": "None"})
                for name in COMPANIONS.get((owner, field), ())}

    def values(self, owner, field, row, kind, word, rest):
        if kind in self.rows.types:
            return self.bodies(kind)
        if word == "enum":
            return self.rows.members(rest)
        if word == "reference":
            return ["#elsewhere", "b"]
        if kind == "object Expression":
            return self.expressions(row)
        if word == "object":
            return self.taken(owner, field, rest)
        if word == "list":
            bodies = self.taken(owner, field, rest.removeprefix("of "))
            least = row.get("min_items", 0)
            lists = [bodies[:1] * max(1, least), bodies] + ([[]] if not least else [])
            return [self.listed(x) for x in lists if len(x) >= least]
        if word == "set":
            inner = self.values(owner, field, {"type": rest.removeprefix("of ")}, rest.removeprefix("of "),
                                *rest.removeprefix("of ").partition(" ")[::2])
            least = row.get("min_items", 0)
            while len(inner) < least:
                inner += ["member %d" % self.next()]
            sets = [inner[:max(1, least)], inner] + ([[]] if not least else [])
            return [self.as_set(x) for x in sets]
        if word == "map":
            key, value = re.fullmatch(r"of (reference to [\w:]+|enum \w+|\w+) to (.*)", rest).groups()
            keys = [str(k) for k in self.values(owner, field, {"type": key}, key, *key.partition(" ")[::2])]
            keys = ["X-A", "X-B"] if "eaders" in field else keys
            some = self.values(owner, field, {"type": value}, value, *value.partition(" ")[::2])
            return [{k: some[0] for k in keys[:1]}, {}]
        return self.scalar(owner, field, row, kind)

    def expressions(self, row):
        """Every name that the place knows, and what the language has."""
        names = [str(n) for kind in ("variables", "constants") for n in self.rows.names(kind, row)]
        texts = ["1", *names, *("if_then(is_empty(%s), 'a' + 'b', 5m)" % n for n in names[:1]), *samples.EXPRESSIONS]
        tables = [[{"if": "matches('^(a|b)$', %s)" % names[0], "then": "$1"}, {"if": "1 > 2", "then": "false"}]]
        return [{"else": text} for text in texts] + [{"match": self.listed(rows), "else": "1"} for rows in tables]

    def listed(self, items):
        return {str(i): v for i, v in enumerate(items)} if self.server else items

    def as_set(self, items):
        return {str(v): True for v in items} if self.server else items

    def bodies(self, name, deep=0):
        """One body for each variant of a union, or the one of a structure."""
        if "variants" in self.rows.types[name]:
            return [{"@type": v, **(self.body(b, deep + 1) if b else {})} for v, b in self.rows.variants(name).items()]
        if name == "Expression":
            return [{"else": "1"}]
        return [self.body(name, deep + 1)]

    def taken(self, owner, field, name):
        return [b for b in self.bodies(name) if b.get("@type") not in NOT_TAKEN.get((owner, field), ())]

    def body(self, name, deep=0):
        """The required fields, and a key of its own."""
        return {field: self.right(name, field, row)[0] for field, row in self.rows.first(name)}


def size_of(value):
    """A bound as a number; durations and sizes may be written with units."""
    if not isinstance(value, str):
        return value
    units = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
    return sum(int(n) * units[u] for n, u in re.findall(r"(\d+)\s*([a-z]+)", value))
