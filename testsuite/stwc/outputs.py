"""Diagnostics for programs: SARIF 2.1.0, workflow commands of GitHub Actions, lines as compilers print them."""
import json
import os
import re
import subprocess
import sys
import tempfile

import stwctest
from validator import Validator

SOURCE = """[NetworkListener.a]
bind = "127.0.0.1:2525"
tlsImplict = true
[NetworkListener."b, 50% \u00e9"]
bind = "127.0.0.1:2525"
protocol = "smtq"
"""


def of(required, **properties):
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def several(items):
    return {"type": "array", "items": items}


# what stands in single braces is an argument of the message, and ours have none (3.11.5)
PROSE = {"type": "string", "minLength": 1, "pattern": r"^([^{}]|\{\{|\}\})+$"}
WORD, COUNT = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}
TEXT = of(["text"], text=PROSE)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
URI = {"type": "string", "pattern": r"^([A-Za-z0-9._~!$&'()*+,;=@:/-]|%[0-9A-F]{2})+$"}
PHYSICAL = of(["artifactLocation"], artifactLocation=of(["uri"], uri=URI),
              region=of(["startLine"], startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT))
LOCATION = of([], id={"type": "integer", "minimum": 0}, physicalLocation=PHYSICAL, message=TEXT,
              logicalLocations=several(of([], fullyQualifiedName=WORD)))
RULE = of(["id"], id=WORD, shortDescription=TEXT, fullDescription=TEXT, help=TEXT, defaultConfiguration=of([], level=LEVEL))
RESULT = of(["message", "ruleId", "partialFingerprints"], ruleId=WORD, ruleIndex={"type": "integer", "minimum": 0}, level=LEVEL,
            message=TEXT, locations=several(LOCATION), relatedLocations=several(LOCATION),
            partialFingerprints={"type": "object", "minProperties": 1, "additionalProperties": WORD})
RUN = of(["tool"], tool=of(["driver"], driver=of(["name"], name=WORD, version=WORD, rules=several(RULE))),
         invocations=several(of(["executionSuccessful"], executionSuccessful={"type": "boolean"})),
         columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]}, results=several(RESULT))
# what OASIS' schema of SARIF 2.1.0 says of the properties that we use; it allows no others in these objects either
SARIF = of(["version", "runs"], **{"$schema": WORD, "version": {"const": "2.1.0"}, "runs": several(RUN)})


def sarif_of(tap, name, done):
    document = json.loads(done.stdout)
    errors = list(Validator(SARIF).errors(document, SARIF))
    tap.equal(errors, [], f"{name}: the log has the shape of SARIF 2.1.0")
    run = document["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    tap.ok(len(rules) == len(set(rules)) and all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"]),
           f"{name}: every result knows its rule")
    return run


def outlined(run):
    return sorted(r["partialFingerprints"]["stwFinding/v1"] for r in run["results"])


