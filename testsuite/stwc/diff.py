"""diff: by meaning, with the reload class of each change; and a plan that leads from one side to the other."""
import copy
import json
import os
import random
import shutil
import sys
import tempfile

import generate
import stwctest
from convert import faults, image_of, write
from roundtrip import KEYED

SEEDS = range(int(os.environ.get("STW_SEEDS", "4")))
LISTENER = {"NetworkListener": {"smtp": {"bind": ["[::]:2525"], "maxConnections": 10}}}


def compare(folder, old, new, *args):
    sides = []
    for name, made in (("old", old), ("new", new)):
        sides.append(made if isinstance(made, str) else write(folder, name + ".json", json.dumps(made)))
    return stwctest.run("diff", *args, *sides)


def changes(done):
    return [(c["change"], "/".join(c[k] for k in ("type", "name", "path") if k in c), c.get("old"), c.get("new"),
             c["reload"]) for c in json.loads(done.stdout or '{"changes": []}')["changes"]]


def listener(**more):
    made = copy.deepcopy(LISTENER)
    made["NetworkListener"]["smtp"].update(more)
    return made


def directory(name):
    return {"Directory": {name: {"@type": "Ldap", "description": name, "url": "ldaps://a", "baseDn": "o=x",
                                 "filterMailbox": "(mail=?)"}}}


def quotas(description):
    return {"MtaQueueQuota": {"q": {"description": description, "key": ["sender"]}, "r": {"description": "z", "key": ["sender"]}}}


# name, old, new, changes
CASES = [
    ("the same", LISTENER, LISTENER, []),
    ("another value", LISTENER, listener(maxConnections=20),
     [("changed", "NetworkListener/smtp/maxConnections", 10, 20, "live")]),
    ("a default written out", LISTENER, listener(useTls=True, tlsTimeout="1m"), []),
    ("back to the default", listener(useTls=False), LISTENER,
     [("changed", "NetworkListener/smtp/useTls", False, True, "new-sessions")]),
    ("another order of a set", listener(bind=["127.0.0.1:1025", "127.0.0.1:1026"]),
     listener(bind=["127.0.0.1:1026", "127.0.0.1:1025"]), []),
    ("an object more", LISTENER, {"NetworkListener": {**LISTENER["NetworkListener"], "imap": {"bind": ["[::]:1143"]}}},
     [("added", "NetworkListener/imap", None, None, "live")]),
    ("an object less", {**LISTENER, "Domain": {"example.org": {}}}, LISTENER,
     [("removed", "Domain/example.org", None, None, None)]),
    ("a singleton that says nothing", LISTENER, {**LISTENER, "Http": {}}, []),
    ("a field of an object inside", {"Imap": {}}, {"Imap": {"maxRequestRate": {"count": 7}}},
     [("changed", "Imap/maxRequestRate/count", 2000, 7, None)]),
    ("another variant", {"Tracer": {"t": {"@type": "Stdout"}}}, {"Tracer": {"t": {"@type": "Journal"}}},
     [("changed", "Tracer/t/@type", "Stdout", "Journal", None)]),
    ("addresses", {"BlockedIp": {"192.0.2.1": {}, "192.0.2.2": {}, "192.0.2.3": {}}},
     {"BlockedIp": {"192.0.2.1": {}, "192.0.2.2": {"reason": "portScanning"}, "192.0.2.4": {}}},
     [("changed", "BlockedIp/192.0.2.2", None, None, None), ("added", "BlockedIp/192.0.2.4", None, None, None),
      ("removed", "BlockedIp/192.0.2.3", None, None, None)]),
    ("an address with its usual reason", {"BlockedIp": {"192.0.2.1": {}}},
     {"BlockedIp": {"192.0.2.1": {"reason": "manual"}}}, []),
    ("an object of another client id and the same key", {"NetworkListener": {"a": {"name": "n", "bind": ["[::]:2525"]}}},
     {"NetworkListener": {"b": {"name": "n", "bind": ["[::]:2525"]}}}, []),
]


def tables(tap, folder):
    for name, old, new, want in CASES:
        done = compare(folder, old, new, "--to", "json")
        have = [c if w[4] else c[:4] + (None,) for c, w in zip(changes(done), want)] if len(changes(done)) == len(want) \
            else changes(done)
        tap.equal((have, done.status), (want, 1 if want else 0), name)


