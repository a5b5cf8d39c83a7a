"""schema and explain: the reference as text, as lines, and as a JSON Schema that says what stwc says."""
import json
import sys

import generate
import roundtrip
import stwctest
from validator import Validator

KNOWN = {"$schema", "$id", "$comment", "$ref", "definitions", "title", "type", "properties", "additionalProperties",
         "allOf", "if", "then", "else", "required", "items", "minItems", "minProperties", "propertyNames",
         "pattern", "minLength", "maxLength", "minimum", "maximum", "enum", "const", "format", "description",
         "default", "deprecated"}
def keywords(schema, found):
    """Every keyword and reference of a schema."""
    if schema is True:
        return found
    for word, value in schema.items():
        found[0].add(word)
        if word == "$ref":
            found[1].add(value)
        if word in ("properties", "definitions"):
            for part in value.values():
                keywords(part, found)
        elif word == "allOf":
            for part in value:
                keywords(part, found)
        elif word in ("if", "then", "else", "items", "propertyNames", "additionalProperties") and isinstance(value, dict):
            keywords(value, found)
    return found


# what it is, the configuration, and where and what an editor says: the one mistake, and not the object around it
REFUSED = [
    ("a member of include that there is not", {"include": [{"file": "x.toml", "over": True}], "NetworkListener": {"a": {"bind": "[::]:2525"}}},
     "/include/0: no over"),
    ("a list without a file", {"BlockedIp": {"include-list": {"format": "cidr"}}}, "/BlockedIp/include-list: needs file"),
    ("a list among the objects of a type that says another", {"BlockedIp": {"include-list": {"file": "x", "type": "AllowedIp"}}},
     "/BlockedIp/include-list: no type"),
    ("a field of a list's entries that the server sets", {"include-list": {"file": "x", "createdAt": "2026-01-01T00:00:00Z"}},
     "/include-list: no createdAt"),
    ("a format of lists that there is not", {"include-list": [{"file": "x", "format": "xml"}]}, "/include-list/0/format: not a member"),
    ("a delimiter of two bytes", {"include-list": [{"file": "x", "format": "csv", "delimiter": "é"}]}, "/include-list/0/delimiter: "),
    ("an unknown type", {"NetworkListner": {}}, ": no NetworkListner"),
    ("an unknown field", {"NetworkListener": {"a": {"bind": "[::]:25", "binds": 1}}}, "/NetworkListener/a: no binds"),
    ("an unknown field in a list", {"NetworkListener": [{"name": "a", "bind": "[::]:25", "binds": 1}]}, "/NetworkListener/0: no binds"),
    ("a missing field", {"NetworkListener": {"a": {"protocol": "smtp"}}}, "/NetworkListener/a: needs bind"),
    ("a missing key, which no client id fills", {"NetworkListener": [{"bind": "[::]:25"}]}, "/NetworkListener/0: needs name"),
    ("a wrong type", {"NetworkListener": {"a": {"bind": 25}}}, "/NetworkListener/a/bind: no string"),
    ("a wrong member", {"NetworkListener": {"a": {"bind": ["[::]:25", 25]}}}, "/NetworkListener/a/bind/1: no string"),
    ("a value out of bounds", {"NetworkListener": {"a": {"bind": "[::]:25", "maxConnections": 0}}},
     "/NetworkListener/a/maxConnections: out of bounds"),
    ("an unknown member", {"NetworkListener": {"a": {"bind": "[::]:25", "protocol": "ftp"}}}, "/NetworkListener/a/protocol: not a member"),
    ("an unknown variant", {"Tracer": {"a": {"@type": "Paper"}}}, "/Tracer/a/@type: not a member"),
    ("a missing variant", {"Tracer": {"a": {"path": "/x"}}}, "/Tracer/a: needs @type"),
    ("a field of another variant", {"Tracer": {"a": {"@type": "Stdout", "path": "/x"}}}, "/Tracer/a: no path"),
    ("a field of a variant that has none", {"Domain": {"example.org": {"dkimManagement": {"@type": "Manual", "x": 1}}}},
     "/Domain/example.org/dkimManagement: no x"),
    ("a variant of what has none", {"Imap": {"@type": "Imap"}}, "/Imap: no @type"),
    ("an expression without its else, where no default has one", {"Alert": {"a": {"condition": {"match": [{"if": "true", "then": "1"}]}}}},
     "/Alert/a/condition: needs else"),
    ("a null that is no value", {"NetworkListener": {"a": {"bind": "[::]:25", "useTls": None}}}, "/NetworkListener/a/useTls: no boolean"),
    ("a duration without a unit", {"NetworkListener": {"a": {"bind": "[::]:25", "tlsTimeout": "90"}}},
     "/NetworkListener/a/tlsTimeout: '90' does not match"),
    ("a field that the server sets", {"AcmeProvider": {"a": {"contact": "a@example.org", "accountUri": "https://a/"}}},
     "/AcmeProvider/a: no accountUri"),
    ("no URI", {"AcmeProvider": {"a": {"contact": "a@example.org", "directory": "https://a b/"}}},
     "/AcmeProvider/a/directory: 'https://a b/' does not match"),
    ("data", {"Trace": {"a": {}}}, ": no Trace"),
    ("a list where one body belongs", {"SystemSettings": [{}]}, "/SystemSettings: no object"),
]
ACCEPTED = [
    ("sets as one value, list and map", {"NetworkListener": [{"name": "a", "bind": "[::]:1"}, {"name": "b", "bind": ["[::]:2"]},
                                                             {"name": "c", "bind": {"[::]:3": True}}]}),
    ("lists as map", {"MtaHook": {"a": {"url": "https://a.example.org/", "enable": {
        "match": {"0": {"if": "1", "then": "2"}}, "else": "3"}}}}),
    ("an expression as text", {"MtaHook": {"a": {"url": "https://a.example.org/", "enable": "true"}}}),
    ("a rate as text", {"Imap": {"maxRequestRate": "100/1h 30m"}}),
    ("an address that is told as a URI, or has letters beyond ASCII", {"Domain": {"example.org": {"catchAllAddress": "jane@example.org"}},
                                                                  "AcmeProvider": {"a": {"contact": ["mailto:a@example.org", "é@münchen.de"]}}}),
    ("URIs as servers take them", {"WebHook": {"a": {"url": "https://münchen.de/a|b?c={d}"}}}),
    ("an expression and a rate whose rest is the default", {"MtaStageRcpt": {"rewrite": {"match": [{"if": "true", "then": "rcpt"}]}},
                                                           "Imap": {"maxRequestRate": {"count": 5}}}),
    ("both spellings of null", {"Imap": {"maxRequestRate": None}, "NetworkListener": {
        "a": {"bind": "[::]:2525", "socketTtl": {"@null": True}}}}),
    ("the address of the schema itself", {"$schema": "stw.schema.json", "NetworkListener": {"a": {"bind": "[::]:2525"}}}),
    ("types with x: before", {"x:NetworkListener": {"a": {"bind": "[::]:2525"}}}),
    ("durations and sizes", {"Email": {"maxMessageSize": "50 MB"}, "NetworkListener": {
        "a": {"bind": "[::]:2525", "tlsTimeout": "1h30m"}, "b": {"bind": "[::]:2526", "tlsTimeout": 5}}}),
]


