"""The examples that stw was asked to implement, written anew, each with what happens."""
import json
import os
import re
import sys
import tempfile

import stwctest

LISTENERS = [
    {"name": "mx", "protocol": "smtp", "bind": ["[::]:25"]},
    {"name": "submit", "protocol": "smtp", "bind": ["[::]:587"]},
    {"name": "submits", "protocol": "smtp", "bind": ["[::]:465"], "tlsImplicit": True,
     "maxConnections": 1024},
    {"name": "admin", "protocol": "http", "bind": ["127.0.0.1:8080"]},
]


def content(files, *args):
    """The content digest of a build, or the diagnostics where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text if isinstance(text, str) else json.dumps(text))
        done = stwctest.run("build", *args, *files, "-o", "out.stwi", cwd=folder)
        found = re.search(r"content ([0-9a-f]+)", done.stderr)
        return found.group(1) if done.status == 0 and found else f"exit {done.status}: {done.stderr}"


def member_map(listener):
    return {**listener, "bind": {address: True for address in listener["bind"]}}


def listeners(tap):
    """One meaning in every spelling: the content of the image is the same."""
    want = content({"NetworkListener.json": LISTENERS})
    tap.ok(len(want) == 16, f"a list of bare bodies in NetworkListener.json builds: {want}")
    by_name = {l["name"]: l for l in LISTENERS}
    bodies = {l["name"]: {k: v for k, v in l.items() if k != "name"} for l in LISTENERS}
    toml = "".join(
        f"[NetworkListener.{name}]\n" +
        "".join(f"{key} = {json.dumps(value)}\n" for key, value in body.items())
        for name, body in bodies.items())
    # a list has no client ids: the key alone names its objects
    tap.equal(content({"NetworkListener.json": [member_map(l) for l in LISTENERS]}), want,
              "bind as a map of members is the same as a list")
    tap.equal(content({"any.json": LISTENERS}, "--object", "NetworkListener"), want,
              "--object says what the file name said")
    tap.equal(content({"x.json": {"NetworkListener": LISTENERS}}), want,
              "a list under the type's name is the same")
    tap.equal(content({"x.json": {"x:NetworkListener": LISTENERS}}), want, "x: before the type is the same")
    named = content({"x.json": {"NetworkListener": by_name}})
    tap.equal(content({"x.json": {"NetworkListener": bodies}}), named,
              "a client id fills the name that the body leaves out")
    tap.equal(content({"x.toml": toml}), named, "TOML tables are the same as JSON")
    yaml = "NetworkListener:\n" + "".join(
        f"  {name}:\n" + "".join(f"    {k}: {json.dumps(v)}\n" for k, v in body.items())
        for name, body in bodies.items())
    tap.equal(content({"x.yaml": yaml}), named, "YAML is the same as JSON")
    plan = "".join(json.dumps({"@type": "create", "object": "NetworkListener",
                               "value": {l["name"]: member_map(l)}}) + "\n" for l in LISTENERS)
    tap.equal(content({"plan.ndjson": plan}), named, "a plan of creates is the same")
    three = {"name": "smtp", "protocol": "smtp",
             "bind": ["192.0.2.1:25", "203.0.113.9:25", "[2001:db8::2]:25"]}
    done = stwctest.check_text(json.dumps(three), "--from", "json", "--object", "NetworkListener")
    tap.equal((done.status, done.summary["objects"], done.codes()), (0, 1, []),
              "one body with three addresses is valid")
    one = content({"NetworkListener.json": [{"name": "a", "bind": "127.0.0.1:1"}]})
    tap.equal(one, content({"NetworkListener.json": [{"name": "a", "bind": ["127.0.0.1:1"]}]}),
              "a single address may stand alone")


def strict_listeners(tap):
    plan = json.dumps({"@type": "create", "object": "NetworkListener",
                       "value": {"smtp": LISTENERS[0]}}) + "\n"
    done = stwctest.check_text(plan, "--from", "ndjson")
    tap.equal(done.codes(), ["wrong-shape"], "a plan may not give bind as a list")
    tap.ok('{"[::]:25": true}' in done.diagnostics[0]["hint"], "and the hint shows what a server takes")
    defaults = stwctest.run("get", "NetworkListener/a/socketBacklog", "-", "--from", "toml",
                            stdin='[NetworkListener.a]\nbind = "127.0.0.1:1"\n')
    tap.ok("1024" in defaults.stdout and "default" in defaults.stdout,
           "the backlog is 1024 where nothing else is said")


def general(tap):
    """The general settings of 0.15, in both spellings of the address sets."""
    settings = '[server]\nhostname = "mail.example.org"\n\n[global]\nthread-pool = 16\n'
    done = stwctest.run("get", "SystemSettings/threadPoolSize", "-", "--from", "settings", stdin=settings)
    tap.ok("threadPoolSize = 16 " in done.stdout, "global.thread-pool becomes threadPoolSize")
    done = stwctest.run("get", "SystemSettings/defaultHostname", "-", "--from", "settings", stdin=settings)
    tap.ok("mail.example.org" in done.stdout, "server.hostname becomes defaultHostname")
    as_set = '[server]\nblocked-ip = { "192.0.2.20", "203.0.113.0/24" }\nallowed-ip = { "192.0.2.30" }\n'
    as_table = ('[server.blocked-ip]\n"192.0.2.20" = ""\n"203.0.113.0/24" = ""\n'
                '[server.allowed-ip]\n"192.0.2.30" = ""\n')
    dotted = ('server.blocked-ip.192.0.2.20 = ""\nserver.blocked-ip."203.0.113.0/24" = ""\n'
              'server.allowed-ip.192.0.2.30 = ""\n')
    want = content({"config.toml": as_set})
    tap.ok(len(want) == 16, f"the set form of 0.15 is read: {want}")
    tap.equal(content({"config.toml": as_table}), want, "the table form means the same")
    tap.equal(content({"config.toml": dotted}), want, "dotted keys mean the same")
    native = {"BlockedIp": ["192.0.2.20", "203.0.113.0/24"], "AllowedIp": ["192.0.2.30"]}
    tap.equal(content({"n.json": {t: [{"address": a} for a in all_] for t, all_ in native.items()}}), want,
              "and so does stw's own form")
    v6 = 'server.allowed-ip.203.0.113.7 = ""\nserver.allowed-ip.2001:db8::7 = ""\n'
    done = stwctest.check_text(v6, "--from", "settings")
    tap.equal((done.status, done.summary["objects"]), (0, 2), "single addresses of both families as keys")
    done = stwctest.check_text(as_set, "--from", "toml")
    tap.ok("toml-set" in done.codes(), "TOML itself has no sets")
    hint = next(d["hint"] for d in done.diagnostics if d["code"] == "toml-set")
    tap.ok('["192.0.2.20", "203.0.113.0/24"]' in hint and '"192.0.2.20" = true' in hint,
           "and the error shows both spellings that it has")
    done = stwctest.run("ip", "203.0.113.9", "-", "--from", "settings", stdin=as_set)
    tap.equal(done.status, 1, "an address of the blocked network is blocked")
    for local in ("127.0.0.1", "::1"):
        done = stwctest.run("ip", local, "-", "--from", "settings",
                            stdin='[server]\nblocked-ip = { "127.0.0.0/8", "::1" }\n')
        tap.equal(done.status, 0, f"{local} is never locked out")
    done = stwctest.check_text("[server]\nhostname = 'mail.example.org'\nrun-as-user = 'mail'\n",
                               "--from", "settings")
    tap.equal(done.codes("warning"), ["unknown-setting"], "a key that 0.15 does not know is named")


def bootstrap(tap):
    body = {"serverHostname": "mail.example.org", "defaultDomain": "example.org"}
    full = {**body, "requestTlsCertificate": True, "generateDkimKeys": True,
            "dataStore": {"@type": "RocksDb", "path": "/var/lib/stalwart/"},
            "blobStore": {"@type": "Default"}, "searchStore": {"@type": "Default"},
            "inMemoryStore": {"@type": "Default"}, "directory": {"@type": "Internal"},
            "tracer": {"@type": "Log", "path": "/var/log/stalwart/"}, "dnsServer": {"@type": "Manual"}}
    want = content({"Bootstrap.json": body})
    tap.ok(len(want) == 16, f"a Bootstrap of two answers builds: {want}")
    tap.equal(content({"Bootstrap.json": full}), want, "every default written out means the same")
    done = stwctest.run("check", "--format", "json", "-", "--from", "json",
                        stdin=json.dumps({"Bootstrap": body}))
    tap.equal(done.summary["objects"], 8, "it stands for eight objects")
    done = stwctest.run("get", "AcmeProvider/letsencrypt/challengeType", "-", "--from", "json",
                        stdin=json.dumps({"Bootstrap": body}))
    tap.ok("TlsAlpn01" in done.stdout, "without a DNS server the certificate comes by TLS-ALPN")
    done = stwctest.check_text(json.dumps({"Bootstrap": body, "Domain": {"d": {"name": "example.net"}}}),
                               "--from", "json")
    tap.equal(done.codes(), ["bootstrap-alone"], "beside another object it is refused")
    done = stwctest.check_text(json.dumps({"Bootstrap": {"defaultDomain": "example.org"}}), "--from", "json")
    tap.equal(done.codes(), ["missing-field"], "the host name must be there")


def ldap(tap):
    def directory(secret):
        return json.dumps({"Directory": {"staff": {
            "@type": "Ldap", "description": "Staff", "baseDn": "dc=example,dc=org",
            "url": "ldap://127.0.0.1:389", "bindDn": "cn=stw,dc=example,dc=org", "bindSecret": secret}}})
    for secret in ({"@type": "File", "filePath": "ldap-bind"},
                   {"@type": "EnvironmentVariable", "variableName": "LDAP_BIND"}):
        done = stwctest.check_text(directory(secret), "--from", "json", "--strict")
        tap.equal((done.status, done.codes("error", "warning")), (0, []),
                  f"an LdapDirectory takes its secret by {secret['@type']}")
    done = stwctest.check_text(directory({"@type": "Value", "secret": "hunter2"}), "--from", "json")
    tap.equal(done.codes("error", "warning"), ["inline-secret"], "a secret in the source is a warning")
    tap.ok("hunter2" not in done.stdout + done.stderr, "that does not show it")
    done = stwctest.run("check", "-", "--from", "json", stdin=directory({"@type": "Value", "secret": "hunter2"}))
    tap.ok("hunter2" not in done.stderr, "nor does the source line under the caret")
    done = stwctest.check_text(directory({"@type": "Vaule", "secret": "hunter2"}), "--from", "json")
    tap.equal(done.codes(), ["unknown-variant"], "a misspelt variant is one error")
    tap.ok("hunter2" not in stwctest.run("check", "-", "--from", "json",
                                         stdin=directory({"@type": "Vaule", "secret": "hunter2"})).stderr,
           "and what stands beside it is not shown")


def token(path):
    return {"@type": "File", "filePath": path}


def dns(tap):
    # the kinds that the seed shows, with the fields that each asks for
    kinds = {
        "Tsig": {"host": "192.0.2.53", "keyName": "stw.", "key": token("tsig")},
        "Cloudflare": {"secret": token("cf")},
        "DigitalOcean": {"secret": token("do")},
        "Ovh": {"applicationKey": "k", "applicationSecret": token("s"), "consumerKey": token("c")},
        "Porkbun": {"apiKey": "k", "secretApiKey": token("s"), "secret": token("t")},
        "Dnsimple": {"authToken": token("a"), "accountIdentifier": "1", "secret": token("t")},
        "Spaceship": {"apiKey": "k", "secret": token("t")},
        "Route53": {"accessKeyId": "k", "secretAccessKey": token("s"), "sessionToken": {"@type": "None"}},
        "GoogleCloudDns": {"serviceAccountJson": {"@type": "File", "filePath": "gcp"}, "projectId": "p"},
    }
    for kind, body in kinds.items():
        text = json.dumps({"DnsServer": {"d": {"@type": kind, "description": kind, **body}}})
        done = stwctest.check_text(text, "--from", "json", "--strict")
        tap.equal((done.status, done.codes("error", "warning")), (0, []), f"a DnsServer of kind {kind}")
    sig0 = {"@type": "Sig0", "description": "old", "host": "192.0.2.53", "publicKey": "AAAA",
            "key": {"@type": "File", "filePath": "sig0"}, "signerName": "stw."}
    text = json.dumps({"DnsServer": {"d": sig0}})
    done = stwctest.check_text(text, "--from", "json")
    tap.equal((done.status, done.codes("error", "warning")), (0, ["deprecated"]),
              "SIG(0) is read with a deprecation warning")
    for target, status in (("0.16.5", 0), ("0.16.6", 1), ("0.16.19", 1)):
        done = stwctest.check_text(text, "--from", "json", "--target", target)
        tap.equal(done.status, status, f"SIG(0) for {target}: exit {status}")
    plan = json.dumps({"@type": "create", "object": "DnsServer", "value": {"d": sig0}}) + "\n"
    done = stwctest.check_text(plan, "--from", "ndjson")
    tap.equal(done.codes(), ["target-version"], "SIG(0) in a plan is an error")


def request(method, arguments):
    return json.dumps({"using": ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"],
                       "methodCalls": [[method, arguments, "c1"]]})


def requests(tap):
    """The request bodies that the reference shows."""
    done = stwctest.check_text(request("x:Bootstrap/get", {"ids": ["singleton"]}), "--from", "json")
    tap.equal((done.status, done.codes("error", "warning")), (0, []), "a get request changes nothing and is valid")
    done = stwctest.check_text(request("x:Bootstrap/set", {"update": {"singleton": {
        "serverHostname": "updated value"}}}), "--from", "json")
    tap.equal((done.status, done.codes()), (1, ["domain-name"]), "the host name of the example has a blank: refused")
    done = stwctest.check_text(request("x:Bootstrap/set", {"update": {"singleton": {
        "serverHostname": "mail.example.com"}}}), "--from", "json")
    tap.equal((done.status, done.codes()), (0, []), "a real one alone is enough: the rest stays as it is")
    done = stwctest.check_text(request("x:Bootstrap/set", {"create": {"b": {
        "serverHostname": "mail.example.com"}}}), "--from", "json")
    tap.equal(done.status, 1, "and it cannot be created")


def walkthrough(tap):
    """Host names of containers, and the addresses that a proxy brings with it."""
    done = stwctest.check_text('[SystemSettings]\ndefaultHostname = "e17b1f237a3a"\n', "--from", "toml")
    tap.equal((done.status, done.codes()), (1, ["domain-name"]), "the name of a container is no host name of a server")
    done = stwctest.check_text('[SystemSettings]\ndefaultHostname = "e17b1f237a3a.lan"\n', "--from", "toml")
    tap.ok("container-hostname" in done.codes("warning"), "behind a domain it is a warning")
    # of the two zone files one is said to be good, but its alias is its own target, and an MX
    # may not lead to an alias (RFC 2181, 10.3); stwc reads no zone files, and says that it does not
    for word, zone in (("bad", "@ IN MX 10 e17b1f237a3a.\nmail IN CNAME e17b1f237a3a.\n"),
                       ("good", "@ IN MX 10 mail.example.org.\nmail IN CNAME mail.example.org.\n")):
        done = stwctest.check_files({"db.example.org": zone})
        tap.equal((done.status, done.codes()), (2, ["unreadable"]), f"the {word} example of a zone is no configuration")
    lines = "".join('server.allowed-ip.%s = ""\n' % a for a in ("192.0.2.7", "2001:db8::7"))
    done = stwctest.run("ip", "192.0.2.7", "-", "--from", "settings",
                        stdin=lines + 'server.blocked-ip."192.0.2.0/24" = ""\n')
    tap.equal(done.status, 0, "an allowed proxy gets through although its network is blocked")
    clear = json.dumps([{"type": "clear", "prefix": "server.blocked-ip."}])
    done = stwctest.check_text(clear, "--from", "json")
    tap.equal(done.codes(), ["wrong-root"], "the body of the settings API of 0.15 is no configuration")
    two = [{"name": "smtp", "protocol": "smtp", "bind": ["[::]:25"]},
           {"name": "imap", "protocol": "imap", "bind": ["[::]:143"]}]
    done = stwctest.check_text(json.dumps(two), "--from", "json", "--object", "NetworkListener")
    tap.equal((done.status, done.codes()), (0, []), "a list of two listeners")


def main():
    tap = stwctest.Tap()
    for topic in (listeners, strict_listeners, general, bootstrap, ldap, dns, requests, walkthrough):
        topic(tap)
    tap.done()
    return 0


if __name__ == "__main__":
    sys.exit(main())