def sides(tap, folder):
    """Images, sources and the defaults may stand on either side."""
    source = write(folder, "a.json", json.dumps(LISTENER))
    image_of(folder, "a.stwi", source)
    image = os.path.join(folder, "a.stwi")
    tap.equal(stwctest.run("diff", image, source).status, 0, "an image is the same as its source")
    done = stwctest.run("diff", "defaults", image)
    tap.ok(done.status == 1 and done.stdout.startswith("+ NetworkListener/smtp"), "everything is added to the defaults")
    tap.equal(stwctest.run("diff", "defaults", "defaults").stdout, "", "which are the same as themselves")
    over = write(folder, "over.toml", "[NetworkListener.smtp]\nmaxConnections = 20\n")
    done = stwctest.run("diff", image, source, "--overlay", over)
    tap.equal(done.stdout, "~ NetworkListener/smtp/maxConnections: 10 -> 20  [live]\n", "an overlay belongs to its side")
    tap.equal(stwctest.run("diff", source, "--overlay", over, source, "--overlay", over).status, 0, "each may have one")
    tap.equal(stwctest.run("diff", "--overlay", over, source, source).status, 2, "but not before the first")
    bad = write(folder, "bad.toml", "[Http]\nuseXForwarded = 1\n")
    tap.equal(stwctest.run("diff", source, bad).status, 2, "an invalid side is neither the same nor different")
    tap.equal(stwctest.run("diff", source, os.path.join(folder, "no")).status, 2, "nor is one that is not there")
    tap.equal(stwctest.run("diff", source).status, 2, "one side is not enough")
    done = compare(folder, listener(), listener(bind=["[::]:2525", "[::]:2526"]))
    tap.equal(done.stdout, '~ NetworkListener/smtp/bind: +"[::]:2526"  [live]\n', "members that come are shown alone")
    secret = [{"Directory": {"d": {"@type": "Ldap", "description": "d", "url": "ldap://a", "baseDn": "o=x", "bindDn": "o=x",
                                   "filterMailbox": "(mail=?)",
                                   "bindSecret": {"@type": "Value", "secret": word}}}} for word in ("hunter1", "hunter2")]
    for form in ("text", "json", "plan"):
        done = compare(folder, *secret, "--to", form)
        tap.ok("hunter" not in done.stdout + done.stderr and done.status == (2 if form == "plan" else 1),
               f"secrets are not shown: {form}")
    done = compare(folder, *secret, "--to", "plan", "--reveal-secrets")
    tap.ok("hunter2" in done.stdout and done.status == 1, "unless they shall be")


# ---- plans ----

def mutated(made, reference, seed):
    """Another value here and there, objects that come and go, as long as it is valid."""
    choose = random.Random(seed)
    made = copy.deepcopy(made)
    donor = generate.Generator(reference, seed + 5000)
    donor.keys, donor.count = KEYED, 100000
    donor.names = {kind: list(objects) for kind, objects in made.items() if reference.types[kind]}
    donor.variants = {(kind, name): body.get("@type") for kind in donor.names if kind in reference.unions
                      for name, body in made[kind].items()}
    for kind, objects in made.items():
        if kind in ("BlockedIp", "AllowedIp"):
            kept = {body["address"]: body for body in objects if choose.random() < 0.7}
            made[kind] = list({**kept, **{body["address"]: body for body in donor.packed(kind)[:2]}}.values())
            continue
        single = not reference.types[kind]
        for client in [None] if single else list(objects):
            body = objects if single else objects[client]
            owner = reference.unions.get(kind, {}).get(body.get("@type"), kind)
            for field, (type_, null, low, high) in sorted(reference.fields.get(owner, {}).items()):
                if choose.random() > 0.15 or field in ("name", "key", KEYED.get(kind)) or field not in body:
                    continue
                if field == "memberTenantId":
                    continue
                if (owner, field) in generate.OBEY or field in ("httpHeaders", "responseHeaders"):
                    body[field] = choose.choice(generate.OBEY.get((owner, field), generate.HEADERS))
                    continue
                value = donor.value(type_, low, high, reference.forms.get((owner, field)), 1)
                if value is not None:
                    body[field] = value
    return made


def lead(tap, folder, name, old, new):
    """The old side as a plan and the plan of the difference are the new side. False: there is no plan, and why is said."""
    old_path, new_path = (write(folder, n + ".json", json.dumps(m)) for n, m in (("old", old), ("new", new)))
    before = stwctest.run("convert", "--to", "plan", "--reveal-secrets", old_path)
    done = stwctest.run("diff", "--to", "plan", "--reveal-secrets", old_path, new_path)
    parts = [done]
    if "--part 1" in done.stderr:
        parts = [stwctest.run("diff", "--to", "plan", "--part", n, "--reveal-secrets", old_path, new_path) for n in "12"]
        done = parts[1]
    if done.status == 2 and "no plan: " in done.stderr or before.status == 2 and "no second run" in before.stderr:
        return False
    if not tap.ok(done.status == 1 and before.status == 0, f"{name}: there is a plan"):
        faults(done if done.status != 1 else before)
        return True
    plans = [write(folder, f"{number}.ndjson", plan.stdout) for number, plan in enumerate([before] + parts)]
    after = image_of(folder, "after.stwi", *plans)
    again = stwctest.run("diff", os.path.join(folder, "after.stwi"), new_path) if after else None
    if not tap.ok(again and again.status == 0, f"{name}: which leads to the new side"):
        print("#   " + (again.stdout[:1500] if again else "").replace("\n", "\n#   "))
        if os.environ.get("STW_KEEP"):
            shutil.copytree(folder, os.environ["STW_KEEP"], dirs_exist_ok=True)
    return True