def checks(tap, name, made, says, validator):
    """`says`: the one thing that is wrong, or nothing."""
    errors = list(validator.errors(made, validator.document))
    done = stwctest.check_text(json.dumps(made), "--from", "json")
    right = len(errors) == 1 and errors[0].startswith(says) if says else not errors
    if not tap.ok(right and (done.status == 0) == (not says),
                  f"{name} is {'refused' if says else 'accepted'} by the JSON Schema and by check"):
        print("#   %s\n#   %s" % (errors[:5], done.codes()))


def json_schema(tap):
    text = stwctest.run("schema", "--to", "json-schema").stdout
    document = json.loads(text)
    words, references = keywords(document, (set(), set()))
    tap.equal(document["$schema"], "http://json-schema.org/draft-07/schema#", "the schema says its draft")
    tap.equal(words - KNOWN, set(), "it has keywords of the draft only")
    missing = [r for r in references if r.removeprefix("#/definitions/") not in document["definitions"]]
    tap.equal(missing, [], "its references lead somewhere")
    tap.equal(len(references), len(document["definitions"]), "and it defines nothing that is not used")
    validator = Validator(document)
    for name, made, says in REFUSED:
        checks(tap, name, made, says, validator)
    for name, made in ACCEPTED:
        checks(tap, name, made, None, validator)
    reference = generate.Reference()
    for seed in range(3):
        made = generate.Generator(reference, seed).configuration(roundtrip.KEYED)
        errors = list(validator.errors(made, document))
        if not tap.ok(not errors, f"a random configuration is valid, seed {seed}"):
            print("#   " + "\n#   ".join(errors[:10]))
    one = json.loads(stwctest.run("schema", "NetworkListener", "--to", "json-schema").stdout)
    tap.equal(list(Validator(one).errors({"bind": "[::]:25", "protocol": "smtp"}, one)), [], "a schema of one type")
    tap.ok("DnsServer" not in one["definitions"], "has what the type uses alone")


