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

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../stwc"))
import samples  # noqa: E402
import stwctest  # noqa: E402
from values import COMPANIONS, HOST_DECIDES, Maker, Rows, size_of  # noqa: E402

NOISE = ["--level", "inline-secret=off", "--level", "no-identity=off"]

WRONG_TEXT = {"email": ["no address", "user@", "@example.org", "a..b@example.org", "user@nodomain"], "local-part": ["a@b", "a..b"],
              "domain": ["no domain", "localhost", "a..example.org"],
              "hostname": ["two words", "single", "a..example.org"]}
WRONG_FORMAT = {
    "emailAddress": [], "ipAddress": ["192.0.2.300", "host", "192.0.2.01", "fe80::1%eth0", "192.0.2.1:25"],
    "ipNetwork": ["192.0.2.1/33", "10.0.0.0/7", "2001:db8::/129", "example.org", "192.0.2.1-9"],
    "socketAddress": ["host:25", "192.0.2.1", "192.0.2.1:70000", "2001:db8::1:25", ":25"],
    "utcDateTime": ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "1969-01-01T00:00:00Z"],
    "duration": ["5 parsecs", "h", "1h30", ""], "size": ["50 zb", "mb", "1.5mb"], "blobId": ["!"],
    "uri": ["no scheme", "http://exa mple.org", "://example.org", "http://example.org/%zz"],
    "object Rate": ["20 per hour", "/1d", "5/", "0/1d", "5/0s", "1000001/1d"],
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
    "expression": {"expression-syntax", "expression-name", "expression-arity", "expression-context", "expression-regex"},
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
    for value in WRONG_FORMAT.get(kind, []) if kind != "object Rate" or not maker.server else ():
        yield "format", value
    for value in maker.checked(row, 1):
        yield "format", value
    validator = row.get("validate", "email" if kind == "emailAddress" else None)
    for value in WRONG_TEXT.get(validator, []):
        yield "format", value
    if word == "set":
        for value in WRONG_FORMAT.get(rest.removeprefix("of "), []):
            yield "format", maker.as_set([value])
        for value in [] if maker.server else wrong_members(maker, rest):
            yield "type", [value]
    for rule in row.get("checks", ()):
        for value in samples.BY_MEMBER.get(rule, ()):
            yield "format", maker.as_set([value])
    if word == "map" and rest.startswith("of enum "):
        yield "enum", {"noSuchMember": next(iter(maker.values(owner, field, row, kind, word, rest)[0].values()))}
    if word == "map" and "headers" in row.get("checks", ()):
        for value in ({"bad name": "x"}, {"X-A": "a\nb"}, {"": "x"}):
            yield "format", value
    if kind == "object Expression":
        for value in wrong_expressions(maker, row):
            yield "expression", value
    if word == "reference":
        for value in ("45 68", "#", "no id"):
            yield "format", value
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


def wrong_expressions(maker, row):
    """What no place takes, and the names that this one does not know."""
    texts = list(samples.WRONG_EXPRESSIONS)
    for kind, every in (("variables", "ExpressionVariable"), ("constants", "ExpressionConstant")):
        known = maker.rows.names(kind, row)
        texts += [name for name in maker.rows.enums[every]["members"] if name not in known and name != "disable"]
    for text in texts:
        yield {"else": text}
    for text in samples.WRONG_EXPRESSIONS:
        yield {"match": maker.listed([{"if": text, "then": "1"}]), "else": "1"}
        yield {"match": maker.listed([{"if": "true", "then": "1"}, {"if": "true", "then": text}]), "else": "1"}


def wrong_members(maker, rest):
    """Members of a set or keys of a map that are not of its class."""
    if rest.startswith("of enum ") or rest.startswith("of reference ") or rest in ("of boolean",):
        return [5, True]
    return [5, {"a": 1}]


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


class Style:
    """How a format writes a list of bodies, each field on a line: what stands around and between."""

    def __init__(self, first, last, begin, field, end):
        self.first, self.last, self.begin, self.field, self.end = first, last, begin, field, end

    def lines(self, name, pairs, before, after):
        pairs = [self.field % (json.dumps(k), toml(v) if self is STYLES["toml"] else json.dumps(v)) for k, v in pairs]
        if self is STYLES["json"]:
            pairs = [pair + "," for pair in pairs[:-1]] + pairs[-1:]
        begin = "- {}" if self.begin == "-" and not pairs else self.begin.replace("NAME", name)
        return [before + begin, *pairs, self.end.replace(",", after + ",")]


STYLES = {
    "json": Style("[", "]", "{", "%s: %s", "},"),
    "yaml": Style("---", "...", "-", "  %s: %s", "# the next one"),
    "toml": Style("# bodies", "# the end", "[[NAME]]", "%s = %s", "# the next one"),
}