def sarif(tap):
    done = stwctest.run("check", "--format", "sarif", "--from", "toml", "-", "--as", "a dir/m\u00e4il.toml", stdin=SOURCE)
    tap.equal((done.status, done.stderr), (1, ""), "SARIF goes to standard output, and the status says that it is wrong")
    run = sarif_of(tap, "mistakes", done)
    plain = stwctest.run("check", "--format", "json", "--from", "toml", "-", "--as", "a dir/m\u00e4il.toml", stdin=SOURCE)
    tap.equal([r["ruleId"] for r in run["results"]], [d["code"] for d in plain.diagnostics], "a result for each diagnostic")
    for result, diagnostic in zip(run["results"], plain.diagnostics):
        place = result["locations"][0]["physicalLocation"]
        tap.equal([place["region"][word] for word in ("startLine", "startColumn", "endLine", "endColumn")],
                  [diagnostic[word] for word in ("line", "column", "endLine", "endColumn")], f"{diagnostic['code']}: its region")
        tap.equal(place["artifactLocation"]["uri"], "a%20dir/m%C3%A4il.toml", f"{diagnostic['code']}: its file as a URI")
        tap.equal(result["level"], diagnostic["severity"], f"{diagnostic['code']}: its level")
        tap.ok(diagnostic["message"] in result["message"]["text"], f"{diagnostic['code']}: its message")
        tap.equal(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], diagnostic["path"], "and its path")
    related = [r for r in run["results"] if "relatedLocations" in r]
    tap.equal([r["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] for r in related], [2],
              "the other place of a duplicate is a related location")
    moved = stwctest.run("check", "--format", "sarif", "--from", "toml", "-", "--as", "a dir/m\u00e4il.toml",
                         stdin="# a line\n\n" + SOURCE.replace("tlsImplict = true", "  tlsImplict   =   true"))
    tap.equal(outlined(json.loads(moved.stdout)["runs"][0]), outlined(run), "fingerprints stay when lines move")
    tap.equal(len(set(outlined(run))), len(run["results"]), "and tell results apart")
    twice = stwctest.run("check", "--format", "sarif", "--from", "json", "--object", "NetworkListener", "-",
                         stdin='[{"bind": 1}, {"bind": 1}]')
    marks = outlined(json.loads(twice.stdout)["runs"][0])
    tap.equal(len(set(marks)), len(marks), "results that are alike are numbered")
    braces = stwctest.run("check", "--format", "sarif", "--from", "toml", "-", stdin='[Imap]\nmaxRequestRate = "{0}"\n')
    run = sarif_of(tap, "braces", braces)
    tap.ok("'{{0}}'" in run["results"][0]["message"]["text"] and "{{count, period}}" in run["tool"]["driver"]["rules"][0]["fullDescription"]["text"],
           "braces are doubled, so that they are no place of an argument")
    valid = stwctest.run("check", "--format", "sarif", "--from", "toml", "-", stdin='[NetworkListener.a]\nbind = "[::1]:2525"\n')
    tap.equal((valid.status, sarif_of(tap, "no mistake", valid)["results"]), (0, []), "no mistake, no result")
    gone = stwctest.run("check", "--format", "sarif", "/nowhere/a b.toml")
    run = sarif_of(tap, "an unreadable input", gone)
    tap.equal((gone.status, run["invocations"][0]["executionSuccessful"],
               run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]),
              (2, False, "file:///nowhere/a%20b.toml"), "an unreadable input is a failed run, and names the file")


def every_fixture(tap):
    """The shape holds for what other tests say too."""
    folder = os.path.join(stwctest.SRCDIR, "testsuite/checks")
    names = [n for n in sorted(os.listdir(folder)) if not n.endswith(".args") and not os.path.exists(
        os.path.join(folder, re.sub(r"\..*", "", n) + ".args"))]
    done = stwctest.run("check", "--format", "sarif", "--max-errors", "0", *[os.path.join(folder, n) for n in names])
    run = sarif_of(tap, "all fixtures together", done)
    tap.ok(len(run["results"]) > 50, "which have many results")
    tap.equal(len(set(outlined(run))), len(run["results"]), "with fingerprints of their own")


def lines(tap):
    done = stwctest.run("check", "--format", "github", "--from", "toml", "-", "--as", "a,b:100%.toml", stdin=SOURCE)
    tap.equal(done.stdout.splitlines(), [
        "::error file=a%2Cb%3A100%25.toml,line=3,endLine=3,col=1,endColumn=11,title=unknown-field::"
        "NetworkListener has no field 'tlsImplict' (did you mean 'tlsImplicit'?)",
        "::warning file=a%2Cb%3A100%25.toml,line=5,endLine=5,col=8,endColumn=24,title=duplicate-bind::"
        "127.0.0.1:2525 is the address of the listener 'a' too",
        "::error file=a%2Cb%3A100%25.toml,line=6,endLine=6,col=12,endColumn=18,title=unknown-member::"
        "NetworkListenerProtocol has no member 'smtq' (did you mean 'smtp'? It is one of smtp, lmtp, http, imap, pop3, "
        "manageSieve)"], "workflow commands, with the characters escaped that end a value")
    tap.ok(done.stderr.startswith("not valid: 2 errors"), "the summary stands beside them")
    done = stwctest.run("check", "--format", "github", "--from", "json", "-", stdin='{"a\\n::add-mask::x%": 1}')
    tap.ok(done.stdout.count("\n") == 1 and "a%0A::add-mask::x%25" in done.stdout, "no name in a source makes a command of its own")
    done = stwctest.run("check", "--format", "github", "--from", "toml", "-", stdin="NetworkListener.a.bind = [\n'x:1',\n")
    tap.ok(re.match(r"::error file=<stdin>,line=\d+,", done.stdout), "a syntax error has its line")
    done = stwctest.run("check", "--format", "gcc", "--from", "toml", "-", "--as", "m.toml", stdin=SOURCE)
    tap.equal([line.split(" (")[0] for line in done.stdout.splitlines()], [
        "m.toml:3:1: error: NetworkListener has no field 'tlsImplict'",
        "m.toml:5:8: warning: 127.0.0.1:2525 is the address of the listener 'a' too [duplicate-bind]",
        "m.toml:2:8: note: bound here first",
        "m.toml:6:12: error: NetworkListenerProtocol has no member 'smtq'"], "lines as compilers print them")
    tap.ok(done.stdout.splitlines()[0].endswith(" [unknown-field]"), "with the code at their end")
    done = stwctest.run("check", "--format", "gcc", "--from", "json", "-", stdin='{"a\\nb\\u001b[2J": 1}')
    tap.ok("'a?b?[2J'" in done.stdout and done.stdout.count("\n") == 1, "each on one line, whatever names hold")
    done = stwctest.run("check", "--format", "gcc", "/nowhere/x.toml")
    tap.ok(done.status == 2 and done.stdout.startswith("/nowhere/x.toml: error: cannot open"), "an unreadable input too")


def chosen(tap):
    """GitHub Actions sets a variable; --format says more."""
    for value, options, start in (("true", [], "::error file="), ("true", ["--format", "gcc"], "<stdin>:3:1: error"),
                                  ("true", ["--format=text"], ""), ("false", [], ""), (None, [], "")):
        env = {"GITHUB_ACTIONS": value} if value else {}
        done = stwctest.run("check", *options, "--from", "toml", "-", stdin=SOURCE, env=env)
        tap.ok(done.stdout.startswith(start) and bool(done.stdout) == bool(start),
               f"GITHUB_ACTIONS={value}, {options}: {start or 'nothing on standard output'}")
    done = stwctest.run("get", "NetworkListener/a/bind", "--from", "toml", "-", stdin=SOURCE, env={"GITHUB_ACTIONS": "true"})
    tap.ok("error[unknown-field]" in done.stderr and done.stdout == "", "commands that print something else stay as they are")
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "m.stwi")
        done = stwctest.run("build", "--format", "gcc", "--from", "toml", "-", "-o", image, stdin=SOURCE)
        tap.ok(done.status == 1 and "[unknown-field]" in done.stdout and not os.path.exists(image), "build takes the formats as well")


