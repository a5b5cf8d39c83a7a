"""What plans leave: the order of their passes, their names, what they may destroy (validation.md 3.3 to 3.5)."""
import json
import os
import sys
import tempfile

import stwctest

LDAP = {"@type": "Ldap", "description": "people", "url": "ldaps://ldap.example.org", "baseDn": "dc=example",
        "bindDn": "cn=stw", "bindSecret": {"@type": "File", "filePath": "ldap"}}
LISTENER = {"bind": {"127.0.0.1:2525": True}}


def op(verb, kind, value=None, **more):
    return {"@type": verb, "object": kind, **({} if value is None else {"value": value}), **more}


def domain(key, name=None, **more):
    return op("create", "Domain", {key: {"name": name or f"{key}.example.org", **more}})


def role(**roles):
    return {name: {"description": name, "roleIds": {"#" + other: True for other in others}}
            for name, others in roles.items()}


def listener(name, **more):
    return {"name": name, **LISTENER, **more}


PEOPLE = op("create", "Directory", {"people": LDAP})
USES = domain("d", directoryId="#people")
BLOCKED = op("create", "BlockedIp", {"b": {"address": "192.0.2.1", "reason": "manual"}})
SETTINGS = op("update", "SystemSettings", {"defaultHostname": "mail.example.org", "defaultDomainId": "#d"})