def lines(tap):
    rows = [line.split("\t") for line in stwctest.run("schema", "--to", "list").stdout.splitlines()]
    tap.ok(len(rows) >= 2096 and all(len(row) == 8 for row in rows), "the list has a line of 8 columns for every field")
    tap.equal(len({row[0] for row in rows}), len(rows), "no field twice")
    by_name = {row[0]: row[1:] for row in rows}
    tap.equal(by_name["NetworkListener.socketTtl"][:5],
              ["unsignedInteger", "true", "null", "1", "255"], "type, nullable, default and bounds")
    tap.equal(by_name["NetworkListener.bind"], ["set of socketAddress", "false", "", "1", "", "mutable", "false"],
              "a set that must have a member")
    tap.equal(by_name["Domain.directoryId"][0], "reference to Directory", "a reference")
    tap.equal(by_name["Domain.directoryId"][6], "true", "the mark of the enterprise edition")
    tap.equal(by_name["BlockedIp.address"][5], "immutable", "an immutable field")
    tap.equal(by_name["BlockedIp.createdAt"][5], "serverSet", "a field that the server sets")
    tap.equal(by_name["NetworkListener.tlsTimeout"][2], "60000", "a default in the server's form")
    some = stwctest.run("schema", "Tracer", "--to", "list").stdout
    tap.ok("TracerLog.path\t" in some and "TracerStdout." in some, "the list of a union has the fields of its variants")
    tap.equal(some.count("TracerLog.path\t"), 1, "each once")


