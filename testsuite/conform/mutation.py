"""Every field with right and with wrong values: the right ones pass, each wrong one is caught on its line.

The rows of schemas/ say what a field takes. For each structure, one body per case is made: the
required fields, and the field in question with a value of its kind, or with one that is wrong in
one way. A file holds all bodies of a structure, one field a line, so that a few hundred runs judge
some ten thousand values. In `make check` a part of the values is tried; STW_MUTATIONS=full, which
`make mutation-full` sets, tries all. `--write FILE` puts the counts into the documentation.
"""
import concurrent.futures
import json
import os
import re
import sys
import tomllib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../stwc"))
import samples  # noqa: E402
import stwctest  # noqa: E402

FULL = os.environ.get("STW_MUTATIONS") == "full"
NUMBERS = ("unsignedInteger", "integer", "float", "size", "duration")
NOISE = ["--level", "inline-secret=off", "--level", "no-identity=off"]

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
WRONG_TEXT = {"email": ["no address", "user@", "@example.org", "a..b@example.org", "user@nodomain"], "local-part": ["a@b", "a..b"],
              "domain": ["no domain", "localhost", "a..example.org"],
              "hostname": ["two words", "single", "a..example.org"]}
WRONG_FORMAT = {
    "emailAddress": [], "ipAddress": ["192.0.2.300", "host", "192.0.2.01", "fe80::1%eth0", "192.0.2.1:25"],
    "ipNetwork": ["192.0.2.1/33", "10.0.0.0/7", "2001:db8::/129", "example.org", "192.0.2.1-9"],
    "socketAddress": ["host:25", "192.0.2.1", "192.0.2.1:70000", "2001:db8::1:25", ":25"],
    "utcDateTime": ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "1969-01-01T00:00:00Z"],
    "duration": ["5 parsecs", "h", "1h30", ""], "size": ["50 zb", "mb", "1.5mb"], "blobId": ["!"],
}
CODES = {  # what may be said about a wrong value of each kind
    "type": {"wrong-type", "wrong-shape", "lossy-number", "out-of-range", "unit"},
    "null": {"null-value", "wrong-type"},
    "bound": {"out-of-range", "number-range", "too-long", "lossy-number", "wrong-type"},
    "items": {"too-few"},
    "enum": {"unknown-member"},
    "format": {"address", "date", "unit", "email-address", "domain-name", "id", "out-of-range", "empty-value",
               "wrong-type", "invalid-uri", "invalid-base64", "invalid-certificate", "invalid-key", "http-header",
               "ldap-filter", "ldap-name", "selector-template", "sieve-syntax", "mail-template"},
    "empty": {"empty-value", "unit", "date", "address", "id", "unknown-member"},
    "missing": {"missing-field"},
    "unknown": {"unknown-field"},
    "variant": {"unknown-variant"},
    "no variant": {"missing-variant", "wrong-type"},
    "server-set": {"server-set"},
    "duplicate": {"duplicate-key"},
    "member twice": {"duplicate-member"},
    "dangling": {"dangling-reference"},
    "shape": {"wrong-shape"},
    "immutable": {"immutable-field"},
    "path": {"unknown-field", "wrong-type", "wrong-shape", "address", "unknown-member", "missing-variant"},
    "key twice": {"duplicate-value", "duplicate-object"},
}


class Rows:
    """The rows of schemas/."""

    def __init__(self):
        self.types, self.enums = {}, {}
        folder = os.path.join(stwctest.SRCDIR, "schemas")
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".stws") or name == "history.stws":
                continue
            with open(os.path.join(folder, name), "rb") as source:
                document = tomllib.load(source)
            self.enums.update(document.pop("enum", {}))
            for key in ("variables", "constants", "reference", "release"):
                document.pop(key, None)
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

    def refuses_default(self, name):
        if "variants" in self.types[name]:
            body = next(iter(self.types[name]["variants"].values())).get("body")
            return bool(body) and self.refuses_default(body)
        return any(self.needed(name, field) for field in self.fields(name))

    def fields(self, name):
        return {k: v for k, v in self.types.get(name, {}).items() if isinstance(v, dict) and "type" in v}

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
        out = {}
        for field, row in self.rows.fields(name).items():
            if row.get("update") != "serverSet" and (name, field) in self.rows.required:
                out[field] = self.right(name, field, row)[0]
        return out


