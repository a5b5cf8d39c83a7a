"""Every kind of value: what is accepted, what is refused, with which code, and where."""
import json
import sys

import stwctest

LISTENER = '[NetworkListener.a]\nbind = "127.0.0.1:2525"\n'

# field of NetworkListener.a, value in TOML, code of the error or None
LISTENER_VALUES = [
    ("tlsImplicit", "true", None),
    ("tlsImplicit", '"true"', "wrong-type"),
    ("tlsImplicit", "1", "wrong-type"),
    ("maxConnections", "1", None),
    ("maxConnections", "0", "out-of-range"),
    ("maxConnections", "-1", "out-of-range"),
    ("maxConnections", "1.0", "lossy-number"),
    ("maxConnections", '"8192"', "wrong-type"),
    ("maxConnections", '{ "@null" = true }', None),
    ("useTls", '{ "@null" = true }', "null-value"),
    ("socketTtl", "1", None),
    ("socketTtl", "255", None),
    ("socketTtl", "256", "out-of-range"),
    ("socketTosV4", "255", None),
    ("socketTosV4", "256", "out-of-range"),
    ("tlsTimeout", "60000", None),
    ("tlsTimeout", '"1m"', None),
    ("tlsTimeout", '"1m 30s"', None),
    ("tlsTimeout", "0", "out-of-range"),
    ("tlsTimeout", '"1 minute"', "unit"),
    ("tlsTimeout", '"60"', "unit"),
    ("protocol", '"manageSieve"', None),
    ("protocol", '"managesieve"', "unknown-member"),
    ("protocol", '""', "unknown-member"),
    ("tlsDisableProtocols", '["tls12"]', None),
    ("tlsDisableProtocols", '{ tls12 = true, tls13 = false }', None),
    ("tlsDisableProtocols", '"tls12"', None),
    ("tlsDisableProtocols", '["ssl3"]', "unknown-member"),
    ("tlsDisableProtocols", '{ tls12 = 1 }', "wrong-type"),
    ("overrideProxyTrustedNetworks", '["10.0.0.0/8", "2001:db8::/32"]', None),
    ("overrideProxyTrustedNetworks", '["10.0.0.0/7"]', "address"),
    ("overrideProxyTrustedNetworks", '["10.0.0.0/33"]', "address"),
    ("overrideProxyTrustedNetworks", '["0.0.0.0/8"]', "address"),
    ("overrideProxyTrustedNetworks", '[""]', "address"),
    ("name", '"a"', None),
    ("name", '"  "', "empty-value"),
    ("name", "7", "wrong-type"),
    ("nmae", '"a"', "unknown-field"),
]

BIND_VALUES = [
    ('"[::]:25"', None),
    ('["192.0.2.1:25", "[2001:db8::1]:25"]', None),
    ('{ "192.0.2.1:25" = true }', None),
    ('"192.0.2.1"', "address"),
    ('"192.0.2.01:25"', "address"),
    ('"2001:db8::1:25"', "address"),
    ('"[fe80::1%eth0]:25"', "address"),
    ('"mail.example.org:25"', "address"),
    ('"192.0.2.1:65536"', "address"),
    ("[]", "too-few"),
    ("25", "wrong-type"),
]

