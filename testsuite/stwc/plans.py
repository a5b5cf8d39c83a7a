"""CLI plans (validation.md 3.2 and 3.5): what an operation may say, and what a plan folds to."""
import json
import os
import resource
import sys
import tempfile

import stwctest

LISTENER = {"name": "a", "bind": {"127.0.0.1:2001": True}}
CREATE = {"@type": "create", "object": "NetworkListener", "value": {"a": LISTENER}}
DOMAIN = {"@type": "create", "object": "Domain", "value": {"d": {"name": "example.org"}}}
ROLE = {"@type": "create", "object": "Role", "value": {"r": {"description": "x"}}}
AUTH = {"@type": "create", "object": "MtaStageAuth", "value": {"m": {"require": {"else": "true"}}}}
MILTER = {"@type": "create", "object": "MtaMilter", "value": {"m": {"hostname": "h", "port": 1}}}
BLOCKED = {"@type": "create", "object": "BlockedIp", "value": {"b": {"address": "192.0.2.1"}}}


def op(verb, kind, value, **more):
    return {"@type": verb, "object": kind, "value": value, **more}


def upsert(value, **more):
    return op("upsert", "NetworkListener", value, **more)


def update(kind, value, **more):
    return op("update", kind, value, **more)


OTHER = {"name": "a", "bind": {"127.0.0.1:2002": True}}