def size_of(value):
    """A bound as a number; durations and sizes may be written with units."""
    if not isinstance(value, str):
        return value
    units = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
    return sum(int(n) * units[u] for n, u in re.findall(r"(\d+)\s*([a-z]+)", value))


def wrong_type(row, kind, word, server):
    if word == "object":
        return [5, [1]]
    if word in ("list", "set", "map"):
        return [5, True] if word != "set" else [{"k": 5}, [[]]]
    if word in ("enum", "reference"):
        return [5, [], {}]
    return {"boolean": ["true", 1, []], "unsignedInteger": ["abc", True, 1.5], "integer": ["abc", True, 1.5],
            "float": ["abc", True], "size": [True, [], 1.5], "duration": [True, [], 1.5]}.get(kind, [5, True, {"a": 1}])


def wrong_values(maker, owner, field, row):
    """(kind of mistake, value) for every way in which the value of a field may be wrong."""
    kind = row["type"].rstrip("?")
    word, _, rest = kind.partition(" ")
    for value in wrong_type(row, kind, word, maker.server):
        yield "type", value
    if not row["type"].endswith("?"):
        yield "null", None
    if kind in ("unsignedInteger", "size"):
        yield "bound", -1
    if "min" in row and size_of(row["min"]) > 0:
        yield "bound", size_of(row["min"]) - 1
    if "max" in row:
        yield "bound", size_of(row["max"]) + 1
    if kind == "duration":
        yield "bound", 0
    if row.get("max_length"):
        yield "bound", "x" * (row["max_length"] + 1)
    if word == "enum":
        yield "enum", "noSuchMember"
        for name in maker.rows.members(rest)[:1]:
            if name.swapcase() not in maker.rows.members(rest):
                yield "enum", name.swapcase()
    if word == "set" and rest.startswith("of enum "):
        yield "enum", maker.as_set(["noSuchMember"])
    for value in WRONG_FORMAT.get(kind, []):
        yield "format", value
    for value in maker.checked(row, 1):
        yield "format", value
    validator = row.get("validate", "email" if kind == "emailAddress" else None)
    for value in WRONG_TEXT.get(validator, []):
        yield "format", value
    if word == "set":
        for value in WRONG_FORMAT.get(rest.removeprefix("of "), []):
            yield "format", maker.as_set([value])
    if row.get("min_items"):
        yield "items", maker.as_set([]) if word == "set" else maker.listed([])
    if kind in ("string", "text", "uri", "secret", "html", "emailAddress"):
        yield "empty", ""
    if word == "set" and rest in ("of string", "of uri", "of emailAddress", "of text"):
        yield "empty", maker.as_set([""])
    if word == "object" and "variants" in maker.rows.types[rest]:
        yield "variant", {"@type": "NoSuchVariant"}
        yield "no variant", {}
    if word == "set" and not maker.server:
        member = maker.values(owner, field, {"type": rest[3:]}, rest[3:], *rest[3:].partition(" ")[::2])[0]
        yield "member twice", [member, member]
    if maker.server:
        yield from wrong_shapes(maker, row, kind, word)


def wrong_shapes(maker, row, kind, word):
    """What stw's own form takes and a server does not."""
    low, high = maker.bounds(row, kind) if kind in ("duration", "size") else (0, 0)
    if kind == "duration" and low <= 3600000 <= high:
        yield "shape", "1h"
    if kind == "size" and low <= 52428800 <= high:
        yield "shape", "50mb"
    if word in ("set", "list"):
        own = Maker(maker.rows)
        value = own.right("", "", row)[0]
        yield "shape", value
    if kind == "object Expression":
        yield "shape", "1"
    if kind == "object Rate":
        yield "shape", "10/1h"