# what it shows, plans (one after the other), errors and warnings, number of objects
CASES = [
    # destroys
    ("a destroy by name", [[domain("a"), domain("b")], [op("destroy", "Domain", {"name": "A.example.org"})]], [], 1),
    ("a destroy of a type", [[domain("a"), domain("b"), BLOCKED], [op("destroy", "Domain")]], [], 1),
    ("null is every object, too", [[domain("a")], [{**op("destroy", "Domain"), "value": None}]], [], 0),
    ("and so is an empty filter", [[domain("a")], [op("destroy", "Domain", {})]], [], 0),
    ("by a default", [[op("create", "MtaHook", {"a": {"url": "https://a.example.org/"},
                                                "b": {"url": "https://b.example.org/", "tempFailOnError": False}})],
                      [op("destroy", "MtaHook", {"tempFailOnError": True})]], [], 1),
    ("not by what a server does not look for", [[op("create", "NetworkListener", {"a": listener("a")})],
                                                [op("destroy", "NetworkListener", {"protocol": "smtp"})]], ["plan-operation"], 1),
    ("which variants are, but for accounts", [[op("create", "Tracer", {"a": {"@type": "Stdout"}})],
                                              [op("destroy", "Tracer", {"@type": "Log"})]], ["plan-operation"], 1),
    ("a reconcile does", [[op("create", "NetworkListener", {"a": listener("a")})],
                          [op("reconcile", "NetworkListener", {}, scope={"protocol": "smtp"})]], [], 0),
    ("by the member of a set", [[domain("a", aliases={"x.example.org": True}), domain("b")],
                                [op("destroy", "Domain", {"aliases": "x.example.org"})]], [], 1),
    ("a destroy comes before what stands above it", [[domain("a"), op("destroy", "Domain")]], [], 1),
    ("so that a plan may begin anew", [[op("destroy", "Domain"), domain("a")], [op("destroy", "Domain"), domain("a")]],
     [], 1),
    ("destroys go from the last to the first", [[PEOPLE, USES], [op("destroy", "Directory"), op("destroy", "Domain")]],
     [], 0),
    ("and not the other way", [[PEOPLE, USES], [op("destroy", "Domain"), op("destroy", "Directory")]],
     ["linked-object"], 1),
    ("what a singleton refers to stays", [[domain("d"), SETTINGS], [op("destroy", "Domain")]], ["linked-object"], 2),
    ("an update that frees it comes too late",
     [[PEOPLE, USES], [op("destroy", "Directory"), op("upsert", "Domain", {"d": {
         "name": "d.example.org", "directoryId": None}})]], ["linked-object"], 2),
    ("a reconcile waits for it",
     [[PEOPLE, USES], [op("upsert", "Domain", {"d": {"name": "d.example.org", "directoryId": None}}),
                       op("reconcile", "Directory", {}, scope={"description": "people"})]], [], 1),
    ("a member of a set keeps an object", [[op("create", "Role", role(a=[], b=["a"]))],
                                           [op("destroy", "Role", {"description": "a"})]], ["linked-object"], 2),
    ("objects that go together may refer to each other", [[op("create", "Role", role(a=[], b=["a"]))],
                                                          [op("destroy", "Role")]], [], 0),
    ("but not in a circle", [[op("create", "Role", role(a=[], b=["a"])), op("update", "Role", {"roleIds": {"#b": True}}, id="#a")],
                             [op("destroy", "Role")]], ["linked-object"] * 2, 2),
    ("which may be opened first", [[op("create", "Role", role(a=[], b=["a"])),
                                    op("update", "Role", {"roleIds": {"#b": True}}, id="#a")],
                                   [op("upsert", "Role", {"a": {"description": "a", "roleIds": {}}})],
                                   [op("destroy", "Role")]], [], 0),
    ("a singleton cannot be destroyed", [[op("destroy", "Http")]], ["plan-line"], 0),
    ("a filter is a map", [[op("destroy", "Domain", ["a"])]], ["plan-line"], 0),
    ("a filter by no field", [[op("destroy", "Domain", {"nmae": "a"})]], ["unknown-field"], 0),
    ("a filter that needs the server", [[op("destroy", "Domain", {"text": "a"})]], ["plan-operation"], 0),
    ("a destroy of what only the server has", [[op("destroy", "Domain", {"name": "a"})]], [], 0),
    ("a destroy alone, as one operation", [[domain("a")], op("destroy", "Domain")], [], 0),
    ("addresses", [[BLOCKED], [op("destroy", "BlockedIp", {"address": "192.0.2.1/32"})]], [], 0),
    ("addresses that come back", [[BLOCKED], [BLOCKED, op("destroy", "BlockedIp", {"address": "192.0.2.1"})]], [], 1),
    ("all of them", [[BLOCKED], [op("destroy", "BlockedIp")]], [], 0),
    ("but by address alone", [[BLOCKED], [op("destroy", "BlockedIp", {"reason": "manual"})]], ["plan-operation"], 1),

    # reconciles
    ("a reconcile keeps what it names", [[domain("a"), domain("b")], [op("reconcile", "Domain", {"x": {
        "name": "a.example.org"}})]], [], 1),
    ("makes what is not there", [[domain("a")], [op("reconcile", "Domain", {"x": {"name": "x.example.org"}})]], [], 1),
    ("keeps what another operation of the plan names",
     [[domain("a"), domain("b")], [op("reconcile", "Domain", {"x": {"name": "a.example.org"}}),
                                   op("upsert", "Domain", {"y": {"name": "b.example.org"}})]], [], 2),
    ("goes no further than its scope",
     [[op("create", "NetworkListener", {"a": listener("a"), "b": listener("b", protocol="imap")})],
      [op("reconcile", "NetworkListener", {"x": listener("x", bind={"127.0.0.1:2626": True})},
          scope={"protocol": "smtp"})]], [], 2),
    ("a scope may be a variant", [[op("create", "Tracer", {"a": {"@type": "Stdout"}, "b": {"@type": "Log", "path": "/l"}})],
                                  [op("reconcile", "Tracer", {}, matchOn="*", scope={"@type": "Log"})]], [], 1),
    ("a body outside its scope", [[op("reconcile", "NetworkListener", {"x": listener("x", protocol="imap")},
                                      scope={"protocol": "smtp"})]], ["plan-line"], 1),
    ("a null in a scope", [[op("reconcile", "Domain", {}, scope={"description": None})]], ["plan-line"], 0),
    ("no field in a scope", [[op("reconcile", "Domain", {}, scope={"nmae": "a"})]], ["plan-line"], 0),
    ("a server's field in a scope", [[op("reconcile", "Domain", {}, scope={"createdAt": "x"})]], ["plan-line"], 0),
    ("no variant in a scope", [[op("reconcile", "Tracer", {}, matchOn="*", scope={"@type": "Lgo"})]], ["plan-line"], 0),
    ("a scope that is no map", [[op("reconcile", "Domain", {}, scope=["a"])]], ["plan-line"], 0),
    ("a type without a label needs matchOn", [[op("reconcile", "Tracer", {})]], ["plan-line"], 0),
    ("a reconcile of a singleton", [[op("reconcile", "Http", {})]], ["plan-line"], 0),
    ("what others refer to stays", [[PEOPLE, USES], [op("reconcile", "Directory", {})]], ["linked-object"], 2),
    ("reconciles clean up from the last to the first",
     [[PEOPLE, USES], [op("reconcile", "Directory", {}), op("reconcile", "Domain", {})]], [], 0),
    ("a reconcile of addresses", [[BLOCKED], [op("reconcile", "BlockedIp", {"c": {"address": "192.0.2.2"}})]], [], 1),

    # what upserts match
    ("two objects of one operation that are the same", [[op("upsert", "Domain", {
        "a": {"name": "a.example.org"}, "b": {"name": "A.EXAMPLE.org"}})]], ["plan-line"], 1),
    ("another variant is another object", [[op("create", "Directory", {"a": LDAP})], [op("upsert", "Directory", {
        "b": {"@type": "Oidc", "description": "people", "issuerUrl": "https://id.example.org"}})]], [], 2),
    ("what a body does not say has its default", [[op("create", "NetworkListener", {"a": listener("a")})], [
        op("upsert", "NetworkListener", {"b": listener("a", protocol="smtp")}, matchOn=["name", "protocol"])]], [], 1),
    ("a reference is matched by its object",
     [[domain("d"), op("create", "MailingList", {"l": {"name": "all", "domainId": "#d"}})],
      [op("upsert", "Domain", {"e": {"name": "d.example.org"}}),
       op("upsert", "MailingList", {"l": {"name": "all", "domainId": "#e"}}, matchOn=["name", "domainId"])]],
     ["no-postmaster"], 2),
    ("an object is found by its values of now",
     [[domain("d"), op("upsert", "Domain", {"d": {"name": "d.example.org", "description": "x"}}, matchOn=["name"]),
       op("upsert", "Domain", {"e": {"name": "d.example.org", "description": "x"}}, matchOn=["description"])]], [], 1),

    # names
    ("used before it is made", [[USES, PEOPLE]], ["plan-reference"], 2),
    ("in an update, too", [[domain("d"), op("update", "Domain", {"directoryId": "#people"}, id="#d"), PEOPLE]],
     ["plan-reference"], 2),
    ("and as the key of a set", [[op("create", "ClusterRole", {"r": {"name": "r", "listeners": {
        "@type": "EnableSome", "listenerIds": {"#a": True}}}}), op("create", "NetworkListener", {"a": listener("a")})]],
     ["plan-reference"], 2),
    ("members of sets in one operation", [[op("create", "Role", role(a=["b"], b=[]))]], [], 2),
    ("but no circles of them", [[op("create", "Role", role(a=["b"], b=["c"], c=["a"]))]], ["plan-reference"], 3),
    ("nor an object that needs itself", [[op("create", "Role", role(a=["a"]))]], ["plan-reference"], 1),
    ("the latest of a name counts, of any type", [[PEOPLE, domain("people", "p.example.org", description="x"),
                                                   domain("d", directoryId="#people")]], ["plan-reference"], 3),
    ("which may be made right", [[PEOPLE, domain("people", "p.example.org"), op("upsert", "Directory", {"people": {
        "@type": "Ldap", "description": "people"}}, matchOn=["description"]), USES]], [], 3),
    ("an update of a name of another type", [[domain("a"), op("update", "Directory", {"description": "x"}, id="#a")]],
     ["plan-reference"], 1),
    ("a later plan has names of its own", [[domain("a", "one.example.org")], [domain("a", "two.example.org")]], [], 2),
    ("even for what it names otherwise",
     [[op("create", "NetworkListener", {"u": listener("one")})],
      [op("upsert", "NetworkListener", {"z": listener("one")}), op("create", "NetworkListener", {"u": listener("two", bind={"127.0.0.1:2526": True})})]],
     [], 2),
    ("objects of an earlier plan keep theirs",
     [[op("create", "Directory", {"x": LDAP}), domain("a", directoryId="#x")],
      [op("create", "NetworkListener", {"x": listener("x")}), op("upsert", "Domain", {"a": {
          "name": "a.example.org", "description": "y"}})]], [], 3),

    # addresses
    ("an update of an address is applied", [[BLOCKED, op("update", "BlockedIp", {"reason": "portScanning"}, id="#b")]],
     [], 1),
    ("an address cannot change", [[BLOCKED, op("update", "BlockedIp", {"address": "192.0.2.2"}, id="#b")]],
     ["immutable-field"], 1),
    ("nor what the server sets", [[BLOCKED, op("update", "BlockedIp", {"reason": "rainy"}, id="#b")]],
     ["unknown-member"], 1),
]