# what it shows, lines, errors and warnings, number of objects
PLANS = [
    ("create", [CREATE], [], 1),
    ("a # before the client key is stripped", [op("create", "NetworkListener", {"#a": LISTENER}),
                                             update("NetworkListener", {"useTls": False}, id="#a")], [], 1),
    ("the name of a type in any case", [{**CREATE, "object": "x:networkLISTENER"}], [], 1),
    ("a misspelt type", [{**CREATE, "object": "NetworkListner"}], ["unknown-type"], 0),
    ("an unknown verb", [{**CREATE, "@type": "make"}], ["plan-line"], 0),
    ("a destroy with a body for a filter", [{**CREATE, "@type": "destroy"}], ["unknown-field"], 0),
    ("reconcile", [{**CREATE, "@type": "reconcile"}], [], 1),
    ("no verb", [{"object": "Http", "value": {}}, CREATE], ["plan-line"], 1),
    ("an unknown member", [{**CREATE, "vlaue": {}}], ["plan-line"], 1),
    ("a value that is no map", [{**CREATE, "value": []}], ["plan-line"], 0),
    ("no value", [{"@type": "create", "object": "Http"}], ["plan-line"], 0),
    ("an empty value", [{**CREATE, "value": {}}, DOMAIN], ["plan-line"], 1),
    ("id beside create", [{**CREATE, "id": "b"}], ["plan-line"], 1),
    ("matchOn beside create", [{**CREATE, "matchOn": ["name"]}], ["plan-line"], 1),
    ("scope beside create", [{**CREATE, "scope": {}}], ["plan-line"], 1),
    ("null beside create, which is given all the same", [{**CREATE, "matchOn": None}], ["plan-line"], 1),
    ("a line that is no operation", ["x", CREATE], ["plan-line"], 1),
    ("a client key twice", [CREATE, CREATE], ["duplicate-object"], 1),
    ("a key twice", [CREATE, op("create", "NetworkListener", {"b": LISTENER})], ["duplicate-value"], 2),

    ("upsert of something new", [upsert({"a": LISTENER})], [], 1),
    ("upsert by null, as if nothing were said", [CREATE, upsert({"b": OTHER}, matchOn=None)], [], 1),
    ("upsert by the variant too, which counts in any case",
     [op("upsert", "Tracer", {"t": {"@type": "Stdout", "level": "info"}}, matchOn=["@type", "level"])], [], 1),
    ("upsert by a variant that the type has not", [upsert({"a": LISTENER}, matchOn=["@type"])], ["plan-line"], 1),
    ("update of nobody", [CREATE, update("NetworkListener", {"useTls": False}, id="")], ["plan-line"], 1),
    ("upsert of what was created, under another client key", [CREATE, upsert({"b": OTHER})], [], 1),
    ("and both client keys may be referred to",
     [CREATE, upsert({"b": OTHER}), update("NetworkListener", {"useTls": False}, id="#a"),
      update("NetworkListener", {"useTls": False}, id="#b"),
      op("create", "ClusterRole", {"r": {"name": "r", "listeners": {
          "@type": "EnableSome", "listenerIds": {"#a": True, "#b": True}}}})], [], 2),
    ("upsert finds a name in another spelling", [DOMAIN, op("upsert", "Domain", {"e": {"name": "EXAMPLE.org"}})], [], 1),
    ("upsert with the client key of another object", [CREATE, upsert({"a": {**OTHER, "name": "b"}})],
     ["duplicate-object"], 1),
    ("matchOn names a field", [CREATE, upsert({"b": OTHER}, matchOn=["name"])], [], 1),
    ("matchOn names several", [CREATE, upsert({"b": {**OTHER, "protocol": "imap"}}, matchOn=["name", "protocol"])],
     ["duplicate-value"], 2),
    ("matchOn *: all scalars", [CREATE, upsert({"b": OTHER}, matchOn="*")], [], 1),
    ("matchOn names no field", [upsert({"b": {**OTHER, "nmae": "x"}}, matchOn=["nmae"])],
     ["plan-line", "unknown-field"], 1),
    ("matchOn names a field that the body lacks", [upsert({"b": OTHER}, matchOn=["protocol"])], ["plan-line"], 1),
    ("the label is what it goes by, and the body lacks it", [upsert({"b": {"bind": {"127.0.0.1:1": True}}})],
     ["missing-field"], 1),
    ("matchOn is empty", [upsert({"b": OTHER}, matchOn=[])], ["plan-line"], 0),
    ("matchOn is no list", [upsert({"b": OTHER}, matchOn="name")], ["plan-line"], 0),
    ("matchOn is a list of numbers", [upsert({"b": OTHER}, matchOn=[1])], ["plan-line"], 0),
    ("an upsert that fits two", [ROLE, op("create", "Role", {"s": {"description": "x"}}),
                                op("upsert", "Role", {"t": {"description": "x"}})], ["plan-line"], 2),
    ("null matches absence", [op("create", "Tracer", {"t": {"@type": "Stdout"}}),
                              op("upsert", "Domain", {"d": {"name": "example.org", "description": None}},
                                 matchOn=["name", "description"]),
                              op("upsert", "Domain", {"e": {"name": "example.org", "description": None}},
                                 matchOn=["name", "description"])], [], 2),
    ("also where the object says nothing", [DOMAIN, op("upsert", "Domain", {"e": {
        "name": "example.org", "description": None}}, matchOn=["name", "description"])], [], 1),
    ("upsert without @type", [op("upsert", "Directory", {"d": {"description": "x"}})], ["missing-variant"], 1),
    ("upsert of a singleton", [op("upsert", "Http", {"h": {}})], ["plan-line"], 0),
    ("upsert carries what a server sets", [op("upsert", "Domain", {"d": {
        "name": "example.org", "createdAt": "2026-01-01T00:00:00Z"}})], [], 1),
    ("so may one onto a created object", [DOMAIN, op("upsert", "Domain", {"d": {
        "name": "example.org", "createdAt": "2026-01-01T00:00:00Z"}})], [], 1),
    ("create may not", [op("create", "Domain", {"d": {"name": "example.org", "createdAt": "2026-01-01T00:00:00Z"}})],
     ["server-set"], 1),
    ("upsert changes what cannot change",
     [op("create", "MtaInboundThrottle", {"t": {"description": "x", "rate": {"count": 1, "period": 1}}}),
      op("upsert", "MtaInboundThrottle", {"t": {"description": "y", "rate": {"count": 1, "period": 1}}},
         matchOn=["rate"])], ["immutable-field"], 1),

    ("update without id", [CREATE, update("NetworkListener", {"useTls": False})], ["plan-line"], 1),
    ("update of nothing", [update("NetworkListener", {"useTls": False}, id="#a"), DOMAIN], ["dangling-reference"], 1),
    ("update of an object of the server", [update("NetworkListener", {"useTls": False}, id="b")], [], 0),
    ("its fields are checked", [update("NetworkListener", {"useTsl": False, "socketTtl": 0, "bind/x": True}, id="b")],
     ["unknown-field", "out-of-range", "address"], 0),
    ("and its references", [update("Domain", {"directoryId": "#nobody"}, id="b")], ["dangling-reference"], 0),
    ("a path with an escaped slash", [update("NetworkListener", {"overrideProxyTrustedNetworks/10.0.0.0~18": True},
                                             id="b")], [], 0),
    ("a path to nowhere", [update("NetworkListener", {"useTls/x": True}, id="b")], ["unknown-field"], 0),
    ("a field that only the server sets", [update("Domain", {"createdAt": "2026-01-01T00:00:00Z"}, id="b")],
     ["server-set"], 0),
    ("update of an immutable field", [CREATE, update("NetworkListener", {"name": "b"}, id="#a")],
     ["immutable-field"], 1),
    ("to the value it has, which a server refuses as well", [CREATE, update("NetworkListener", {"name": "a"}, id="#a")],
     ["immutable-field"], 1),
    ("an upsert with the value it has, which the client leaves out", [CREATE, upsert({"b": LISTENER})], [], 1),
    ("the address of an address", [BLOCKED, update("BlockedIp", {"address": "192.0.2.1"}, id="#b")], ["immutable-field"], 1),
    ("update by what is no id", [update("Domain", {"description": "x"}, id="my-domain")], ["id"], 0),
    ("update of an address by its client key", [BLOCKED, update("BlockedIp", {"reason": "manual"}, id="#b")], [], 1),

    ("update of a singleton", [update("Http", {"useXForwarded": True})], [], 1),
    ("its id may be null", [update("Http", {"useXForwarded": True}, id=None)], [], 1),
    ("or singleton", [update("Http", {"useXForwarded": True}, id="singleton")], [], 1),
    ("and nothing else", [update("Http", {"useXForwarded": True}, id="b")], ["plan-line"], 1),
    ("a path into what is not there yet", [update("Http", {"responseHeaders/X-A": "b"})], [], 1),
    ("update of what a server has need not be whole", [update("SystemSettings", {"maxConnections": 9})], [], 1),
    ("a create must be", [op("create", "SystemSettings", {"s": {"maxConnections": 9}})], ["missing-field"] * 2, 1),
    ("a variant that is named may be there already", [update("Asn", {"@type": "Dns"})], ["variant-assumed"], 1),
    ("or come whole", [update("DataStore", {"@type": "RocksDb", "path": "/var/lib/mail"})], [], 1),
    ("and another one must", [update("DataStore", {"@type": "RocksDb", "path": "/var/lib/mail"}),
                              update("DataStore", {"@type": "Sqlite"})], ["missing-field"], 1),
    ("update of Bootstrap need not be whole", [update("Bootstrap", {"serverHostname": "mail.example.org"})], [], 5),
    ("nor may it be wrong", [update("Bootstrap", {"serverHostname": "two words"})], ["domain-name"], 0),
    ("create of a singleton overwrites",
     [op("create", "Http", {"h": {"useXForwarded": 5}}), op("create", "Http", {"h": {"enableHsts": True}})], [], 1),
    ("a path that removes a member of the default",
     [MILTER, update("MtaMilter", {"stages/data": False}, id="#m")], ["too-few"], 1),
    ("after another was added", [MILTER, update("MtaMilter", {"stages/rcpt": True}, id="#m"),
                                 update("MtaMilter", {"stages/data": False}, id="#m")], [], 1),
    ("a path that removes what a list has not", [AUTH, update("MtaStageAuth", {"require/match/3": None})],
     ["unknown-field"], 1),
    ("a path into a list adds", [AUTH, update("MtaStageAuth", {
        "require/match/0": {"if": "is_tls", "then": "false"}}), update("MtaStageAuth", {
            "require/match/0/then": "true"})], [], 1),
    ("a merge keeps the rest", [AUTH, update("MtaStageAuth", {"require": {"else": "false"}})], [], 1),
    ("a union is not merged", [op("create", "Domain", {"d": {"name": "example.org", "certificateManagement": {
        "@type": "Automatic", "acmeProviderId": "b"}}}), update("Domain", {"certificateManagement": {
            "acmeProviderId": "c"}}, id="#d")], ["missing-variant"], 1),
    ("another variant of the whole object starts anew",
     [op("create", "Tracer", {"t": {"@type": "Log", "path": "/var/log"}}),
      update("Tracer", {"@type": "Stdout"}, id="#t")], [], 1),

    ("sets are maps to a server", [op("create", "NetworkListener", {"a": {**LISTENER, "bind": ["127.0.0.1:1"]}})],
     ["wrong-shape"], 1),
    ("lists too", [op("create", "MtaStageAuth", {"m": {"require": {"match": [], "else": "true"}}})],
     ["wrong-shape"], 1),
    ("durations are numbers", [op("create", "NetworkListener", {"a": {**LISTENER, "tlsTimeout": "1m"}})],
     ["wrong-shape"], 1),
    ("none of zero, whatever it is written as", [op("create", "NetworkListener", {"a": {**LISTENER, "tlsTimeout": "0s"}})],
     ["out-of-range"], 1),
    ("an expression is a map", [op("create", "MtaStageAuth", {"m": {"require": "true"}})], ["wrong-shape"], 1),
    ("a key is not filled in", [op("create", "NetworkListener", {"a": {"bind": {"127.0.0.1:1": True}}})],
     ["missing-field"], 1),
    ("an @type where there are no variants is passed over",
     [op("create", "NetworkListener", {"a": {"@type": "NetworkListener", **LISTENER}})], ["ignored-field"], 1),
    ("fields beside a variant without any", [op("create", "Domain", {"d": {
        "name": "example.org", "certificateManagement": {"@type": "Manual", "x": 1}}})], ["unknown-field"], 1),
]


