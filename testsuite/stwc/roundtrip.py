"""dump | build gives the same content digest, for every type, in every format."""
import json
import os
import sys
import tempfile

import generate
import stwctest

SEEDS = range(int(os.environ.get("STW_SEEDS", "6")))
SUFFIX = {"toml": "toml", "yaml": "yaml", "json": "json", "plan": "ndjson"}
KEYED = {"ClusterRole": "name", "Domain": "name", "EventTracingLevel": "event", "HttpLookup": "namespace",
         "MtaConnectionStrategy": "name", "MtaDeliverySchedule": "name", "MtaRoute": "name", "MtaTlsStrategy": "name",
         "MtaVirtualQueue": "name", "NetworkListener": "name", "OAuthClient": "clientId", "SieveSystemScript": "name",
         "SieveUserScript": "name", "SpamDnsblServer": "name", "SpamFileExtension": "extension", "SpamRule": "name",
         "SpamTag": "tag", "StoreLookup": "namespace"}


OWN = ("toml", "yaml", "json")
NO_IDENTITY = {"MtaHook": [{"url": "https://a.example.org/"}, {"url": "https://b.example.org/"},
                           {"url": "https://a.example.org/"}] + [{"url": "https://c.example.org/"}] * 9}
# name, configuration, formats, further options
CASES = [
    ("a name that is the client id of another",
     {"NetworkListener": {"x": {"name": "a", "bind": "[::]:2525"}, "y": {"bind": "[::]:2526"}},
      "x:NetworkListener": [{"name": "x", "bind": "[::]:2527"}],
      "ClusterRole": {"r": {"listeners": {"@type": "EnableSome", "listenerIds": ["#x", "#y"]}}}}, OWN, []),
    ("objects known by their place", NO_IDENTITY, OWN + ("plan",), []),
    ("objects known by their place beside a named one",
     {"MtaHook": {"named": {"url": "https://a.example.org/"}}, "x:MtaHook": NO_IDENTITY["MtaHook"]},
     OWN + ("plan",), []),
    ("a reference to a place", {"Directory": [
        {"@type": "Ldap", "description": "d", "url": "ldap://a", "baseDn": "o=x",
         "filterMailbox": "(mail=?)"}], "Domain": {"example.org": {"directoryId": "#[0]"}}}, OWN, []),
    ("references to what is elsewhere",
     {"Domain": {"example.org": {"directoryId": "#elsewhere", "memberTenantId": "abc"}}}, OWN + ("plan",),
     ["--partial"]),
    ("references to what a server adds", {"MtaDeliverySchedule": {"s": {"queueId": "#remote"}}},
     OWN + ("plan",), []),
    ("a variant that servers no longer have",
     {"DnsServer": {"d": {"@type": "Sig0", "description": "d", "host": "192.0.2.1", "signerName": "s.example.org",
                          "key": {"@type": "File", "filePath": "k"}, "publicKey": "p", "sig0Algorithm": "ed25519"}}},
     OWN, []),
    ("nothing but a singleton without fields", {"BlobStore": {"@type": "Default"}}, OWN + ("plan",), []),
]


def build(source, image, *more):
    return stwctest.run("build", *more, "--allow-inline-secrets", "--level", "inline-secret=off", "-q", source, "-o", image)


def content(image):
    return json.loads(stwctest.run("verify", "--format", "json", image).stdout).get("content")


def back_and_forth(tap, folder, image, name, form, more):
    """One dump, built again, and dumped again."""
    want = content(image)
    dumped = stwctest.run("dump", "--reveal-secrets", "--to", form, image)
    source, again = os.path.join(folder, "again." + SUFFIX[form]), os.path.join(folder, "again.stwi")
    with open(source, "w", encoding="utf-8", newline="") as out:
        out.write(dumped.stdout)
    built = build(source, again, *more) if dumped.status == 0 else dumped
    if not tap.ok(built.status == 0 and content(again) == want, f"{name}: dump --to {form} has the same content"):
        print("#   " + built.stderr[:3000].replace("\n", "\n#   "))
        if os.environ.get("STW_KEEP"):
            os.system("cp %s %s %s" % (source, image, os.environ["STW_KEEP"]))
        return
    second = stwctest.run("dump", "--reveal-secrets", "--to", form, again)
    tap.equal(second.stdout == dumped.stdout, True, f"{name}: dump --to {form} is the same a second time")


def check(tap, name, text, forms=OWN + ("plan",), more=()):
    with tempfile.TemporaryDirectory() as folder:
        source, image = os.path.join(folder, "source.json"), os.path.join(folder, "source.stwi")
        with open(source, "w", encoding="utf-8") as out:
            out.write(text)
        built = build(source, image, *more)
        if not tap.ok(built.status == 0, f"{name}: builds"):
            print("#   " + built.stderr[:3000].replace("\n", "\n#   "))
            return
        verified = stwctest.run("verify", image)
        tap.equal((verified.status, verified.stderr), (0, ""), f"{name}: the image is whole")
        for form in forms:
            back_and_forth(tap, folder, image, name, form, more)


def no_second_name(tap):
    """What a plan cannot say is refused, not changed."""
    with tempfile.TemporaryDirectory() as folder:
        source, image = os.path.join(folder, "s.json"), os.path.join(folder, "s.stwi")
        with open(source, "w", encoding="utf-8") as out:
            json.dump(CASES[0][1], out)
        build(source, image)
        done = stwctest.run("dump", "--to", "plan", image)
        tap.ok(done.status == 2 and done.stdout == "" and "NetworkListener 'x'" in done.stderr,
               "a plan has one name for an object alone")


def what_the_host_decides(tap):
    """A server wants host name and domain in a plan: an image without them makes none that build refuses."""
    domain = {"Domain": {"example.org": {}}}
    host, default = {"defaultHostname": "mail.example.org"}, {"defaultDomainId": "#example.org"}
    with tempfile.TemporaryDirectory() as folder:
        source, image = os.path.join(folder, "s.json"), os.path.join(folder, "s.stwi")
        for settings, missing in (({}, ["defaultHostname", "defaultDomainId"]), (host, ["defaultDomainId"]),
                                  (default, ["defaultHostname"]), ({**host, **default}, [])):
            with open(source, "w", encoding="utf-8") as out:
                json.dump({**domain, "SystemSettings": {**settings, "maxConnections": 10}}, out)
            tap.equal(build(source, image).status, 0, f"an image without {missing} builds")
            done = stwctest.run("dump", "--to", "plan", image)
            if missing:
                tap.ok(done.status == 2 and done.stdout == "" and "build again" in done.stderr and
                       all(f"SystemSettings.{field}" in done.stderr for field in missing) and
                       done.stderr.count("SystemSettings.") == len(missing), f"a plan of it is refused for {missing}")
                tap.equal(stwctest.run("dump", image).status, 0, "stw's own form is not")
            else:
                tap.equal(stwctest.run("check", "--from", "ndjson", "-", stdin=done.stdout).status, 0, "else it is valid")


def main():
    tap = stwctest.Tap()
    reference = generate.Reference()
    tap.ok(len(reference.types) > 90 and len(reference.enums) > 50 and len(reference.unions) > 40,
           "the reference was read")
    for seed in SEEDS:
        made = generate.Generator(reference, seed).configuration(KEYED)
        check(tap, f"seed {seed}", json.dumps(made, indent=1))
    for name, made, forms, more in CASES:
        check(tap, name, json.dumps(made, indent=1), forms, more)
    no_second_name(tap)
    what_the_host_decides(tap)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