class File:
    """Bodies of one structure, one top-level field a line, with what is expected of some lines."""

    def __init__(self, before="", after=""):
        self.before, self.after, self.alone = before, after, False
        self.lines, self.cases = ["["], []

    def add(self, kind, body, at, twice=None):
        """`at`: the field whose line the mistake stands on, or None for the first line of the body."""
        start = len(self.lines) + 1
        items = list(body.items()) + ([twice] if twice else [])
        self.lines.append(self.before + "{")
        for n, (field, value) in enumerate(items):
            comma = "," if n + 1 < len(items) else ""
            self.lines.append("%s: %s%s" % (json.dumps(field), json.dumps(value), comma))
        self.lines.append("}" + self.after + ",")
        line = start + 1 + list(body).index(at) if at in body else start
        if twice:
            line = start + len(items)
        self.cases.append((kind, start, start + len(items) + 1, line))

    def update(self, name, client, body, field, value):
        """An operation that makes an object, and one that changes a field of it."""
        self.lines += [json.dumps({"@type": "create", "object": name, "value": {client: body}}) + ",",
                       json.dumps({"@type": "update", "object": name, "id": "#" + client, "value": {field: value}}) + ","]
        self.cases.append(("immutable", len(self.lines) - 1, len(self.lines), len(self.lines)))
        self.before = "["

    def join(self, other):
        """Takes in the bodies of another file, line after line."""
        shift = len(self.lines) - 1
        self.lines += other.lines[1:]
        self.cases += [(kind, first + shift, last + shift, line + shift) for kind, first, last, line in other.cases]

    def text(self):
        return "\n".join(self.lines).rstrip(",") + "\n]\n"


def part_of(values, salt):
    """All values, or for the quick run one of each kind, another one each field."""
    if FULL or len(values) < 2:
        return values
    return [values[salt % len(values)]]


def files_of(maker, name, body_name):
    """(purpose, File) for a structure, or for one variant of a union."""
    rows, server = maker.rows, maker.server
    prefix = {"@type": body_name[1]} if body_name else {}
    if name == "Tracer" and body_name[1] in ("Stdout", "Journal"):
        prefix["enable"] = False  # of these one may be active
    fields = rows.fields(body_name[2] if body_name else name) if not body_name or body_name[2] else {}
    owner = body_name[2] if body_name else name

    def body():
        return {**prefix, **(maker.body(owner) if owner else {})}

    # of a singleton there is one: fragments of a plan may update it any number of times
    alone = rows.types[name].get("object") == "singleton"
    key = rows.fields(owner).get(rows.types[name].get("identity"), {}).get("type", "") if owner else ""
    if alone or key.startswith("enum "):  # the objects that an enum can tell apart are few as well
        around = ('{"@type": "update", "object": "%s", %s"value": ' % (name, "" if alone else '"id": "b", '), "}")
    else:
        around = ()
    right, wrong, twice, dangling, single = File(*around), File(*around), File(*around), File(), []
    whole_only = ("missing", "dangling") if alone else ()
    if name == "Bootstrap":
        whole_only = list(CODES) + ["right"]

    def add(file, kind, *args):
        if kind in whole_only:
            purpose = kind if kind in ("right", "dangling") else "twice" if kind == "duplicate" else "wrong"
            single.append((purpose, File(*(around if kind != "missing" and kind != "dangling" else ()))))
            file = single[-1][1]
            file.alone = True
        file.add(kind, *args)

    add(right, "right", body(), None)
    if not body_name:
        add(wrong, "unknown", {**body(), "noSuchField": 1}, "noSuchField")
    for salt, (field, row) in enumerate(fields.items()):
        if row.get("update") == "serverSet":
            value = maker.right(owner, field, row)[0]
            add(wrong, "server-set", {**body(), field: value}, field)
            continue
        add(wrong, "unknown", {**body(), field + "x": 1}, field + "x")
        if (owner, field) in rows.required and (server or (owner, field) not in HOST_DECIDES):
            lacking = body()
            lacking.pop(field, None)
            add(wrong, "missing", lacking, None)
        for at in part_of(list(range(len(maker.right(owner, field, row)))), salt):
            # made anew each time, so that no two objects have a key in common
            add(right, "right", {**body(), **maker.companions(owner, field), field: maker.right(owner, field, row)[at]}, field)
        by_kind = {}
        for kind, value in wrong_values(maker, owner, field, row):
            by_kind.setdefault(kind, []).append(value)
        for kind, values in by_kind.items():
            for value in part_of(values, salt):
                add(wrong, kind, {**body(), field: value}, field)
        value = maker.right(owner, field, row)[0]
        whole = {**body(), **maker.companions(owner, field), field: value}
        add(twice, "duplicate", whole, field, (field, value))
        if row["type"].startswith("reference to "):
            add(dangling, "dangling", {**body(), field: "#nowhere"}, field)
        if row["type"].startswith("set of reference to "):
            add(dangling, "dangling", {**body(), field: maker.as_set(["#nowhere"])}, field)
    return [("right", right), ("wrong", wrong), ("twice", twice), ("dangling", dangling), *single]