# whole sources in JSON: type, body, codes of errors
BODIES = [
    ("SystemSettings", {"defaultHostname": "mail.example.org"}, []),
    ("SystemSettings", {"defaultHostname": "mail"}, ["domain-name"]),
    ("SystemSettings", {"defaultHostname": "192.0.2.1"}, []),
    ("SystemSettings", {"defaultHostname": "m\u00e4il.example.org"}, []),
    ("SystemSettings", {"defaultHostname": "mail.example.invalidtld"}, ["domain-name"]),
    ("Domain", {"d": {"name": "example.org"}}, []),
    ("Domain", {"d": {"name": "localhost"}}, ["domain-name"]),
    ("Domain", {"d": {"name": "x.localhost"}}, []),
    ("Domain", {"d": {"name": "example.org", "catchAllAddress": "root@localhost"}}, []),
    ("Domain", {"d": {"name": "example.org", "catchAllAddress": "root@com"}}, ["email-address"]),
    ("Domain", {"d": {"name": "example.org", "catchAllAddress": "all@example.org"}}, []),
    ("Domain", {"d": {"name": "example.org", "catchAllAddress": "user@com"}}, ["email-address"]),
    ("Domain", {"d": {"name": "example.org", "catchAllAddress": "a..b@example.org"}}, ["email-address"]),
    ("Domain", {"d": {"name": "example.org", "createdAt": "2026-01-01T00:00:00Z"}}, ["server-set"]),
    ("Domain", {"d": {"name": "example.org", "certificateManagement": {"@type": "Manual", "x": 1}}},
     ["unknown-field"]),
    ("BlockedIp", {"b": {"address": "192.0.2.1", "expiresAt": "2026-03-01T12:00:00Z"}}, []),
    ("BlockedIp", {"b": {"address": "192.0.2.1", "expiresAt": "2026-03-01T12:00:00+02:00"}}, []),
    ("BlockedIp", {"b": {"address": "192.0.2.1", "expiresAt": "2026-03-01"}}, ["date"]),
    ("BlockedIp", {"b": {"address": "192.0.2.1", "expiresAt": "1969-12-31T23:59:59Z"}}, ["date"]),
    ("BlockedIp", {"b": {"address": "192.0.2.1", "expiresAt": None}}, []),
    ("BlockedIp", {"192.0.2.1": {}}, []),
    ("BlockedIp", {"b": {}}, ["address"]),
    ("Directory", {"d": {"description": "x"}}, ["missing-variant"]),
    ("Directory", {"d": {"@type": "ldap", "description": "x"}}, ["unknown-variant"]),
    ("Directory", {"d": {"@type": "Ldap", "baseDn": "dc=x", "description": "x", "url": "localhost"}},
     ["invalid-uri"]),
    ("MtaStageAuth", {"require": "true"}, []),
    ("MtaStageAuth", {"require": {"match": [{"if": "is_tls", "then": "true"}], "else": "false"}}, []),
    ("MtaStageAuth", {"require": {"match": {"0": {"if": "is_tls", "then": "true"}}, "else": "false"}}, []),
    ("MtaStageAuth", {"require": {"match": [{"if": "is_tls"}], "else": "false"}}, ["missing-field"]),
    ("MtaStageAuth", {"require": {"match": {"a": {}}, "else": "false"}}, ["wrong-type"]),
    ("Http", {"rateLimitAnonymous": "100/1m"}, []),
    ("Http", {"rateLimitAnonymous": {"count": 100, "period": "1m"}}, []),
    ("Http", {"rateLimitAnonymous": None}, []),
    ("Http", {"rateLimitAnonymous": "fast"}, ["unit"]),
    ("Http", {"rateLimitAnonymous": {"count": 0, "period": 1}}, ["out-of-range"]),
    ("Security", {"authBanRate": {"count": 5}}, []),
    ("MtaInboundThrottle", {"a": {"description": "x", "rate": {"count": 5}}}, ["missing-field"]),
    ("MtaStageAuth", {"require": {"match": [{"if": "is_tls", "then": "true"}]}}, []),
    ("Http", {"responseHeaders": {"X-A": "b"}}, []),
    ("Http", {"responseHeaders": {"X-A": 1}}, ["wrong-type"]),
    ("Cache", {"accessTokens": "10mb"}, []),
    ("Cache", {"accessTokens": "10 parsecs"}, ["unit"]),
    ("SpamSettings", {"scoreSpam": 5}, []),
    ("SpamSettings", {"scoreSpam": 5.5}, []),
    ("SpamSettings", {"scoreSpam": 101.0}, ["out-of-range"]),
    ("MemoryLookupKey", {"k": {"namespace": "n", "key": "x" * 256}}, ["too-long"]),
    ("Mailbox", {"m": {"name": "x"}}, ["not-configuration"]),
    ("NetworkListner", {"a": {"bind": "127.0.0.1:1"}}, ["unknown-type"]),
    ("NetworkListener", {"a": {"bind": "127.0.0.1:1"}, "b": 5}, ["wrong-type"]),
    ("NetworkListener", 5, ["wrong-type"]),
    ("Certificate", {"c": {"certificate": {"@type": "File", "filePath": "c.pem"}}}, ["missing-field"]),
    ("Certificate", {"c": {"certificate": {"@type": "File", "filePath": "c.pem"},
                           "privateKey": {"@type": "Text", "secret": "****"}}}, ["masked-secret"]),
]


def errors(done):
    return sorted(set(done.codes()))