MTA = {"hostname": "mx.example.org"}
ALIASES = {"0": {"name": "b", "domainId": "#d"}}
USER = {"@type": "User", "name": "a", "domainId": "#d"}


def settings(**value):
    return op("update", "SystemSettings", {name.replace("_", "/"): v for name, v in value.items()})


# Updates by a path into what only the server shows: what it shows, plan, errors, parts that are not carried.
UNSEEN = [
    ("a member that would be whole is taken over", [settings(mailExchangers_5=MTA)], [], 0),
    ("and so is a field of it", [settings(mailExchangers_5_hostname="mx.example.org")], [], 0),
    ("its value is checked", [settings(mailExchangers_5_hostname="m x")], ["domain-name"], 0),
    ("a member that only the server has can go", [settings(mailExchangers_5=None)], [], 1),
    ("but not where the plan shows the whole list",
     [settings(mailExchangers={"0": MTA}), settings(mailExchangers_5=None)], ["unknown-field"], 0),
    ("one that would lack something is the server's", [op("update", "MtaStageAuth", {"require/match/7/then": "true"})], [], 1),
    ("an expression in it is checked", [op("update", "MtaStageAuth", {"require/match/7/then": "true +"})],
     ["expression-syntax"], 1),
    ("and its variables", [op("update", "MtaStageAuth", {"require/match/7/if": "rcpt == 'a'"})], ["expression-context"], 1),
    ("and its name", [op("update", "MtaStageAuth", {"require/match/7/thn": "true"})], ["unknown-field"], 1),
    ("and its number", [op("update", "MtaStageAuth", {"require/match/seven/then": "true"})], ["wrong-type"], 1),
    ("a list given whole is whole", [op("update", "MtaStageAuth", {"require/match": {"7": {"then": "true"}}})],
     ["missing-field"], 0),
    ("a variant that the default does not have", [op("update", "SpamClassifier", {"model/parameters/alpha": 2})], [], 1),
    ("has its bounds all the same", [op("update", "SpamClassifier", {"model/parameters/alpha": -2})], ["out-of-range"], 1),
    ("what the plan has made is shown whole", [domain("d"), op("create", "Account", {"a": USER}),
                                               op("update", "Account", {"aliases/3/enabled": False}, id="#a")],
     ["missing-field"] * 2, 0),
    ("what an upsert finds is not", [domain("d"), op("upsert", "Account", {"a": USER}, matchOn=["name"]),
                                     op("update", "Account", {"aliases/3/enabled": False}, id="#a")], [], 1),
    ("but a list that it says is", [domain("d"), op("upsert", "Account", {"a": {**USER, "aliases": ALIASES}}, matchOn=["name"]),
                                    op("update", "Account", {"aliases/3/enabled": False}, id="#a")],
     ["missing-field"] * 2, 0),
    ("an object of the server", [op("update", "Account", {"aliases/3/enabled": False, "aliases/4": {"name": "x"}}, id="c")],
     [], 1),
    ("whose lists are whole as well", [op("update", "Account", {"aliases": {"3": {"enabled": False}}}, id="c")],
     ["missing-field"] * 2, 1),
    ("and whose values are checked", [op("update", "Account", {"quotas/maxDiskQuota": "1 GB", "aliases/3/nmae": "x"}, id="c")],
     ["wrong-type", "unknown-field"], 1),
    ("no rule of a variant that it may not be", [op("update", "DnsServer", {"key/secret": "no base 64"}, id="c")], [], 1),
    ("but those of the only one", [op("update", "DnsServer", {"key/secret": "no base 64", "tsigAlgorithm": "hmac-sha256"}, id="c")],
     ["invalid-base64"], 1),
    ("the variant of an account stays", [domain("d"), op("create", "Account", {"a": USER}),
                                         op("update", "Account", {"@type": "Group"}, id="#a")], ["immutable-field"], 0),
]

