"""What the tests of stwc share: running it, reading its JSON, and TAP."""
import json
import os
import signal
import subprocess
import tempfile

SRCDIR = os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", ".."))
BUILDDIR = os.environ.get("builddir", os.getcwd())
STWC = os.path.join(BUILDDIR, "stwc", "stwc")

# what a shell runs in the background, or under nohup, ignores these; what the tests start must not
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


class Tap:
    """Counts and prints test points."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, condition, name):
        self.count += 1
        if not condition:
            self.failed += 1
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name}", flush=True)
        return bool(condition)

    def equal(self, have, want, name):
        if not self.ok(have == want, name):
            print(f"#   have: {have!r}\n#   want: {want!r}")

    def skip_all(self, reason):
        print(f"1..0 # SKIP {reason}")

    def done(self):
        print(f"1..{self.count}")


class Done:
    """The result of one run of stwc."""

    def __init__(self, process):
        self.status = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.diagnostics, self.summary = [], {}
        if self.stdout.startswith('{"diagnostics"'):
            document = json.loads(self.stdout)
            self.diagnostics, self.summary = document["diagnostics"], document["summary"]

    def codes(self, *severities):
        wanted = severities or ("error",)
        return [d["code"] for d in self.diagnostics if d["severity"] in wanted]

    def places(self):
        return [(d["code"], d.get("line"), d.get("column")) for d in self.diagnostics]


def run(*args, stdin=None, env=None, cwd=None):
    process = subprocess.run([STWC, *args], input=stdin, capture_output=True, text=True, check=False,
                             env=env, cwd=cwd, timeout=60)
    return Done(process)


def check_text(text, *args):
    """Checks a text from standard input; JSON diagnostics."""
    return run("check", "--format", "json", *args, "-", stdin=text)


def check_files(files, *args):
    """Checks files given as {name: text}, in that order."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        return run("check", "--format", "json", *args, *files, cwd=folder)


def shared(path):
    """A file of shared/, or None where that is not there."""
    for root in (os.environ.get("STW_SHARED"), os.path.join(SRCDIR, "..", "shared")):
        if root and os.path.exists(os.path.join(root, path)):
            return os.path.join(root, path)
    return None