def texts(tap):
    overview = stwctest.run("schema").stdout.splitlines()
    tap.equal(len(overview), 150, "schema lists every type")
    kinds = {line.split()[0]: line.split()[1] for line in overview}
    tap.equal([kinds["NetworkListener"], kinds["SystemSettings"], kinds["Account/User"], kinds["Trace"]],
              ["collection", "singleton", "view", "data"], "with its kind")
    done = stwctest.run("explain", "NetworkListener.protocol")
    for part in ("NetworkListener.protocol\n", "enum NetworkListenerProtocol", '"smtp"', "  manageSieve\n",
                 "reload ", "acts on it", "mutable"):
        tap.ok(part in done.stdout, f"explain of a field has {part.strip()}")
    done = stwctest.run("explain", "NetworkListener.tlsTimeout")
    tap.ok("60000 (1m)" in done.stdout, "a default with its unit")
    tap.ok("none: it must be given" in stwctest.run("explain", "NetworkListener.bind").stdout, "or that there is none")
    done = stwctest.run("explain", "Domain.directoryId")
    tap.ok("refers to    Directory" in done.stdout and "licence" in done.stdout, "the target of a reference")
    done = stwctest.run("explain", "Tracer")
    tap.ok("Log  TracerLog, enacted by stwd" in done.stdout, "explain of a union has its variants")
    tap.equal(stwctest.run("explain", "Tracer.Log").status, 0, "a variant")
    tap.ok(stwctest.run("explain", "Tracer.path").stdout.startswith("TracerLog.path\n"), "a field of a variant")
    tap.ok(stwctest.run("explain", "SystemSettings.services.cleartext").stdout.startswith("Service.cleartext\n"),
           "a field inside a map of objects")
    tap.ok("\n  tls12\n      TLS 1.2." in stwctest.run("explain", "TlsVersion").stdout, "an enum with its members")
    tap.equal(stwctest.run("schema", "TlsVersion").stdout, stwctest.run("explain", "TlsVersion").stdout,
              "schema knows enums as explain does")
    made = json.loads(stwctest.run("schema", "TlsVersion", "--to", "json-schema").stdout)
    tap.equal([made["$schema"][:23], made["title"], made["enum"]], ["http://json-schema.org/", "TlsVersion", ["tls12", "tls13"]],
              "also as a JSON Schema")
    done = stwctest.run("explain", "MtaHook.enable")
    tap.ok("\n  variables    RCPT_TO:\n               listener, remote_ip, " in done.stdout and " helo_domain\n" in done.stdout,
           "the variables of an expression, by name")
    tap.ok("\n  constants    any\n" in done.stdout, "and its constants")
    tap.ok("\n  constants    VERIFY:\n               relaxed, strict, disable\n"
           in stwctest.run("explain", "SenderAuth.dkimVerify").stdout, "which may be few")
    done = stwctest.run("explain", "unknown-field")
    tap.ok(done.stdout.startswith("error[unknown-field]: "), "a diagnostic")
    tap.equal(json.loads(stwctest.run("explain", "--format", "json", "unknown-field").stdout)["severity"], "error",
              "as JSON")
    listed = json.loads(stwctest.run("explain", "--list", "--format", "json").stdout)["codes"]
    plain = stwctest.run("explain", "--list").stdout.splitlines()
    tap.equal([c["code"] for c in listed], [line.split()[0] for line in plain], "the list of diagnostics in both forms")
    made = json.loads(stwctest.run("explain", "--format", "json", "NetworkListener.useTls").stdout)
    tap.equal([made["default"], made["enacted"], made["fieldType"]], [True, True, "boolean"], "a field as JSON")
    long = [line for line in stwctest.run("schema", "NetworkListener").stdout.splitlines()
            if line.startswith("      ") and len(line) > 80]
    tap.equal(long, [], "sentences keep to 80 columns")


def refusals(tap):
    for name, args, said in (
            ("explain of nothing", ["explain"], "name one"),
            ("explain of what there is not", ["explain", "unknown-feild"], "did you mean 'unknown-field'?"),
            ("explain of a field that there is not", ["explain", "NetworkListener.x.y"], "no field 'x.y'"),
            ("explain inside an enum", ["explain", "TlsVersion.x"], "no diagnostic"),
            ("schema of what there is not", ["schema", "NetworkListner"], "did you mean 'NetworkListener'?"),
            ("schema of a misspelt enum", ["schema", "TlsVersoin"], "did you mean 'TlsVersion'?"),
            ("schema of an enum as a list of fields", ["schema", "TlsVersion", "--to", "list"], "no fields"),
            ("schema of two types", ["schema", "Http", "Imap"], "one type"),
            ("schema to nothing", ["schema", "--to", "xml"], "json-schema")):
        done = stwctest.run(*args)
        tap.ok(done.status == 2 and done.stdout == "" and said in done.stderr, f"{name}: status 2 and why")


def every_name(tap):
    """Nothing in the reference that explain cannot say: one run for each structure."""
    owners = sorted({line.partition(".")[0] for line in stwctest.run("schema", "--to", "list").stdout.splitlines()})
    bad = [o for o in owners[::7] if not stwctest.run("explain", o).stdout.startswith(o + ": a ")]
    tap.equal(bad, [], "every structure is explained")


def main():
    tap = stwctest.Tap()
    json_schema(tap)
    lines(tap)
    texts(tap)
    refusals(tap)
    every_name(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
