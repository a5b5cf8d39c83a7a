"""The recipes of contrib/recipes, as far as a machine without a network, a cluster and NixOS can follow them."""

import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../house"))
import house  # noqa: E402

RECIPES = os.path.abspath(os.path.join(house.SRCDIR, "contrib/recipes"))
EXAMPLES = os.path.abspath(os.path.join(house.SRCDIR, "contrib/examples"))
STWC = os.path.abspath(house.command("stwc/stwc"))
STWD = os.path.abspath(house.command("stwd"))
PATH = os.pathsep.join([os.path.dirname(STWC), os.path.dirname(STWD), os.environ["PATH"]])


def run(words, folder, **more):
    return subprocess.run(words, cwd=folder, env=dict(os.environ, PATH=PATH, NO_COLOR="1", **more), text=True, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def write(*parts, text):
    with open(os.path.join(*parts), "w", encoding="utf-8") as out:
        out.write(text)


def yaml(path):
    """A YAML file of the recipes as data, by our own reader; anchors are copied."""
    with open(path, encoding="utf-8") as text:
        done = subprocess.run([house.command("testsuite/conform/yaml-decode")], input=text.read(), text=True, capture_output=True,
                              check=False, timeout=60)
    return json.loads(done.stdout) if done.returncode == 0 else None


def config_map(folder, sources):
    """A folder as the kubelet makes one: names are links into ..data, which is a link to a dated folder."""
    dated = os.path.join(folder, "..2026_01_01_00_00_00.1")
    os.makedirs(dated)
    for source in sources:
        shutil.copy(source, dated)
        os.symlink(os.path.join("..data", os.path.basename(source)), os.path.join(folder, os.path.basename(source)))
    os.symlink(os.path.basename(dated), os.path.join(folder, "..data"))
    return dated


def command(container, places):
    """The words of a container's command, with mounted paths replaced by folders of ours."""
    words = []
    for word in container["command"]:
        for mounted, folder in places.items():
            word = re.sub(r"^(--[a-z]+=)?%s(?=/|$)" % re.escape(mounted), lambda m, f=folder: (m.group(1) or "") + f, word)
        words.append(word)
    return words


def certificate(folder):
    if not shutil.which("openssl"):
        return False
    done = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=mail.example.org", "-addext", "subjectAltName=DNS:mail.example.org",
                "-keyout", "tls.key", "-out", "tls.crt"], folder)
    return done.returncode == 0


def kubernetes(tap, folder):
    recipe = os.path.join(RECIPES, "kubernetes")
    if not os.path.exists(house.command("testsuite/conform/yaml-decode")):
        tap.skip("the init container", "no yaml-decode")
        return
    deployment, service, custom = (yaml(os.path.join(recipe, n)) for n in ("deployment.yaml", "service.yaml", "kustomization.yaml"))
    if not tap.ok(deployment and service and custom, "the manifests are YAML"):
        return
    pod = deployment["spec"]["template"]["spec"]
    compiler, server = pod["initContainers"][0], pod["containers"][0]
    volumes = {v["name"] for v in pod["volumes"]}
    mounts = {m["name"]: m["mountPath"] for c in (compiler, server) for m in c["volumeMounts"]}
    tap.ok(volumes == set(mounts), "every volume is mounted", volumes, mounts)
    ports = {p["name"]: p["containerPort"] for p in server["ports"]}
    targets = [p["targetPort"] for p in service["spec"]["ports"]]
    tap.ok(set(targets) <= set(ports) and service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items(),
           "the service finds pods and ports")
    sources = [os.path.join(recipe, name) for name in custom["configMapGenerator"][0]["files"]]
    tap.ok(sorted(sources) == sorted(glob.glob(os.path.join(recipe, "config/*"))), "the ConfigMap has every source")
    places = {path: os.path.join(folder, name) for name, path in mounts.items()}
    for place in places.values():
        os.makedirs(place)
    dated = config_map(places["/config"], sources)
    done = run(command(compiler, places), folder)
    image = os.path.join(places["/image"], "mail.stwi")
    tap.ok(done.returncode == 0 and os.path.exists(image), "the init container compiles a mounted ConfigMap", done.stdout, done.stderr)
    bound = {int(port) for port in re.findall(r"bind = .*:([0-9]+)\"", "".join(house.read(os.path.relpath(s, house.SRCDIR)) for s in sources))}
    tap.ok(bound <= set(ports.values()) and bound, "it listens where the pod says so", bound, ports)
    if certificate(places["/secrets"]):
        done = run(command(server, places) + ["--check"], folder)
        tap.ok(done.returncode == 0, "stwd would start on it, with the words of its container", done.stdout, done.stderr)
    else:
        tap.skip("stwd would start on it", "no openssl")
    with open(image, "rb") as made:
        before = made.read()
    write(dated, "20-listeners.toml", text="[NetworkListener.smtp]\nbindd = 1\n")
    done = run(command(compiler, places), folder)
    with open(image, "rb") as made:
        after = made.read()
    tap.ok(done.returncode == 1 and "20-listeners.toml:2:1" in done.stderr and before == after,
           "a bad one is refused with its line, and the image stays", done.stdout, done.stderr)


