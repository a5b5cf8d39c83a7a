"""convert keeps the content, in every form and for every type; and a plan that is run again changes nothing."""
import json
import os
import sys
import tempfile

import generate
import stwctest
from roundtrip import KEYED, NO_IDENTITY, SUFFIX, build, content

SEEDS = range(int(os.environ.get("STW_SEEDS", "3")))
TENANT = {"Tenant": {"t": {"name": "t", "roles": {"@type": "Custom", "roleIds": ["#r"]}}},
          "Role": {"r": {"description": "r", "memberTenantId": "#t"}}}
SETTINGS = {"SystemSettings": {"defaultHostname": "mail.example.org", "defaultDomainId": "#example.org"},
            "Domain": {"example.org": {}}}
CERTIFICATES = {"Certificate": {n: {"certificate": {"@type": "File", "filePath": n + ".crt"},
                                    "privateKey": {"@type": "File", "filePath": n + ".key"}} for n in "ab"}}


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(text)
    return path


def faults(done):
    wrong = [part for part in done.stderr.split("\n\n") if not part.startswith("warning")]
    print("#   " + "\n".join(wrong)[:1500].replace("\n", "\n#   "))


def image_of(folder, name, *sources):
    image = os.path.join(folder, name)
    done = build(sources[-1], image, *sources[:-1])
    if done.status:
        faults(done)
    return content(image) if done.status == 0 else None


def forms(tap, folder, name, made):
    source = write(folder, "source.json", json.dumps(made))
    want = image_of(folder, "source.stwi", source)
    tap.ok(want, f"{name}: builds")
    for form, suffix in SUFFIX.items():
        done = stwctest.run("convert", "--to", form, "--reveal-secrets", source)
        if not tap.ok(done.status == 0, f"{name}: convert --to {form}"):
            print("#   " + done.stderr[-1500:].replace("\n", "\n#   "))
            continue
        again = write(folder, "again." + suffix, done.stdout)
        tap.equal(image_of(folder, "again.stwi", again), want, f"{name}: and it is the same content")
        dumped = stwctest.run("dump", "--to", form, "--reveal-secrets", os.path.join(folder, "source.stwi"))
        tap.ok(dumped.stdout == done.stdout, f"{name}: as dump writes it")
        if form == "plan":
            second = write(folder, "second.ndjson", done.stdout)
            tap.equal(image_of(folder, "twice.stwi", again, second), want, f"{name}: the plan run twice is as once")
            back = stwctest.run("convert", "--to", "yaml", "--reveal-secrets", again)
            tap.equal(image_of(folder, "back.stwi", write(folder, "back.yaml", back.stdout)), want,
                      f"{name}: a plan has second names for what two types call alike, and comes back without them")


def circles(tap, folder):
    """Two objects that need each other: the one that can be made without is updated later."""
    source = write(folder, "tenant.json", json.dumps(TENANT))
    done = stwctest.run("convert", "--to", "plan", source)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    tap.equal([(line["@type"], line["object"]) for line in lines],
              [("upsert", "x:Tenant"), ("upsert", "x:Role"), ("update", "x:Tenant")], "a circle is broken by an update")
    tap.equal(lines[-1].get("id"), "#t", "of the object that was made first")
    plan = write(folder, "tenant.ndjson", done.stdout)
    tap.equal(image_of(folder, "a.stwi", plan, plan + "") or "?", image_of(folder, "b.stwi", source), "to the same content")
    done = stwctest.run("convert", "--to", "jmap", source)
    tap.ok(done.status == 2 and "refer to each other" in done.stderr, "a request cannot do that, and says so")


def requests(tap, folder):
    source = write(folder, "s.json", json.dumps({**SETTINGS, "NetworkListener": {"a": {"bind": ["127.0.0.1:2525"]}}}))
    done = stwctest.run("convert", "--to", "jmap", source)
    body = json.loads(done.stdout or "{}")
    tap.equal([call[0] for call in body.get("methodCalls", [])],
              ["x:Domain/set", "x:NetworkListener/set", "x:SystemSettings/set"], "a request makes what is needed first")
    request = write(folder, "request.json", done.stdout)
    tap.equal(image_of(folder, "r.stwi", request), image_of(folder, "s.stwi", source), "and has the same content")