def codes(done):
    """Errors and warnings, but for references to a server's objects, which many of the plans have."""
    return sorted(c for c in done.codes("error", "warning") if c != "outside-reference")


def lines(operations):
    return "".join(json.dumps(line) + "\n" for line in operations)


def tables(tap):
    for name, plan, want, objects in PLANS:
        done = stwctest.check_text(lines(plan), "--from", "ndjson")
        tap.equal((codes(done), done.summary.get("objects")), (sorted(want), objects), name)


def forms(tap):
    """A plan is lines, an array, or one operation alone; with any line ends."""
    for text, form, name in [
            (json.dumps([CREATE, DOMAIN]), "json", "an array"),
            ("\n\n" + lines([CREATE]) + "\n" + lines([DOMAIN]), "ndjson", "lines with blank ones between"),
            (lines([CREATE, DOMAIN]).replace("\n", "\r\n"), "ndjson", "lines that end in CR LF"),
            ("\ufeff" + lines([CREATE, DOMAIN]).rstrip("\n"), "ndjson", "a byte order mark, and no last line end"),
            ("[1e999, " + json.dumps([CREATE, DOMAIN])[1:], "json", "an array whose first member cannot be read"),
            (json.dumps(CREATE)[:-1] + "\n\n" + lines([CREATE, DOMAIN]), "ndjson", "lines with a broken one first")]:
        done = stwctest.check_text(text, "--from", form)
        bad = [d["code"] for d in done.diagnostics if d["code"] not in ("number-range", "syntax")]
        tap.equal((bad, done.summary.get("objects")), ([], 2), name)
    done = stwctest.check_text(json.dumps(CREATE), "--from", "json")
    tap.equal((done.status, done.summary.get("objects")), (0, 1), "one operation alone in JSON")
    done = stwctest.check_text(json.dumps({"value": CREATE["value"], "object": "NetworkListener",
                                           "@type": "create"}), "--from", "json")
    tap.equal((done.status, done.summary.get("objects")), (0, 1), "whatever its member order")