def values(tap):
    for field, value, code in LISTENER_VALUES:
        done = stwctest.check_text(f"{LISTENER}{field} = {value}\n", "--from", "toml")
        tap.equal(errors(done), [code] if code else [], f"{field} = {value}")
        if code:
            tap.equal(done.diagnostics[0].get("line"), 3, f"  and line 3 is named for {value}")
    for value, code in BIND_VALUES:
        done = stwctest.check_text(f"[NetworkListener.a]\nbind = {value}\n", "--from", "toml")
        tap.equal(errors(done), [code] if code else [], f"bind = {value}")
    for kind, body, codes in BODIES:
        done = stwctest.check_text(json.dumps({kind: body}), "--from", "json")
        tap.equal(errors(done), codes, f"{kind} {json.dumps(body)[:70]}")


def one_run(tap):
    """All mistakes of all files in one run, in the order of the sources, each once."""
    files = {
        "a.toml": '[NetworkListener.a]\nbind = "nowhere"\nprotocol = "smpt"\n\n'
                  '[NetworkListener.b]\ntlsTimeout = 0\n',
        "b.yaml": "Domain:\n  d:\n    name: nodots\n    directoryId: '#nobody'\n",
        "c.json": '{"BlockedIp": {"x": {"address": "300.0.0.1"}},\n "SystemSetings": {}}',
    }
    done = stwctest.check_files(files)
    want = [
        ("a.toml", 2, "address"), ("a.toml", 3, "unknown-member"), ("a.toml", 5, "missing-field"),
        ("a.toml", 6, "out-of-range"), ("b.yaml", 3, "domain-name"), ("b.yaml", 4, "dangling-reference"),
        ("c.json", 1, "address"), ("c.json", 2, "unknown-type"),
    ]
    have = [(d["file"], d["line"], d["code"]) for d in done.diagnostics if d["severity"] == "error"]
    tap.equal(have, want, "every mistake of three files in one run, in source order")
    tap.equal(done.summary, {"errors": 8, "warnings": 1, "objects": 3, "files": 3}, "and the summary counts them")
    done = stwctest.check_text('[NetworkListener.a]\nbind = "127.0.0.1:1\nprotocol = "smtp"\n', "--from", "toml")
    tap.equal(done.codes(), ["syntax"], "a syntax error does not make its field missing")


def references(tap):
    def check(body, *args):
        return stwctest.check_text(json.dumps(body), "--from", "json", *args)
    domain = {"one": {"name": "example.org"}}
    done = check({"Domain": domain, "SystemSettings": {"defaultDomainId": "#one"}})
    tap.equal(done.codes("error", "warning"), [], "a reference by client id resolves")
    done = check({"Domain": domain, "SystemSettings": {"defaultDomainId": "#example.org"}})
    tap.equal(done.codes("error", "warning"), [], "a reference by key resolves")
    done = check({"Domain": domain, "SystemSettings": {"defaultDomainId": "#oen"}})
    tap.equal(done.codes(), ["dangling-reference"], "one to nothing does not")
    tap.equal(done.diagnostics[0]["hint"], "did you mean '#one'?", "and the nearest name is suggested")
    tap.equal(done.diagnostics[0]["path"], "SystemSettings/defaultDomainId", "with the path of the field")
    done = check({"Domain": domain, "SystemSettings": {"defaultDomainId": "#oen"}}, "--partial")
    tap.equal(done.codes(), [], "--partial lets references lie outside")
    done = check({"Domain": domain, "SystemSettings": {"defaultDomainId": "one"}})
    tap.equal(done.codes(), ["id"], "a name without # is told so")
    done = check({"Domain": domain, "SystemSettings": {"defaultDomainId": "b"}})
    tap.equal(done.codes("error", "warning"), ["outside-reference"], "an id of a server is a warning")
    done = check({"Domain": {"a": {"name": "example.org"}, "b": {"name": "Example.org"}}})
    tap.equal(done.codes(), ["duplicate-value"], "two spellings of one domain are one key")
    tap.equal(len(done.diagnostics[-1]["related"]), 1, "and the other place is shown")
    done = check({"Domain": {"a": {"name": "example.org"}, "b": {"name": "example.net",
                                                                "aliases": ["example.org"]}}})
    tap.equal(done.codes(), ["duplicate-value"], "an alias may not be another domain's name")
    done = check({"BlockedIp": [{"address": "10.0.0.1/8"}, {"address": "10.0.0.0/8"}]})
    tap.equal(done.codes(), [], "host bits make two networks two keys")
    done = check({"BlockedIp": [{"address": "192.0.2.1"}, {"address": "192.0.2.1/32"}]})
    tap.equal(done.codes(), ["duplicate-value"], "but /32 is the address itself")
    group = {"g": {"@type": "Group", "name": "staff", "domainId": "#one"}}
    user = {"@type": "User", "name": "jo", "domainId": "#one", "memberGroupIds": ["#g"]}
    done = check({"Domain": domain, "Account": {**group, "u": user}})
    tap.equal(done.codes(), [], "a group as a group")
    done = check({"Domain": domain, "Account": {"u": user, "g": {**user, "memberGroupIds": [], "name": "x"}}})
    tap.equal(done.codes(), ["dangling-reference"], "a user is no group")
    done = check({"Domain": domain, "Account": {
        "u": {"@type": "User", "name": "jo", "domainId": "#one"},
        "v": {"@type": "User", "name": "x", "domainId": "#one",
              "aliases": [{"name": "jo", "domainId": "#one"}]}}})
    tap.equal(done.codes(), ["duplicate-value"], "addresses are one name space, aliases included")
    done = check({"MtaDeliverySchedule": {"s": {"name": "s", "queueId": "#local", "retry": {"@type": "Default"},
                                               "notify": {"@type": "Default"},
                                               "expiry": {"@type": "Ttl", "expire": "1d"}}}})
    tap.equal(done.codes(), [], "the server's safe defaults can be referred to")


