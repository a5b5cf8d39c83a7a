"""The project file: several images of shared sources and overlays, all of their mistakes in one run, and the cluster of
contrib/examples, in which each image differs only where its overlay says."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib

import stwctest

CLUSTER = os.path.join(stwctest.SRCDIR, "contrib", "examples", "cluster")

# a project file, and the codes of its mistakes with their lines
MISTAKES = [
    ("", [("nothing", 1)]),
    ("sorces = ['a']\n[image.a]\nsources = ['a.toml']\n", [("unknown-field", 1)]),
    ("[image.a]\n", [("nothing", 1)]),
    ("[image.a]\nsource = ['a.toml']\n", [("unknown-field", 2)]),
    ("[image.a]\nsources = 'a.toml'\n", [("wrong-type", 2), ("nothing", 1)]),
    ("[image.a]\nsources = [5, '']\n", [("nothing", 1), ("wrong-type", 2), ("wrong-type", 2)]),
    ("target = '0.17'\nedition = 'comunity'\nstrict = 1\n[image.a]\nsources = ['a']\n",
     [("unknown-member", 1), ("unknown-member", 2), ("wrong-type", 3)]),
    ("[levels]\nunknown-fild = 'off'\nunknown-field = 'off'\nnothing = 'loud'\n[image.a]\nsources = ['a']\n",
     [("unknown-field", 2), ("unknown-member", 3), ("unknown-member", 4)]),
    ("[image.'../a']\nsources = ['a']\n", [("syntax", 1)]),
    ("image = 5\n", [("wrong-type", 1)]),
    ("[image]\na = 5\n", [("wrong-type", 2)]),
    ("[image.a\n", [("syntax", 1)]),
]


def write(files):
    for name, text in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "w", encoding="utf-8") as out:
            out.write(text)


def leaves(value, path=()):
    """Paths of the values of an overlay; a list is one value."""
    if not isinstance(value, dict):
        return {path}
    return set().union(*(leaves(part, path + (key,)) for key, part in value.items())) if value else set()


def cluster(tap):
    shutil.copytree(CLUSTER, "cluster")
    subprocess.run(["chmod", "-R", "u+w", "cluster"], check=True)
    os.chdir("cluster")
    done = stwctest.run("check", "--all")
    tap.equal((done.status, done.stdout), (0, ""), "cluster: every image is valid, warnings counted")
    done = stwctest.run("build", "--all", "-o", "images")
    with open("stw.toml", "rb") as source:
        project = tomllib.load(source)
    tap.equal(done.status, 0, "cluster: every image is built")
    tap.equal(sorted(os.listdir("images")), sorted(name + ".stwi" for name in project["image"]), "cluster: under their names")
    stwctest.run("build", *project["sources"], "-o", "base.stwi")
    for name, image in project["image"].items():
        changes = json.loads(stwctest.run("diff", "--to", "json", "base.stwi", f"images/{name}.stwi").stdout)["changes"]
        have = {tuple(part for part in (c["type"], c.get("name"), c.get("path")) if part) for c in changes}
        want = set()
        for overlay in image["overlays"]:
            with open(overlay, "rb") as source:
                want |= leaves(tomllib.load(source))
        tap.ok(want, f"cluster: {name} has an overlay")
        tap.equal(have, want, f"cluster: {name} differs where its overlay says and nowhere else")
        done = stwctest.run("diff", "--image", name, f"images/{name}.stwi")
        tap.equal((done.status, done.stdout), (0, ""), f"cluster: {name} is what its sources are")
        alone = stwctest.run("build", *project["sources"], *(w for o in image["overlays"] for w in ("--overlay", o)),
                             "-o", "alone.stwi")
        with open("alone.stwi", "rb") as one, open(f"images/{name}.stwi", "rb") as other:
            tap.ok(alone.status == 0 and one.read() == other.read(), f"cluster: {name} has the bytes of a build by hand")
    done = stwctest.run("diff", "--image", "mx2", "images/mx1.stwi")
    tap.ok(done.status == 1 and '-> "mx2.example.org"' in done.stdout, "cluster: a difference goes to the project")
    os.chdir("..")


def elsewhere(tap):
    """The project file lies elsewhere; its names are relative to it."""
    done = stwctest.run("check", "--all")
    tap.equal((done.status, done.stderr), (2, "stwc check: cannot open stw.toml: No such file or directory\n"), "no project here")
    done = stwctest.run("check", "--all", "--project", "cluster/stw.toml")
    tap.equal(done.status, 0, "--project names one")
    done = stwctest.run("get", "-q", "SystemSettings/defaultHostname", "--project", "cluster/stw.toml", "--image", "relay")
    tap.equal((done.status, done.stdout), (0, "relay.example.org\n"), "--image stands for sources")
    done = stwctest.run("zone", "--address", "192.0.2.11", "--project", "cluster/stw.toml", "--image", "mx1")
    tap.ok(done.status == 0 and "mx1.example.org." in done.stdout, "of a zone, too") or print("#", done.stderr)
    done = stwctest.run("ip", "192.0.2.9", "--project", "cluster/stw.toml", "--image", "mx1")
    tap.ok(done.stdout.endswith("at cluster/base/system.toml:12\n"), "places are relative to here")
    for words, said in ((("check", "--all", "a.toml"), "--all stands for every image"),
                        (("check", "--project", "cluster/stw.toml"), "--project wants --all, or --image NAME"),
                        (("get", "A/b", "--project", "cluster/stw.toml"), "--project wants --image NAME"),
                        (("check", "--project", "cluster/stw.toml", "--image", "mx"), "did you mean 'mx1'?"),
                        (("build", "--all", "--project", "cluster/stw.toml"), "where to? -o DIR"),
                        (("dump", "--all"), "--all does nothing for this command")):
        done = stwctest.run(*words)
        tap.ok(done.status == 2 and said in done.stderr, " ".join(words)) or print("#", done.stderr)


SHARED = """
[SystemSettings]
defaultHostname = "mx.example.org"
defaultDomainId = "#example.org"
[Domain."example.org"]
catchAllAddress = "a@example.org"
[NetworkListener.imap]
protocol = "imap"
bind = ["127.0.0.1:143000"]
[Directory.ldap]
"@type" = "Ldap"
descriptio = "d"
bindSecret = {"@type" = "Value", secret = "hunter2", x = 1}
"""


def mistakes(tap):
    write({"p/stw.toml": "sources = ['base.toml']\n[image.a]\n[image.b]\noverlays = ['b.toml']\n[image.c]\nsources = ['none.toml']\n",
           "p/base.toml": SHARED, "p/b.toml": "[SystemSettings]\ndefaultHostnam = 'b'\n"})
    done = stwctest.run("check", "--all", "--project", "p/stw.toml")
    heads = re.findall(r"^error\[([\w-]+)\].*\n +--> ([^:]+):", done.stderr, re.M)
    tap.equal(done.status, 2, "what cannot be read counts most")
    base = [code for code, file in heads if file == "p/base.toml"]
    tap.ok(base and all(done.stderr.count(f"p/base.toml:{n}:") == 1 for n in (9, 12)), "a mistake of a shared source is told once")
    tap.ok(("unknown-field", "p/b.toml") in heads, "that of an overlay too")
    tap.ok("cannot open p/none.toml" in done.stderr, "and what cannot be read")
    tap.ok("hunter2" not in done.stderr, "a secret beside a mistake is masked")
    tap.ok("a: not valid: " in done.stderr and "b: not valid: " in done.stderr and "c: could not be read" in done.stderr,
           "each image has its verdict")
    for form in ("json", "sarif", "gcc", "github"):
        done = stwctest.run("check", "--all", "--project", "p/stw.toml", "--format", form)
        count = done.stdout.count("descriptio'")
        tap.ok(count == 1 and "hunter2" not in done.stdout, f"{form}: once, and masked") or print("#", done.stdout)
    done = stwctest.run("check", "--all", "--project", "p/stw.toml", "--format", "json")
    tap.equal(done.summary["errors"] + done.summary["warnings"], len(done.diagnostics), "json: one document of all")
    done = stwctest.run("build", "--all", "--project", "p/stw.toml", "-o", "p/out")
    tap.equal((done.status, os.listdir("p/out")), (2, []), "nothing is built of what is wrong")


def one_of_two(tap):
    """An image is written whole or not at all, whatever becomes of the other."""
    good = "[SystemSettings]\ndefaultHostname = 'mx.example.org'\n[NetworkListener.a]\nprotocol = 'imap'\nbind = ['127.0.0.1:1143']\n"
    write({"q/stw.toml": "[image.good]\nsources = ['good.toml']\n[image.bad]\nsources = ['bad.toml']\n[image.secret]\nsources = ['secret.toml']\n",
           "q/good.toml": good, "q/bad.toml": good + "useTsl = true\n",
           "q/secret.toml": good + "[Directory.l]\n'@type' = 'Ldap'\ndescription = 'd'\nurl = 'ldap://127.0.0.1'\nbaseDn = 'dc=a'\n"
                                   "bindDn = 'cn=x'\nbindSecret = {'@type' = 'Value', secret = 'hunter2'}\n"})
    write({"q/out/bad.stwi": "an older image\n"})
    done = stwctest.run("build", "--all", "--project", "q/stw.toml", "-o", "q/out")
    with open("q/out/bad.stwi", encoding="utf-8") as old:
        tap.equal((done.status, sorted(os.listdir("q/out")), old.read()), (1, ["bad.stwi", "good.stwi"], "an older image\n"),
                  "what is valid is built, what is there stays")
    tap.ok("q/out/secret.stwi is refused: 1 secret stands in the sources" in done.stderr, "secrets are refused by image")
    tap.equal(stwctest.run("verify", "-q", "q/out/good.stwi").status, 0, "and it is whole")
    write({"q/stw.toml": "strict = true\n[image.good]\nsources = ['warn.toml']\n", "q/warn.toml": good})
    tap.equal(stwctest.run("check", "--all", "--project", "q/stw.toml").status, 1, "strict: warnings fail")
    tap.equal(stwctest.run("check", "--image", "good", "--project", "q/stw.toml").status, 1, "of one image too")
    write({"q/stw.toml": "strict = true\nlevels = { no-domain = 'off' }\n[image.good]\nsources = ['warn.toml']\n"})
    tap.equal(stwctest.run("check", "--all", "--project", "q/stw.toml").status, 0, "levels are those of the project")
    done = stwctest.run("check", "--all", "--project", "q/stw.toml", "--level", "no-domain=error")
    tap.equal(done.status, 1, "the command line says it better")
    write({"q/stw.toml": "strict = true\n[image.good]\nsources = ['warn.toml']\n"})
    done = stwctest.run("build", "--all", "--project", "q/stw.toml", "-o", "q/strict")
    tap.equal((done.status, os.listdir("q/strict")), (1, []), "and what is not valid for its warnings is not built")


def settings(tap):
    """Target and edition are those of the project, unless the command line names others."""
    write({"s/new.toml": '[DnsServer.zone]\n"@type" = "Sig0"\ndescription = "ours"\nhost = "192.0.2.53"\npublicKey = "none"\n'
                         'signerName = "key.example.org"\nkey = { "@type" = "File", filePath = "sig0.pem" }\n[Tenant.acme]\nname = "ACME"\n'})
    for target, edition in (("0.16.5", "community"), ("0.16.19", "enterprise")):
        write({"s/stw.toml": f"target = '{target}'\nedition = '{edition}'\n[image.a]\nsources = ['{os.path.abspath('s/new.toml')}']\n"})
        for words in ([], ["--target", "0.16.5"], ["--target", "0.16.19"], ["--edition", "community"], ["--edition", "enterprise"]):
            said = dict(zip(words[::2], words[1::2]))
            done = stwctest.run("check", "--all", "--project", "s/stw.toml", "--format", "json", *words)
            want = {code for code, there in (("target-version", said.get("--target", target) != "0.16.5"),
                                             ("enterprise", said.get("--edition", edition) == "community")) if there}
            tap.equal(want ^ set(done.codes("error", "warning")) & {"target-version", "enterprise"}, set(), f"{target}, {edition}, {' '.join(words)}")


def as_by_hand(tap):
    """Of one image the report is that of its sources, to the byte; of two, what one hides the other shows."""
    write({"h/stw.toml": "sources = ['base.toml', 'more.toml', 'none.toml']\n[image.only]\n",
           "h/base.toml": SHARED, "h/more.toml": "[Domain.'example.org']\n[AllowedIp]\n'192.0.2.1/33' = {}\n"})
    for words in ([], ["--format", "json"], ["--format", "sarif"], ["--format", "gcc"]):
        together = stwctest.run("check", "--all", *words, cwd="h")
        by_hand = stwctest.run("check", "base.toml", "more.toml", "none.toml", *words, cwd="h")
        told = together.stderr.replace("only: could not be read\n", "")
        tap.equal((together.status, together.stdout, told), (by_hand.status, by_hand.stdout, by_hand.stderr), f"as by hand {' '.join(words)}")
        tap.ok("hunter2" not in together.stdout + together.stderr, "and no secret")
    tap.ok("first given here" in told, "with related places") if told else None
    write({"h/stw.toml": "[image.many]\nsources = ['many.toml']\n[image.few]\nsources = ['many.toml', 'few.toml']\n",
           "h/many.toml": "".join(f"[NetworkListener.l{i}]\nbnd = {i}\n" for i in range(9)), "h/few.toml": "[SystemSettings]\nhostname = 'mx'\n"})
    done = stwctest.run("check", "--all", "--max-errors", "5", cwd="h")
    tap.ok("… and 5 more" in done.stderr and done.stderr.count("error[") == 5, "more than are shown are counted over all images") or print("#", done.stderr)
    done = stwctest.run("check", "--all", "--max-errors", "0", cwd="h")
    tap.equal(done.stderr.count("error["), 10, "and shown where that is asked")


def project_mistakes(tap):
    for text, want in MISTAKES:
        write({"stw.toml": text})
        done = stwctest.run("check", "--all")
        heads = re.findall(r"^error\[([\w-]+)\].*\n +--> stw\.toml:(\d+):", done.stderr, re.M)
        tap.equal((done.status, sorted((c, int(l)) for c, l in heads)), (2, sorted(want)), f"mistakes of {text.splitlines()[:2]}")
    tap.ok("cannot open ./-: " in check_one("[image.a]\nsources = ['-']\n"), "standard input is no part of a project")
    tap.ok("did you mean 'sources'?" in check_one("sorces = ['a']\n[image.a]\n"), "with what may be meant")
    tap.ok("did you mean 'unknown-field'?" in check_one("[levels]\nunknown-fild = 'off'\n"), "of a code too")


def confused(tap):
    """What somebody does who has not read the page."""
    write({"r/stw.toml": "sources = ['a.toml', '../r/a.toml']\n[image.a]\n[image.b]\noverlays = ['a.toml']\n",
           "r/a.toml": "[SystemSettings]\ndefaultHostname = 'mx.example.org'\n"})
    done = stwctest.run("check", "r")
    tap.ok(done.status == 1 and "a project file is no source: say --all, or --image NAME" in done.stderr, "the folder of a project as a source")
    done = stwctest.run("check", "--project", "r/stw.toml", "--all")
    tap.ok(done.status == 1 and done.stderr.count("r/../r/a.toml is read twice") == 1 and "duplicate-object" not in done.stderr,
           "a source that is named twice")
    write({"r/stw.toml": "[image.a]\nsources = ['a.toml']\n[image.b]\nsources = ['a.toml']\noverlays = ['a.toml']\n"})
    done = stwctest.run("build", "--project", "r/stw.toml", "--all", "-o", "r/none/here")
    tap.equal((done.status, os.path.exists("r/none"), "cannot make the folder r/none/here" in done.stderr), (2, False, True),
              "a folder that cannot be made")
    write({"r/images/gone.stwi": "of a node that is no more", "r/images/b.stwi/x": ""})
    done = stwctest.run("build", "--project", "r/stw.toml", "--all", "-o", "r/images")
    tap.equal((done.status, sorted(os.listdir("r/images"))), (2, ["a.stwi", "b.stwi", "gone.stwi"]),
              "an image that cannot be written stops no other, and what else lies there stays")
    tap.ok("cannot replace r/images/b.stwi: Is a directory" in done.stderr, "and is told")
    done = stwctest.run("diff", "--project", "r/stw.toml", "--image", "c", "r/images/a.stwi")
    tap.ok(done.status == 2 and "the project has no image 'c'" in done.stderr, "an image that the project does not have")
    done = stwctest.run("diff", "--project", "r/stw.toml", "--image", "a")
    tap.ok(done.status == 2 and "name two configurations" in done.stderr, "a difference from nothing")


def check_one(text):
    write({"stw.toml": text})
    return stwctest.run("check", "--all").stderr


def main():
    tap = stwctest.Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        cluster(tap)
        elsewhere(tap)
        mistakes(tap)
        one_of_two(tap)
        settings(tap)
        as_by_hand(tap)
        confused(tap)
        project_mistakes(tap)
        os.chdir("/")
    tap.done()


main()