def toml(value):
    if value is None:
        return '{"@null" = true}'
    if isinstance(value, dict):
        return "{ %s }" % ", ".join("%s = %s" % (json.dumps(k), toml(v)) for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ", ".join(toml(v) for v in value)
    return json.dumps(value)


class File:
    """Bodies of one structure, one top-level field a line, with what is expected of some lines."""

    def __init__(self, before="", after=""):
        self.before, self.after, self.alone, self.updates = before, after, False, False
        self.bodies, self.cases, self.count = [], [], 1

    def add(self, kind, body, at, twice=None):
        """`at`: the field whose line the mistake stands on, or None for the first line of the body."""
        start = self.count + 1
        pairs = list(body.items()) + ([twice] if twice else [])
        self.bodies.append(pairs)
        self.count += len(pairs) + 2
        line = start + 1 + list(body).index(at) if at in body else start
        if twice:
            line = start + len(pairs)
        self.cases.append((kind, start, self.count, line))

    def update(self, name, client, body, field, value):
        """An operation that makes an object, and one that changes a field of it."""
        self.bodies += [json.dumps({"@type": "create", "object": name, "value": {client: body}}) + ",",
                        json.dumps({"@type": "update", "object": name, "id": "#" + client, "value": {field: value}}) + ","]
        self.count += 2
        self.cases.append(("immutable", self.count - 1, self.count, self.count))
        self.updates = True

    def join(self, other):
        """Takes in the bodies of another file, line after line."""
        shift = self.count - 1
        self.bodies += other.bodies
        self.count += other.count - 1
        self.updates = self.updates or other.updates
        self.cases += [(kind, first + shift, last + shift, line + shift) for kind, first, last, line in other.cases]

    def text(self, name="", form="json"):
        style = STYLES[form]
        lines = [style.first]
        for body in self.bodies:
            lines += [body] if isinstance(body, str) else style.lines(name, body, self.before, self.after)
        text = "\n".join(lines)
        return (text.rstrip(",") if form == "json" else text) + "\n" + style.last + "\n"


def part_of(values, salt, full):
    """All values, or for the quick run one of each kind, another one each field."""
    if full or len(values) < 2:
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
    add(right, "right", {**prefix, **maker.whole(owner, fields), **prefix}, None)
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
        for at, value in part_of(list(enumerate(maker.right(owner, field, row))), salt, maker.full):
            if field == "aliases":  # which no two objects may have in common
                value = maker.right(owner, field, row)[at]
            add(right, "right", {**body(), **maker.companions(owner, field), field: value}, field)
        by_kind = {}
        for kind, value in wrong_values(maker, owner, field, row):
            by_kind.setdefault(kind, []).append(value)
        for kind, values in by_kind.items():
            for value in part_of(values, salt, maker.full):
                add(wrong, kind, {**body(), field: value}, field)
        value = maker.right(owner, field, row)[0]
        whole = {**body(), **maker.companions(owner, field), field: value}
        add(twice, "duplicate", whole, field, (field, value))
        if row["type"].startswith("reference to "):
            add(dangling, "dangling", {**body(), field: "#nowhere"}, field)
        if row["type"].startswith("set of reference to "):
            add(dangling, "dangling", {**body(), field: maker.as_set(["#nowhere"])}, field)
    return [("right", right), ("wrong", wrong), ("twice", twice), ("dangling", dangling), *single]


def run(name, purpose, file, server, form):
    args = ["--from", form, "--max-errors", "0", *NOISE]
    args += ["--object", name] if not file.before and not file.updates and form != "toml" else []
    args += ["--partial"] if purpose != "dangling" else []
    args += ["--shapes", "server" if server else "own"]
    return stwctest.check_text(file.text(name, form), *args)


def judge(name, purpose, file, server, form):
    """(kind, place, what was wrong) for each case that went wrong, and the count of each kind."""
    done = run(name, purpose, file, server, form)
    if done.status not in (0, 1) or not done.summary:
        return {}, [("run", name, "%s, exit status %d: %s" % (form, done.status, done.stderr[:300] + done.stdout[:300]))]
    by_line = {}
    for d in done.diagnostics:
        if d["severity"] == "error" or d["code"] == "duplicate-member":
            by_line.setdefault(d.get("line", 0), []).append(d)
    counts, wrong = {}, []
    for kind, first, last, line in file.cases:
        counts[kind] = counts.get(kind, 0) + 1
        found = [d for n in range(first, last + 1) for d in by_line.get(n, [])]
        what = fault(kind, [line, line + 1] if line == first and form == "yaml" else [line], found)
        if what:
            shown = file.text(name, form).split("\n")[line - 1][:150]
            wrong.append((kind, name, "%s, %s | %s" % (form, what, shown)))
    return counts, wrong


def fault(kind, lines, found):
    if kind == "right":
        return "false alarm: " + "; ".join(d["message"] for d in found) if found else None
    here = [d for d in found if d["line"] in lines]
    if not here:
        return "silence" if not found else "on another line: " + found[0]["message"]
    fitting = [d for d in here if d["code"] in CODES[kind]]
    if not fitting:
        return "another code: %s" % here[0]["code"]
    strange = [d for d in found if d["line"] not in lines and kind != "dangling"]
    return "more is said: " + strange[0]["message"] if strange else None


def keys_of(rows, name):
    """The fields that two objects of the type may not have in common."""
    table = rows.types[name]
    return [table["identity"]] if "identity" in table else []


def inside_of(maker, owner, field, row, variant, name):
    """What right values of the field have under this name, or in their first member; there may be none."""
    for whole in maker.right(owner, field, row):
        part = whole.get("0") if row["type"].startswith("list ") and isinstance(whole, dict) else whole
        if isinstance(part, dict) and name in part and part.get("@type", variant) == variant:
            yield part[name]


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
        bodies = [(v, b) for v, b in rows.variants(inner).items() if b][:1]
    else:
        bodies = [(None, inner)]
    for variant, body in bodies:
        for name, inside in rows.fields(body).items():
            if inside.get("update") == "serverSet":
                continue
            # what the rules of the field say of its parts holds on a path as well
            values = list(inside_of(maker, owner, field, row, variant, name)) or \
                ([] if row.get("checks") or inner == "Expression" else maker.right(body, name, inside))
            if values:
                yield into + "/" + name, values[0], [[5]]


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


def forms_of(table, file, server, salt, full):
    """The formats that can hold the file; for the quick run one of them."""
    if file.before or file.updates:
        return ["json"]
    lists = not server and table.get("object") == "collection" and not table.get("data")
    forms = ["json", "yaml", "toml"] if lists else ["json", "yaml"]
    return forms if full else [forms[salt % len(forms)]]


def jobs(rows, full):
    """(structure, purpose, file, shapes of a server?, format) for each run; `full`: with every value."""
    for server in (False, True):
        for salt, (name, table) in enumerate(sorted(rows.types.items())):
            if server and not full and salt % 3:
                continue
            cases = [(name, v, b) for v, b in rows.variants(name).items()] if "variants" in table else [None]
            joined, maker = {}, Maker(rows, server)
            maker.full = full
            for case in cases:
                maker.variant = case[1] if case else None
                for purpose, file in [*files_of(maker, name, case), *pairs_of(maker, name, case),
                                      *patches_of(maker, name, case)]:
                    # the shapes that a server takes only matter to values
                    if not file.cases or server and purpose in ("twice", "dangling"):
                        continue
                    if file.alone:
                        yield name, purpose, file, server, "json"
                        continue
                    key = (purpose, file.before, file.updates)
                    if key in joined:
                        joined[key].join(file)
                    else:
                        joined[key] = file
            for (purpose, _, _), file in joined.items():
                for form in forms_of(table, file, server, salt, full):
                    yield name, purpose, file, server, form


MARK = re.compile(r"(<!-- mutation run -->\n).*?(<!-- end -->)", re.S)
SAYS = {
    "type": "a value of another type", "null": "null where it may not be", "bound": "a number or length out of bounds",
    "items": "too few members", "enum": "a word that the enum lacks", "format": "a text of the wrong format",
    "expression": "an expression that its place does not take", "empty": "an empty text", "missing": "a required field left out", "unknown": "a field that does not exist",
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


def stated():
    """The counts of right and of missed values in the documentation, by what they are of."""
    with open(os.path.join(stwctest.SRCDIR, "doc/verdict.md"), encoding="utf-8") as source:
        rows = [line.split("|") for line in MARK.search(source.read()).group(0).split("\n") if line.startswith("| ")]
    return {row[1].strip(): (int(row[3]), int(row[4])) for row in rows[1:]}


def all_counts(rows):
    """How many values of each kind the full run has; nothing is run."""
    counts = {}
    for _, _, file, _, _ in jobs(rows, True):
        for case in file.cases:
            counts[case[0]] = counts.get(case[0], 0) + 1
    return counts


def main():
    tap = stwctest.Tap()
    rows, full = Rows(), os.environ.get("STW_MUTATIONS") == "full"
    counts, wrong = {}, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found, faults in pool.map(lambda job: judge(*job), jobs(rows, full)):
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
    every = counts if full else all_counts(rows)
    have = stated()
    tap.equal(sorted(have), sorted(SAYS[kind] for kind in [*CODES, "right"]), "doc/verdict.md has a row for each kind")
    # a new field or two may wait for the next full run
    off = [SAYS[kind] for kind in [*CODES, "right"] if abs(have[SAYS[kind]][0] - every.get(kind, 0)) > every[kind] // 20 + 5]
    tap.equal(off, [], "doc/verdict.md states how many values the full run has; make mutation-full writes it")
    tap.equal([row for row in have.values() if row[1]], [], "and that none was missed")
    tap.done()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