# what no client may do, the operation, the code
FORBIDDEN = [
    *((f"create {kind}", op("create", kind, {"a": {}}), "forbidden-operation")
      for kind in ("Bootstrap", "Log", "Metric", "Trace", "ClusterNode")),
    *((f"{verb} {kind}", op(verb, kind, {"details": "x"} if verb == "update" else None, **more), "forbidden-operation")
      for kind in ("Log", "Action") for verb, more in (("update", {"id": "b"}), ("destroy", {}))),
    ("create a task of the server", op("create", "Task", {"a": {"@type": "DestroyAccount"}}), "forbidden-operation"),
    ("upsert a log", op("upsert", "Log", {"a": {"details": "x"}}, matchOn=["details"]), "forbidden-operation"),
    *((f"create {kind}", op("create", kind, {"a": body}), "server-made") for kind, body in (
        ("QueuedMessage", {}), ("AccountSettings", {"description": "x"}), ("TlsInternalReport", {"domain": "a.example.org"}))),
]


# what it shows, plan, a part of the message, and of the hint
HINTS = [
    ("an id inside of the value", [domain("d"), op("update", "Domain", {"#d": {"description": "x"}})],
     "update needs the id", '"id": "#d" beside value'),
    ("a body without a client id", [op("create", "NetworkListener", listener("a"))], "an object itself", '{"a": {'),
    ("matching on what is no field", [op("upsert", "Domain", {"a": {"name": "a.example.org"}}, matchOn=["nmae"])],
     "Domain has no field 'nmae'", "did you mean 'name'?"),
    ("a reference where a server looks none up", [op("create", "Tenant", {"t": {"name": "T"}}),
                                                 op("create", "Task", {"a": {"@type": "TenantMaintenance", "tenantId": "#t"}})],
     "'#t' is not looked up by a server under this field", ""),
    ("a circle that no order helps", [op("create", "Role", role(a=["b"])), op("create", "Role", role(b=["a"]))],
     "'#b' is used on line 1 and made on line 2", "each needs the other"),
    ("and one that an order does", [op("create", "Role", role(a=["b"])), op("create", "Role", role(b=[]))],
     "'#b' is used on line 1 and made on line 2", "in the order of the plan"),
    ("a circle of three", [op("create", "Role", role(a=["b"])), op("create", "Role", role(b=["c"])), op("create", "Role", role(c=["a"]))],
     "'#b' is used on line 1 and made on line 2", "each needs the other"),
    ("an update before what it is of", [op("update", "Role", {"description": "x"}, id="#a"), op("create", "Role", role(a=[]))],
     "'#a' is updated on line 1 and made on line 2", "in the order of the plan"),
    ("a filter that a server does not know", [op("destroy", "OAuthClient", {"description": "x"})],
     "does not filter OAuthClient by 'description'", "by text, clientId"),
    ("a set as an array", [op("create", "NetworkListener", {"a": {"name": "a", "bind": ["127.0.0.1:2525"]}})],
     "does not take the set 'bind' as an array", 'write {"127.0.0.1:2525": true}'),
    ("a list as an array", [op("update", "MtaStageAuth", {"require": {"match": [{"if": "is_tls", "then": "true"}], "else": "false"}})],
     "does not take the list 'match' as an array", 'write {"0": '),
    ("a duration with its unit", [op("create", "NetworkListener", {"a": listener("a", tlsTimeout="30s")})],
     "does not take the duration 'tlsTimeout' as a text", "write 30000"),
    ("an invented listener", [op("create", "Listener", {"a": {}})], "no object type is called 'Listener'", "'NetworkListener'"),
    ("an invented relay", [op("create", "RelayHost", {"a": {}})], "no object type is called 'RelayHost'",
     'here it is MtaRoute with "@type": "Relay"'),
    ("an invented limit", [op("create", "RateLimit", {"a": {}})], "no object type is called 'RateLimit'", "MtaInboundThrottle or"),
    ("an invented hook", [op("create", "Webhooks", {"a": {}})], "no object type is called 'Webhooks'", "'WebHook'"),
    ("an account of 0.15", [domain("d"), op("create", "Account", {"a": {**USER, "@type": "Individual"}})],
     "Account has no variant 'Individual'", "an individual of 0.15 is 'User' now"),
    ("the id of a snapshot", [op("upsert", "Domain", {"d": {"name": "d.example.org", "id": "b"}})], "Domain has no field 'id'",
     "the server gives an object its id"),
    ("a config.json in place of a plan", [{"@type": "RocksDb", "path": "/var/lib/mail"}],
     "an operation needs an object", "--object DataStore"),
    ("a prefix and a slip", [op("create", "x:Domian", {"a": {}})], "no object type", "did you mean 'Domain'?"),
]