def docker(tap):
    text = house.read("contrib/recipes/kubernetes/Dockerfile")
    named = re.findall(r"/src/(\S+)", text)
    missing = [name for name in named if name != "configure" and not os.path.exists(os.path.join(house.SRCDIR, name))]
    tap.ok(named and not missing, "the Dockerfile names files that there are", *missing)
    shells = [re.sub(r"\\\n", " ", shell) for shell in re.findall(r"^RUN ((?:.*\\\n)*.*)$", text, re.M)]
    done = [run(["bash", "-n", "-c", shell], "/") for shell in shells]
    tap.ok(len(shells) == 3 and not any(d.returncode for d in done), "its commands are shell", *(d.stderr for d in done))
    if not shutil.which("dpkg-query") or not shutil.which("ldd"):
        tap.skip("the packages of its libraries", "no dpkg-query")
        return
    done = run([os.path.join(RECIPES, "kubernetes/needed"), STWC, STWD], "/")
    if done.returncode and "no path found" in done.stderr:
        tap.skip("the packages of its libraries", "some library is not from a package")
        return
    tap.ok({"libc6", "liblmdb0", "libyaml-0-2"} <= set(done.stdout.split()), "it installs the packages of its libraries", done.stdout, done.stderr)


def playbook(tap, folder):
    if not shutil.which("ansible-playbook"):
        tap.skip("the Ansible role", "no ansible-playbook")
        return
    shutil.copytree(os.path.join(RECIPES, "ansible"), os.path.join(folder, "ansible"))
    work = os.path.join(folder, "ansible")
    run(["chmod", "-R", "u+w", work], "/")
    os.makedirs(os.path.join(work, "mail"))
    write(work, "mail", "a.toml", text='[NetworkListener.a]\nbind = "127.0.0.1:2525"\nprotocol = "smtp"\n')
    image, asked = os.path.join(folder, "there.stwi"), os.path.join(folder, "asked")
    uid, gid = str(os.getuid()), str(os.getgid())
    given = {"stw_image": image, "stw_manage_service": False, "stw_image_owner": uid, "stw_image_group": gid, "ansible_become": False,
             "stw_compiler": STWC, "stw_validate": STWC + " verify %s", "stw_reload": ["touch", asked],
             "stw_secrets": {"mail.key": "a secret of ours"}, "stw_secrets_dir": os.path.join(folder, "secrets"),
             "ansible_python_interpreter": sys.executable}

    def play(*words):
        return run(["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", json.dumps(given), *words, "site.yml"], work,
                   HOME=folder, ANSIBLE_LOCAL_TEMP=os.path.join(folder, "l"), ANSIBLE_REMOTE_TEMP=os.path.join(folder, "r"),
                   ANSIBLE_NOCOLOR="1", ANSIBLE_PIPELINING="1", ANSIBLE_LOCALHOST_WARNING="0", LC_ALL="C.UTF-8")

    text = house.read("contrib/recipes/ansible/site.yml")
    write(work, "site.yml", text=text.replace("hosts: mail", "hosts: localhost"))
    write(work, "mail", "b.toml", text="[NetworkListener.b]\nbindd = 1\n")
    done = play("--check")
    tap.ok(done.returncode != 0 and "b.toml:2:1" in done.stdout, "Ansible: --check refuses a mistake, with its line", done.stdout, done.stderr)
    tap.ok(not os.path.exists(image) and not os.path.exists(asked), "and the host keeps what it had")
    os.remove(os.path.join(work, "mail", "b.toml"))
    done = play("--diff")
    tap.ok(done.returncode == 0 and os.path.exists(asked) and run(["stwc", "verify", image], folder).returncode == 0,
           "a run sends the image, and asks for the verdict", done.stdout, done.stderr)
    tap.ok("a secret of ours" not in done.stdout + done.stderr, "and shows no secret")
    tap.ok(os.stat(os.path.join(folder, "secrets/mail.key")).st_mode & 0o777 == 0o600, "which only its owner can read")
    left = glob.glob(os.path.join(folder, "stw-*"))
    tap.ok(not left, "nothing is left behind", *left)


