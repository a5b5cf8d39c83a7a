"""What contrib/ci offers to hooks and pipelines, run as they would run it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../house"))
import house  # noqa: E402

CI = os.path.abspath(os.path.join(house.SRCDIR, "contrib/ci"))
GOOD = '[NetworkListener.a]\nbind = "127.0.0.1:2525"\nprotocol = "smtp"\n'
BAD = GOOD + "bnd = 1\n"
PROGRAMS = os.path.dirname(os.path.abspath(house.command("stwc/stwc")))


def environment(**more):
    """Ours in PATH, and nothing of the pipeline or the Git repository that this test itself runs in."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_", "CI_", "RUNNER_", "STW"))}
    return dict(kept, PATH=PROGRAMS + os.pathsep + os.environ["PATH"], GIT_CONFIG_NOSYSTEM="1", **more)


def run(words, folder, **more):
    return subprocess.run(words, cwd=folder, env=environment(HOME=folder, **more), text=True, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def write(*parts, text):
    with open(os.path.join(*parts), "w", encoding="utf-8") as out:
        out.write(text)


def block(text, key):
    """The lines below `key:` of a YAML text that are deeper than it."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().removeprefix("- ").startswith(key + ":"))
    indent = len(lines[at]) - len(lines[at].lstrip())
    below = []
    for line in lines[at + 1:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        below.append(line)
    return below


def pre_commit(tap, folder):
    repository = os.path.join(folder, "site")
    os.makedirs(os.path.join(repository, "mail"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    run(git + ["init", "-q"], repository)
    os.makedirs(os.path.join(repository, ".git/hooks"), exist_ok=True)
    os.symlink(os.path.join(CI, "pre-commit"), os.path.join(repository, ".git/hooks/pre-commit"))
    write(repository, "mail", "a b.toml", text=GOOD)
    run(git + ["add", "."], repository)
    done = run(git + ["commit", "-qm", "x"], repository)
    tap.ok(done.returncode and "git config stw.check" in done.stderr, "unconfigured, the hook says what to configure", done.stderr)
    run(git + ["config", "stw.check", "--strict 'mail/a b.toml'"], repository)
    done = run(git + ["commit", "-qm", "x"], repository)
    tap.ok(done.returncode == 0 and not done.stdout and not done.stderr, "a valid commit passes without a word",
           done.stdout, done.stderr)
    write(repository, "mail", "a b.toml", text=GOOD.replace("2525", "25"))
    done = run(git + ["commit", "-qam", "x"], repository)
    tap.ok(done.returncode == 0 and not done.stderr, "also where there is a note", done.stderr)
    write(repository, "mail", "a b.toml", text=BAD)
    run(git + ["add", "."], repository)
    write(repository, "mail", "a b.toml", text=GOOD)
    done = run(git + ["commit", "-qm", "x"], repository, GITHUB_ACTIONS="true")
    tap.ok(done.returncode == 1 and "error[unknown-field]" in done.stderr and "--> mail/a b.toml:4:1" in done.stderr,
           "what was added is checked, not what lies in the folder", done.stdout, done.stderr)
    head = run(git + ["rev-list", "--count", "HEAD"], repository)
    tap.ok(head.stdout.strip() == "2", "and the commit is not made")
    run(git + ["add", "."], repository)
    write(repository, "mail", "a b.toml", text=BAD)
    write(repository, "other.txt", text="x\n")
    run(git + ["add", "other.txt"], repository)
    done = run(git + ["commit", "-qm", "x"], repository)
    tap.ok(done.returncode == 0, "a mistake that is not added does not stop a commit", done.stderr)
    run(git + ["config", "stw.program", "/nonexistent/stwc"], repository)
    done = run(git + ["commit", "--allow-empty", "-qm", "x"], repository)
    tap.ok(done.returncode != 0, "an stwc that is not there stops it")
    run(git + ["config", "--unset", "stw.program"], repository)
    left = [name for name in os.listdir(folder) if name.startswith("stw-pre-commit")]
    tap.ok(not left, "nothing is left behind", *left)
    hooks = house.read(".pre-commit-hooks.yaml") if os.path.exists(os.path.join(house.SRCDIR, ".pre-commit-hooks.yaml")) else ""
    if not hooks:
        tap.skip("the hook of pre-commit.com", "not in the tarball")
        return
    entry = re.search(r"^  entry: (\S+)$", hooks, re.M).group(1)
    done = run([os.path.abspath(os.path.join(house.SRCDIR, entry)), "mail"], repository)
    tap.ok(done.returncode == 0, "as pre-commit.com calls it, with words", done.stderr)


def steps(action):
    """The shell text of each step of the action."""
    return [json.loads(re.sub(r"^'(.*)'$", lambda m: json.dumps(m.group(1)), shell))
            for shell in re.findall(r"^ +run: (.*)$", action, re.M)]


def github(tap, folder):
    action = house.read("contrib/ci/github/action.yml")
    inputs = re.findall(r"^  ([a-z-]+):$", "\n".join(block(action, "inputs")), re.M)
    used = re.findall(r"inputs\.([a-z-]+)", action)
    tap.ok(sorted(inputs) == sorted(used) and inputs, "every input is used, and every use is an input", inputs, used)
    variables = dict(re.findall(r"^ +(STWC_\w+): \$\{\{ inputs\.([a-z-]+) \}\}$", action, re.M))
    shells = steps(action)
    tap.ok(len(shells) == 2, "the action has two steps", *shells)
    work = os.path.join(folder, "work")
    os.makedirs(os.path.join(work, "mail"))
    write(work, "mail", "good.toml", text=GOOD)
    write(work, "two words.toml", text=BAD)

    def play(shell, **given):
        made = {name: given.get(field.replace("-", "_"), "") for name, field in variables.items()}
        files = {name: os.path.join(folder, name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for name in files.values():
            write(name, text="")
        # as the runner calls bash
        done = run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", shell], work, GITHUB_ACTIONS="true",
                   GITHUB_ACTION_PATH=os.path.join(CI, "github"), RUNNER_TEMP=os.path.join(folder, "runner"), **made, **files)
        texts = {}
        for name, path in files.items():
            with open(path, encoding="utf-8") as text:
                texts[name] = text.read()
        return done, texts

    done, _ = play(shells[0])
    tap.ok(done.returncode == 0 and done.stdout.startswith("stwc "), "an stwc in PATH is taken", done.stdout, done.stderr)
    done, texts = play(shells[1], sources="mail\n", options="--strict\n", sarif="log.sarif")
    tap.ok(done.returncode == 0 and texts["GITHUB_OUTPUT"] == "valid=true\n" and "valid" in texts["GITHUB_STEP_SUMMARY"],
           "a valid configuration passes", done.stdout, done.stderr, texts)
    with open(os.path.join(work, "log.sarif"), encoding="utf-8") as log:
        tap.ok(json.load(log)["version"] == "2.1.0", "with a SARIF log")
    done, texts = play(shells[1], sources="  two words.toml\n")
    tap.ok(done.returncode == 1 and re.search(r"^::error file=two words\.toml,line=4,.*title=unknown-field::", done.stdout, re.M)
           and texts["GITHUB_OUTPUT"] == "valid=false\n", "a mistake is an annotation, and fails the step", done.stdout, done.stderr, texts)
    done, texts = play(shells[1], sources="nowhere.toml", sarif="none.sarif")
    tap.ok(done.returncode == 2 and "could not" in texts["GITHUB_STEP_SUMMARY"]
           and not os.path.exists(os.path.join(work, "none.sarif")), "what cannot be read is told apart", done.stdout, texts)


def install(tap, folder):
    """The step that builds stwc where there is none, over what is built here already."""
    prefix = os.path.join(folder, "prefix")
    done = run([os.path.join(CI, "install"), prefix, "--build", os.path.abspath(house.BUILDDIR)], folder)
    tap.ok(done.returncode == 0 and done.stdout.startswith("stwc "), "stwc is installed from this tree", done.stdout, done.stderr)
    made = sorted(os.path.relpath(os.path.join(place, name), prefix) for place, _, names in os.walk(prefix) for name in names)
    tap.ok(made == ["bin/stwc", "share/man/man1/stwc.1", "share/stw/stw.schema.json"], "with its page and its schema", *made)
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not os.path.exists(os.path.join(p, "stwc")))
    listed = os.path.join(folder, "path")
    write(listed, text="")
    done = subprocess.run([os.path.join(CI, "github/provide")], cwd=folder, text=True, capture_output=True, check=False, timeout=120,
                          env=dict(environment(GITHUB_PATH=listed, RUNNER_TEMP=os.path.join(folder, "r"),
                                               STW_BUILD=os.path.abspath(house.BUILDDIR)), PATH=path))
    with open(listed, encoding="utf-8") as text:
        added = text.read().strip()
    tap.ok(done.returncode == 0 and os.access(os.path.join(added, "stwc"), os.X_OK), "the action builds one, and puts it into PATH",
           done.stdout, done.stderr)
    done = run([os.path.join(CI, "install")], folder)
    tap.ok(done.returncode == 1 and "prefix" in done.stderr, "without a prefix it says so", done.stderr)


def gitlab(tap, folder):
    template = house.read("contrib/ci/gitlab.yml")
    decoder = os.path.join(house.BUILDDIR, "testsuite/conform/yaml-decode")
    if os.path.exists(decoder):
        done = subprocess.run([decoder], input=template, text=True, capture_output=True, check=False, timeout=60)
        job = json.loads(done.stdout)[".stwc"] if done.returncode == 0 else {}
        tap.ok("script" in job and job["variables"].keys() == {"STWC_IMAGE", "STWC_CHECK", "GIT_DEPTH"}, "the template is YAML",
               done.stderr)
    else:
        tap.skip("the template is YAML", "no yaml-decode")
    script = [line.strip().removeprefix("- ") for line in block(template, "script")]
    tap.ok(len(script) == 3, "the job has three lines", *script)
    work = os.path.join(folder, "lab")
    os.makedirs(work)
    for name, text, status in (("good.toml", GOOD, 0), ("bad.toml", BAD, 1), ("none.toml", None, 1)):
        if text:
            write(work, name, text=text)
        if os.path.exists(os.path.join(work, "stwc.sarif")):
            os.remove(os.path.join(work, "stwc.sarif"))
        done = run(["bash", "-eo", "pipefail", "-c", "\n".join(script)], work, STWC_CHECK="--strict " + name)
        tap.ok((done.returncode != 0) == (status != 0), "%s: the job %s" % (name, "fails" if status else "passes"), done.stdout, done.stderr)
        if text:
            with open(os.path.join(work, "stwc.sarif"), encoding="utf-8") as log:
                found = json.load(log)["runs"][0]["results"]
            tap.ok(bool(found) == bool(status), "%s: its log has what was found" % name)


def main():
    tap = house.Tap()
    if not shutil.which("git") or not shutil.which("bash"):
        house.skip_all("no git or no bash")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        pre_commit(tap, folder)
        github(tap, folder)
        gitlab(tap, folder)
        install(tap, folder)
    tap.done()


main()