def folded(plans, *args, command="check"):
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, plan in enumerate(plans):
            single = isinstance(plan, dict)
            names.append(f"{i}.json" if single else f"{i}.ndjson")
            with open(os.path.join(folder, names[-1]), "w", encoding="utf-8") as out:
                out.write(json.dumps(plan) if single else "".join(json.dumps(line) + "\n" for line in plan))
        return stwctest.run(command, "--edition", "enterprise", *args, *names, cwd=folder)


def tables(tap):
    for name, plans, want, objects in CASES:
        done = folded(plans, "--format", "json")
        have = [c for c in done.codes("error", "warning") if c != "no-domain"]
        tap.equal((have, done.summary.get("objects")), (want, objects), name)


def unseen(tap):
    for name, plan, want, parts in UNSEEN:
        done = folded([plan], "--format", "json", "--level", "no-postmaster=off", "--level",
                      "inline-secret=off")
        have = done.codes("error", "warning")
        tap.equal((have, done.codes("note").count("not-carried")), (want, parts), f"unseen: {name}")
    done = folded([[settings(mailExchangers_5=MTA), op("update", "MtaStageAuth", {"require/match/7/then": "true"})]],
                  "--to", "json", command="convert")
    tap.equal(json.loads(done.stdout), {"SystemSettings": {"mailExchangers": [{"priority": 10}, MTA]}, "MtaStageAuth": {}},
              "what the server alone shows is not in the result")