def run(name, purpose, file, server):
    args = ["--from", "json", "--max-errors", "0", *NOISE]
    args += ["--object", name] if not file.before else []
    args += ["--partial"] if purpose != "dangling" else []
    args += ["--shapes", "server" if server else "own"]
    return stwctest.check_text(file.text(), *args)


def judge(name, purpose, file, server):
    """(kind, place, what was wrong) for each case that went wrong, and the count of each kind."""
    if not file.cases:
        return {}, []
    done = run(name, purpose, file, server)
    if done.status not in (0, 1) or not done.summary:
        return {}, [("run", name, "exit status %d: %s" % (done.status, done.stderr[:300] + done.stdout[:300]))]
    by_line = {}
    for d in done.diagnostics:
        if d["severity"] == "error" or d["code"] == "duplicate-member":
            by_line.setdefault(d.get("line", 0), []).append(d)
    counts, wrong = {}, []
    for kind, first, last, line in file.cases:
        counts[kind] = counts.get(kind, 0) + 1
        found = [d for n in range(first, last + 1) for d in by_line.get(n, [])]
        what = fault(kind, line, found)
        if what:
            wrong.append((kind, name, "%s | %s" % (what, file.text().split("\n")[line - 1][:150])))
    return counts, wrong


def fault(kind, line, found):
    if kind == "right":
        return "false alarm: " + "; ".join(d["message"] for d in found) if found else None
    here = [d for d in found if d["line"] == line]
    if not here:
        return "silence" if not found else "on another line: " + found[0]["message"]
    fitting = [d for d in here if d["code"] in CODES[kind]]
    if not fitting:
        return "another code: %s" % here[0]["code"]
    strange = [d for d in found if d["line"] != line and kind != "dangling"]
    return "more is said: " + strange[0]["message"] if strange else None


def keys_of(rows, name):
    """The fields that two objects of the type may not have in common."""
    table = rows.types[name]
    return [table["identity"]] if "identity" in table else []


def steps_of(maker, owner, field, row):
    """(path, right value, wrong value or None) for the ways into a field that an update may take."""
    rows, kind = maker.rows, row["type"].rstrip("?")
    word, _, rest = kind.partition(" ")
    if word == "set":
        members = maker.right(owner, field, row)[0]
        for member in list(members)[:1]:
            yield field + "/" + member.replace("~", "~0").replace("/", "~1"), True, 5
    inner = {"object": rest, "list": rest.removeprefix("of ")}.get(word)
    if not inner:
        return
    into = field + "/0" if word == "list" else field
    if "variants" in rows.types[inner]:
        bodies = [b for b in rows.variants(inner).values() if b][:1]
    else:
        bodies = [inner]
    for body in bodies:
        for name, inside in rows.fields(body).items():
            if inside.get("update") != "serverSet":
                yield into + "/" + name, maker.right(body, name, inside)[0], [[5]]


def patches_of(maker, name, case):
    """Updates of objects that only a server has, by paths into them."""
    rows, owner = maker.rows, case[2] if case else name
    kind = rows.types[name].get("object")
    if not owner or not maker.server or not kind or rows.types[name].get("data") or name == "Bootstrap":
        return
    file = File('{"@type": "update", "object": "%s", %s"value": ' % (name, '"id": "b", ' if kind == "collection" else ""), "}")
    for field, row in rows.fields(owner).items():
        if row.get("update", "mutable") != "mutable":
            continue
        for path, right, wrong in steps_of(maker, owner, field, row):
            file.add("right", {path: right}, path)
            file.add("path", {path: wrong}, path)
        file.add("path", {field + "/noSuchThing/at/all": 1}, field + "/noSuchThing/at/all")
    yield "right", file