def plans(tap, folder):
    reference = generate.Reference()
    found = 0
    for seed in SEEDS:
        old = generate.Generator(reference, seed + 200).configuration(KEYED)
        found += lead(tap, folder, f"seed {seed}", old, mutated(old, reference, seed))
    tap.ok(found * 2 > len(SEEDS), "most changes can be said in a plan")
    found = 0
    for seed in SEEDS:
        sides = [generate.Generator(reference, seed + n).configuration(KEYED) for n in (300, 400)]
        for made in sides:
            for number, made_of in enumerate(made["Certificate"].values()):
                made_of["certificate"] = {"@type": "File", "filePath": f"{len(str(made))}-{number}"}
        found += lead(tap, folder, f"two seeds {seed}", *sides)
    tap.ok(found, "even where nothing is as it was")


def acme(url, *domains, **more):
    """An ACME provider, whose directory cannot change, and domains that refer to it."""
    management = {"@type": "Automatic", "acmeProviderId": "#a"}
    return {"AcmeProvider": {"a": {"directory": url, "contact": ["a@example.org"], "challengeType": "Http01"}},
            "Domain": {f"{d}.example.org": {"certificateManagement": management, **more} for d in domains}}


def roles(**lists):
    return {"Role": {name: {"description": name, "roleIds": ["#" + other for other in others]}
                     for name, others in lists.items()}}


def keys(text):
    """A certificate of a user, which is of one account for ever, and by which mail is encrypted."""
    return {"Domain": {"example.org": {}}, "PublicKey": {"k": {"accountId": "#" + text, "description": "k", "key": generate.CERTIFICATE}},
            "Account": {n: {"@type": "User", "name": n, "domainId": "#example.org"} for n in "ab"}}


def account(variant):
    return {"Domain": {"example.org": {}}, "Account": {"x": {"@type": variant, "name": "x", "domainId": "#example.org"}}}


def tenant(goes, stays=False):
    """A tenant whose role is one of its own; the role may stay, and no longer be of the tenant."""
    made = {"Tenant": {"t": {"name": "T", "roles": {"@type": "Custom", "roleIds": ["#r"]}}},
            "Role": {"r": {"description": "R", "memberTenantId": "#t"}, "s": {"description": "S"}}}
    if goes:
        del made["Tenant"]
        made["Role"].pop("r")
    if stays:
        made["Role"]["r"] = {"description": "R"}
    return made


def encrypted(goes):
    """A user who reads by a certificate of his own, which goes with him (validation.md 4.2)."""
    made = keys("a")
    made["Account"]["a"]["encryptionAtRest"] = {"@type": "Aes256", "publicKey": "#k"}
    if goes:
        del made["PublicKey"], made["Account"]["a"]
    return made


# old, new, why there is no plan
REFUSED = [
    ("of objects that go and need each other", roles(a=["b"], b=["a"], c=[]), roles(c=[]),
     "goes, as does an object to which its 'roleIds' refers and which refers to it, and a server destroys neither first: it takes "
     "the plan of --part 1, which takes 'roleIds' away, and after that the plan of --part 2"),
    ("of a user who is to be a group", account("User"), account("Group"), "Account/x changes its variant, which no account can"),
    ("of a field that cannot be taken back",
     {"SystemSettings": {"defaultDomainId": "#example.org", "defaultHostname": "mail.example.org"}, "Domain": {"example.org": {}}},
     {"Domain": {"example.org": {}}}, "a server cannot take back SystemSettings.default"),
]

A, B = "https://a.example.org/", "https://b.example.org/"