def secrets(tap):
    """No format shows what is a secret."""
    text = '[Directory.a]\n"@type" = "Ldap"\nurl = "ldap://x"\nbindDn = "cn=a"\nbindSecret = {"@type" = "Value", secret = "hunter2", x = 1}\n'
    for form in ("sarif", "github", "gcc"):
        done = stwctest.run("check", "--format", form, "--from", "toml", "-", stdin=text)
        tap.ok(done.stdout and "hunter2" not in done.stdout + done.stderr, f"{form} shows no secret")


def validated(tap):
    """The published schema itself, where somebody has it."""
    path = os.environ.get("STW_SARIF_SCHEMA")
    if not path:
        print("# SKIP the published schema of SARIF: STW_SARIF_SCHEMA names no file")
        return
    done = stwctest.run("check", "--format", "sarif", "--from", "toml", "-", stdin=SOURCE)
    script = "import json,sys,jsonschema; jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))"
    ran = subprocess.run([sys.executable, "-c", script, path], input=done.stdout, text=True, capture_output=True, check=False)
    tap.ok(ran.returncode == 0, "the log is valid by the published schema") or print("#   " + ran.stderr[-500:])


def main():
    tap = stwctest.Tap()
    sarif(tap)
    every_fixture(tap)
    lines(tap)
    chosen(tap)
    secrets(tap)
    validated(tap)
    tap.done()


main()