def pairs_of(maker, name, case):
    """Two objects that have their key in common, and objects whose fixed fields change."""
    rows, owner = maker.rows, case[2] if case else name
    twice, fixed = File(), File()
    prefix = {"@type": case[1]} if case else {}
    if not owner or rows.types[name].get("object") != "collection" or rows.types[name].get("data"):
        return
    for key in keys_of(rows, name):
        first = {**prefix, **maker.body(owner)}
        if key in first:
            twice.add("right", first, None)
            twice.add("key twice", {**prefix, **maker.body(owner), key: first[key]}, key)
    for field, row in rows.fields(owner).items():
        if maker.server and row.get("update") == "immutable" and not rows.types[name].get("packed"):
            values = maker.right(owner, field, row) + maker.right(owner, field, row)
            fixed.update(name, "c%d" % maker.next(), {**prefix, **maker.body(owner), field: values[0]}, field,
                         next((v for v in reversed(values) if v != values[0]), None))
    yield "right", twice
    yield "right", fixed


def jobs(rows):
    for server in (False, True):
        for salt, (name, table) in enumerate(sorted(rows.types.items())):
            if server and not FULL and salt % 3:
                continue
            cases = [(name, v, b) for v, b in rows.variants(name).items()] if "variants" in table else [None]
            joined, maker = {}, Maker(rows, server)
            for case in cases:
                maker.variant = case[1] if case else None
                for purpose, file in [*files_of(maker, name, case), *pairs_of(maker, name, case),
                                      *patches_of(maker, name, case)]:
                    # the shapes that a server takes only matter to values
                    if not file.cases or server and purpose in ("twice", "dangling"):
                        continue
                    if file.alone:
                        yield name, purpose, file, server
                    elif (purpose, file.before) in joined:
                        joined[purpose, file.before].join(file)
                    else:
                        joined[purpose, file.before] = file
            for (purpose, _), file in joined.items():
                yield name, purpose, file, server


MARK = re.compile(r"(<!-- mutation run -->\n).*?(<!-- end -->)", re.S)
SAYS = {
    "type": "a value of another type", "null": "null where it may not be", "bound": "a number or length out of bounds",
    "items": "too few members", "enum": "a word that the enum lacks", "format": "a text of the wrong format",
    "empty": "an empty text", "missing": "a required field left out", "unknown": "a field that does not exist",
    "variant": "a variant that does not exist", "no variant": "a union without @type",
    "server-set": "a field that the server sets", "duplicate": "a key given twice", "member twice": "a member given twice",
    "dangling": "a reference to nothing", "shape": "a shape that a server does not take",
    "path": "a path that leads nowhere, or to a wrong value", "immutable": "a change of a fixed field", "key twice": "two objects with one key", "right": "right values",
}


def table(counts, wrong):
    """The counts as they stand in the documentation."""
    lines = ["| mistake | codes | values | missed |", "|---|---|---|---|"]
    for kind in [*CODES, "right"]:
        bad = sum(w[0] == kind for w in wrong)
        codes = ", ".join(sorted(CODES.get(kind, {"none"})))
        lines.append("| %s | %s | %d | %d |" % (SAYS[kind], codes, counts.get(kind, 0), bad))
    return "\n".join(lines) + "\n"


def write(path, counts, wrong):
    with open(path, encoding="utf-8") as source:
        text = source.read()
    with open(path, "w", encoding="utf-8") as out:
        out.write(MARK.sub(lambda m: m.group(1) + "\n" + table(counts, wrong) + "\n" + m.group(2), text))


def main():
    tap = stwctest.Tap()
    rows = Rows()
    counts, wrong = {}, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found, faults in pool.map(lambda job: judge(*job), jobs(rows)):
            for kind, n in found.items():
                counts[kind] = counts.get(kind, 0) + n
            wrong += faults
    for kind in [*CODES, "right", "run"]:
        bad = [w for w in wrong if w[0] == kind]
        for _, name, what in bad[:int(os.environ.get("STW_MUTATIONS_SHOW", 40))]:
            print("# %s: %s" % (name, what))
        tap.ok(not bad and (counts.get(kind) or kind == "run"), "%s: %d values, %d of them judged otherwise"
               % (kind, counts.get(kind, 0), len(bad)))
    if "--write" in sys.argv:
        write(sys.argv[sys.argv.index("--write") + 1], counts, wrong)
    tap.done()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