# old, new, what the plan is
PLANS = [
    ("what others refer to and only a new object can be", acme(A, "d", "e"), acme(B, "d", "e"),
     ["upsert Domain"] * 2 + ["create AcmeProvider"] + ["update Domain"] * 2 + ["reconcile AcmeProvider"]),
    ("the same where one of them changes, too, and one goes", acme(A, "d", "e"), acme(B, "d", description="x"),
     ["upsert Domain", "create AcmeProvider", "update Domain", "reconcile AcmeProvider", "reconcile Domain"]),
    ("the same where one more comes", acme(A, "d"), acme(B, "d", "e"),
     ["upsert Domain", "create AcmeProvider", "create Domain", "update Domain", "reconcile AcmeProvider"]),
    ("an object of another owner", keys("a"), keys("b"),
     ["destroy PublicKey", "upsert Domain", "upsert Account", "create PublicKey"]),
    ("a role that its tenant leaves behind", tenant(False), tenant(True, stays=True),
     ["upsert Role", "update Role", "reconcile Tenant"]),
    ("a user and the certificate that is his", encrypted(False), encrypted(True), ["reconcile PublicKey", "reconcile Account"]),
    ("types that hold each other in turn",
     {"Role": {"r": {"description": "R", "memberTenantId": "#t"}},
      "Tenant": {"t": {"name": "T"}, "u": {"name": "U", "roles": {"@type": "Custom", "roleIds": ["#r"]}}}}, LISTENER,
     ["create NetworkListener", "reconcile Tenant", "reconcile Role", "reconcile Tenant"]),
    ("objects that go, one of which refers to the other", roles(a=["b"], b=[], c=[]), roles(c=[]), ["reconcile Role"] * 2),
    ("a value", LISTENER, listener(maxConnections=20), ["upsert NetworkListener", "update NetworkListener"]),
    ("another object", LISTENER, {**LISTENER, "Domain": {"example.org": {}}}, ["create Domain"]),
    ("a singleton", {"Imap": {"maxRequestRate": {"count": 7}}}, {"Imap": {}}, ["update Imap"]),
    ("an object that goes", {**LISTENER, "Domain": {"a.example.org": {}, "b.example.org": {}}},
     {**LISTENER, "Domain": {"b.example.org": {}}}, ["reconcile Domain"]),
    ("a reference to what comes and from what goes", {"Domain": {"a.example.org": {"directoryId": "#x"}}, **directory("x")},
     {"Domain": {"a.example.org": {"directoryId": "#y"}}, **directory("y")},
     ["upsert Domain", "create Directory", "update Domain", "reconcile Directory"]),
    ("what only a new object can have", quotas("a"), quotas("b"),
     ["create MtaQueueQuota", "reconcile MtaQueueQuota"]),
    ("objects that nothing tells apart", {"MtaHook": [{"url": "https://a.example.org/"}] * 3},
     {"MtaHook": [{"url": "https://a.example.org/"}] * 2}, ["destroy MtaHook", "create MtaHook", "create MtaHook"]),
    ("addresses", {"BlockedIp": {"192.0.2.1": {"reason": "portScanning"}, "192.0.2.2": {}}}, {"BlockedIp": {"192.0.2.1": {}}},
     ["upsert BlockedIp", "destroy BlockedIp"]),
    ("nothing", LISTENER, LISTENER, []),
]


# old, new, what the two plans are
PARTS = [
    ("roles that refer to each other", roles(a=["b"], b=["a"], c=[]), roles(c=[]),
     (["upsert Role", "update Role"], ["reconcile Role"] * 2)),
    ("a tenant and its role", tenant(False), tenant(True), (["upsert Tenant", "update Tenant"], ["reconcile Tenant", "reconcile Role"])),
    ("a circle of four, and what else changes", {**roles(a=["b"], b=["c"], c=["d"], d=["a"]), **LISTENER}, listener(maxConnections=20),
     (["upsert Role", "update Role"], ["upsert NetworkListener", "update NetworkListener"] + ["reconcile Role"] * 4)),
]


def operations(tap, folder):
    for name, old, new, want in PLANS:
        done = compare(folder, old, new, "--to", "plan")
        have = [line["@type"] + " " + line["object"].removeprefix("x:") for line in map(json.loads, done.stdout.splitlines())]
        tap.equal(have, want, f"a plan of {name}")
        if want:
            lead(tap, folder, name, old, new)
    for name, old, new, want in PARTS:
        for part, operations_of in zip("12", want):
            done = compare(folder, old, new, "--to", "plan", "--part", part)
            have = [line["@type"] + " " + line["object"].removeprefix("x:") for line in map(json.loads, done.stdout.splitlines())]
            tap.equal((done.status, have), (1, operations_of), f"part {part} of {name}")
        tap.ok(lead(tap, folder, name, old, new), f"{name}: in two plans")
    done = compare(folder, LISTENER, listener(maxConnections=20), "--to", "plan", "--part", "1")
    tap.equal((done.status, done.stdout), (1, ""), "without a circle the first part has nothing to do")
    for args in (["--part", "3", "--to", "plan"], ["--part", "1"], ["--part", "2", "--to", "json"]):
        done = compare(folder, LISTENER, LISTENER, *args)
        tap.ok(done.status == 2 and "--part is 1 or 2, of --to plan" in done.stderr, " ".join(args))
    for name, old, new, why in REFUSED:
        done = compare(folder, old, new, "--to", "plan")
        tap.ok(done.status == 2 and done.stdout == "" and why in done.stderr, f"no plan {name}: {done.stderr.strip()}")


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        for topic in (tables, sides, operations, plans):
            topic(tap, folder)
    tap.done()
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