# of nixpkgs, what the module uses of it; its types are not tried here
NIX = """
let
  lib = {
    mkOption = option: option;
    mkEnableOption = text: { default = false; };
    mkIf = condition: made: if condition then made else { };
    optional = condition: made: if condition then [ made ] else [ ];
    concatMap = builtins.concatMap;
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    escapeShellArgs = words: builtins.concatStringsSep " " (map (w: "'" + toString w + "'") words);
    literalExpression = text: text;
    types = { package = 0; path = 0; str = 0; attrs = 0; listOf = of: of; attrsOf = of: of; };
  };
  pkgs = {
    writeText = name: text: "%(folder)s/" + name;
    runCommand = name: environment: script: script;
  };
  module = import %(module)s { inherit lib pkgs config; };
  defaults = builtins.mapAttrs (name: option: option.default or null) module.options.services.stw;
  config.services.stw = defaults // {
    enable = true; package = "/package"; options = [ "--strict" ]; sources = [ "%(sources)s/mail" ];
    overlays = [ "%(sources)s/loopback.toml" ]; credentials = { "mail.key" = "/secrets/mail.key"; };
    settings = { NetworkListener.extra = { protocol = "smtp"; bind = "127.0.0.1:2599"; }; };
  };
  made = module.config;
in {
  script = made.environment.etc."stw/mail.stwi".source;
  triggers = made.systemd.services.stwd.reloadTriggers;
  service = made.systemd.services.stwd.serviceConfig;
  settings = builtins.toJSON config.services.stw.settings;
}
"""


def nixos(tap, folder):
    recipe = os.path.join(RECIPES, "nixos")
    if not shutil.which("nix-instantiate"):
        tap.skip("the NixOS module", "no nix-instantiate")
        return
    nix = ["nix-instantiate", "--store", "dummy://"]
    done = run(nix + ["--parse"] + sorted(glob.glob(os.path.join(recipe, "*.nix"))), folder, HOME=folder)
    tap.ok(done.returncode == 0, "the flake, package and module are Nix", done.stderr)
    write(folder, "try.nix", text=NIX % {"folder": folder, "module": os.path.join(recipe, "module.nix"), "sources": EXAMPLES})
    done = run(nix + ["--eval", "--strict", "--json", "try.nix"], folder, HOME=folder)
    if not tap.ok(done.returncode == 0, "the module can be evaluated", done.stderr):
        return
    made = json.loads(done.stdout)
    write(folder, "settings.json", text=made["settings"])
    out = os.path.join(folder, "out.stwi")
    done = run(["bash", "-eu", "-o", "pipefail", "-c", made["script"]], folder, out=out)
    tap.ok(done.returncode == 0 and os.path.exists(out), "its derivation compiles sources, settings and overlays", done.stdout, done.stderr)
    done = run(["stwc", "get", "NetworkListener/extra/bind", out], folder)
    tap.ok("127.0.0.1:2599" in done.stdout, "with what was written in Nix", done.stdout, done.stderr)
    tap.ok(made["triggers"] == [made["script"]], "a new image reloads the service")
    start = made["service"]["ExecStart"]
    words = shlex.split(start[1])
    known = run(["stwd", "--help"], folder).stdout
    tap.ok(start[0] == "" and words[0] == "/package/bin/stwd" and all(w in known for w in words if w.startswith("--")),
           "the command of the service has options that stwd knows", start)
    tap.ok(made["service"]["LoadCredential"] == ["mail.key:/secrets/mail.key"], "credentials go by their names")
    write(folder, "settings.json", text='{"NetworkListener":{"extra":{"protocl":"smtp"}}}')
    os.remove(out)
    done = run(["bash", "-eu", "-o", "pipefail", "-c", made["script"]], folder, out=out)
    tap.ok(done.returncode != 0 and "settings.json:1:" in done.stderr and not os.path.exists(out), "a mistake stops the build of the system",
           done.stderr)


def main():
    tap = house.Tap()
    for name, follow in (("kubernetes", kubernetes), ("ansible", playbook), ("nixos", nixos)):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TMPDIR"] = folder
            follow(tap, folder)
    docker(tap)
    tap.done()


main()