def files(tap):
    """One configuration from several files, overlays, plans."""
    base = '[NetworkListener.a]\nbind = ["127.0.0.1:1"]\nmaxConnections = 5\n'
    done = stwctest.check_files({"a.toml": base, "b.toml": '[NetworkListener.a]\nbind = "127.0.0.1:2"\n'})
    tap.equal(done.codes(), ["duplicate-object"], "the same object in two files is an error")
    with_overlay = {"a.toml": base, "b.toml": '[NetworkListener.a]\n"bind/127.0.0.1:2" = true\nuseTls = false\n'}
    done = run_overlay(with_overlay, "check")
    tap.equal(done.status, 0, "unless the later one is an overlay")
    done = run_overlay(with_overlay, "get", "NetworkListener/a/bind")
    tap.ok("127.0.0.1:1" in done.stdout and "127.0.0.1:2" in done.stdout, "whose path adds a member")
    done = run_overlay(with_overlay, "get", "NetworkListener/a/maxConnections")
    tap.ok("maxConnections = 5 " in done.stdout, "and which leaves the rest as it was")
    lines = [
        {"@type": "create", "object": "x:NetworkListener", "value": {"#a": {
            "name": "a", "bind": {"127.0.0.1:2001": True}}}},
        {"@type": "update", "object": "networklistener", "id": "#a", "value": {"bind/127.0.0.1:2002": True}},
        {"@type": "update", "object": "Http", "value": {"useXForwarded": True}},
        {"@type": "upsert", "object": "Domain", "matchOn": ["name"], "value": {"d": {
            "name": "example.org", "createdAt": "2026-01-01T00:00:00Z"}}},
    ]
    plan = "".join(json.dumps(line) + "\n\n" for line in lines)
    done = stwctest.check_text(plan, "--from", "ndjson")
    tap.equal((done.status, done.codes("note"), done.summary["objects"]), (0, ["snapshot-field"], 3),
              "a plan of create, update and upsert lines folds to three objects")
    done = stwctest.run("get", "NetworkListener/a/bind", "-", "--from", "ndjson", stdin=plan)
    tap.ok("127.0.0.1:2002" in done.stdout, "with the update in it")
    bad = plan + json.dumps({"@type": "update", "object": "NetworkListener", "id": "#a",
                             "value": {"name": "b"}}) + "\n"
    done = stwctest.check_text(bad, "--from", "ndjson")
    tap.equal(done.codes(), ["immutable-field"], "an immutable field cannot change")
    done = stwctest.check_text(json.dumps({"@type": "create", "object": "SystemSettings", "value": {
        "s": {"maxConnections": 10}}}) + "\n", "--from", "ndjson")
    tap.equal(done.codes(), ["missing-field", "missing-field"], "plans must say host name and domain")


def run_overlay(sources, *command):
    import os
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        return stwctest.run(*command, "a.toml", "--overlay", "b.toml", cwd=folder)