def values(tap):
    """What the folded objects say."""
    def get(path, plan):
        return stwctest.run("get", path, "-", "--from", "ndjson", stdin=lines(plan)).stdout
    out = get("NetworkListener/a/bind", [CREATE, upsert({"b": OTHER})])
    tap.ok("127.0.0.1:2002" in out and "127.0.0.1:2001" not in out, "an upsert replaces a set")
    out = get("NetworkListener/a/bind", [CREATE, update("NetworkListener", {"bind/127.0.0.1:2002": True}, id="#a")])
    tap.ok("127.0.0.1:2002" in out and "127.0.0.1:2001" in out, "a path adds a member")
    out = get("NetworkListener/a/bind", [CREATE, update("NetworkListener", {"bind/127.0.0.1:2002": True}, id="#a"),
                                         update("NetworkListener", {"bind/127.0.0.1:2001": None}, id="#a")])
    tap.ok("127.0.0.1:2002" in out and "127.0.0.1:2001" not in out, "null takes one away")
    out = get("MtaMilter/m/stages", [MILTER, update("MtaMilter", {"stages/rcpt": True}, id="#m")])
    tap.ok("data" in out and "rcpt" in out, "a path into an absent set starts from the default")
    out = get("MtaStageAuth/require", [AUTH, update("MtaStageAuth", {"require/match/0": {
        "if": "is_tls", "then": "false"}})])
    tap.ok("is_tls" in out and "true" in out, "a path into an expression keeps its else")
    out = get("MtaStageAuth/require", [AUTH, update("MtaStageAuth", {"require/match/0": {
        "if": "is_tls", "then": "false"}}), update("MtaStageAuth", {"require": {"else": "'x'"}})])
    tap.ok("is_tls" in out and "'x'" in out, "a nested object is merged")
    out = get("Http/useXForwarded", [op("create", "Http", {"h": {"useXForwarded": True}}),
                                     op("create", "Http", {"h": {"enableHsts": True}})])
    tap.ok("false" in out and "default" in out, "a second create of a singleton overwrites the first")