def forbidden(tap):
    for name, line, code in FORBIDDEN:
        done = folded([[line]], "--format", "json")
        first = next((d for d in done.diagnostics if d["code"] == code), None)
        tap.ok(first and first["line"] == 1 and first["hint"] and (code == "server-made" or done.codes() == [code]),
               f"no client may {name}: {done.codes('error', 'warning')}")
        column = json.dumps(line).index('"DestroyAccount"' if "task" in name else f'"{line["object"]}"') + 1
        tap.equal(first and first["column"], column, f"no client may {name}: the place")
    done = folded([[op("create", "Action", {"a": {"@type": "ReloadSettings"}})]], "--format", "json")
    tap.equal((done.codes("error", "warning"), done.codes("note")), ([], ["not-carried"]), "an action may be created")
    done = folded([[op("update", "Bootstrap", {"serverHostname": "mail.example.org", "tracer/path": "/var/log"})]],
                  "--format", "json")
    tap.equal(done.codes(), ["forbidden-operation"], "an update of Bootstrap takes no paths")


def values(tap):
    """What is left says what was said last."""
    changed = [[BLOCKED, op("update", "BlockedIp", {"reason": "portScanning", "expiresAt": "2030-01-01T00:00:00Z"},
                            id="#b")]]
    done = folded(changed, "--to", "json", command="convert")
    tap.equal(json.loads(done.stdout)["BlockedIp"], {"192.0.2.1": {"expiresAt": "2030-01-01T00:00:00Z",
                                                                    "reason": "portScanning"}}, "an address is updated")
    done = folded([[PEOPLE, USES], [op("create", "NetworkListener", {"people": listener("x")})]], "--to", "json",
                  command="convert")
    tap.equal(json.loads(done.stdout)["Domain"]["d"]["directoryId"], "#people", "references keep their objects")
    done = stwctest.check_text('[MtaOutboundStrategy]\nschedule = { else = "\'remote\'" }\n', "--from", "toml")
    tap.equal([(d["code"], d.get("line")) for d in done.diagnostics if d["code"] == "expression-target"], [("expression-target", 1)],
              "what the cases of a default name has the place of the object that leaves them so")
    local = {"if": "is_local_domain(rcpt_domain)", "then": "'local'"}
    case = {"if": "rcpt_domain == 'example.net'", "then": "'local'"}
    for what, patch, match in (("a further case", {"route/match/1": case}, [local, case]), ("one in a map", {"route": {"match/1": case}}, [local, case]),
                               ("its place", {"route/match/0": case}, [case]),
                               ("the result", {"route/match/0/then": "'mx'"}, [{**local, "then": "'mx'"}])):
        done = folded([[op("update", "MtaOutboundStrategy", {"route": {"else": "'mx'"}}), op("update", "MtaOutboundStrategy", patch)]],
                      "--to", "json", command="convert")
        tap.equal(json.loads(done.stdout)["MtaOutboundStrategy"]["route"], {"match": match, "else": "'mx'"},
                  f"a path goes into the case of the default beside an else that was said: {what}")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("a.toml", '[BlockedIp]\n"192.0.2.1" = { reason = "manual" }\n'),
                           ("b.toml", '[BlockedIp]\n"192.0.2.1" = { expiresAt = "2030-01-01T00:00:00Z" }\n')):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        done = stwctest.run("convert", "--to", "json", "a.toml", "--overlay", "b.toml", cwd=folder)
        tap.equal(json.loads(done.stdout or "{}"), {"BlockedIp": {"192.0.2.1": {
            "expiresAt": "2030-01-01T00:00:00Z", "reason": "manual"}}}, "an overlay adds to an address")
        done = stwctest.run("check", "--format", "json", "a.toml", "b.toml", cwd=folder)
        tap.equal(done.codes(), ["duplicate-value"], "a second source does not")