def statuses(tap):
    run = stwctest.run
    tap.equal(run("check", "/nonexistent.toml").status, 2, "a missing file is exit 2")
    tap.equal(run("check").status, 2, "no operand is exit 2")
    tap.equal(run("check", "--nope", "x").status, 2, "an unknown option is exit 2")
    tap.equal(run("check", "-", "--from", "toml", stdin="# nothing\n").status, 2, "nothing to check is exit 2")
    tap.equal(run("check", "-", "--from", "toml", stdin=LISTENER).status, 0, "valid is exit 0")
    tap.equal(run("check", "-", "--from", "toml", stdin=LISTENER + "x = 1\n").status, 1, "invalid is exit 1")
    privileged = LISTENER.replace("2525", "25")
    tap.equal(run("check", "--strict", "-", "--from", "toml", stdin=privileged).status, 0,
              "a privileged port is a note: --strict passes")
    warned = '[SystemSettings]\ndefaultHostname = "mail.example.org"\n'
    tap.equal(run("check", "-", "--from", "toml", stdin=warned).status, 0, "a warning alone is valid")
    tap.equal(run("check", "--strict", "-", "--from", "toml", stdin=warned).status, 1, "but not with --strict")
    tap.equal(run("check", "--strict", "--level", "no-domain=off", "-", "--from", "toml", stdin=warned).status,
              0, "unless its level says otherwise")
    tap.equal(run("check", "--level", "no-domain=error", "-", "--from", "toml", stdin=warned).status, 1,
              "a warning can be made an error")
    done = run("check", "-", "--from", "toml", stdin=LISTENER)
    tap.ok(done.stderr.startswith("valid: 1 object in 1 file"), "success says what was read")
    tap.equal(done.stdout, "", "diagnostics never go to standard output")
    many = LISTENER + "".join(f"x{i} = 1\n" for i in range(60))
    done = run("check", "--format", "json", "-", "--from", "toml", stdin=many)
    tap.equal((len(done.diagnostics), done.summary["errors"]), (50, 60), "fifty are shown, all are counted")
    done = run("check", "--format", "json", "--max-errors", "0", "-", "--from", "toml", stdin=many)
    tap.equal(len(done.diagnostics), 60, "--max-errors 0 shows all")
    done = run("check", "-", "--from", "toml", "--as", "mail.toml", stdin=LISTENER + "x = 1\n")
    tap.ok("--> mail.toml:3:1" in done.stderr, "--as names standard input")


def never_over_a_source(tap):
    import os
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        def write(name):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(LISTENER)
        os.mkdir(os.path.join(folder, "d"))
        write("a.toml")
        write("d/b.toml")
        os.link(os.path.join(folder, "a.toml"), os.path.join(folder, "hard.stwi"))
        os.symlink("a.toml", os.path.join(folder, "soft.stwi"))
        for source, out in (("a.toml", "a.toml"), ("a.toml", "./d/../a.toml"), ("d", "d/b.toml"),
                            ("a.toml", "hard.stwi"), ("a.toml", "soft.stwi")):
            done = stwctest.run("build", source, "-o", out, cwd=folder)
            with open(os.path.join(folder, out), encoding="utf-8") as text:
                tap.equal((done.status, text.read()), (2, LISTENER), f"build {source} -o {out} spares the source")
    done = stwctest.run("check", "/dev/zero", "--from", "toml")
    tap.equal(done.status, 2, "a device without end is refused")


def modes(tap):
    import os
    import tempfile
    secret = ('[Directory.v]\n"@type" = "Ldap"\ndescription = "i"\nbaseDn = "o=x"\n'
              'bindSecret = {"@type" = "Value", secret = "x"}\n')
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "m.stwi")

        def build(text, *args):
            done = stwctest.run("build", "-", "--from", "toml", "-o", image, *args, stdin=text)
            return done.status, oct(os.stat(image).st_mode & 0o7777)
        tap.equal(build(LISTENER), (0, "0o644"), "an image without secrets is for all to read")
        for mode in (0o640, 0o600, 0o444):
            os.chmod(image, mode)
            tap.equal(build(LISTENER), (0, oct(mode)), f"build keeps the mode {mode:o} of what it replaces")
        if os.geteuid() == 0:
            os.chown(image, 1, 2)
            build(LISTENER)
            tap.equal((os.stat(image).st_uid, os.stat(image).st_gid), (1, 2), "and its owner and group")
        for mode in (0o640, 0o644):
            os.chmod(image, mode)
            inline = build(LISTENER + secret, "--allow-inline-secrets", "--level", "inline-secret=off")
            tap.equal(inline, (0, "0o600"), f"inline secrets are their owner's alone, over {mode:o} too")


