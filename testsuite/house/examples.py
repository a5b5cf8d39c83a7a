"""Every example of contrib/examples checks clean, also with warnings as failures, and means what it says."""

import os
import subprocess
import tempfile

import house

EXAMPLES = os.path.join(house.SRCDIR, "contrib/examples")
SETS = {
    "mail": ["mail"],
    "mail on loopback": ["mail", "--overlay", "loopback.toml"],
    "second": ["mail", "--overlay", "loopback.toml", "--overlay", "second.toml"],
    "yaml": ["mail.yaml"],
    "json": ["mail.json"],
    "plan": ["plan.ndjson"],
    "settings": ["settings-0.15.toml"],
}


def stwc(*words):
    return subprocess.run([house.command("stwc/stwc"), *words], cwd=EXAMPLES, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def content(image):
    """What dump prints, without the comments that name the image."""
    done = stwc("dump", image)
    return [l for l in done.stdout.splitlines() if not l.startswith("#")]


def main():
    tap = house.Tap()
    named = {word for words in SETS.values() for word in words}
    there = {n for n in os.listdir(EXAMPLES) if not n.endswith(".md")}
    tap.ok(there <= named | {"cases.toml", "cluster"}, "every example is checked", *sorted(there - named))
    done = stwc("test", "cases.toml", "mail")
    tap.ok(done.returncode == 0, "the cases hold for mail", done.stdout, done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        images = {}
        for name, words in SETS.items():
            # 0.15 settings name no default domain: that is a warning
            done = stwc("check", *(["--strict"] if name != "settings" else []), *words)
            tap.ok(done.returncode == 0, "%s checks clean" % name, done.stdout, done.stderr)
            images[name] = os.path.join(folder, name.replace(" ", "-") + ".stwi")
            done = stwc("build", *words, "-o", images[name])
            tap.ok(done.returncode == 0, "%s builds" % name, done.stdout, done.stderr)
        yaml, json, plan = (content(images[n]) for n in ("yaml", "json", "plan"))
        tap.ok(yaml and yaml == json, "yaml and json mean the same", *yaml, "--", *json)
        tap.ok([l for l in plan if "bind" in l] == [l for l in json if "bind" in l] != [],
               "the plan has the same listeners", *plan)
        done = stwc("check", "--strict", "--project", "cluster/stw.toml", "--all")
        tap.ok(done.returncode == 0, "cluster checks clean", done.stdout, done.stderr)
        tap.ok(content(images["mail on loopback"]) != content(images["second"]), "the second image differs")
    tap.done()


main()