def places(tap):
    """Both places of a mistake, in words and as related ones."""
    done = folded([[domain("a"), domain("b"), USES, domain("c"), PEOPLE]], "--format", "json")
    first = done.diagnostics[0]
    tap.equal((first["line"], first["message"], first["related"][0]["line"]),
              (3, "'#people' is used on line 3 and made on line 5", 5), "an order error names both lines")
    done = folded([[PEOPLE, USES], [op("destroy", "Directory")]], "--format", "json")
    tap.equal([(d["file"], d["line"], d["related"][0]["file"]) for d in done.diagnostics],
              [("1.ndjson", 1, "0.ndjson")], "a refused destroy names who refers")


def requests(tap):
    def check(*calls, **extra):
        body = {"using": [], "methodCalls": [[name, arguments, f"c{i}"] for i, (name, arguments) in enumerate(calls)]}
        return stwctest.check_text(json.dumps({**body, **extra}), "--from", "json")
    made = ("x:Domain/set", {"create": {"d": {"name": "example.org"}}})
    for calls, extra, want, objects, name in [
            ([made, ("x:Domain/get", {"ids": ["#d"]}), ("x:Domain/query", {})], {}, [], 1, "calls that read"),
            ([("x:Domian/get", {})], {}, ["unknown-type"], 0, "of a type that there is"),
            ([("x:Domain/copy", {})], {}, ["plan-operation"], 0, "a method that is no part of it"),
            ([made, ("x:Domain/set", {"destroy": ["#d"]})], {}, [], 0, "a destroy of what the request made"),
            ([("x:Domain/set", {"destroy": ["b"]})], {}, [], 0, "a destroy of what the server has"),
            ([("x:Domain/set", {"destroy": ["#d"]}), made], {}, ["dangling-reference"], 1, "a destroy that comes too early"),
            ([("x:Domain/set", {"destroy": ["b"], "update": {"b": {"description": "x"}}})], {}, ["plan-line"], 0,
             "an update and a destroy of one object"),
            ([("x:Http/set", {"destroy": ["singleton"]})], {}, ["plan-line"], 0, "a destroy of a singleton"),
            ([("x:Domain/set", {"destroy": {"b": True}})], {}, ["plan-line"], 0, "destroy takes a list"),
            ([("x:Domain/set", {"destory": ["b"]})], {}, ["plan-line"], 0, "an argument that there is not"),
            ([("x:Domain/set", {"#destroy": {"resultOf": "q", "name": "x:Domain/query", "path": "/ids"}})], {},
             ["plan-operation"], 0, "a destroy by the result of a call"),
            ([made, ("x:SystemSettings/set", {"update": {"singleton": {"defaultDomainId": "#d", "defaultHostname":
                                                                       "mail.example.org"}}})], {}, [], 2,
             "a reference to what an earlier call made"),
            ([("x:SystemSettings/set", {"update": {"singleton": {"defaultDomainId": "#d", "defaultHostname":
                                                                 "mail.example.org"}}}), made], {}, ["plan-reference"],
             2, "and not to a later one"),
            ([("x:SystemSettings/set", {"update": {"singleton": {"defaultDomainId": "#d", "defaultHostname":
                                                                 "mail.example.org"}}})],
             {"createdIds": {"d": "b"}}, [], 1, "names that the request brings along")]:
        done = check(*calls, **extra)
        have = [c for c in done.codes("error", "warning") if c != "no-domain"]
        tap.equal((have, done.summary.get("objects")), (want, objects), name)


def hints(tap):
    for what, plan, message, hint in HINTS:
        done = folded([plan], "--format", "json")
        found = [(d["message"], d.get("hint", "")) for d in done.diagnostics if d["severity"] == "error"]
        tap.ok(any(message in m and hint in h for m, h in found), f"{what}: {found[:2]}")


def shared_scope(tap):
    """What many objects take from one place is still there when the last of them is bound."""
    words = {"description": "of \u00e9 all", "isEnabled": True}
    names = [f"d{i}.example.org" for i in range(6000)]
    plan = [op("create", "Domain", {"first": {"name": "first.example.net", **words}}),
            {"@type": "reconcile", "object": "Domain", "scope": words, "value": {n: {"name": n} for n in names}}]
    done = folded([plan], "--to", "json", command="convert")
    domains = json.loads(done.stdout)["Domain"] if done.status == 0 else {}
    wrong = [name for name in names if domains.get(name, {}).get("description") != words["description"]]
    tap.ok(done.status == 0 and not wrong, f"6,000 objects take a text from the scope of their operation {done.stderr[:200]}")


def main():
    tap = stwctest.Tap()
    for topic in (tables, unseen, forbidden, hints, values, places, requests, shared_scope):
        topic(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