def dialects(tap):
    """Which of the two a TOML file is, and that nothing is no success."""
    def check(name, text, *args):
        return stwctest.check_files({name: text}, *args)
    body = 'name = "a"\nbind = "127.0.0.1:2525"\n'
    for name, args in (("NetworkListener.toml", ()), ("x.toml", ("--object", "NetworkListener"))):
        done = check(name, body, *args)
        tap.equal((done.status, done.summary.get("objects")), (0, 1), f"a bare body in {name} {args}")
    done = check("NetworkListener.toml", "[NetworkListener.a]\nbind = \"127.0.0.1:2525\"\n")
    tap.equal((done.status, done.summary.get("objects")), (0, 1), "stw's own form in a file named after a type")
    done = check("NetworkListener.json", json.dumps({"NetworkListener": {"a": {"bind": "127.0.0.1:2525"}}}))
    tap.equal((done.status, done.summary.get("objects")), (0, 1), "in JSON too")
    for name, text, kind, want in (
            ("a body of data", '{"@type": "UpdateApps"}', "Action", []),
            ("a part of objects", '{"else": "true"}', "Expression", []),
            ("a part that lacks something", '{"match": {}}', "Expression", ["missing-field"]),
            ("a body that leaves everything out", "{}", "BlockedIp", ["missing-field"]),
            ("and may do so", "{}", "SystemSettings", []),
            ("no body at all", "[]", "SystemSettings", ["nothing"])):
        tap.equal(check("x.json", text, "--object", kind).codes(), want, f"{name} with --object {kind}")
    done = check("Cargo.toml", '[package]\nname = "x"\n')
    tap.equal((done.status, done.codes()), (1, ["unknown-type"]), "any other TOML is no 0.15 configuration")
    done = check("i.toml", 'includes = ["x.toml"]\n')
    tap.equal((done.status, done.codes()), (1, ["unknown-type"]), "an unknown first key is told")
    done = check("mix.toml", '[server]\nhostname = "a.example.org"\n[SystemSettings]\nthreadPoolSize = 2\n')
    tap.equal((done.status, done.codes()), (1, ["wrong-root"]), "two dialects in one file are refused")
    done = check("s.toml", '[storage]\ndata = "rocksdb"\n')
    tap.equal((done.status, done.codes()), (2, ["nothing"]), "settings of which nothing is carried are nothing")
    done = stwctest.run("build", "-", "--from", "settings", "-o", "/dev/null", stdin='[storage]\ndata = "x"\n')
    tap.equal(done.status, 2, "and build writes no image of it")
    done = stwctest.run("check", "-", "--as", "shadow", stdin="secret-looking first line\n")
    tap.ok("secret-looking" not in done.stderr and done.status == 2, "a file of no known format is not shown")


def enacted(tap):
    text = LISTENER + 'overrideProxyTrustedNetworks = "10.0.0.0/8"\n[Role.r]\ndescription = "r"\n'
    done = stwctest.check_text(text, "--from", "toml", "--for", "stwd")
    notes = [d["message"] for d in done.diagnostics if d["code"] == "not-enacted"]
    tap.equal(len(notes), 2, "--for stwd names what stwd does not act on, by type")
    tap.ok(any("overrideProxyTrustedNetworks" in n for n in notes) and any("Role" in n for n in notes),
           "fields and whole types")
    tap.equal(stwctest.check_text(text, "--from", "toml").codes("note"), [], "and only then")
    for wanted, notes in (("256", []), ("257", ["not-enacted"]), ("4294967296", ["not-enacted"])):
        text = f"[SystemSettings]\nthreadPoolSize = {wanted}\n" + LISTENER
        done = stwctest.check_text(text, "--from", "toml", "--for", "stwd")
        tap.equal(done.codes("note"), notes, f"{wanted} threads are more than stwd runs, or not")


def main():
    tap = stwctest.Tap()
    for topic in (values, one_run, references, files, statuses, never_over_a_source, modes, dialects, enacted):
        topic(tap)
    tap.done()
    return 0


if __name__ == "__main__":
    sys.exit(main())