def matches(tap, folder):
    """What a second run goes by."""
    cases = [("a key", SETTINGS, "Domain", [["name"]]),
             ("fields together", {"MemoryLookupKey": {n: {"namespace": n, "key": "k"} for n in "ab"}}, "MemoryLookupKey",
              [["namespace", "key"]] * 2),
             ("a label of its own", {"MtaHook": {"a": {"url": "https://a.example.org/"}}}, "MtaHook", [["url"]]),
             ("whole values where nothing else differs", CERTIFICATES, "Certificate", [["certificate", "privateKey"]] * 2),
             ("nothing, where objects are alike", NO_IDENTITY, "MtaHook", None)]
    for name, made, kind, want in cases:
        done = stwctest.run("convert", "--to", "plan", write(folder, "m.json", json.dumps(made)))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        verbs = [line["@type"] for line in lines if line["object"] == "x:" + kind]
        if want is None:
            tap.ok(verbs[0] == "destroy" and "create" in verbs, name)
        else:
            tap.equal([line.get("matchOn") for line in lines if line["object"] == "x:" + kind], want, name)


def many_calls(tap, folder):
    """A request that a server would refuse for its size is told as one."""
    kinds = ("Imap Email Cache Security Http MtaStageRcpt MtaStageAuth MtaStageData WebDav Sharing AddressBook FileStorage "
             "HttpForm SenderAuth SpamSettings SpamPyzor Metrics Search").split()
    for count, words in ((16, ""), (17, "the request has 17 calls, and a server takes 16")):
        source = write(folder, "many.json", json.dumps({kind: {} for kind in kinds[:count]}))
        done = stwctest.run("convert", "--to", "jmap", "--partial", source)
        calls = json.loads(done.stdout)["methodCalls"]
        tap.ok(done.status == 0 and len(calls) == count and words in done.stderr and bool(words) == ("calls" in done.stderr),
               f"{count} calls") or print("#   " + done.stderr)
        tap.equal("calls" in stwctest.run("convert", "--to", "jmap", "--partial", "-q", source).stderr, False, "nothing with -q")
        done = stwctest.check_text(json.dumps(json.loads(done.stdout)), "--from", "json", "--partial")
        tap.equal("request-size" in done.codes("warning"), bool(words), "and the check of it says so")


def files(tap, folder):
    source = write(folder, "f.json", json.dumps(SETTINGS))
    target = os.path.join(folder, "f.toml")
    done = stwctest.run("convert", "--to", "toml", "-o", target, source)
    with open(target, encoding="utf-8") as written:
        tap.ok(done.status == 0 and "defaultHostname" in written.read() and not done.stdout, "-o writes a file")
    tap.equal([n for n in os.listdir(folder) if n.startswith(".")], [], "and leaves no other behind")
    tap.equal(stwctest.run("convert", "--to", "json", "-o", source, source).status, 2, "but not over its source")
    tap.equal(stwctest.run("convert", source).status, 2, "the form must be named")
    tap.equal(stwctest.run("convert", "--to", "xml", source).status, 2, "and known")
    bad = write(folder, "bad.json", '{"Http": {"useXForwarded": 1}}')
    tap.equal(stwctest.run("convert", "--to", "toml", bad).status, 1, "what is not valid is not converted")
    secret = write(folder, "secret.json", json.dumps({"Directory": {"d": {
        "@type": "Ldap", "description": "d", "url": "ldap://a", "baseDn": "o=x", "bindDn": "o=x",
        "filterMailbox": "(mail=?)",
        "bindSecret": {"@type": "Value", "secret": "hunter2"}}}}))
    done = stwctest.run("convert", "--to", "toml", secret)
    tap.ok(done.status == 2 and "hunter2" not in done.stdout + done.stderr, "a secret is not written unasked")
    done = stwctest.run("convert", "--to", "toml", "--reveal-secrets", "-o", target, secret)
    tap.equal((done.status, os.stat(target).st_mode & 0o777), (0, 0o600), "and else for its owner alone")


def main():
    tap = stwctest.Tap()
    reference = generate.Reference()
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            forms(tap, folder, f"seed {seed}", generate.Generator(reference, seed + 100).configuration(KEYED))
        for topic in (circles, requests, matches, many_calls, files):
            topic(tap, folder)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