def beside_own_form(tap):
    """What is lenient goes by the file in which a value stands."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"plan.ndjson": lines([CREATE]),
                 "over.toml": '[NetworkListener.a]\nbind = ["127.0.0.1:2003"]\ntlsTimeout = "1m"\n',
                 "by-key.toml": '[[NetworkListener]]\nname = "a"\nuseTls = false\n',
                 "own.toml": '[NetworkListener.x]\nname = "a"\nbind = ["127.0.0.1:1"]\n',
                 "expr.toml": '[MtaStageAuth]\nrequire = "true"\n',
                 "expr-over.toml": '[MtaStageAuth]\n"require/match/0" = { if = "is_tls", then = "false" }\n'}
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        for base, over, objects in [("plan.ndjson", "over.toml", 1), ("plan.ndjson", "by-key.toml", 1),
                                    ("own.toml", "by-key.toml", 1), ("own.toml", "over.toml", 1),
                                    ("expr.toml", "expr-over.toml", 1)]:
            done = stwctest.run("check", "--format", "json", base, "--overlay", over, cwd=folder)
            tap.equal((done.status, done.codes(), done.summary.get("objects")), (0, [], objects),
                      f"{over} over {base}")
        done = stwctest.run("check", "--format", "json", "plan.ndjson", "own.toml", cwd=folder)
        tap.equal(done.codes(), ["duplicate-value"], "without --overlay the same key is a repeat")


def folding(count):
    """A plan of four lines for each of `count`, and two objects."""
    plan = [op("create", "NetworkListener", {f"l{i}": {"name": f"l{i}", "bind": {f"127.0.0.1:{1024 + i}": True}}})
            for i in range(count)]
    plan += [upsert({f"u{i}": {"name": f"l{i}", "useTls": False, "bind": {"127.0.0.1:1": True}}})
             for i in range(count)]
    plan += [op("create", "MtaDeliverySchedule", {f"s{i}": {
        "name": f"s{i}", "queueId": "#local", "retry": {"@type": "Default"}, "notify": {"@type": "Default"},
        "expiry": {"@type": "Ttl", "expire": 1000}}}) for i in range(count)]
    plan += [update("Domain", {"directoryId": f"#none{i}"}, id="b") for i in range(count)]
    return lines(plan)


def cost(tap):
    """Eight times the lines in about eight times the time: no look at every object per line. The least
    of several turns, because others use the machine; a look at every object would make it 64 times."""
    few, many = 3000, 24000
    texts, least = {count: folding(count) for count in (few, many)}, {}
    for _ in range(3):
        for count, text in texts.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = stwctest.check_text(text, "--from", "ndjson")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            least[count] = min(spent, least.get(count, spent))
            if done.summary.get("objects") != 2 * count:
                tap.equal(done.summary.get("objects"), 2 * count, f"{4 * count} lines fold to {2 * count} objects")
    tap.ok(least[many] < 20 * least[few] + 0.2,
           f"the cost is linear: {least[few]:.2f} s for {4 * few} lines, {least[many]:.2f} s for {4 * many}")


def packed(tap):
    """An upsert of an address that the plan made adds to it; a second create is a repeat."""
    def line(verb, body):
        return json.dumps({"@type": verb, "object": "BlockedIp", "value": {"b": body}}) + "\n"
    made = line("create", {"address": "192.0.2.1", "reason": "authFailure", "expiresAt": "2030-01-01T00:00:00Z"})
    plan = made + line("upsert", {"address": "192.0.2.1/32", "reason": "manual"}) + \
        line("upsert", {"address": "192.0.2.1", "expiresAt": None})
    done = stwctest.check_text(plan, "--from", "ndjson")
    tap.equal((done.status, done.summary["objects"]), (0, 1), "upserts of one address are one object")
    done = stwctest.run("get", "BlockedIp/192.0.2.1", "-", "--from", "ndjson", stdin=plan)
    tap.ok('reason = "manual"' in done.stdout and "2030" not in done.stdout, "with what was said last")
    done = stwctest.run("get", "BlockedIp/192.0.2.1", "-", "--from", "ndjson",
                        stdin=made + line("upsert", {"address": "192.0.2.1"}))
    tap.ok('reason = "authFailure"' in done.stdout and "2030" in done.stdout, "and what was not said again")
    done = stwctest.check_text(made + made, "--from", "ndjson")
    tap.equal(done.codes(), ["duplicate-value"], "a second create is a repeat")


def requests(tap):
    """JMAP request bodies are folded as plans are, in the server's shapes."""
    def check(*calls, extra=None):
        body = {"using": ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"],
                "methodCalls": [[name, arguments, f"c{i}"] for i, (name, arguments) in enumerate(calls)]}
        return stwctest.check_text(json.dumps({**body, **(extra or {})}), "--from", "json")
    listener = {"name": "a", "bind": {"127.0.0.1:2525": True}}
    done = check(("x:NetworkListener/set", {"accountId": "b", "create": {"n": listener}}),
                 ("x:NetworkListener/set", {"update": {"#n": {"bind/127.0.0.1:2526": True}}}))
    tap.equal((done.status, done.codes(), done.summary["objects"]), (0, [], 1), "a request of create and update")
    done = check(("x:NetworkListener/set", {"create": {"n": {**listener, "bind": ["127.0.0.1:2525"]}}}))
    tap.equal(done.codes(), ["wrong-shape"], "lists are the server's in a request")
    sig0 = {"@type": "Sig0", "description": "old", "host": "192.0.2.53", "publicKey": "AAAA",
            "key": {"@type": "File", "filePath": "sig0"}, "signerName": "stw."}
    done = check(("x:DnsServer/set", {"create": {"d": sig0}}))
    tap.equal(done.codes(), ["target-version"], "SIG(0) in a request is an error")
    done = check(("x:Bootstrap/set", {"update": {"singleton": {"serverHostname": "mail.example.org",
                                                              "defaultDomain": "example.org"}}}))
    tap.equal((done.status, done.codes()), (0, []), "a Bootstrap as the setup sends it")
    done = check(("x:Domain/set", {"create": []}))
    tap.equal(done.codes(), ["plan-line"], "create takes a map")
    using = {"using": ["urn:ietf:params:jmap:core"]}
    listener_set = ["x:NetworkListener/set", {"create": {"n": listener}}, "c"]
    for name, request, codes in (
            ("a call is name, arguments, id", {**using, "methodCalls": [["x:Domain/set"]]}, ["plan-line"]),
            ("all three", {**using, "methodCalls": [listener_set[:2]]}, ["plan-line"]),
            ("the id is a text", {**using, "methodCalls": [listener_set[:2] + [1]]}, ["plan-line"]),
            ("and there is no more", {**using, "methodCalls": [listener_set + ["d"]]}, ["plan-line"]),
            ("a request says what it uses", {"methodCalls": [listener_set]}, ["plan-line"]),
            ("of what a server knows", {"using": ["urn:example:x"], "methodCalls": [listener_set]}, ["plan-line"]),
            ("a type of settings has its x:", {**using, "methodCalls": [["NetworkListener" + listener_set[0][17:]] + listener_set[1:]]},
             ["plan-line"]),
            ("also where it is read", {**using, "methodCalls": [["Domain/get", {}, "c"]]}, ["plan-line"]),
            ("nothing tells changes of settings", {**using, "methodCalls": [["x:Domain/changes", {}, "c"]]}, ["plan-line"]),
            ("a singleton is not looked for", {**using, "methodCalls": [["x:Imap/query", {}, "c"]]}, ["plan-line"]),
            ("data of JMAP have no x:, though settings have the name", {**using, "methodCalls": [
                ["Calendar/set", {"create": {"a": {"name": "x"}}}, "c"], ["Calendar/changes", {}, "d"]]}, []),
            ("17 calls are more than a server takes", {**using, "methodCalls": [["x:Domain/get", {}, "c"]] * 17}, ["request-size"]),
            ("16 are not", {**using, "methodCalls": [["x:Domain/get", {}, "c"]] * 16}, []),
            ("nor are 500 objects", {**using, "methodCalls": [["x:Domain/set", {"destroy": ["b"] * 500}, "c"]]}, []),
            ("501 are", {**using, "methodCalls": [["x:Domain/set", {"destroy": ["b"] * 501}, "c"]]}, ["request-size"])):
        done = stwctest.check_text(json.dumps(request), "--from", "json")
        tap.equal([code for code in done.codes("error", "warning") if code != "no-domain"], codes, name)


def variants(tap):
    """An update of a union that names no variant leaves it as it is, and only the server knows which that is."""
    for kind, value, codes in (("BlobStore", {"bucket": "x"}, []), ("DnsResolver", {"servers/0/port": 5353}, []),
                               ("DataStore", {"poolMaxConnections": 20}, []), ("DataStore", {"poolMaxConnections": 0}, ["out-of-range"]),
                               ("BlobStore", {"buckets": "x"}, ["unknown-field"]), ("BlobStore", {"bucket": "x", "url": "y"}, ["unknown-field"])):
        done = stwctest.check_text(lines([update(kind, value)]), "--from", "ndjson")
        tap.equal(done.codes(), codes, f"an update of {kind}: {value}")
        if value == {"buckets": "x"}:
            wrong = next(d for d in done.diagnostics if d["severity"] == "error")
            tap.ok("S3Store" in wrong["message"] and "'bucket'" in wrong["hint"], "the variant that was meant")


def scalars(tap):
    """A type without a scalar that "*" could stand for: nothing is found, everything is made."""
    made = {name: {"certificate": {"@type": "File", "filePath": "/" + name}, "privateKey": {"@type": "File", "filePath": "/key"}}
            for name in ("a", "b")}
    for verb in ("upsert", "reconcile"):
        done = stwctest.check_text(lines([op(verb, "Certificate", made, matchOn="*")]), "--from", "ndjson",
                                   "--level", "unused-certificate=off")
        tap.equal((done.status, done.codes(), done.summary.get("objects")), (0, [], 2), f"{verb} of certificates by all they have")


def main():
    tap = stwctest.Tap()
    for topic in (tables, forms, values, beside_own_form, packed, requests, variants, scalars, cost):
        topic(tap)
    tap.done()
    return 0


if __name__ == "__main__":
    sys.exit(main())
